"""An SMTP server that follows a script of replies, and keeps what it was told."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

DROP = "drop"
"""In place of a reply: close the connection."""
HANG = "hang"
"""In place of a reply: say nothing more."""

GOOD: Mapping[str, str] = {
    "greeting": "220 test",
    "EHLO": "250-test\r\n250 SIZE 1000000",
    "STARTTLS": "220 go",
    "AUTH": "235 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "message": "250 queued",
    "QUIT": "221 bye",
}


@dataclass
class Script:
    """`replies` by verb (`greeting` and `message` are the two that answer no command). A talk for `listening`."""

    replies: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    tls_from_start: bool = False
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    secured: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket) -> None:
        with ExitStack() as stack:
            stack.callback(self.finished.set)
            stack.enter_context(suppress(OSError))
            self._talk(self._wrap(connection, stack) if self.tls_from_start else connection, stack)

    def _wrap(self, connection: socket.socket, stack: ExitStack) -> socket.socket:
        assert self.tls is not None
        wrapped = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
        self.secured = True
        return wrapped

    def _talk(self, connection: socket.socket, stack: ExitStack) -> None:
        if not self._reply(connection, "greeting"):
            return
        lines = stack.enter_context(connection.makefile("rb"))
        while line := lines.readline():
            self.commands.append(line.decode().strip())
            verb = line.split()[0].decode().upper()
            if not self._reply(connection, verb) or verb == "QUIT":
                return
            if verb == "STARTTLS":
                connection = self._wrap(connection, stack)
                lines = stack.enter_context(connection.makefile("rb"))
            if verb == "DATA" and self._answer("DATA").startswith("354"):
                self.messages.append(b"".join(iter(lines.readline, b".\r\n")))
                if not self._reply(connection, "message"):
                    return

    def _answer(self, verb: str) -> str:
        return {**GOOD, **self.replies}.get(verb, "502 unknown")

    def _reply(self, connection: socket.socket, verb: str) -> bool:
        answer = self._answer(verb)
        if answer == DROP:
            return False
        if answer == HANG:
            time.sleep(3)
            return False
        connection.sendall(answer.encode() + b"\r\n")
        return True
