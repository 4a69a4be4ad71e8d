"""Staffed hours of documents that nobody would write: every question has its answer, soon, and they agree."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.domain import hours
from bridge.domain.calendars import Calendar, Override, overridden
from bridge.domain.hours import YEAR
from bridge.domain.replay import LATEST

ZONES = ("Africa/Casablanca", "America/St_Johns", "Antarctica/Troll", "Asia/Kolkata", "Pacific/Apia", "UTC")
DAY_KEYS = ("mon-thu", "fri", "sat,sun")
FAR = 10**15
DATES = st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.dates(date(2026, 1, 1), date(2027, 12, 31))
WINDOWS = st.lists(
    st.builds("{:02}:{:02}-{:02}:{:02}".format, *(st.integers(0, top) for top in (23, 59, 23, 59))), max_size=4
)
INSTANTS = st.integers(0, LATEST) | st.integers(1_767_000_000_000, 1_830_000_000_000)
SPANS = st.tuples(st.integers(-FAR, FAR) | INSTANTS, st.integers(-FAR, FAR) | INSTANTS)


def closures(ends: list[date]) -> dict[str, str]:
    return {"from": str(min(ends)), "to": str(max(ends))}


DOCUMENTS = st.fixed_dictionaries(
    {"timezone": st.sampled_from(ZONES), "week": st.dictionaries(st.sampled_from(DAY_KEYS), WINDOWS)},
    optional={
        "holidays": st.sampled_from([{"country": "IN"}, {"country": "US", "subdivision": "NY"}]),
        "closed": st.lists(st.lists(DATES, min_size=2, max_size=2).map(closures), max_size=5),
        "extra": st.lists(
            st.fixed_dictionaries({"date": DATES.map(str), "open": WINDOWS.filter(bool)}), min_size=1, max_size=5
        ),
    },
) | st.sampled_from([{"always": True}, {"always": True, "timezone": "Pacific/Apia"}])


@pytest.mark.timeout(240)
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    DOCUMENTS,
    st.lists(SPANS, max_size=4),
    st.lists(st.builds(lambda span, is_open: Override(*span, open=is_open), SPANS, st.booleans()), max_size=4),
    INSTANTS,
    st.integers(1, YEAR),
)
def test_every_question_is_answered_and_the_answers_agree(
    document: dict[str, Any], feed: list[tuple[int, int]], commands: list[Override], at: int, ms: int
) -> None:
    calendar = overridden(Calendar.model_validate(document), feed=tuple(feed), commands=tuple(commands))
    opens, closes = hours.next_open(calendar, at), hours.close_after(calendar, at)
    assert hours.is_open(calendar, at) is (opens == at) is (closes != at)
    assert hours.opening_in_year(calendar, at) is (opens is not None)
    if opens is None:
        assert hours.business_time_between(calendar, at, at + YEAR) == 0
    else:
        assert hours.is_open(calendar, opens)
        assert hours.business_time_between(calendar, at, opens) == 0
    if closes is not None:
        assert not hours.is_open(calendar, closes)
        assert hours.business_time_between(calendar, at, closes) == closes - at

    coming = hours.next_opening(calendar, at)
    assert coming is None or (
        coming > at and hours.is_open(calendar, coming) and not hours.is_open(calendar, coming - 1)
    )
    reached = hours.add_business_time(calendar, at, ms)
    if reached is None:
        assert hours.business_time_between(calendar, at, at + YEAR) < ms
    else:
        assert hours.business_time_between(calendar, at, reached) == ms
        assert hours.is_open(calendar, reached - 1)
