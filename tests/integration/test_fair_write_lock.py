"""Processes that write to one SQLite file come in one after the other; none is passed by for long."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from bridge.ports import StoreBusy
from bridge.store.database import Database
from bridge.store.fair_write_lock import FairWriteLock

HOLDS = 0.01
"""Seconds for which each of the others keeps its transaction open."""
PATIENCE = 30
THREADS = 4
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    database = Database(url)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE written (by TEXT)")
    database.close()
    return url


def write(database: Database, by: str, holds: float = 0.0, inside: Event | None = None) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO written VALUES (?)", (by,))
        if inside:
            inside.set()
        time.sleep(holds)


def writes_without_a_pause(url: str, enough: Event) -> None:
    database = Database(url)

    def go_on() -> None:
        while not enough.is_set():
            write(database, "other", HOLDS)

    threads = [threading.Thread(target=go_on) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def others(url: str, number: int) -> Iterator[None]:
    enough = FORK.Event()
    processes = [FORK.Process(target=writes_without_a_pause, args=(url, enough)) for _ in range(number)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        enough.set()
        for process in processes:
            process.join()


@pytest.mark.alone
def test_who_writes_now_and_then_is_let_in_between_those_who_write_all_the_time(url: str) -> None:
    database, took = Database(url), []
    with others(url, 2):
        ends = time.monotonic() + 4.0
        while time.monotonic() < ends:
            began = time.monotonic()
            write(database, "visitor")
            took.append(time.monotonic() - began)
            time.sleep(HOLDS)
    with database.read() as connection:
        written = dict(connection.exec_driver_sql("SELECT by, count(*) FROM written GROUP BY by").all())
    database.close()
    print(f"{len(took)} writes beside {written['other']}, the slowest {max(took):.3f} s")
    assert written == {"visitor": len(took), "other": written["other"]}
    assert written["other"] > len(took) / 2
    assert max(took) < 1.0


def test_a_writer_that_is_killed_inside_lets_the_next_one_in(url: str) -> None:
    inside = FORK.Event()
    process = FORK.Process(target=lambda: write(Database(url), "killed", 60, inside))
    process.start()
    assert inside.wait(PATIENCE)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    database = Database(url, wait=1.0)
    write(database, "next")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT by FROM written").all() == [("next",)]
    database.close()


def test_who_is_not_let_in_by_another_process_in_time_is_told_that_it_is_busy(url: str) -> None:
    inside = FORK.Event()
    queued = [FORK.Process(target=lambda: write(Database(url), "other", 2, inside)) for _ in range(2)]
    for process in queued:
        process.start()
    assert inside.wait(PATIENCE)
    database, began = Database(url, wait=0.3), time.monotonic()
    with pytest.raises(StoreBusy):
        write(database, "visitor")
    assert time.monotonic() - began < 1.0
    database.close()
    for process in queued:
        process.join()


def test_who_waits_while_the_process_shuts_may_ask_again(tmp_path: Path) -> None:
    ours, others = FairWriteLock(tmp_path), FairWriteLock(tmp_path)
    with others.held(time.monotonic()):
        threading.Timer(0.1, ours.close).start()
        with pytest.raises(StoreBusy), ours.held(time.monotonic() + 30):
            pass
