"""The alarm about a CRM that does not answer: while it stands, everybody who has an address gets the highest tier.

Each look-up is counted where it was made, in the database, so that every process adds to the same row.
"""

from typing import Final

import structlog

from bridge.domain.customer import Fetch
from bridge.domain.health import Alarm
from bridge.domain.instants import to_rfc3339
from bridge.domain.values import Millis
from bridge.ports import Lookups, Site, Tx
from bridge.service.alarms import raise_or_restate, standing_texts
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site

ALARM_KIND: Final = "crm_down"
FAILURES_TO_ALARM: Final = 5
"""Look-ups in a row that failed: one that is lost now and then is no news."""

log = structlog.get_logger()


def record_lookup(tx: Tx, site: str, crm: str, result: Fetch, cause: str | None, now: Millis) -> None:
    """Count a look-up, and raise or end the alarm by it.

    Args:
        tx: the transaction that keeps what was found.
        site: its id.
        crm: its name.
        result: how the look-up ended.
        cause: why it failed, in a few fixed words.
        now: the present instant.
    """
    stands = tx.ops.count_lookup(site, result, now)
    if not stands.failures:
        _clear(tx, site, now)
    elif stands.failures >= FAILURES_TO_ALARM and raise_or_restate(tx, site, _alarm(crm, cause, stands, now)):
        log.warning("crm.alarm", site=site, cause=cause, in_a_row=stands.failures)


def _clear(tx: Tx, site: str, now: Millis) -> None:
    if tx.alarms.clear(site, ALARM_KIND, now):
        log.info("crm.cleared", site=site)


def _alarm(crm: str, cause: str | None, stands: Lookups, now: Millis) -> Alarm:
    since = to_rfc3339(now if stands.failing_since is None else stands.failing_since)
    text = (
        f"The CRM {crm} has not answered usably since {since}: {stands.failures} look-ups in a row failed, the last "
        f"one {cause}. Until it does, everybody who has an address gets the highest tier. bridge doctor asks it."
    )
    detail = {"crm": crm, "since": since, "failures": stands.failures, "cause": cause}
    return Alarm(new_id("alm"), ALARM_KIND, text, detail, now)


def watch_crm(bridge: Bridge) -> None:
    """End the alarm of every site that asks no CRM any more: no look-up will."""
    each_site(bridge, "crm", lambda site: _watch(bridge, site))


def _watch(bridge: Bridge, site: Site) -> None:
    with bridge.store.read() as tx:
        stands = ALARM_KIND in standing_texts(tx, site.id)
    if stands and bridge.systems(site).crm is None:
        with bridge.store.write() as tx:
            _clear(tx, site.id, bridge.clock.now())
