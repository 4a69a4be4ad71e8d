"""Booking a call: which times are free, and the promise that the chosen one becomes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bridge.domain import commitment as promises
from bridge.domain import entitlement, slots
from bridge.domain.calendars import Calendar
from bridge.domain.callback import Callback, CallState
from bridge.domain.escalation import (
    ACTIVE,
    Commitment,
    CommitmentState,
    Escalation,
    EventKind,
    FollowUpKind,
)
from bridge.domain.hours import YEAR
from bridge.domain.instants import to_rfc3339
from bridge.domain.queues import Queue
from bridge.domain.session import Session
from bridge.domain.values import Channel, Json, Millis, State
from bridge.domain.wall_clock import Span
from bridge.ports import BridgeError
from bridge.service import keep_calls
from bridge.service.chat_events import Said, announce, first_session
from bridge.service.context import Case, new_id
from bridge.service.errors import SessionUnknown
from bridge.service.locked_session import standing_escalation
from bridge.service.promise import Wording, planned
from bridge.service.renew_promise import renew
from bridge.service.route import calendar_of, home_of, known_name, queue_of
from bridge.service.verdicts import said_at, say, say_due, say_time, verdict

MOST_SLOTS = 60
FURTHEST_AHEAD = 2 * YEAR
"""No slot lies further ahead, in milliseconds."""
CANCELLED = Wording(live="escalated_live", otherwise="call_cancelled")


class SlotTaken(BridgeError):  # noqa: N818
    """This time for a call is taken, or gone."""


class PhoneMissing(BridgeError):  # noqa: N818
    """A call needs a phone number."""


# -- which times are free ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Times:
    """A queue's times for a call: when its people are there, and what others have booked."""

    name: str
    queue: Queue
    calendar: Calendar
    booked: Sequence[Callback]

    def free(self, at: Millis) -> Iterator[Span]:
        """The slots that can be booked at this instant."""
        if Channel.CALLBACK in self.queue.ladder:
            yield from slots.free(self.queue.callbacks, self.calendar, at, self.booked)


def times_for(case: Case, escalation: Escalation) -> Times:
    """The times among which the customer of an escalation may choose; their own call is not in the way."""
    name, queue = queue_of(case, home_of(case, escalation), entitlement.tier_of(case.policy, escalation))
    booked = case.tx.callbacks.booked(case.site.id, case.at, case.at + FURTHEST_AHEAD)
    others = [one for one in booked if known_name(case, one.queue) == name and one.escalation_id != escalation.id]
    return Times(name, queue, calendar_of(case, name, queue), others)


def session_slots(case: Case, session_id: str) -> Json:
    """The times for a call that a session may choose from; none where nobody was asked for.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = case.tx.sessions.get(case.site.id, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    standing = _escalation_of(case, session)
    if standing is None:
        return {"slots": [], "timezone": case.site.timezone}
    times = times_for(case, standing)
    return {"slots": show_slots(case, session, standing, times), "timezone": times.calendar.timezone}


def show_slots(case: Case, session: Session, escalation: Escalation, times: Times) -> list[Json]:
    """The free times, each with the words for the reader; none while the customer's call is under way."""
    call = keep_calls.booked_call(case, escalation)
    if call and case.at >= call.starts_at:
        return []
    zone = times.calendar.timezone
    return [
        {
            "id": to_rfc3339(start),
            "starts_at": to_rfc3339(start),
            "ends_at": to_rfc3339(end),
            "text": say_time(case.policy, session, start, zone, case.at),
        }
        for start, end in islice(times.free(case.at), MOST_SLOTS)
    ]


def _escalation_of(case: Case, session: Session) -> Escalation | None:
    standing = standing_escalation(case.tx, session) if session.state is State.ESCALATED else None
    return standing if standing and standing.state in ACTIVE else None


# -- booking -----------------------------------------------------------------------------------------------------------


