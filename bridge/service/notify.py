"""Mails to team and customer, posted to the outbox inside the transaction that decided on them."""

import json
from dataclasses import asdict, dataclass

from bridge.domain.escalation import Escalation, OutboxKind, OutboxRow
from bridge.domain.packet import Ticket
from bridge.domain.rendering import render_ticket
from bridge.domain.session import Session
from bridge.ports import Mail
from bridge.service.context import Case, new_id
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


def post_ticket(case: Case, escalation: Escalation) -> None:
    """The ticket for the desk beside the built-in one, rendered now and never again."""
    desk = case.systems.desk
    if desk:
        _post(case, escalation, OutboxKind.TICKET, desk.name, escalation.id, desk.render(ticket_of(escalation)))


def mail_team(
    case: Case, escalation: Escalation, key: str, reached_at: str | None = None, *, to: str | None = None
) -> None:
    """A mail to the people of the queue, or `to` somebody: `key` names the occasion, and makes a repeat harmless."""
    queue = case.policy.queues.get(escalation.queue)
    occasion = OCCASIONS[key.split(".", maxsplit=1)[0]]
    lines = [occasion.text.format(promise=escalation.commitment.text)]
    lines += [f"The customer can be reached at: {reached_at}"] if reached_at else []
    lines += ["Claim and answer it in WordPress, under Escalations.", "", render_ticket(ticket_of(escalation))]
    mail = Mail(
        message_id=_message_id(case, escalation, f"team.{key}"),
        sender=case.systems.sender,
        to=to or (queue.email if queue and queue.email else case.site.team_email),
        subject=f"{occasion.subject} [{escalation.priority.value}] {escalation.packet.summary}",
        text="\n".join(lines),
        sent_at=case.at,
    )
    _post_mail(case, escalation, f"team.{key}", mail)


def mail_customer(case: Case, escalation: Escalation, session: Session, key: str, **values: str) -> bool:
    """A mail to the customer in their language; False when no address is known."""
    if not session.visitor.email:
        return False
    reference = escalation.id[4:12]
    mail = Mail(
        message_id=_message_id(case, escalation, f"customer.{key}"),
        sender=case.systems.sender,
        to=session.visitor.email,
        subject=say(case.policy, session, "mail_subject", reference=reference),
        text=say(case.policy, session, f"mail_{key.split('.', maxsplit=1)[0]}", reference=reference, **values),
        reply_to=case.site.team_email,
        sent_at=case.at,
    )
    _post_mail(case, escalation, f"customer.{key}", mail)
    return True


def _message_id(case: Case, escalation: Escalation, key: str) -> str:
    return f"<{escalation.id}.{key}@{case.site.id}.escalation-bridge>"


def _post_mail(case: Case, escalation: Escalation, key: str, mail: Mail) -> None:
    payload = json.dumps(asdict(mail), ensure_ascii=False)
    _post(case, escalation, OutboxKind.MAIL, "mail", f"{escalation.id}.{key}", payload)


def _post(case: Case, escalation: Escalation, kind: OutboxKind, *parts: str) -> None:
    target, external_id, payload = parts
    row = OutboxRow(
        id=new_id("out"),
        site=escalation.site,
        escalation_id=escalation.id,
        kind=kind,
        target=target,
        external_id=external_id,
        payload=payload,
        due_at=case.at,
    )
    case.tx.work.post(row, case.at)
