"""A month on a set clock: customers, a team, outages, and a bystander who writes down what each customer was told.

The bystander judges by what was said and done alone: who was promised an answer by when, and when a person came. What
the product says of its promises is held against it.
"""

import heapq
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from support.sidecar import Chat, Sidecar

from bridge.domain.customer import Account
from bridge.domain.instants import DAY, HOUR, MINUTE, from_rfc3339
from bridge.domain.values import Json, Millis
from bridge.ports import NotDone
from bridge.service.deliver import deliver_due
from bridge.service.watch_promises import follow_up_due

BEGINS: Final = from_rfc3339("2026-10-26T04:00:00Z")
"""A Monday, midnight in New York: the clock goes back on the first Sunday after it."""
AGENTS: Final = "123456"
TICK: Final = 5 * MINUTE
ASKING: Final = {
    "en": "I want to talk to a human",
    "de": "Ich möchte mit einem Menschen sprechen",
    "fr": "Je veux parler à un humain",
    "es": "Quiero hablar con una persona",
}
POLICY: Final = """
tiers: [free, standard, enterprise]
triggers: {asked: {type: human_requested}}
rules: [{name: asked, when: asked, priority: normal}]
queues:
  support:
    hours: office
    respond_within: {normal: 4h}
    ladder: [live, callback, email]
    overflow: [night]
    callbacks: {capacity: 2}
    by_tier: {free: {respond_within: {normal: 0}, ladder: [email]}}
  vip: {hours: long, tiers: [enterprise], respond_within: {normal: 45m}, ladder: [live, email], pickup_within: 10m}
  night: {hours: nights, tiers: [], respond_within: {normal: 2h}, ladder: [live, email]}
hours:
  office:
    timezone: America/New_York
    week: {mon-fri: ["09:00-12:30", "13:00-17:00"]}
    holidays: {country: US}
  long: {timezone: Europe/Berlin, week: {mon-sun: ["06:00-24:00"]}}
  nights: {timezone: America/New_York, week: {mon-fri: ["20:00-02:00"]}}
"""


@dataclass
class Promise:
    """What a customer was told: when, and by when a person would come."""

    told_at: Millis
    due_at: Millis
    waited_until: Millis
    """Until when a person who comes is in time: for a booked call that is its end."""


@dataclass
class Customer:
    """One customer who was handed over, as the bystander knows them."""

    chat: Chat
    escalation: str
    agent: str
    promises: list[Promise] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)
    answered_at: Millis | None = None
    call: tuple[Millis, Millis] = (0, 0)
    """When the booked call begins and ends."""
    ended: str | None = None
    ended_at: Millis | None = None

    @property
    def waiting(self) -> bool:
        return self.answered_at is None and self.ended is None


def fate(customer: Customer, index: int) -> str:
    """What became of a promise, judged by what was said and done."""
    promise = customer.promises[index]
    later = customer.promises[index + 1].told_at if index + 1 < len(customer.promises) else None
    if later is not None:
        return "replaced" if later < promise.due_at else "broken"
    came = customer.answered_at if customer.answered_at is not None else customer.ended_at
    if came is None:
        return "pending"
    if came > promise.waited_until:
        return "broken"
    return "replaced" if customer.answered_at is None and customer.ended == "release" else "kept"


