"""Numbers for the dashboard for which much has to be read: no scrape waits until it is."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress

Numbers = dict[str, dict[str, float]]
"""By metric, and by the value of its label."""

SCRAPE_WAIT_S = 0.25
"""Seconds that a scrape waits; what is read sooner is of that very moment."""
FIRST_SCRAPE_WAIT_S = 2.0
"""Seconds that it waits while there is nothing yet to be shown."""
REST_FACTOR = 20.0
"""What takes longer than a scrape waits is not read again for so many times as long."""


class MetricsCache:
    """What was read last, read anew in the background.

    Args:
        executor: reads.
        read: reads the numbers.
        every: seconds for which they are shown without being read again.
    """

    def __init__(self, executor: Executor, read: Callable[[], Numbers], every: float = 0.0) -> None:
        self._executor = executor
        self._read = read
        self._every = every
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None
        self._known: Numbers | None = None
        self._until = 0.0

    def shown(self) -> Numbers:
        """The numbers, those of before where it takes long to read them; none where there are none yet.

        Raises:
            StoreBusy: they could not be read.
        """
        with suppress(TimeoutError):
            self._begun().result(FIRST_SCRAPE_WAIT_S if self._known is None else SCRAPE_WAIT_S)
        return self._known or {}

    def _begun(self) -> "Future[None]":
        """The reading that goes on or was the last; a new one where it is time."""
        with self._lock:
            if self._reading is None or (self._reading.done() and self._until <= time.monotonic()):
                self._reading = self._executor.submit(self._read_anew)
            return self._reading

    def _read_anew(self) -> None:
        began = time.monotonic()
        self._known = self._read()
        took = time.monotonic() - began
        self._until = began + took + max(self._every, REST_FACTOR * took if took > SCRAPE_WAIT_S else 0.0)
