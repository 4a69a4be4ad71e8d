"""What becomes of a promise when a person answers, however late we hear of it."""

from dataclasses import replace
from functools import partial

import structlog

from bridge.domain.callback import Callback
from bridge.domain.commitment import ended_by_answer
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
    if held.answered_at is not None and held.answered_at <= at:  # an answer before ended all that had been promised
        made = [one for one in made[-1:] if one.state is CommitmentState.PENDING]
    if not made:
        return held
    until = partial(in_time_until, held, call)
    ended = ended_by_answer(made, at, in_time_until=until, in_time=in_time)
    for one in ended:
        case.tx.escalations.correct(one.id, one.state)
    _tell_corrected(held, made, ended[0])
    return replace(held, commitment=ended[-1])


def _tell_corrected(held: Escalation, made: list[Commitment], ended: Commitment) -> None:
    (was,) = (one.state for one in made if one.id == ended.id)
    if was not in (CommitmentState.PENDING, ended.state):
        log.info("promise.corrected", site=held.site, escalation=held.id, now=ended.state.value)


def alarm_kind(escalation_id: str) -> str:
    """The kind of the alarm that stands while nobody answers a customer whose promises broke again and again."""
    return f"promises_broken:{escalation_id}"


def in_time_until(held: Escalation, call: Callback | None, stood: Commitment) -> Millis:
    """The last instant at which an answer keeps a promise.

    Who has claimed a call may still be speaking when its time is over; one that nobody has is missed then.
    """
    if call is None or call.commitment_id != stood.id:
        return stood.due_at
    return call.waited_for_until if held.state is EscalationState.CLAIMED else call.ends_at
