"""Staffed hours: the `hours:` part of the policy, and exact answers about it. Instants are milliseconds UTC.

What is open, exactly:

- a window is the set of instants whose local wall time lies in `[start, end)`: in an autumn fold both passes count,
  and a wall time that a spring gap skips has no instant;
- a window whose end is not after its start runs over midnight and belongs to the day that it starts on;
- a closed date or a holiday closes every minute of that local date, the tail of the night before included, and no
  minute of another date;
- `extra` adds windows, and wins over what closes, its tail over midnight included;
- a feed of closures (see `overridden`) closes its instants, and `extra` wins over it too;
- what the team commands (see `Override`) wins over everything, and of two commands the later one.

Everything is worked out in UTC, one UTC day at a time, because local dates have 23 to 27 hours, may begin at one
o'clock, may be missing, and may even be left and entered again.
"""

import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from bridge.domain.instants import DAY, EPOCH, MINUTE
from bridge.domain.values import Frozen, Millis, Text200

YEAR = 366 * DAY
"""How far ahead every search looks, in milliseconds. What does not open within it does not open."""

DAY_MINUTES = 24 * 60
LONGEST_SUM = 10 * YEAR
"""How long a time open hours are counted over, in milliseconds."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)", re.ASCII)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Span = tuple[int, int]
"""Start and end; the end is not part of it. Minutes of a day or milliseconds UTC, as the place says."""


# -- the document ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_zone(key: object) -> bool:
    """Whether `key` is exactly a name of the IANA time zone database, such as `America/New_York`."""
    return isinstance(key, str) and key in _zone_names()


def _check_zone(key: str) -> str:
    if not is_zone(key):
        raise ValueError("not a time zone: use an exact IANA name such as America/New_York")
    return key


def _check_days(key: str) -> str:
    days_of(key)
    return key


def _check_window(text: str) -> str:
    window_of(text)
    return text


def _check_date(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError("not a date: use YYYY-MM-DD")


def _check_code(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError('write the code in quotes: "NO" is Norway, while NO alone is "false" in YAML')  # noqa: TRY004
    return value


def days_of(key: str) -> tuple[int, ...]:
    """The weekdays (0 is Monday) that a key such as `mon`, `mon-thu`, `fri-mon` or `sat,sun` names, in its order.

    Raises:
        ValueError: a part is neither a weekday nor a range of weekdays.
    """
    found: list[int] = []
    for part in key.split(","):
        first, _, last = part.strip().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS or part.strip().endswith("-"):
            raise ValueError("not a weekday: use mon, tue, wed, thu, fri, sat, sun, mon-thu or sat,sun")
        begin = _DAYS.index(first)
        length = (_DAYS.index(last or first) - begin) % 7 + 1
        found += [(begin + step) % 7 for step in range(length)]
    return tuple(found)


def window_of(text: str) -> Span:
    """Minutes of the day of a window such as `09:00-17:00`; past 1440 where it runs over midnight.

    Raises:
        ValueError: not HH:MM-HH:MM.
    """
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError("not a window: use HH:MM-HH:MM, for example 09:00-17:00, at the latest 24:00")
    start = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4]) if match[3] else DAY_MINUTES
    return start, end if end > start else end + DAY_MINUTES


DayKey = Annotated[str, Field(max_length=40), AfterValidator(_check_days)]
WindowText = Annotated[str, AfterValidator(_check_window)]
Windows = Annotated[tuple[WindowText, ...], Field(max_length=48)]
Day = Annotated[date, BeforeValidator(_check_date)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Code = Annotated[str, BeforeValidator(_check_code), Field(min_length=1, max_length=10)]


class Holidays(Frozen):
    """The public holidays of a country, or of a part of it; those observed on another day count there as well."""

    country: Code
    subdivision: Code | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            _holidays(self.country, self.subdivision, 2026)
        except NotImplementedError:
            raise ValueError("no holidays are known here: use ISO codes such as US and NY") from None
        return self


class Closure(Frozen):
    """Dates on which nobody works, first and last included."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Day = Field(alias="from")
    to: Day
    why: Text200 | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to < self.from_:
            raise ValueError("`to` is before `from`")
        return self


