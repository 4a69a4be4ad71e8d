"""A ticket for people: what matters first, the whole conversation last. Times are the team's and say so.

It is made of a letter's blocks, so that the ticket in a helpdesk and the mail to the team say the same.
"""

from collections.abc import Iterator, Sequence

from bridge.domain.mail_body import Facts, Paragraph, Quote, Section, flat, plain, plain_block
from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer, Ticket
from bridge.domain.session import UNVERIFIED_NOTE
from bridge.domain.values import Identity, Millis
from bridge.domain.wall_clock import local_time

NOTE_LIMIT = 9_000
"""Characters of a note: a message of the visitor is shorter."""
_SURE = {
    Identity.VERIFIED: "verified (logged in)",
    Identity.CLAIMED: "UNVERIFIED (the visitor typed this address)",
    Identity.ANONYMOUS: "anonymous",
}


def render_ticket(ticket: Ticket, *, limit: int | None = None) -> str:
    """The ticket as text, its parts in a fixed order.

    Args:
        ticket: what is to be shown.
        limit: characters that the place holds; the oldest lines of the conversation are left out, and counted, until
            the text fits.
    """
    head = plain(_head(ticket))
    lines = [plain_block(_said(line, ticket.timezone)) for line in ticket.packet.transcript]
    room = None if limit is None else limit - len(head) - 200
    kept = _newest(lines, room)
    left_out = len(lines) - len(kept)
    note = [f"    ({left_out} earlier messages do not fit here; WordPress has all of them)"] if left_out else []
    body = "\n".join([*note, *kept]) or plain_block(_NOTHING)
    text = f"{head}\n\n{_conversation(ticket)}\n{body}\n"
    return text if limit is None else text[:limit]


def sections(ticket: Ticket) -> tuple[Section, ...]:
    """The same parts, for a letter."""
    said = tuple(_said(line, ticket.timezone) for line in ticket.packet.transcript)
    return (*_head(ticket), Section(_conversation(ticket), said or (_NOTHING,)))


def render_note(note_id: str, headline: str, said: str, at: Millis, zone: str = "UTC") -> str:
    """What is added to a ticket after it was filed, as text for the team.

    Args:
        note_id: unique among all notes.
        headline: what happened, such as `The visitor wrote`.
        said: in the words in which it was said; empty where nothing was.
        at: when it happened.
        zone: in which its readers read that.
    """
    quoted = [plain_block(Quote(said[:NOTE_LIMIT]))] if said else []
    return "\n\n".join([f"{flat(headline)} ({on_the_clock(at, zone)})", *quoted, mark(note_id)])


def render_account(tier: str, account: PacketAccount) -> str:
    """What the CRM said after a ticket was filed, as a note has it."""
    return plain((Section("CUSTOMER", (Facts((("Tier", tier),)),)), Section("ACCOUNT", (_account(account),))))


def mark(note_id: str) -> str:
    """How a note is told from all others in a helpdesk: its last line."""
    return f"[{note_id}]"


def on_the_clock(at: Millis, zone: str) -> str:
    """An instant for people: `Mon 2 Nov 2026, 09:15 EST`."""
    moment = local_time(at, zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M %Z}"


def tier_of(customer: PacketCustomer) -> str:
    """The tier, and whether it is only assumed."""
    return customer.tier + (" (assumed: the CRM did not answer)" if customer.tier_assumed else "")


_NOTHING = Quote("(nothing was said)")


def _head(ticket: Ticket) -> tuple[Section, ...]:
    packet = ticket.packet
    return (
        Section("SUMMARY", (Paragraph(flat(packet.summary)),)),
        Section("CUSTOMER", (Facts(tuple(_customer(packet.customer))),)),
        Section("REASON", (Paragraph(flat(packet.reason)),)),
        Section("ACCOUNT", (_account(packet.account),)),
        Section("LAST ATTEMPT BY THE BOT", (_last_attempt(packet),)),
        Section("COMMITMENT", (Facts(tuple(_commitment(ticket))),)),
    )


def _customer(customer: PacketCustomer) -> Iterator[tuple[str, str]]:
    yield "Name", customer.name or "unknown"
    yield "E-mail", _remarked(customer.email or "unknown", UNVERIFIED_NOTE if customer.email_identity else None)
    if customer.phone:
        yield "Phone", customer.phone
    yield "Identity", _SURE[customer.identity]
    yield "Tier", tier_of(customer)


def _account(account: PacketAccount) -> Facts | Paragraph:
    facts = (("Billing", account.billing_status), ("SLA", account.sla))
    rows = [(name, value) for name, value in facts if value]
    for order in account.orders:
        said = f"{order.total:,.2f} {order.currency}, {order.status}"
        rows.append((f"Order {order.id}", _remarked(said, order.created_at)))
    rows += [(f"Open ticket {ticket.id}", _remarked(ticket.subject, ticket.status)) for ticket in account.open_tickets]
    return Facts(tuple(rows)) if rows else Paragraph("Nothing known.")


def _remarked(value: str, remark: str | None) -> str:
    return f"{value} ({remark})" if remark else value


def _last_attempt(packet: Packet) -> Quote | Paragraph:
    return Quote(packet.last_attempt) if packet.last_attempt else Paragraph("None: the bot had not answered.")


def _commitment(ticket: Ticket) -> Iterator[tuple[str, str]]:
    yield "Due", on_the_clock(ticket.due_at, ticket.timezone)
    yield "By", ticket.channel.value
    yield "The customer was told", ticket.due_text
    yield "Queue", f"{ticket.queue}, priority {ticket.priority.value}"
    yield "Escalated", on_the_clock(ticket.decided_at, ticket.timezone)
    yield "Reference", f"{ticket.external_id} ({ticket.site})"


def _conversation(ticket: Ticket) -> str:
    return f"CONVERSATION (times in {ticket.timezone})"


def _said(line: Line, zone: str) -> Quote:
    moment = local_time(line.at, zone)
    who = {"visitor": "Visitor", "bot": "Bot"}[line.who] + ("" if line.shown else " (not shown to the visitor)")
    return Quote(line.text, caption=f"{moment:%Y-%m-%d %H:%M:%S} {who}")


def _newest(lines: Sequence[str], room: int | None) -> Sequence[str]:
    if room is None:
        return lines
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept[::-1]
