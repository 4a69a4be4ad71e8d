"""The alarm about broken promises: it stands while a customer waits to whom one was broken."""

from bridge.domain.health import Alarm
from bridge.service import alarms
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site

ALARM_KIND = "promise_broken"


def watch_broken(bridge: Bridge) -> None:
    """Raise, restate and clear the alarm of every site."""
    each_site(bridge, "broken", lambda site: _watch(bridge, site.id))


def _watch(bridge: Bridge, site: str) -> None:
    with bridge.store.read() as tx:
        waiting = tx.escalations.let_down(site)
        standing = alarms.standing_texts(tx, site)
    told = Alarm(new_id("alm"), ALARM_KIND, _text(waiting), {"customers": waiting}, bridge.clock.now())
    alarms.tell(bridge, site, [told], standing, raised="promises.alarm", ended="promises.cleared")


def _text(waiting: int) -> str:
    """What is to be said of customers who wait so; empty where there is none."""
    if waiting > 1:
        return f"Promises to {waiting} customers were broken, and nobody has answered them yet."
    return "A promise to a customer was broken, and nobody has answered yet." if waiting else ""
