"""A booked call on its way: both sides hear of it and are reminded, and it ends as done, missed or cancelled."""

from dataclasses import dataclass, replace
from email.utils import parseaddr

from bridge.domain import entitlement, occasions, slots
from bridge.domain.callback import Callback, CallState
from bridge.domain.escalation import Escalation
from bridge.domain.occasions import CALL_NEAR, Occasion
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis
from bridge.ports import Tx
from bridge.service import customer_mails, team_mails
from bridge.service.call_links import link_to
from bridge.service.chat_events import first_session
from bridge.service.context import Case
from bridge.service.customer_mails import Link
from bridge.service.outbox import Invite, name_of
from bridge.service.route import home_of, known_name, queue_of
from bridge.service.verdicts import in_mail, plain_values, say, say_time


@dataclass(frozen=True, slots=True)
class News:
    """What both sides hear of a call, and whether it takes the call out of their calendars.

    `over`: the request is settled with it, so that the customer has no other time to choose. The customer's message has
    the name of the team's occasion.
    """

    occasion: Occasion
    cancels: bool = False
    over: bool = False


BOOKED = News(occasions.CALL_BOOKED)
MOVED = News(occasions.CALL_MOVED)
CANCELLED = News(occasions.CALL_CANCELLED, cancels=True)
WITHDRAWN = News(occasions.CALL_WITHDRAWN, cancels=True, over=True)


def booked_call(case: Case, escalation: Escalation) -> Callback | None:
    """The call that the escalation has booked, if any."""
    last = case.tx.callbacks.latest(case.site.id, escalation.id)
    return last if last and last.state is CallState.BOOKED else None


def ahead(case: Case, escalation: Escalation, at: Millis) -> bool:
    """Whether the escalation has booked a call whose time has not come then."""
    call = booked_call(case, escalation)
    return call is not None and at < call.starts_at


def phone_of(tx: Tx, escalation: Escalation) -> str | None:
    """The number that the customer gave in any session of the escalation; that of the first session goes first."""
    first = tx.sessions.get(escalation.site, escalation.session_id)
    others = tx.sessions.of_escalation(escalation.site, escalation.id)
    return next((session.phone for session in (first, *others) if session and session.phone), None)


def as_it_is(call: Callback) -> str:
    """What tells a call, as it is since its last change, from all others."""
    return f"{call.id}.{call.sequence}"


# -- what is sent ------------------------------------------------------------------------------------------------------


def tell_both(case: Case, escalation: Escalation, call: Callback, news: News) -> None:
    """Mail team and customer, each with the entry for their calendar."""
    session, phone = first_session(case, escalation), phone_of(case.tx, escalation)
    invite = _invite(case, escalation, call, session, cancels=news.cancels)
    team_mails.tell(case, escalation, news.occasion, as_it_is(call), phone=phone, invite=invite)
    leads_to = None if news.over else link(case, escalation)
    _mail_customer(case, escalation, call, news.occasion.name, leads_to, invite)


def remind(case: Case, escalation: Escalation) -> str:
    """The call is near: both sides are told, and the team gets the number to call."""
    call = booked_call(case, escalation)
    if call is None or case.at >= call.starts_at:
        return "nothing: its time has come"
    quoted = in_mail(case.policy, first_session(case, escalation), escalation)
    team_mails.tell(case, quoted, CALL_NEAR, as_it_is(call), phone=phone_of(case.tx, escalation))
    _mail_customer(case, escalation, call, CALL_NEAR.name, link(case, escalation))
    return "reminded both sides of the call"


