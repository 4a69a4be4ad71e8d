"""gunicorn's worker of threads, with a limit to how long a client may take over its request.

A thread reads a request for as long as the client likes: as many slow clients as there are threads, and nobody else is
answered. Here there are many more threads than calls that are worked on at once, a call takes its place when it has
come in whole, and who has not sent it in time is cut off.
"""

import io
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped, unused-ignore]

from bridge.web.signed_calls import ADMIN_LIMIT

PATIENCE_S = 5.0
"""Seconds that a client has for a whole request, and to read on in an answer."""
SPARE_THREADS = 100
"""Threads beside those that are worked on at once: for clients who are slow."""


class PatientWorker(ThreadWorker):  # type: ignore[misc, unused-ignore]
    """What is overridden is called by gunicorn: `handle` by a thread, all else by the one that accepts connections."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cut_off_at: dict[socket.socket, float] = {}
        """The connections on which a request is being read."""

    def load_wsgi(self) -> None:
        """Put in front of the app what waits for the whole request, and then for a place."""
        super().load_wsgi()
        app: WSGIApplication = self.wsgi  # type: ignore[has-type]
        places = BoundedSemaphore(self.cfg.threads - SPARE_THREADS)

        def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            _read_body(environ)
            self._cut_off_at.pop(environ["gunicorn.socket"], None)
            with places:
                return app(environ, start_response)

        self.wsgi = call

    def handle(self, conn: TConn) -> Any:
        """Read a request and answer it."""
        give_up = struct.pack("ll", round(PATIENCE_S), 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, give_up)
        self._cut_off_at[conn.sock] = time.monotonic() + PATIENCE_S
        try:
            kept = super().handle(conn)
        finally:
            self._cut_off_at.pop(conn.sock, None)
        if kept is False:
            conn.close(graceful=True)  # gunicorn would wait for the client where everybody else waits, too
        return kept

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Count a connection that `handle` has closed, once: gunicorn would fail to close it again, and count it twice.

        A worker that ends waits as long as it counts any.
        """
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Called once a second at least."""
        super().murder_pending()
        now = time.monotonic()
        for sock, at in list(self._cut_off_at.items()):
            if at <= now:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


def _read_body(environ: dict[str, Any]) -> None:
    """Have the whole body here; of one that is longer than any call takes nothing is read."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if declared.isdecimal() and int(declared) <= ADMIN_LIMIT:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(ADMIN_LIMIT + 1))
