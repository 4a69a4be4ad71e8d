"""What a model's rating is worth: rising, between 0 and 1, and no worse than the rating where labels are many."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.calibration import (
    LEAST_LABELS,
    Sample,
    TooFewLabels,
    calibrate,
    calibrated,
    error_of,
    fit,
    rises,
)

SAMPLES = st.lists(st.builds(Sample, st.floats(0, 1), st.booleans()), min_size=1, max_size=120)


def boastful(labels: int, seed: int = 1) -> list[Sample]:
    """Replies of a model that says 0.8 to 1.0 and is right by half of what lies above 0.6."""
    dice = Random(seed)
    said = [round(dice.uniform(0.8, 1.0), 2) for _ in range(labels)]
    return [Sample(rating, dice.random() < (rating - 0.6) / 0.5) for rating in said]


@given(SAMPLES, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_map_rises_and_stays_between_0_and_1(samples: list[Sample], ratings: list[float]) -> None:
    points = fit(samples)
    worth = [calibrated(points, rating) for rating in sorted(ratings)]
    assert rises(points)
    assert worth == sorted(worth)
    assert all(0 <= one <= 1 for one in worth)


@given(SAMPLES)
def test_the_order_of_the_labels_changes_nothing(samples: list[Sample]) -> None:
    assert fit(samples) == fit(samples[::-1])


def test_without_a_map_a_rating_is_taken_as_it_is() -> None:
    assert calibrated((), 0.83) == 0.83


def test_between_two_points_a_rating_is_worth_what_lies_between() -> None:
    points = ((0.5, 0.2), (0.9, 0.6))
    assert [round(calibrated(points, rating), 3) for rating in (0.0, 0.5, 0.7, 0.9, 1.0)] == [0.2, 0.2, 0.4, 0.6, 0.6]


def test_three_right_replies_make_no_certainty() -> None:
    samples = [Sample(0.5, False)] * 30 + [Sample(0.9, True)] * 3
    assert calibrated(fit(samples), 0.9) < 0.6


def test_a_boastful_models_error_falls_and_the_figure_is_of_labels_that_were_not_fitted_to() -> None:
    found = calibrate(boastful(400))
    assert found.helps
    assert found.after.ece < found.before.ece / 2
    fresh = [(calibrated(found.points, one.confidence), one.correct) for one in boastful(4000, seed=2)]
    assert error_of(fresh).brier == pytest.approx(found.after.brier, abs=0.03)


def test_where_ratings_say_nothing_no_help_is_claimed_beyond_the_base_rate() -> None:
    dice = Random(3)
    found = calibrate([Sample(dice.random(), dice.random() < 0.7) for _ in range(300)])
    assert found.after.brier == pytest.approx(0.7 * 0.3, abs=0.03)


def test_the_errors_are_what_their_names_say() -> None:
    found = error_of([(0.9, True), (0.9, False), (0.2, False), (0.2, False)])
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.04 + 0.04) / 4)
    assert found.ece == pytest.approx((abs(1.8 - 1) + abs(0.4 - 0)) / 4)


def test_too_few_labels_are_refused_with_their_number() -> None:
    with pytest.raises(TooFewLabels, match=f"49 labelled replies; {LEAST_LABELS} are needed"):
        calibrate(boastful(LEAST_LABELS - 1))


def test_labels_that_are_all_alike_are_refused() -> None:
    with pytest.raises(TooFewLabels, match="All labels are alike"):
        calibrate([Sample(n / 100, True) for n in range(80)])
