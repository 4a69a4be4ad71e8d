"""Servers of a few lines, for what a well-behaved HTTP library would never send."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]
"""What the server does with one connection."""


class Listener:
    """A listening socket on 127.0.0.1, with a thread for each connection."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._talk(connection)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def listening(talk: Talk) -> Iterator[Listener]:
    """A server for the length of a with block."""
    listener = Listener(talk)
    try:
        yield listener
    finally:
        listener.close()


def read_head(connection: socket.socket) -> bytes:
    """Everything up to the empty line of an HTTP request."""
    seen = b""
    while b"\r\n\r\n" not in seen and (chunk := connection.recv(65_536)):
        seen += chunk
    return seen


def says(answer: bytes) -> Talk:
    """Read one request, answer with these bytes, close."""

    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(answer)

    return talk


def http_answer(status: int, body: bytes = b"{}", *headers: str) -> bytes:
    """An HTTP answer as bytes."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
