"""A load generator that costs little: one thread, raw sockets, requests that were made (and signed) beforehand."""

import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

Address = tuple[str, int]


@dataclass
class Result:
    """What came back: seconds of the whole run, milliseconds of each answer, and how often each status came."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Connection:
    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.began = 0.0

    def send(self, request: bytes) -> None:
        self.buffer = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """Status and body, once the answer is complete."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        return int(head[9:12]), body


def _length(head: bytes) -> int:
    lowered = head.lower()
    begin = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[begin:].split(b"\r\n", 1)[0])


def closed_loop(address: Address, requests: Sequence[bytes], connections: int) -> Result:
    """Send everything over so many kept connections, each one asking again as soon as it has its answer."""
    result, waiting = Result(), deque(requests)
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    for _ in range(min(connections, len(requests))):
        one = _Connection(address)
        selector.register(one.socket, selectors.EVENT_READ, one)
        one.send(waiting.popleft())
    while selector.get_map():
        for key, _ in selector.select():
            answer = key.data.receive()
            if answer is None:
                continue
            _note(result, answer, key.data.began)
            if waiting:
                key.data.send(waiting.popleft())
            else:
                selector.unregister(key.data.socket)
                key.data.socket.close()
    result.seconds = time.perf_counter() - began
    return result


def open_loop(address: Address, requests: Sequence[bytes], per_second: float) -> Result:
    """Send at a steady rate whatever comes back, each over a connection of its own, as PHP does.

    A latency counts from the instant at which the request was due, so that a server that hangs is not spared.
    """
    result, waiting, sent = Result(), deque(requests), 0
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    while waiting or selector.get_map():
        due = began + sent / per_second
        pause = max(due - time.perf_counter(), 0) if waiting else 1
        if waiting and pause == 0:
            one = _Connection(address)
            selector.register(one.socket, selectors.EVENT_READ, one)
            one.send(waiting.popleft())
            one.began, sent = due, sent + 1
            continue
        for key, _ in selector.select(pause) if selector.get_map() else _sleep(pause):
            answer = key.data.receive()
            if answer is not None:
                _note(result, answer, key.data.began)
                selector.unregister(key.data.socket)
                key.data.socket.close()
    result.seconds = time.perf_counter() - began
    return result


def _sleep(seconds: float) -> tuple[()]:
    time.sleep(seconds)
    return ()


def _note(result: Result, answer: tuple[int, bytes], began: float) -> None:
    status, body = answer
    result.latencies.append((time.perf_counter() - began) * 1000)
    result.statuses[status] += 1
    result.bodies.append(body)
