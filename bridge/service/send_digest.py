"""At an opening the team gets one mail a queue about everybody who waits there."""

from bridge.domain.digest import MOST_LISTED, Item, digest, headline, in_order
from bridge.domain.escalation import Escalation
from bridge.domain.values import Millis
from bridge.service import team_mails
from bridge.service.chat_events import first_session
from bridge.service.context import Case
from bridge.service.outbox import post_mail
from bridge.service.verdicts import in_mail


def send_digest(case: Case, queue: str, opening: Millis) -> None:
    """Post the mail of a queue and an opening, unless it is posted already.

    Every escalation that waits for the opening asks for it, in every scheduler; the mail's id makes them one. Who was
    answered by now is not in it. Nor is who was handed over in the very moment of the opening, after it was written:
    the team has just had a mail about them alone.

    Args:
        case: the site's case.
        queue: as the escalations name it, even where the policy has lost it since.
        opening: the instant for which they waited, however late it is handled.
    """
    key, external_id = f"digest.{queue}.{opening}", digest_id(case, queue, opening)
    if case.tx.mails.posted(external_id):
        return
    waiting = in_order(case.policy.tiers, case.tx.escalations.waiting(case.site.id, queue, opening))
    if not waiting:
        return
    items = [_item(case, one) for one in waiting[:MOST_LISTED]]
    blocks = digest(queue, items, waiting[MOST_LISTED:], at=case.at, url=team_mails.desk_page(case.site))
    mail = team_mails.compose(case, queue, key, headline(queue, waiting), blocks)
    post_mail(case, waiting[0], external_id, mail)


def digest_id(case: Case, queue: str, opening: Millis) -> str:
    """What makes the mail of a queue and an opening one."""
    return f"{digests_of(case)}{queue}.{opening}"


def digests_of(case: Case) -> str:
    """With what the ids of such mails of a site begin."""
    return f"{case.site.id}.digest."


def _item(case: Case, one: Escalation) -> Item:
    quoted = in_mail(case.policy, first_session(case, one), one)
    return Item(quoted, team_mails.reached_at(case, one), team_mails.desk_page(case.site, one.id))
