"""Calls whose time has been closed since they were booked: they stand, so the team has to hear that nobody is in then.

A new policy, a feed of closures or a command may have closed it; what counts is how the hours are now.
"""

from collections.abc import Iterator
from typing import Final

from bridge.domain import hours
from bridge.domain.callback import Callback
from bridge.domain.escalation import Escalation
from bridge.domain.health import Alarm
from bridge.domain.occasions import CALL_CLOSED_OVER
from bridge.ports import Site
from bridge.service import alarms, keep_calls, team_mails
from bridge.service.book_call import FURTHEST_AHEAD
from bridge.service.chat_events import first_session
from bridge.service.context import Bridge, Case, new_id, open_case
from bridge.service.each_site import each_site
from bridge.service.route import calendar_for
from bridge.service.verdicts import in_mail

ALARM_KIND: Final = "calls_in_closed_time"


def watch_calls(bridge: Bridge) -> None:
    """Mail the team about each such call once, and have the alarm stand while there is one."""
    each_site(bridge, "calls", lambda site: _watch(bridge, site))


def _watch(bridge: Bridge, site: Site) -> None:
    with bridge.store.read() as tx:
        case = open_case(bridge, tx, site.id)
        closed_over = list(_closed_over(case))
        untold = [(held, call) for held, call in closed_over if not _is_told(case, held, call)]
        standing = alarms.standing_texts(tx, site.id)
    told = Alarm(new_id("alm"), ALARM_KIND, _text(len(closed_over)), {"calls": len(closed_over)}, case.at)
    alarms.tell(bridge, site.id, [told], standing, raised="calls.alarm", ended="calls.cleared")
    if untold:
        with bridge.store.write() as tx:
            case = open_case(bridge, tx, site.id)
            for held, call in untold:
                _tell_team(case, held, call)


def _closed_over(case: Case) -> Iterator[tuple[Escalation, Callback]]:
    """The calls ahead at whose time nobody is in, with what they are about."""
    for call in case.tx.callbacks.booked(case.site.id, case.at, case.at + FURTHEST_AHEAD):
        held = case.tx.escalations.get(case.site.id, call.escalation_id)
        if held and call.starts_at > case.at and not _is_staffed(case, held, call):
            yield held, call


def _is_staffed(case: Case, held: Escalation, call: Callback) -> bool:
    calendar = calendar_for(case, call.queue, held)
    return all(hours.is_open(calendar, at) for at in (call.starts_at, call.ends_at - 1))


def _is_told(case: Case, held: Escalation, call: Callback) -> bool:
    return case.tx.mails.posted(team_mails.key_of(held, CALL_CLOSED_OVER, keep_calls.as_it_is(call)))


def _tell_team(case: Case, held: Escalation, call: Callback) -> None:
    quoted = in_mail(case.policy, first_session(case, held), held)
    phone = keep_calls.phone_of(case.tx, held)
    team_mails.tell(case, quoted, CALL_CLOSED_OVER, keep_calls.as_it_is(call), phone=phone)


def _text(calls: int) -> str:
    """What is to be said of such calls; empty where there is none."""
    if not calls:
        return ""
    are = "1 booked call lies" if calls == 1 else f"{calls} booked calls lie"
    return (
        f"{are} in time that is closed now. The customers still count on it: call them then, or agree on another time."
    )
