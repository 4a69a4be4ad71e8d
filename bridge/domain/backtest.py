"""What a replay of many conversations comes to: how many escalate, why, when, and what another policy would change."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from bridge.domain import hours, wall_clock
from bridge.domain.calendars import Calendar
from bridge.domain.health import HEALTHY, Health, health
from bridge.domain.instants import HOUR, to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.replay import Conversation, Outcome, replay_under, span, unknown_keys
from bridge.domain.values import Json, Millis

MOST_EXAMPLES: Final = 5
"""Conversations that are named of each kind of change."""
MOST_REASONS: Final = 3
"""Reasons that are named of each rule, the most frequent first."""
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK_HOURS: Final = 7 * 24

Span = tuple[Millis, Millis]
"""First and last instant."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One conversation under the policy that is tried and, where there is one, the present policy."""

    tried: Outcome
    present: Outcome | None = None
    span: Span | None = None
    handed_over: bool = False
    """The record ends there because a person took over."""
    unknown: frozenset[str] = frozenset()
    """Keys of the record that nothing reads."""


def judge(conversation: Conversation, tried: Policy, present: Policy | None) -> Judged:
    """The conversation under both policies."""
    outcomes = replay_under([tried, present] if present else [tried], conversation)
    return Judged(
        tried=outcomes[0],
        present=outcomes[1] if present else None,
        span=span(conversation),
        handed_over=conversation.handed_over,
        unknown=frozenset(unknown_keys(conversation)),
    )


@dataclass(slots=True)
class Tally:
    """The outcomes under one policy, counted."""

    sessions: int = 0
    escalated: int = 0
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    arrivals: dict[str, list[Millis]] = field(default_factory=dict)
    """By queue, the instants at which conversations came to it, as far as they are recorded."""

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.sessions += 1
        if outcome.rule is None or outcome.queue is None:
            return
        self.escalated += 1
        self.reasons.setdefault(outcome.rule, Counter())[outcome.reason or ""] += 1
        if outcome.at is not None:
            self.arrivals.setdefault(outcome.queue, []).append(outcome.at)

    @property
    def health(self) -> Health | None:
        """The rate and its band."""
        return health(self.escalated, self.sessions)

    def by_rule(self) -> list[tuple[str, int, list[tuple[str, int]]]]:
        """Rule, how often it decided, its most frequent reasons; the most frequent rule first, then by name."""
        counted = [(rule, reasons.total(), reasons.most_common(MOST_REASONS)) for rule, reasons in self.reasons.items()]
        return sorted(counted, key=lambda row: (-row[1], row[0]))


@dataclass(slots=True)
class Change:
    """Conversations that fare otherwise under the policy that is tried: how many, and the first few."""

    count: int = 0
    examples: list[tuple[Outcome, Outcome]] = field(default_factory=list)

    def add(self, present: Outcome, tried: Outcome) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append((present, tried))


@dataclass(slots=True)
class Difference:
    """What the policy that is tried changes against the present one."""

    present: Tally = field(default_factory=Tally)
    newly: Change = field(default_factory=Change)
    no_longer: Change = field(default_factory=Change)
    elsewhere: Change = field(default_factory=Change)
    """Both hand over, to another queue or with another priority."""

    def add(self, present: Outcome, tried: Outcome) -> None:
        """Count one conversation, judged under both."""
        self.present.add(present)
        if change := self._kind(present, tried):
            change.add(present, tried)

    def _kind(self, present: Outcome, tried: Outcome) -> Change | None:
        if tried.escalated != present.escalated:
            return self.newly if tried.escalated else self.no_longer
        return self.elsewhere if (tried.queue, tried.priority) != (present.queue, present.priority) else None


@dataclass(frozen=True, slots=True)
class Named:
    """A policy and what to call it."""

    name: str
    policy: Policy


@dataclass(slots=True)
class Backtest:
    """A record of conversations under the policy that is tried, and what that changes against the present one."""

    tried: Named
    present: Named | None = None
    tally: Tally = field(default_factory=Tally)
    difference: Difference = field(default_factory=Difference)
    span: Span | None = None
    cut_short: int = 0
    """Conversations that end where a person took over, before the policy that is tried would have handed over."""
    unknown: set[str] = field(default_factory=set)

    def add(self, judged: Judged) -> None:
        """Count one conversation."""
        self.tally.add(judged.tried)
        self.unknown |= judged.unknown
        self.cut_short += judged.handed_over and not judged.tried.escalated
        if judged.span:
            first, last = self.span or judged.span
            self.span = min(first, judged.span[0]), max(last, judged.span[1])
        if judged.present:
            self.difference.add(judged.present, judged.tried)

    @property
    def loads(self) -> list["Load"]:
        """What comes to the queues under the policy that is tried."""
        return loads(self.tried.policy, self.tally, self.span)

    @property
    def present_loads(self) -> list["Load"]:
        """What comes to the queues under the present policy."""
        return loads(self.present.policy, self.difference.present, self.span) if self.present else []


