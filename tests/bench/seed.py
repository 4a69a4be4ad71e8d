"""Rows that are put straight into the database, because nobody has the time to say them over HTTP."""

import sqlite3
import time
from pathlib import Path


def sessions(database: Path, site: str, number: int) -> int:
    """Copies of stored sessions with their turns, until there are so many; returns how many there are."""
    with sqlite3.connect(database, timeout=30, isolation_level=None) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(session)")]
        turn_columns = [row[1] for row in db.execute("PRAGMA table_info(turn)")]
        template = db.execute("SELECT id FROM session WHERE site = ? AND turns = 10 LIMIT 1", (site,)).fetchone()[0]
        stored: int = db.execute("SELECT count(*) FROM session").fetchone()[0]
        for begin in range(stored, number, 20_000):
            wanted = min(20_000, number - begin)
            db.execute("BEGIN IMMEDIATE")
            _copy(db, "session", columns, "id", template, begin, wanted)
            _copy(db, "turn", turn_columns, "session_id", template, begin, wanted)
            db.execute("COMMIT")
        return int(db.execute("SELECT count(*) FROM session").fetchone()[0])


def _copy(db: sqlite3.Connection, table: str, columns: list[str], key: str, template: str, begin: int, n: int) -> None:
    """Copy the template's rows under new session ids, made at random as real ones are. A session brings two turns."""
    quoted = [f'"{name}"' for name in columns]
    picked = ["'stored-' || numbers.n || '-' || hex(fnv)" if name == key else f't."{name}"' for name in columns]
    few = "AND t.seq <= 2" if table == "turn" else ""
    db.execute(
        f"""
        WITH RECURSIVE numbers(n, fnv) AS (
            SELECT ?, ? UNION ALL SELECT n + 1, (n * 2654435761) % 4294967296 FROM numbers WHERE n + 1 < ?
        )
        INSERT INTO "{table}" ({", ".join(quoted)})
        SELECT {", ".join(picked)} FROM numbers JOIN "{table}" t ON t."{key}" = ? {few}
        """,
        (begin, begin, begin + n, template),
    )


def forget_beats(database: Path) -> None:
    """No sign of life is left of an earlier run."""
    with sqlite3.connect(database, timeout=30) as db:
        db.execute("DELETE FROM heartbeat")


def follow_ups_done(database: Path) -> int:
    with sqlite3.connect(database, timeout=30) as db:
        return int(db.execute("SELECT count(*) FROM follow_up WHERE state = 'sent'").fetchone()[0])


def wait_until_nothing_is_due(database: Path, ahead: float, limit: float = 180.0) -> None:
    """Return when neither a follow-up nor a row for another system is due at a clock that is `ahead` seconds ahead.

    Raises:
        TimeoutError: there still is one after `limit` seconds.
    """
    ends = time.monotonic() + limit
    while _due(database, ahead):
        if time.monotonic() > ends:
            raise TimeoutError("the scheduler does not get done")
        time.sleep(0.1)


def _due(database: Path, ahead: float) -> int:
    until = round((time.time() + ahead) * 1000)
    waiting = "state IN ('due', 'leased', 'unknown') AND due_at <= ?"
    with sqlite3.connect(database, timeout=30) as db:
        tables = ("follow_up", "outbox")
        return sum(db.execute(f"SELECT count(*) FROM {one} WHERE {waiting}", (until,)).fetchone()[0] for one in tables)
