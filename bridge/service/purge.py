"""What is too old to be kept is deleted, a few sessions at a time: nobody's turn waits for it."""

from collections.abc import Callable, Iterator

import structlog

from bridge.domain.instants import DAY
from bridge.domain.values import Millis
from bridge.ports import Aged, Place
from bridge.service.context import Bridge

BATCH = 10
"""Sessions of one transaction: a few milliseconds."""
PAGE = 500
"""Sessions that are looked at in one read."""
STALE = 2 * DAY
"""Milliseconds after which nothing asks for an answer of the CRM, or a slot for mails, any more."""

log = structlog.get_logger()

Pause = Callable[[], bool]
"""Called after each transaction; True ends the work."""


def purge(bridge: Bridge, older_than: Millis, pause: Pause) -> int:
    """Delete the sessions that are over and began before so long, with all that belongs to them.

    What is active stays, however old it is, and so does a conversation in which something was said since.

    Args:
        bridge: the product.
        older_than: milliseconds.
        pause: see there.

    Returns:
        How many sessions there were.
    """
    before = bridge.clock.now() - older_than
    gone = 0
    for site in _sites(bridge):
        for page in _pages(bridge, site, before, BATCH, hold=True):
            gone += sum(one.over for one in page)
            if pause():
                return gone
    if gone:
        log.info("sessions.purged", sessions=gone)
    return gone


def count_aged(bridge: Bridge, older_than: Millis) -> int:
    """How many sessions `purge` would delete now."""
    before = bridge.clock.now() - older_than
    pages = (page for site in _sites(bridge) for page in _pages(bridge, site, before, PAGE, hold=False))
    return sum(one.over for page in pages for one in page)


def purge_stale(bridge: Bridge, pause: Pause) -> None:
    """Forget what is kept for a day at most, whatever the retention."""
    while _purge_stale(bridge) and not pause():
        pass


def _purge_stale(bridge: Bridge) -> int:
    with bridge.store.write() as tx:
        return tx.privacy.purge_stale(bridge.clock.now() - STALE, PAGE)


def _sites(bridge: Bridge) -> list[str]:
    with bridge.store.read() as tx:
        return [site.id for site in tx.sites.all()]


def _pages(bridge: Bridge, site: str, before: Millis, size: int, *, hold: bool) -> Iterator[list[Aged]]:
    """The aged sessions of a site, oldest first; those that are held and over are deleted with their page."""
    place = Place(0, "")
    while page := _page(bridge, site, before, place, size, hold=hold):
        yield page
        place = page[-1].place


def _page(bridge: Bridge, site: str, before: Millis, after: Place, size: int, *, hold: bool) -> list[Aged]:
    with bridge.store.write() if hold else bridge.store.read() as tx:
        page = tx.privacy.aged(site, before, after, size, hold=hold)
        if hold and (over := [one.place.session for one in page if one.over]):
            tx.privacy.purge(site, over)
        return page
