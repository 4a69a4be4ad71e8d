"""The watch over each site's rate of escalations: an alarm when it is surely unhealthy, its end, and the metrics."""

from dataclasses import asdict

import structlog

from bridge.domain.health import ALARM_KINDS, Alarm, Band, Health, Trend, alarm_text, alarming, over
from bridge.domain.values import Json, Millis
from bridge.ports import Site
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site
from bridge.service.measure_health import measure_health
from bridge.service.metrics_cache import MetricsCache, Numbers

RATES_TTL_S = 300.0
"""Seconds for which a process shows the rates that it has measured: a scrape must not read a week of sessions."""

log = structlog.get_logger()


def watch_health(bridge: Bridge) -> None:
    """Raise and clear the alarms of every site."""
    each_site(bridge, "health", lambda site: _watch(bridge, site))


def _watch(bridge: Bridge, site: Site) -> None:
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        trend = measure_health(tx, site, now)
        standing = {alarm.kind for alarm in tx.alarms.standing(site.id)}
    found = trend.now.health
    for known in standing & ALARM_KINDS.keys():
        if found and over(known, found):
            _clear(bridge, site, known, now, found)
    kind = alarming(found)
    if found and kind and kind not in standing:
        _raise(bridge, site, Alarm(new_id("alm"), kind, alarm_text(trend, found), detail(trend, found), now), found)


def _raise(bridge: Bridge, site: Site, alarm: Alarm, found: Health) -> None:
    """Whoever is second, in another scheduler, raises nothing and says nothing."""
    with bridge.store.write() as tx:
        raised = tx.alarms.start(site.id, alarm)
    if raised:
        log.warning("health.alarm", site=site.id, kind=alarm.kind, **_numbers(found), moved=alarm.detail["moved"])


def _clear(bridge: Bridge, site: Site, kind: str, now: Millis, found: Health) -> None:
    with bridge.store.write() as tx:
        cleared = tx.alarms.clear(site.id, kind, now)
    if cleared:
        log.info("health.cleared", site=site.id, kind=kind, **_numbers(found))


def detail(trend: Trend, found: Health) -> Json:
    """The numbers of an alarm."""
    return {**_numbers(found), "days": trend.days, "moved": asdict(trend.moved) if trend.moved else None}


def _numbers(found: Health) -> dict[str, float]:
    shares = {"rate": found.rate, "low": found.low, "high": found.high}
    return {
        "sessions": found.sessions,
        "escalated": found.escalated,
        **{name: round(share, 6) for name, share in shares.items()},
    }


class Rates:
    """The numbers about health for the dashboard, by metric and site, measured anew after `RATES_TTL_S` seconds."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._rates = MetricsCache(bridge.background, self._measure, RATES_TTL_S)

    def numbers(self) -> Numbers:
        """Sessions of the last days; their rate with its interval where there are enough of them; standing alarms."""
        rates = self._rates.shown()
        with self._bridge.store.read() as tx:
            return {**rates, "alarms": {site: float(n) for site, n in tx.alarms.counts().items()}}

    def _measure(self) -> Numbers:
        now = self._bridge.clock.now()
        with self._bridge.store.read() as tx:
            trends = {site.id: measure_health(tx, site, now) for site in tx.sites.all()}
        known = {site: trend.now.health for site, trend in trends.items()}
        told = {site: found for site, found in known.items() if found and found.band is not Band.TOO_FEW}
        return {
            "escalation_sessions": {site: float(trend.now.sessions) for site, trend in trends.items()},
            "escalation_rate": {site: found.rate for site, found in told.items()},
            "escalation_rate_low": {site: found.low for site, found in told.items()},
            "escalation_rate_high": {site: found.high for site, found in told.items()},
        }
