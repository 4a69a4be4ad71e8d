"""The alarm about a site's answers: it stands while its responder has given all that it may give on one day of UTC."""

import structlog

from bridge.domain.health import Alarm
from bridge.domain.instants import DAY
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site
from bridge.service.owe_answer import WHOLE_SITE

ALARM_KIND = "responder_spent"
ALARM_TEXT = (
    "The responder has given all {answers} answers that the site may have today: until midnight UTC visitors are told "
    "to ask for a person. BRIDGE_RESPONDER_PER_SITE allows more."
)

log = structlog.get_logger()


def watch_spending(bridge: Bridge) -> None:
    """Raise and clear the alarm of every site."""
    each_site(bridge, "spending", lambda site: _watch(bridge, site.id))


def _watch(bridge: Bridge, site: str) -> None:
    assistant = bridge.assistants(site)
    most = assistant.caps.site if assistant else 0
    with bridge.store.read() as tx:
        spent = 0 < most <= tx.answers.spent(site, bridge.clock.now() // DAY, WHOLE_SITE)
        stands = any(alarm.kind == ALARM_KIND for alarm in tx.alarms.standing(site))
    if spent != stands:
        _change(bridge, site, most if spent else 0)


def _change(bridge: Bridge, site: str, answers: int) -> None:
    """Whoever is second, in another scheduler, changes nothing and says nothing."""
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        if answers:
            alarm = Alarm(new_id("alm"), ALARM_KIND, ALARM_TEXT.format(answers=answers), {"answers": answers}, now)
            changed = tx.alarms.start(site, alarm)
        else:
            changed = tx.alarms.clear(site, ALARM_KIND, now)
    if changed and answers:
        log.warning("responder.alarm", site=site, answers=answers)
    elif changed:
        log.info("responder.cleared", site=site)
