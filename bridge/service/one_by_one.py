"""Work that goes from site to site: what is wrong with one of them stops no other."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bridge.ports import BridgeError

log = structlog.get_logger()


@contextmanager
def on_its_own(site: str, what: str) -> Iterator[None]:
    """Let the work on a site fail alone; it is tried again when its turn comes.

    Settings that cannot be used and a policy of another release stand for weeks, an adapter may have a slip, and a job
    of the scheduler that fails again and again ends the process: no other site may pay for it.

    Args:
        site: its id.
        what: the work, for the log.
    """
    try:
        yield
    except BridgeError as error:
        log.warning("site.left_out", site=site, work=what, cause=str(error))
    except Exception:
        log.exception("site.left_out", site=site, work=what)
