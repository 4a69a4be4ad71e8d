"""The hand-off packet: six items, and nothing else; and the ticket that carries it.

Unknown fields are refused by the schema, so that no reasoning log, score or model output can travel along unnoticed.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from bridge.domain.addresses import mailbox
from bridge.domain.customer import OpenTicket, Order
from bridge.domain.values import Channel, Frozen, Identity, Millis, Priority, Text80, Text200

SUMMARY_LIMIT = 160
"""Characters of the one-sentence summary."""


class PacketCustomer(Frozen):
    """Item 1: who it is, how sure we are, and the tier. `email_identity`: see `Visitor`."""

    name: Text200 | None
    email: Annotated[str, Field(max_length=254)] | None
    email_identity: Identity | None = None
    phone: Text80 | None = None
    identity: Identity
    tier: Text80
    tier_assumed: bool

    @property
    def mailbox(self) -> str | None:
        """The address, where it is one that a mail can go to."""
        return mailbox((self.email or "").strip())

    @property
    def called(self) -> str | None:
        """The name, where it says anything."""
        return (self.name or "").strip() or None


class Line(Frozen):
    """One message of the transcript. `shown` is False for a bot's reply that was withheld from the visitor."""

    at: Millis
    who: Literal["visitor", "bot"]
    text: Annotated[str, Field(max_length=8000)]
    shown: bool = True


class PacketAccount(Frozen):
    """Item 5: orders, open tickets and billing status, from the snapshot."""

    orders: tuple[Order, ...] = ()
    open_tickets: tuple[OpenTicket, ...] = ()
    billing_status: Text80 | None = None
    sla: Text200 | None = None


class Packet(Frozen):
    """What travels with an escalation."""

    customer: PacketCustomer
    summary: Annotated[str, Field(min_length=1, max_length=SUMMARY_LIMIT)]
    transcript: tuple[Line, ...]
    reason: Annotated[str, Field(min_length=1, max_length=400)]
    account: PacketAccount
    last_attempt: Annotated[str, Field(max_length=8000)] | None


class Ticket(Frozen):
    """A packet with what a desk needs to file it.

    `timezone` is the team's, in which they read its times. `due_text` is the promise in the words that the customer
    read. It has no limit of its own: a promise that was made must never fail to be filed. What an owner writes is
    measured where it is checked, see `messages.check`.
    """

    external_id: Text80
    site: Text80
    queue: Text80
    priority: Priority
    channel: Channel
    decided_at: Millis
    due_at: Millis
    due_text: str
    timezone: str
    packet: Packet


def last_attempt(transcript: Sequence[Line]) -> str | None:
    """The bot's last attempted resolution, whether or not the visitor saw it; None when it never said anything."""
    return next((line.text for line in reversed(transcript) if line.who == "bot" and line.text.strip()), None)
