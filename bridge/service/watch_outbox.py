"""The alarms about what does not arrive: rows that are parked, and rows that have waited for too long."""

from collections.abc import Sequence
from typing import Final

from bridge.domain.health import Alarm
from bridge.domain.instants import MINUTE, to_rfc3339
from bridge.domain.values import Millis
from bridge.ports import Undelivered
from bridge.service import alarms
from bridge.service.breaker import DOWN_ALARM
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site

LATE_AFTER: Final = 15 * MINUTE
"""So long after it was written, a row that has not arrived is late."""
PARKED_ALARM: Final = "outbox_parked"
LATE_ALARM: Final = "outbox_late"


def watch_outbox(bridge: Bridge) -> None:
    """Raise, restate and clear the alarms of every site."""
    each_site(bridge, "outbox", lambda site: _watch(bridge, site.id, bridge.clock.now()))


def _watch(bridge: Bridge, site: str, now: Millis) -> None:
    with bridge.store.read() as tx:
        found = tx.work.undelivered(site, now - LATE_AFTER)
        standing = alarms.standing_texts(tx, site)
    texts = {PARKED_ALARM: parked_text(found), LATE_ALARM: late_text(found), **_idle(standing, found)}
    told = [Alarm(new_id("alm"), kind, text, {"rows": _rows(kind, found)}, now) for kind, text in texts.items()]
    alarms.tell(bridge, site, told, standing, raised="outbox.alarm", ended="outbox.cleared")


def _idle(standing: dict[str, str], found: Sequence[Undelivered]) -> dict[str, str]:
    """The alarms about systems for which nothing waits any more: nobody will hear whether they are up."""
    wanted = {DOWN_ALARM + one.target for one in found if not one.parked}
    return {kind: "" for kind in standing if kind.startswith(DOWN_ALARM) and kind not in wanted}


def _rows(kind: str, found: Sequence[Undelivered]) -> int:
    return sum(one.rows if kind == PARKED_ALARM else one.late for one in found if one.parked is (kind == PARKED_ALARM))


def parked_text(found: Sequence[Undelivered]) -> str:
    """What is to be said of rows that nobody sends any more; empty where there is none."""
    parked = [one for one in found if one.parked]
    if not parked:
        return ""
    return (
        f"Parked, and not sent before somebody sees to it: {_listed(parked)}. bridge outbox list names them. Once the "
        f"cause is gone: bridge outbox retry --all --target {parked[0].target}; to give one up: bridge outbox drop ID."
    )


def late_text(found: Sequence[Undelivered]) -> str:
    """What is to be said of rows that have waited for too long; empty where there is none."""
    late = [one for one in found if one.late and not one.parked]
    if not late:
        return ""
    since = to_rfc3339(min(one.oldest for one in late))
    return (
        f"Not delivered after {LATE_AFTER // MINUTE} minutes, the oldest since {since}: {_listed(late)}. They are "
        "still tried; bridge outbox list says what stands in their way."
    )


def _listed(found: Sequence[Undelivered]) -> str:
    return ", ".join(
        f"{one.rows if one.parked else one.late} for {one.target} ({cause_of(one.cause)})" for one in found
    )


def cause_of(error: str | None) -> str:
    """Why a row has not arrived, in its last words."""
    return error or "not tried yet"
