"""The built-in desk: a person claims, replies, resolves, or releases the session to the bot."""

from dataclasses import replace

from bridge.domain.escalation import ACTIVE, Agent, CommitmentState, Escalation, EscalationState, EventKind
from bridge.domain.session import Session
from bridge.domain.values import Channel, State
from bridge.ports import AgentReply, BridgeError
from bridge.service import notify
from bridge.service.context import Case
from bridge.service.escalate import Said, announce
from bridge.service.verdicts import say
from bridge.service.watch_promises import first_session


class EscalationUnknown(BridgeError):  # noqa: N818
    """This site has no such escalation."""


class EscalationOver(BridgeError):  # noqa: N818
    """The escalation is resolved or released already."""


class AlreadyClaimed(BridgeError):  # noqa: N818
    """Somebody else has claimed the escalation."""


def claim(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person takes it. The same person may claim again.

    Raises:
        EscalationUnknown, EscalationOver, AlreadyClaimed: see there.
    """
    held = _hold_active(case, escalation_id)
    if held.claimed_by and held.claimed_by.id != agent.id:
        raise AlreadyClaimed
    if held.state is EscalationState.CLAIMED:
        return held
    claimed = replace(held, state=EscalationState.CLAIMED, claimed_by=agent)
    case.tx.escalations.set_state(claimed)
    _tell(case, claimed, EventKind.NOTICE, "claimed", agent=agent.name)
    return claimed


def reply(case: Case, escalation_id: str, answer: AgentReply) -> Escalation:
    """A person answers: the chat shows it, the promise is kept, and a customer who left the chat gets it by mail.

    Raises:
        EscalationUnknown, EscalationOver: see there.
    """
    held = _hold_active(case, escalation_id)
    if not case.tx.escalations.keep_reply(case.site.id, escalation_id, answer):
        return held
    answered = replace(
        _settle(case, held, CommitmentState.KEPT),
        state=EscalationState.CLAIMED,
        claimed_by=held.claimed_by or answer.agent,
        answered_at=held.answered_at if held.answered_at is not None else answer.at,
    )
    case.tx.escalations.set_state(answered)
    announce(case, answered, Said(EventKind.AGENT, answer.text, answer.agent.name))
    if answered.channel is not Channel.LIVE:
        session = first_session(case, answered)
        key = f"reply.{answer.reply_id}"
        notify.mail_customer(case, answered, session, key, {"text": answer.text, "agent": answer.agent.name})
    return answered


def resolve(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person is done: the session closes, the promise is answered for, nothing is sent any more.

    Raises:
        EscalationUnknown, EscalationOver: see there.
    """
    ended = _end(case, escalation_id, agent, EscalationState.RESOLVED, CommitmentState.KEPT)
    for session in _tell(case, ended, EventKind.CLOSED, "resolved"):
        case.tx.sessions.save(replace(session, state=State.CLOSED))
    return ended


def release(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person gives the session back to the bot; the chat gets a factual marker.

    The signals so far are forgotten: what led to this escalation must not lead to the next.

    Raises:
        EscalationUnknown, EscalationOver: see there.
    """
    ended = _end(case, escalation_id, agent, EscalationState.RELEASED, CommitmentState.REPLACED)
    for session in _tell(case, ended, EventKind.RELEASED, "released"):
        case.tx.sessions.save(replace(session, state=State.OPEN, escalation_id=None, window=()))
    return ended


def _end(case: Case, escalation_id: str, agent: Agent, state: EscalationState, promise: CommitmentState) -> Escalation:
    held = _settle(case, _hold_active(case, escalation_id), promise)
    ended = replace(held, state=state, claimed_by=held.claimed_by or agent)
    case.tx.escalations.set_state(ended)
    return ended


def _settle(case: Case, held: Escalation, state: CommitmentState) -> Escalation:
    """End the standing promise. Who comes after it was due has broken it, though the scheduler has not seen it yet."""
    state = state if case.at <= held.commitment.due_at else CommitmentState.BROKEN
    case.tx.work.cancel(held.id)
    if not case.tx.escalations.settle(held.commitment.id, state):
        return held
    return replace(held, commitment=replace(held.commitment, state=state))


def _hold_active(case: Case, escalation_id: str) -> Escalation:
    held = case.tx.escalations.hold(case.site.id, escalation_id)
    if held is None:
        raise EscalationUnknown
    if held.state not in ACTIVE:
        raise EscalationOver
    return held


def _tell(case: Case, escalation: Escalation, kind: EventKind, key: str, **values: str) -> list[Session]:
    """A line from the policy's messages, in the language of the session that the escalation came from."""
    text = say(case.policy, first_session(case, escalation), key, **values)
    return announce(case, escalation, Said(kind, text))
