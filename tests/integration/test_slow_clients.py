"""S22: clients that are slow, silent or do not listen, against the sidecar as it is shipped."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
import requests
from support.sidecar import Live, new_session_id, running_sidecar

from bridge.patient_worker import PATIENCE_S, SPARE_THREADS
from bridge.store.fair_write_lock import FairWriteLock

CROWD, HONEST, DRIP_S = 60, 6, 0.2
OF_EACH = 12
"""Clients of each kind where all kinds come at once: together more than a crowd, and fewer than there are threads."""
POST = b"POST /v1/sessions HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\n"
BEGINNINGS = {
    "slow bodies": POST + b"Content-Length: 4000\r\n\r\n",
    "slow chunks": POST + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n",
    "slow headers": POST + b"X-Pad: ",
    "slow request lines": b"GET /",
    "bodies that are announced and never sent": POST + b"Content-Length: 9000000\r\n\r\n",
    "bodies that want to be asked for": POST + b"Expect: 100-continue\r\nContent-Length: 4000\r\n\r\n",
    "silent": b"",
}
"""What they send at first; those that are slow go on by a byte at a time."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    with running_sidecar(folder, f"sqlite:///{folder / 'bridge.db'}") as running:
        yield running


def connect(live: Live, stack: ExitStack, sent: bytes) -> socket.socket:
    host, port = live.url.removeprefix("http://").split(":")
    connection = stack.enter_context(socket.socket())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    connection.setblocking(False)
    with suppress(BlockingIOError):
        connection.send(sent)
    return connection


@contextmanager
def crowd(live: Live, kind: str, number: int = CROWD) -> Iterator[list[socket.socket]]:
    """Clients of one kind, who go on and on; who is cut off stays so."""
    over = Event()

    def drip() -> None:
        while "slow" in kind and not over.wait(DRIP_S):
            for one in connections:
                with suppress(OSError):
                    one.send(b"a")

    with ExitStack() as stack:
        connections = [connect(live, stack, BEGINNINGS[kind]) for _ in range(number)]
        dripping = Thread(target=drip)
        dripping.start()
        try:
            yield connections
        finally:
            over.set()
            dripping.join()


def cut_off(connection: socket.socket) -> bool:
    try:
        while data := connection.recv(65_536):
            assert b" 500 " not in data
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def still_there(connections: list[socket.socket]) -> list[socket.socket]:
    return [one for one in connections if not cut_off(one)]


@pytest.mark.alone
@pytest.mark.parametrize("kind", BEGINNINGS)
def test_s22_an_honest_visitor_is_answered_at_once_while_a_crowd_holds_connections_open(live: Live, kind: str) -> None:
    chat = live.chat()
    chat.start()
    with crowd(live, kind):
        time.sleep(1)
        for number in range(HONEST):
            began = time.monotonic()
            assert chat.says(f"Where is order {number}?")["state"] == "open"
            assert time.monotonic() - began < 1.0


def test_s22_who_has_not_sent_a_request_in_time_is_cut_off_however_steadily_it_drips(live: Live) -> None:
    with ExitStack() as stack:
        waiting = {kind: stack.enter_context(crowd(live, kind, OF_EACH)) for kind in BEGINNINGS}
        ends = time.monotonic() + 3 * PATIENCE_S
        while waiting := {kind: left for kind, all_of in waiting.items() if (left := still_there(all_of))}:
            assert time.monotonic() < ends, f"still there: {[(kind, len(left)) for kind, left in waiting.items()]}"
            time.sleep(0.2)


def test_s22_more_slow_clients_than_threads_delay_a_visitor_by_seconds_only(live: Live) -> None:
    with ExitStack() as stack:
        for _ in range(SPARE_THREADS + 60):
            connect(live, stack, BEGINNINGS["slow bodies"])
        began = time.monotonic()
        live.chat().start()
        assert time.monotonic() - began < 3 * PATIENCE_S


@pytest.mark.slow
def test_s22_a_client_that_reads_no_answer_does_not_hold_a_thread(live: Live) -> None:
    asked = 80  # more than the system keeps for a reader
    with ExitStack() as stack:
        connection = connect(live, stack, b"GET /openapi.json HTTP/1.1\r\nHost: bridge\r\n\r\n" * asked)
        time.sleep(4 * PATIENCE_S)  # the system takes some more of the answer for a while
        connection.settimeout(PATIENCE_S)
        told = b""
        with suppress(ConnectionResetError):
            while data := connection.recv(65_536):
                told += data
        assert 0 < told.count(b"HTTP/1.1 200 OK") < asked


def test_a_client_that_asks_whether_to_send_its_body_is_told_once(live: Live) -> None:
    with ExitStack() as stack:
        connection = connect(live, stack, POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        connection.settimeout(PATIENCE_S)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_requests_that_are_sent_at_once_are_answered_one_after_the_other(live: Live) -> None:
    healthz = b"GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n"
    with ExitStack() as stack:
        connection = connect(live, stack, healthz * 2 + healthz[:20])
        connection.settimeout(PATIENCE_S)
        told = b""
        while told.count(b'{"status":"ok"') < 2:
            told += connection.recv(1000)
        connection.sendall(healthz[20:])
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_call_that_is_worked_on_while_the_sidecar_ends_is_answered_however_many_were_before_it(
    tmp_path: Path,
) -> None:
    with running_sidecar(tmp_path, f"sqlite:///{tmp_path / 'bridge.db'}") as live:
        for _ in range(5):
            requests.get(f"{live.url}/healthz", headers={"Connection": "close"}, timeout=PATIENCE_S)
        visitor = {"session_id": new_session_id(), "visitor": {"identity": "anonymous"}}
        with ThreadPoolExecutor(1) as visitors:
            with FairWriteLock(tmp_path).held(time.monotonic() + PATIENCE_S):
                answer = visitors.submit(live.caller().send, "POST", "/v1/sessions", visitor)
                time.sleep(0.5)  # by now it waits for its turn to write
                assert live.process
                live.process.terminate()
                time.sleep(1)
            assert answer.result(10).status == 201
