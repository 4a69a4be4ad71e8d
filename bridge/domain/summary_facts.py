"""What the one-sentence summary may be made of, as it is counted in a session and its transcript."""

from collections.abc import Sequence
from typing import Final

from bridge.domain import judging, signals
from bridge.domain.customer import Account
from bridge.domain.language_files import DANGER
from bridge.domain.lexicon import fold
from bridge.domain.packet import Line
from bridge.domain.session import Session
from bridge.domain.signals import MessageSignals
from bridge.domain.summary import Facts
from bridge.domain.values import Identity

_TELLING: Final = 3
"""Content words of a message that says something."""


def facts_of(session: Session, transcript: Sequence[Line]) -> Facts:
    """The facts of a conversation that is handed over now."""
    said = [turn.message for turn in session.window]
    recent = () if in_danger(session) else tuple(reversed(said))
    topic = next((message.topic for message in recent if message.topic), None)
    issue = next((message.issue for message in recent if message.issue), None)
    customer = session.customer.at_their_word
    return Facts(
        topic=topic,
        issue=issue,
        quoted=_worth_quoting(session, transcript),
        times_raised=_times_raised(said, topic, issue),
        bot_answered=any(line.who == "bot" for line in transcript),
        bot_failures=sum(1 for turn in session.window if turn.reply and turn.reply.failed),
        asked_for_person=any(message.asks_human for message in said),
        tier=customer.tier,
        tier_assumed=customer.tier_assumed,
        unverified=session.visitor.identity is Identity.CLAIMED,
        sla=customer.account.sla,
        order_value=_largest_order(customer.account),
    )


def in_danger(session: Session) -> bool:
    """Whether the message that decided speaks of danger: then nothing else is told of."""
    return bool(session.window) and DANGER in session.window[-1].message.lists


def _times_raised(said: Sequence[MessageSignals], topic: str | None, issue: str | None) -> int:
    """Once, and again with every later message that is about it or shows displeasure."""
    first = next((index for index, message in enumerate(said) if _is_about(message, topic, issue)), len(said))
    return 1 + sum(message.negative > 0 or _is_about(message, topic, issue) for message in said[first + 1 :])


def _is_about(message: MessageSignals, topic: str | None, issue: str | None) -> bool:
    """Whether a message is about this topic, or names this document, however it spells it."""
    same = bool(issue and message.issue and fold(message.issue) == fold(issue))
    return same or bool(topic and message.topic == topic)


def _worth_quoting(session: Session, transcript: Sequence[Line]) -> str:
    """The first message that says something, else the last one; in danger the one that speaks of it."""
    texts = [line.text for line in transcript if line.who == "visitor"]
    last = texts[-1] if texts else ""
    if in_danger(session):
        return last
    language = signals.language_of(judging.spoken(session))
    telling = (text for text in texts if len(signals.content_words(text, language=language).split()) >= _TELLING)
    return next(telling, last)


def _largest_order(account: Account) -> str | None:
    largest = max(account.orders, key=lambda order: order.total, default=None)
    return f"{largest.total:,.2f} {largest.currency}" if largest else None
