"""A bot's reply: keep it with its signals, judge again, and say whether the visitor may see it."""

from dataclasses import replace

from bridge.domain.judging import Reply
from bridge.domain.values import Json
from bridge.ports import Tx
from bridge.service.context import Bridge
from bridge.service.errors import SessionUnknown, TurnUnknown
from bridge.service.judge_reply import digest_of_reply, drop_reply, judge_reply, was_locked_since
from bridge.service.locked_session import locked_verdict
from bridge.service.repeated_request import repeated_answer


def record_reply(bridge: Bridge, tx: Tx, site: str, session_id: str, turn_id: str, reply: Reply) -> Json:
    """The verdict on a reply: `answer` shows it, `say` shows the verdict's text in its place.

    Raises:
        SessionUnknown: this site has no such session.
        TurnUnknown: the session has no such turn.
        TurnContradicted: the turn has another reply already.
    """
    session = tx.sessions.hold(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    current, now = bridge.policies.current(tx, site), bridge.clock.now()
    if session.erased:
        return locked_verdict(tx, current, session, now)
    turn = tx.sessions.turn(site, session_id, turn_id)
    if turn is None:
        raise TurnUnknown(turn_id)
    digest = digest_of_reply(reply)
    if turn.reply_verdict is not None:
        return repeated_answer(tx, current, session, turn.reply_verdict, now, same=turn.reply_digest == digest)
    turn = replace(turn, reply_text=reply.text, reply_at=now, reply_digest=digest)
    if was_locked_since(tx, session, turn):
        return drop_reply(tx, current, session, turn, now)
    _, answer = judge_reply(bridge, tx, current, session, turn, reply)
    return answer
