"""The one module that opens connections.

On SQLite one writer connection stands behind a gate for the threads and a lock for the processes (SQLite's busy handler
lets some starve), and readers cannot write. On PostgreSQL one pool serves both, reads in read-only
transactions. Engines are made on first use and forgotten, unclosed, in a forked child.
"""

import os
import re
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from bridge.ports import StoreBusy, StoreDamaged, StoreUnreachable, Unusable
from bridge.store.writer import Writer

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
"""What is deleted is overwritten: some builds of SQLite leave it in the file."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
UNREACHABLE = {
    r"Connection refused|No such file or directory": (
        "nothing listens there",
        "start PostgreSQL, or correct host and port in the database's address",
    ),
    r"failed to resolve host": ("its host's name has no address", "correct the host in the database's address"),
    r"timeout expired": ("no answer in time", "see whether its machine runs, and whether a firewall swallows calls"),
    r"password|role \".*\" does not exist": (
        "it refuses user or password",
        "correct them in the database's address; the password may be in PGPASSWORD instead",
    ),
    r"database \".*\" does not exist": ("there is none of this name", "createdb makes it, or correct its address"),
    r"pg_hba\.conf": (
        "it lets nobody in from here",
        "add a line for this machine and user to its pg_hba.conf",
    ),
    r"too many (clients|connections)|remaining connection slots": (
        "it has no connection free",
        "raise its max_connections, or lower BRIDGE_THREADS",
    ),
}
"""What libpq says of a PostgreSQL that does not let us in, as a pattern; our words for it, and for what to do. Its own
have names."""
UNUSABLE = {
    r"permission denied": (
        "its user may do too little",
        "make it the database's owner, or GRANT ALL ON SCHEMA public to it",
    ),
    r"read-only transaction": (
        "it takes no writes",
        "name its primary, or see to its default_transaction_read_only",
    ),
}
"""The same of one that lets us in and refuses what we do there."""
OTHER_SCHEMA = r"^no such (table|column)"
"""What SQLite calls operational, too, though no wait helps."""
LONGEST_STATEMENT = 120.0
"""Seconds: no statement of ours takes near as long; migrations and copies have connections of their own."""
LONGEST_PAUSE_MS = 60_000
"""Between two statements of a transaction, which waits for no network: whoever stops there lets go of what it holds."""
KEEPALIVE = {"idle": 30, "interval": 10, "count": 3}
"""Seconds of silence after which either end asks whether the other is there, seconds between two questions, and how
many may go unanswered: a line that was cut is noticed within a minute, by the server too, which then lets go of what
the other held."""
UNANSWERED_MS = 60_000
"""What was sent and is not acknowledged by then is lost, and the line with it."""
SCRUB_WAIT = 0.2
"""Seconds: whoever writes waits as well."""


class Database:
    """Connections to one database.

    Args:
        url: SQLAlchemy's; `sqlite:///FILE` or `postgresql+psycopg://...`.
        wait: seconds that a caller waits for the write, or for a row that another one holds, before `StoreBusy`.
        readers: connections that may read at once.
        longest: seconds after which PostgreSQL ends a statement, which is `StoreBusy`, too.
    """

    def __init__(self, url: str, *, wait: float = 5.0, readers: int = 16, longest: float = LONGEST_STATEMENT) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.dialect = "sqlite" if self.sqlite else "postgresql"
        self._wait = wait
        self._readers = readers
        self._longest = longest
        self._writer = Writer(lambda: self._engine("write").connect(), Path(self.url.database or "").parent, wait)
        self.forget()
        me = weakref.ref(self)

        def after_fork() -> None:
            if database := me():
                database.forget()

        os.register_at_fork(after_in_child=after_fork)

    def forget(self) -> None:
        """Drop engines and locks without closing anything: what a forked child has to do."""
        self._making = threading.Lock()
        self._engines: dict[str, Engine] = {}
        self._writer.forget()

    @property
    def waiting(self) -> int:
        """How many threads of this process wait to write; PostgreSQL has nobody wait here."""
        return self._writer.waiting if self.sqlite else 0

    @contextmanager
    def write(self, *, together: bool = False) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind.

        Args:
            together: it may be committed at once with others that allow it, too; see `bridge.store.writer`.

        Raises:
            StoreBusy: the write could not begin or commit in time, or the disk refused it.
        """
        with named():
            if self.sqlite:
                with self._writer.write(together=together) as connection:
                    yield connection
            else:
                with self._engine("write").begin() as connection:
                    yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that cannot write.

        Raises:
            StoreBusy: no connection was free in time.
        """
        with named(), self._engine("read").connect() as connection:
            yield connection

    def scrub(self) -> None:
        """Empty the log of a SQLite file, in which everything that was deleted of late stands as it was before.

        Where somebody reads just now, it is emptied the next time that it is full.
        """
        if not self.sqlite:
            return
        file = str(self.url.database)
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=SCRUB_WAIT)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give back every connection."""
        self._writer.close()
        for engine in self._engines.values():
            engine.dispose()
        self.forget()

    def _engine(self, use: str) -> Engine:
        engine = self._engines.get(use)
        if engine is None:
            with self._making:
                engine = self._engines.get(use) or self._engines.setdefault(use, self._open(use))
        return engine

    def _open(self, use: str) -> Engine:
        if self.sqlite:
            return self._open_sqlite(query_only=use == "read", size=1 if use == "write" else self._readers)
        return self._open_postgresql(readonly=use == "read")

    def _open_postgresql(self, *, readonly: bool) -> Engine:
        engine = engine_for(
            self.url,
            pool_size=self._readers,
            max_overflow=0,
            pool_timeout=self._wait,
            connect_args={
                "connect_timeout": max(round(self._wait), 2),  # libpq's least
                **{f"keepalives_{name}": number for name, number in KEEPALIVE.items()},
                "tcp_user_timeout": UNANSWERED_MS,
            },
            execution_options={"postgresql_readonly": readonly},  # as a transaction begins: poolers pass it on
        )
        limits = {
            "lock_timeout": round(self._wait * 1000),
            "statement_timeout": round(self._longest * 1000),
            "idle_in_transaction_session_timeout": LONGEST_PAUSE_MS,
            **{f"tcp_keepalives_{name}": number for name, number in KEEPALIVE.items()},
        }

        @event.listens_for(engine, "connect")
        def prepare(raw: Any, _record: Any) -> None:
            for name, number in limits.items():
                raw.execute(f"SET {name} = {number}")
            raw.commit()

        return engine

    def _open_sqlite(self, *, query_only: bool, size: int) -> Engine:
        engine = engine_for(
            self.url, pool_size=size, max_overflow=0, pool_timeout=self._wait, connect_args={"timeout": self._wait}
        )

        @event.listens_for(engine, "connect")
        def prepare(raw: Any, _record: Any) -> None:
            raw.isolation_level = None
            for pragma in (*PRAGMAS, f"query_only={int(query_only)}"):
                raw.execute(f"PRAGMA {pragma}")

        return engine


