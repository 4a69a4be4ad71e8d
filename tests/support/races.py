"""Two transactions that meet the same way each time: one stands still in its middle until the other waits for it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from support.waiting import PATIENCE, until

from bridge.ports import Store, Tx
from bridge.store.database import migration_engine

LOCKED_OUT = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Crossing:
    """A store that knows who waits for its database, and where a transaction can be made to stand still.

    Args:
        store: what it speaks for; whatever is to wait has to come through here.
        url: its database.
    """

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self._url = url
        self._outside = 0
        self._counting = threading.Lock()
        self._halt = ""
        self._reached, self._go = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self, **how: Any) -> Iterator[Tx]:
        self._count(1)
        inside = False
        try:
            with self._store.write(**how) as tx:
                self._count(-1)
                inside = True
                yield _Part(tx, "", self._done)  # type: ignore[misc]
        finally:
            if not inside:
                self._count(-1)

    def halt_after(self, call: str) -> None:
        """The next transaction that has done this, such as `sessions.hold`, stands still until `go_on`."""
        self._halt = call

    def until_halted(self) -> None:
        assert self._reached.wait(PATIENCE), f"nobody came to {self._halt}"

    def go_on(self) -> None:
        self._go.set()

    def until_it_waits(self, *works: "Future[Any]") -> None:
        """Until each of them waits for a transaction of another, or is through."""
        until(lambda: self._waiting() >= sum(not one.done() for one in works), "somebody who waits")

    def _waiting(self) -> int:
        """PostgreSQL tells who waits for a lock; on SQLite transactions that write come one after the other."""
        if self._url.startswith("sqlite"):
            return self._outside
        engine = migration_engine(self._url)
        with engine.connect() as connection:
            return int(connection.execute(LOCKED_OUT).scalar_one())

    def _count(self, more: int) -> None:
        with self._counting:
            self._outside += more

    def _done(self, call: str) -> None:
        if call == self._halt and not self._reached.is_set():
            self._reached.set()
            assert self._go.wait(PATIENCE), "it was never told to go on"


class _Part:
    """A transaction, or one of its parts, that tells what it has done."""

    def __init__(self, of: Any, path: str, done: Callable[[str], None]) -> None:
        self._of, self._path, self._done = of, path, done

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        if not callable(found):
            return found if self._path else _Part(found, f"{name}.", self._done)

        def does(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            self._done(self._path + name)
            return result

        return does
