"""A language is read when its first visitor comes, beside the calls: nobody has the database meanwhile."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait


class LanguageReading:
    """Reads each language once.

    Args:
        readers: a thread for each that may come at once: one that was read already must not wait behind another.
        read: reads what judging a message of a language needs; it takes a second, and none where it was read before.
        patience: seconds that a session start waits for it. WordPress gives each call two, and the first message comes
            right after the start: so both have a part of it.
    """

    def __init__(self, readers: Executor, read: Callable[[str], None], patience: float = 1.0) -> None:
        self._readers = readers
        self._read = read
        self._patience = patience
        self._lock = threading.Lock()
        self._begun: dict[str, Future[None]] = {}

    def begin(self, code: str) -> Callable[[], object]:
        """Have a language read, and return what waits for it, though no longer than a session start may from now on."""
        ends = time.monotonic() + self._patience
        with self._lock:
            begun = self._begun.get(code)
            if begun is None:
                begun = self._begun[code] = self._readers.submit(self._read, code)
        return lambda: wait([begun], max(0.0, ends - time.monotonic()))

    def settle(self, language_of: Callable[[], str]) -> None:
        """Wait for a language that is being read: a message in it would have it read again, while others wait to write.

        Args:
            language_of: says which one it is; asked only where one is being read, which is seldom.
        """
        with self._lock:
            reading = {code: one for code, one in self._begun.items() if not one.done()}
        if reading and (own := reading.get(language_of())):
            wait([own])
