"""Calendars: the `hours:` part of the policy, what was said beside it, and the form in which both are asked."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from bridge.domain.values import Frozen, Millis, Text200
from bridge.domain.wall_clock import Span, day_number, is_zone, merged

DAY_MINUTES = 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)", re.ASCII)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

# -- the document ------------------------------------------------------------------------------------------------------


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
            holidays_of(self.country, self.subdivision, 2026)
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
    _commands: tuple["Override", ...] = PrivateAttr(default=())

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
            closed=tuple(merged([(day_number(one.from_), day_number(one.to) + 1) for one in self.closed])),
            extra=tuple(sorted((day_number(one.date), window_of(text)) for one in self.extra for text in one.open)),
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


# -- what was said beside it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Override:
    """What the team said of a span of instants, `to` not part of it: open, or closed, whatever the calendar says."""

    from_: Millis
    to: Millis
    open: bool


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


# -- as it is asked ----------------------------------------------------------------------------------------------------


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


@lru_cache(maxsize=256)
def holidays_of(country: str, subdivision: str | None, year: int) -> Mapping[int, str]:
    """The names of a year's holidays, in the country's own language; those that follow the moon end sooner or later."""
    from holidays import country_holidays  # noqa: PLC0415 - 6 MB and 75 ms that a site without holidays never needs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns of years beyond those that it knows all holidays of
        found = country_holidays(country, subdiv=subdivision, years=year)
    return {day_number(day): name for day, name in found.items()}
