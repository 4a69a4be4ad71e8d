"""Asks a site for something that no cache answers, where nothing has come from it for a while.

What WordPress keeps while the sidecar is away, it hands over with whatever it is asked for next. Where a cache serves
every page and nobody chats, nobody asks it for anything.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import structlog

from bridge.clock import machine_now
from bridge.domain.instants import MINUTE
from bridge.ports import AdapterError, Site
from bridge.service.context import Bridge
from bridge.service.each_site import on_its_own

SILENT_FOR = 5 * MINUTE
"""Milliseconds without a signed call after which a site is asked."""
CALL_BUDGET_S = 10.0
"""Seconds for one call; there may be two."""
PARALLEL_CALLS = 4
"""Sites that are asked at once: one that hangs must not keep the others waiting."""

log = structlog.get_logger()


def wake_silent_sites(bridge: Bridge, stop: Event) -> None:
    """Ask each site that has been silent, until `stop` is set. One that does not answer is asked the next time."""
    with bridge.store.read() as tx:
        silent = tx.sites.silent(machine_now() - SILENT_FOR)
    with ThreadPoolExecutor(PARALLEL_CALLS, thread_name_prefix="wake") as pool:
        for site in silent:
            pool.submit(_wake, bridge, site, stop)


def _wake(bridge: Bridge, site: Site, stop: Event) -> None:
    with on_its_own(site.id, "wake"):
        wordpress = bridge.systems(site).wordpress
        if wordpress is None or stop.is_set():
            return
        try:
            there = wordpress.has_plugin(budget=CALL_BUDGET_S)
        except AdapterError as error:
            log.debug("site.silent", site=site.id, cause=error.detail)
        else:
            log.debug("site.woken", site=site.id, plugin=there)
