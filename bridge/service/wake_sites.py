"""Asks a site for something that no cache answers, where nothing has come from it for a while.

What WordPress keeps while the sidecar is away, it hands over with whatever it is asked for next. Where a cache serves
every page and nobody chats, nobody asks it for anything.
"""

from functools import partial

import structlog

from bridge.clock import machine_now
from bridge.domain.instants import MINUTE
from bridge.ports import AdapterError, Site
from bridge.service.context import Bridge

SILENCE = 5 * MINUTE
"""Milliseconds without a signed call after which a site is asked."""
BUDGET = 10.0
"""Seconds for one call; there may be two."""

log = structlog.get_logger()


def wake_silent_sites(bridge: Bridge) -> None:
    """Ask each site that has been silent. One that does not answer is left as it is, and asked again the next time."""
    with bridge.store.read() as tx:
        silent = tx.sites.silent(machine_now() - SILENCE)
    for _ in bridge.background.map(partial(_wake, bridge), silent):
        pass


def _wake(bridge: Bridge, site: Site) -> None:
    wordpress = bridge.systems(site).wordpress
    if wordpress is None:
        return
    try:
        there = wordpress.has_plugin(budget=BUDGET)
    except AdapterError as error:
        log.debug("site.silent", site=site.id, cause=error.detail)
    else:
        log.debug("site.woken", site=site.id, plugin=there)
