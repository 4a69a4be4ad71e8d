"""R03: a process dies at exactly its n-th system call of a kind, is started anew, and the work goes on by itself.

The turn path is a sidecar that takes turns and tries the outbox; the sender path a scheduler with rows to send.
"""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
from crash.report import Result
from support import strace
from support.checker import Said, promised
from support.sidecar import Caller, new_session_id, through
from support.world import LEASE_S, World, a_world

from bridge import bootstrap
from bridge.config import read_settings
from bridge.web.app import Parts, create_app

CALLS = ("fdatasync", "connect", "sendto", "recvfrom")
POINTS = range(1, 13)
TURNS, ROWS = 5, 3
CALLS_EACH = 3
DOOMED_S = 60.0
"""For how long a doomed process may take to die, or to be through: at some points it never comes to the call."""


@dataclass(frozen=True)
class Point:
    """Where the process dies."""

    path: str
    call: str
    nth: int

    @property
    def under(self) -> tuple[str, ...]:
        return strace.doomed(self.call, self.nth)


@dataclass
class Struck:
    """What was acknowledged on the way, and whether the process died."""

    said: list[Said] = field(default_factory=list)
    died: bool = False


def points(path: str, calls: Sequence[str] = CALLS, nths: Sequence[int] = POINTS) -> list[Point]:
    return [Point(path, call, nth) for call in calls for nth in nths]


def sweep(case: str, path: str, where: Sequence[Point], folder: Path, fresh: Callable[[], str]) -> Result:
    """All points of a path, one after the other, each on a fresh database."""
    began, broken = time.monotonic(), list[str]()
    died = lost = dup = 0
    for point in where:
        with a_world(folder / f"{point.call}{point.nth}", fresh(), workers="1", threads="2") as world:
            struck = PATHS[path](world, point)
            finish(world)
            broken += [f"{point.call} {point.nth}: {what}" for what in world.broken(struck.said)]
            tickets = world.tickets()
        died += struck.died
        lost += len(promised(struck.said) - tickets.keys())
        dup += sum(number > 1 for number in tickets.values())
    took = round(time.monotonic() - began)
    return Result(case, len(where), died, lost, dup, None, took, more={"broken": broken})


def finish(world: World) -> None:
    """Start clean, with no step by hand; what the dead held is theirs until their lease has run out."""
    world.kill()
    world.later(LEASE_S)
    world.start_scheduler()
    world.settle()


# ---------------------------------------------------------------------------------------------------- the sender path


def strike_sender(world: World, point: Point) -> Struck:
    struck = Struck(queued(world))
    world.start_scheduler(point.under)
    doomed, ends = world.schedulers[-1], time.monotonic() + DOOMED_S
    while doomed.poll() is None and time.monotonic() < ends and world.waiting():
        time.sleep(0.05)
    struck.died = doomed.poll() is not None
    return struck


def queued(world: World) -> list[Said]:
    """Escalations whose rows nobody has sent."""
    assembly = bootstrap.build(read_settings(world.live.env), deliver_at_once=False)
    try:
        app = create_app(Parts(assembly.bridge, lambda: None))
        caller = Caller(through(app), world.live.pairing.chat_secret)
        return [said for _ in range(ROWS) for said in escalate(caller)]
    finally:
        assembly.close()


# ------------------------------------------------------------------------------------------------------ the turn path


def strike_turn(world: World, point: Point) -> Struck:
    struck, sessions = Struck(), [new_session_id() for _ in range(TURNS)]
    world.live.process = world.live.spawn("sidecar.log", "bridge.cli", "serve", under=point.under)
    with suppress(requests.RequestException):
        if listens(world):
            for session in sessions:
                struck.said += escalate(world.live.caller(), session)
    deaths = world.live.log.count("SIGKILL")
    struck.died = len(struck.said) < CALLS_EACH * TURNS or deaths > 0
    world.killed_senders += deaths + 1  # gunicorn starts a worker in place of the dead one, which is doomed as well
    world.live.kill()
    world.live.serve()
    for session in sessions:
        struck.said += escalate(world.live.caller(), session)
    return struck


def listens(world: World) -> bool:
    """Whether it takes connections before it dies."""
    where, ends = urlsplit(world.live.url), time.monotonic() + DOOMED_S
    while time.monotonic() < ends and world.live.process and world.live.process.poll() is None:
        with suppress(OSError), socket.create_connection((str(where.hostname), where.port or 0), 0.2):
            return True
        time.sleep(0.05)
    return False


def escalate(caller: Caller, session: str | None = None) -> Iterator[Said]:
    """A session that is handed over, or is so already; each answer as soon as it is there."""
    session = session or new_session_id()
    start = {"session_id": session, "visitor": {"identity": "anonymous"}}
    turns = {"t1": "I want to talk to a human", "t2": "Is anybody there?"}
    calls = [("", "/v1/sessions", start)]
    calls += [(name, f"/v1/sessions/{session}/turns", {"turn_id": name, "text": text}) for name, text in turns.items()]
    for turn_id, target, body in calls:
        began = time.monotonic()
        answer = caller.send("POST", target, body)
        assert answer.status in (200, 201), answer.body
        yield Said(session, turn_id, began, time.monotonic(), answer.status, answer.json)


PATHS: dict[str, Callable[[World, Point], Struck]] = {"turn": strike_turn, "sender": strike_sender}
