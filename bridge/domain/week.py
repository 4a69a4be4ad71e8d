"""A week of a calendar, date by date, as its owner reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from bridge.domain import hours, wall_clock
from bridge.domain.calendars import Calendar
from bridge.domain.instants import DAY, HOUR, MINUTE, SECOND
from bridge.domain.values import Millis
from bridge.domain.wall_clock import Span

DAYS = 7


class Said(NamedTuple):
    """Words about a span of instants, its end not part of it: a closure of a feed, a command of the team."""

    from_: Millis
    to: Millis
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    """One local date.

    `runs` are its open runs of instants. `shown` and `open` are what its wall clock shows, and shows while the team is
    there, in milliseconds from midnight: an hour that comes twice stands there twice, one that is skipped not at all.
    `windows` and `notes` are for people: `09:00-17:00`, and why it is as it is.
    """

    date: date
    runs: tuple[Span, ...]
    shown: tuple[Span, ...]
    open: tuple[Span, ...]
    windows: tuple[str, ...]
    notes: tuple[str, ...]


def week_of(calendar: Calendar, day: date, said: Sequence[Said] = ()) -> list[Day]:
    """The seven dates, Monday first, of the week that has the day in it.

    Args:
        calendar: with what was said beside it (see `calendars.overridden`).
        day: any date of the years 2 to 9998.
        said: the words for what was said beside the calendar.
    """
    monday = day - timedelta(days=day.weekday())
    return [_day(calendar, monday + timedelta(days=n), said) for n in range(DAYS)]


def _day(calendar: Calendar, day: date, said: Sequence[Said]) -> Day:
    stretches = wall_clock.stretches(calendar.timezone, day)
    midnight = wall_clock.midnight(day)
    runs = [run for start, end, _ in stretches for run in hours.open_runs(calendar, start, end)]
    return Day(
        date=day,
        runs=tuple(runs),
        shown=tuple((start + offset - midnight, end + offset - midnight) for start, end, offset in stretches),
        open=tuple(_on_the_wall(calendar.timezone, run, midnight) for run in runs),
        windows=tuple(_windows(calendar.timezone, _joined(runs), midnight)),
        notes=tuple(_notes(calendar, day, said)),
    )


def _joined(runs: Sequence[Span]) -> list[Span]:
    """The runs without the cuts that a change of the clock makes."""
    joined: list[Span] = []
    for start, end in runs:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _on_the_wall(zone: str, run: Span, midnight: Millis) -> Span:
    """What the wall clock shows from the first instant to just before the last, from midnight on."""
    start, end = run
    return start + wall_clock.offset_at(zone, start) - midnight, end + wall_clock.offset_at(zone, end - 1) - midnight


def _windows(zone: str, runs: Sequence[Span], midnight: Millis) -> Iterator[str]:
    for run in runs:
        start, end = _on_the_wall(zone, run, midnight)
        yield f"{time_of_day(start)}-{time_of_day(end)}"


def time_of_day(ms: Millis) -> str:
    """`09:00`, with seconds only where there are any; the end of a day is `24:00`."""
    text = f"{ms // HOUR:02}:{ms // MINUTE % 60:02}"
    return f"{text}:{ms // SECOND % 60:02}" if ms % MINUTE else text


# -- why it is as it is ------------------------------------------------------------------------------------------------


def _notes(calendar: Calendar, day: date, said: Sequence[Said]) -> Iterator[str]:
    holiday = hours.holiday_on(calendar, day)
    if holiday:
        yield f"holiday: {holiday}"
    yield from (f"closed: {one.why or 'by the policy'}" for one in calendar.closed if one.from_ <= day <= one.to)
    yield from (f"extra: {', '.join(one.open)}" for one in calendar.extra if one.date == day)
    stretches = wall_clock.stretches(calendar.timezone, day)
    if not stretches:
        yield "this date is left out here"
    for start, end, offset in stretches:
        yield from _change(calendar.timezone, start, offset)
        yield from (one.words for one in said if one.from_ < end and one.to > start)


def _change(zone: str, at: Millis, offset: Millis) -> Iterator[str]:
    before = wall_clock.offset_at(zone, at - 1)
    if before != offset:
        way = "forward" if offset > before else "back"
        yield f"clocks go {way} from {time_of_day((at + before) % DAY)} to {time_of_day((at + offset) % DAY)}"
