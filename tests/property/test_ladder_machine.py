"""Whatever people, clocks and policies do: a customer who was handed over has a promise, and somebody is told in time.

A state machine over the product in this process, on a real database. What it does at random: visitors ask and write,
people come, go, claim, answer, end, here or in a helpdesk whose news are late; the clock jumps; the scheduler works in
time, late, or stops in the middle; the owner changes the policy.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from support.sidecar import SHOP, Chat, Sidecar, in_process

from bridge.domain.customer import Account
from bridge.domain.escalation import ACTIVE, Agent, Commitment, CommitmentState, Escalation, EscalationState
from bridge.domain.instants import DAY, MINUTE
from bridge.domain.session import Session
from bridge.domain.values import Channel, Json, Millis, Visitor
from bridge.ports import DeskNews, NewsKind, NotDone
from bridge.service.context import open_case
from bridge.service.desk_news import take_news
from bridge.service.keep_promise import alarm_kind
from bridge.service.watch_promises import follow_up_due

STARTS = ("2026-10-30T19:50:00Z", "2026-10-31T23:00:00Z", "2026-11-02T13:59:00Z", "2026-11-02T16:55:00Z")
"""Friday before and during the clocks' change in New York; Monday at the opening and before noon."""
QUEUES = ("a", "b", "c")
USERS = NUMBERS = st.integers(0, 5)
TIERS = ("standard", "gold", "failed")
PROMISES = 2
EXAMPLES, STEPS = 25, 25
YEAR = 366 * DAY
LONGEST_WAIT = 6 * DAY
"""No promise of these policies, made at any time of a week, is due later than that."""
PEOPLE: tuple[Json, ...] = ({"id": "3", "name": "Ada"}, {"id": "4", "name": "Bob"})
HOURS = {
    "always": {"always": True, "timezone": "UTC"},
    "office": {"timezone": "America/New_York", "week": {"mon-fri": ["09:00-17:00"]}},
    "split": {"timezone": "America/New_York", "week": {"mon-sat": ["09:00-12:00", "13:00-17:00"]}},
    "night": {"timezone": "Europe/Berlin", "week": {"mon-sun": ["22:00-02:30"]}},
}
LADDERS = st.sampled_from([["live", "email"], ["live", "callback", "email"], ["callback", "live", "email"], ["email"]])
WITHIN = st.sampled_from(["10m", "1h", "5h", 0])
JUMPS = (1, 2 * MINUTE, 20 * MINUTE, 5 * 60 * MINUTE, DAY, 4 * DAY)


def queue(name: str) -> st.SearchStrategy[Json]:
    others = [other for other in QUEUES if other != name]
    return st.fixed_dictionaries(
        {
            "hours": st.sampled_from(sorted(HOURS)),
            "respond_within": st.fixed_dictionaries({"normal": WITHIN}),
            "ladder": LADDERS,
            "pickup_within": st.sampled_from(["1m", "3m", "30s"]),
            "overflow": st.lists(st.sampled_from(others), unique=True),
            "staffing": st.sampled_from(["presence", "schedule"]),
            "warn_before": st.sampled_from(["10m", "1h", 0]),
            "by_tier": st.fixed_dictionaries({}, optional={"gold": st.fixed_dictionaries({"ladder": LADDERS})}),
            "promises": st.just(PROMISES),
        }
    )


POLICIES = st.fixed_dictionaries(
    {
        "tiers": st.just(["standard", "gold"]),
        "triggers": st.just({"asked": {"type": "human_requested"}}),
        "rules": st.just([{"name": "asked", "when": "asked", "priority": "normal"}]),
        "queues": st.fixed_dictionaries({name: queue(name) for name in QUEUES}),
        "hours": st.just(HOURS),
    }
).map(json.dumps)


