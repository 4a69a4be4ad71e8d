"""What becomes of a promise when a person answers, however late we hear of it."""

from dataclasses import replace

import structlog

from bridge.domain.callback import Callback
from bridge.domain.escalation import Commitment, CommitmentState, Escalation, EscalationState
from bridge.domain.values import Millis
from bridge.service import keep_calls
from bridge.service.context import Case

log = structlog.get_logger()


def settle(case: Case, held: Escalation, at: Millis, *, in_time: CommitmentState = CommitmentState.KEPT) -> Escalation:
    """End the standing promise because a person answered, or ended the escalation, at `at`.

    The promise that stood at that instant becomes `in_time` if that is not after it was due, else it is broken,
    whether or not the scheduler had come to say so; a booked call is in time as long as it is waited for. If we hear
    of it later than it happened, promises were made since that nobody had to keep: they are replaced, and what was
    called broken is put right. One that was replaced before it was due has ended: no later answer makes it broken.

    Returns the escalation with its latest promise as it is now.
    """
    call = keep_calls.end(case, held, at)
    case.tx.work.cancel(held.id)
    case.tx.alarms.clear(case.site.id, alarm_kind(held.id), case.at)
    made = case.tx.escalations.commitments(held.id)
    first = held.answered_at is None or at < held.answered_at
    stood = _standing_at(made, at) if first else made[-1]
    if not first and stood.state is not CommitmentState.PENDING:
        return held
    late = CommitmentState.REPLACED if stood.state is CommitmentState.REPLACED else CommitmentState.BROKEN
    became = in_time if at <= _in_time_until(held, stood, call) else late
    settled = [_settled(one, stood, became) for one in made[made.index(stood) :]]
    for one in settled:
        case.tx.escalations.correct(one.id, one.state)
    if stood.state not in (CommitmentState.PENDING, settled[0].state):
        log.info("promise.corrected", site=held.site, escalation=held.id, now=settled[0].state.value)
    return replace(held, commitment=settled[-1])


def alarm_kind(escalation_id: str) -> str:
    """The kind of the alarm that stands while nobody answers a customer whose promises broke again and again."""
    return f"promises_broken:{escalation_id}"


def _in_time_until(held: Escalation, stood: Commitment, call: Callback | None) -> Millis:
    """Who has claimed a call may still be speaking when its time is over; one that nobody has is missed then."""
    if call is None or call.commitment_id != stood.id:
        return stood.due_at
    return call.waited_for_until if held.state is EscalationState.CLAIMED else call.ends_at


def _standing_at(made: list[Commitment], at: Millis) -> Commitment:
    return next((one for one in reversed(made) if one.made_at <= at), made[0])


def _settled(one: Commitment, stood: Commitment, became: CommitmentState) -> Commitment:
    if one.state is CommitmentState.KEPT:
        return one
    return replace(one, state=became if one.id == stood.id else CommitmentState.REPLACED)
