"""R16: thousands of due rows after a downtime, on real processes; visitors who write meanwhile do not notice."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.sidecar import Live, kill_group, running_sidecar
from support.waiting import until

from bridge.domain.commitment import wall
from bridge.domain.instants import MINUTE

FLOOD = 10_000
"""Broken promises. Each is a transaction of a dozen statements and three mails."""
LONG = 10.0
"""Seconds for which turns are measured; the flood lasts longer."""
SLOWEST = 0.5
"""Seconds that a live turn may take meanwhile."""
BUSY = 20
"""Where the machine is busy with other things, as many times what the slowest turn took before the flood."""
COPIED = ("session", "escalation", "commitment", "follow_up")


def copies(database: sqlite3.Connection, number: int) -> None:
    """Copy a handed-over conversation with all that is to be done for it, each under ids of its own."""
    for table in COPIED:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        picked = [renamed(column) for column in columns]
        names = ", ".join(f'"{column}"' for column in columns)
        database.execute(
            f"""
            WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ?)
            INSERT INTO {table} ({names}) SELECT {", ".join(picked)} FROM copy, {table} AS one
            """,
            (number - 1,),
        )


def renamed(column: str) -> str:
    if column in {"id", "session_id", "escalation_id", "commitment_id"}:
        return f"""CASE WHEN one."{column}" IS NULL THEN NULL ELSE one."{column}" || '.' || n END"""
    return "NULL" if column == "customer_key" else f'one."{column}"'


def flooded(live: Live, database: Path, number: int) -> None:
    """So many promises that were due an hour ago, and nobody kept them."""
    chat = live.chat()
    chat.start()
    assert chat.says("I want to talk to a human")["state"] == "escalated"
    with sqlite3.connect(database, timeout=30) as direct:
        copies(direct, number)
        ago = (round(time.time()) // 60 - 60) * MINUTE
        direct.execute("UPDATE follow_up SET due_at = ?", (ago,))
        direct.execute("UPDATE commitment SET due_at = ?, wall = ?, timezone = 'UTC'", (ago, wall(ago, "UTC")))
    direct.close()


def done(database: Path) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as direct:
        number: int = direct.execute("SELECT count(*) FROM follow_up WHERE state = 'sent'").fetchone()[0]
    direct.close()
    return number


@pytest.mark.alone
def test_r16_no_live_turn_waits_half_a_second_while_a_flood_is_worked_off(tmp_path: Path) -> None:
    database = tmp_path / "bridge.db"
    with running_sidecar(tmp_path, f"sqlite:///{database}") as live:
        flooded(live, database, FLOOD)
        chats = [live.chat() for _ in range(5)]
        for chat in chats:
            chat.start()
        calm = measured(lambda number: chats[number % 5].says("Where is my parcel?"), 3.0)
        scheduler = live.spawn("scheduler.log", "scheduler")
        try:
            until(lambda: done(database), "the first row to be done")
            took = measured(lambda number: chats[number % 5].says("Where is my parcel?"), LONG)
            worked_off = done(database)
        finally:
            kill_group(scheduler)
    took.sort()
    print(f"{len(took)} turns while {worked_off} of {2 * FLOOD} rows were done in {LONG:g} s:")
    print(f"without: median {sorted(calm)[len(calm) // 2]:.3f} s, slowest {max(calm):.3f} s")
    print(f"median {took[len(took) // 2]:.3f} s, slowest {took[-5:]}")
    assert worked_off > LONG
    assert took[-1] < max(SLOWEST, BUSY * max(calm))


def measured(turn: Callable[[int], object], long: float) -> list[float]:
    """How long each turn took, in seconds, twenty a second at most."""
    took: list[float] = []
    ends = time.monotonic() + long
    while time.monotonic() < ends:
        began = time.perf_counter()
        turn(len(took))
        took.append(time.perf_counter() - began)
        time.sleep(0.05)
    return took
