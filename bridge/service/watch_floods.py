"""A flood of visitors whom nobody verified: each has a ticket and a promise; the team has an alarm, and few mails.

Anybody can invent visitors. Beyond so many an hour the team's mail about a new one is not sent by itself: what was
handed over in five minutes is told in one mail a queue.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import structlog

from bridge.domain import occasions
from bridge.domain.digest import MOST_LISTED, in_order
from bridge.domain.escalation import Escalation
from bridge.domain.health import Alarm
from bridge.domain.instants import HOUR, MINUTE
from bridge.domain.mail_body import Action, Block, Highlight, Paragraph, Section
from bridge.domain.values import Millis
from bridge.ports import Site
from bridge.service import team_mails
from bridge.service.alarms import standing_texts
from bridge.service.chat_events import first_session
from bridge.service.context import Bridge, Case, new_id, open_case
from bridge.service.each_site import each_site
from bridge.service.outbox import post_mail
from bridge.service.send_digest import digests_of
from bridge.service.verdicts import in_mail

ALARM_KIND: Final = "unverified_flood"
MOST_AN_HOUR: Final = 60
"""Escalations an hour of a site's visitors who are not logged in: more than people write by themselves."""
BUNDLED: Final = 5 * MINUTE
"""What is handed over within so long is told in one mail."""
LOOKED_BACK: Final = 3 * HOUR
"""For so long a scheduler may be away, and the bundles of that time are still sent."""
ALARM_TEXT: Final = (
    f"More than {MOST_AN_HOUR} conversations of visitors who are not logged in were handed over within an hour. Each "
    f"has its ticket and its promise; the team gets one mail about those of every {BUNDLED // MINUTE} minutes. If "
    "nobody wrote them, see which address they come from, and block it before WordPress."
)

log = structlog.get_logger()


def tell_team(case: Case, new: Escalation) -> None:
    """The team's mail about a new escalation, unless it is one of a flood; the first one of a flood is an alarm."""
    if new.customer_key is not None or _in_last_hour(case) <= MOST_AN_HOUR:
        team_mails.tell(case, new, occasions.NEW)
        return
    alarm = Alarm(new_id("alm"), ALARM_KIND, ALARM_TEXT, {"most_an_hour": MOST_AN_HOUR}, case.at)
    if case.tx.alarms.start(case.site.id, alarm):
        log.warning("flood.alarm", site=case.site.id, most_an_hour=MOST_AN_HOUR)
        blocks = (Paragraph(ALARM_TEXT), Action("Open the list in WordPress", team_mails.desk_page(case.site)))
        _mail(case, new, f"flood.{alarm.id}", "ALARM: a flood of conversations", blocks)


def _in_last_hour(case: Case) -> int:
    return case.tx.escalations.unverified(case.site.id, case.at - HOUR)


def watch_floods(bridge: Bridge) -> None:
    """Send the bundles of every site that has such a flood, and end its alarm once it is over."""
    each_site(bridge, "floods", lambda site: _watch(bridge, site))


def _watch(bridge: Bridge, site: Site) -> None:
    with bridge.store.read() as tx:
        if ALARM_KIND not in standing_texts(tx, site.id):
            return
    with bridge.store.write() as tx:
        case = open_case(bridge, tx, site.id)
        all_told = _send_bundles(case)
        over = all_told and _in_last_hour(case) <= MOST_AN_HOUR
        cleared = over and tx.alarms.clear(site.id, ALARM_KIND, case.at)
    if cleared:
        log.info("flood.cleared", site=site.id)


def _send_bundles(case: Case) -> bool:
    """Post the mails about spans that are over, each once by its id; whether nothing waits in the present one."""
    untold = case.tx.escalations.untold(case.site.id, case.at - LOOKED_BACK)
    over = [one for one in untold if one.decided_at // BUNDLED < case.at // BUNDLED]
    for (queue, span), alike in groupby(sorted(over, key=_bundle_of), key=_bundle_of):
        key = f"flood.{queue}.{span}"
        if not case.tx.mails.posted(_mail_id(case, key)):
            _send_bundle(case, key, in_order(case.policy.tiers, list(alike)))
    return len(over) == len(untold)


def _bundle_of(one: Escalation) -> tuple[str, Millis]:
    return one.queue, one.decided_at // BUNDLED


def _send_bundle(case: Case, key: str, bundled: Sequence[Escalation]) -> None:
    listed = [in_mail(case.policy, first_session(case, one), one) for one in bundled[:MOST_LISTED]]
    number = len(bundled)
    what = "1 conversation" if number == 1 else f"{number} conversations"
    within = f"handed over within {BUNDLED // MINUTE} minutes"
    told = f"{what} of visitors who are not logged in, {within}. The most urgent come first."
    blocks: tuple[Block, ...] = (
        Paragraph(told),
        Action("Open the list in WordPress", team_mails.desk_page(case.site)),
        *(_section(case.site, one) for one in listed),
        *((Paragraph(f"Behind them are {number - MOST_LISTED} more."),) if number > MOST_LISTED else ()),
    )
    _mail(case, bundled[0], key, f"New [{bundled[0].queue}] {what}", blocks)


def _section(site: Site, one: Escalation) -> Section:
    title = f"[{one.priority.value}] {one.packet.summary}"
    return Section(title, (Highlight(one.commitment.text),), team_mails.desk_page(site, one.id))


def _mail(case: Case, about: Escalation, key: str, subject: str, blocks: tuple[Block, ...]) -> None:
    mail = team_mails.compose(case, about.queue, key, subject, blocks)
    post_mail(case, about, _mail_id(case, key), mail)


def _mail_id(case: Case, key: str) -> str:
    """As that of a digest begins: who is erased is erased from both."""
    return f"{digests_of(case)}{key}"
