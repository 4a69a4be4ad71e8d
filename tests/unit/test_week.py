"""A week of staffed hours, date by date."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from bridge.domain import wall_clock
from bridge.domain.calendars import Calendar, Override, overridden
from bridge.domain.instants import HOUR, MINUTE, from_rfc3339
from bridge.domain.week import Day, Said, time_of_day, week_of

OFFICE = {"mon-fri": ["09:00-17:00"]}


def calendar(zone: str = "America/New_York", week: dict[str, list[str]] | None = None, **more: Any) -> Calendar:
    return Calendar.model_validate({"timezone": zone, "week": OFFICE if week is None else week, **more})


def on(found: list[Day], day: date) -> Day:
    return next(one for one in found if one.date == day)


def test_a_week_begins_on_monday_whatever_date_of_it_is_named() -> None:
    for day in (date(2026, 11, 2), date(2026, 11, 5), date(2026, 11, 8)):
        dates = [one.date for one in week_of(calendar(), day)]
        assert (dates[0], dates[-1], len(dates)) == (date(2026, 11, 2), date(2026, 11, 8), 7)


def test_a_date_has_its_windows_and_the_instants_they_are() -> None:
    monday = on(week_of(calendar(week={"mon": ["09:00-12:30", "13:00-17:00"]}), date(2026, 11, 2)), date(2026, 11, 2))
    assert monday.windows == ("09:00-12:30", "13:00-17:00")
    assert monday.runs[0] == (from_rfc3339("2026-11-02T14:00:00Z"), from_rfc3339("2026-11-02T17:30:00Z"))
    assert monday.notes == ()


def test_a_window_over_midnight_shows_on_both_dates() -> None:
    found = week_of(calendar(week={"fri": ["22:00-02:00"]}), date(2026, 11, 6))
    assert on(found, date(2026, 11, 6)).windows == ("22:00-24:00",)
    assert on(found, date(2026, 11, 7)).windows == ("00:00-02:00",)


def test_what_closes_and_what_is_extra_is_named() -> None:
    closed = calendar(
        holidays={"country": "US"},
        closed=[
            {"from": "2026-12-24", "to": "2026-12-26", "why": "winter break"},
            {"from": "2026-12-24", "to": "2026-12-24"},
        ],
        extra=[{"date": "2026-12-25", "open": ["10:00-12:00", "14:00-15:00"]}],
    )
    found = week_of(closed, date(2026, 12, 25))
    assert on(found, date(2026, 12, 24)).notes == ("closed: winter break", "closed: by the policy")
    assert on(found, date(2026, 12, 25)).notes == (
        "holiday: Christmas Day",
        "closed: winter break",
        "extra: 10:00-12:00, 14:00-15:00",
    )
    assert on(found, date(2026, 12, 25)).windows == ("10:00-12:00", "14:00-15:00")
    assert on(found, date(2026, 12, 26)).windows == ()
    assert on(found, date(2026, 12, 23)).notes == ()


def test_in_autumn_the_hour_that_comes_twice_stands_there_twice() -> None:
    sunday = on(week_of(calendar(week={"sun": ["00:00-03:00"]}), date(2026, 11, 1)), date(2026, 11, 1))
    assert sunday.notes == ("clocks go back from 02:00 to 01:00",)
    assert sunday.windows == ("00:00-03:00",)
    assert sunday.shown == ((0, 2 * HOUR), (HOUR, 24 * HOUR))
    assert sunday.open == ((0, 2 * HOUR), (HOUR, 3 * HOUR))


def test_in_spring_the_hour_that_is_skipped_does_not_stand_there() -> None:
    sunday = on(week_of(calendar(week={"sun": ["01:30-03:30"]}), date(2026, 3, 8)), date(2026, 3, 8))
    assert sunday.notes == ("clocks go forward from 02:00 to 03:00",)
    assert sunday.windows == ("01:30-03:30",)
    assert sunday.shown == ((0, 2 * HOUR), (3 * HOUR, 24 * HOUR))
    assert sum(end - start for start, end in sunday.runs) == HOUR


def test_a_change_at_midnight_is_told_on_the_date_that_begins_late() -> None:
    cairo = week_of(calendar("Africa/Cairo"), date(2026, 4, 24))
    assert on(cairo, date(2026, 4, 24)).notes == ("clocks go forward from 00:00 to 01:00",)
    assert on(cairo, date(2026, 4, 23)).notes == ()


def test_a_date_that_is_left_out_says_so() -> None:
    apia = on(week_of(calendar("Pacific/Apia", {"mon-sun": ["09:00-17:00"]}), date(2011, 12, 30)), date(2011, 12, 30))
    assert (apia.windows, apia.shown, apia.notes) == ((), (), ("this date is left out here",))


def test_a_date_that_is_left_and_entered_again_has_both_its_parts() -> None:
    found = week_of(calendar("America/St_Johns", {"mon-sun": ["00:00-24:00"]}), date(2010, 11, 6))
    assert on(found, date(2010, 11, 6)).shown == ((0, 24 * HOUR), (23 * HOUR + MINUTE, 24 * HOUR))
    assert on(found, date(2010, 11, 6)).notes == ("clocks go back from 00:01 to 23:01",)
    assert on(found, date(2010, 11, 7)).shown == ((0, MINUTE), (0, 24 * HOUR))


def test_what_is_said_beside_the_calendar_is_drawn_and_told_on_its_dates() -> None:
    start, end = from_rfc3339("2026-11-02T19:00:30Z"), from_rfc3339("2026-11-03T15:00:00Z")
    shut = overridden(calendar(), commands=(Override(start, end, open=False),))
    found = week_of(shut, date(2026, 11, 2), [Said(start, end, "closed by ann: flooded")])
    assert on(found, date(2026, 11, 2)).windows == ("09:00-14:00:30",)
    assert on(found, date(2026, 11, 3)).windows == ("10:00-17:00",)
    assert [one.notes for one in found[:3]] == [("closed by ann: flooded",), ("closed by ann: flooded",), ()]


@pytest.mark.parametrize(
    "zone", ["America/New_York", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Asia/Kathmandu"]
)
def test_the_dates_of_a_year_hold_every_instant_once(zone: str) -> None:
    for year in (2010, 2011, 2026):
        stretches = [
            stretch[:2]
            for n in range(364)
            for stretch in wall_clock.stretches(zone, date.fromordinal(date(year, 1, 2).toordinal() + n))
        ]
        assert all(end == start for (_, end), (start, _) in pairwise(sorted(stretches)))


def test_the_end_of_a_day_is_24_00() -> None:
    assert [time_of_day(ms) for ms in (0, 9 * HOUR + 5 * MINUTE, 24 * HOUR)] == ["00:00", "09:05", "24:00"]
