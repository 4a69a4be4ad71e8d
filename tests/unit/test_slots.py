"""Times for a call: on the wall clock's round times, inside staffed hours, and never more calls at once than seats."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import slots
from bridge.domain.calendars import Calendar, Closure
from bridge.domain.callback import Callback, CallState
from bridge.domain.instants import DAY, HOUR, MINUTE, from_rfc3339, to_rfc3339
from bridge.domain.queues import Callbacks
from bridge.domain.values import Millis

NINE = from_rfc3339("2026-11-02T14:00:00Z")
"""Monday in New York, when the team comes in."""
OFFICE = Calendar.model_validate({"timezone": "America/New_York", "week": {"mon-fri": ["09:00-12:15", "13:00-17:00"]}})
AT_ONCE = Callbacks(lead=0)


def call(start: Millis, minutes: int = 30, seat: int = 0) -> Callback:
    return Callback(
        id=f"call_{start}_{seat}",
        site="shop",
        escalation_id="esc",
        queue="support",
        starts_at=start,
        ends_at=start + minutes * MINUTE,
        seat=seat,
        state=CallState.BOOKED,
        sequence=1,
        commitment_id="cmt",
        confirmed_at=None,
        booked_at=0,
    )


def starts(calls: Callbacks, calendar: Calendar, at: str, number: int = 5) -> list[str]:
    return [to_rfc3339(start) for start, _ in islice(slots.slots(calls, calendar, from_rfc3339(at)), number)]


def test_a_slot_lies_wholly_inside_staffed_hours() -> None:
    assert starts(AT_ONCE, OFFICE, "2026-11-02T16:20:00Z", 3) == [
        "2026-11-02T16:30:00Z",
        "2026-11-02T18:00:00Z",  # 12:00 to 12:30 would end after the team has left
        "2026-11-02T18:30:00Z",
    ]


def test_slots_lead_and_end_as_the_queue_says() -> None:
    calls = Callbacks.model_validate({"lead": "2h", "ahead": "1d"})
    found = list(slots.slots(calls, OFFICE, NINE))
    assert found[0][0] == NINE + 2 * HOUR
    assert found[-1][1] <= NINE + DAY + 2 * HOUR


def test_a_team_that_is_away_for_longer_can_be_called_on_the_day_it_comes_back() -> None:
    away = OFFICE.model_copy(update={"closed": (Closure.model_validate({"from": "2026-12-24", "to": "2027-01-03"}),)})
    found = list(slots.slots(Callbacks(), away, from_rfc3339("2026-12-23T20:45:00Z")))
    assert [to_rfc3339(found[0][0]), to_rfc3339(found[-1][1])] == ["2027-01-04T14:00:00Z", "2027-01-04T22:00:00Z"]


@pytest.mark.parametrize(
    ("zone", "first"), [("Asia/Kathmandu", "2026-11-02T03:15:00Z"), ("America/St_Johns", "2026-11-02T12:30:00Z")]
)
def test_round_times_are_those_of_the_wall_clock_in_zones_of_odd_offsets(zone: str, first: str) -> None:
    calendar = Calendar.model_validate({"timezone": zone, "week": {"mon-fri": ["09:00-17:00"]}})
    assert starts(AT_ONCE, calendar, "2026-11-02T00:00:00Z", 1) == [first]


def test_both_passes_of_an_autumn_hour_have_their_slots() -> None:
    always = Calendar.model_validate({"timezone": "America/New_York", "week": {"mon-sun": ["00:00-24:00"]}})
    found = starts(AT_ONCE, always, "2026-11-01T05:00:00Z", 4)
    assert found == ["2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z"]


def test_what_is_booked_is_not_free_and_what_touches_it_is() -> None:
    booked = [call(NINE + HOUR)]
    free = [start for start, _ in islice(slots.free(AT_ONCE, OFFICE, NINE, booked), 4)]
    assert free == [NINE, NINE + 30 * MINUTE, NINE + 90 * MINUTE, NINE + 120 * MINUTE]


def test_a_long_call_stands_in_the_way_of_every_slot_that_it_overlaps() -> None:
    booked = [call(NINE, minutes=60), call(NINE + 90 * MINUTE, minutes=10)]
    free = [start for start, _ in islice(slots.free(AT_ONCE, OFFICE, NINE, booked), 2)]
    assert free == [NINE + 60 * MINUTE, NINE + 120 * MINUTE]


def test_seats_above_the_capacity_count_as_taken() -> None:
    span = (NINE, NINE + HOUR)
    assert slots.free_seat(span, [call(NINE, seat=2)], 1) is None
    assert slots.free_seat(span, [call(NINE, seat=2)], 2) == 0
    assert slots.free_seat(span, [call(NINE, seat=0), call(NINE + 30 * MINUTE, seat=1)], 3) == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([5, 10, 15, 30, 60, 120]), st.integers(1, 4)),
        max_size=60,
    )
)
def test_no_order_of_bookings_lengths_and_capacities_makes_more_calls_at_once_than_the_capacity(
    wishes: list[tuple[int, int, int]],
) -> None:
    """Each wish comes with the slot length and the capacity that the policy then has."""
    booked: list[Callback] = []
    for step, minutes, capacity in wishes:
        start = NINE + step * 5 * MINUTE
        span = (start, start + minutes * MINUTE)
        seat = slots.free_seat(span, booked, capacity)
        if seat is None:
            continue
        booked.append(call(start, minutes, seat))
        for instant in (one.starts_at for one in booked if span[0] <= one.starts_at < span[1] or one is booked[-1]):
            assert sum(one.starts_at <= instant < one.ends_at for one in booked) <= capacity
