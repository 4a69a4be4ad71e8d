"""What a visitor's chat asks for again and again: the events that it has not seen yet."""

from bridge.domain.escalation import Event, EventKind
from bridge.domain.instants import to_rfc3339
from bridge.domain.session import Session
from bridge.domain.values import Json, State
from bridge.ports import Tx
from bridge.service.context import Bridge
from bridge.service.errors import SessionUnknown
from bridge.service.locked_session import standing_escalation
from bridge.service.verdicts import poll_after, said_at, show_escalation


def read_events(bridge: Bridge, tx: Tx, site: str, session_id: str, after: int) -> Json:
    """What the chat has not seen yet.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.get(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    standing = standing_escalation(tx, session) if session.state is State.ESCALATED else None
    if standing:
        policy = bridge.policies.current(tx, site).document
        standing = said_at(policy, session, standing, bridge.clock.now())
    owed = not session.locked and bridge.assistants(site) is not None and tx.answers.owes(site, session_id)
    return {
        "events": [_show(event) for event in _audible(session, tx.sessions.events(site, session_id, after))],
        "state": session.state.value,
        "escalation": show_escalation(standing, session) if standing else None,
        "poll_after_ms": poll_after(session, standing, owed=owed),
    }


def _audible(session: Session, events: list[Event]) -> list[Event]:
    """What may be heard now: in a locked session the bot is silent, also with what it said before the lock."""
    return [event for event in events if not (session.locked and event.kind is EventKind.REPLY)]


def _show(event: Event) -> Json:
    shown = {"n": event.n, "kind": event.kind.value, "text": event.text, "at": to_rfc3339(event.at)}
    return {**shown, "author": event.author} if event.author else shown
