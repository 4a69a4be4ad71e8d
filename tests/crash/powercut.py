"""R04: the power goes at a random moment while sessions escalate over HTTP; then the machine starts again."""

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from crash.report import Result
from crash.storm import Crowd
from support.checker import Said, promised
from support.disks import disk, disk_after
from support.waiting import until
from support.world import LEASE_S, World, a_world

SETTING = "BRIDGE_DATABASE_URL"


def power_cut(case: str, folder: Path, *, sessions: int, seed: int) -> Result:
    """Cut the power once a random share of the sessions has been answered."""
    chance, began = random.Random(seed), time.monotonic()
    copy = folder / "cut.img"
    with disk(folder, "before") as live:
        with a_world(folder / "world", f"sqlite:///{live.folder}/bridge.db") as world:
            world.start()
            crowd = Crowd(world.live.caller, seed)
            talking = threading.Thread(target=crowd.talk, args=(sessions,))
            talking.start()
            wait_for_answers(crowd, chance.randrange(sessions, 3 * sessions))
            freeze(world)
            known = list(crowd.said)
            live.cut(copy)
            crowd.stop.set()
            world.kill()
            talking.join()
            with disk_after(copy, folder / "after") as after:
                broken = start_again(world, after / "bridge.db", known)
        tickets = world.tickets()
    gone = [what for what in broken if what.startswith("I2")]
    return Result(
        case=case,
        points=len({one.session for one in known if one.accepted}),
        kills=1,
        lost=len(gone) + len(promised(known) - tickets.keys()),
        dup=sum(number > 1 for number in tickets.values()),
        seed=seed,
        seconds=round(time.monotonic() - began),
        more={"broken": broken[:5], "answers": len(known)},
    )


def wait_for_answers(crowd: Crowd, number: int) -> None:
    until(lambda: len(crowd.said) >= number, f"{number} answers", every=0.002)


def freeze(world: World) -> None:
    """All processes stand still, between any two of their steps: a copy of a disk takes longer than a power cut."""
    running = [world.live.process, *world.schedulers]
    groups = [process.pid for process in running if process]
    for group in groups:
        os.killpg(group, signal.SIGSTOP)
    time.sleep(0.05)


def start_again(world: World, database: Path, known: list[Said]) -> list[str]:
    """The same world on the disk as it was found, and what of the invariants does not hold when all is done."""
    world.live.env[SETTING] = f"sqlite:///{database}"
    world.later(LEASE_S)
    world.start()
    world.settle()
    broken = world.broken(known)
    world.kill()  # nobody may be on the disk when it is taken away
    with closing(sqlite3.connect(database)) as direct:
        sound: str = direct.execute("PRAGMA integrity_check").fetchone()[0]
    return broken if sound == "ok" else [f"I2: the database is damaged: {sound}", *broken]
