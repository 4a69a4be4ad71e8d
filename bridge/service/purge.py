"""What is too old to be kept is deleted, a few sessions at a time: nobody's turn waits for it."""

from collections.abc import Callable, Iterator

import structlog

from bridge.domain.instants import DAY
from bridge.domain.values import Millis
from bridge.ports import Aged, Place
from bridge.service.context import Bridge

SESSIONS_PER_TRANSACTION = 10
"""Sessions of one transaction: a few milliseconds."""
PAGE_SIZE = 500
"""Sessions that are looked at in one read."""
STALE_AFTER = 2 * DAY
"""Milliseconds after which nothing asks for an answer of the CRM, or a slot for mails, any more."""

log = structlog.get_logger()

Pause = Callable[[], bool]
"""Called after each transaction; True ends the work."""


def purge(bridge: Bridge, older_than: Millis, pause: Pause) -> int:
    """Delete the sessions that are over and began before so long, with all that belongs to them; and ended alarms.

    What is active stays, however old it is, and so does a conversation in which something was said since.

    Args:
        bridge: the product.
        older_than: milliseconds.
        pause: called after each transaction; True ends the work.

    Returns:
        How many sessions there were.
    """
    before = bridge.clock.now() - older_than
    gone = 0
    with bridge.store.write() as tx:
        tx.alarms.purge(before)
    for site, batch in _batches(bridge, before):
        with bridge.store.write() as tx:
            gone += tx.privacy.purge(site, before, batch)
        if pause():
            break
    if gone:
        bridge.store.scrub()
        log.info("sessions.purged", sessions=gone)
    return gone


def _batches(bridge: Bridge, before: Millis) -> Iterator[tuple[str, list[str]]]:
    for site, page in _pages(bridge, before):
        over = [one.place.session for one in page if one.over]
        yield from (
            (site, over[at : at + SESSIONS_PER_TRANSACTION]) for at in range(0, len(over), SESSIONS_PER_TRANSACTION)
        )


def count_aged(bridge: Bridge, older_than: Millis) -> int:
    """How many sessions `purge` would delete now."""
    before = bridge.clock.now() - older_than
    return sum(one.over for _, page in _pages(bridge, before) for one in page)


def purge_stale(bridge: Bridge, pause: Pause) -> None:
    """Forget what is kept for a day at most, whatever the retention."""
    while _purge_stale(bridge) and not pause():
        pass


def _purge_stale(bridge: Bridge) -> int:
    with bridge.store.write() as tx:
        return tx.privacy.purge_stale(bridge.clock.now() - STALE_AFTER, PAGE_SIZE)


def _pages(bridge: Bridge, before: Millis) -> Iterator[tuple[str, list[Aged]]]:
    """The aged sessions of each site, oldest first, looked for while nobody is kept from writing."""
    with bridge.store.read() as tx:
        sites = tx.sites.all()
    for site in sites:
        place = Place(0, "")
        while page := _page(bridge, site.id, before, place):
            yield site.id, page
            place = page[-1].place


def _page(bridge: Bridge, site: str, before: Millis, after: Place) -> list[Aged]:
    with bridge.store.read() as tx:
        return tx.privacy.aged(site, before, after, PAGE_SIZE)
