"""What becomes of a reply, another bot's or our responder's: it is judged, or came too late and is dropped."""

from dataclasses import replace

from bridge.domain import judging, signals
from bridge.domain.judging import Reply
from bridge.domain.session import Session, Turn
from bridge.domain.values import Json, Millis
from bridge.ports import Tx
from bridge.service.context import Bridge, CurrentPolicy
from bridge.service.decision_trace import as_text, trace_of
from bridge.service.hand_over import hand_over
from bridge.service.locked_session import locked_verdict
from bridge.service.repeated_request import digest_of
from bridge.service.verdicts import say, verdict


def digest_of_reply(reply: Reply) -> str:
    """See `digest_of`."""
    return digest_of(
        reply.text, reply.confidence, reply.intent, reply.intent_matched, reply.failed, sorted(reply.signals)
    )


def was_locked_since(tx: Tx, session: Session, turn: Turn) -> bool:
    """Whether the session is locked, or was after the turn was taken, and a person has released it meanwhile.

    A release empties the window: a turn that is in it came later, and one that is missing from a window with room left
    came before. Instants are asked only where later turns have filled the window: a clock may have been set back.
    """
    if session.locked:
        return True
    if judging.seen(session, turn.seq):
        return False
    return len(session.window) < signals.WINDOW or tx.sessions.released_since(session.site, session.id, turn.at)


def drop_reply(tx: Tx, current: CurrentPolicy, session: Session, turn: Turn, at: Millis) -> Json:
    """It was produced before the lock, or in it, and came after it: kept for the team, never shown."""
    if session.locked:
        answer = locked_verdict(tx, current, session, at)
    else:
        answer = verdict(session, say=say(current.document, session, "released"))
    tx.sessions.keep_reply(session, replace(turn, reply_verdict=as_text(answer), reply_trace="null", reply_shown=False))
    return answer


def judge_reply(
    bridge: Bridge, tx: Tx, current: CurrentPolicy, session: Session, turn: Turn, reply: Reply
) -> tuple[Session, Json]:
    """Measure, judge and keep a reply that `turn` holds already, and act upon it where a rule decides.

    The session is open and held. Returns it as this leaves it, and the verdict.
    """
    session = judging.answer(current.document, session, turn.seq, reply)
    if recent := judging.seen(session, turn.seq):
        turn = replace(turn, signals=as_text(signals.dump(recent)))
    decision = judging.judge(current.document, session)
    turn = replace(turn, reply_trace=trace_of(decision, current, session))
    if decision.rule is None:
        answer = verdict(session)
        tx.sessions.keep_reply(session, replace(turn, reply_verdict=as_text(answer)))
        tx.sessions.save_judged(session)
        return session, answer
    # the reply that led to the hand-over is the last attempt: the team reads it, the visitor does not
    turn = replace(turn, reply_shown=False)
    tx.sessions.keep_reply(session, turn)
    locked, answer = hand_over(bridge, tx, current, session, decision)
    tx.sessions.keep_reply(session, replace(turn, reply_verdict=as_text(answer)))
    return locked, answer
