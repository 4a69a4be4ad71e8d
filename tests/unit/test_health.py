import pytest

from bridge.domain.health import Band, band_of, health, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),  # values from Wilson's formula, worked out apart
        (1, 10, 0.0179, 0.4042),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (200, 1000, 0.1764, 0.2259),
    ],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_holds_the_share_and_stays_within_bounds() -> None:
    for of in (1, 2, 3, 17, 400):
        for hits in range(of + 1):
            low, high = wilson(hits, of)
            assert 0 <= low <= hits / of <= high <= 1


@pytest.mark.parametrize(("hits", "of"), [(0, 0), (-1, 3), (4, 3)])
def test_what_is_no_share_has_no_interval(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        wilson(hits, of)


@pytest.mark.parametrize(
    ("rate", "band", "alarming"),
    [
        (0.0, Band.TOO_LOW, True),
        (0.1499, Band.TOO_LOW, True),
        (0.15, Band.HEALTHY, False),
        (0.30, Band.HEALTHY, False),
        (0.31, Band.HIGH, False),
        (0.35, Band.HIGH, False),
        (0.3501, Band.TOO_HIGH, True),
        (1.0, Band.TOO_HIGH, True),
    ],
)
def test_a_rate_lies_in_a_band(rate: float, band: Band, alarming: bool) -> None:
    assert (band_of(rate), band_of(rate).alarming) == (band, alarming)


def test_few_conversations_make_nobody_sure() -> None:
    few, many = health(2, 10), health(2000, 10_000)
    assert few
    assert many
    assert (few.band, few.sure) == (Band.HEALTHY, False)
    assert (many.band, many.sure) == (Band.HEALTHY, True)


def test_no_conversation_has_no_health() -> None:
    assert health(0, 0) is None
