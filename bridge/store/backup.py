"""A copy of a SQLite file while it is in use."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from bridge.durable_files import in_place_of
from bridge.ports import BridgeError


class BackupRefused(BridgeError):  # noqa: N818
    """There is nothing that could be copied so; the message says why. What stood at the target stands there still."""


def backup(url: str, target: Path) -> int:
    """Copy the database as it is at one instant, and return the copy's bytes. Nobody who writes meanwhile waits.

    The file takes its place once it is whole, checked and on the disk; it is its owner's alone.

    Raises:
        BackupRefused: it is no SQLite file, cannot be read, or the target cannot be replaced; the message says which.
        OSError: the target cannot be written.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise BackupRefused("this copies SQLite files; of PostgreSQL, pg_dump makes a copy")
    if not Path(str(parsed.database)).exists():
        raise BackupRefused(f"there is no database {Path(str(parsed.database)).absolute()}")
    if target.resolve() in _own_files(Path(str(parsed.database)).resolve()):
        raise BackupRefused(f"{target} is the database itself, or its log: name another file")
    if target.exists() and not target.is_file():
        raise BackupRefused(f"{target} is not a file that can be replaced: name another")
    with in_place_of(target) as part:
        try:
            _copy(str(parsed.database), part)
        except sqlite3.DatabaseError:
            raise BackupRefused("the database file cannot be read, or its copy cannot be written in full") from None
        return part.stat().st_size


def _own_files(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-shm", "-journal")]


def _copy(database: str, part: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)  # in one step: one snapshot, however much is written meanwhile
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise BackupRefused("the copy is damaged, so the database may be: ask it for PRAGMA integrity_check")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without others beside it
