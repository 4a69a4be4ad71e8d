"""kill -9, between any two steps of the story and in the middle of them: nothing is lost, nothing happens twice.

The witnesses stand outside: a Zendesk of our own that writes down each ticket it makes, and a mail server.
"""

import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from support.sidecar import Answer, Chat
from support.waiting import PATIENCE, until
from support.world import World, a_world
from support.zendesk_server import CREATE

from bridge.domain.instants import from_rfc3339
from bridge.domain.values import Json

STORM_S = 5.0

pytestmark = pytest.mark.slow


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    """Everything is running, on each kind of database."""
    with a_world(tmp_path, database) as world:
        world.start()
        yield world


# ------------------------------------------------------------------------------------------------- between the steps


def test_a_kill_between_any_two_steps_changes_nothing_of_the_story(world: World) -> None:
    chat = world.live.chat()
    assert chat.verified()["action"] == "answer"
    world.kill_and_start()
    assert chat.says("Why was I charged twice?")["action"] == "answer"
    world.kill_and_start()
    decided = chat.bot("You were not.", confidence=0.2)
    promise = decided["escalation"]["commitment"]
    assert decided["action"] == "say"
    world.kill_and_start()
    assert chat.bot("You were not.", confidence=0.2) == decided
    assert chat.says("hello?")["escalation"]["commitment"] == promise
    world.kill_and_start()
    world.settle()
    assert world.tickets() == {decided["escalation"]["id"]: 1}
    assert len(world.mails("team.new")) == 1
    world.kill_and_start()
    found = world.live.team.read(decided["escalation"]["id"])
    assert found["ticket"]["state"] == "sent"
    assert {key: found["commitment"][key] for key in promise} == promise
    assert [line["text"] for line in found["conversation"] if line["who"] == "visitor"] == [
        "Why was I charged twice?", "hello?"]  # fmt: skip
    world.later(from_rfc3339(promise["due_at"]) / 1000 - time.time() - world.shifted + 1)
    until(lambda: len(chat.lines()) == 2, "the new promise")
    world.kill_and_start()
    world.settle()
    assert len(world.mails("customer.broken")) == 1
    world.live.team.does("reply", decided["escalation"]["id"], text="It is refunded.", reply_id="r1")
    world.kill_and_start()
    world.live.team.does("reply", decided["escalation"]["id"], text="It is refunded.", reply_id="r1")
    world.live.team.does("resolve", decided["escalation"]["id"])
    world.kill_and_start()
    world.settle()
    known = world.mails()
    world.later(7 * 86_400)
    world.kill_and_start()
    world.settle()
    assert world.mails() == known
    assert world.tickets() == {decided["escalation"]["id"]: 1}
    assert [kind for kind, _ in chat.lines()] == ["commitment", "commitment", "agent", "closed"]


# ------------------------------------------------------------------------------------------------- inside a step


def escalate(world: World) -> str:
    chat = world.live.chat()
    chat.verified()
    return str(chat.says("I want to talk to a human")["escalation"]["id"])


def test_a_sender_that_is_killed_while_the_desk_answers_leaves_one_ticket(world: World) -> None:
    world.vendor.state.switch({"late": 1.0, "late_s": 3.0})
    number = escalate(world)
    until(world.tickets, "the ticket at the desk")
    world.kill()  # the ticket is made, and its answer is on the way to nobody
    world.vendor.state.switch({"late": 0.0})
    world.start()
    world.settle()
    assert world.tickets() == {number: 1}
    assert world.vendor.effects(CREATE) == 2
    assert world.live.team.read(number)["ticket"]["state"] == "sent"


def test_a_sender_that_comes_back_after_the_key_is_forgotten_looks_before_it_sends(world: World) -> None:
    world.vendor.state.switch({"late": 1.0, "late_s": 3.0})
    number = escalate(world)
    until(world.tickets, "the ticket at the desk")
    world.kill()
    world.vendor.state.switch({"late": 0.0, "ignore_keys": True})
    world.later(3 * 3600)
    world.start()
    world.settle()
    assert world.tickets() == {number: 1}
    assert world.vendor.effects(CREATE) == 1


# ------------------------------------------------------------------------------------------------- a storm


@dataclass
class Customer:
    """A visitor who writes on through everything, and remembers what was said."""

    chat: Chat
    accepted: list[str] = field(default_factory=list)
    silenced: bool = False
    after_the_lock: list[Json] = field(default_factory=list)
    escalation: Json = None

    def play(self, stop: threading.Event) -> None:
        self.insist("POST", "/v1/sessions", {"session_id": self.chat.id, "visitor": {"identity": "anonymous"}})
        number = 0
        while not stop.is_set() or self.escalation is None:
            number += 1
            text = "I want to talk to a human" if number == 3 else f"message {number}"
            verdict = self.insist("POST", f"/v1/sessions/{self.chat.id}/turns", {"turn_id": f"t{number}", "text": text})
            self.accepted.append(text)
            if self.silenced and verdict["action"] != "say":
                self.after_the_lock.append(verdict)
            if verdict["action"] == "say":
                self.silenced = True
                self.escalation = self.escalation or verdict["escalation"]
            time.sleep(0.02)

    def insist(self, method: str, target: str, body: Json) -> Json:
        """The same call until it is answered, as the plugin would."""
        while True:
            with suppress(requests.RequestException):
                answer: Answer = self.chat.caller.send(method, target, body)
                if answer.status in (200, 201):
                    return answer.json
                assert answer.status == 503, (answer.status, answer.body)
            time.sleep(0.02)


def test_a_storm_of_kills_loses_nothing_and_doubles_nothing(world: World) -> None:
    seed = secrets.randbelow(2**32)
    print(f"seed of the storm: {seed}")
    chance = random.Random(seed)
    world.vendor.state.switch({"seed": seed, "drop_after": 0.2, "fail": 0.2, "fail_after": 0.1})
    customers = [Customer(world.live.chat()) for _ in range(8)]
    stop = threading.Event()
    threads = [threading.Thread(target=one.play, args=(stop,)) for one in customers]
    for thread in threads:
        thread.start()
    kills = storm(world, chance)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    world.vendor.state.switch({"drop_after": 0.0, "fail": 0.0, "fail_after": 0.0})
    world.settle()
    print(f"{kills} kills, {sum(len(one.accepted) for one in customers)} turns")
    assert world.tickets() == {one.escalation["id"]: 1 for one in customers}
    assert len(world.mails("team.new")) == len(customers)
    for one in customers:
        assert one.after_the_lock == []
        found = world.live.team.read(one.escalation["id"])
        assert [line["text"] for line in found["conversation"] if line["who"] == "visitor"] == one.accepted
        assert found["ticket"]["state"] == "sent"
    for one in customers:
        promised = [text for kind, text in one.chat.lines() if kind == "commitment"]
        assert promised[0] == one.escalation["commitment"]["text"]


def storm(world: World, chance: random.Random) -> int:
    """Kill the one or the other at random moments; returns how often."""
    ends, kills = time.monotonic() + STORM_S, 0
    while time.monotonic() < ends:
        time.sleep(chance.uniform(0.0, 0.4))
        kills += 1
        if chance.random() < 0.5:
            world.replace_a_scheduler(chance)
        else:
            world.live.kill()
            world.live.serve()
    return kills
