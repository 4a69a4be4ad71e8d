"""Staffed hours: exact answers about a calendar. Instants are milliseconds UTC.

What is open, exactly:

- a window is the set of instants whose local wall time lies in `[start, end)`: in an autumn fold both passes count,
  and a wall time that a spring gap skips has no instant;
- a window whose end is not after its start runs over midnight and belongs to the day that it starts on;
- a closed date or a holiday closes every minute of that local date, the tail of the night before included, and no
  minute of another date;
- `extra` adds windows, and wins over what closes, its tail over midnight included;
- a feed of closures (see `calendars.overridden`) closes its instants, and `extra` wins over it too;
- what the team commands (see `Override`) wins over everything, and of two commands the later one.

Everything is worked out in UTC, one UTC day at a time, because local dates have 23 to 27 hours, may begin at one
o'clock, may be missing, and may even be left and entered again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter

from bridge.domain.calendars import DAY_MINUTES, Calendar, Plan, holidays_of
from bridge.domain.instants import DAY, EPOCH, MINUTE
from bridge.domain.values import Millis
from bridge.domain.wall_clock import Span, day_number, merged, pieces

YEAR = 366 * DAY
"""How far ahead every search looks, in milliseconds. What does not open within it does not open."""

LONGEST_SUM = 10 * YEAR
"""How long a time open hours are counted over, in milliseconds."""


# -- what is open on one day -------------------------------------------------------------------------------------------


def _holiday(plan: Plan, day: int) -> str | None:
    if plan.holidays is None:
        return None
    return holidays_of(*plan.holidays, (EPOCH + timedelta(days=day)).year).get(day)


def _is_closed(plan: Plan, day: int) -> bool:
    return bool(_within(plan.closed, day, day + 1)) or _holiday(plan, day) is not None


def _within(spans: tuple[Span, ...], start: int, end: int) -> tuple[Span, ...]:
    """Those of the spans, in order and apart, that lie at least in part in `[start, end)`."""
    return spans[bisect_right(spans, start, key=itemgetter(1)) : bisect_left(spans, end, key=itemgetter(0))]


def _week_windows(plan: Plan, day: int) -> tuple[Span, ...]:
    return plan.week[(day + 3) % 7]  # 1970-01-01 was a Thursday


def _extra_windows(plan: Plan, day: int) -> tuple[Span, ...]:
    first, last = (bisect_left(plan.extra, date_, key=itemgetter(0)) for date_ in (day, day + 1))
    return tuple(window for _, window in plan.extra[first:last])


def _on_date(today: tuple[Span, ...], yesterday: tuple[Span, ...]) -> list[Span]:
    """What the windows of a day, and those that run over from the day before, cover of its minutes."""
    own = [(start, min(end, DAY_MINUTES)) for start, end in today]
    return own + [(0, end - DAY_MINUTES) for _, end in yesterday if end > DAY_MINUTES]


def _week_on(plan: Plan, day: int) -> list[Span]:
    """The minutes of a local date that the week opens, unordered."""
    if _is_closed(plan, day):
        return []
    return _on_date(_week_windows(plan, day), _week_windows(plan, day - 1))


def _extra_on(plan: Plan, day: int) -> list[Span]:
    """The minutes of a local date that `extra` opens, unordered."""
    return _on_date(_extra_windows(plan, day), _extra_windows(plan, day - 1))


def _without(spans: Iterable[Span], hole: Span) -> list[Span]:
    """What is left of the spans, in order, outside the hole."""
    parts = ((start, min(end, hole[0]), max(start, hole[1]), end) for start, end in spans)
    return [span for a, b, c, d in parts for span in ((a, b), (c, d)) if span[0] < span[1]]


def _instants(plan: Plan, day: int, minutes_on: Callable[[Plan, int], list[Span]]) -> list[Span]:
    """The instants of a UTC day at which the wall shows one of the minutes of its date, unordered."""
    found: list[Span] = []
    for start, end, offset in pieces(plan.zone, day):
        for local in range((start + offset) // DAY, (end - 1 + offset) // DAY + 1):
            midnight = local * DAY - offset
            for first, last in minutes_on(plan, local):
                span = max(start, midnight + first * MINUTE), min(end, midnight + last * MINUTE)
                if span[0] < span[1]:
                    found.append(span)
    return found


@lru_cache(maxsize=4096)
def _open_spans(plan: Plan, day: int) -> tuple[Span, ...]:
    """The open instants of a UTC day, in order, none touching another."""
    start, end = day * DAY, (day + 1) * DAY
    spans = [(start, end)] if plan.always else merged(_instants(plan, day, _week_on))
    for closure in _within(plan.feed, start, end):
        spans = _without(spans, closure)
    if plan.extra:
        spans = merged(spans + _instants(plan, day, _extra_on))
    for command in plan.commands:
        said = max(command.from_, start), min(command.to, end)
        if said[0] < said[1]:
            spans = merged([*spans, said]) if command.open else _without(spans, said)
    return tuple(spans)


def _open_from(calendar: Calendar, at: Millis, until: Millis) -> Iterator[Span]:
    """The open spans within `[at, until)`, in order. Two of them touch where a run goes over a UTC midnight."""
    plan = calendar.plan
    if plan.never_closes:
        yield at, until
        return
    for day in range(at // DAY, (until - 1) // DAY + 1):
        for start, end in _open_spans(plan, day):
            if end > at and start < until:
                yield max(start, at), min(end, until)


# -- the questions -----------------------------------------------------------------------------------------------------


def is_open(calendar: Calendar, at: Millis) -> bool:
    """Whether the team is there at this instant."""
    plan = calendar.plan
    return plan.never_closes or any(start <= at < end for start, end in _open_spans(plan, at // DAY))


def next_open(calendar: Calendar, at: Millis) -> Millis | None:
    """The first open instant, `at` itself when it is one; None when nothing opens within 366 days."""
    return next((start for start, _ in _open_from(calendar, at, at + YEAR)), None)


def next_opening(calendar: Calendar, at: Millis) -> Millis | None:
    """The first instant strictly after `at` at which the team comes, having been away just before.

    None when it does not come within 366 days, or never goes.
    """
    last = at
    for start, end in _open_from(calendar, at, at + YEAR):
        if start > last:
            return start
        last = end
    return None


def close_after(calendar: Calendar, at: Millis) -> Millis | None:
    """The first closed instant from `at` on: the end of the open run, or `at` itself when it is closed.

    None when the team does not go within 366 days.
    """
    last = at
    for start, end in _open_from(calendar, at, at + YEAR):
        if start > last:
            return last
        last = end
    return last if last < at + YEAR else None


def add_business_time(calendar: Calendar, at: Millis, ms: int) -> Millis | None:
    """The first instant by which `ms` of open time has passed since `at`; None when 366 days do not hold as much."""
    if ms <= 0:
        return at
    left = ms
    for start, end in _open_from(calendar, at, at + YEAR):
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def open_runs(calendar: Calendar, a: Millis, b: Millis) -> list[Span]:
    """The open runs within `[a, b)`, in order, none touching another.

    Raises:
        ValueError: more than ten years lie between `a` and `b`.
    """
    if b - a > LONGEST_SUM:
        raise ValueError("more than ten years of staffed hours asked for")
    return merged(list(_open_from(calendar, a, b))) if b > a else []


def business_time_between(calendar: Calendar, a: Millis, b: Millis) -> int:
    """Milliseconds of open time in `[a, b)`; 0 when `b` is not after `a`. The SLA clock counts with it.

    Raises:
        ValueError: more than ten years lie between `a` and `b`.
    """
    return sum(end - start for start, end in open_runs(calendar, a, b))


def opening_in_year(calendar: Calendar, at: Millis) -> bool:
    """Whether there is any open instant within 366 days. A calendar without one can keep no promise."""
    return next_open(calendar, at) is not None


def holiday_on(calendar: Calendar, day: date) -> str | None:
    """The name of the public holiday that closes a date, if one does."""
    return _holiday(calendar.plan, day_number(day))
