"""A hard end for a call that may hang, and the certainty of whether anything left the house before it.

Time-outs of sockets count from byte to byte: a server that drips holds them open for ever. Here the work runs on a
thread of its own, the caller leaves at the deadline, and the connection is cut behind it. The threads are daemons, so
that an upstream which never ends cannot hold up the end of the process.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from bridge.ports import AdapterError, Fault, NotDone, OutcomeUnknown

T = TypeVar("T")


class Deadline:
    """When a call must be over, and whether it has begun to act.

    `sending` and `cut` exclude each other: once the caller has left, nothing is sent any more, so "not done" is true
    when it is said.
    """

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sent = False
        self._over = False
        self._socket: socket.socket | None = None

    def left(self) -> float:
        """Seconds until the end, never below zero."""
        return max(0.0, self.ends - time.monotonic())

    def hold(self, sock: socket.socket | None) -> None:
        """Remember the connection that `cut` is to end."""
        with self._lock:
            self._socket = sock
            over = self._over
        if over:
            _shut(sock)

    def sending(self) -> None:
        """Say that from now on the other side may act.

        Raises:
            NotDone: the caller has left already.
        """
        with self._lock:
            if self._over:
                raise NotDone("timeout")
            self._sent = True

    def not_sending(self) -> None:
        """Take it back: the other side has said that it did nothing so far."""
        with self._lock:
            self._sent = False

    @property
    def sent(self) -> bool:
        """Whether the other side may have acted."""
        return self._sent

    def cut(self) -> bool:
        """End the call; True when the other side may have acted."""
        with self._lock:
            self._over = True
            sock, sent = self._socket, self._sent
        _shut(sock)
        return sent


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        with suppress(OSError):
            # the plain socket's method: the one of a TLS socket would change it under the thread that reads
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Result(Generic[T]):
    value: T
    error: AdapterError | None = None
    there: threading.Event

    def __init__(self) -> None:
        self.there = threading.Event()


class Lines:
    """A bounded number of calls at a time; each ends at its deadline, whatever the other side does."""

    def __init__(self, seats: int) -> None:
        self._seats = threading.BoundedSemaphore(seats)

    def call(self, deadline: Deadline, work: Callable[[Deadline], T]) -> T:
        """Do the work, or leave at the deadline.

        Raises:
            NotDone: no line became free, no thread was left, or the time was over before anything was sent.
            OutcomeUnknown: the time was over after something was sent, or the work failed in a way nobody foresaw.
            AdapterError: what the work itself raised, without the chain of causes (they name addresses).
        """
        if not self._seats.acquire(timeout=deadline.left()):
            raise NotDone("no free line")
        result: _Result[T] = _Result()
        line = threading.Thread(target=self._run, args=(deadline, work, result), name="outbound", daemon=True)
        try:
            line.start()
        except RuntimeError:  # the machine has none left
            self._seats.release()
            raise NotDone("no free thread") from None
        if not result.there.wait(deadline.left()):
            late = OutcomeUnknown if deadline.cut() else NotDone
            raise late("timeout", fault=Fault.SYSTEM)
        if result.error is not None:
            raise result.error
        return result.value

    def _run(self, deadline: Deadline, work: Callable[[Deadline], T], result: _Result[T]) -> None:
        try:
            result.value = work(deadline)
        except AdapterError as error:
            result.error = type(error)(error.detail, retry_after=error.retry_after, fault=error.fault)
        except Exception as error:  # noqa: BLE001 - a fault on a thread of its own must reach the caller
            outcome = OutcomeUnknown if deadline.sent else NotDone
            result.error = outcome(f"unforeseen {type(error).__name__}")
        finally:
            self._seats.release()
            result.there.set()
