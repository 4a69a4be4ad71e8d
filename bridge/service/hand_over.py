"""A judged session goes from the bot to a person, and the visitor is told."""

from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.values import Json
from bridge.ports import Tx
from bridge.service import deliver
from bridge.service.context import Bridge, CurrentPolicy, open_case
from bridge.service.escalate import escalate
from bridge.service.verdicts import as_told, decided_text, verdict


def hand_over(
    bridge: Bridge, tx: Tx, current: CurrentPolicy, session: Session, decision: Decision
) -> tuple[Session, Json]:
    """Escalate a judged session whose turn is stored; what has to be sent is tried after the commit.

    Returns the locked session and the verdict that says so.
    """
    locked, new = escalate(open_case(bridge, tx, session.site), session, decision)
    tx.sessions.save(locked)
    bridge.heartbeat.warn_if_scheduler_silent(tx, new.site, new.id)
    deliver.soon(bridge, tx)
    said = decided_text(current.document, locked, new)
    return locked, verdict(locked, say=said, escalation=as_told(current.document, new))
