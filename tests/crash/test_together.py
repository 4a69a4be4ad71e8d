"""R18, R20: many processes on one database, and signals that end or renew them while visitors write."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from crash.storm import Crowd
from support.sidecar import looking
from support.waiting import until
from support.world import World, a_world, children

from bridge.domain.instants import from_rfc3339
from bridge.ports import Store

SESSIONS = 40

pytestmark = pytest.mark.slow


@contextmanager
def a_talking_crowd(world: World, sessions: int) -> Iterator[Crowd]:
    """Visitors who write during the block, and until they are through."""
    crowd = Crowd(world.live.caller, seed=1)
    talking = threading.Thread(target=crowd.talk, args=(sessions,))
    talking.start()
    try:
        yield crowd
        talking.join()
    finally:
        crowd.stop.set()
        talking.join()


def test_r18_four_workers_and_two_schedulers_on_one_database_do_everything_once(database: str, tmp_path: Path) -> None:
    with a_world(tmp_path, database, workers="4") as world:
        world.start(schedulers=2)
        with a_talking_crowd(world, SESSIONS) as crowd:
            pass
        world.settle()
        assert world.broken(crowd.said) == []
        assert set(world.mails("team.new").values()) == {1}
        due = max(one["commitment"]["due_at"] for one in world.live.team.list())
        world.later(from_rfc3339(due) / 1000 - time.time() - world.shifted + 1)
        with looking(world.live) as store:
            until(partial(answered_for, store), "an answer for each broken promise")
        world.settle()
        assert world.broken(crowd.said) == []
        assert len(world.mails("team.broken")) == SESSIONS
        assert set(world.mails().values()) == {1}
        assert all(scheduler.poll() is None for scheduler in world.schedulers)
        log = (tmp_path / "scheduler.log").read_text("utf-8")
        assert [word for word in ("tick.failed", "scheduler.gave_up", "Traceback") if word in log] == []


def answered_for(store: Store) -> bool:
    with store.read() as tx:
        return tx.ops.counts()["commitments"].get("broken") == SESSIONS


def test_r20_neither_sigterm_nor_sighup_under_load_loses_an_acknowledged_turn(tmp_path: Path) -> None:
    with a_world(tmp_path, f"sqlite:///{tmp_path}/bridge.db") as world:
        world.start()
        with a_talking_crowd(world, SESSIONS) as crowd:
            for nth in (1, 2):
                renew_the_workers(world)
                end_in_order(world, nth)
        world.settle()
        assert crowd.gave_up == []
        assert world.broken(crowd.said) == []
        assert set(world.mails().values()) == {1}
        assert len(world.tickets()) == SESSIONS


def renew_the_workers(world: World) -> None:
    """SIGHUP: other workers take over, and nobody has to start anything."""
    assert world.live.process
    arbiter, before = world.live.process, set(children(world.live.process.pid))
    time.sleep(0.5)
    arbiter.send_signal(signal.SIGHUP)
    until(lambda: (now := set(children(arbiter.pid))) and not now & before, "other workers")


def end_in_order(world: World, nth: int) -> None:
    """SIGTERM to all, each ends with 0; then they are started again."""
    log = world.live.folder / "scheduler.log"
    until(lambda: log.read_text("utf-8").count("scheduler.started") == nth, "the scheduler")
    ended = [world.live.process, *world.schedulers]
    for process in ended:
        assert process
        process.terminate()
    assert [process.wait(60) for process in ended if process] == [0, 0]
    world.schedulers.clear()
    world.start()