class Extra(Frozen):
    """Windows on one date, added to what the week has and open whatever closes that date."""

    date: Day
    open: Annotated[Windows, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Override:
    """What the team said of a span of instants, `to` not part of it: open, or closed, whatever the calendar says."""

    from_: Millis
    to: Millis
    open: bool


FEED: Final = r"^(https?|webcal)://[^\s@]+$"


class Calendar(Frozen):
    """When a team is there: `{always: true}`, or a week in a time zone with holidays, closures and extra windows."""

    always: bool = False
    timezone: Zone = "UTC"
    week: Annotated[dict[DayKey, Windows], Field(max_length=7)] = Field(default_factory=dict)
    holidays: Holidays | None = None
    closed: Annotated[tuple[Closure, ...], Field(max_length=400)] = ()
    extra: Annotated[tuple[Extra, ...], Field(max_length=400)] = ()
    feed: Annotated[str, Field(max_length=500, pattern=FEED)] | None = None
    """Where an iCalendar feed of closures is read."""
    _closures: tuple[Span, ...] = PrivateAttr(default=())
    _commands: tuple[Override, ...] = PrivateAttr(default=())

    @field_validator("week")
    @classmethod
    def _each_day_once(cls, week: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        named = [day for key in week for day in days_of(key)]
        for day in range(7):
            if named.count(day) > 1:
                raise ValueError(f"{_DAYS[day]} is named twice: list all windows of a day in one place")
        return week

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = self.model_fields_set
        if self.always:
            if given & {"week", "holidays", "closed", "extra", "feed"}:
                raise ValueError(
                    '`always` takes nothing beside it but `timezone`: use week: {mon-sun: ["00:00-24:00"]}'
                )
        elif not {"timezone", "week"} <= given:
            raise ValueError("a calendar needs `timezone` and `week`, or `always: true`")
        return self

    @cached_property
    def plan(self) -> "Plan":
        """The calendar in the form in which it is asked; equal calendars have equal plans."""
        week: list[tuple[Span, ...]] = [()] * 7
        for key, windows in self.week.items():
            for day in days_of(key):
                week[day] = tuple(window_of(text) for text in windows)
        return Plan(
            always=self.always,
            zone=self.timezone,
            week=tuple(week),
            holidays=(self.holidays.country, self.holidays.subdivision) if self.holidays else None,
            closed=tuple(merged([(_number(one.from_), _number(one.to) + 1) for one in self.closed])),
            extra=tuple(sorted((_number(one.date), window_of(text)) for one in self.extra for text in one.open)),
            feed=self._closures,
            commands=self._commands,
        )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As everywhere, but the copy works out its own plan."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("plan", None)
        return copy

    def __hash__(self) -> int:
        return hash(self.plan)


def overridden(calendar: Calendar, *, feed: tuple[Span, ...] = (), commands: tuple[Override, ...] = ()) -> Calendar:
    """The calendar with what was said beside the document; itself where nothing was.

    Args:
        calendar: may itself know some, which these then come after.
        feed: the instants that a feed of closures names. They close what the week, or `always`, opens.
        commands: in the order in which they were given.
    """
    return _overridden(calendar, feed, commands) if feed or commands else calendar


@lru_cache(maxsize=64)
def _overridden(calendar: Calendar, feed: tuple[Span, ...], commands: tuple[Override, ...]) -> Calendar:
    """Kept, so that whoever asks again asks a plan whose days are known."""
    known, copy = calendar.plan, calendar.model_copy()
    copy._closures = tuple(merged([*known.feed, *(span for span in feed if span[0] < span[1])]))  # noqa: SLF001 - our own
    copy._commands = (*known.commands, *commands)  # noqa: SLF001 - our own
    return copy


# -- what is open on one day -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """A calendar as numbers: dates count from 1970-01-01, windows are minutes. Its hash is worked out once.

    What is closed, and the feed, are spans in order, none touching another; what is extra is in order.
    """

    always: bool
    zone: str
    week: tuple[tuple[Span, ...], ...]
    holidays: tuple[str, str | None] | None
    closed: tuple[Span, ...]
    extra: tuple[tuple[int, Span], ...]
    feed: tuple[Span, ...]
    commands: tuple[Override, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    @property
    def never_closes(self) -> bool:
        """Whether every instant is open, so that no day need be looked at."""
        return self.always and not self.feed and not self.commands

    def __post_init__(self) -> None:
        content = (self.always, self.zone, self.week, self.holidays, self.closed, self.extra, self.feed, self.commands)
        object.__setattr__(self, "_hash", hash(content))

    def __hash__(self) -> int:
        return self._hash


def _number(day: date) -> int:
    return day.toordinal() - EPOCH.toordinal()


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str | None, year: int) -> Mapping[int, str]:
    """The names of a year's holidays, in the country's own language; those that follow the moon end sooner or later."""
    from holidays import country_holidays  # noqa: PLC0415 - 6 MB and 75 ms that a site without holidays never needs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns of years beyond those that it knows all holidays of
        found = country_holidays(country, subdiv=subdivision, years=year)
    return {_number(day): name for day, name in found.items()}


def _holiday(plan: Plan, day: int) -> str | None:
    if plan.holidays is None:
        return None
    return _holidays(*plan.holidays, (EPOCH + timedelta(days=day)).year).get(day)


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


@lru_cache(maxsize=64)
def _zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def offset_at(zone: str, at: Millis) -> int:
    """How far the wall clock of `zone` is ahead of UTC at an instant, in milliseconds."""
    offset = (EPOCH + timedelta(seconds=at // 1000)).astimezone(_zone(zone)).utcoffset()
    return int((offset or timedelta()).total_seconds() * 1000)


@lru_cache(maxsize=2048)
def _pieces(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """A UTC day cut where the zone changes its offset, as (start, end, offset).

    No zone has changed twice within a week since 1970, so the day's two ends tell whether there is a change.
    """
    start, end = day * DAY, (day + 1) * DAY
    before, after = offset_at(zone, start), offset_at(zone, end - 1000)
    if before == after:
        return ((start, end, before),)
    low, high = start // 1000, end // 1000 - 1  # seconds; `low` is before the change, `high` is not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(zone, middle * 1000) == before else (low, middle)
    return (start, high * 1000, before), (high * 1000, end, after)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same spans in order, none touching another."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def wall_spans(zone: str, walls: Iterable[Span]) -> list[Span]:
    """The instants at which the wall clock of a zone shows one of these times, in order.

    Args:
        zone: an IANA name.
        walls: wall times in milliseconds, counted as if the wall were UTC's. The work grows with their length.
    """
    found: list[Span] = []
    for first, last in merged(walls):
        for day in range(first // DAY - 1, (last - 1) // DAY + 2):
            found += [(max(start, first - o), min(end, last - o)) for start, end, o in _pieces(zone, day)]
    return merged(span for span in found if span[0] < span[1])


def _without(spans: Iterable[Span], hole: Span) -> list[Span]:
    """What is left of the spans, in order, outside the hole."""
    parts = ((start, min(end, hole[0]), max(start, hole[1]), end) for start, end in spans)
    return [span for a, b, c, d in parts for span in ((a, b), (c, d)) if span[0] < span[1]]


def _instants(plan: Plan, day: int, minutes_on: Callable[[Plan, int], list[Span]]) -> list[Span]:
    """The instants of a UTC day at which the wall shows one of the minutes of its date, unordered."""
    found: list[Span] = []
    for start, end, offset in _pieces(plan.zone, day):
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


# -- one date ----------------------------------------------------------------------------------------------------------


def local_date(zone: str, at: Millis) -> date:
    """The date on the wall of a zone at an instant."""
    return (EPOCH + timedelta(milliseconds=at + offset_at(zone, at))).date()


def midnight(day: date) -> Millis:
    """The milliseconds from 1970 to the beginning of a date on a clock that shows UTC."""
    return _number(day) * DAY


def holiday_on(calendar: Calendar, day: date) -> str | None:
    """The name of the public holiday that closes a date, if one does."""
    return _holiday(calendar.plan, _number(day))


def stretches(zone: str, day: date) -> list[tuple[Millis, Millis, int]]:
    """The instants of a local date as (start, end, offset), in order: one stretch, or more where the clock changes.

    None where the zone has left the date out.
    """
    begins = midnight(day)
    found: list[tuple[Millis, Millis, int]] = []
    for utc_day in range(_number(day) - 1, _number(day) + 2):
        for start, end, offset in _pieces(zone, utc_day):
            first, last = max(start, begins - offset), min(end, begins + DAY - offset)
            if found and found[-1][1:] == (first, offset):
                found[-1] = (found[-1][0], last, offset)
            elif first < last:
                found.append((first, last, offset))
    return found
