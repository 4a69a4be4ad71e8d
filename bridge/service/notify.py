"""Mails to team and customer, posted to the outbox inside the transaction that decided on them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import quote

import structlog

from bridge.domain import judging, messages
from bridge.domain.escalation import Escalation, OutboxKind, OutboxRow, rank_of
from bridge.domain.hosts import host_of
from bridge.domain.instants import DAY
from bridge.domain.mail_body import Action, Block, Facts, Highlight, MailBody, Paragraph, as_html, as_text, worded
from bridge.domain.packet import Ticket
from bridge.domain.rendering import mark, render_note, sections
from bridge.domain.session import Session, contact_line
from bridge.ports import Mail, Notice, Site
from bridge.service.context import Case, new_id
from bridge.service.verdicts import say

log = structlog.get_logger()

MAILS_PER_DAY = 3
"""Mails a day to one address that nobody verified, over all sessions of a site: anybody may have typed it."""
KEPT_FOR_ANSWERS = 1
"""So many of them are kept for what a person answers."""
HELD_BACK_REASON = f"held back: {MAILS_PER_DAY} mails a day to an address that nobody verified"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why the team gets a mail. `in_charge`: the person in charge gets it, where the queue names one."""

    subject: str
    text: str
    in_charge: bool = False
    in_channel: bool = False
    """Whether the channels that the team watches are told as well."""


Invite = Callable[[str], str]
"""The address that an invitation goes to -> iCalendar text, see `bridge.ports.Mail`."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a customer's mail leads: the message on its button (`link_call`), and the address."""

    label: str
    url: str


OCCASIONS = {
    "new": Occasion("New", "A conversation was handed to the team. The customer was told:", in_channel=True),
    "warn": Occasion("Due soon", "A promise is about to be due. The customer was told:", in_channel=True),
    "last_rung": Occasion(
        "Due soon", "A promise is about to be due, and nobody has taken it. The customer was told:", in_charge=True
    ),
    "broken": Occasion("Promise broken", "Nobody answered in time. The customer was now told:", in_channel=True),
    "left": Occasion(
        "Promise broken",
        "Who had taken it did not answer in time and is not seen here: anybody may take it. The customer was now told:",
        in_channel=True,
    ),
    "alarm": Occasion(
        "ALARM: promise broken again",
        "Nobody answers this customer. They were now told:",
        in_charge=True,
        in_channel=True,
    ),
    "contact": Occasion("Contact given", "The customer said how they can be reached. They were told:"),
    "refused": Occasion(
        "Mail refused",
        "The customer's address takes no mail: what we write does not arrive. Reach them in the chat, or by phone. "
        "They were told:",
        in_channel=True,
    ),
    "callback_booked": Occasion("Call booked", "The customer has booked a call. They were told:"),
    "callback_moved": Occasion("Call moved", "The customer has moved the call. They were told:"),
    "callback_cancelled": Occasion("Call cancelled", "The customer has cancelled the call. They were told:"),
    "callback_withdrawn": Occasion("Call cancelled", "The request is settled, so its call is cancelled. It was:"),
    "callback_reminder": Occasion("Call soon", "The time of a call is near. Mark it as called afterwards. It is:"),
    "callback_closed": Occasion(
        "Call in closed time",
        "The hours have changed, and nobody is in at the time of this call. The customer still counts on it: call them "
        "then, or agree on another time. It is:",
        in_channel=True,
    ),
    "callback_over": Occasion(
        "Was it called?",
        "The time of this call is over. Mark it as called, or the customer is told that it was missed. It was:",
    ),
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
        timezone=escalation.commitment.timezone,
        packet=escalation.packet,
    )


# -- to the helpdesk ---------------------------------------------------------------------------------------------------


def post_ticket(case: Case, escalation: Escalation) -> None:
    """The ticket for the desk beside the built-in one, rendered now and never again."""
    desk = case.systems.desk
    if desk is None:
        return
    ticket = ticket_of(escalation)
    _post(case, escalation, OutboxKind.TICKET, desk.name, escalation.id, desk.render(ticket))
    packet = desk.private_note(ticket)
    if packet:
        note_id = f"{escalation.id}.packet"
        _post(case, escalation, OutboxKind.NOTE, desk.name, note_id, f"{packet}\n\n{mark(note_id)}")


