"""The arithmetic of the report: shares, F1, AUC, and their bootstrap intervals.

An interval is the middle 95 % of 1,000 resamples, drawn with a seed of the row's own name: the same data give the same
interval. A share is resampled as the binomial that its bootstrap is; what compares two classes is resampled within each
of them, for their sizes were chosen and not found.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p
from random import Random
from typing import Final

RESAMPLES: Final = 1000
_TAIL: Final = 0.025


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many of what should be found were, and how many of the rest were found as well."""

    found: int
    missed: int
    false: int
    passed: int

    @property
    def wanted(self) -> int:
        return self.found + self.missed

    @property
    def unwanted(self) -> int:
        return self.false + self.passed


def precision(c: Confusion) -> float:
    return _ratio(c.found, c.found + c.false)


def recall(c: Confusion) -> float:
    return _ratio(c.found, c.wanted)


def false_rate(c: Confusion) -> float:
    """The share of what should not be found that was: FER, where finding means escalating."""
    return _ratio(c.false, c.unwanted)


def f1(c: Confusion) -> float:
    return _ratio(2 * c.found, 2 * c.found + c.false + c.missed)


def macro_f1(c: Confusion) -> float:
    """The mean of the F1 of finding and of the F1 of passing over."""
    return (f1(c) + f1(Confusion(c.passed, c.false, c.missed, c.found))) / 2


def auc(wanted: Counter[float], unwanted: Counter[float]) -> float:
    """How often a wanted one scores above an unwanted one; equal scores count half.

    Args:
        wanted: score -> how many have it.
        unwanted: the same, of those that should score low.
    """
    won, below = 0.0, 0
    for score in sorted(wanted.keys() | unwanted.keys()):
        won += wanted[score] * (below + unwanted[score] / 2)
        below += unwanted[score]
    return _ratio(won, wanted.total() * below)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def of_share(name: str, hits: int, n: int) -> Estimate:
    """A share 0..1 with its interval."""
    return _estimate(hits / n, [drawn / n for drawn in _binomial(Random(name), n, hits)])


def of_confusion(name: str, measure: Callable[[Confusion], float], c: Confusion) -> Estimate:
    """A measure of a confusion with its interval."""
    dice = Random(name)
    found, false = _binomial(dice, c.wanted, c.found), _binomial(dice, c.unwanted, c.false)
    drawn = (Confusion(f, c.wanted - f, x, c.unwanted - x) for f, x in zip(found, false, strict=True))
    return _estimate(measure(c), map(measure, drawn))


def of_auc(name: str, wanted: Sequence[float], unwanted: Sequence[float]) -> Estimate:
    """The AUC of scores with its interval."""
    dice = Random(name)
    sides = [(list(counted), list(counted.values()), counted.total()) for counted in map(Counter, (wanted, unwanted))]
    drawn = [
        auc(*(Counter(dice.choices(scores, weights, k=size)) for scores, weights, size in sides))
        for _ in range(RESAMPLES)
    ]
    return _estimate(auc(Counter(wanted), Counter(unwanted)), drawn)


def of_sample(name: str, measure: Callable[[Sequence[float]], float], values: Sequence[float]) -> Estimate:
    """A measure of measured values with its interval."""
    dice = Random(name)
    return _estimate(measure(values), [measure(dice.choices(values, k=len(values))) for _ in range(RESAMPLES)])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _estimate(value: float, drawn: Iterable[float]) -> Estimate:
    ranked = sorted(drawn)
    return Estimate(value, ranked[int(_TAIL * len(ranked))], ranked[int((1 - _TAIL) * len(ranked)) - 1])


def _binomial(dice: Random, n: int, hits: int) -> list[int]:
    """How many hits each resample of n has: drawn from the binomial, which is what resampling a share gives."""
    if hits in {0, n}:
        return [hits] * RESAMPLES
    for_hit, for_miss = log(hits / n), log1p(-hits / n)
    ways = [lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * for_hit + (n - k) * for_miss for k in range(n + 1)]
    return dice.choices(range(n + 1), list(map(exp, ways)), k=RESAMPLES)
