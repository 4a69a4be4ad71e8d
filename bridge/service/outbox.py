"""What must reach another system is posted as a row, inside the transaction that decided on it."""

import json
from collections.abc import Callable
from dataclasses import asdict

import structlog

from bridge.domain.escalation import Escalation, OutboxKind, OutboxRow, rank_of
from bridge.domain.hosts import host_of
from bridge.domain.mail_body import MailBody, as_html, as_text
from bridge.ports import Mail, Site
from bridge.service.context import Case, new_id

log = structlog.get_logger()

Invite = Callable[[str], str]
"""The address that an invitation goes to -> iCalendar text, see `bridge.ports.Mail`."""


def post(
    case: Case,
    escalation: Escalation,
    kind: OutboxKind,
    target: str,
    external_id: str,
    payload: str,
    *,
    held: str | None = None,
) -> None:
    """Leave a row for delivery; one that was posted before is not posted again."""
    row = OutboxRow(
        id=new_id("out"),
        site=escalation.site,
        escalation_id=escalation.id,
        kind=kind,
        target=target,
        external_id=external_id,
        payload=payload,
        due_at=case.at,
        held=held,
        rank=rank_of(escalation, case.policy.tiers),
    )
    case.tx.work.post(row, case.at)


def post_mail(case: Case, escalation: Escalation, external_id: str, mail: Mail, *, held: str | None = None) -> None:
    """Leave a mail for delivery, or for a person to see where it is held back."""
    payload = json.dumps(asdict(mail), ensure_ascii=False)
    post(case, escalation, OutboxKind.MAIL, "mail", external_id, payload, held=held)
    if held:
        log.warning("mail.held_back", site=case.site.id, escalation=escalation.id, mail=external_id)


def compose(case: Case, key: str, body: MailBody, *, to: str, subject: str, thread: str | None) -> Mail:
    """A mail of the site; its Message-ID is made of `key`, that of the mail which begins its thread of `thread`."""
    return Mail(
        message_id=_message_id(case, key),
        sender=case.systems.sender,
        to=to,
        subject=subject,
        text=as_text(body),
        html=as_html(body, subject),
        sent_at=case.at,
        language=body.tag,
        in_reply_to=_message_id(case, thread) if thread else None,
    )


def _message_id(case: Case, key: str) -> str:
    return f"<{key}@{case.site.id}.escalation-bridge>"


def name_of(site: Site) -> str:
    """What readers of a mail know the site as."""
    return host_of(site.url) or site.id
