"""Lets the processes that write to one SQLite file in one after the other.

SQLite keeps no queue: whoever finds the file locked sleeps, soon 0.1 s at a time (sqlite3.c,
`sqliteDefaultBusyCallback`), and looks again, while a process that writes one transaction after the other leaves it
free for less than a millisecond. The one who waits starves. Here he waits for a second lock, in front
of SQLite's own, and whoever has just written must wait for it again. It is the kernel's lock on the folder of the
database: no file of its own to be made, owned or left behind, and free as soon as its holder dies.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bridge.ports import StoreBusy

RETRY_EVERY_S: Final = 0.001
"""Seconds between two attempts to take a lock that somebody has."""


class FairWriteLock:
    """One for each process, all at the same folder.

    Args:
        folder: where the database is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handle: int | None = None

    @contextmanager
    def held(self, until: float) -> Iterator[None]:
        """Hold the lock; to be left as soon as the database's own lock is had.

        Args:
            until: on the monotonic clock, in seconds.

        Raises:
            StoreBusy: it was not free in time, or was shut while somebody waited for it: the process ends.
        """
        if self._handle is None:
            self._handle = os.open(self._folder, os.O_RDONLY)
        handle = self._handle
        while not try_lock(handle):
            if time.monotonic() >= until:
                raise StoreBusy
            time.sleep(RETRY_EVERY_S)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the folder. In a forked child this leaves what the parent holds as it is."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def try_lock(handle: int) -> bool:
    """Take the lock if it is free; whether it is ours now.

    Raises:
        StoreBusy: the folder was let go of meanwhile.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno == errno.EBADF:
            raise StoreBusy from None
        raise
    return True
