"""Which dates a rule of repetition names: the part of iCalendar's RRULE that calendars of closures use.

Days are looked at one by one and never more than the caller asks for, so that no rule, however odd, takes for ever.
"""

from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby


class Every(StrEnum):
    """The period in which a rule repeats."""

    DAY = "DAILY"
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"
    YEAR = "YEARLY"


_BEYOND = {
    Every.DAY: timedelta(),
    Every.WEEK: timedelta(days=7),
    Every.MONTH: timedelta(days=31),
    Every.YEAR: timedelta(days=366),
}
"""How far the last period may reach: places in it are counted from its end, too."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. What is empty does not narrow it; a period without any narrowing is narrowed to the first date's place.

    `interval`: in each so-manieth period. `count`: so many dates in all. `until`: the last date that may be one.
    `months`: 1 to 12. `month_days`: 1 to 31, or from the month's end -1 to -31. `weekdays`: each 0 (Monday) to 6 with
    its place in the month, or in the year where a yearly rule names no months; 0 is every one. `places`: which of a
    period's dates, from 1, or from its end -1. `week_start`: 0 to 6.
    """

    every: Every
    interval: int = 1
    count: int | None = None
    until: date | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    places: tuple[int, ...] = ()
    week_start: int = 0

    def settled(self, first: date) -> "Rule":
        """The rule with what its first date says where it says nothing itself."""
        if self.month_days or self.weekdays or self.every is Every.DAY:
            return self
        if self.every is Every.WEEK:
            return replace(self, weekdays=frozenset({(first.weekday(), 0)}))
        months = frozenset({first.month}) if self.every is Every.YEAR and not self.months else self.months
        return replace(self, months=months, month_days=frozenset({first.day}))


def dates(rule: Rule, first: date, since: date, before: date) -> Iterator[date]:
    """The dates of a rule that begins at `first`, from `since` on, in order, none at or after `before`."""
    rule = rule.settled(first)
    left = rule.count
    for day in _matching(rule, first, begin(rule, first, since), before):
        if day < first:
            continue
        if left == 0 or day >= before or (rule.until and day > rule.until):
            return
        left = left - 1 if left else left
        if day >= since:
            yield day


def begin(rule: Rule, first: date, since: date) -> date:
    """The day from which on days are looked at: a count is counted from the first date."""
    return _period_start(rule, first if rule.count else max(first, since))


def _matching(rule: Rule, first: date, start: date, before: date) -> Iterator[date]:
    """What the rule names of whole periods, those before its first date included."""
    end = before + _BEYOND[rule.every] if rule.places else before
    days = (start + timedelta(days=number) for number in range((end - start).days))
    origin = _period(rule, first)
    for period, inside in groupby(days, key=lambda day: _period(rule, day)):
        if (period - origin) % rule.interval == 0:
            named = [day for day in inside if _fits(rule, day)]
            yield from _placed(named, rule.places) if rule.places else named


def _placed(named: list[date], places: tuple[int, ...]) -> list[date]:
    found = {named[place - 1 if place > 0 else place] for place in places if 0 < abs(place) <= len(named)}
    return sorted(found)


def _period(rule: Rule, day: date) -> int:
    """The number of the period that a day lies in."""
    match rule.every:
        case Every.DAY:
            return day.toordinal()
        case Every.WEEK:
            return (day.toordinal() - 1 - rule.week_start) // 7  # 0001-01-01 was a Monday
        case Every.MONTH:
            return day.year * 12 + day.month
        case Every.YEAR:
            return day.year


def _period_start(rule: Rule, day: date) -> date:
    match rule.every:
        case Every.DAY:
            return day
        case Every.WEEK:
            return date.fromordinal(max(1, day.toordinal() - (day.weekday() - rule.week_start) % 7))
        case Every.MONTH:
            return day.replace(day=1)
        case Every.YEAR:
            return day.replace(month=1, day=1)


def _fits(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    days = rule.month_days
    if days and day.day not in days and day.day - _month_length(day) - 1 not in days:
        return False
    weekdays = rule.weekdays
    return not weekdays or (day.weekday(), 0) in weekdays or not weekdays.isdisjoint(_places_of(rule, day))


def _places_of(rule: Rule, day: date) -> set[tuple[int, int]]:
    """What a rule may call this weekday: the n-th, counted from the start or the end."""
    if rule.every is Every.YEAR and not rule.months:
        number, length = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
    else:
        number, length = day.day, _month_length(day)
    weekday = day.weekday()
    return {(weekday, (number - 1) // 7 + 1), (weekday, -((length - number) // 7 + 1))}


def _month_length(day: date) -> int:
    return monthrange(day.year, day.month)[1]
