"""The one connection that writes to a SQLite file, and how the threads of a process share it.

They pass a gate one after the other, in the order in which they came. What costs most is the wait for the disk at a
commit. So those that may go `together` are committed once for all, by the last of them: whoever ends while somebody
waits at the gate leaves the transaction open, and stands by until it is committed. Whoever joins one does so behind a
savepoint, so that a writer that fails takes nothing of the others along.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from bridge.ports import StoreBusy
from bridge.store.fair_write_lock import FairWriteLock

MOST_TOGETHER: Final = 16
"""Writers of one commit: the first of them waits for all, and so does any other process that writes."""


class Writer:
    """Transactions over one connection, which is made on first use and stays open.

    Args:
        connect: makes the connection.
        folder: where the database is.
        wait: seconds that a caller waits for its turn before `StoreBusy`.
    """

    def __init__(self, connect: Callable[[], Connection], folder: Path, wait: float) -> None:
        self._connect = connect
        self._wait = wait
        self._process_lock = FairWriteLock(folder)
        self.forget()

    def forget(self) -> None:
        """Drop the connection and whoever waits for it, closing nothing: what a forked child has to do."""
        self._process_lock.close()
        self._gate = Gate()
        self._group: Group | None = None
        self._connection: Connection | None = None

    @property
    def waiting(self) -> int:
        """How many threads of this process wait for their turn."""
        return self._gate.waiting

    def close(self) -> None:
        """Give back the connection."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def write(self, *, together: bool) -> Iterator[Connection]:
        """A transaction of one's own, or a part of one; it is on the disk once the block is left.

        Begin and commit are said to the driver: SQLAlchemy's cost as much as a turn.

        Raises:
            StoreBusy, sqlite3.Error: it could not begin in time, or could not be committed.
        """
        until = time.monotonic() + self._wait
        if not self._gate.enter(self._wait):
            raise StoreBusy
        try:
            connection = self._open()
            group = self._begin(connection, until, together=together)
            try:
                yield connection
                _still_there(connection)
            except BaseException:
                self._undo(connection, group)
                raise
            group.kept += 1
        finally:
            self._leave(together=together)
        group.wait()

    def _open(self) -> Connection:
        known = self._connection
        if known is None or known.closed or known.invalidated:
            known = self._connection = self._connect()
        return known

    def _begin(self, connection: Connection, until: float, *, together: bool) -> "Group":
        if self._group and not together:
            self._commit(connection)
        group = self._group
        if group:
            _driver(connection).execute("SAVEPOINT own")
        else:
            with self._process_lock.held(until):
                _driver(connection).execute("BEGIN IMMEDIATE")
            group = self._group = Group()
        group.begun += 1
        return group

    def _undo(self, connection: Connection, group: "Group") -> None:
        """Take back what the caller wrote; all of it where SQLite has done so itself, as on a full disk."""
        if group.kept and _taken_back_alone(connection):
            return
        try:
            _end(connection, _driver(connection).rollback)
        finally:
            self._settle(sqlite3.OperationalError("taken back with what another one wrote"))

    def _leave(self, *, together: bool) -> None:
        """Let the next one in. The others' work is left open only where somebody surely comes who sees to it."""
        group = self._group
        if group and together and group.begun < MOST_TOGETHER and self._gate.pass_on():
            return
        if group and self._connection is not None:
            self._commit(self._connection)
        self._gate.leave()

    def _commit(self, connection: Connection) -> None:
        """Commit for all who wait for it; each is told how it went, and nobody else."""
        try:
            _end(connection, _driver(connection).commit)
        except BaseException as error:  # noqa: BLE001 - raised by those whom it concerns
            with suppress(sqlite3.Error):
                _end(connection, _driver(connection).rollback)
            self._settle(error)
        else:
            self._settle(None)

    def _settle(self, error: BaseException | None) -> None:
        group, self._group = self._group, None
        if group:
            group.settle(error)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _still_there(connection: Connection) -> None:
    """See that what was written still stands, though the caller may have passed over an error.

    Raises:
        sqlite3.OperationalError: SQLite has taken everything back.
    """
    if not _driver(connection).in_transaction:
        raise sqlite3.OperationalError("SQLite has taken it back")


def _taken_back_alone(connection: Connection) -> bool:
    """Take back what was written since the savepoint; False where it is gone, and all before it with it."""
    try:
        _driver(connection).execute("ROLLBACK TO own")
    except sqlite3.Error:
        return False
    return True


def _end(connection: Connection, how: Callable[[], None]) -> None:
    """End the driver's transaction, and then SQLAlchemy's own notion of it."""
    how()
    if connection.in_transaction():
        connection.rollback()


class Group:
    """Those whose work stands in one transaction: how many have `begun`, and of how many it is `kept`."""

    def __init__(self) -> None:
        self.begun = self.kept = 0
        self._error: BaseException | None = None
        self._open = threading.Lock()  # held until it is over; an event costs ten times as much, and most are alone
        self._open.acquire()

    def settle(self, error: BaseException | None) -> None:
        """Say that it is over: committed, or nothing of it is there because of the error."""
        self._error = error
        self._open.release()

    def wait(self) -> None:
        """Return once it is committed.

        Raises:
            sqlite3.Error: it was not.
        """
        with self._open:
            if self._error is not None:
                raise self._error


class Gate:
    """A lock that is handed to whoever has waited longest."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """How many stand before it."""
        return len(self._waiting)

    def enter(self, wait: float) -> bool:
        """Whether it is the caller's now; `wait` is how many seconds that may take."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        return turn.acquire(timeout=wait) or self._came_at_last(turn)

    def _came_at_last(self, turn: threading.Lock) -> bool:
        """Whether it was handed over just as the time was up; else nobody will hand it over any more."""
        with self._mutex:
            came = turn not in self._waiting
            if not came:
                self._waiting.remove(turn)
            return came

    def pass_on(self) -> bool:
        """Hand it over; False where nobody waits, and it is still the caller's."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
                return True
            return False

    def leave(self) -> None:
        """Hand it over, or leave it free."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
