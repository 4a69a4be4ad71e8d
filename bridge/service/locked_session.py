"""What a session says that a bot may speak in no more: the promise that stands, who has it, or that it has ended."""

from bridge.domain.escalation import Escalation
from bridge.domain.session import Session
from bridge.domain.values import Json, Millis, State
from bridge.ports import Tx
from bridge.service.context import CurrentPolicy
from bridge.service.verdicts import closed_text, said_at, standing_text, verdict, waiting_text


def locked_verdict(tx: Tx, current: CurrentPolicy, session: Session, at: Millis, *, wrote: bool = False) -> Json:
    """What a session that is not open says: the standing promise, who has answered it, or that it has ended.

    Where the visitor `wrote`, they read that it has joined their request as well.
    """
    standing = standing_escalation(tx, session)
    if session.state is State.CLOSED or standing is None:
        return verdict(session, say=closed_text(current.document, session))
    policy, said = current.document, said_at(current.document, session, standing, at)
    text = waiting_text(policy, session, said, at) if wrote else standing_text(policy, session, said)
    return verdict(session, say=text, escalation=said)


def standing_escalation(tx: Tx, session: Session) -> Escalation | None:
    """The escalation that the session is locked to."""
    return tx.escalations.get(session.site, session.escalation_id) if session.escalation_id else None
