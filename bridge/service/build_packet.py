"""The packet: the six items that travel to the person who takes over, made from what is stored."""

from operator import itemgetter
from typing import Final

from bridge.domain import judging, signals, summary
from bridge.domain import packet as packets
from bridge.domain.customer import Account
from bridge.domain.language_files import DANGER
from bridge.domain.lexicon import fold
from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer
from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.signals import MessageSignals
from bridge.domain.values import Identity, Millis
from bridge.ports import Tx

_TELLING: Final = 3
"""Content words of a message that says something."""


def build_packet(tx: Tx, session: Session, decision: Decision, tiers: tuple[str, ...]) -> Packet:
    """The six items, from stored facts only."""
    transcript = read_transcript(tx, session)
    customer = session.customer.at_their_word
    return Packet(
        customer=PacketCustomer(
            name=session.visitor.name or customer.account.name,
            email=session.visitor.email,
            email_identity=session.visitor.email_identity,
            phone=session.phone,
            identity=session.visitor.identity,
            tier=customer.tier,
            tier_assumed=customer.tier_assumed,
        ),
        summary=summary.summarize(facts(session, transcript), polished(tx, session, tiers)),
        transcript=transcript,
        reason=decision.reason,
        account=account_of(customer.account),
        last_attempt=packets.last_attempt(transcript),
    )


def account_of(account: Account) -> PacketAccount:
    """The item of the packet that says what the CRM knows."""
    return PacketAccount(
        orders=account.orders,
        open_tickets=account.open_tickets,
        billing_status=account.billing_status,
        sla=account.sla,
    )


def read_transcript(tx: Tx, session: Session) -> tuple[Line, ...]:
    """What was said, from accepted turns, in the order of time: a reply may come after later turns.

    A turn that is earlier than the one before it tells of a clock that was set back: what is said from there on comes
    after all that was said before, and a reply after its own turn.
    """
    lines: list[tuple[tuple[int, Millis], Line]] = []
    clock, before = 0, 0
    for turn in tx.sessions.turns(session.site, session.id):
        clock, before = clock + (turn.at < before), turn.at
        lines.append(((clock, turn.at), Line(at=turn.at, who="visitor", text=turn.text)))
        if turn.reply_text:
            at = turn.reply_at or turn.at
            reply = Line(at=at, who="bot", text=turn.reply_text, shown=turn.reply_shown)
            lines.append(((clock, max(at, turn.at)), reply))
    return tuple(line for _, line in sorted(lines, key=itemgetter(0)))


def facts(session: Session, transcript: tuple[Line, ...]) -> summary.Facts:
    """What the one-sentence summary may be made of."""
    said = [turn.message for turn in session.window]
    recent = () if _in_danger(session) else tuple(reversed(said))
    topic = next((message.topic for message in recent if message.topic), None)
    issue = next((message.issue for message in recent if message.issue), None)
    about = [index for index, message in enumerate(said) if _is_about(message, topic, issue)]
    later = said[about[0] + 1 :] if about else []
    pressed = [message for message in later if message.negative > 0 or _is_about(message, topic, issue)]
    customer = session.customer.at_their_word
    largest = max(customer.account.orders, key=lambda order: order.total, default=None)
    return summary.Facts(
        topic=topic,
        issue=issue,
        quoted=_worth_quoting(session, transcript),
        times_raised=1 + len(pressed),
        bot_answered=any(line.who == "bot" for line in transcript),
        bot_failures=sum(1 for turn in session.window if turn.reply and turn.reply.failed),
        asked_for_person=any(message.asks_human for message in said),
        tier=customer.tier,
        tier_assumed=customer.tier_assumed,
        unverified=session.visitor.identity is Identity.CLAIMED,
        sla=customer.account.sla,
        order_value=f"{largest.total:,.2f} {largest.currency}" if largest else None,
    )


def _is_about(message: MessageSignals, topic: str | None, issue: str | None) -> bool:
    """Whether a message is about this topic, or names this document, however it spells it."""
    same = bool(issue and message.issue and fold(message.issue) == fold(issue))
    return same or bool(topic and message.topic == topic)


def _in_danger(session: Session) -> bool:
    """Whether the message that decided speaks of danger: then nothing else is told of."""
    return bool(session.window) and DANGER in session.window[-1].message.lists


def _worth_quoting(session: Session, transcript: tuple[Line, ...]) -> str:
    """The first message that says something, else the last one; in danger the one that speaks of it."""
    texts = [line.text for line in transcript if line.who == "visitor"]
    language = signals.language_of(judging.spoken(session))
    telling = (text for text in texts if len(signals.content_words(text, language=language).split()) >= _TELLING)
    last = texts[-1] if texts else ""
    return last if _in_danger(session) else next(telling, last)


def polished(tx: Tx, session: Session, tiers: tuple[str, ...]) -> summary.Polished:
    """What the responder's model last said that the customer wants; it is asked for nothing at the decision."""
    sentence = tx.answers.summary(session.site, session.id)
    if not sentence or _in_danger(session):
        return summary.NOT_POLISHED
    account = session.customer.at_their_word.account
    known = (account.name, account.billing_status, account.sla, *(order.id for order in account.orders))
    heard = frozenset(word for turn in session.window for word in turn.message.words.split())
    return summary.Polished(sentence, heard, tuple(filter(None, known)), tiers)
