"""The page behind the link of a mail: what it shows of a call, and what the customer does there."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.domain import judging, messages
from bridge.domain.callback import Callback, CallState
from bridge.domain.escalation import ACTIVE, Escalation
from bridge.domain.instants import to_rfc3339
from bridge.domain.values import Channel, Json, Millis
from bridge.ports import BridgeError
from bridge.service import book_call
from bridge.service.call_links import LinkInvalid, escalation_behind
from bridge.service.chat_events import first_session
from bridge.service.context import Case
from bridge.service.verdicts import said_at, say, standing_text


class Action(StrEnum):
    """What the customer does."""

    BOOK = "book"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"


CHOOSES = (Action.BOOK, Action.RESCHEDULE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the customer asks for; `sequence` is that of the page they saw, `slot` the start of the chosen time."""

    action: Action
    slot: Millis | None = None
    sequence: int | None = None


class CallChanged(BridgeError):  # noqa: N818
    """The call is not as the page showed it; nothing was done."""

    def __init__(self, present: Json) -> None:
        super().__init__()
        self.present = present


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link leads to at this instant: the escalation, its last call, and the times that are free."""

    escalation: Escalation
    call: Callback | None
    times: book_call.Times
    at: Millis

    @property
    def sequence(self) -> int:
        """The number of the last change; 0 before the first."""
        return self.call.sequence if self.call else 0

    @property
    def state(self) -> str:
        """As the API names it."""
        if self.escalation.state not in ACTIVE and not (self.call and self.call.state is CallState.DONE):
            return "over"
        return self.call.state.value if self.call else "offered"

    @property
    def can_change(self) -> bool:
        """Whether the customer may still book, move or cancel."""
        if self.call and self.state == CallState.BOOKED:
            return self.at < self.call.starts_at
        return self.state not in ("over", CallState.DONE) and Channel.CALLBACK in self.times.queue.ladder

    def allows(self, wish: Wish) -> bool:
        """Whether the wish fits what is there."""
        seen = wish.sequence is None or wish.sequence == self.sequence
        return seen and self.can_change and (wish.action in CHOOSES or self.state == CallState.BOOKED)


def visit(case: Case, token: str) -> Json:
    """What the page shows. Nothing is changed, for machines that look at mails follow their links.

    Raises:
        LinkInvalid: the link is none of this site's, is too old, or what it led to is gone.
    """
    escalation = case.tx.escalations.get(case.site.id, escalation_behind(case, token))
    if escalation is None:
        raise LinkInvalid
    return _show(case, _visit_to(case, escalation))


def keep_phone(case: Case, token: str, phone: str) -> None:
    """Keep the number that the customer typed on the page.

    Raises:
        LinkInvalid: the link is none of this site's, is too old, or what it led to is gone.
    """
    escalation = case.tx.escalations.get(case.site.id, escalation_behind(case, token))
    session = case.tx.sessions.hold(case.site.id, escalation.session_id) if escalation else None
    if escalation is None or session is None:
        raise LinkInvalid
    if escalation.state in ACTIVE:
        case.tx.sessions.save(replace(session, phone=phone))


def act(case: Case, token: str, wish: Wish) -> Json:
    """Do what the customer asks for, once, and show what is there then.

    Raises:
        LinkInvalid: the link is none of this site's, is too old, or what it led to is gone.
        CallChanged: the call is not as the page showed it, or can be changed no more.
        SlotTaken: the time is taken or gone, or the request is over.
        PhoneMissing: nobody has said which number to call.
    """
    held = case.tx.escalations.hold(case.site.id, escalation_behind(case, token))
    if held is None:
        raise LinkInvalid
    found = _visit_to(case, held)
    if not found.allows(wish):
        raise CallChanged(_show(case, found))
    _do(case, found, wish)
    return visit(case, token)


def _do(case: Case, found: Visit, wish: Wish) -> None:
    if wish.action is Action.CANCEL:
        book_call.cancel(case, found.escalation)
    elif wish.action is Action.CONFIRM and found.call:
        book_call.confirm(case, found.call)
    elif wish.slot is not None:
        book_call.book(case, found.escalation.id, wish.slot)


def _visit_to(case: Case, escalation: Escalation) -> Visit:
    call = case.tx.callbacks.latest(case.site.id, escalation.id)
    return Visit(escalation, call, book_call.times_for(case, escalation), case.at)


def _show(case: Case, found: Visit) -> Json:
    session, call = first_session(case, found.escalation), found.call
    over = found.state in ("over", CallState.DONE)
    promise = standing_text(case.policy, session, said_at(case.policy, session, found.escalation, case.at))
    shown = {
        "state": found.state,
        "timezone": found.times.calendar.timezone,
        "text": say(case.policy, session, "call_over") if over else promise,
        "confirmed": call is not None and call.confirmed_at is not None,
        "can_change": found.can_change,
        "slots": book_call.show_slots(case, session, found.escalation, found.times) if found.can_change else [],
        "language": messages.language_for(case.policy.messages, judging.spoken(session)),
        "sequence": found.sequence,
    }
    when = {"starts_at": to_rfc3339(call.starts_at), "ends_at": to_rfc3339(call.ends_at)} if call else {}
    return {**shown, **when}
