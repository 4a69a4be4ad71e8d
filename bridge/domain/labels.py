"""What people say of decisions: whether a person was needed. What a rule, and a policy, is worth by their word."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.health import wilson
from bridge.domain.values import Millis


class Verdict(StrEnum):
    """What somebody of the team says. `missed` is said of a session that was never handed over."""

    NEEDED = "needed"
    UNNEEDED = "unneeded"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Label:
    """The last word on an escalation, or on a session that should have become one (`escalation_id` is None).

    `author` is who said it, as the team is shown. `rule` is the one that decided; `first` says that the escalation was
    the first of its session. Both are known of stored labels alone.
    """

    session_id: str
    escalation_id: str | None
    verdict: Verdict
    author: str
    labelled_at: Millis
    rule: str | None = None
    first: bool = True

    @property
    def wants_a_person(self) -> bool:
        """Whether the conversation should be handed over."""
        return self.verdict is not Verdict.UNNEEDED


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a rule was right by the labels: the share of `needed`, and its 95 % interval."""

    rule: str
    needed: int
    unneeded: int

    @property
    def share(self) -> float:
        """0..1."""
        return self.needed / (self.needed + self.unneeded)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's."""
        return wilson(self.needed, self.needed + self.unneeded)


def precision_by_rule(labels: Iterable[Label]) -> list[Precision]:
    """Each rule that has a label, the most often labelled first, then by name."""
    counted = Counter((label.rule, label.verdict) for label in labels if label.rule is not None)
    rules = {rule for rule, _ in counted if rule is not None}
    found = [Precision(rule, counted[rule, Verdict.NEEDED], counted[rule, Verdict.UNNEEDED]) for rule in rules]
    return sorted(found, key=lambda one: (-one.needed - one.unneeded, one.rule))


@dataclass(frozen=True, slots=True)
class Score:
    """A policy held against labels: rightly handed over (`found`), wrongly, and not although it should be."""

    found: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, 0..1; 0 where there is nothing to find."""
        return 2 * self.found / (2 * self.found + self.wrong + self.missed) if self.found else 0.0


def score(outcomes: Iterable[tuple[bool, bool]]) -> Score:
    """The score of pairs: whether a conversation should be handed over, and whether it is."""
    counted = Counter(outcomes)
    return Score(found=counted[True, True], wrong=counted[False, True], missed=counted[True, False])
