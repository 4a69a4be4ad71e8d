"""Threads that ask a responder outside the request, and the requests that wait a moment for its answer."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from bridge.domain.values import Json
from bridge.ports import Responder

ANSWER_MARGIN_S = 0.1
"""Seconds of a request's time that are kept for the way to its answer and back."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How often a responder is asked at most: in a session, for a visitor a day, for the site a day; 0 is no cap."""

    session: int = 0
    visitor: int = 0
    site: int = 0


@dataclass(frozen=True, slots=True)
class Assistant:
    """A site's responder, and what it may cost. `budget` is in seconds, for all calls of one answer together."""

    responder: Responder
    budget: float
    caps: Caps = Caps()


class WaitingRequest:
    """A request that waits for the answer to its turn. Either the answer finds it waiting, or it has gone: never both.

    Whoever stores the answer calls `claim` in the transaction, to know whom to tell, and `give` once it is through.
    """

    def __init__(self) -> None:
        self.seated = False
        """Whether somebody waits, or has waited."""
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._there = threading.Event()
        self._gone = False
        self._claimed = False
        self._verdict: Json = None

    def claim(self) -> bool:
        """Whether somebody waits still; who does so waits on, until `give` is called."""
        with self._lock:
            self._claimed = self.seated and not self._gone
            return self._claimed

    def give(self, verdict: Json) -> None:
        """Hand the verdict over; None where nothing came of it."""
        with self._lock:
            self._gone, self._verdict = True, verdict
        self._there.set()

    def wait(self, seconds: float) -> Json:
        """The verdict, or None where nothing has come in so many seconds since the request began."""
        self._there.wait(max(0.0, self._began + seconds - time.monotonic()))
        with self._lock:
            self._gone = self._gone or not self._claimed
            gone = self._gone
        if not gone:
            self._there.wait()  # it is being stored, as an answer to this request
        return self._verdict


class ResponderThreads:
    """The threads that ask, apart from those that deliver; and how many requests may wait.

    Args:
        work: asks, stores what came, and gives it to the request that waits; see `bridge.service.answer_turn`.
        threads: run it.
        seats: requests that may wait at once. The others are told at once that the answer will come as an event, so
            that whoever needs no model always finds a thread.
        wait: seconds from the beginning of a request within which it is answered.
    """

    def __init__(self, work: Callable[..., None], threads: Executor, *, seats: int, wait: float) -> None:
        self._work = work
        self._threads = threads
        self._seats = threading.BoundedSemaphore(max(1, seats))
        self._wait = wait

    def start(self, waiting: WaitingRequest | None, *question: Any) -> None:
        """Have something asked. The request waits for it, if it can and there is a seat."""
        if waiting is not None and self._seats.acquire(blocking=False):
            waiting.seated = True
        try:
            self._threads.submit(self._work, waiting, *question)
        except BaseException:
            self._unseat(waiting)
            raise

    def _unseat(self, waiting: WaitingRequest | None) -> None:
        """Nobody was asked: the request need not wait, and its seat is free."""
        if waiting is not None and waiting.seated:
            waiting.seated = False
            self._seats.release()

    def wait(self, waiting: WaitingRequest) -> Json:
        """What came of it in time; None where nothing was asked, or it takes longer."""
        if not waiting.seated:
            return None
        try:
            return waiting.wait(self._wait - ANSWER_MARGIN_S)
        finally:
            self._seats.release()
