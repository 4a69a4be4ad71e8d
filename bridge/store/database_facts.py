"""What a database says of itself, for those who want to know whether it is safe."""

import shutil
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from bridge.ports import DatabaseFacts
from bridge.store.database import Database

MOUNTS = Path("/proc/mounts")
OPTIONS = ("fsync", "full_page_writes", "synchronous_commit")
_NUMBERS = text(
    "SELECT current_setting('server_version'), pg_database_size(current_database()), "
    "current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity), "
    "pg_is_in_recovery()::text, extract(epoch FROM clock_timestamp())"
)


def facts_of(url: str, *, mounts: Path = MOUNTS) -> DatabaseFacts:
    """Read them, over a connection as the product opens it.

    Raises:
        StoreBusy: the database cannot be reached.
    """
    database = Database(url, wait=2.0, readers=1)
    try:
        with database.read() as connection:
            return _sqlite(connection, database, mounts) if database.sqlite else _postgresql(connection)
    finally:
        database.close()


def _sqlite(connection: Connection, database: Database, mounts: Path) -> DatabaseFacts:
    def pragma(name: str) -> str:
        return str(connection.exec_driver_sql(f"PRAGMA {name}").scalar())

    file = Path(str(database.url.database)).resolve()
    return DatabaseFacts(
        kind="sqlite",
        version=str(connection.exec_driver_sql("SELECT sqlite_version()").scalar()),
        size=int(pragma("page_count")) * int(pragma("page_size")),
        options={name: pragma(name) for name in ("journal_mode", "synchronous")},
        file_system=file_system(file, mounts),
        free=shutil.disk_usage(file.parent).free,
    )


def _postgresql(connection: Connection) -> DatabaseFacts:
    connection.execute(text("SELECT 1"))
    began, before = time.perf_counter(), time.time()
    row: Any = connection.execute(_NUMBERS).one()
    took = time.perf_counter() - began
    options = {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in OPTIONS}
    return DatabaseFacts(
        kind="postgresql",
        version=row[0].split()[0],
        size=row[1],
        options={**options, "pg_is_in_recovery": row[3]},
        connections_free=row[2],
        round_trip_ms=took * 1000,
        ahead=float(row[4]) - before - took / 2,
    )


def file_system(file: Path, mounts: Path = MOUNTS) -> str:
    """The kind of the file system that a file lies on; "unknown" where the machine does not say.

    Args:
        file: an absolute path without links.
        mounts: a table as the kernel writes it.
    """
    try:
        lines = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return "unknown"
    places = {Path(_plain(fields[1])): fields[2] for fields in lines if len(fields) > 2}  # noqa: PLR2004 - of a line
    return next((places[one] for one in file.parents if one in places), "unknown")


def _plain(place: str) -> str:
    """The kernel writes a blank as a backslash and its octal number."""
    return place.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
