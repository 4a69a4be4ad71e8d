"""The ticket in the helpdesk beside the built-in desk, and the notes that join it."""

from bridge.domain.escalation import Escalation, OutboxKind
from bridge.domain.packet import Ticket
from bridge.domain.rendering import mark, render_note
from bridge.service.context import Case
from bridge.service.outbox import post


def ticket_of(escalation: Escalation) -> Ticket:
    """What a desk files."""
    return Ticket(
        external_id=escalation.id,
        site=escalation.site,
        queue=escalation.queue,
        priority=escalation.priority,
        channel=escalation.channel,
        decided_at=escalation.decided_at,
        due_at=escalation.commitment.due_at,
        due_text=escalation.commitment.text,
        timezone=escalation.commitment.timezone,
        packet=escalation.packet,
    )


def post_ticket(case: Case, escalation: Escalation) -> None:
    """The ticket, rendered now and never again; where the desk wants the packet as a note, that joins it."""
    desk = case.systems.desk
    if desk is None:
        return
    ticket = ticket_of(escalation)
    post(case, escalation, OutboxKind.TICKET, desk.name, escalation.id, desk.render(ticket))
    packet = desk.private_note(ticket)
    if packet:
        note_id = f"{escalation.id}.packet"
        post(case, escalation, OutboxKind.NOTE, desk.name, note_id, f"{packet}\n\n{mark(note_id)}")


def note(case: Case, escalation: Escalation, key: str, headline: str, said: str = "") -> None:
    """Add to the ticket, if there is one: the team there reads what happened since it was filed.

    Args:
        case: the site's case.
        escalation: whose ticket it is.
        key: unique within the escalation; it makes a repeat harmless.
        headline: what happened.
        said: the words in which it was said, if any.
    """
    desk = case.systems.desk
    filed = desk and case.tx.escalations.delivery(escalation.id)
    if desk and filed and filed.desk == desk.name:
        note_id = f"{escalation.id}.{key}"
        text = render_note(note_id, headline, said, case.at, escalation.commitment.timezone)
        post(case, escalation, OutboxKind.NOTE, desk.name, note_id, text)
