"""What a model's rating of itself is worth: a rising map from its ratings to how often such replies were right.

The map is fitted to labelled conversations by pooling neighbours until shares rise with ratings. With few labels in a
pool its share is drawn towards that of all labels, so that three right replies do not make a certainty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import Final

Point = tuple[float, float]
"""A rating, and the probability that it is worth: both 0 to 1."""

LEAST_LABELS: Final = 50
"""Labelled replies below which nothing is fitted."""
_FOLDS: Final = 5
_BINS: Final = 10
_PULL: Final = 4.0
"""Labels that the share of all labels weighs as in every pool."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A reply: how sure the model said it was, 0 to 1, and whether it was right."""

    confidence: float
    correct: bool


@dataclass(frozen=True, slots=True)
class Error:
    """How far ratings are from what came true, 0 is perfect: the expected calibration error, and the Brier score."""

    ece: float
    brier: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map, and the error without it and with it. The latter is of labels that a map was not fitted to."""

    points: tuple[Point, ...]
    labels: int
    right: int
    before: Error
    after: Error

    @property
    def helps(self) -> bool:
        """Whether ratings are closer to the truth with it."""
        return self.after.brier < self.before.brier


class TooFewLabels(ValueError):  # noqa: N818 - it names what happened
    """Nothing can be fitted; the message says why."""


def calibrated(points: Sequence[Point], rating: float) -> float:
    """What a rating is worth by the map, between its points in proportion; the rating itself without a map."""
    if not points:
        return rating
    if rating <= points[0][0]:
        return points[0][1]
    for (low, worth_low), (high, worth_high) in pairwise(points):
        if rating <= high:
            share = (rating - low) / (high - low) if high > low else 1.0
            return min(max(worth_low + share * (worth_high - worth_low), worth_low), worth_high)
    return points[-1][1]


def calibrate(samples: Sequence[Sample]) -> Calibration:
    """The map that the labels speak for, with its error as cross-validation finds it.

    Raises:
        TooFewLabels: fewer than 50, or all of them alike.
    """
    right = sum(sample.correct for sample in samples)
    if len(samples) < LEAST_LABELS:
        raise TooFewLabels(f"{len(samples)} labelled replies; {LEAST_LABELS} are needed before ratings are calibrated.")
    if right in (0, len(samples)):
        raise TooFewLabels("All labels are alike; without right and wrong replies nothing can be told apart.")
    return Calibration(
        points=fit(samples),
        labels=len(samples),
        right=right,
        before=error_of([(sample.confidence, sample.correct) for sample in samples]),
        after=error_of(list(_held_out(samples))),
    )


def _held_out(samples: Sequence[Sample]) -> Iterable[tuple[float, bool]]:
    """What each sample's rating is worth by a map that was fitted to the others, in folds that are alike in ratings."""
    order = sorted(samples, key=lambda one: (one.confidence, one.correct))
    for fold in range(_FOLDS):
        points = fit([sample for n, sample in enumerate(order) if n % _FOLDS != fold])
        yield from ((calibrated(points, one.confidence), one.correct) for one in order[fold::_FOLDS])


@dataclass(frozen=True, slots=True)
class _Pool:
    """Neighbouring ratings: the sum of them, how many, and how many were right."""

    ratings: float
    count: int
    right: int

    @property
    def share(self) -> float:
        return self.right / self.count

    def joined(self, other: "_Pool") -> "_Pool":
        return _Pool(self.ratings + other.ratings, self.count + other.count, self.right + other.right)


def fit(samples: Sequence[Sample]) -> tuple[Point, ...]:
    """The rising map of the samples, with a point for each pool."""
    overall = sum(sample.correct for sample in samples) / len(samples)
    pools: list[_Pool] = []
    for pool in _by_rating(samples):
        while pools and pools[-1].share >= pool.share:
            pool = pools.pop().joined(pool)  # noqa: PLW2901 - it grows
        pools.append(pool)
    drawn = ((pool.right + _PULL * overall) / (pool.count + _PULL) for pool in pools)
    rising = accumulate(drawn, max)
    return tuple((round(p.ratings / p.count, 3), round(worth, 3)) for p, worth in zip(pools, rising, strict=True))


def _by_rating(samples: Sequence[Sample]) -> Iterable[_Pool]:
    """A pool for each rating, the lowest first."""
    for rating, alike in groupby(sorted(samples, key=lambda one: one.confidence), key=lambda one: one.confidence):
        right = [sample.correct for sample in alike]
        yield _Pool(rating * len(right), len(right), sum(right))


def error_of(pairs: Sequence[tuple[float, bool]]) -> Error:
    """The error of ratings, each with whether the reply was right."""
    brier = sum((rating - right) ** 2 for rating, right in pairs) / len(pairs)
    bins: dict[int, list[tuple[float, bool]]] = {}
    for rating, right in pairs:
        bins.setdefault(min(int(rating * _BINS), _BINS - 1), []).append((rating, right))
    gaps = (abs(sum(rating - right for rating, right in own)) for own in bins.values())
    return Error(ece=sum(gaps) / len(pairs), brier=brier)


def rises(points: Iterable[Point]) -> bool:
    """Whether neither ratings nor what they are worth ever fall."""
    return all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(points))
