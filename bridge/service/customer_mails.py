"""Mails to the customer, in their language; of those to an address that nobody verified, only a few a day go out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.domain import judging, messages
from bridge.domain.escalation import Escalation, OutboxKind, OutboxRow
from bridge.domain.instants import DAY
from bridge.domain.mail_body import Action, MailBody, worded
from bridge.domain.session import Session
from bridge.service import outbox
from bridge.service.context import Case
from bridge.service.outbox import Invite
from bridge.service.verdicts import say

MAILS_PER_DAY = 3
"""Mails a day to one address that nobody verified, over all sessions of a site: anybody may have typed it."""
KEPT_FOR_ANSWERS = 1
"""So many of them are kept for what a person answers."""
HELD_BACK_REASON = f"held back: {MAILS_PER_DAY} mails a day to an address that nobody verified"
ANSWER = "reply"
"""The message that brings what a person of the team wrote."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a customer's mail leads: the message on its button (`link_call`), and the address."""

    label: str
    url: str


def post(
    case: Case,
    escalation: Escalation,
    session: Session,
    message: str,
    about: str,
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
        message: what it says: the name of one of the policy's messages, without its `mail_`.
        about: of what, such as a promise's id: a repeat of both is harmless.
        values: for the placeholders of the message.
        link: what its button leads to; the site where there is none.
        invite: makes the invitation that is sent along.
    """
    addressed = _with_address(case, escalation, session)
    to = addressed.visitor.email
    if to is None:
        return False
    thread = f"{escalation.id}.customer"
    key = f"{thread}.{message}.{about}"
    if case.tx.mails.posted(key):
        return False  # a repeat must not take another slot of the day
    body = _body(case, escalation, session, f"mail_{message}", link, values)
    subject = say(case.policy, session, "mail_subject", reference=_reference(escalation))
    mail = outbox.compose(case, key, body, to=to, subject=subject, thread=thread)
    mail = replace(mail, reply_to=case.site.team_email, invitation=invite(to) if invite else None)
    held = _held(case, addressed, by_a_person=message == ANSWER)
    outbox.post_mail(case, escalation, key, mail, held=held)
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


def _body(
    case: Case, escalation: Escalation, session: Session, message: str, link: Link | None, values: Mapping[str, str]
) -> MailBody:
    owned, language = case.policy.messages, messages.language_for(case.policy.messages, judging.spoken(session))
    values = {**values, "reference": _reference(escalation)}
    template = messages.wording(owned, language, message, values)
    link = link or Link("link_chat", case.site.url)
    blocks = (*worded(template, values), Action(say(case.policy, session, link.label), link.url))
    site = outbox.name_of(case.site)
    footer = say(case.policy, session, "mail_footer", site=site, reference=_reference(escalation))
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