# -- load --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Peak:
    """The hour of the week in which most comes: 0 is Monday, on the queue's own clock."""

    day: int
    hour: int
    count: int

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.day]} {self.hour:02}:00"


@dataclass(frozen=True, slots=True)
class Load:
    """What comes to a queue over the span of a record; `per_open_hour` is None where it was never open in it."""

    queue: str
    escalated: int
    while_closed: int
    open_hours: float
    per_open_hour: float | None
    peak: Peak


def loads(policy: Policy, tally: Tally, over: Span | None) -> list[Load]:
    """What comes to each queue that anything came to, in the policy's order.

    Nothing where no instants are recorded, or where they lie further apart than open hours are counted over.
    """
    if over is None or over[1] - over[0] > hours.LONGEST_SUM:
        return []
    return [
        _load(name, tally.arrivals[name], policy.hours[queue.hours], over)
        for name, queue in policy.queues.items()
        if name in tally.arrivals
    ]


def _load(queue: str, arrivals: list[Millis], calendar: Calendar, over: Span) -> Load:
    open_ms = hours.business_time_between(calendar, *over)
    return Load(
        queue=queue,
        escalated=len(arrivals),
        while_closed=sum(not hours.is_open(calendar, at) for at in arrivals),
        open_hours=open_ms / HOUR,
        per_open_hour=len(arrivals) * HOUR / open_ms if open_ms else None,
        peak=_peak(arrivals, calendar.timezone),
    )


def _peak(arrivals: list[Millis], zone: str) -> Peak:
    """Of several the earliest in the week; 1970-01-01 was a Thursday."""
    counted = Counter(((at + wall_clock.offset_at(zone, at)) // HOUR + 3 * 24) % WEEK_HOURS for at in arrivals)
    best = max(counted, key=lambda hour: (counted[hour], -hour))
    return Peak(*divmod(best, 24), counted[best])


# -- for scripts -------------------------------------------------------------------------------------------------------


def as_json(backtest: Backtest) -> Json:
    """The report for scripts."""
    tally, present = backtest.tally, backtest.present
    return {
        "policy": backtest.tried.name,
        "present_policy": present.name if present else None,
        **_counts(tally),
        "healthy": list(HEALTHY),
        "cut_short": backtest.cut_short,
        "rules": [
            {"rule": rule, "count": count, "reasons": [{"reason": why, "count": n} for why, n in reasons]}
            for rule, count, reasons in tally.by_rule()
        ],
        "span": [to_rfc3339(at) for at in backtest.span] if backtest.span else None,
        "load": [_show_load(load) for load in backtest.loads],
        "difference": _difference(backtest) if present else None,
    }


def _counts(tally: Tally) -> dict[str, Json]:
    found = tally.health
    return {
        "sessions": tally.sessions,
        "escalated": tally.escalated,
        "rate": round(found.rate, 6) if found else None,
        "interval": [round(found.low, 6), round(found.high, 6)] if found else None,
        "band": found.band.value if found else None,
        "alarm": bool(found and found.band.alarming),
        "sure": bool(found and found.sure),
    }


def _show_load(load: Load) -> Json:
    return {
        "queue": load.queue,
        "escalated": load.escalated,
        "while_closed": load.while_closed,
        "open_hours": round(load.open_hours, 3),
        "per_open_hour": None if load.per_open_hour is None else round(load.per_open_hour, 6),
        "peak": {"day": WEEKDAYS[load.peak.day].lower(), "hour": load.peak.hour, "count": load.peak.count},
    }


def _difference(backtest: Backtest) -> Json:
    difference = backtest.difference
    return {
        "present": {**_counts(difference.present), "load": [_show_load(load) for load in backtest.present_loads]},
        "newly_escalated": _change(difference.newly),
        "no_longer_escalated": _change(difference.no_longer),
        "other_queue_or_priority": _change(difference.elsewhere),
    }


def _change(change: Change) -> Json:
    shown = [
        {"session_id": tried.session_id, "present": _brief(present), "tried": _brief(tried)}
        for present, tried in change.examples
    ]
    return {"count": change.count, "examples": shown}


def _brief(outcome: Outcome) -> Json:
    if not outcome.escalated:
        return None
    said = outcome.as_json()
    del said["session_id"]
    return {**said, "visitor": outcome.said}
