"""The alarms about follow-ups: what was given up or fails again and again, and what nobody does although it is due."""

from collections.abc import Sequence
from typing import Final

from bridge.domain.health import Alarm
from bridge.domain.instants import MINUTE, to_rfc3339
from bridge.domain.values import Millis
from bridge.ports import Tx, Undone
from bridge.service import alarms
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site
from bridge.service.watch_promises import MOST_ATTEMPTS

LATE_AFTER: Final = 10 * MINUTE
"""So long after it was due, a follow-up that nobody has done is late."""
FAILED_ALARM: Final = "follow_up_failed"
LATE_ALARM: Final = "follow_ups_late"


def watch_follow_ups(bridge: Bridge) -> None:
    """Raise, restate and clear the alarms of every site."""
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        found = tx.work.undone(now - LATE_AFTER, MOST_ATTEMPTS)
    each_site(bridge, "follow_ups", lambda site: _watch(bridge, site.id, [u for u in found if u.site == site.id], now))


def _watch(bridge: Bridge, site: str, found: Sequence[Undone], now: Millis) -> None:
    with bridge.store.read() as tx:
        standing = alarms.standing_texts(tx, site)
    told = (
        Alarm(new_id("alm"), FAILED_ALARM, failed_text(found), {"rows": sum(one.failing for one in found)}, now),
        Alarm(new_id("alm"), LATE_ALARM, late_text(found), {"rows": sum(one.late for one in found)}, now),
    )
    alarms.tell(bridge, site, told, standing, raised="follow_ups.alarm", ended="follow_ups.cleared")


def failed_text(found: Sequence[Undone]) -> str:
    """What is to be said of follow-ups that fail; empty where there is none."""
    failing = [f"{one.failing} {one.kind}" for one in found if one.failing]
    if not failing:
        return ""
    return (
        f"Follow-ups that failed {MOST_ATTEMPTS} times and more: {', '.join(failing)}. A promise is tried again every "
        "five minutes; anything else was given up, and bridge due lists it. The scheduler's log has the cause "
        "(follow_up.failed). Once it is gone: bridge outbox retry --all."
    )


def late_text(found: Sequence[Undone]) -> str:
    """What is to be said of follow-ups that nobody does; empty where there is none."""
    late = [one for one in found if one.oldest is not None]
    if not late:
        return ""
    since = to_rfc3339(min(one.oldest for one in late if one.oldest is not None))
    listed = ", ".join(f"{one.late} {one.kind}" for one in late)
    return (
        f"Due for more than {LATE_AFTER // MINUTE} minutes and not done, the first since {since}: {listed}. The "
        "scheduler does them as soon as it can; if that does not end soon, look at its log (tick.hangs) and restart it."
    )


def oldest_late(tx: Tx, now: Millis) -> Millis | None:
    """Since when the follow-up is due that is late longest; None where all is in time.

    It is read from the rows, so that whoever asks hears of it also where the scheduler hangs.
    """
    at = tx.work.oldest_due()
    return at if at is not None and at < now - LATE_AFTER else None