def book_in_chat(case: Case, session_id: str, start: Millis) -> Json:
    """Book the slot that begins then, or move the call to it: the verdict says the new promise.

    Raises:
        SessionUnknown: this site has no such session.
        SlotTaken: the time is taken or gone, or the request is over.
        PhoneMissing: nobody has said which number to call.
    """
    session = case.tx.sessions.get(case.site.id, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    standing = _escalation_of(case, session)
    if standing is None:
        raise SlotTaken
    booked = book(case, standing.id, start)
    said = said_at(case.policy, session, booked, case.at)
    latest = case.tx.sessions.get(case.site.id, session_id) or session
    return verdict(latest, say=said.commitment.text, escalation=said)


def book(case: Case, escalation_id: str, start: Millis) -> Escalation:
    """Book the call of an escalation, or move it. The same slot again changes nothing.

    Raises:
        SlotTaken: the time is taken or gone, or the request is over.
        PhoneMissing: nobody has said which number to call.
    """
    held = case.tx.escalations.hold(case.site.id, escalation_id)
    if held is None or held.state not in ACTIVE:
        raise SlotTaken
    known = case.tx.callbacks.latest(case.site.id, held.id)
    standing = known if known and known.state is CallState.BOOKED else None
    if standing and standing.starts_at == start:
        return held
    if keep_calls.phone_of(case.tx, held) is None:
        raise PhoneMissing
    if standing and case.at >= standing.starts_at:
        raise SlotTaken
    times = _alone_with_times(case, held)
    call = _seated(case, held, known, times, start)
    fresh = _promise(case, held, call, times)
    if standing:
        case.tx.callbacks.change(call)
    elif not case.tx.callbacks.book(call):
        raise SlotTaken
    keep_calls.tell_both(case, fresh, call, keep_calls.MOVED if standing else keep_calls.BOOKED)
    return fresh


def cancel(case: Case, held: Escalation) -> Escalation:
    """The customer does not want the call any more: the rung below it, a new promise, and both sides are told."""
    call = keep_calls.finish(case, held, CallState.CANCELLED)
    case.tx.work.cancel(held.id)
    fresh = renew(case, held, CommitmentState.REPLACED, CANCELLED, below=Channel.CALLBACK)
    if call:
        keep_calls.tell_both(case, fresh, call, keep_calls.CANCELLED)
    return fresh


def confirm(case: Case, call: Callback) -> None:
    """The customer says that the time is right."""
    if call.confirmed_at is None:
        case.tx.callbacks.change(replace(call, confirmed_at=case.at, sequence=call.sequence + 1))


def _alone_with_times(case: Case, escalation: Escalation) -> Times:
    """The times for a call; nobody else takes one of this queue before the transaction ends."""
    name, _ = queue_of(case, home_of(case, escalation), entitlement.tier_of(case.policy, escalation))
    case.tx.callbacks.alone(case.site.id, name)
    return times_for(case, escalation)


def _seated(case: Case, escalation: Escalation, known: Callback | None, times: Times, start: Millis) -> Callback:
    """The call as it will be stored: a new one, or the booked one in its new slot."""
    slot = next((one for one in times.free(case.at) if one[0] == start), None)
    seat = slots.free_seat(slot, times.booked, times.queue.callbacks.capacity) if slot else None
    if slot is None or seat is None:
        raise SlotTaken
    return Callback(
        id=known.id if known and known.state is CallState.BOOKED else new_id("call"),
        site=case.site.id,
        escalation_id=escalation.id,
        queue=times.name,
        starts_at=slot[0],
        ends_at=slot[1],
        seat=seat,
        state=CallState.BOOKED,
        sequence=known.sequence + 1 if known else 1,
        commitment_id=new_id("cmt"),
        confirmed_at=None,
        booked_at=case.at,
    )


def _promise(case: Case, held: Escalation, call: Callback, times: Times) -> Escalation:
    """Put the call in place of the standing promise, and tell every session of the escalation."""
    zone = times.calendar.timezone
    session = first_session(case, held)
    due = say_due(case.policy, session, call.starts_at, zone, case.at)
    commitment = Commitment(
        id=call.commitment_id,
        escalation_id=held.id,
        channel=Channel.CALLBACK,
        due_at=call.starts_at,
        timezone=zone,
        wall=promises.wall(call.starts_at, zone),
        text=say(case.policy, session, "call_booked", due=due),
        state=CommitmentState.PENDING,
        made_at=case.at,
    )
    case.tx.work.cancel(held.id)
    case.tx.escalations.settle(held.commitment.id, CommitmentState.REPLACED)
    case.tx.escalations.promise(case.site.id, commitment)
    fresh = replace(held, queue=times.name, channel=Channel.CALLBACK, commitment=commitment)
    case.tx.escalations.set_state(fresh)
    for kind, due_at in call_follow_ups(call, times.queue.callbacks.remind):
        if due_at > case.at:
            case.tx.work.plan(planned(case, fresh, kind, due_at))
    announce(case, fresh, Said(EventKind.COMMITMENT, commitment.text))
    return fresh


def call_follow_ups(call: Callback, remind: Millis) -> Iterator[tuple[FollowUpKind, Millis]]:
    """A reminder, a look at its end, and once more as long afterwards: who has claimed it may still be speaking."""
    yield FollowUpKind.REMIND, call.starts_at - remind
    yield FollowUpKind.CALL_OVER, call.ends_at
    yield FollowUpKind.PROMISE, call.waited_for_until
