"""The built-in desk: a person claims, replies, resolves, or releases the session to the bot."""

from dataclasses import replace

from bridge.domain.callback import CallState
from bridge.domain.escalation import ACTIVE, Agent, CommitmentState, Escalation, EscalationState, EventKind
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis, State
from bridge.ports import TEAM_NOTE, AgentReply, BridgeError
from bridge.service import customer_mails, desk_tickets, keep_calls
from bridge.service.absence import is_there
from bridge.service.chat_events import Said, announce, first_session
from bridge.service.context import Case
from bridge.service.errors import EscalationUnknown
from bridge.service.keep_promise import settle
from bridge.service.verdicts import say


class EscalationOver(BridgeError):  # noqa: N818
    """The escalation is resolved or released already."""


class AlreadyClaimed(BridgeError):  # noqa: N818
    """Somebody else has claimed the escalation."""


class ReplyContradicted(BridgeError):  # noqa: N818
    """The same answer was sent before with another text, or by somebody else; nothing was changed."""


def claim(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person takes it. The same person may claim again.

    Raises:
        EscalationUnknown: this site has no such escalation.
        EscalationOver: it is resolved or released already.
        AlreadyClaimed: somebody else has claimed it.
    """
    held = _hold_active(case, escalation_id)
    if held.claimed_by and held.claimed_by.id != agent.id:
        raise AlreadyClaimed
    is_there(case, held, agent)
    if held.state is EscalationState.CLAIMED:
        return held
    claimed = replace(held, state=EscalationState.CLAIMED, claimed_by=agent)
    case.tx.escalations.set_state(claimed)
    tell_all(case, claimed, EventKind.NOTICE, "claimed", agent=agent.name)
    return claimed


def reply(case: Case, escalation_id: str, answer: AgentReply) -> Escalation:
    """A person answers: the chat shows it, and a promise that is not due yet is kept.

    A customer who was not promised a live chat gets the answer by mail as well.

    Raises:
        EscalationUnknown: this site has no such escalation.
        EscalationOver: it is resolved or released already.
        ReplyContradicted: this answer was sent before with another text, or by somebody else.
    """
    held = _hold_active(case, escalation_id)
    if not case.tx.escalations.keep_reply(case.site.id, escalation_id, answer):
        _agree(case, held, answer)
        return held
    answered = take_answer(case, held, answer)
    announce(case, answered, Said(EventKind.AGENT, answer.text, answer.agent.name))
    headline = f"{answer.agent.name} answered in WordPress"
    desk_tickets.note(case, answered, f"reply.{answer.reply_id}", headline, answer.text)
    mail_answer(case, answered, answer)
    return answered


def _agree(case: Case, held: Escalation, repeated: AgentReply) -> None:
    """A repeated answer says what the stored one says: otherwise one of the two would be lost without a word.

    Raises:
        ReplyContradicted: this answer was sent before with another text, or by somebody else.
    """
    for known in case.tx.escalations.replies(held.id):
        if known.reply_id == repeated.reply_id and (known.agent.id, known.text) != (repeated.agent.id, repeated.text):
            raise ReplyContradicted


def mail_answer(case: Case, answered: Escalation, answer: AgentReply) -> None:
    """The answer by mail, for a customer who was not promised a live chat. A colon has no place in a Message-ID."""
    if answered.commitment.channel is not Channel.LIVE:
        session, reply_id = first_session(case, answered), answer.reply_id.replace(":", ".")
        values = {"text": answer.text, "agent": answer.agent.name}
        customer_mails.post(case, answered, session, customer_mails.ANSWER, reply_id, values)


def called(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person has called the customer: the promise is kept, whether the call was booked or not.

    Where it is kept already, nothing changes.

    Raises:
        EscalationUnknown: this site has no such escalation.
        EscalationOver: it is resolved or released already.
    """
    held = _hold_active(case, escalation_id)
    if held.commitment.state is not CommitmentState.PENDING:
        return held
    keep_calls.finish(case, held, CallState.DONE)
    spoken = _taken(case, held, settle(case, held, case.at), agent, case.at)
    tell_all(case, spoken, EventKind.NOTICE, "call_made", agent=agent.name)
    return spoken


def resolve(
    case: Case, escalation_id: str, agent: Agent, at: Millis | None = None, note: str | None = None
) -> Escalation:
    """A person is done, now or at the instant given: the session closes, nothing is sent any more.

    The customer reads in the chat that the request is resolved. That keeps a promise which is not due yet, even where
    nobody wrote an answer; one that is due was broken. The note is for the team, here and in its helpdesk.

    Raises:
        EscalationUnknown: this site has no such escalation.
        EscalationOver: it is resolved or released already.
    """
    held = settle(case, _hold_active(case, escalation_id), case.at if at is None else at)
    ended = _end(case, held, agent, EscalationState.RESOLVED)
    if not _is_of_desk(case, agent):
        desk_tickets.note(case, ended, "resolved", f"{agent.name} resolved it in WordPress", note or "")
    if note:
        case.tx.escalations.keep_reply(case.site.id, ended.id, AgentReply(TEAM_NOTE, agent, note, case.at))
    for session in tell_all(case, ended, EventKind.CLOSED, "resolved"):
        case.tx.sessions.save(replace(session, state=State.CLOSED))
    return ended


def release(case: Case, escalation_id: str, agent: Agent) -> Escalation:
    """A person gives the session back to the bot; the chat gets a factual marker.

    The signals so far are forgotten: what led to this escalation must not lead to the next.

    Raises:
        EscalationUnknown: this site has no such escalation.
        EscalationOver: it is resolved or released already.
    """
    held = settle(case, _hold_active(case, escalation_id), case.at, in_time=CommitmentState.REPLACED)
    ended = _end(case, held, agent, EscalationState.RELEASED)
    desk_tickets.note(case, ended, "released", f"{agent.name} gave the chat back to the bot in WordPress")
    for session in tell_all(case, ended, EventKind.RELEASED, "released"):
        case.tx.sessions.save(replace(session, state=State.OPEN, escalation_id=None, window=()))
    return ended


def withdraw(case: Case, escalation_id: str) -> Escalation:
    """It ends because the customer has to be forgotten: nobody resolved it, and the chat is told nothing.

    A promise that is not due yet counts as neither kept nor broken.

    Raises:
        EscalationUnknown: this site has no such escalation.
        EscalationOver: it is resolved or released already.
    """
    held = settle(case, _hold_active(case, escalation_id), case.at, in_time=CommitmentState.REPLACED)
    ended = replace(held, state=EscalationState.RESOLVED)
    case.tx.escalations.set_state(ended)
    return ended


def take_answer(case: Case, held: Escalation, answer: AgentReply) -> Escalation:
    """What an answer changes, wherever it was given: the promise, who has the escalation, and when it was answered.

    A call that lies ahead stays promised: words do not stand in for it.
    """
    settled = held if keep_calls.ahead(case, held, answer.at) else settle(case, held, answer.at)
    return _taken(case, held, settled, answer.agent, answer.at)


def _taken(case: Case, held: Escalation, settled: Escalation, agent: Agent, at: Millis) -> Escalation:
    is_there(case, held, agent)
    answered = replace(
        settled,
        state=EscalationState.CLAIMED if held.state in ACTIVE else held.state,
        claimed_by=held.claimed_by or agent,
        answered_at=min(at, at if held.answered_at is None else held.answered_at),
    )
    case.tx.escalations.set_state(answered)
    return answered


def _is_of_desk(case: Case, agent: Agent) -> bool:
    """Whether the helpdesk told us of this person: then it knows what they did."""
    desk = case.systems.desk
    return desk is not None and agent.id.startswith(f"{desk.name}:")


def _end(case: Case, held: Escalation, agent: Agent, state: EscalationState) -> Escalation:
    is_there(case, held, agent)
    ended = replace(held, state=state, claimed_by=held.claimed_by or agent)
    case.tx.escalations.set_state(ended)
    return ended


def hold(case: Case, escalation_id: str) -> Escalation:
    """The escalation, which nobody else changes before this transaction ends.

    Raises:
        EscalationUnknown: this site has no such escalation.
    """
    held = case.tx.escalations.hold(case.site.id, escalation_id)
    if held is None:
        raise EscalationUnknown
    return held


def _hold_active(case: Case, escalation_id: str) -> Escalation:
    held = hold(case, escalation_id)
    if held.state not in ACTIVE:
        raise EscalationOver
    return held


def tell_all(case: Case, escalation: Escalation, kind: EventKind, key: str, **values: str) -> list[Session]:
    """A line from the policy's messages, in the language of the session that the escalation came from."""
    text = say(case.policy, first_session(case, escalation), key, **values)
    return announce(case, escalation, Said(kind, text))