def follow(case: Case, escalation: Escalation) -> None:
    """Let a booked call follow its promise, whose instant has moved, and send both sides the new entry.

    Nobody chose the new time: the call takes a seat there even if the queue has none to offer any more.
    """
    call = booked_call(case, escalation)
    if call is None or call.commitment_id != escalation.commitment.id:
        return
    by = escalation.commitment.due_at - call.starts_at
    starts_at, ends_at = call.starts_at + by, call.ends_at + by
    queue = known_name(case, call.queue)
    case.tx.callbacks.alone(case.site.id, queue)
    booked = case.tx.callbacks.booked(case.site.id, starts_at, ends_at)
    there = [one for one in booked if known_name(case, one.queue) == queue and one.id != call.id]
    seat = slots.free_seat((starts_at, ends_at), there, capacity=len(there) + 1) or 0
    moved = replace(call, starts_at=starts_at, ends_at=ends_at, seat=seat, sequence=call.sequence + 1)
    case.tx.callbacks.change(moved)
    tell_both(case, escalation, moved, MOVED)


def tell_missed(case: Case, escalation: Escalation, call: Callback) -> None:
    """Tell the customer of a call that did not take place, and what is promised instead."""
    _mail_customer(case, escalation, call, "callback_missed", link(case, escalation))


def link(case: Case, escalation: Escalation) -> Link | None:
    """What the button of a mail leads to: the booked call, or the times for one where the queue makes calls."""
    _, queue = queue_of(case, home_of(case, escalation), entitlement.tier_of(case.policy, escalation))
    booked = booked_call(case, escalation)
    url = link_to(case, escalation.id) if booked or Channel.CALLBACK in queue.ladder else None
    return Link("link_call" if booked else "link_book", url) if url else None


def _mail_customer(
    case: Case,
    escalation: Escalation,
    call: Callback,
    message: str,
    leads_to: Link | None,
    invite: Invite | None = None,
) -> None:
    session, promise = first_session(case, escalation), escalation.commitment
    values = {
        "when": say_time(case.policy, session, call.starts_at, promise.timezone, case.at),
        "phone": phone_of(case.tx, escalation) or "",
        **plain_values(case.policy, session, promise),
    }
    customer_mails.post(case, escalation, session, message, as_it_is(call), values, link=leads_to, invite=invite)


def _invite(case: Case, escalation: Escalation, call: Callback, session: Session, *, cancels: bool) -> Invite:
    from bridge.domain import invitation  # noqa: PLC0415 - 7 MB and 130 ms that a site without calls never needs

    _, queue = queue_of(case, home_of(case, escalation), entitlement.tier_of(case.policy, escalation))

    def written_for(address: str) -> str:
        entry = invitation.Invitation(
            uid=f"{call.id}@{case.site.id}.escalation-bridge",
            sequence=call.sequence,
            at=case.at,
            starts_at=call.starts_at,
            ends_at=call.ends_at,
            summary=say(case.policy, session, "call_title", site=name_of(case.site)),
            organizer=parseaddr(case.systems.sender)[1],
            attendee=address,
            remind=queue.callbacks.remind,
        )
        return invitation.cancel(entry) if cancels else invitation.request(entry)

    return written_for


# -- how it ends -------------------------------------------------------------------------------------------------------


def turned(case: Case, call: Callback, state: CallState) -> Callback:
    """The call in its new state, one change later, as it is stored now."""
    changed = replace(call, state=state, sequence=call.sequence + 1)
    case.tx.callbacks.change(changed)
    return changed


def finish(case: Case, escalation: Escalation, state: CallState) -> Callback | None:
    """End the booked call, if there is one, without a word."""
    call = booked_call(case, escalation)
    return turned(case, call, state) if call else None


def end(case: Case, escalation: Escalation, at: Millis) -> Callback | None:
    """The team answered at `at`: a call whose time had come is done, one that lay ahead is cancelled at both sides.

    One that we have called missed since is done as well, if the answer came in its time.

    Returns the escalation's last call, if there was one.
    """
    last = case.tx.callbacks.latest(case.site.id, escalation.id)
    if last is None or last.state not in (CallState.BOOKED, CallState.MISSED):
        return last
    if last.state is CallState.MISSED:
        return turned(case, last, CallState.DONE) if at < last.ends_at else last
    if at >= last.starts_at:
        return turned(case, last, CallState.DONE)
    withdrawn = turned(case, last, CallState.CANCELLED)
    tell_both(case, escalation, withdrawn, WITHDRAWN)
    return withdrawn
