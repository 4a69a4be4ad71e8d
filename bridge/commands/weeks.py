"""A week of staffed hours as a picture in text."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bridge.domain import hours
from bridge.domain.calendars import Calendar
from bridge.domain.instants import DAY, to_datetime, to_rfc3339
from bridge.domain.values import Json, Millis
from bridge.domain.wall_clock import Span
from bridge.domain.week import Day

CELLS = 48
NARROW = 24
"""Cells of a bar, of half an hour each or, where the terminal is narrow, of an hour."""
LABEL = 12
LEAST = 16
"""Columns for a date, and at least for the words beside a bar."""
WIDEST = 120


class Marks(NamedTuple):
    """What a cell of a bar is drawn with."""

    open: str
    partly: str
    closed: str
    missing: str = " "


BLOCKS = Marks("█", "▒", "░")
LETTERS = Marks("#", "+", ".")
"""Where the terminal has no blocks."""


def draw(days: Sequence[Day]) -> str:
    """The week as lines: a date, its day as a bar, its windows and what is to be known of it."""
    columns = min(shutil.get_terminal_size().columns, WIDEST)
    cells = CELLS if columns >= LABEL + CELLS + 2 + LEAST else NARROW
    marks = BLOCKS if _can_show(BLOCKS) else LETTERS
    room = max(columns - LABEL - cells - 2, LEAST)
    lines = [" " * LABEL + _scale(cells)]
    for day in days:
        lines += _rows(day, _bar(day, cells, marks), room)
    key = f"{marks.open} open  {marks.partly} partly  {marks.closed} closed"
    return "\n".join([*lines, "", " " * LABEL + key])


def _can_show(marks: Marks) -> bool:
    try:
        "".join(marks).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _scale(cells: int) -> str:
    """The hours over the bars, every third one."""
    return "".join(str(hour).ljust(cells // 8) for hour in range(0, 24, 3)) + "24"


def _rows(day: Day, bar: str, room: int) -> Iterator[str]:
    """The lines of a date: its bar with the windows beside it, and under it what is to be known."""
    first, *more = wrap(", ".join(day.windows) or "closed", room)
    yield f"{_label(day)}{bar}  {first}"
    yield from (" " * (LABEL + len(bar) + 2) + line for line in more)
    for note in day.notes:
        yield from (" " * LABEL + line for line in wrap(note, len(bar) + 2 + room))


def _label(day: Day) -> str:
    """`Mon  2 Nov` and two spaces."""
    return f"{day.date:%a} {day.date.day:2} {day.date:%b}".ljust(LABEL)


def _bar(day: Day, cells: int, marks: Marks) -> str:
    length = DAY // cells
    return "".join(_mark(day, (n * length, (n + 1) * length), marks) for n in range(cells))


def _mark(day: Day, cell: Span, marks: Marks) -> str:
    shown, is_open = _overlap(day.shown, cell), _overlap(day.open, cell)
    if not shown:
        return marks.missing
    if not is_open:
        return marks.closed
    return marks.open if is_open == shown else marks.partly


def _overlap(spans: Sequence[Span], cell: Span) -> Millis:
    return sum(max(min(end, cell[1]) - max(start, cell[0]), 0) for start, end in spans)


# -- now ---------------------------------------------------------------------------------------------------------------


def tell_now(calendar: Calendar, now: Millis) -> str:
    """Whether the team is there now, and when that changes."""
    is_open, change = _now(calendar, now)
    state = "open" if is_open else "closed"
    then = "closes" if is_open else "opens"
    when = f"{then} {_minute(calendar, change)}" if change is not None else f"never {then} within a year"
    return f"Now it is {_minute(calendar, now)}: {state}, {when}."


def _now(calendar: Calendar, now: Millis) -> tuple[bool, Millis | None]:
    is_open = hours.is_open(calendar, now)
    return is_open, hours.close_after(calendar, now) if is_open else hours.next_opening(calendar, now)


def _minute(calendar: Calendar, at: Millis) -> str:
    local = to_datetime(at).astimezone(ZoneInfo(calendar.timezone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


# -- for scripts -------------------------------------------------------------------------------------------------------


def as_json(calendar: Calendar, days: Sequence[Day], now: Millis) -> Json:
    """The week, and now, for scripts."""
    is_open, change = _now(calendar, now)
    return {
        "timezone": calendar.timezone,
        "days": [_day_json(day) for day in days],
        "now": {"at": to_rfc3339(now), "open": is_open, "changes_at": None if change is None else to_rfc3339(change)},
    }


def _day_json(day: Day) -> Json:
    return {
        "date": day.date.isoformat(),
        "windows": list(day.windows),
        "open": [{"from": to_rfc3339(start), "to": to_rfc3339(end)} for start, end in day.runs],
        "notes": list(day.notes),
    }
