"""All rows of one database into an empty one of the same schema: from a SQLite file to PostgreSQL, or back.

One transaction writes everything and reads it back before it commits: whatever ends the copy early, the target is as
empty as before.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Table, event, func, insert, make_url, select, table, text
from sqlalchemy.exc import DataError, IntegrityError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import column

from bridge.ports import BridgeError, StoreUnreachable
from bridge.store.database import engine_for, migration_engine, named
from bridge.store.migrate import SCHEMA_HEAD, alone, migrate, pending, revision_of, unborn
from bridge.store.tables import metadata, schema_mark

ROWS_PER_BATCH = 500
"""Rows that are read and written at once."""
DIGEST_MODULUS = 1 << 256
TABLES = [one for one in metadata.sorted_tables if one is not schema_mark]
"""In the order in which they refer to each other, but for what the target's own migration has written."""

Advance = Callable[[int], object]
Progress = Callable[[int], AbstractContextManager[Advance]]
"""From the steps to come to what counts them."""


class CopyRefused(BridgeError):  # noqa: N818
    """The databases cannot be copied as they are; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What one table came to. The digest is the same for the same rows in any order."""

    table: str
    rows: int
    digest: str


@named()
def copy(source: str, target: str, progress: Progress) -> list[Copied]:
    """Copy every table, and return what was copied.

    Args:
        source: the URL of a database of this release that nobody else uses.
        target: the URL of one that is empty; where there is no schema yet, it is brought in.
        progress: told of each row twice, when it is written and when it is read back.

    Raises:
        CopyRefused: the databases cannot be copied as they are; the message says why.
        StoreBusy: the database did not take it in time.
        StoreDamaged: the file is damaged, or is no SQLite database.
    """
    _check(source, target)
    with _reading(source) as old, _writing(target) as new:
        if {revision_of(old), revision_of(new)} != {SCHEMA_HEAD}:
            raise CopyRefused("one of them has the schema of a newer release: copy with that release")
        if any(new.execute(select(one).limit(1)).first() for one in TABLES):
            raise CopyRefused("the target is not empty: name a database in which nothing was set up")
        rows = sum(old.execute(select(func.count()).select_from(one)).scalar_one() for one in TABLES)
        with progress(2 * rows) as advance:
            copied = [_fill(old, new, one, advance) for one in TABLES]
            for one, wanted in zip(TABLES, copied, strict=True):
                if (found := _read_back(new, one, advance)) != wanted:
                    raise CopyRefused(f"{one.name} reads otherwise in the target: {found.rows} rows of {wanted.rows}")
        _set_sequences(new)
    return copied


def _check(source: str, target: str) -> None:
    if make_url(source) == make_url(target):
        raise CopyRefused("source and target are the same database")
    if fault := pending(source):
        raise CopyRefused(f"the source: {fault}")
    if unborn(target):
        with _refusal("the target"):
            migrate(target)
    if fault := pending(target):
        raise CopyRefused(f"the target: {fault}")


@contextmanager
def _refusal(by: str) -> Iterator[None]:
    """What a database does not take, and will not take later either, in its own words."""
    try:
        yield
    except (DataError, IntegrityError, InternalError, ProgrammingError) as error:
        raise CopyRefused(f"{by}: {str(error.orig).splitlines()[0]}") from None
    except StoreUnreachable as error:
        raise CopyRefused(f"{by}: {error}") from None


def _fill(old: Connection, new: Connection, of: Table, advance: Advance) -> Copied:
    def written(batches: Iterator[Sequence[Row[Any]]]) -> Iterator[Sequence[Row[Any]]]:
        for batch in batches:
            with _refusal(f"the target does not take rows of the table {of.name}"):
                new.execute(insert(of), [dict(row._mapping) for row in batch])  # noqa: SLF001 - a public name
            yield batch

    with _batches(old, of) as batches:
        return _summed(of, written(batches), advance)


def _read_back(new: Connection, of: Table, advance: Advance) -> Copied:
    with _batches(new, of) as batches:
        return _summed(of, batches, advance)


@contextmanager
def _batches(connection: Connection, of: Table) -> Iterator[Iterator[Sequence[Row[Any]]]]:
    with connection.execute(select(of).execution_options(yield_per=ROWS_PER_BATCH)) as result:
        yield result.partitions()


def _summed(of: Table, batches: Iterable[Sequence[Row[Any]]], advance: Advance) -> Copied:
    """Count and digest. Databases sort texts differently, so the rows' digests are added up."""
    number, total = 0, 0
    for batch in batches:
        total = (total + sum(map(_digest, batch))) % DIGEST_MODULUS
        number += len(batch)
        advance(len(batch))
    return Copied(of.name, number, f"{total:064x}")


def _digest(row: Row[Any]) -> int:
    line = json.dumps(list(row), ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(sha256(line.encode()).digest(), "big")


def _set_sequences(new: Connection) -> None:
    """PostgreSQL counts ids beside the table, and knows nothing of those that came with their rows."""
    if new.dialect.name == "sqlite":
        return
    for one in TABLES:
        if (counted := one.autoincrement_column) is not None:
            latest = select(func.max(counted)).scalar_subquery()
            new.execute(select(func.setval(func.pg_get_serial_sequence(one.name, counted.name), latest)))


@contextmanager
def _reading(url: str) -> Iterator[Connection]:
    """The source, alone and as it is now: what others went on writing would be lost."""
    in_use = CopyRefused("the source is in use: stop every sidecar and scheduler on it first (and close other clients)")
    engine = engine_for(url, poolclass=NullPool, **({"connect_args": {"timeout": 1}} if _is_file(url) else {}))
    if _is_file(url):
        event.listen(engine, "connect", _take_for_ourselves)
    else:
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with engine.connect() as connection:
            if not _is_file(url) and connection.execute(_others()).scalar_one():
                raise in_use
            yield connection
    except OperationalError as error:
        if "database is locked" in str(error.orig):
            raise in_use from None
        raise
    finally:
        engine.dispose()


def _is_file(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _take_for_ourselves(raw: Any, _record: Any) -> None:
    """SQLite refuses the first look in this mode while any other process has the file open, idle or not."""
    raw.isolation_level = None
    raw.execute("PRAGMA locking_mode=EXCLUSIVE")
    raw.execute("BEGIN EXCLUSIVE")


def _others() -> Any:
    """How many are connected beside us. PostgreSQL's own workers have no user."""
    activity = table("pg_stat_activity", column("datname"), column("pid"), column("usename"))
    return (
        select(func.count())
        .select_from(activity)
        .where(
            activity.c.datname == func.current_database(),
            activity.c.pid != func.pg_backend_pid(),
            activity.c.usename.is_not(None),
        )
    )


@contextmanager
def _writing(url: str) -> Iterator[Connection]:
    """One transaction on the target, alone as a migration is."""
    engine = migration_engine(url)
    try:
        with engine.begin() as connection:
            alone(connection)
            yield connection
            if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise CopyRefused("rows of the source lack what they refer to")
    finally:
        engine.dispose()
