"""A promise keeps its wall time when the rules of its zone change.

The customer read "9:15 AM EST on Monday". New zone data may give that time of day another instant: then promise and
open follow-ups move there, and a booked call with its entry in both calendars. Zone data come with the system, or with
the package `tzdata`.
"""

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import structlog

from bridge.domain.commitment import instant_of_wall
from bridge.domain.escalation import Commitment
from bridge.domain.instants import to_rfc3339
from bridge.domain.values import Millis
from bridge.service import keep_calls
from bridge.service.context import Bridge, open_case
from bridge.service.each_site import on_its_own

PAGE_SIZE = 500
"""Promises that are looked at in one read."""

log = structlog.get_logger()


def keep_wall_times(bridge: Bridge, pause: Callable[[], object] = lambda: None) -> int:
    """Move every standing promise whose wall time is at another instant by now, and return how many were moved.

    Args:
        bridge: the assembled product.
        pause: called after each move, so that visitors who write meanwhile find the database free.

    Raises:
        StoreBusy: the database is busy; what was moved until then stays moved, and the next look finds the rest.
    """
    ZoneInfo.clear_cache()  # what an update has put on the disk counts, not what this process once read
    moved, last = 0, ""
    while True:
        with bridge.store.read() as tx:
            page = tx.escalations.standing(last, PAGE_SIZE)
        drifted = ((site, promise) for site, promise in page if _now_due(promise) != promise.due_at)
        for site, promise in drifted:
            with on_its_own(site, "wall_times"):
                moved += _move(bridge, site, promise)
            pause()
        if len(page) < PAGE_SIZE:
            return moved
        last = page[-1][1].escalation_id


def _now_due(promise: Commitment) -> Millis:
    """The instant of the promise by the zone data of this machine; as it was where they have lost the zone."""
    try:
        return instant_of_wall(promise.wall, promise.timezone, near=promise.due_at)
    except ValueError:
        log.warning("promise.zone_lost", escalation=promise.escalation_id, timezone=promise.timezone)
        return promise.due_at


def _move(bridge: Bridge, site: str, promise: Commitment) -> bool:
    kept = replace(promise, due_at=_now_due(promise))
    with bridge.store.write() as tx:
        # first the escalation: whoever answers it at this moment settles the promise in the same order
        held = tx.escalations.hold(site, promise.escalation_id)
        moved = tx.escalations.move(kept, was_due_at=promise.due_at)
        if held and moved:
            tx.work.shift(promise.id, kept.due_at - promise.due_at)
            keep_calls.follow(open_case(bridge, tx, site), replace(held, commitment=kept))
    if moved:
        was, due_at = to_rfc3339(promise.due_at), to_rfc3339(kept.due_at)
        log.warning("promise.moved", site=site, escalation=promise.escalation_id, was=was, due_at=due_at)
    return moved
