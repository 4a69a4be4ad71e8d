"""Mails to team and customer, posted to the outbox inside the transaction that decided on them."""

import json
from dataclasses import asdict, dataclass

from bridge.domain.escalation import Escalation, OutboxKind, OutboxRow
from bridge.domain.packet import Ticket
from bridge.domain.policy import Policy
from bridge.domain.rendering import render_ticket
from bridge.domain.session import Session
from bridge.domain.values import Millis
from bridge.ports import Mail, Site, Tx
from bridge.service.context import Systems, new_id
from bridge.service.verdicts import say


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why the team gets a mail."""

    subject: str
    text: str


OCCASIONS = {
    "new": Occasion("New", "A conversation was handed to the team. The customer was told: {promise}"),
    "opening": Occasion("Waiting", "You are in; this customer is waiting. They were told: {promise}"),
    "warn": Occasion("Due soon", "A promise is about to be due. The customer was told: {promise}"),
    "broken": Occasion("Promise broken", "Nobody answered in time. The customer was now told: {promise}"),
    "alarm": Occasion("ALARM: promise broken again", "Nobody answers this customer. They were now told: {promise}"),
    "contact": Occasion("Contact given", "The customer said how they can be reached. They were told: {promise}"),
}


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
        packet=escalation.packet,
    )


def post_ticket(tx: Tx, systems: Systems, escalation: Escalation, at: Millis) -> None:
    """The ticket for the desk beside the built-in one, rendered now and never again."""
    if systems.desk is None:
        return
    body = systems.desk.render(ticket_of(escalation))
    row = OutboxRow(
        id=new_id("out"),
        site=escalation.site,
        escalation_id=escalation.id,
        kind=OutboxKind.TICKET,
        target=systems.desk.name,
        external_id=escalation.id,
        payload=body,
        due_at=at,
    )
    tx.work.post(row, at)


def mail_team(
    tx: Tx, site: Site, systems: Systems, policy: Policy, escalation: Escalation, key: str, at: Millis,
    reached_at: str | None = None,
) -> None:  # fmt: skip
    """A mail to the people of the queue: `key` names the occasion, and makes a repeat of it harmless."""
    queue = policy.queues.get(escalation.queue)
    to = queue.email if queue and queue.email else site.team_email
    occasion = OCCASIONS[key.split(".", maxsplit=1)[0]]
    subject = f"{occasion.subject} [{escalation.priority.value}] {escalation.packet.summary}"
    lines = [occasion.text.format(promise=escalation.commitment.text)]
    lines += [f"The customer can be reached at: {reached_at}"] if reached_at else []
    lines += ["Claim and answer it in WordPress, under Escalations.", "", render_ticket(ticket_of(escalation))]
    text = "\n".join(lines)
    _post(tx, site, systems, escalation, f"team.{key}", to, subject, text, at)


def mail_customer(
    tx: Tx, site: Site, systems: Systems, policy: Policy, escalation: Escalation, session: Session, key: str, at: Millis,
    **values: str,
) -> bool:  # fmt: skip
    """A mail to the customer in their language; False when no address is known."""
    if not session.visitor.email:
        return False
    occasion = key.split(".", maxsplit=1)[0]
    subject = say(policy, session, "mail_subject", reference=escalation.id[4:12])
    text = say(policy, session, f"mail_{occasion}", reference=escalation.id[4:12], **values)
    _post(tx, site, systems, escalation, f"customer.{key}", session.visitor.email, subject, text, at)
    return True


def _post(
    tx: Tx, site: Site, systems: Systems, escalation: Escalation, key: str, to: str, subject: str, text: str, at: Millis
) -> None:
    external_id = f"{escalation.id}.{key}"
    mail = Mail(
        message_id=f"<{external_id}@{site.id}.escalation-bridge>",
        sender=systems.sender,
        to=to,
        subject=subject,
        text=text,
        reply_to=site.team_email if key.startswith("customer.") else None,
        sent_at=at,
    )
    row = OutboxRow(
        id=new_id("out"),
        site=escalation.site,
        escalation_id=escalation.id,
        kind=OutboxKind.MAIL,
        target="mail",
        external_id=external_id,
        payload=json.dumps(asdict(mail), ensure_ascii=False),
        due_at=at,
    )
    tx.work.post(row, at)
