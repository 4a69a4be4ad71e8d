"""Whatever feeds and commands say, a decision has a promise that is still to come, and it is always the same one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain import commitment, hours, wall_clock
from bridge.domain.calendars import Calendar, overridden
from bridge.domain.closures import LONGEST_COMMAND, Closing, Command, Reading, closed_spans, overrides
from bridge.domain.instants import DAY, HOUR, MINUTE, from_rfc3339
from bridge.domain.queues import Queue
from bridge.domain.routing import Route, Staffing, route
from bridge.domain.values import Channel, Priority

AT = from_rfc3339("2026-10-30T12:00:00Z")
"""Two days before the clocks go back in New York, five after they did in Berlin."""
ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo"]
instants = st.integers(AT - 30 * DAY, AT + 400 * DAY) | st.integers(AT - DAY, AT + DAY)
lengths = st.integers(1, DAY) | st.integers(1, LONGEST_COMMAND)

calendars = st.sampled_from(ZONES).map(
    lambda zone: Calendar.model_validate(
        {"timezone": zone, "week": {"mon-fri": ["09:00-17:00"], "sat": ["22:00-02:00"]}}
    )
) | st.just(Calendar(always=True))
closings = st.builds(lambda start, length, wall: Closing(start, start + length, wall), instants, lengths, st.booleans())
commands = st.builds(
    lambda is_open, start, length: Command("hrs", None, is_open, start, start + length, "", "", AT),
    st.booleans(), instants, lengths,
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(calendars, st.lists(closings, max_size=8), st.lists(commands, max_size=5), st.booleans(), instants)
def test_every_decision_has_a_promise_in_the_future(
    calendar: Calendar, fed: list[Closing], said: list[Command], free: bool, at: int
) -> None:
    text = Reading(tuple(fed), AT).dump()
    in_force = overridden(calendar, feed=closed_spans(text, calendar.timezone), commands=overrides(said))
    queue = Queue.model_validate({"hours": "x", "respond_within": {"urgent": "5m", "normal": "4h"}})
    found: Route = route(Staffing("q", queue, in_force, free), Priority.NORMAL, at)
    assert found.due_at > at
    if found.channel is Channel.LIVE:
        assert hours.is_open(in_force, at)
        assert free
    elif hours.add_business_time(in_force, at, 4 * HOUR) is not None:
        within = commitment.due(in_force, at, 4 * HOUR, live=False)
        assert hours.business_time_between(in_force, at, within) == 4 * HOUR
        assert 0 <= found.due_at - within < MINUTE


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(ZONES), st.lists(closings, min_size=1, max_size=8), instants)
def test_an_instant_is_closed_exactly_if_an_event_says_so_in_the_calendars_zone(
    zone: str, fed: list[Closing], at: int
) -> None:
    spans = closed_spans(Reading(tuple(fed), AT).dump(), zone)
    wall = at + wall_clock.offset_at(zone, at)
    by_hand = any(one.from_ <= (wall if one.wall else at) < one.to for one in fed)
    assert any(start <= at < end for start, end in spans) is by_hand
