"""When a promise is due, and what an answer makes of it. Instants are milliseconds UTC."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bridge.domain import hours
from bridge.domain.calendars import Calendar
from bridge.domain.escalation import Commitment, CommitmentState
from bridge.domain.instants import DAY, MINUTE, from_datetime
from bridge.domain.values import Millis
from bridge.domain.wall_clock import local_time, zone_of

# -- when --------------------------------------------------------------------------------------------------------------


def due(calendar: Calendar, at: Millis, respond_within_ms: int, *, live: bool) -> Millis:
    """The instant before which a person answers; always after `at`. The time runs only while the team is there.

    So it does with a person at hand: who joins a chat just before closing time may be gone before the time is over.

    Args:
        calendar: when the queue's people are there.
        at: the instant of the decision.
        respond_within_ms: the time to answer; 0 means the next opening, and a minute where a person is at hand.
        live: a person is at hand.

    There is an answer even where the calendar has none, because a customer without a promise is worse: a team that
    never goes has no next opening, and a calendar that ran out (see `hours.opening_in_year`) has no open time. Both
    promise a day, or `respond_within_ms` where that is more.
    """
    within = MINUTE if live and not respond_within_ms else respond_within_ms
    found = hours.add_business_time(calendar, at, within) if within else hours.next_opening(calendar, at)
    return found if found is not None else at + max(within, DAY)


def wall(at: Millis, zone: str) -> str:
    """The wall time of an instant in a zone, such as `2026-11-02T09:15`; seconds only where there are any.

    Raises:
        ValueError: no such zone.
    """
    local = local_time(at, zone).replace(tzinfo=None)
    return local.isoformat(timespec="auto" if at % MINUTE else "minutes")


def instant_of_wall(text: str, zone: str, *, near: Millis) -> Millis:
    """The instant at which the wall clock of a zone shows what `wall` wrote.

    So a promise keeps its wall time when the zone's rules change after it was made.

    Args:
        text: from `wall`.
        zone: an IANA name.
        near: the instant as it was: it chooses between the two passes of an autumn fold. A time that a spring gap
            skips is as much later as the gap is long.

    Raises:
        ValueError: no such zone, or not a wall time.
    """
    local = datetime.fromisoformat(text).replace(tzinfo=zone_of(zone))
    passes = {from_datetime(local.replace(fold=fold).astimezone(UTC)) for fold in (0, 1)}
    shown = [at for at in passes if wall(at, zone) == text]
    return min(shown, key=lambda at: abs(at - near)) if shown else max(passes)


# -- what an answer makes of it ----------------------------------------------------------------------------------------


def ended_by_answer(
    made: Sequence[Commitment], at: Millis, *, in_time_until: Callable[[Commitment], Millis], in_time: CommitmentState
) -> list[Commitment]:
    """What becomes of the promise that stood when a person answered, and of all that were made after it.

    Args:
        made: every promise of the escalation, oldest first; there is one.
        at: when the person answered.
        in_time_until: the last instant at which an answer keeps a promise.
        in_time: what a promise becomes that was answered in time.
    """
    stood = next((n for n in reversed(range(len(made))) if made[n].made_at <= at), 0)
    return [_answered(made[stood], at, in_time_until(made[stood]), in_time), *map(_needless, made[stood + 1 :])]


def _answered(stood: Commitment, at: Millis, until: Millis, in_time: CommitmentState) -> Commitment:
    """One that was replaced before it was due has ended: no later answer makes it broken."""
    if stood.state is CommitmentState.KEPT:
        return stood
    if at <= until:
        return replace(stood, state=in_time)
    was_replaced = stood.state is CommitmentState.REPLACED
    return stood if was_replaced else replace(stood, state=CommitmentState.BROKEN)


def _needless(later: Commitment) -> Commitment:
    """Nobody had to keep it any more."""
    return later if later.state is CommitmentState.KEPT else replace(later, state=CommitmentState.REPLACED)
