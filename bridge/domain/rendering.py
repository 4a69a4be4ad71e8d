"""A ticket as plain text for people: what matters first, the whole conversation last. Times are UTC and say so.

What visitors and bots wrote is indented, so that no message can pass for a part of ours.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer, Ticket
from bridge.domain.values import Identity, Millis

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_INDENT = "    "
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
    head = "\n\n".join(_parts(ticket))
    lines = [_line(line) for line in ticket.packet.transcript]
    room = None if limit is None else limit - len(head) - 200
    kept = _newest(lines, room)
    left_out = len(lines) - len(kept)
    note = [f"{_INDENT}({left_out} earlier messages do not fit here; WordPress has all of them)"] if left_out else []
    body = "\n".join([*note, *kept]) or f"{_INDENT}(nothing was said)"
    text = f"{head}\n\nCONVERSATION (times in UTC)\n{body}\n"
    return text if limit is None else text[:limit]


def utc(at: Millis) -> str:
    """An instant for people: `Mon 2 Nov 2026, 14:15 UTC`."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} UTC"


def _parts(ticket: Ticket) -> Sequence[str]:
    packet = ticket.packet
    return (
        f"SUMMARY\n{_flat(packet.summary)}",
        f"CUSTOMER\n{_rows(_customer(packet.customer))}",
        f"REASON\n{_flat(packet.reason)}",
        f"ACCOUNT\n{_account(packet.account)}",
        f"LAST ATTEMPT BY THE BOT\n{_last_attempt(packet)}",
        f"COMMITMENT\n{_rows(_commitment(ticket))}",
    )


def _customer(customer: PacketCustomer) -> Iterable[tuple[str, str]]:
    assumed = " (assumed: the CRM did not answer)" if customer.tier_assumed else ""
    yield "Name", customer.name or "unknown"
    yield "E-mail", customer.email or "unknown"
    if customer.phone:
        yield "Phone", customer.phone
    yield "Identity", _SURE[customer.identity]
    yield "Tier", customer.tier + assumed


def _account(account: PacketAccount) -> str:
    facts = [("Billing", account.billing_status), ("SLA", account.sla)]
    rows = [_rows([(name, value)]) for name, value in facts if value]
    rows += [
        _row(f"Order {order.id}", f"{order.total:,.2f} {order.currency}, {order.status}", order.created_at)
        for order in account.orders
    ]
    rows += [_row(f"Open ticket {ticket.id}", ticket.subject, ticket.status) for ticket in account.open_tickets]
    return "\n".join(rows) or "Nothing known."


def _last_attempt(packet: Packet) -> str:
    return _indented(packet.last_attempt) if packet.last_attempt else "None: the bot had not answered."


def _commitment(ticket: Ticket) -> Iterable[tuple[str, str]]:
    yield "Due", utc(ticket.due_at)
    yield "By", ticket.channel.value
    yield "The customer was told", ticket.due_text
    yield "Queue", f"{ticket.queue}, priority {ticket.priority.value}"
    yield "Escalated", utc(ticket.decided_at)
    yield "Reference", f"{ticket.external_id} ({ticket.site})"


def _line(line: Line) -> str:
    moment = datetime.fromtimestamp(line.at // 1000, UTC)
    who = {"visitor": "Visitor", "bot": "Bot"}[line.who] + ("" if line.shown else " (not shown to the visitor)")
    return f"{moment:%Y-%m-%d %H:%M:%S} {who}:\n{_indented(line.text)}"


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


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {_flat(value)}" for name, value in rows)


def _row(name: str, value: str, remark: str | None) -> str:
    return f"{_flat(name)}: {_flat(value)}" + (f" ({_flat(remark)})" if remark else "")


def _flat(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _indented(text: str) -> str:
    lines = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).splitlines()
    return "\n".join(f"{_INDENT}{line}" for line in lines) or _INDENT