class Month:
    """Plays the month. `outages` are spans in which the scheduler is down, or in which the mail server refuses."""

    def __init__(self, sidecar: Sidecar, seed: int, customers: int, days: int = 30) -> None:
        self.it, self.random, self.ends = sidecar, random.Random(seed), BEGINS + days * DAY
        self.customers: dict[str, Customer] = {}
        self.seen: Counter[str] = Counter()
        self._next = count()
        self._agenda: list[tuple[Millis, int, Callable[[], None]]] = []
        self._down: set[str] = set()
        self._read_to = 0
        self._database = sqlite3.connect(sidecar.url.removeprefix("sqlite:///"))
        sidecar.put_policy(POLICY)
        self._plan(customers, days)

    # -- the agenda ----------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Everything in its order, until the month is over."""
        while self._agenda and self._agenda[0][0] <= self.ends:
            at, _, do = heapq.heappop(self._agenda)
            self.it.clock.at = at
            do()
            self._listen()
        self.it.clock.at = self.ends

    def close(self) -> None:
        self._database.close()

    def _at(self, at: Millis, do: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._next), do))

    def _plan(self, customers: int, days: int) -> None:
        for number in range(customers):
            self._at(BEGINS + self.random.randrange(days * DAY), lambda number=number: self._arrive(number))  # type: ignore[misc]
        for at in range(BEGINS, self.ends, TICK):
            self._at(at, self._tick)
        for at in range(BEGINS, self.ends, HOUR):
            self._at(at, self._look_round)
        for agent in AGENTS:
            self._shift(agent)
        for what, longest in (("scheduler", 60 * HOUR), ("mail", 10 * HOUR)):
            for _ in range(7):
                starts = BEGINS + self.random.randrange(days * DAY)
                lasts = round(longest ** self.random.random()) + TICK
                self._at(starts, lambda what=what: self._down.add(what))  # type: ignore[misc]
                self._at(starts + lasts, lambda what=what: self._down.discard(what))  # type: ignore[misc]

    # -- what happens --------------------------------------------------------------------------------------------------

    def _arrive(self, number: int) -> None:
        locale = self.random.choice(list(ASKING))
        chat = self.it.chat()
        email = f"user{number}@example.org"
        self.it.crm.accounts[email] = Account(tier=self.random.choice(["free", "standard", "standard", "enterprise"]))
        who = self.random.choice(["verified", "verified", "claimed", "anonymous"])
        match who:
            case "verified":
                chat.start(who, user_id=str(number), email=email, locale=locale)
            case "claimed":
                chat.start(who, email=email, locale=locale)
            case _:
                chat.start(who, locale=locale)
        verdict = chat.says(ASKING[locale])
        customer = Customer(chat, verdict["escalation"]["id"], self.random.choice(AGENTS), wrote=[ASKING[locale]])
        self.customers[customer.escalation] = customer
        self.seen[verdict["escalation"]["channel"]] += 1
        self._what_follows(customer, verdict["escalation"])

    def _what_follows(self, customer: Customer, escalation: Json) -> None:
        now = self.it.clock.at
        due_in = from_rfc3339(escalation["commitment"]["due_at"]) - now
        if self.random.random() < 0.3:
            self._at(now + self.random.randrange(2 * HOUR), lambda: self._writes_on(customer))
        if escalation["channel"] == "callback" and self.random.random() < 0.4:
            self._at(now + self.random.randrange(20 * MINUTE), lambda: self._books(customer))
            return
        if escalation["channel"] == "live" and self.random.random() < 0.6:
            self._at(now + self.random.randrange(12 * MINUTE), lambda: self._does(customer, "claim"))
        kind = self.random.random()
        answer = now + round(due_in * self.random.uniform(0.02, 1.5))
        if kind < 0.75:
            self._at(answer, lambda: self._does(customer, "reply"))
        elif kind < 0.85:
            self._at(answer, lambda: self._does(customer, "resolve"))
        elif kind < 0.9:
            self._at(answer, lambda: self._does(customer, "release"))
        else:
            self._at(now + self.random.randrange(DAY, 9 * DAY), lambda: self._does(customer, "reply"))

    def _books(self, customer: Customer) -> None:
        """Choose a time for a call if one is left, perhaps another one later; two thirds of the calls are made."""
        offered = customer.chat.slots()["slots"][:20]
        if not offered:
            self._at(self.it.clock.at + self.random.randrange(DAY), lambda: self._does(customer, "reply"))
            return
        chosen = self.random.choice(offered)
        customer.chat.contact(phone="+1 555 0100", callback_slot=chosen["id"])
        self.seen["booked"] += 1
        starts, ends = from_rfc3339(chosen["starts_at"]), from_rfc3339(chosen["ends_at"])
        customer.call = starts, ends
        if self.random.random() < 0.2 and starts - self.it.clock.at > 2 * HOUR:
            self._at(self.random.randrange(self.it.clock.at, starts - HOUR), lambda: self._books(customer))
        elif self.random.random() < 0.66:
            self._at(self.random.randrange(starts, ends), lambda: self._does(customer, "called"))
        else:
            self._at(ends + self.random.randrange(DAY), lambda: self._does(customer, "reply"))

    def _writes_on(self, customer: Customer) -> None:
        text = f"Are you there? {len(customer.wrote)}"
        verdict = customer.chat.says(text)
        customer.wrote.append(text)
        if customer.ended is None:
            assert verdict["action"] == "say", "the bot was let speak in a session that waits for a person"

    def _does(self, customer: Customer, what: str) -> None:
        if customer.ended:
            return
        self._look_round()
        agent = {"id": customer.agent, "name": "Somebody"}
        more = {"text": "Here I am", "reply_id": f"r{customer.escalation}"} if what == "reply" else {}
        self.it.team.does(what, customer.escalation, agent, **more)
        if what in ("reply", "called") and customer.answered_at is None:
            customer.answered_at = self.it.clock.at
            self._at(self.it.clock.at + self.random.randrange(DAY), lambda: self._does(customer, "resolve"))
        if what in ("resolve", "release"):
            customer.ended, customer.ended_at = what, self.it.clock.at

    def _shift(self, agent: str) -> None:
        """Somebody is there for a while on most days, with a heartbeat as long as they are."""
        for day in range(BEGINS, self.ends, DAY):
            starts = day + self.random.randrange(6 * HOUR, 20 * HOUR)
            for at in range(starts, starts + self.random.randrange(HOUR, 6 * HOUR), 14 * MINUTE):
                self._at(at, lambda: self._heartbeat(agent))

    def _heartbeat(self, agent: str) -> None:
        self.it.team.is_there({"id": agent, "name": "Somebody"}, ttl_s=900, capacity=3)

    def _tick(self) -> None:
        self.it.mailer.fault = NotDone("refused") if "mail" in self._down else None
        if "scheduler" in self._down or not self._database.execute(DUE, {"now": self.it.clock.at}).fetchone():
            return
        while follow_up_due(self.it.bridge, limit=50) + deliver_due(self.it.bridge, limit=50):
            pass
        self._look_round()

    # -- the bystander -------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Write down what customers were promised since."""
        fresh = self._database.execute(
            "SELECT rowid, escalation_id, made_at, due_at FROM commitment WHERE rowid > ? ORDER BY rowid",
            (self._read_to,),
        ).fetchall()
        for self._read_to, escalation, made_at, due_at in fresh:
            customer = self.customers[escalation]
            starts, ends = customer.call
            customer.promises.append(Promise(made_at, due_at, ends if due_at == starts else due_at))
            assert due_at > made_at, "a promise was late when it was made"

    def _look_round(self) -> None:
        """Nobody is left without a promise, at any hour and whenever something was done."""
        assert self._database.execute(FORGOTTEN).fetchall() == [], "somebody waits without a promise that is watched"


DUE: Final = """
SELECT 1 FROM follow_up WHERE state IN ('due', 'leased') AND due_at <= :now UNION ALL
SELECT 1 FROM outbox WHERE state IN ('due', 'unknown', 'leased') AND due_at <= :now LIMIT 1
"""
FORGOTTEN: Final = """
SELECT e.id FROM escalation e WHERE e.state IN ('open', 'claimed') AND e.answered_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM commitment c JOIN follow_up f ON f.commitment_id = c.id
  WHERE c.escalation_id = e.id AND c.state = 'pending' AND f.kind = 'promise' AND f.state IN ('due', 'leased'))
"""