def engine_for(url: str | URL, **options: Any) -> Engine:
    """An engine whose errors say no value of a statement: what people wrote has no place in a log."""
    return create_engine(url, hide_parameters=True, **options)


@contextmanager
def named() -> Iterator[None]:
    """The driver's "cannot now" as `StoreBusy`, and "cannot at all" as `StoreDamaged`; all else is a fault of ours."""
    try:
        yield
    except (PoolTimeout, OperationalError, sqlite3.OperationalError) as error:
        if re.search(OTHER_SCHEMA, _said(error)):
            raise
        raise _cannot_now(error) from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        if getattr(getattr(error, "orig", error), "sqlite_errorcode", None) in DAMAGED:
            raise StoreDamaged from error
        if why := _known("the database cannot be used", UNUSABLE, error):
            raise StoreUnreachable(why) from error
        raise


def _cannot_now(error: Exception) -> StoreBusy:
    why = _known("the database cannot be reached", UNREACHABLE, error)
    return StoreUnreachable(why) if why else StoreBusy()


def _known(what: str, words: Mapping[str, tuple[str, str]], error: Exception) -> Unusable | None:
    """What does not work, with the reason and the cure of the first pattern that the error fits."""
    found = next((ours for pattern, ours in words.items() if re.search(pattern, _said(error))), None)
    return Unusable(f"{what}, {found[0]}", found[1]) if found else None


def _said(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error)


def migration_engine(url: str) -> Engine:
    """An engine for migrations: no pool; on SQLite no foreign keys, for they delete rows as tables are rebuilt."""
    engine = engine_for(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(raw: Any, _record: Any) -> None:
            raw.isolation_level = None
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
                raw.execute(f"PRAGMA {pragma}")

    return engine
