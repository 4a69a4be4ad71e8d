"""Staffed hours against an oracle that knows nothing of intervals: it walks minute by minute over wall clocks."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from itertools import accumulate, compress, groupby
from operator import or_
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain import hours
from bridge.domain.calendars import Calendar, Override, overridden

MINUTE = 60_000
DAY = timedelta(days=1)
SPAN = 4 * 24 * 60
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
CLOCK = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def changes(zone: str) -> list[date]:
    """The dates of 2026 near which the zone's offset is another than an hour before."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    offsets = [(start + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in range(365 * 24)]
    hours_of_change = (hour for hour in range(1, len(offsets)) if offsets[hour] != offsets[hour - 1])
    return [(start + timedelta(hours=hour)).date() for hour in hours_of_change]


@cache
def wall_clock(zone: str, middle: date) -> tuple[int, list[tuple[date, list[str]]]]:
    """The first instant, and what the zone's wall shows at each of the minutes that follow: a date, and its times."""
    first = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(minutes=SPAN // 2)
    walls = [(first + timedelta(minutes=n)).astimezone(ZoneInfo(zone)) for n in range(SPAN)]
    dates = groupby(walls, key=datetime.date)
    shown = [(day, [CLOCK[wall.hour * 60 + wall.minute] for wall in minutes]) for day, minutes in dates]
    return round(first.timestamp() * 1000), shown


@cache
def on_its_day(window: str) -> frozenset[str]:
    """The wall times that a window covers of the date it starts on."""
    start, end = window.split("-")
    return frozenset(time for time in CLOCK if start <= time and (time < end or end <= start))


@cache
def on_the_next(window: str) -> frozenset[str]:
    """The wall times that a window covers of the date after."""
    start, end = window.split("-")
    return frozenset(time for time in CLOCK if end <= start and time < end)


def covered(today: Iterable[str], yesterday: Iterable[str]) -> frozenset[str]:
    """The wall times of a date that its own windows cover, or that the night before runs into."""
    return frozenset().union(*map(on_its_day, today), *map(on_the_next, yesterday))


def shown_among(walls: list[tuple[date, list[str]]], times_of: Callable[[date], frozenset[str]]) -> list[bool]:
    """For each minute: is what the wall shows among the times of its date?"""
    return [time in wanted for day, times in walls for wanted in (times_of(day),) for time in times]


@dataclass(frozen=True)
class Case:
    """A calendar, the date walked around, and what is said beside the calendar, in minutes from the first one."""

    document: dict[str, Any]
    middle: date
    feed: list[tuple[int, int]]
    commands: list[tuple[int, int, bool]]

    @cached_property
    def first(self) -> int:
        """The first instant walked."""
        return wall_clock(self.document["timezone"], self.middle)[0]

    @property
    def end(self) -> int:
        return self.first + SPAN * MINUTE

    def calendar(self) -> Calendar:
        """The calendar under test."""
        feed = tuple((self.first + a * MINUTE, self.first + b * MINUTE) for a, b in self.feed)
        commands = tuple(Override(self.first + a * MINUTE, self.first + b * MINUTE, c) for a, b, c in self.commands)
        return overridden(Calendar.model_validate(self.document), feed=feed, commands=commands)

    def by_week(self, day: date) -> frozenset[str]:
        """The wall times of a date that the week opens, straight from the words of the document."""
        if self.document.get("always"):
            return frozenset(CLOCK)
        holidays = HOLIDAYS[self.document["holidays"]["country"]].split() if "holidays" in self.document else ()
        closed = any(one["from"] <= day.isoformat() <= one["to"] for one in self.document.get("closed", ()))
        if closed or day.strftime("%m-%d") in holidays:
            return frozenset()
        return covered(*(self.document["week"].get(WEEKDAYS[which.weekday()], ()) for which in (day, day - DAY)))

    def by_extra(self, day: date) -> frozenset[str]:
        """The wall times of a date that `extra` opens."""
        extra = self.document.get("extra", ())
        dates = (day.isoformat(), (day - DAY).isoformat())
        return covered(
            *([window for one in extra if one["date"] == which for window in one["open"]] for which in dates)
        )

    @cached_property
    def flags(self) -> list[bool]:
        """For each minute: is it open?"""
        _, walls = wall_clock(self.document["timezone"], self.middle)
        flags = shown_among(walls, self.by_week)
        for a, b in self.feed:
            for minute in range(max(a, 0), min(b, SPAN)):
                flags[minute] = False
        if "extra" in self.document:
            flags = list(map(or_, flags, shown_among(walls, self.by_extra)))
        for a, b, said in self.commands:
            for minute in range(max(a, 0), min(b, SPAN)):
                flags[minute] = said
        return flags

    @cached_property
    def opens(self) -> list[int]:
        """The open minutes, in order."""
        return list(compress(range(SPAN), self.flags))

    @cached_property
    def before(self) -> list[int]:
        """How many minutes were open before each."""
        return [0, *accumulate(self.flags)]


ODD_HOURS = ("00:00", "00:01", "00:30", "01:00", "01:30", "02:00", "02:15", "02:30", "03:00", "06:00", "08:15", "23:59")
ODD_TIMES = (*ODD_HOURS, "09:00", "12:30", "17:00", "22:00", "23:00")
NIGHT_SHIFT = "22:00-06:00"


def time_of(random: Random) -> str:
    return random.choice(ODD_TIMES if random.random() < 0.7 else CLOCK)


def windows_of(random: Random, at_least: int) -> list[str]:
    ends = [*ODD_TIMES, "24:00"]
    if random.random() < 0.1:
        return [NIGHT_SHIFT]
    return [
        f"{time_of(random)}-{random.choice([time_of(random), random.choice(ends)])}"
        for _ in range(random.randint(at_least, 2))
    ]


def span_of(random: Random) -> tuple[int, int]:
    """Some minutes: an hour or so, or days that may begin before and end after those walked."""
    start, length = random.randint(-SPAN // 4, SPAN), random.choice([random.randint(1, 90), random.randint(1, SPAN)])
    return start, start + length


def case_of(random: Random) -> Case:
    """A calendar of any kind, most of them around a change of the clock or a holiday."""
    zone = random.choice(ZONES)
    middle = random.choice([*changes(zone), *changes(zone), *HOLIDAY_WEEKS])
    if random.random() < 0.1:
        zone, middle = random.choice(ONCE)
    feed = [span_of(random) for _ in range(random.choice([0, 0, 1, 3]))]
    commands = [(*span_of(random), random.random() < 0.5) for _ in range(random.choice([0, 0, 1, 3]))]
    if random.random() < 0.05:
        return Case({"always": True, "timezone": zone}, middle, feed, commands)
    return Case(document_of(random, zone, middle), middle, feed, commands)


def document_of(random: Random, zone: str, middle: date) -> dict[str, Any]:
    def near() -> date:
        return middle + random.randint(-3, 3) * DAY

    document: dict[str, Any] = {"timezone": zone, "week": {}}
    for weekday in WEEKDAYS:
        if random.random() < 0.85:
            document["week"][weekday] = windows_of(random, 0)
    if middle.year == 2026 and random.random() < 0.5:
        document["holidays"] = {"country": random.choice(sorted(HOLIDAYS))}
    if random.random() < 0.4:
        first, last = sorted((near(), near()))
        document["closed"] = [{"from": str(first), "to": str(last)}, {"from": str(near()), "to": "9999-12-31"}][
            : random.randint(1, 2)
        ]
    if random.random() < 0.4:
        document["extra"] = [{"date": str(near()), "open": windows_of(random, 1)} for _ in range(2)]
    return document


# -- the comparison ----------------------------------------------------------------------------------------------------


def told(answer: int | None, expected: int | None, case: Case) -> int:
    """1 where the answers are compared; an answer beyond the minutes that were walked must only lie there: 0."""
    if expected is None:
        assert answer is None or answer >= case.end
        return 0
    assert answer == expected
    return 1


def instant_of(case: Case, minute: int | None) -> int | None:
    return None if minute is None else case.first + minute * MINUTE


def passed(case: Case, at: int) -> int:
    """Open milliseconds from the first minute walked to an instant."""
    minute, rest = divmod(at - case.first, MINUTE)
    return case.before[minute] * MINUTE + (rest if rest and case.flags[minute] else 0)


def opens_at(case: Case, at: int) -> int | None:
    """The first open instant, `at` itself when it is one."""
    minute = (at - case.first) // MINUTE
    if case.flags[minute]:
        return at
    later = case.opens[case.before[minute] :]
    return instant_of(case, later[0] if later else None)


def reached(case: Case, at: int, ms: int) -> int | None:
    """The first instant by which `ms` of open time has passed."""
    whole, rest = divmod(passed(case, at) + ms - 1, MINUTE)
    return case.first + case.opens[whole] * MINUTE + rest + 1 if whole < len(case.opens) else None


def compare(case: Case, calendar: Calendar, at: int, until: int, ms: int) -> Counter[str]:
    """How many answers could be told at an instant, each of them the oracle's."""
    assert hours.is_open(calendar, at) is case.flags[(at - case.first) // MINUTE]
    assert hours.business_time_between(calendar, at, until) == max(passed(case, until) - passed(case, at), 0)
    return Counter(
        is_open=1,
        business_time_between=1,
        next_open=told(hours.next_open(calendar, at), opens_at(case, at), case),
        add_business_time=told(hours.add_business_time(calendar, at, ms), reached(case, at, ms), case),
    )


CALENDARS = 10_000
EACH = 14
"""Instants that each calendar is asked at."""
LONGEST = 8 * 60 * MINUTE


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_thousand_answers_are_those_of_walking_by_the_minute(capsys: pytest.CaptureFixture[str]) -> None:
    compared: Counter[str] = Counter()
    zones = set()
    for seed in range(CALENDARS):
        random = Random(seed)
        case = case_of(random)
        calendar = case.calendar()
        zones.add(calendar.timezone)
        for _ in range(EACH):
            at = random.randrange(case.first, case.first + SPAN * MINUTE // 2)
            until = random.randrange(case.first, case.end)
            try:
                compared += compare(case, calendar, at, until, random.randint(1, LONGEST))
            except AssertionError as error:
                raise AssertionError(f"seed {seed} at {at}") from error
    with capsys.disabled():
        print(f"\n{CALENDARS} calendars in {len(zones)} zones, answers compared: {dict(compared)}")
    assert len(zones) >= 20
    assert min(compared.values()) >= 100_000


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_runs_openings_and_closings_are_those_of_walking_by_the_minute(random: Random) -> None:
    case = case_of(random)
    calendar = case.calendar()
    walked = [False] * SPAN
    for start, stop in hours.open_runs(calendar, case.first, case.end):
        assert (start - case.first) % MINUTE == (stop - case.first) % MINUTE == 0
        walked[(start - case.first) // MINUTE : (stop - case.first) // MINUTE] = [True] * ((stop - start) // MINUTE)
    assert walked == case.flags

    minute = random.randrange(SPAN)
    now = case.first + minute * MINUTE
    away = next((n for n in range(minute, SPAN) if not case.flags[n]), None)
    back = None if away is None else next((n for n in range(away, SPAN) if case.flags[n]), None)
    told(hours.close_after(calendar, now), instant_of(case, away), case)
    told(hours.next_opening(calendar, now), instant_of(case, back), case)
    assert hours.opening_in_year(calendar, now) or not case.opens or case.opens[-1] < minute