class Ladder(RuleBasedStateMachine):
    """The product, and beside it what a person really did, and when."""

    def __init__(self, fresh: Callable[[], str]) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.it: Sidecar = self.stack.enter_context(in_process(fresh(), with_desk=False))
        self.it.crm.answer = self.look_up
        self.chats: dict[int, Chat] = {}
        self.answers: dict[str, Millis] = {}
        self.messages = 0

    def look_up(self, visitor: Visitor) -> Account:
        tier = TIERS[int(visitor.user_id or 0) % len(TIERS)]
        if tier == "failed":
            raise NotDone("timeout")
        return Account(tier=tier)

    @initialize(policy=POLICIES, at=st.sampled_from(STARTS))
    def begin(self, policy: str, at: str) -> None:
        self.it.put_policy(policy)
        self.it.clock.set(at)

    # -- what happens

    @rule(user=USERS)
    def asks(self, user: int) -> None:
        chat = self.chats.get(user)
        if chat is None:
            chat = self.chats[user] = self.it.chat()
            chat.verified(str(user))
        verdict = chat.says("I want to talk to a human")
        if verdict["state"] == "closed":
            del self.chats[user]
            return
        assert (verdict["state"], verdict["action"]) == ("escalated", "say")
        told, (one,) = verdict["escalation"], [one for one in self.active() if one.id == verdict["escalation"]["id"]]
        stands = one.commitment.state is CommitmentState.PENDING
        assert (told["commitment"]["text"] in verdict["say"]) is stands
        assert stands or (one.claimed_by and one.claimed_by.name in verdict["say"])

    @rule(
        who=st.sampled_from(PEOPLE),
        queues=st.lists(st.sampled_from(QUEUES), unique=True),
        capacity=st.integers(1, 2),
        available=st.booleans(),
    )
    def comes_or_goes(self, who: Json, queues: list[str], capacity: int, *, available: bool) -> None:
        self.it.team.is_there(who, available=available, queues=queues, capacity=capacity, ttl_s=3600)

    @rule(number=NUMBERS, who=st.sampled_from(PEOPLE), what=st.sampled_from(["claim", "reply", "resolve", "release"]))
    def works(self, number: int, who: Json, what: str) -> None:
        one = self.pick(number)
        if one is None or (what == "claim" and one.claimed_by is not None and one.claimed_by.id != who["id"]):
            return
        more = self.message() if what == "reply" else {}
        self.it.team.does(what, one.id, who, **more)
        if what in ("reply", "resolve"):
            self.answers[one.id] = min(self.answers.get(one.id, self.it.clock.at), self.it.clock.at)

    @rule(number=NUMBERS, kind=st.sampled_from(NewsKind), ago=st.sampled_from((0, *JUMPS)))
    def hears_from_the_helpdesk(self, number: int, kind: NewsKind, ago: int) -> None:
        one = self.pick(number)
        if one is None:
            return
        at = max(one.decided_at, self.it.clock.at - ago)
        if kind is NewsKind.SOLVED and one.answered_at is None:
            at = max(at, one.commitment.made_at)
        answer = self.message()
        news = DeskNews(kind, one.id, Agent("desk:9", "Zoe"), at, answer["reply_id"], answer["text"])
        with self.it.bridge.store.write() as tx:
            take_news(open_case(self.it.bridge, tx, SHOP.id), news)
        if kind is not NewsKind.PICKED_UP:
            self.answers[one.id] = min(self.answers.get(one.id, at), at)

    @rule(by=st.sampled_from(JUMPS))
    def time_passes(self, by: int) -> None:
        self.it.clock.at += by

    @rule(short=st.sampled_from((-1, 0, 1)))
    def time_passes_to_what_is_due(self, short: int) -> None:
        due = min((row["due_at"] for row in self.planned()), default=self.it.clock.at)
        self.it.clock.at = max(self.it.clock.at, due + short)

    @rule()
    def the_scheduler_does_one_thing(self) -> None:
        follow_up_due(self.it.bridge, limit=1)

    @rule()
    def the_scheduler_does_what_is_due(self) -> None:
        while follow_up_due(self.it.bridge):
            pass
        assert [row for row in self.planned() if row["due_at"] <= self.it.clock.at] == []

    @rule(policy=POLICIES)
    def the_owner_changes_the_policy(self, policy: str) -> None:
        self.it.put_policy(policy)

    # -- what must hold after each of it

    @invariant()
    def it_holds(self) -> None:
        seen = self.look()
        for check in CHECKS:
            check(seen, self.answers)

    def teardown(self) -> None:
        """Nobody does anything any more: after so many promises a person in charge is told of everybody who waits."""
        with self.stack:
            for _ in range(1 + PROMISES):  # the first time a live chat may fall through, which breaks no promise
                self.it.clock.at += LONGEST_WAIT
                while follow_up_due(self.it.bridge):
                    pass
            self.it_holds()
            seen = self.look()
            assert {alarm_kind(one.id) for one in seen.active if one.answered_at is None} == seen.alarms

    # -- looking

    def look(self) -> "Seen":
        with self.it.bridge.store.read() as tx:
            everything = tx.escalations.page(SHOP.id, tuple(EscalationState), 100, None)
            return Seen(
                self.it.clock.at,
                everything,
                {one.id: tx.escalations.commitments(one.id) for one in everything},
                {
                    (row["commitment_id"], row["kind"]): row["due_at"]
                    for row in tx.work.due(self.it.clock.at + YEAR, 1000)
                },
                {alarm.kind for alarm in tx.alarms.standing(SHOP.id)},
                {row["escalation_id"] for row in tx.work.outbox(("due",), 1000) if row["kind"] == "mail"},
                {one.id: tx.sessions.of_escalation(SHOP.id, one.id) for one in everything if one.state in ACTIVE},
            )

    def active(self) -> list[Escalation]:
        with self.it.bridge.store.read() as tx:
            return tx.escalations.page(SHOP.id, ACTIVE, 100, None)

    def planned(self) -> list[Json]:
        with self.it.bridge.store.read() as tx:
            return tx.work.due(self.it.clock.at + YEAR, 1000)

    def pick(self, number: int) -> Escalation | None:
        """One of those that are active, if there is any: what is drawn must not depend on how many there are."""
        active = sorted(self.active(), key=lambda one: one.decided_at)
        return active[number % len(active)] if active else None

    def message(self) -> dict[str, Any]:
        self.messages += 1
        return {"reply_id": f"m{self.messages}", "text": f"Answer {self.messages}"}


