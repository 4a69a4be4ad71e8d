"""R22: processes that die at any step, systems that fail in every way, a clock that jumps: the invariants hold.

A state machine over the use cases on a real database. A process that dies is an exception that nobody catches, at a
commit or in the middle of a call; what it held stays held until its lease has run out.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from support.checker import Said, Seen, broken_invariants
from support.sidecar import AFTER_HOURS, IN_HOURS, SHOP, Chat, FakeDesk, FakeMailer, Sidecar, app_over, in_process

from bridge.domain.customer import Account
from bridge.domain.instants import DAY, HOUR, MINUTE
from bridge.domain.values import Json, Visitor
from bridge.ports import Mail, NotDone, OutcomeUnknown, Store, Strategy, TicketRef, Tx
from bridge.service.deliver import deliver_due
from bridge.service.watch_promises import follow_up_due
from bridge.web.app import Parts

STEPS = {"sqlite": (150, 10_000), "postgres": (15, 1_000)}
"""Examples, and the steps that are taken at least: some stories end early, and then there are more of them."""
LONGEST = 105
CUSTOMERS = ("free", "enterprise", "fails", "nobody")
SECRET = "on hold by 7b1d"
OUTCOMES = ("works", "does nothing", "does it, and the answer is lost", "dies before", "dies after")
TEXTS = ("Where is my parcel?", "I want to talk to a human", "Thank you")
JUMPS = (1000, 10 * 1000, 2 * MINUTE, HOUR, DAY)


class Died(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """What becomes of the next call to another system."""

    next: str = "works"
    untold: int = 0
    """How often it was done and nobody heard of it: so often a mail may come again."""

    @contextmanager
    def decide(self) -> Iterator[None]:
        outcome, self.next = self.next, "works"
        if outcome == "dies before":
            raise Died
        if outcome == "does nothing":
            raise NotDone("http 503")
        yield
        self.untold += outcome in ("dies after", "does it, and the answer is lost")
        if outcome == "dies after":
            raise Died
        if outcome == "does it, and the answer is lost":
            raise OutcomeUnknown("dropped")


@dataclass
class ShakyDesk(FakeDesk):
    """A desk of either kind: one that has to be asked first, or one that takes the same ticket again for the same."""

    fate: Fate = field(default_factory=Fate)

    def create(self, external_id: str, body: str) -> TicketRef:
        with self.fate.decide():
            known = self.strategy is Strategy.UPSERT and self.find(external_id, body)
            return known or super().create(external_id, body)

    def append(self, ref: str, note_id: str, text: str) -> None:
        with self.fate.decide():
            super().append(ref, note_id, text)


@dataclass
class ShakyMailer(FakeMailer):
    fate: Fate = field(default_factory=Fate)

    def send(self, mail: Mail) -> None:
        with self.fate.decide():
            super().send(mail)


@dataclass
class DyingStore:
    """A store whose process dies at its next write, before the commit or after it."""

    store: Store
    when: str = ""

    def read(self) -> object:
        return self.store.read()

    @contextmanager
    def write(self, *, together: bool = False) -> Iterator[Tx]:
        when, self.when = self.when, ""
        with self.store.write(together=together) as tx:
            yield tx
            if when == "before":
                raise Died
        if when == "after":
            raise Died


class Faults(RuleBasedStateMachine):
    """The product, and beside it what its visitors were answered."""

    steps = 0

    def __init__(self, url: str) -> None:
        super().__init__()
        self.stack = ExitStack()
        made = self.stack.enter_context(in_process(url))
        self.store = DyingStore(made.bridge.store)
        self.desk, self.mailer = ShakyDesk(), ShakyMailer()
        systems = replace(made.bridge.systems(SHOP), desk=self.desk, mailer=self.mailer)
        bridge = replace(made.bridge, store=self.store, systems=lambda _site: systems)
        app = app_over(Parts(bridge, lambda: None))
        self.it: Sidecar = replace(made, app=app, bridge=bridge, desk=self.desk, mailer=self.mailer)
        made.crm.answer = look_up
        self.chats: list[Chat] = []
        self.turns: dict[str, list[tuple[str, str]]] = {}
        self.said: list[Said] = []
        self.locked: set[str] = set()
        self.deaths = 0

    @initialize(
        at=st.sampled_from((IN_HOURS, AFTER_HOURS)), strategy=st.sampled_from((Strategy.LOOKUP_FIRST, Strategy.UPSERT))
    )
    def begin(self, at: str, strategy: Strategy) -> None:
        self.it.clock.set(at)
        self.desk.strategy = strategy

    # -- what visitors do

    @rule(customer=st.integers(0, len(CUSTOMERS)))
    def comes(self, customer: int) -> None:
        if len(self.chats) < 6:
            chat = self.it.chat()
            who = {
                "identity": "verified",
                "user_id": f"{len(self.chats)}.{customer}",
                "email": f"c{customer}@example.org",
            }
            visitor = who if customer < len(CUSTOMERS) else {"identity": "anonymous"}
            self.chats.append(chat)
            self.turns[chat.id] = []
            self.call(chat, "", "/v1/sessions", {"session_id": chat.id, "visitor": visitor})

    @rule(number=st.integers(0, 5), text=st.sampled_from(TEXTS), dies=st.sampled_from(("", "", "before", "after")))
    def writes(self, number: int, text: str, dies: str) -> None:
        if self.chats:
            chat = self.chats[number % len(self.chats)]
            turn_id = f"t{len(self.turns[chat.id])}"
            self.turns[chat.id].append((turn_id, text))
            self.store.when = dies
            self.say(chat, turn_id, text)

    @rule(number=st.integers(0, 5), turn=st.integers(0, 20))
    def repeats(self, number: int, turn: int) -> None:
        chat = self.chats[number % len(self.chats)] if self.chats else None
        if chat and self.turns[chat.id]:
            self.say(chat, *self.turns[chat.id][turn % len(self.turns[chat.id])])

    def say(self, chat: Chat, turn_id: str, text: str) -> None:
        verdict = self.call(chat, turn_id, f"/v1/sessions/{chat.id}/turns", {"turn_id": turn_id, "text": text})
        assert verdict["action"] == "say" or chat.id not in self.locked
        if verdict["action"] == "say":
            assert verdict["escalation"]["commitment"]["due_at"]
            self.locked.add(chat.id)

    def call(self, chat: Chat, turn_id: str, target: str, body: Json) -> Json:
        """The same call until it is answered, as the plugin would: a process that died leaves none."""
        while True:
            began = time.monotonic()
            try:
                answer = chat.caller.send("POST", target, body)
            except Died:
                self.deaths += 1
                continue
            assert answer.status in (200, 201), answer.body
            self.said.append(Said(chat.id, turn_id, began, time.monotonic(), answer.status, answer.json))
            return answer.json

    # -- what the scheduler does, and what becomes of it

    @rule(
        desk=st.sampled_from(OUTCOMES),
        mail=st.sampled_from(OUTCOMES),
        dies=st.sampled_from(("", "", "", "before", "after")),
    )
    def sends_one(self, desk: str, mail: str, dies: str) -> None:
        self.desk.fate.next, self.mailer.fate.next, self.store.when = desk, mail, dies
        self.mortal(lambda: deliver_due(self.it.bridge, limit=1))
        self.desk.fate.next = self.mailer.fate.next = "works"

    @rule(dies=st.sampled_from(("", "", "before", "after")))
    def does_one_follow_up(self, dies: str) -> None:
        self.store.when = dies
        self.mortal(lambda: follow_up_due(self.it.bridge, limit=1))

    def mortal(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Died:
            self.deaths += 1
        self.store.when = ""

    @rule(by=st.sampled_from(JUMPS))
    def time_passes(self, by: int) -> None:
        self.it.clock.at += by

    # -- what must hold

    @invariant()
    def each_ticket_and_note_is_one(self) -> None:
        type(self).steps += 1
        for made in (Counter(name for name, _ in self.desk.tickets), Counter(name for _, name, _ in self.desk.notes)):
            assert set(made.values()) <= {1}, made

    def teardown(self) -> None:
        """Everything is well again, and nobody does anything: all is sent."""
        with self.stack:
            for _ in range(40):
                self.it.clock.at += HOUR
                with suppress(AssertionError):
                    self.it.work()
                if not [row for row in self.it.outbox() if row["state"] not in ("sent", "parked")]:
                    break
            tickets = Counter(name for name, _ in self.desk.tickets)
            mails = Counter(mail.message_id for mail in self.mailer.mails)
            notes = Counter(name for _, name, _ in self.desk.notes)
            with self.it.bridge.store.read() as tx:
                seen = Seen(tx, SHOP.id, self.said, tickets, mails, self.mailer.fate.untold, notes, [SECRET])
                assert broken_invariants(seen) == []


def look_up(visitor: Visitor) -> Account | None:
    kind = CUSTOMERS[int((visitor.email or "c0")[1])]
    if kind == "fails":
        raise NotDone("timeout")
    return None if kind == "nobody" else Account(tier=kind, billing_status=SECRET)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", STEPS)
def test_r22_whatever_dies_or_fails_at_any_step_the_invariants_hold(kind: str, request: pytest.FixtureRequest) -> None:
    fresh: Callable[[], str] = request.getfixturevalue(f"fresh_{kind}")
    examples, least = STEPS[kind]
    before = Faults.steps
    while Faults.steps - before < least:
        number = secrets.randbelow(2**32)
        print(f"seed {number}")
        run_state_machine_as_test(
            seed(number)(lambda: Faults(fresh())),
            settings=settings(
                max_examples=examples,
                stateful_step_count=LONGEST,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