def note(case: Case, escalation: Escalation, key: str, headline: str, said: str = "") -> None:
    """Add to the ticket in the helpdesk, if there is one: the team there reads what happened since it was filed.

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
        _post(case, escalation, OutboxKind.NOTE, desk.name, note_id, text)


# -- to the team -------------------------------------------------------------------------------------------------------


def mail_team(
    case: Case,
    escalation: Escalation,
    key: str,
    *,
    to: str | None = None,
    phone: str | None = None,
    invite: Invite | None = None,
) -> None:
    """A mail to the people of the queue, or `to` somebody: `key` names the occasion, and makes a repeat harmless.

    Who works in the helpdesk reads the same in the ticket, which `new` made.
    """
    occasion = OCCASIONS[key.split(".", maxsplit=1)[0]]
    if occasion is not OCCASIONS["new"] and case.systems.desk:
        told = [escalation.commitment.text, phone or reached_at(case, escalation)]
        note(case, escalation, f"team.{key}", occasion.text, "\n".join(filter(None, told)))
    subject = f"{occasion.subject} [{escalation.priority.value}] {escalation.packet.summary}"
    blocks: tuple[Block, ...] = (
        Paragraph(occasion.text),
        Highlight(escalation.commitment.text),
        *((Facts((("Number to call", phone),)),) if phone else _contact_given_since(case, escalation)),
        Paragraph("Claim and answer it in WordPress, under Escalations."),
        Action("Open it in WordPress", desk_page(case.site, escalation.id)),
        *sections(ticket_of(escalation)),
    )
    key = team_key(escalation, key)
    if occasion.in_channel:
        _post_notices(case, escalation, key, occasion)
    thread = team_key(escalation, "new")
    mail = team_mail(case, escalation.queue, key, subject, blocks, thread=thread, in_charge=occasion.in_charge)
    mail = replace(mail, to=to or mail.to)
    post_mail(case, escalation, key, replace(mail, invitation=invite(mail.to)) if invite else mail)


def team_key(escalation: Escalation, occasion: str) -> str:
    """What a mail to the team is called: the same for the same occasion, so that a repeat is none."""
    return f"{escalation.id}.team.{occasion}"


def _post_notices(case: Case, escalation: Escalation, external_id: str, occasion: Occasion) -> None:
    notice = Notice(
        why=occasion.subject,
        summary=escalation.packet.summary,
        queue=escalation.queue,
        priority=escalation.priority.value,
        promise=escalation.commitment.text,
        url=desk_page(case.site, escalation.id),
    )
    for channel in case.systems.notifiers:
        _post(case, escalation, OutboxKind.NOTICE, channel.name, external_id, channel.render(notice))


def reached_at(case: Case, escalation: Escalation) -> str:
    """How the customer can be reached by now, in one line; empty when nothing is known."""
    lines = map(contact_line, case.tx.sessions.of_escalation(escalation.site, escalation.id))
    return next(filter(None, lines), "")


def _contact_given_since(case: Case, escalation: Escalation) -> tuple[Paragraph, ...]:
    """What the packet cannot know, for it is of the decision."""
    customer = escalation.packet.customer
    line = "" if customer.email or customer.phone else reached_at(case, escalation)
    return (Paragraph(f"The customer can be reached at: {line}"),) if line else ()


def team_mail(
    case: Case,
    queue: str,
    key: str,
    subject: str,
    blocks: tuple[Block, ...],
    *,
    thread: str | None = None,
    in_charge: bool = False,
) -> Mail:
    """A mail to the people of a queue, or to who is in charge of it; `key` is what its Message-ID is made of."""
    footer = f"{host(case.site)} sends this to those who answer the queue {queue}."
    body = MailBody("en", blocks, footer)
    return _mail(case, key, body, to=_team_address(case, queue, in_charge=in_charge), subject=subject, thread=thread)


def desk_page(site: Site, escalation_id: str | None = None) -> str:
    """Where the plugin leads on to the page of wp-admin that shows an escalation, or all that are open.

    Not straight there: WordPress may lie in a folder of its own, which is not in the site's address.
    """
    return f"{site.url.rstrip('/')}/?escbridge_desk={quote(escalation_id or '', safe='')}"


def _team_address(case: Case, name: str, *, in_charge: bool) -> str:
    queue = case.policy.queues.get(name)
    if queue is None:
        return case.site.team_email
    return (queue.in_charge if in_charge else None) or queue.email or case.site.team_email


# -- to the customer ---------------------------------------------------------------------------------------------------


def mail_customer(
    case: Case,
    escalation: Escalation,
    session: Session,
    key: str,
    values: Mapping[str, str],
    *,
    link: Link | None = None,
    invite: Invite | None = None,
) -> bool:
    """A mail to the customer in their language; False when no address is known, or it was posted before.

    Args:
        case: the site's case.
        escalation: what the mail is about.
        session: whose language it is in.
        key: the message without its `mail_`, a dot, and what makes a repeat of it harmless.
        values: for the placeholders of the message.
        link: what its button leads to; the site where there is none.
        invite: makes the invitation that is sent along.
    """
    addressed = _with_address(case, escalation, session)
    to = addressed.visitor.email
    if to is None:
        return False
    message, thread = key.split(".", maxsplit=1)[0], f"{escalation.id}.customer"
    if case.tx.mails.posted(f"{thread}.{key}"):
        return False  # a repeat must not take another slot of the day
    body = _customer_mail_body(case, escalation, session, f"mail_{message}", link, values)
    subject = say(case.policy, session, "mail_subject", reference=_reference(escalation))
    mail = _mail(case, f"{thread}.{key}", body, to=to, subject=subject, thread=thread)
    mail = replace(mail, reply_to=case.site.team_email, invitation=invite(to) if invite else None)
    held = _held(case, addressed, by_a_person=message == "reply")
    post_mail(case, escalation, f"{thread}.{key}", mail, held=held)
    return True


def is_to_customer(row: OutboxRow) -> bool:
    """Whether the row is a mail to the customer of its escalation."""
    return row.kind is OutboxKind.MAIL and row.external_id.startswith(f"{row.escalation_id}.customer.")


def _with_address(case: Case, escalation: Escalation, session: Session) -> Session:
    """The session, or another of the escalation's in which an address was given."""
    if session.visitor.email:
        return session
    others = case.tx.sessions.of_escalation(escalation.site, escalation.id)
    return next((one for one in others if one.visitor.email), session)


