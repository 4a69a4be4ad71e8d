"""A turn that our own responder is to answer: the answer is owed from the turn's commit on, whatever happens to us."""

from functools import partial

from bridge.domain.answering import CONVERSATION, Owed
from bridge.domain.instants import DAY, SECOND
from bridge.domain.session import Session, Turn, customer_key
from bridge.ports import Tx
from bridge.service.context import Bridge
from bridge.service.responder_threads import Assistant, Caps, WaitingRequest

WHOLE_SITE = "site"
"""Under which name all calls of a site are counted."""
STORING_GRACE = 5 * SECOND
"""Milliseconds beyond the model's budget until an answer counts as lost: so long may storing it take."""


def owe_answer(
    bridge: Bridge, tx: Tx, assistant: Assistant, session: Session, turn: Turn, waiting: WaitingRequest | None
) -> None:
    """Note that the stored turn is to be answered, and have the model asked once the transaction is through.

    An answer that is owed to an earlier message of the session is not waited for any more: the new question is asked
    with the old one in its history.
    """
    tx.answers.drop(session.site, session.id, turn.at)
    due_at = turn.at + round(assistant.budget * SECOND) + STORING_GRACE
    owed = Owed(session.site, session.id, turn.seq, turn.turn_id, turn.at, due_at)
    tx.answers.ask(owed)
    affordable = _spend(tx, assistant.caps, session, turn)
    tx.after_commit(partial(bridge.asking.start, waiting, bridge, owed, affordable))


def spenders(session: Session) -> tuple[str, str]:
    """Under which names calls of the model are counted for a conversation, and for its visitor where one is known."""
    return f"{CONVERSATION}{session.id}", f"visitor {customer_key(session.visitor)}"


def _spend(tx: Tx, caps: Caps, session: Session, turn: Turn) -> bool:
    """Count one more call, and whether no cap stands against it.

    That of the site comes last: what one visitor asks beyond their own share must not use up everybody's.
    """
    conversation, visitor = spenders(session)
    today = turn.at // DAY
    counts = (
        (session.started_at // DAY, conversation, caps.session),
        (today, visitor, caps.visitor if customer_key(session.visitor) else 0),
        (today, WHOLE_SITE, caps.site),
    )
    return all(tx.answers.spend(session.site, day, who, most) for day, who, most in counts if most)
