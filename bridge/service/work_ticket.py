"""The built-in desk: a person claims, replies, resolves, or releases the session to the bot."""

from dataclasses import replace

from bridge.domain.escalation import (
    ACTIVE,
    Agent,
    CommitmentState,
    Escalation,
    EscalationState,
    EventKind,
    Presence,
)
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis, State
from bridge.ports import AgentReply, BridgeError, Tx
from bridge.service import notify
from bridge.service.context import Bridge
from bridge.service.escalate import announce
from bridge.service.verdicts import say


class EscalationUnknown(BridgeError):  # noqa: N818
    """This site has no such escalation."""


class EscalationOver(BridgeError):  # noqa: N818
    """The escalation is resolved or released already."""


class AlreadyClaimed(BridgeError):  # noqa: N818
    """Somebody else has claimed the escalation."""


def claim(bridge: Bridge, tx: Tx, site: str, escalation_id: str, agent: Agent) -> Escalation:
    """A person takes it. The same person may claim again.

    Raises:
        EscalationUnknown, EscalationOver, AlreadyClaimed: see there.
    """
    held = _hold_active(tx, site, escalation_id)
    if held.claimed_by and held.claimed_by.id != agent.id:
        raise AlreadyClaimed
    if held.state is EscalationState.CLAIMED:
        return held
    now = bridge.clock.now()
    claimed = replace(held, state=EscalationState.CLAIMED, claimed_by=agent)
    tx.escalations.set_state(claimed)
    _tell(bridge, tx, claimed, EventKind.NOTICE, "claimed", now, agent=agent.name)
    return claimed


def reply(bridge: Bridge, tx: Tx, site: str, escalation_id: str, answer: AgentReply) -> Escalation:
    """A person answers: the chat shows it, the promise is kept, and a customer who left the chat gets it by mail.

    Raises:
        EscalationUnknown, EscalationOver: see there.
    """
    held = _hold_active(tx, site, escalation_id)
    if not tx.escalations.keep_reply(site, escalation_id, answer):
        return held
    settled = _settle(tx, held, CommitmentState.KEPT)
    claimed_by = held.claimed_by or answer.agent
    answered = replace(
        settled,
        state=EscalationState.CLAIMED,
        claimed_by=claimed_by,
        answered_at=held.answered_at if held.answered_at is not None else answer.at,
    )
    tx.escalations.set_state(answered)
    announce(tx, answered, EventKind.AGENT, answer.text, answer.at, answer.agent.name)
    if answered.channel is not Channel.LIVE:
        _mail_reply(bridge, tx, answered, answer)
    return answered


def resolve(bridge: Bridge, tx: Tx, site: str, escalation_id: str, agent: Agent) -> Escalation:
    """A person is done: the session closes, the promise is answered for, nothing is sent any more.

    Raises:
        EscalationUnknown, EscalationOver: see there.
    """
    return _end(bridge, tx, site, escalation_id, agent, EscalationState.RESOLVED, CommitmentState.KEPT)


def release(bridge: Bridge, tx: Tx, site: str, escalation_id: str, agent: Agent) -> Escalation:
    """A person gives the session back to the bot; the chat gets a factual marker, and the old signals are forgotten.

    Raises:
        EscalationUnknown, EscalationOver: see there.
    """
    return _end(bridge, tx, site, escalation_id, agent, EscalationState.RELEASED, CommitmentState.REPLACED)


def note_presence(bridge: Bridge, tx: Tx, site: str, seen: Presence) -> None:
    """A person says that they are there, or that they leave."""
    tx.people.note(site, seen)


def _end(
    bridge: Bridge,
    tx: Tx,
    site: str,
    escalation_id: str,
    agent: Agent,
    state: EscalationState,
    promise: CommitmentState,
) -> Escalation:
    now = bridge.clock.now()
    held = _settle(tx, _hold_active(tx, site, escalation_id), promise)
    ended = replace(held, state=state, claimed_by=held.claimed_by or agent)
    tx.escalations.set_state(ended)
    resolved = state is EscalationState.RESOLVED
    kind, key = (EventKind.CLOSED, "resolved") if resolved else (EventKind.RELEASED, "released")
    for session in _tell(bridge, tx, ended, kind, key, now):
        tx.sessions.save(_closed(session) if resolved else _reopened(session))
    return ended


def _closed(session: Session) -> Session:
    return replace(session, state=State.CLOSED)


def _reopened(session: Session) -> Session:
    """Open to the bot again, with a clean slate: what led to this escalation must not lead to the next."""
    return replace(session, state=State.OPEN, escalation_id=None, window=())


def _settle(tx: Tx, held: Escalation, state: CommitmentState) -> Escalation:
    tx.work.cancel(held.id)
    if not tx.escalations.settle(held.commitment.id, state):
        return held
    return replace(held, commitment=replace(held.commitment, state=state))


def _hold_active(tx: Tx, site: str, escalation_id: str) -> Escalation:
    held = tx.escalations.hold(site, escalation_id)
    if held is None:
        raise EscalationUnknown
    if held.state not in ACTIVE:
        raise EscalationOver
    return held


def _tell(
    bridge: Bridge, tx: Tx, escalation: Escalation, kind: EventKind, key: str, at: Millis, **values: str
) -> list[Session]:
    """A line from the policy's messages, in the language of the session that the escalation came from."""
    current = bridge.policies.current(tx, escalation.site)
    session = tx.sessions.get(escalation.site, escalation.session_id)
    if session is None:
        raise RuntimeError("an escalation without a session")
    return announce(tx, escalation, kind, say(current.document, session, key, **values), at)


def _mail_reply(bridge: Bridge, tx: Tx, escalation: Escalation, answer: AgentReply) -> None:
    site = tx.sites.get(escalation.site)
    session = tx.sessions.get(escalation.site, escalation.session_id)
    if site is None or session is None:
        return
    current = bridge.policies.current(tx, escalation.site)
    key = f"reply.{answer.reply_id}"
    notify.mail_customer(
        tx, site, bridge.systems(site), current.document, escalation, session, key, answer.at,
        text=answer.text, agent=answer.agent.name,
    )  # fmt: skip
