"""Staffed hours against an oracle that knows nothing of intervals: it walks minute by minute over wall clocks."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain import hours
from bridge.domain.hours import Calendar

MINUTE = 60_000
SPAN = 5 * 24 * 60
"""Minutes that one example looks at, around a change of the clock or a holiday."""

ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "America/Chicago", "America/Havana", "America/New_York", "America/Nuuk",
    "America/Santiago", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Kathmandu",
    "Asia/Jerusalem", "Asia/Kolkata", "Asia/Tokyo", "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin",
    "Europe/Dublin", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati", "UTC",
)  # fmt: skip
ONCE = (
    ("Pacific/Apia", date(2011, 12, 30)),  # it was left out
    ("America/St_Johns", date(2010, 11, 7)),  # the clock went back one minute after midnight, into the day before
    ("Asia/Almaty", date(2024, 3, 1)),  # an hour back, for good
    ("America/Sao_Paulo", date(2018, 2, 18)),  # midnight came twice
)
HOLIDAYS = {
    "US": "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25",
    "DE": "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26",
}
"""Of 2026, written down by hand."""

HOLIDAY_WEEKS = (date(2026, 7, 4), date(2026, 10, 3), date(2026, 12, 25))
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def changes(zone: str) -> list[date]:
    """The dates of 2026 near which the zone's offset is another than an hour before."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    offsets = [(start + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in range(365 * 24)]
    hours_of_change = (hour for hour in range(1, len(offsets)) if offsets[hour] != offsets[hour - 1])
    return [(start + timedelta(hours=hour)).date() for hour in hours_of_change]


@cache
def wall_clock(zone: str, middle: date) -> tuple[int, list[tuple[date, str]]]:
    """The first instant, and date and time on the zone's wall at each of the minutes that follow."""
    first = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(minutes=SPAN // 2)
    walls = [(first + timedelta(minutes=n)).astimezone(ZoneInfo(zone)) for n in range(SPAN)]
    return round(first.timestamp() * 1000), [(wall.date(), wall.strftime("%H:%M")) for wall in walls]


CLOCK = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]


def covered(today: Iterable[str], yesterday: Iterable[str]) -> set[str]:
    """The wall times of a date that its own windows cover, or that the night before runs into."""
    times: set[str] = set()
    for window in today:
        start, end = window.split("-")
        times.update(time for time in CLOCK if start <= time and (time < end or end <= start))
    for window in yesterday:
        start, end = window.split("-")
        if end <= start:
            times.update(time for time in CLOCK if time < end)
    return times


def open_times(document: dict[str, Any], day: date) -> set[str]:
    """The open wall times of a date, straight from the words of the document."""
    before = day - timedelta(days=1)
    extra = [
        [window for one in document.get("extra", ()) if one["date"] == which for window in one["open"]]
        for which in (day.isoformat(), before.isoformat())
    ]
    holidays = HOLIDAYS[document["holidays"]["country"]].split() if "holidays" in document else ()
    closed = day.strftime("%m-%d") in holidays
    closed = closed or any(one["from"] <= day.isoformat() <= one["to"] for one in document.get("closed", ()))
    week = [document["week"].get(WEEKDAYS[which.weekday()], ()) for which in (day, before)]
    return covered(*extra) | (set() if closed else covered(*week))


def minutes_open(document: dict[str, Any], middle: date) -> tuple[int, list[bool]]:
    """For each minute around a date: is it open?"""
    first, walls = wall_clock(document["timezone"], middle)
    by_date = {day: open_times(document, day) for day in dict.fromkeys(day for day, _ in walls)}
    return first, [time in by_date[day] for day, time in walls]


ODD_TIMES = "00:00 00:01 00:30 01:00 01:30 02:00 02:15 02:30 03:00 06:00 08:15 09:00 12:30 17:00 22:00 23:00 23:59"
TIMES = st.sampled_from(ODD_TIMES.split()) | st.sampled_from(CLOCK)
WINDOWS = st.lists(st.builds("{}-{}".format, TIMES, TIMES | st.just("24:00")), max_size=3)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], date]:
    """A calendar, and a date around which its answers are compared."""
    if draw(st.integers(0, 9)) == 0:
        zone, middle = draw(st.sampled_from(ONCE))
    else:
        zone = draw(st.sampled_from(ZONES))
        middle = draw(st.sampled_from([*changes(zone), *changes(zone), *HOLIDAY_WEEKS]))
    near = st.integers(-3, 3).map(lambda days: middle + timedelta(days=days))
    document: dict[str, Any] = {"timezone": zone, "week": draw(st.dictionaries(st.sampled_from(WEEKDAYS), WINDOWS))}
    if middle.year == 2026 and draw(st.booleans()):
        document["holidays"] = {"country": draw(st.sampled_from(sorted(HOLIDAYS)))}
    if draw(st.booleans()):
        pairs = draw(st.lists(st.tuples(near, near).map(sorted), min_size=1, max_size=2))
        document["closed"] = [{"from": str(first), "to": str(last)} for first, last in pairs]
    if draw(st.booleans()):
        extras = draw(st.lists(st.tuples(near, WINDOWS.filter(bool)), min_size=1, max_size=2))
        document["extra"] = [{"date": str(day), "open": windows} for day, windows in extras]
    return document, middle


def index_of(flags: list[bool], wanted: bool, start: int) -> int | None:
    return next((n for n in range(start, len(flags)) if flags[n] is wanted), None)


def same(answer: int | None, expected: int | None, first: int, end: int) -> bool:
    """An answer beyond the minutes that were walked cannot be told, but it must lie there."""
    if expected is None:
        return answer is None or answer >= end
    return answer == first + expected * MINUTE


@pytest.mark.timeout(120)
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.integers(0, SPAN - 1), st.integers(1, 2 * SPAN // 3))
def test_every_answer_is_that_of_walking_by_the_minute(case: tuple[dict[str, Any], date], at: int, more: int) -> None:
    document, middle = case
    first, flags = minutes_open(document, middle)
    calendar = Calendar.model_validate(document)
    end = first + SPAN * MINUTE
    now = first + at * MINUTE

    walked = [False] * SPAN
    for start, stop in hours.open_runs(calendar, first, end):
        assert (start - first) % MINUTE == (stop - first) % MINUTE == 0
        walked[(start - first) // MINUTE : (stop - first) // MINUTE] = [True] * ((stop - start) // MINUTE)
    assert walked == flags

    assert hours.is_open(calendar, now) is flags[at]
    assert hours.is_open(calendar, now + MINUTE - 1) is flags[at]
    assert same(hours.next_open(calendar, now), index_of(flags, True, at), first, end)
    away = index_of(flags, False, at)
    assert same(hours.close_after(calendar, now), away, first, end)
    back = None if away is None else index_of(flags, True, away)
    assert same(hours.next_opening(calendar, now), back, first, end)

    passed = list(accumulate(flags[at:]))
    reached = next((at + n + 1 for n, total in enumerate(passed) if total >= more), None)
    assert same(hours.add_open_time(calendar, now, more * MINUTE), reached, first, end)
    assert hours.open_time_between(calendar, now, end) == passed[-1] * MINUTE
