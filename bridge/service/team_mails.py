"""The team is told of a request: by mail, in the channels that it watches, and in the ticket of its helpdesk."""

from dataclasses import replace
from urllib.parse import quote

from bridge.domain import occasions
from bridge.domain.escalation import Escalation, OutboxKind
from bridge.domain.mail_body import Action, Block, Facts, Highlight, MailBody, Paragraph
from bridge.domain.occasions import Occasion
from bridge.domain.rendering import sections
from bridge.domain.session import contact_line
from bridge.ports import Mail, Notice, Site
from bridge.service import outbox
from bridge.service.context import Case
from bridge.service.desk_tickets import note, ticket_of
from bridge.service.outbox import Invite


def tell(
    case: Case,
    escalation: Escalation,
    occasion: Occasion,
    about: str = "",
    *,
    to: str | None = None,
    phone: str | None = None,
    invite: Invite | None = None,
) -> None:
    """Tell the people of the queue what happened.

    Who works in the helpdesk reads the same in the ticket, which `NEW` made.

    Args:
        case: the site's case.
        escalation: what it is about.
        occasion: what happened.
        about: of what it happened, such as a promise's id: a repeat of both is harmless.
        to: who gets the mail, if not the queue's people.
        phone: the number to call.
        invite: makes the invitation that is sent along.
    """
    if occasion is not occasions.NEW and case.systems.desk:
        told = [escalation.commitment.text, phone or reached_at(case, escalation)]
        note(case, escalation, f"team.{_joined(occasion, about)}", occasion.text, "\n".join(filter(None, told)))
    key = key_of(escalation, occasion, about)
    if occasion.in_channel:
        _post_notices(case, escalation, key, occasion)
    mail = _mail(case, escalation, occasion, key, phone)
    mail = replace(mail, to=to or mail.to)
    outbox.post_mail(case, escalation, key, replace(mail, invitation=invite(mail.to)) if invite else mail)


def tell_late_words(case: Case, over: Escalation, session_id: str) -> None:
    """Nobody looks at a request again that is over; one mail a session, however much is written."""
    key = key_of(over, occasions.LATE, session_id)
    blocks = (
        Paragraph(occasions.LATE.text),
        Action("Read it in WordPress", desk_page(case.site, over.id)),
    )
    outbox.post_mail(case, over, key, _in_thread(case, over, occasions.LATE, key, blocks))


def key_of(escalation: Escalation, occasion: Occasion, about: str = "") -> str:
    """What a mail to the team is called: the same for the same occasion, so that a repeat is none."""
    return f"{escalation.id}.team.{_joined(occasion, about)}"


def _joined(occasion: Occasion, about: str) -> str:
    return f"{occasion.name}.{about}" if about else occasion.name


def _mail(case: Case, escalation: Escalation, occasion: Occasion, key: str, phone: str | None) -> Mail:
    blocks = (
        Paragraph(occasion.text),
        Highlight(escalation.commitment.text),
        *((Facts((("Number to call", phone),)),) if phone else _contact_given_since(case, escalation)),
        Paragraph("Claim and answer it in WordPress, under Escalations."),
        Action("Open it in WordPress", desk_page(case.site, escalation.id)),
        *sections(ticket_of(escalation)),
    )
    return _in_thread(case, escalation, occasion, key, blocks)


def _in_thread(case: Case, escalation: Escalation, occasion: Occasion, key: str, blocks: tuple[Block, ...]) -> Mail:
    """In the thread that the mail about the new request begins."""
    subject = f"{occasion.subject} [{escalation.priority.value}] {escalation.packet.summary}"
    thread = key_of(escalation, occasions.NEW)
    return compose(case, escalation.queue, key, subject, blocks, thread=thread, in_charge=occasion.in_charge)


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
        outbox.post(case, escalation, OutboxKind.NOTICE, channel.name, external_id, channel.render(notice))


def reached_at(case: Case, escalation: Escalation) -> str:
    """How the customer can be reached by now, in one line; empty when nothing is known."""
    lines = map(contact_line, case.tx.sessions.of_escalation(escalation.site, escalation.id))
    return next(filter(None, lines), "")


def _contact_given_since(case: Case, escalation: Escalation) -> tuple[Paragraph, ...]:
    """What the packet cannot know, for it is of the decision."""
    customer = escalation.packet.customer
    line = "" if customer.email or customer.phone else reached_at(case, escalation)
    return (Paragraph(f"The customer can be reached at: {line}"),) if line else ()


def compose(
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
    footer = f"{outbox.name_of(case.site)} sends this to those who answer the queue {queue}."
    body = MailBody("en", blocks, footer)
    to = _address(case, queue, in_charge=in_charge)
    return outbox.compose(case, key, body, to=to, subject=subject, thread=thread)


def desk_page(site: Site, escalation_id: str | None = None) -> str:
    """Where the plugin leads on to the page of wp-admin that shows an escalation, or all that are open.

    Not straight there: WordPress may lie in a folder of its own, which is not in the site's address.
    """
    return f"{site.url.rstrip('/')}/?escbridge_desk={quote(escalation_id or '', safe='')}"


def _address(case: Case, name: str, *, in_charge: bool) -> str:
    queue = case.policy.queues.get(name)
    if queue is None:
        return case.site.team_email
    return (queue.in_charge if in_charge else None) or queue.email or case.site.team_email
