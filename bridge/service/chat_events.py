"""Events: what a visitor's chat is told beside the verdicts, in the order of their numbers."""

from dataclasses import dataclass, replace

from bridge.domain.escalation import Escalation, Event, EventKind
from bridge.domain.session import Session
from bridge.domain.values import Millis
from bridge.ports import Tx
from bridge.service.context import Case


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the visitor's chat, before it has a number."""

    kind: EventKind
    text: str
    author: str | None = None


def tell(case: Case, session: Session, said: Said) -> Session:
    """Keep a line as the session's next event; the returned session has its number and is still to be saved."""
    return tell_at(case.tx, session, said, case.at)


def tell_at(tx: Tx, session: Session, said: Said, at: Millis) -> Session:
    """As `tell`, where there is no escalation."""
    told = replace(session, last_event=session.last_event + 1)
    tx.sessions.keep_event(told, Event(told.last_event, said.kind, said.text, at, said.author))
    return told


def announce(case: Case, escalation: Escalation, said: Said) -> list[Session]:
    """Tell every session of the escalation, and return them as they are then."""
    told = []
    for known in case.tx.sessions.of_escalation(escalation.site, escalation.id):
        session = tell(case, case.tx.sessions.hold(escalation.site, known.id) or known, said)
        case.tx.sessions.save(session)
        told.append(session)
    return told


def first_session(case: Case, escalation: Escalation) -> Session:
    """The session that the escalation was decided in."""
    session = case.tx.sessions.get(escalation.site, escalation.session_id)
    if session is None:
        raise RuntimeError("an escalation without a session")
    return session