def _customer_mail_body(
    case: Case, escalation: Escalation, session: Session, message: str, link: Link | None, values: Mapping[str, str]
) -> MailBody:
    owned, language = case.policy.messages, messages.language_for(case.policy.messages, judging.spoken(session))
    values = {**values, "reference": _reference(escalation)}
    template = messages.wording(owned, language, message, values)
    link = link or Link("link_chat", case.site.url)
    blocks = (*worded(template, values), Action(say(case.policy, session, link.label), link.url))
    footer = say(case.policy, session, "mail_footer", site=host(case.site), reference=_reference(escalation))
    return MailBody(language, blocks, footer)


def _reference(escalation: Escalation) -> str:
    return escalation.id[4:12]


def _held(case: Case, session: Session, *, by_a_person: bool) -> str | None:
    """Why the mail must not go out by itself, or None.

    Who only typed an address may have typed anybody's. A mail to it takes one of a few slots for a day.
    """
    if session.visitor.vouched_for:
        return None
    address = mailbox_digest(session.visitor.email or "")
    slots = reversed(range(MAILS_PER_DAY)) if by_a_person else range(MAILS_PER_DAY - KEPT_FOR_ANSWERS)
    free = (case.tx.mails.take_slot(case.site.id, address, slot, case.at, case.at - DAY) for slot in slots)
    return None if any(free) else HELD_BACK_REASON


def mailbox_digest(address: str) -> str:
    """The digest of a mailbox: letters' case and what stands behind a plus lead to the same one."""
    local, _, domain = address.casefold().partition("@")
    return hashlib.sha256(f"{local.partition('+')[0]}@{domain}".encode()).hexdigest()


# -- to the outbox -----------------------------------------------------------------------------------------------------


def post_mail(case: Case, escalation: Escalation, external_id: str, mail: Mail, *, held: str | None = None) -> None:
    """Leave a mail for delivery, or for a person to see where it is held back."""
    payload = json.dumps(asdict(mail), ensure_ascii=False)
    _post(case, escalation, OutboxKind.MAIL, "mail", external_id, payload, held=held)
    if held:
        log.warning("mail.held_back", site=case.site.id, escalation=escalation.id, mail=external_id)


def _mail(case: Case, key: str, body: MailBody, *, to: str, subject: str, thread: str | None) -> Mail:
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


def host(site: Site) -> str:
    return host_of(site.url) or site.id


def _post(case: Case, escalation: Escalation, kind: OutboxKind, *parts: str, held: str | None = None) -> None:
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
        held=held,
        rank=rank_of(escalation, case.policy.tiers),
    )
    case.tx.work.post(row, case.at)
