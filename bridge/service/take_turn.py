"""A visitor's message: keep it, judge it, and say whether the bot may answer."""

from dataclasses import dataclass, replace

from bridge.domain import judging, signals
from bridge.domain.escalation import EventKind
from bridge.domain.session import Session, Turn
from bridge.domain.values import Json, Millis, State
from bridge.ports import Tx
from bridge.service import deliver, desk_tickets, team_mails
from bridge.service.context import Bridge, CurrentPolicy, open_case
from bridge.service.decision_trace import as_text, trace_of
from bridge.service.errors import SessionUnknown
from bridge.service.hand_over import hand_over
from bridge.service.locked_session import locked_verdict, standing_escalation
from bridge.service.owe_answer import owe_answer
from bridge.service.repeated_request import digest_of, repeated_answer
from bridge.service.responder_threads import WaitingRequest
from bridge.service.verdicts import owed_verdict, verdict


@dataclass(frozen=True, slots=True)
class Message:
    """What the visitor wrote, under the id that the plugin gave it before it was sent.

    `sent_at` is when it was written, where it was kept elsewhere meanwhile.
    """

    turn_id: str
    text: str
    sent_at: Millis | None = None


def take_turn(
    bridge: Bridge, tx: Tx, site: str, session_id: str, message: Message, waiting: WaitingRequest | None = None
) -> Json:
    """The verdict on a visitor's message.

    Args:
        bridge: the product.
        tx: the transaction of the call.
        site: the site's id.
        session_id: the conversation.
        message: what the visitor wrote.
        waiting: the call, where it can wait for the answer of our own responder once the transaction is through.

    Raises:
        SessionUnknown: this site has no such session.
        TurnContradicted: the turn was sent before with another body.
    """
    session = tx.sessions.hold(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    current = bridge.policies.current(tx, site)
    turn = Turn(
        seq=session.turns + 1,
        turn_id=message.turn_id,
        text=message.text,
        at=spoken_at(tx, session, message, bridge.clock.now()),
        digest=digest_of(message.text),
        verdict="",
        signals="null",
        trace="null",
    )
    if session.locked:
        return _take_locked(bridge, tx, current, session, turn)
    return _take_open(bridge, tx, current, session, turn, waiting)


def wait_for_language(bridge: Bridge, site: str, session_id: str) -> None:
    """Wait until the session's language is read, where that has begun; before the transaction that judges a message."""

    def spoken() -> str:
        with bridge.store.read() as tx:
            session = tx.sessions.get(site, session_id)
        return signals.language_of(session.locale if session else None)

    bridge.languages.settle(spoken)


def spoken_at(tx: Tx, session: Session, message: Message, now: Millis) -> Millis:
    """When a message counts as written: never after now, nor before anything that the session has taken already.

    So the order of instants is the order in which the session was judged, which `verify` and a replay go by.
    """
    return now if message.sent_at is None else min(now, max(_last_taken(tx, session), message.sent_at))


def _last_taken(tx: Tx, session: Session) -> Millis:
    """When the last message or reply was taken, or the chat given back; looked up for what was kept elsewhere alone."""
    last = tx.sessions.events(session.site, session.id, session.last_event - 1)
    released = [event.at for event in last if event.kind is EventKind.RELEASED]
    return max(tx.sessions.last_said(session.site, session.id), *released, 0)


def _repeated(tx: Tx, current: CurrentPolicy, session: Session, turn: Turn, now: Millis) -> Json:
    """The turn is stored already. That shows when it is stored again, so that the usual turn need not ask first."""
    known = tx.sessions.turn(session.site, session.id, turn.turn_id)
    if known is None:
        raise RuntimeError("a turn was refused as a second one, yet there is no first")
    return repeated_answer(tx, current, session, known.verdict, now, same=known.digest == turn.digest, wrote=True)


def _take_locked(bridge: Bridge, tx: Tx, current: CurrentPolicy, session: Session, turn: Turn) -> Json:
    """The message joins the ticket; nothing is judged any more, and of an erased session nothing is kept."""
    now = bridge.clock.now()
    answer = locked_verdict(tx, current, session, now, wrote=True)
    if session.erased:
        return answer
    if not tx.sessions.keep_turn(session, replace(turn, verdict=as_text(answer))):
        return _repeated(tx, current, session, turn, now)
    tx.sessions.save_judged(replace(session, turns=turn.seq))
    _add_to_ticket(bridge, tx, session, turn)
    return answer


def _add_to_ticket(bridge: Bridge, tx: Tx, session: Session, turn: Turn) -> None:
    case = open_case(bridge, tx, session.site)
    standing = standing_escalation(tx, session)
    if standing is None:
        return
    if session.state is State.CLOSED:
        team_mails.tell_late_words(case, standing, session.id)
    desk_tickets.note(case, standing, f"turn.{session.id}.{turn.seq}", "The visitor wrote", turn.text)
    deliver.soon(bridge, tx)


def _take_open(
    bridge: Bridge, tx: Tx, current: CurrentPolicy, session: Session, turn: Turn, waiting: WaitingRequest | None
) -> Json:
    before, session = session, judging.hear(current.document, session, turn.text, turn.at)
    decision = judging.judge(current.document, session)
    assistant = bridge.assistants(session.site)
    answer = owed_verdict(session) if assistant else verdict(session)
    turn = replace(
        turn,
        verdict=as_text(answer),
        signals=as_text(signals.dump(session.window[-1])),
        trace=trace_of(decision, current, session),
    )
    if not tx.sessions.keep_turn(session, turn):
        return _repeated(tx, current, before, turn, bridge.clock.now())
    if decision.rule is None:
        tx.sessions.save_judged(session)
        if assistant:
            owe_answer(bridge, tx, assistant, session, replace(turn, at=bridge.clock.now()), waiting)  # asked now
        return answer
    _, answer = hand_over(bridge, tx, current, session, decision)
    tx.sessions.amend_verdict(session, turn.seq, as_text(answer))
    return answer
