"""The numbers that an owner steers by: rate and band, what moved it, promises, delivery, labels, alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from bridge.domain.escalation import CommitmentState, OutboxState
from bridge.domain.health import ALARMS, HEALTHY, LEAST_CONVERSATIONS, Alarm, Band, Share, Trend, Window, wilson
from bridge.domain.instants import to_rfc3339
from bridge.domain.labels import Label, Precision, Verdict, precision_by_rule
from bridge.domain.upstream import Upstream
from bridge.domain.values import Json
from bridge.ports import Site, Tx
from bridge.service.context import Bridge
from bridge.service.measure_health import measure_health

LONGEST_DAYS = 90
"""Days of a window."""


def read_stats(bridge: Bridge, tx: Tx, site: Site, days: int) -> Json:
    """The last days of a site and the days before them, as plain JSON. Rates and intervals are shares, 0..1."""
    now = bridge.clock.now()
    trend = measure_health(tx, site, now, days)
    span = (site.id, trend.now.since, now)
    return {
        "site": site.id,
        "timezone": site.timezone,
        "days": days,
        "healthy": list(HEALTHY),
        "alarms_beyond": list(ALARMS),
        "least": LEAST_CONVERSATIONS,
        "now": _window(trend.now),
        "before": _window(trend.before),
        "moved": asdict(trend.moved) if trend.moved else None,
        "by_day": [_share("day", one) for one in trend.now.shares(lambda group: group.day)],
        "by_rule": _rules(trend),
        "by_trigger": _triggers(tx.stats.triggers(*span), trend.now.sessions),
        "by_flow": [_share("flow", one) for one in trend.now.shares(lambda group: group.flow)],
        "by_tier": [_share("tier", one) for one in trend.now.shares(lambda group: group.tier)],
        "active": tx.escalations.active(site.id),
        "commitments": _all_of([state.value for state in CommitmentState], tx.stats.commitments(*span)),
        "delivery": _all_of([state.value for state in OutboxState], tx.stats.deliveries(*span)),
        "upstreams": [_upstream(one) for one in tx.upstreams.all() if one.site == site.id],
        "labels": _labels(tx.labels.of_sessions(*span)),
        "alarms": [_alarm(one) for one in tx.alarms.standing(site.id)],
        "scheduler": bridge.heartbeat.show(tx),
    }


def _window(window: Window) -> Json:
    found = window.health
    return {
        "since": to_rfc3339(window.since),
        "until": to_rfc3339(window.until),
        "sessions": window.sessions,
        "escalated": found.escalated if found else 0,
        "rate": round(found.rate, 6) if found else None,
        "interval": _rounded(found.low, found.high) if found else None,
        "band": (found.band if found else Band.TOO_FEW).value,
        "sure": bool(found and found.sure),
        "alarm": bool(found and found.band.alarming),
    }


def _share(what: str, one: Share) -> Json:
    return {
        what: one.name,
        "sessions": one.sessions,
        "escalated": one.escalated,
        "rate": round(one.escalated / one.sessions, 6),
        "interval": _rounded(*wilson(one.escalated, one.sessions)),
    }


def _rules(trend: Trend) -> Json:
    """Each rule that decided in either window, with its share of all sessions."""
    now, before = trend.now.by_rule(), trend.before.by_rule()
    return [
        {
            "rule": rule,
            "escalated": now.get(rule, 0),
            "share": _part(now.get(rule, 0), trend.now.sessions),
            "before": _part(before.get(rule, 0), trend.before.sessions),
        }
        for rule in {**now, **before}
    ]


def _triggers(counted: Mapping[str, int], sessions: int) -> Json:
    """In how many escalations each had fired: several fire in one, so they do not add up."""
    most_first = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"trigger": name, "escalated": n, "share": _part(n, sessions)} for name, n in most_first]


def _part(hits: int, of: int) -> float | None:
    return round(hits / of, 6) if of else None


def _rounded(low: float, high: float) -> list[float]:
    return [round(low, 6), round(high, 6)]


def _all_of(states: Sequence[str], counted: Mapping[str, int]) -> dict[str, int]:
    return {state: counted.get(state, 0) for state in states}


def _labels(labels: Sequence[Label]) -> Json:
    said = [label.verdict for label in labels]
    missed = [label for label in labels if label.verdict is Verdict.MISSED]
    return {
        **{verdict.value: said.count(verdict) for verdict in Verdict},
        "by_rule": [_precision(one) for one in precision_by_rule(labels)],
        "missed_sessions": [
            {"session_id": label.session_id, "author": label.author, "labelled_at": to_rfc3339(label.labelled_at)}
            for label in missed
        ],
    }


def _precision(one: Precision) -> Json:
    return {
        "rule": one.rule,
        "needed": one.needed,
        "unneeded": one.unneeded,
        "precision": round(one.share, 6),
        "interval": _rounded(*one.interval),
    }


def _upstream(one: Upstream) -> Json:
    return {
        "target": one.target,
        "paused": one.paused,
        "failures": one.failures,
        "failing_since": None if one.failing_since is None else to_rfc3339(one.failing_since),
        "cause": one.cause,
    }


def _alarm(one: Alarm) -> Json:
    return {
        "id": one.id,
        "kind": one.kind,
        "text": one.text,
        "raised_at": to_rfc3339(one.raised_at),
        "detail": one.detail,
    }
