import pytest

from bridge.domain.health import (
    LEAST_CONVERSATIONS,
    Band,
    Group,
    Move,
    Share,
    Trend,
    Window,
    alarm_text,
    alarming,
    band_of,
    days_until,
    health,
    over,
    wilson,
)
from bridge.domain.instants import from_rfc3339, to_rfc3339


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


# -- over time ---------------------------------------------------------------------------------------------------------


def group(
    sessions: int, rule: str | None = None, *, day: str = "2026-11-02", flow: str = "a", tier: str = "x"
) -> Group:
    return Group(day, flow, tier, rule, sessions)


def trend(before: list[Group], now: list[Group]) -> Trend:
    return Trend(7, Window(0, 1, tuple(before)), Window(2, 3, tuple(now)))


@pytest.mark.parametrize(("sessions", "band"), [(49, Band.TOO_FEW), (50, Band.TOO_HIGH)])
def test_below_the_least_number_of_sessions_the_band_is_too_few_to_tell(sessions: int, band: Band) -> None:
    found = Window(0, 1, (group(sessions, "r"),)).health
    assert found
    assert (found.band, found.sure, found.band.alarming) == (band, band is Band.TOO_HIGH, band is Band.TOO_HIGH)


def test_a_window_without_a_session_has_no_health() -> None:
    assert Window(0, 1, ()).health is None


def test_shares_are_counted_by_whatever_is_asked_for() -> None:
    window = Window(0, 1, (group(3), group(1, "r"), group(2, "r", flow="b"), group(4, "s", flow="b", tier="y")))
    assert window.shares(lambda one: one.flow) == [Share("a", 4, 1), Share("b", 6, 6)]
    assert window.shares(lambda one: one.tier) == [Share("x", 6, 3), Share("y", 4, 4)]
    assert window.by_rule() == {"s": 4, "r": 3}


def test_the_rule_whose_share_changed_most_moved_the_rate_whichever_way() -> None:
    before = [group(160), group(20, "steady"), group(20, "gone")]
    now = [group(85), group(10, "steady"), group(5, "new")]
    assert trend(before, now).moved == Move("gone", 0.1, 0.0)


def test_it_is_the_share_that_moves_and_not_the_count() -> None:
    before, now = [group(90), group(10, "r")], [group(900), group(100, "r")]
    assert trend(before, now).moved is None


def test_of_rules_that_moved_alike_the_first_by_name_is_named() -> None:
    assert trend([group(100)], [group(80), group(10, "b"), group(10, "a")]).moved == Move("a", 0.0, 0.1)


@pytest.mark.parametrize("few", [([group(49)], [group(50, "r")]), ([group(50)], [group(49, "r")])])
def test_too_few_sessions_in_either_window_name_no_rule(few: tuple[list[Group], list[Group]]) -> None:
    assert trend(*few).moved is None


def test_a_day_begins_at_local_midnight_and_the_last_one_holds_the_instant() -> None:
    begins = days_until(from_rfc3339("2026-11-02T03:00:00Z"), "America/New_York", 3)
    assert {day: to_rfc3339(at) for day, at in begins.items()} == {
        "2026-10-30": "2026-10-30T04:00:00Z",
        "2026-10-31": "2026-10-31T04:00:00Z",
        "2026-11-01": "2026-11-01T04:00:00Z",  # the clocks go back on this day: it is still the first at 03:00 UTC
    }


def test_a_midnight_that_is_skipped_is_the_instant_of_the_change() -> None:
    begins = days_until(from_rfc3339("2026-04-24T12:00:00Z"), "Africa/Cairo", 2)
    assert to_rfc3339(begins["2026-04-24"]) == "2026-04-23T22:00:00Z"


# -- the alarm ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("escalated", "sessions", "kind"),
    [
        (0, 49, None),
        (0, 50, "rate_too_low"),
        (7, 50, None),  # 14 %, but it may as well be 26 %
        (140, 1000, None),
        (120, 1000, "rate_too_low"),
        (200, 1000, None),
        (340, 1000, None),
        (360, 1000, None),
        (400, 1000, "rate_too_high"),
        (49, 49, None),
        (50, 50, "rate_too_high"),
    ],
)
def test_an_alarm_is_raised_only_when_the_whole_interval_is_alarming(
    escalated: int, sessions: int, kind: str | None
) -> None:
    assert alarming(health(escalated, sessions, least=LEAST_CONVERSATIONS)) == kind


def test_no_session_raises_no_alarm() -> None:
    assert alarming(None) is None


@pytest.mark.parametrize(
    ("escalated", "sessions", "is_over"), [(360, 1000, False), (350, 1000, True), (0, 1000, True), (10, 40, False)]
)
def test_an_alarm_is_over_when_the_rate_left_its_band_and_too_few_sessions_do_not_tell(
    escalated: int, sessions: int, is_over: bool
) -> None:
    found = health(escalated, sessions, least=LEAST_CONVERSATIONS)
    assert found
    assert over("rate_too_high", found) is is_over


def test_an_alarm_says_the_numbers_and_names_the_rule() -> None:
    told = trend([group(100)], [group(40), group(60, "two-signs")])
    assert told.now.health
    assert alarm_text(told, told.now.health) == (
        "60 of 100 conversations of the last 7 days were handed over: 60.0%, surely above 35%. "
        "The rule two-signs moved it most: from 0.0% to 60.0% of conversations."
    )


def test_an_alarm_without_an_earlier_window_names_no_rule() -> None:
    told = trend([], [group(100)])
    assert told.now.health
    assert alarm_text(told, told.now.health).endswith("0.0%, surely below 15%.")
