"""R05, R06: the disk is full, or refuses to write; then it is well again, and nobody starts anything anew."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import requests
from crash.report import Result
from support import strace
from support.checker import Said, promised
from support.disks import enlarge, small_disk
from support.sidecar import Caller, new_session_id
from support.world import World, a_world

REFUSED = (503, "urn:escalation-bridge:problem:store-unavailable")
REFUSALS = 6
"""So many calls are refused before the disk is mended."""
AFTERWARDS = 10
"""Sessions that are handed over once it is."""
MOST = 3_000

Trouble = Callable[[World], AbstractContextManager[None]]


def disk_full(case: str, folder: Path) -> Result:
    """Escalations until a disk of 2 MB is full, and on; then there is room."""

    @contextmanager
    def full(world: World) -> Iterator[None]:
        yield
        enlarge(disk, "64m")

    with small_disk(folder / "small", "2m") as disk, a_world(folder, f"sqlite:///{disk}/bridge.db") as world:
        return through(case, world, full, seen_by_the_probe=False)  # its own small write may still fit


def disk_refuses(case: str, folder: Path) -> Result:
    """Every sync of the disk fails while sessions escalate; then none does."""

    def refusing(world: World) -> AbstractContextManager[None]:
        return strace.failing("fdatasync", "EIO", *world.workers())

    with a_world(folder, f"sqlite:///{folder}/bridge.db") as world:
        return through(case, world, refusing, seen_by_the_probe=True)


def through(case: str, world: World, trouble: Trouble, *, seen_by_the_probe: bool) -> Result:
    """Sessions until there is trouble, and after it; each call is repeated until it is taken."""
    began, said = time.monotonic(), list[Said]()
    world.live.serve()
    calls = insisting(world.live.caller(), said)
    with trouble(world):
        while refusals(said) < REFUSALS:
            next(calls)
        probe = requests.get(f"{world.live.url}/readyz", timeout=10)
    while sum(one.turn == "t1" and one.accepted for one in said[-3 * AFTERWARDS :]) < AFTERWARDS:
        next(calls)
    world.start_scheduler()
    world.settle()
    broken = world.broken(said) + unlike(said)
    if seen_by_the_probe:
        broken += still_green(probe.status_code, probe.json())
    tickets = world.tickets()
    return Result(
        case=case,
        points=len(said),
        kills=0,
        lost=len(promised(said) - tickets.keys()) + sum(what.startswith("I2") for what in broken),
        dup=sum(number > 1 for number in tickets.values()),
        seconds=round(time.monotonic() - began),
        more={"broken": broken[:5], "refused": refusals(said)},
    )


def refusals(said: list[Said]) -> int:
    return sum(not one.accepted for one in said)


def unlike(said: list[Said]) -> list[str]:
    """Refusals that are not the one problem that says: send it again."""
    answers = {(one.status, str(one.verdict.get("type"))) for one in said if not one.accepted}
    return [f"refused with {answer}" for answer in answers - {REFUSED}]


def still_green(status: int, body: Any) -> list[str]:
    """What is wrong with the probe while no write goes through."""
    right = status == 503 and body["checks"]["store"] != "ok"
    return [] if right else [f"/readyz says {status} {body}"]


def insisting(caller: Caller, said: list[Said]) -> Iterator[Said]:
    """Session after session, each handed over; every answer as soon as it is there."""
    for _ in range(MOST):
        session = new_session_id()
        start = {"session_id": session, "visitor": {"identity": "anonymous"}}
        asks = {"turn_id": "t1", "text": "I want to talk to a human"}
        for turn, target, body in (("", "/v1/sessions", start), ("t1", f"/v1/sessions/{session}/turns", asks)):
            while not (said and (said[-1].session, said[-1].turn) == (session, turn) and said[-1].accepted):
                began = time.monotonic()
                answer = caller.send("POST", target, body)
                said.append(Said(session, turn, began, time.monotonic(), answer.status, answer.json))
                yield said[-1]
