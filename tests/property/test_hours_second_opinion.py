"""Staffed hours against another library's reading of the same calendar, where that library is right.

In an autumn fold it takes the second pass alone, so dates on which a clock goes back are left out here, and it knows
the holidays of some countries alone; walking by the minute (see `test_hours_oracle.py`) has the others.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from opening_hours import OpeningHours

from bridge.domain import hours, wall_clock
from bridge.domain.calendars import Calendar
from bridge.domain.instants import DAY, HOUR, MINUTE, from_datetime, from_rfc3339, to_datetime

CALENDARS = 400
EACH = 25
START = from_rfc3339("2026-01-10T00:00:00Z")
WEEKS = 48
ZONES = (
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Europe/Dublin",
    "UTC",
)
COUNTRIES = ("DE", "FR", "IT", "PL", "PT")
"""Of whose holidays in 2026 both know the same."""

WEEKDAYS = {"mon": "Mo", "tue": "Tu", "wed": "We", "thu": "Th", "fri": "Fr", "sat": "Sa", "sun": "Su"}
TIMES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30)]


def window_of(random: Random) -> str:
    """One that ends, or over midnight; the two ways of writing mean the same."""
    start, end = random.sample(TIMES, 2)
    return random.choice([f"{min(start, end)}-{max(start, end)}", f"{max(start, end)}-{min(start, end)}"])


def written(day: date) -> str:
    return f"{day:%Y %b %d}"


def case_of(random: Random) -> tuple[dict[str, Any], str, str]:
    """A calendar as ours, and the rules and the country that the other library reads."""
    country = random.choice(COUNTRIES)
    zone = random.choice(ZONES)
    week = {day: [window_of(random)] for day in WEEKDAYS if random.random() < 0.8}
    document: dict[str, Any] = {"timezone": zone, "week": week}
    rules = [", ".join(f"{WEEKDAYS[day]} {windows[0]}" for day, windows in week.items()) or "off"]
    if random.random() < 0.5:
        document["holidays"] = {"country": country}
        rules.append("PH off")
    if random.random() < 0.7:
        first = date(2026, 1, 10) + timedelta(days=random.randrange(7 * WEEKS))
        last = first + timedelta(days=random.choice([0, 1, 20]))
        document["closed"] = [{"from": str(first), "to": str(last)}]
        rules.append(f"{written(first)}-{written(last)} off")
    return document, "; ".join(rules), country


def goes_back(zone: str, at: int, until: int) -> bool:
    """Whether the clock goes back within a day of these instants."""
    offsets = [wall_clock.offset_at(zone, t) for t in range(at - DAY, until + DAY, HOUR)]
    return any(after < before for before, after in pairwise(offsets))


def change_of(theirs: OpeningHours, at: int, zone: str) -> int | None:
    found = theirs.next_change(to_datetime(at).astimezone(ZoneInfo(zone)))
    return from_datetime(found) if isinstance(found, datetime) else None


def test_another_library_has_the_same_answers(capsys: pytest.CaptureFixture[str]) -> None:
    compared: Counter[str] = Counter()
    for seed in range(CALENDARS):
        random = Random(seed)
        document, rules, country = case_of(random)
        zone = document["timezone"]
        ours = Calendar.model_validate(document)
        theirs = OpeningHours(rules, timezone=ZoneInfo(zone), country=country)
        for _ in range(EACH):
            at = START + random.randrange(WEEKS * 7 * DAY // MINUTE) * MINUTE
            is_open = hours.is_open(ours, at)
            change = hours.close_after(ours, at) if is_open else hours.next_open(ours, at)
            if change is None or goes_back(zone, at, change):
                continue
            where = f"seed {seed} at {at}: {rules}"
            assert theirs.is_open(to_datetime(at).astimezone(ZoneInfo(zone))) is is_open, where
            assert change_of(theirs, at, zone) == change, where
            compared["open" if is_open else "closed"] += 1
    with capsys.disabled():
        print(f"\n{CALENDARS} calendars, instants that another library was asked at: {dict(compared)}")
    assert min(compared.values()) > 1_000
