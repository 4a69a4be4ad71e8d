"""What a visitor reads of a promise, read back by a reader of its own, is the instant of the promise."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.instant_in_words import say_when
from bridge.domain.instants import DAY, MINUTE, from_rfc3339, to_datetime

ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Chicago", "Europe/London", "Europe/Berlin", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tokyo", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Apia",
    "Africa/Cairo", "America/Santiago", "Antarctica/Troll", "UTC",
)  # fmt: skip
AHEAD = {
    "UTC": 0, "GMT": 0, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "JST": 540, "AEST": 600,
    "AEDT": 660, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "PST": -480, "PDT": -420,
}  # fmt: skip
"""Minutes ahead of UTC, as an almanac has them."""
MONTHS = list(calendar.month_name)[1:]
WEEKDAYS = list(calendar.day_name)
SAID = re.compile(
    r"(?P<hour>\d+):(?P<minute>\d\d) (?P<half>[AP]M) (?P<zone>\S+) (?:(?P<near>today|tomorrow),|on) "
    r"(?P<weekday>\w+), (?P<month>\w+) (?P<day>\d+)(?:, (?P<year>\d{4}))?"
)
FOR_YOU = re.compile(r" \((?P<said>.+) for you\)")
FIRST, LAST = from_rfc3339("2026-01-01T00:00:00Z"), from_rfc3339("2029-12-31T00:00:00Z")

minutes = st.integers(FIRST // MINUTE, LAST // MINUTE).map(lambda minute: minute * MINUTE)
waits = st.one_of(st.integers(0, 3 * 24 * 60), st.integers(0, 366 * 24 * 60)).map(lambda wait: wait * MINUTE)


def ahead_of_utc(name: str) -> timedelta:
    if name in AHEAD:
        return timedelta(minutes=AHEAD[name])
    sign, hours, rest = re.fullmatch(r"GMT([+-])(\d+)(?::(\d\d))?", name).groups()  # type: ignore[union-attr]
    away = timedelta(hours=int(hours), minutes=int(rest or 0))
    return away if sign == "+" else -away


def read(text: str, this_year: int) -> tuple[datetime, re.Match[str]]:
    """The instant that a text names, by nothing but what stands in it and the year in which it is read."""
    found = SAID.fullmatch(text)
    assert found, text
    hour = int(found["hour"]) % 12 + (12 if found["half"] == "PM" else 0)
    month = MONTHS.index(found["month"]) + 1
    local = datetime(int(found["year"] or this_year), month, int(found["day"]), hour, int(found["minute"]), tzinfo=UTC)
    assert WEEKDAYS[local.weekday()] == found["weekday"]
    return local - ahead_of_utc(found["zone"]), found


def today_in(zone: str, at: int) -> date:
    return to_datetime(at).astimezone(ZoneInfo(zone)).date()


@settings(max_examples=1500, deadline=None)
@given(made=minutes, wait=waits, zone=st.sampled_from(ZONES), visitor=st.sampled_from((None, *ZONES)))
def test_what_is_said_read_back_is_the_instant_and_its_day_is_right_for_both(
    made: int, wait: int, zone: str, visitor: str | None
) -> None:
    due = made + wait
    text = say_when(due, calendar_zone=zone, visitor_zone=visitor, locale="en_US", now=made)
    for_you = FOR_YOU.search(text)
    at, found = read(text[: for_you.start()] if for_you else text, today_in(zone, made).year)
    assert at == to_datetime(due)
    assert wait > 2 * DAY or found["near"] or not agree(made, due, zone, visitor)
    for reader in filter(None, (zone, visitor)):
        ahead = {"today": 0, "tomorrow": 1}.get(found["near"] or "")
        assert ahead is None or today_in(reader, due) - today_in(reader, made) == timedelta(days=ahead)


def agree(made: int, due: int, zone: str, visitor: str | None) -> bool:
    """Whether both calendars show one date now, one date then, and at most a day between."""
    dates = {(today_in(one, made), today_in(one, due)) for one in filter(None, (zone, visitor))}
    return len(dates) == 1 and all(then - now <= timedelta(days=1) for now, then in dates)


@settings(max_examples=500, deadline=None)
@given(made=minutes, wait=waits, zone=st.sampled_from(ZONES), visitor=st.sampled_from(ZONES))
def test_what_the_visitors_own_clock_will_show_is_said_where_it_differs(
    made: int, wait: int, zone: str, visitor: str
) -> None:
    due = to_datetime(made + wait)
    ours, theirs = due.astimezone(ZoneInfo(zone)), due.astimezone(ZoneInfo(visitor))
    text = say_when(made + wait, calendar_zone=zone, visitor_zone=visitor, locale="en_US", now=made)
    shown = FOR_YOU.search(text)
    assert bool(shown) == (ours.replace(tzinfo=None) != theirs.replace(tzinfo=None))
    if shown and theirs.date() != ours.date():
        assert read(shown["said"], today_in(zone, made).year)[0] == due
    elif shown:
        assert shown["said"].startswith(f"{theirs.hour % 12 or 12}:{theirs.minute:02} {theirs:%p} ")
