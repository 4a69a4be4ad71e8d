"""The ladder: which rung is possible now, and what can be promised on it."""

from typing import Any

import pytest
from support.packets import at

from bridge.domain import routing
from bridge.domain.escalation import Agent, Presence
from bridge.domain.findings import read_policy
from bridge.domain.policy import Policy
from bridge.domain.routing import Route, Staffing, someone_free
from bridge.domain.values import Channel, Priority

POLICY = """
triggers: {asked: {type: human_requested}}
rules: [{name: r, when: asked, priority: normal}]
queues:
  team: {hours: office, respond_within: {normal: 4h, urgent: 15m}, ladder: [live, callback, email]}
  mailbox: {hours: office, respond_within: {normal: 0}, ladder: [email]}
  ever: {hours: always, respond_within: {normal: 1h}, ladder: [live, email]}
hours:
  office: {timezone: America/New_York, week: {mon-fri: ["09:00-17:00"]}}
  always: {always: true}
"""
MONDAY_10 = at("2026-11-02T15:00:00")
MONDAY_16 = at("2026-11-02T21:00:00")
SATURDAY = at("2026-10-31T22:00:00")
MONDAY_9 = at("2026-11-02T14:00:00")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(POLICY)


def route(
    policy: Policy, name: str, priority: Priority, now: int, *, free: bool, below: Channel | None = None
) -> Route:
    queue = policy.queues[name]
    return routing.route(Staffing(name, queue, policy.hours[queue.hours], free), priority, now, below=below)


def test_a_free_person_in_staffed_hours_is_live(policy: Policy) -> None:
    found = route(policy, "team", Priority.URGENT, MONDAY_10, free=True)
    assert found.channel is Channel.LIVE
    assert found.due_at == MONDAY_10 + 15 * 60_000
    assert found.opens_at is None


def test_nobody_free_in_staffed_hours_is_a_call_within_the_same_day(policy: Policy) -> None:
    found = route(policy, "team", Priority.URGENT, MONDAY_10, free=False)
    assert found.channel is Channel.CALLBACK
    assert found.due_at == MONDAY_10 + 15 * 60_000
    assert found.timezone == "America/New_York"


def test_a_person_who_is_there_after_hours_does_not_make_it_live(policy: Policy) -> None:
    found = route(policy, "team", Priority.URGENT, SATURDAY, free=True)
    assert found.channel is Channel.CALLBACK
    assert found.opens_at == MONDAY_9
    assert found.due_at == MONDAY_9 + 15 * 60_000


def test_the_time_to_answer_runs_over_the_closed_hours(policy: Policy) -> None:
    found = route(policy, "team", Priority.NORMAL, MONDAY_16, free=False)
    assert found.due_at == at("2026-11-03T17:00:00")


def test_a_live_promise_runs_on_the_wall_clock(policy: Policy) -> None:
    found = route(policy, "team", Priority.NORMAL, MONDAY_16, free=True)
    assert found.due_at == MONDAY_16 + 4 * 3_600_000


def test_a_queue_without_a_time_for_a_call_soon_enough_writes_a_mail(policy: Policy) -> None:
    queue = policy.queues["team"]
    soon = queue.model_copy(update={"callbacks": queue.callbacks.model_copy(update={"ahead": 60_000})})
    found = routing.route(Staffing("team", soon, policy.hours["office"], free=False), Priority.URGENT, SATURDAY)
    assert found.channel is Channel.EMAIL


def test_a_ladder_without_live_is_never_live(policy: Policy) -> None:
    assert route(policy, "mailbox", Priority.NORMAL, MONDAY_10, free=True).channel is Channel.EMAIL


def test_zero_means_the_next_opening(policy: Policy) -> None:
    assert route(policy, "mailbox", Priority.NORMAL, SATURDAY, free=False).due_at == MONDAY_9


def test_a_team_that_never_goes_needs_no_opening(policy: Policy) -> None:
    found = route(policy, "ever", Priority.NORMAL, SATURDAY, free=False)
    assert (found.opens_at, found.due_at) == (None, SATURDAY + 3_600_000)


@pytest.mark.parametrize(
    ("below", "next_rung"),
    [(Channel.LIVE, Channel.CALLBACK), (Channel.CALLBACK, Channel.EMAIL), (Channel.EMAIL, Channel.EMAIL)],
)
def test_below_a_rung_it_goes_down_and_ends_with_the_mail(policy: Policy, below: Channel, next_rung: Channel) -> None:
    assert route(policy, "team", Priority.URGENT, MONDAY_10, free=True, below=below).channel is next_rung


def test_a_rung_that_the_ladder_has_lost_since_leaves_the_mail(policy: Policy) -> None:
    assert route(policy, "mailbox", Priority.URGENT, MONDAY_10, free=True, below=Channel.LIVE).channel is Channel.EMAIL


@pytest.mark.parametrize("priority", list(Priority))
@pytest.mark.parametrize("now", [SATURDAY, MONDAY_10, MONDAY_16])
@pytest.mark.parametrize("queue", ["team", "mailbox", "ever"])
@pytest.mark.parametrize("free", [True, False])
def test_every_promise_is_in_the_future(
    policy: Policy, queue: str, priority: Priority, now: int, *, free: bool
) -> None:
    found = route(policy, queue, priority, now, free=free)
    assert found.due_at > now
    assert found.opens_at is None or now < found.opens_at <= found.due_at


# ------------------------------------------------------------------------------------------------- who is free


def person(name: str = "ada", **changes: Any) -> Presence:
    given: dict[str, Any] = {"queues": (), "capacity": 2, "available": True, "expires_at": 100}
    return Presence(Agent(name, name.title()), **{**given, **changes})


NOT_FREE = {
    "has said so": person(available=False),
    "has not been heard of": person(expires_at=50),
    "works for another queue": person(queues=("sales",)),
    "has their hands full": person(capacity=1),
}


@pytest.mark.parametrize("somebody", NOT_FREE.values(), ids=NOT_FREE)
def test_somebody_is_not_free_who(somebody: Presence) -> None:
    assert not someone_free("team", [somebody], {"ada": 1}, 50)


def test_somebody_is_free_who_is_there_for_the_queue_and_has_room() -> None:
    assert someone_free("team", [person(queues=("sales", "team"))], {"ada": 1}, 50)
    assert someone_free("team", [person()], {}, 99)


def test_one_free_person_of_several_is_enough() -> None:
    assert someone_free("team", [*NOT_FREE.values(), person("bob")], {"ada": 1}, 50)


def test_nobody_at_all_is_not_free() -> None:
    assert not someone_free("team", [], {}, 50)


def test_a_promise_falls_on_a_whole_minute_so_that_what_is_read_is_what_is_kept(policy: Policy) -> None:
    asked = MONDAY_10 + 27_123
    found = route(policy, "team", Priority.URGENT, asked, free=True)
    assert found.due_at == MONDAY_10 + 16 * 60_000