@dataclass(frozen=True)
class Seen:
    """The database between two steps."""

    at: Millis
    everything: list[Escalation]
    promises: dict[str, list[Commitment]]
    jobs: dict[tuple[str, str], Millis]
    alarms: set[str]
    told: set[str]
    sessions: dict[str, list[Session]]

    @property
    def active(self) -> list[Escalation]:
        return [one for one in self.everything if one.state in ACTIVE]


Answers = dict[str, Millis]


def each_active_escalation_has_one_standing_promise_or_an_answered_one(seen: Seen, _answers: Answers) -> None:
    for one in seen.active:
        pending = [promise for promise in seen.promises[one.id] if promise.state is CommitmentState.PENDING]
        assert pending == ([] if one.answered_at is not None else [one.commitment])


def each_standing_promise_has_its_job_at_its_instant(seen: Seen, _answers: Answers) -> None:
    for one in seen.active:
        if one.answered_at is not None:
            continue
        assert seen.jobs[one.commitment.id, "promise"] == one.commitment.due_at
        if one.channel is Channel.LIVE and one.state is EscalationState.OPEN and seen.at < one.commitment.due_at:
            assert seen.jobs[one.commitment.id, "pickup"] <= one.commitment.due_at


def no_promise_was_due_when_it_was_made(seen: Seen, _answers: Answers) -> None:
    for promises in seen.promises.values():
        assert all(promise.made_at < promise.due_at <= promise.made_at + LONGEST_WAIT for promise in promises)


def the_ai_is_silent(seen: Seen, _answers: Answers) -> None:
    for one in seen.active:
        assert seen.sessions[one.id]
        assert all(session.locked for session in seen.sessions[one.id])


def the_team_was_told_of_each(seen: Seen, _answers: Answers) -> None:
    assert {one.id for one in seen.everything} <= seen.told


def kept_and_broken_are_what_really_happened(seen: Seen, answers: Answers) -> None:
    for one in seen.everything:
        answer = answers.get(one.id)
        for promise in seen.promises[one.id]:
            kept = answer is not None and promise.made_at <= answer < promise.due_at
            assert promise.state is not CommitmentState.BROKEN or not kept
            assert promise.state is not CommitmentState.KEPT or answer is not None
        if answer is None:
            for promise, following in pairwise(seen.promises[one.id]):
                assert promise.state is not CommitmentState.REPLACED or following.made_at < promise.due_at


def an_alarm_stands_while_nobody_answers(seen: Seen, _answers: Answers) -> None:
    broken = {
        one.id: sum(promise.state is CommitmentState.BROKEN for promise in seen.promises[one.id])
        for one in seen.active
        if one.answered_at is None
    }
    assert seen.alarms == {alarm_kind(name) for name, times in broken.items() if times >= PROMISES}


def a_customer_whose_tier_is_not_known_is_one_of_the_highest(seen: Seen, _answers: Answers) -> None:
    for one in seen.everything:
        tier = TIERS[int((one.customer_key or "user:0").removeprefix("user:")) % len(TIERS)]
        known = one.packet.customer
        assert (known.tier, known.tier_assumed) == (("gold", True) if tier == "failed" else (tier, False))


CHECKS = (
    each_active_escalation_has_one_standing_promise_or_an_answered_one,
    each_standing_promise_has_its_job_at_its_instant,
    no_promise_was_due_when_it_was_made,
    the_ai_is_silent,
    the_team_was_told_of_each,
    kept_and_broken_are_what_really_happened,
    an_alarm_stands_while_nobody_answers,
    a_customer_whose_tier_is_not_known_is_one_of_the_highest,
)


def test_no_path_ends_with_the_ai_with_silence_or_with_waiting_for_ever(fresh_sqlite: Callable[[], str]) -> None:
    run_state_machine_as_test(
        lambda: Ladder(fresh_sqlite),
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
