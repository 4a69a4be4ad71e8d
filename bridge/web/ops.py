"""Health, readiness, metrics and the API's description: unsigned, for the machine's own network."""

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import bridge as package
from bridge.clock import machine_now
from bridge.domain.instants import to_rfc3339
from bridge.domain.values import Json
from bridge.ports import StoreBusy, Unusable
from bridge.service.context import Bridge, known_site
from bridge.service.metrics_cache import MetricsCache, Numbers
from bridge.service.poll_presence import presence_ages
from bridge.service.watch_follow_ups import oldest_late
from bridge.service.watch_health import Rates
from bridge.web import openapi
from bridge.web.signed_calls import Call, answer, signed

ops = Blueprint("ops", __name__)

METRICS = {
    "sessions": ("state", "Conversations by state."),
    "turns": ("", "Accepted visitor messages."),
    "escalations": ("state", "Escalations by state."),
    "commitments": ("state", "Promises by what became of them."),
    "follow_ups": ("state", "Actions of the scheduler by state."),
    "outbox": ("state", "Rows for other systems by state; parked ones wait for a person."),
    "outbox_oldest_due_at": ("kind", "When the oldest undelivered row was due, milliseconds UTC."),
    "follow_ups_oldest_due_at": ("kind", "When the first open action of the scheduler is due, milliseconds UTC."),
    "upstreams_paused": ("target", "Sites whose helpdesk or mail server gets only probes, because it fails."),
    "repairs": ("what", "What the reconciler has mended, since the database was made."),
    "answers": ("state", "Answers of our own responder by what became of them; asked ones are owed."),
    "answer_failures": ("failure", "Answers that failed, by cause."),
    "answer_seconds": ("state", "Seconds from question to answer, all together."),
    "crm_fetches": ("result", "Look-ups of customers at the CRM by how they ended, since the database was made."),
    "closure_feeds_failing": ("site", "Feeds of closures that could not be read when last tried."),
    "closure_feed_oldest_read_at": ("site", "When the feed read longest ago was last read, milliseconds UTC."),
    "scheduler_age_seconds": ("", "Seconds since the scheduler's last sign of life; +Inf where it never gave one."),
    "escalation_rate": ("site", "Share of the last seven days' conversations that were handed over; none of too few."),
    "escalation_rate_low": ("site", "Lower end of the rate's 95 % interval."),
    "escalation_rate_high": ("site", "Upper end of the rate's 95 % interval."),
    "escalation_sessions": ("site", "Conversations of the last seven days, which the rate is of."),
    "alarms": ("site", "Standing alarms; bridge stats says which."),
    "presence_age_seconds": ("site", "Seconds since the helpdesk last said who is there."),
}


def counts(bridge: Bridge) -> MetricsCache:
    """The counts by state, which grow slow with what is stored."""

    def read() -> Numbers:
        with bridge.store.read() as tx:
            return tx.ops.counts()

    return MetricsCache(bridge.background, read)


@ops.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return answer({"status": "ok", "version": package.__version__})


@ops.get("/readyz")
def readyz() -> Response:
    """Schema, a write to the store, a living scheduler, and nothing that it should have done long ago."""
    checks = {name: _checked(check) for name, check in _checks().items()}
    ready = all(result == "ok" for result in checks.values())
    return answer({"ready": ready, "checks": checks}, 200 if ready else 503)


@ops.get("/metrics")
def metrics() -> Response:
    """Numbers for Prometheus, read from the database; no scrape waits until a large one is counted."""
    registry = CollectorRegistry()
    registry.register(_Numbers(_bridge(), current_app.extensions["counts"], current_app.extensions["rates"]))
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


@ops.get("/openapi.json")
def describe() -> Response:
    """The API's description."""
    return answer(openapi.describe(current_app))


@ops.get("/v1/health")
@signed(None, answer="Health")
def health(call: Call[None]) -> Response:
    """Prove that a secret works, and tell the clock."""
    with call.write() as tx:
        url = known_site(tx, call.site).url
        current = call.bridge.policies.current(tx, call.site)
        alive = call.bridge.heartbeat.show(tx)["alive"]
    return answer(
        {
            "status": "ok",
            "version": package.__version__,
            "site": call.site,
            "url": url,
            "scope": call.scope.value,
            "server_time": to_rfc3339(machine_now()),
            "policy_version": current.version,
            "scheduler_alive": alive,
            "responder": call.bridge.assistants(call.site) is not None,
        }
    )


def _bridge() -> Bridge:
    found: Bridge = current_app.extensions["bridge"]
    return found


def _checks() -> dict[str, Callable[[], str]]:
    return {"schema": _schema, "store": _store, "scheduler": _scheduler, "follow_ups": _follow_ups}


def _checked(check: Callable[[], str]) -> str:
    try:
        return check()
    except StoreBusy:
        return "the database cannot take a write"


def _schema() -> str:
    fault: Unusable | None = current_app.extensions["schema_fault"]()
    return str(fault or "ok")


def _store() -> str:
    with _bridge().store.write() as tx:
        tx.ops.beat("sidecar", machine_now())
    return "ok"


def _scheduler() -> str:
    heartbeat = _bridge().heartbeat
    with _bridge().store.read() as tx:
        beat = heartbeat.last(tx)
    if heartbeat.alive(beat):
        return "ok"
    return (
        "never seen: start python -m scheduler" if beat is None else "no sign of life: is python -m scheduler running?"
    )


def _follow_ups() -> str:
    with _bridge().store.read() as tx:
        late = oldest_late(tx, _bridge().clock.now())
    return "ok" if late is None else f"not done, the first due since {to_rfc3339(late)}: does python -m scheduler hang?"


class _Numbers(Collector):
    """What is seen now, and counts by state: right for any number of processes because the database is asked."""

    def __init__(self, bridge: Bridge, counts: MetricsCache, rates: Rates) -> None:
        self._bridge = bridge
        self._counts = counts
        self._rates = rates

    def collect(self) -> Iterator[GaugeMetricFamily]:
        numbers = {**self._counts.shown(), **self._rates.numbers()}
        with self._bridge.store.read() as tx:
            numbers |= tx.ops.signs(machine_now())
        numbers["presence_age_seconds"] = presence_ages(self._bridge)
        for name, (label, text) in METRICS.items():
            yield _family(name, label, text, numbers.get(name, {}))


def _family(name: str, label: str, text: str, values: Json) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"bridge_{name}", text, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family
