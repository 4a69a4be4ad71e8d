"""Visitors who escalate while processes are killed at random: each insists until it is answered, as the plugin does."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from crash.report import Result
from support.checker import Said
from support.sidecar import Caller, new_session_id
from support.world import World, a_world

from bridge.domain.values import Json

CLIENTS = 6
PAUSE_S = (0.25, 0.7)
"""Between two kills, of which the second waits until something has been answered since the first."""
FLAKY = {"drop_after": 0.1, "fail": 0.1, "late": 0.05, "late_s": 1.5}
CALM = dict.fromkeys(FLAKY, 0.0)
GIVES_UP_S = 60.0
TURNS = (("t0", "Where is my parcel?"), ("t1", "I want to talk to a human"), ("t2", "Is anybody there?"))
"""What each visitor writes, by the turn's id: the second makes it an escalation, the third joins the ticket."""
AGAIN = TURNS[0]
"""What arrives once more at the end: a late repeat from before the lock."""


@dataclass
class Crowd:
    """Visitors, and everything that they were answered."""

    caller: Callable[[], Caller]
    seed: int
    said: list[Said] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def talk(self, sessions: int) -> None:
        """Play so many sessions, a few at a time, until each is through."""
        todo = [new_session_id() for _ in range(sessions)]
        threads = [threading.Thread(target=self._client, args=(todo, n)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, todo: list[str], number: int) -> None:
        chance, caller = random.Random(self.seed * 100 + number), self.caller()
        with suppress(IndexError):
            while not self.stop.is_set():
                session = todo.pop()
                time.sleep(chance.uniform(0.05, 0.35))
                self._play(caller, session, chance)

    def _play(self, caller: Caller, session: str, chance: random.Random) -> None:
        start = {"session_id": session, "visitor": _visitor(chance)}
        calls = [("", "/v1/sessions", start)]
        calls += [
            (turn_id, f"/v1/sessions/{session}/turns", {"turn_id": turn_id, "text": text})
            for turn_id, text in (*TURNS, AGAIN)
        ]
        for turn, target, body in calls:
            if not self._insist(caller, session, turn, target, body):
                self.gave_up.append(session)
                return

    def _insist(self, caller: Caller, session: str, turn: str, target: str, body: Json) -> bool:
        """The same call until it is taken; False once patience is over."""
        ends = time.monotonic() + GIVES_UP_S
        while (began := time.monotonic()) < ends and not self.stop.is_set():
            with suppress(requests.RequestException):
                answer = caller.send("POST", target, body)
                self.said.append(Said(session, turn, began, time.monotonic(), answer.status, answer.json))
                if answer.status in (200, 201):
                    return True
                assert answer.status == 503, (answer.status, answer.body)
            time.sleep(0.05)
        return False

    @property
    def promised(self) -> dict[str, str]:
        """The escalation of each session that was told of one."""
        told = [one for one in self.said if one.accepted and one.verdict["escalation"]]
        return {one.session: one.verdict["escalation"]["id"] for one in told}


def _visitor(chance: random.Random) -> Json:
    """A guest; now and then one that has left an address of its own."""
    number = chance.randrange(10**9)
    return {"identity": "claimed", "email": f"v{number}@example.org"} if number % 5 == 0 else {"identity": "anonymous"}


@contextmanager
def killing(once: Callable[[], bool], answers: Callable[[], int], seed: int) -> Iterator[list[int]]:
    """Kill again and again until the end of the block; gives how many answers there were at each kill."""
    chance, over, kills = random.Random(seed + 1), threading.Event(), list[int]()

    def work() -> None:
        while not over.wait(chance.uniform(*PAUSE_S)):
            before = answers()
            if (not kills or before > kills[-1]) and once():
                kills.append(before)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield kills
    finally:
        over.set()
        thread.join()


def storm(case: str, folder: Path, database: str, *, sessions: int, seed: int, senders: bool) -> Result:
    """Kill workers, and the schedulers too where `senders`, while so many sessions escalate against a bad helpdesk."""
    chance, began = random.Random(seed), time.monotonic()

    def once(world: World) -> bool:
        if senders and chance.random() < 0.5:
            world.replace_a_scheduler(chance)
            return True
        return world.kill_a_worker(chance)

    with a_world(folder, database) as world:
        world.start(schedulers=2)
        world.vendor.state.switch({"seed": seed, **FLAKY})
        crowd = Crowd(world.live.caller, seed)
        with killing(lambda: once(world), lambda: len(crowd.said), seed) as kills:
            crowd.talk(sessions)
        world.vendor.state.switch(CALM)
        drained = world.settle()
        broken = world.broken(crowd.said)
        tickets = world.tickets()
    lost = [name for name in crowd.promised.values() if not tickets[name]]
    doubled = [name for name, number in tickets.items() if number > 1]
    return Result(
        case=case,
        points=sessions,
        kills=len(kills),
        lost=len(lost) + sessions - len(crowd.promised),
        dup=len(doubled),
        seed=seed,
        seconds=round(time.monotonic() - began),
        more={"drained_s": round(drained, 1), "broken": broken[:5], "gave_up": len(crowd.gave_up)},
    )
