"""A call that comes again, because its answer was lost on the way: how it is known, and what it is answered."""

import hashlib
import json

from bridge.domain.session import Session
from bridge.domain.values import Json, Millis, State
from bridge.ports import Tx
from bridge.service.context import CurrentPolicy
from bridge.service.errors import TurnContradicted
from bridge.service.locked_session import locked_verdict


def digest_of(*parts: object) -> str:
    """SHA-256 of what was accepted: equal for a repeated call, and for no other."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def repeated_answer(
    tx: Tx, current: CurrentPolicy, session: Session, stored: str, at: Millis, *, same: bool, wrote: bool = False
) -> Json:
    """The stored answer, but never that of an open session, in which a bot may speak, once it is locked.

    Args:
        tx: the transaction of the call.
        current: the policy, in whose words a locked session speaks.
        session: as it is now.
        stored: the first answer, as JSON text.
        at: now.
        same: whether the call's body is that of the first.
        wrote: whether it is a visitor's message, see `locked_verdict`.

    Raises:
        TurnContradicted: the body is another one.
    """
    if not same:
        raise TurnContradicted
    answer = json.loads(stored)
    if session.locked and answer["state"] == State.OPEN:
        return locked_verdict(tx, current, session, at, wrote=wrote)
    return answer
