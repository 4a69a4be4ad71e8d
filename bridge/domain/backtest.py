"""What a replay of many conversations comes to: how many escalate, why, and what another policy would change."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from bridge.domain.health import HEALTHY, Health, health
from bridge.domain.replay import Outcome
from bridge.domain.values import Json

EXAMPLES: Final = 5
"""Conversations that are named of each kind of change."""
REASONS: Final = 3
"""Reasons that are named of each rule, the most frequent first."""


@dataclass(slots=True)
class Tally:
    """The outcomes under one policy, counted."""

    sessions: int = 0
    escalated: int = 0
    reasons: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.sessions += 1
        if outcome.rule is None:
            return
        self.escalated += 1
        self.reasons.setdefault(outcome.rule, Counter())[outcome.reason or ""] += 1

    @property
    def health(self) -> Health | None:
        """The rate and its band."""
        return health(self.escalated, self.sessions)

    def by_rule(self) -> list[tuple[str, int, list[tuple[str, int]]]]:
        """Rule, how often it decided, its most frequent reasons; the most frequent rule first, then by name."""
        counted = [(rule, reasons.total(), reasons.most_common(REASONS)) for rule, reasons in self.reasons.items()]
        return sorted(counted, key=lambda row: (-row[1], row[0]))


@dataclass(slots=True)
class Change:
    """Conversations that fare otherwise under the policy that is tried: how many, and the first few."""

    count: int = 0
    examples: list[tuple[Outcome, Outcome]] = field(default_factory=list)

    def add(self, present: Outcome, tried: Outcome) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
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


def as_json(tally: Tally, difference: Difference | None) -> Json:
    """The report for scripts."""
    return {
        **_counts(tally),
        "healthy": list(HEALTHY),
        "rules": [
            {"rule": rule, "count": count, "reasons": [{"reason": why, "count": n} for why, n in reasons]}
            for rule, count, reasons in tally.by_rule()
        ],
        "difference": _difference(difference) if difference else None,
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


def _difference(difference: Difference) -> Json:
    return {
        "present": _counts(difference.present),
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
    said = outcome.as_json()
    del said["session_id"]
    return said if outcome.escalated else None
