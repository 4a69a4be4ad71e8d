"""Dates of repetition rules, held against another library's."""

from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

from dateutil import rrule
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bridge.domain.recurrence import Every, Rule, dates

FREQ = {Every.DAY: rrule.DAILY, Every.WEEK: rrule.WEEKLY, Every.MONTH: rrule.MONTHLY, Every.YEAR: rrule.YEARLY}
NAMES = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
SINCE = date(2026, 11, 20)
BEFORE = SINCE + timedelta(days=800)


def sets(of: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.frozensets(of, max_size=most)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules that name some date in the end, for the other library looks for one until the year 9999; and none that asks
    for every Monday and the second Tuesday at once, which it takes for days that are both.
    """
    every = draw(st.sampled_from(Every))
    months = draw(sets(st.integers(1, 12)))
    by_day = every in (Every.MONTH, Every.YEAR) and draw(st.booleans())
    ordinals = st.integers(-4, 4).filter(bool) if by_day and draw(st.booleans()) else st.just(0)
    return Rule(
        every,
        interval=draw(st.sampled_from([1, 5] if months and every is Every.MONTH else [1, 2, 3, 4, 5])),
        count=draw(st.none() | st.integers(1, 40)),
        until=draw(st.none() | st.dates(SINCE - timedelta(days=100), BEFORE)),
        months=months,
        month_days=draw(st.just(frozenset()) if by_day else sets(st.integers(-28, 28).filter(bool))),
        weekdays=draw(sets(st.tuples(st.integers(0, 6), ordinals))),
        places=draw(st.sampled_from([(), (1,), (-1,), (-1, 1)])),
        week_start=draw(st.integers(0, 6)),
    )


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def by_the_other_library(rule: Rule, first: date) -> list[date]:
    found = rrule.rrule(
        FREQ[rule.every],
        dtstart=midnight(first),
        interval=rule.interval,
        count=rule.count,
        until=midnight(rule.until) if rule.until and not rule.count else None,
        bymonth=sorted(rule.months) or None,
        bymonthday=sorted(rule.month_days) or None,
        byweekday=[NAMES[day](place) if place else NAMES[day] for day, place in sorted(rule.weekdays)] or None,
        bysetpos=sorted(set(rule.places)) or None,
        wkst=rule.week_start,
    )
    days = takewhile(lambda day: day < BEFORE, (at.date() for at in found))
    return [day for day in days if day >= SINCE and (rule.until is None or day <= rule.until)]


@settings(max_examples=200, deadline=None, phases=[Phase.explicit, Phase.generate])  # a smaller case may take for ever
@given(rules(), st.dates(SINCE - timedelta(days=1500), SINCE + timedelta(days=300)))
def test_a_rule_names_the_dates_that_another_library_finds(rule: Rule, first: date) -> None:
    assert list(dates(rule, first, SINCE, BEFORE)) == by_the_other_library(rule, first)
