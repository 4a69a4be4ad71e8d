"""The rest of what a visitor's chat asks for: events, contact, close."""

import hashlib
from dataclasses import dataclass, replace

from bridge.domain.escalation import Event, EventKind
from bridge.domain.instants import to_rfc3339
from bridge.domain.session import Session, contact_line
from bridge.domain.values import Identity, Json, State
from bridge.ports import Tx
from bridge.service import notify
from bridge.service.context import Bridge, open_case
from bridge.service.errors import SessionUnknown
from bridge.service.locked_session import locked_verdict, standing_escalation
from bridge.service.verdicts import poll_after, said_at, show_escalation, verdict


@dataclass(frozen=True, slots=True)
class Contact:
    """How the customer says they can be reached; validated by the web layer."""

    email: str | None = None
    phone: str | None = None
    name: str | None = None


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


def keep_contact(bridge: Bridge, tx: Tx, site_id: str, session_id: str, contact: Contact) -> Json:
    """Keep what the visitor typed. An address of WordPress's is not replaced by a typed one.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.hold(site_id, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    if session.erased:
        return locked_verdict(tx, bridge.policies.current(tx, site_id), session, bridge.clock.now())
    changed = _with_contact(session, contact)
    tx.sessions.save(changed)
    case = open_case(bridge, tx, site_id)
    standing = standing_escalation(tx, changed)
    if standing and changed != session and changed.state is State.ESCALATED:
        key = hashlib.sha256(contact_line(changed).encode()).hexdigest()[:16]
        notify.mail_team(case, standing, f"contact.{key}")
    return locked_verdict(tx, case.current, changed, case.at) if changed.locked else verdict(changed)


def _with_contact(session: Session, contact: Contact) -> Session:
    visitor = session.visitor
    if visitor.identity is not Identity.VERIFIED:
        typed = contact.email or visitor.email
        visitor = visitor.model_copy(
            update={
                "identity": Identity.CLAIMED if typed else visitor.identity,
                "email": typed,
                "name": contact.name or visitor.name,
            }
        )
    elif contact.email and not (visitor.email and visitor.vouched_for):
        visitor = visitor.model_copy(update={"email": contact.email, "email_identity": Identity.CLAIMED})
    return replace(session, visitor=visitor, phone=contact.phone or session.phone)


def close_session(bridge: Bridge, tx: Tx, site: str, session_id: str) -> Json:
    """The visitor leaves. An open session ends; a locked one stays locked, for the promise stands.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.hold(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    if session.state is State.OPEN:
        session = replace(session, state=State.CLOSED)
        tx.sessions.save(session)
        return verdict(session)
    return locked_verdict(tx, bridge.policies.current(tx, site), session, bridge.clock.now())
