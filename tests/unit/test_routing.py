"""The ladder: which rung is possible now, and what can be promised on it."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.packets import at

from bridge.domain import routing
from bridge.domain.escalation import Agent, Presence
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.routing import Route, Staffing, choose, free_people, someone_free
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


@pytest.mark.parametrize("free", [True, False])
def test_the_time_to_answer_runs_over_the_closed_hours_also_of_a_live_chat(policy: Policy, free: bool) -> None:
    found = route(policy, "team", Priority.NORMAL, MONDAY_16, free=free)
    assert (found.channel is Channel.LIVE) is free
    assert found.due_at == at("2026-11-03T17:00:00")


def test_a_queue_whose_hours_hold_no_slot_writes_a_mail(policy: Policy) -> None:
    queue = policy.queues["team"]
    long = queue.model_copy(update={"callbacks": queue.callbacks.model_copy(update={"slot": 12 * 3_600_000})})
    found = routing.route(Staffing("team", long, policy.hours["office"], free=False), Priority.URGENT, SATURDAY)
    assert found.channel is Channel.EMAIL


def test_a_ladder_without_live_is_never_live(policy: Policy) -> None:
    assert route(policy, "mailbox", Priority.NORMAL, MONDAY_10, free=True).channel is Channel.EMAIL


def test_zero_means_the_next_opening(policy: Policy) -> None:
    found = route(policy, "mailbox", Priority.NORMAL, SATURDAY, free=False)
    assert (found.due_at, found.opens_at) == (MONDAY_9, MONDAY_9)


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
    assert not someone_free("team", [somebody], {"ada": 1}, {}, 50)
    assert not free_people("team", [somebody], {"ada": 1}, 50)


def test_somebody_is_free_who_is_there_for_the_queue_and_has_room() -> None:
    assert someone_free("team", [person(queues=("sales", "team"))], {"ada": 1}, {}, 50)
    assert someone_free("team", [person()], {}, {}, 99)
    assert someone_free("team", [person(capacity=1)], {}, {}, 50)


def test_one_free_person_of_several_is_enough() -> None:
    assert someone_free("team", [*NOT_FREE.values(), person("bob")], {"ada": 1}, {}, 50)


def test_nobody_at_all_is_not_free() -> None:
    assert not someone_free("team", [], {}, {}, 50)


def test_a_chat_that_was_offered_holds_a_place_until_it_is_taken() -> None:
    assert someone_free("team", [person()], {}, {"team": 1}, 50)
    assert not someone_free("team", [person()], {}, {"team": 2}, 50)
    assert not someone_free("team", [person()], {"ada": 1}, {"team": 1}, 50)


def test_a_chat_of_another_queue_holds_a_place_of_those_who_work_for_both() -> None:
    only_sales = person("bob", queues=("sales",))
    assert not someone_free("team", [person()], {}, {"sales": 2}, 50)
    assert someone_free("team", [person(), only_sales], {}, {"sales": 2}, 50)
    assert not someone_free("team", [person(), only_sales], {}, {"sales": 4}, 50)
    assert someone_free("sales", [person(), only_sales], {}, {"team": 2}, 50)


def test_chats_that_found_nobody_hold_no_place_of_others() -> None:
    only_sales = person("bob", queues=("sales",))
    assert someone_free("sales", [only_sales], {}, {"team": 9}, 50)


QUEUES = ("a", "b", "c")
PEOPLE = st.lists(
    st.builds(lambda queues, room: (tuple(sorted(queues)), room), st.sets(st.sampled_from(QUEUES)), st.integers(1, 2)),
    max_size=3,
)


@example([(("a", "b"), 1), (("a",), 1), (("a",), 1)], ["a", "b"], "b")  # who was moved once is not moved again
@given(PEOPLE, st.lists(st.sampled_from(QUEUES), max_size=4), st.sampled_from(QUEUES))
@settings(max_examples=500, deadline=None)
def test_there_is_room_exactly_when_one_more_chat_can_be_seated(
    people: list[tuple[tuple[str, ...], int]], chats: list[str], asked: str
) -> None:
    present = [person(str(n), queues=queues, capacity=room) for n, (queues, room) in enumerate(people)]
    seats = [queues for queues, room in people for _ in range(room)]
    more = most_seated(seats, [*chats, asked]) > most_seated(seats, chats)
    assert someone_free(asked, present, {}, Counter(chats), 50) is more


def most_seated(seats: list[tuple[str, ...]], chats: list[str]) -> int:
    """By trying everything."""
    if not chats:
        return 0
    first, rest = chats[0], chats[1:]
    free = [n for n, queues in enumerate(seats) if not queues or first in queues]
    seated = [1 + most_seated(seats[:n] + seats[n + 1 :], rest) for n in free]
    return max([most_seated(seats, rest), *seated])


# ------------------------------------------------------------------------------------------------- which queue


def at_desk(policy: Policy, name: str, *, free: bool, **changes: Any) -> Staffing:
    queue = policy.queues[name].model_copy(update=changes)
    return Staffing(name, queue, policy.hours[queue.hours], free)


def test_a_queue_with_a_free_person_asks_nobody(policy: Policy) -> None:
    own = at_desk(policy, "team", free=True)
    assert choose(own, iter([at_desk(policy, "ever", free=True)]), MONDAY_10) is own


def test_a_queue_whose_people_are_busy_gives_to_the_first_that_can_take_it_live(policy: Policy) -> None:
    own, busy, free = (at_desk(policy, name, free=name == "ever") for name in ("team", "mailbox", "ever"))
    others = iter([busy, free, at_desk(policy, "team", free=True)])
    assert choose(own, others, MONDAY_10) is free
    assert len(list(others)) == 1


@pytest.mark.parametrize("now", [SATURDAY, MONDAY_10], ids=["closed", "open"])
@pytest.mark.parametrize("helps", [True, False])
@pytest.mark.parametrize("ladder", [("live", "email"), ("email",), ("callback", "live", "email")])
def test_no_other_queue_is_asked_unless_only_a_free_person_is_missing(
    policy: Policy, now: int, ladder: tuple[str, ...], *, helps: bool
) -> None:
    own = at_desk(policy, "team", free=False, ladder=tuple(map(Channel, ladder)))
    missing = now == MONDAY_10 and ladder[0] == "live"
    chosen = choose(own, [at_desk(policy, "ever", free=helps)], now)
    assert (chosen is not own) is (missing and helps)


def test_an_opening_before_the_promise_is_due_is_named_even_where_the_team_is_in(policy: Policy) -> None:
    assert route(policy, "team", Priority.NORMAL, MONDAY_16, free=False).opens_at == at("2026-11-03T14:00:00")
    assert route(policy, "team", Priority.URGENT, MONDAY_16, free=False).opens_at is None


def test_a_promise_falls_on_a_whole_minute_so_that_what_is_read_is_what_is_kept(policy: Policy) -> None:
    asked = MONDAY_10 + 27_123
    found = route(policy, "team", Priority.URGENT, asked, free=True)
    assert found.due_at == MONDAY_10 + 16 * 60_000


def test_patience_gives_the_team_more_time_inside_its_hours(policy: Policy) -> None:
    team = Staffing("team", policy.queues["team"], policy.hours["office"], free=False)
    found = routing.route(team, Priority.URGENT, MONDAY_10, patience=86_400_000)
    assert found.due_at == MONDAY_10 + 86_400_000 + 15 * 60_000
