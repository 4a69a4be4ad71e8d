"""The alarm about a site's answers: it stands while its responder has given all that it may give on one day of UTC."""

from bridge.domain.health import Alarm
from bridge.domain.instants import DAY
from bridge.service import alarms
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site
from bridge.service.owe_answer import WHOLE_SITE

ALARM_KIND = "responder_spent"
ALARM_TEXT = (
    "The responder has given all {answers} answers that the site may have today: until midnight UTC visitors are told "
    "to ask for a person. BRIDGE_RESPONDER_PER_SITE allows more."
)


def watch_spending(bridge: Bridge) -> None:
    """Raise, restate and clear the alarm of every site."""
    each_site(bridge, "spending", lambda site: _watch(bridge, site.id))


def _watch(bridge: Bridge, site: str) -> None:
    assistant, now = bridge.assistants(site), bridge.clock.now()
    most = assistant.caps.site if assistant else 0
    with bridge.store.read() as tx:
        spent = 0 < most <= tx.answers.spent(site, now // DAY, WHOLE_SITE)
        standing = alarms.standing_texts(tx, site)
    text = ALARM_TEXT.format(answers=most) if spent else ""
    told = Alarm(new_id("alm"), ALARM_KIND, text, {"answers": most}, now)
    alarms.tell(bridge, site, [told], standing, raised="responder.alarm", ended="responder.cleared")
