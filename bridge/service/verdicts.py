"""What the host is told: may the bot answer, or what is shown instead."""

from bridge.domain import commitment as when
from bridge.domain import messages
from bridge.domain.escalation import Commitment, Escalation
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.session import Session
from bridge.domain.values import Json, Millis, State

POLL_OPEN_MS = 15_000
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


def waiting_text(policy: Policy, session: Session, escalation: Escalation) -> str:
    """What a visitor of a locked session hears: the message arrived, and the promise stands."""
    return say(policy, session, "waiting", **promise_values(policy, session, escalation.commitment))


def promise_values(policy: Policy, session: Session, commitment: Commitment) -> dict[str, str]:
    """What a message about a standing promise may name: its whole text, or its instant alone."""
    due = say_due(policy, session, commitment.due_at, commitment.timezone, commitment.made_at)
    return {"promise": commitment.text, "due": due}


def say_due(policy: Policy, session: Session, due_at: Millis, zone: str, now: Millis) -> str:
    """The instant of a promise in the session's language: in the team's zone, and the visitor's where it differs."""
    return when.say_when(
        due_at,
        calendar_zone=zone,
        visitor_zone=session.timezone,
        locale=messages.locale_for(policy.messages, session.locale),
        now=now,
    )


def decided_text(policy: Policy, session: Session, escalation: Escalation) -> str:
    """The one message of a hand-over: the promise, and where we know no address, the question for one."""
    promise = escalation.commitment.text
    return promise if session.reachable else f"{promise} {say(policy, session, 'needs_contact')}"


def closed_text(policy: Policy, session: Session) -> str:
    """What a visitor hears who writes on into a closed session."""
    return say(policy, session, "closed")


def say(policy: Policy, session: Session, key: str, **values: str) -> str:
    """A message in the session's language, the owner's wording first."""
    language = messages.language_for(policy.messages, session.locale)
    return messages.text(policy.messages, language, key, **values)


def poll_after(session: Session, escalation: Escalation | None) -> int:
    """After how many milliseconds the chat should ask for events again."""
    if session.state is not State.ESCALATED or escalation is None:
        return POLL_OPEN_MS
    live = escalation.claimed_by is not None or escalation.channel == "live"
    return POLL_LIVE_MS if live else POLL_WAITING_MS
