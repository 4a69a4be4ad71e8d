"""The packet: the six items that travel to the person who takes over, made from what is stored."""

from operator import itemgetter

from bridge.domain import packet as packets
from bridge.domain import summary, summary_facts
from bridge.domain.customer import Account
from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer
from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.values import Millis
from bridge.ports import Tx


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
        summary=summary.summarize(summary_facts.facts_of(session, transcript), polished(tx, session, tiers)),
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


def polished(tx: Tx, session: Session, tiers: tuple[str, ...]) -> summary.Polished:
    """What the responder's model last said that the customer wants; it is asked for nothing at the decision."""
    sentence = tx.answers.summary(session.site, session.id)
    if not sentence or summary_facts.in_danger(session):
        return summary.NOT_POLISHED
    account = session.customer.at_their_word.account
    known = (account.name, account.billing_status, account.sla, *(order.id for order in account.orders))
    heard = frozenset(word for turn in session.window for word in turn.message.words.split())
    return summary.Polished(sentence, heard, tuple(filter(None, known)), tiers)
