"""What the host is told: may the bot answer, or what is shown instead."""

from dataclasses import replace
from functools import partial
from itertools import product

from bridge.domain import entitlement, instant_in_words, judging, messages
from bridge.domain.escalation import Commitment, CommitmentState, Escalation
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.session import Session
from bridge.domain.values import Channel, Json, Millis, State

POLL_OPEN_MS = 15_000
POLL_OWED_MS = 1_000
POLL_LIVE_MS = 3_000
POLL_WAITING_MS = 10_000


def verdict(session: Session, *, say: str | None = None, escalation: Escalation | None = None) -> Json:
    """The answer to the host. The bot may answer only in an open session with nothing else to say."""
    return {
        "session_id": session.id,
        "state": session.state.value,
        "action": "say" if session.locked or say else "answer",
        "say": say,
        "escalation": show_escalation(escalation, session) if escalation else None,
        "last_event": session.last_event,
        "poll_after_ms": poll_after(session, escalation),
    }


def owed_verdict(session: Session) -> Json:
    """The answer to the host while our own responder owes one: it comes as an event, soon."""
    return {**verdict(session), "action": "wait", "poll_after_ms": POLL_OWED_MS}


def reply_verdict(session: Session, text: str) -> Json:
    """The answer to the host that holds our own responder's words, to be shown as the bot's."""
    return {**verdict(session, say=text), "say_as": "reply"}


def show_escalation(escalation: Escalation, session: Session) -> Json:
    """The part of an escalation that the visitor may know."""
    return {
        "id": escalation.id,
        "queue": escalation.queue,
        "priority": escalation.priority.value,
        "channel": escalation.channel.value,
        "commitment": show_commitment(escalation.commitment),
        "needs_contact": not session.reachable,
    }


def show_commitment(commitment: Commitment) -> Json:
    """The promise, with its instant in UTC and the zone it was made in."""
    return {"due_at": to_rfc3339(commitment.due_at), "timezone": commitment.timezone, "text": commitment.text}


def waiting_text(policy: Policy, session: Session, said: Escalation, at: Millis) -> str:
    """What a visitor of a locked session hears: it arrived, and what they may expect. `said`: see `said_at`."""
    promise, values = said.commitment, {"promise": standing_text(policy, session, said)}
    if promise.state is CommitmentState.PENDING:
        values["due"] = say_due(policy, session, promise.due_at, promise.timezone, at)
    return say(policy, session, "waiting", **values)


def standing_text(policy: Policy, session: Session, said: Escalation) -> str:
    """The standing promise; once it is answered none stands, but somebody has the request. `said`: see `said_at`."""
    if said.claimed_by and said.commitment.state is not CommitmentState.PENDING:
        return say(policy, session, "claimed", agent=said.claimed_by.name)
    return said.commitment.text


def promise_values(policy: Policy, session: Session, commitment: Commitment) -> dict[str, str]:
    """What a mail may name of a standing promise: its whole text, or its instant alone; right whenever it is read."""
    promise = _said_anew(policy, session, commitment, commitment.made_at, lasting=True)
    return {"promise": promise, "due": _lasting_due(policy, session, commitment)}


def plain_values(policy: Policy, session: Session, commitment: Commitment) -> dict[str, str]:
    """As `promise_values`, for a mail that says by itself what led to the promise."""
    due = _lasting_due(policy, session, commitment)
    return {"promise": _plain_promise(policy, session, commitment, due), "due": due}


def said_at(policy: Policy, session: Session, escalation: Escalation, at: Millis) -> Escalation:
    """The escalation with its promise in words that are right at `at`: yesterday's tomorrow is today."""
    text = _said_anew(policy, session, escalation.commitment, at)
    return as_told(policy, replace(escalation, commitment=replace(escalation.commitment, text=text)))


def as_told(policy: Policy, escalation: Escalation) -> Escalation:
    """The escalation with the priority that its visitor may know of: the one that they were promised by."""
    return replace(escalation, priority=entitlement.priority_of(policy, escalation))


