"""Work that goes from site to site: what is wrong with one of them stops no other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from bridge.ports import BridgeError, Site
from bridge.service.context import Bridge

log = structlog.get_logger()


def each_site(bridge: Bridge, what: str, do: Callable[[Site], object]) -> None:
    """Do the work on every site, on each of them on its own.

    Args:
        bridge: whose sites.
        what: the work, for the log.
        do: does it on one site.
    """
    with bridge.store.read() as tx:
        sites = tx.sites.all()
    for site in sites:
        with on_its_own(site.id, what):
            do(site)


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
