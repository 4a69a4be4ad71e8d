"""Labels: a person says whether an escalation was needed, or that a session should have become one."""

from bridge.domain.instants import to_rfc3339
from bridge.domain.labels import Label, Verdict
from bridge.domain.values import Json, Millis
from bridge.ports import BridgeError, Tx
from bridge.service.errors import EscalationUnknown, SessionUnknown


class SessionEscalated(BridgeError):  # noqa: N818 - it names what it is
    """The session was handed to a person, so nothing was missed in it."""


def label_escalation(tx: Tx, site: str, escalation_id: str, verdict: Verdict, author: str, at: Millis) -> Label:
    """Say of an escalation that it was needed or not; what was said before is replaced.

    Raises:
        EscalationUnknown: this site has no such escalation.
        ValueError: `missed` is not said of an escalation.
    """
    if verdict is Verdict.MISSED:
        raise ValueError("an escalation that was made is not missed")
    known = tx.escalations.get(site, escalation_id)
    if known is None or tx.sessions.hold(site, known.session_id) is None:  # it may be purged just now
        raise EscalationUnknown
    label = Label(known.session_id, known.id, verdict, author, at, known.rule)
    tx.labels.put(site, label)
    return label


def label_session(tx: Tx, site: str, session_id: str, author: str, at: Millis) -> Label:
    """Say that a session should have been handed over.

    Raises:
        SessionUnknown: this site has no such session.
        SessionEscalated: it was handed to a person, so nothing was missed.
    """
    session = tx.sessions.hold(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    if session.escalation_id or tx.escalations.decided_in(session):
        raise SessionEscalated
    label = Label(session_id, None, Verdict.MISSED, author, at)
    tx.labels.put(site, label)
    return label


def show_label(label: Label) -> Json:
    """A label as the team sees it."""
    return {
        "session_id": label.session_id,
        "escalation_id": label.escalation_id,
        "verdict": label.verdict.value,
        "author": label.author,
        "labelled_at": to_rfc3339(label.labelled_at),
    }
