"""A mailbox as a desk: the ticket is a mail, what comes later is an answer to it.

A mail system tells one mail from another by its Message-ID, which stays the same over every attempt: a mail that was
handed over twice in the instant between the server's word and our commit can be told from a second ticket by it. What
people do with the mail cannot be heard of here; the team says it in wp-admin.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from bridge.domain.addresses import mailbox
from bridge.domain.packet import Ticket
from bridge.domain.rendering import render_ticket
from bridge.ports import DeskNews, Filed, Heard, HookCall, HookRefused, Mail, Mailer, Strategy, TicketRef


class EmailDesk:
    """Tickets in a mailbox, such as the one that a ticket system reads.

    Args:
        mailer: hands the mails over.
        sender: the address that they come from.
        to: the mailbox.
        boxes: from our queue names to mailboxes of their own.
    """

    name = "email"
    strategy = Strategy.CLIENT_ID
    key_window = timedelta(0)
    settle = timedelta(0)

    def __init__(self, mailer: Mailer, *, sender: str, to: str, boxes: dict[str, str]) -> None:
        self._mailer = mailer
        self._sender = sender
        self._to = to
        self._boxes = boxes

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. An answer to the mail goes to the customer, where their address is known."""
        mail = Mail(
            message_id=f"<{ticket.external_id}.desk@{ticket.site}.escalation-bridge>",
            sender=self._sender,
            to=self._boxes.get(ticket.queue, self._to),
            subject=f"[{ticket.priority.value}] {ticket.packet.summary}",
            text=render_ticket(ticket),
            reply_to=ticket.packet.customer.mailbox,
            sent_at=ticket.decided_at,
        )
        return json.dumps(asdict(mail), ensure_ascii=False)

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The mail goes to the team alone."""
        return None

    def create(self, external_id: str, body: str) -> TicketRef:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The reference is what a note needs: to whom, about what, and the Message-ID."""
        mail = Mail(**json.loads(body))
        self._mailer.send(mail)
        return TicketRef(json.dumps([mail.message_id, mail.to, mail.subject], ensure_ascii=False))

    def find(self, external_id: str, body: str) -> TicketRef | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. A mailbox cannot be asked, and with a Message-ID it need not be."""
        return None

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. A mail is whole when it is sent."""

    def append(self, ref: str, note_id: str, text: str) -> None:
        """See `bridge.ports.Desk`."""
        thread, to, subject = json.loads(ref)
        host = thread.rpartition("@")[2].removesuffix(">")
        mail = Mail(
            message_id=f"<{note_id}.desk@{host}>",
            sender=self._sender,
            to=to,
            subject=f"Re: {subject}",
            text=text,
            sent_at=round(time.time() * 1000),
            in_reply_to=thread,
        )
        self._mailer.send(mail)

    def has_note(self, ref: str, note_id: str) -> bool:  # noqa: ARG002 - the port's shape
        """See `find`."""
        return False

    def hear(self, call: HookCall) -> Heard:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. A mailbox calls nobody."""
        raise HookRefused

    def check(self, *, budget: float) -> list[str]:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. Whether mail leaves is the mailer's to say."""
        return [] if all(map(mailbox, [self._to, *self._boxes.values()])) else ["one of the mailboxes is no address"]

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. What people do with a mail is not told."""
        return []
