"""The alarm about broken promises: it stands while a customer waits to whom one was broken."""

import structlog

from bridge.domain.health import Alarm
from bridge.ports import Site, Tx
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import on_its_own

ALARM_KIND = "promise_broken"
ALARM_TEXT = "A promise to a customer was broken, and nobody has answered yet."

log = structlog.get_logger()


def watch_broken(bridge: Bridge) -> None:
    """Raise and clear the alarm of every site."""
    with bridge.store.read() as tx:
        seen = [(site, tx.escalations.let_down(site.id), _stands(tx, site)) for site in tx.sites.all()]
    for site, waiting, stands in seen:
        if bool(waiting) != stands:
            with on_its_own(site.id, "broken"):
                _change(bridge, site, waiting)


def _stands(tx: Tx, site: Site) -> bool:
    return any(alarm.kind == ALARM_KIND for alarm in tx.alarms.standing(site.id))


def _change(bridge: Bridge, site: Site, waiting: int) -> None:
    """Whoever is second, in another scheduler, changes nothing and says nothing."""
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        if waiting:
            changed = tx.alarms.start(
                site.id, Alarm(new_id("alm"), ALARM_KIND, ALARM_TEXT, {"customers": waiting}, now)
            )
        else:
            changed = tx.alarms.clear(site.id, ALARM_KIND, now)
    if changed and waiting:
        log.warning("promises.alarm", site=site.id, customers=waiting)
    elif changed:
        log.info("promises.cleared", site=site.id)