def in_mail(policy: Policy, session: Session, escalation: Escalation) -> Escalation:
    """The escalation with its promise in words that are right whenever they are read."""
    text = promise_values(policy, session, escalation.commitment)["promise"]
    return replace(escalation, commitment=replace(escalation.commitment, text=text))


def _said_anew(policy: Policy, session: Session, promise: Commitment, now: Millis, *, lasting: bool = False) -> str:
    """The stored text with its instant said anew, or a standard promise where the text says that instant otherwise.

    So it does where it was made for another session of the customer, with a zone or language of its own, and where the
    rules of the zone have changed since. An owner's own message may stand in English. The promise of a call keeps its
    text, so for a session in another zone its instant is said on the team's clock alone.
    """
    readers = [session, replace(session, timezone=None)] if promise.channel is Channel.CALLBACK else [session]
    for reader, locale in product(readers, (judging.spoken(session), "en")):
        said = partial(say_due, policy, reader, promise.due_at, promise.timezone, locale=locale)
        then = said(promise.made_at)
        if then in promise.text:
            return promise.text.replace(then, said(now, lasting=lasting))
    if promise.channel is Channel.CALLBACK:
        return promise.text  # whether it is booked only the text says
    due = say_due(policy, session, promise.due_at, promise.timezone, now, lasting=lasting)
    return _plain_promise(policy, session, promise, due)


def _plain_promise(policy: Policy, session: Session, promise: Commitment, due: str) -> str:
    """A promise in the standard words alone; `due` is its instant in words."""
    return say(policy, session, "escalated_live" if promise.channel is Channel.LIVE else "after_hours", due=due)


def _lasting_due(policy: Policy, session: Session, promise: Commitment) -> str:
    return say_due(policy, session, promise.due_at, promise.timezone, promise.made_at, lasting=True)


def say_due(
    policy: Policy,
    session: Session,
    due_at: Millis,
    zone: str,
    now: Millis,
    *,
    lasting: bool = False,
    locale: str | None = None,
) -> str:
    """The instant of a promise in the team's zone, and in the visitor's where it differs.

    `locale`: in which it is said, else the one that the visitor is spoken to in.
    """
    return instant_in_words.say_when(
        due_at,
        calendar_zone=zone,
        visitor_zone=session.timezone,
        locale=messages.locale_for(policy.messages, locale or judging.spoken(session)),
        now=now,
        lasting=lasting,
    )


def say_time(policy: Policy, session: Session, at: Millis, zone: str, now: Millis) -> str:
    """The time of a call, as it stands by itself and whenever it is read."""
    said = say_due(policy, session, at, zone, now, lasting=True)
    return instant_in_words.by_itself(said, messages.locale_for(policy.messages, judging.spoken(session)))


def decided_text(policy: Policy, session: Session, escalation: Escalation) -> str:
    """The one message of a hand-over: the promise, the offer of a call, and the question for an address."""
    more = {"call_offer": escalation.channel is Channel.CALLBACK, "needs_contact": not session.reachable}
    said = (say(policy, session, key) for key, wanted in more.items() if wanted)
    return " ".join((escalation.commitment.text, *said))


def closed_text(policy: Policy, session: Session) -> str:
    """What a visitor hears who writes on into a closed session."""
    return say(policy, session, "closed")


def say(policy: Policy, session: Session, key: str, *, locale: str | None = None, **values: str) -> str:
    """A message, the owner's wording first; `locale`: as in `say_due`."""
    language = messages.language_for(policy.messages, locale or judging.spoken(session))
    return messages.text(policy.messages, language, key, **values)


def poll_after(session: Session, escalation: Escalation | None, *, owed: bool = False) -> int:
    """After how many milliseconds the chat should ask for events again; `owed`: an answer is on its way."""
    if session.state is not State.ESCALATED or escalation is None:
        return POLL_OWED_MS if owed else POLL_OPEN_MS
    live = escalation.claimed_by is not None or escalation.channel is Channel.LIVE
    return POLL_LIVE_MS if live else POLL_WAITING_MS
