"""What stands between a scanner and the sidecar: it signs each call, and has one of its own that is unsafe."""

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.sidecar import Live

from bridge.ports import Scope

UNSAFE = "/unsafe?id=1"
"""A query put together as text: the scanner that finds nothing here finds nothing."""


class Proxy:
    """Sends calls on in the name of the site; counts what is answered."""

    def __init__(self, live: Live) -> None:
        self.statuses: Counter[int] = Counter()
        self.broken: list[str] = []
        self._live = live
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.host = f"127.0.0.1:{self.server.server_port}"

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        if target.startswith(UNSAFE.partition("=")[0]):
            return _unsafe(parse_qs(urlsplit(target).query).get("id", ["0"])[0])
        answer = self._live.caller(Scope.CHAT).send(method, target, raw=body)
        if answer.status == 403:
            answer = self._live.caller(Scope.ADMIN).send(method, target, raw=body)
        self.statuses[answer.status] += 1
        if answer.status >= 500:
            self.broken.append(f"{method} {target} {body!r}: {answer.status}")
        return answer.status, answer.body


def _unsafe(number: str) -> tuple[int, bytes]:
    rows = sqlite3.connect(":memory:")
    rows.executescript("CREATE TABLE fruit (id, name); INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear')")
    try:
        return 200, json.dumps(rows.execute(f"SELECT name FROM fruit WHERE id = {number}").fetchall()).encode()
    except sqlite3.Error:
        return 200, b"[]"
    finally:
        rows.close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, said = self.proxy.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Stay quiet."""


@contextmanager
def proxied(live: Live) -> Iterator[Proxy]:
    proxy = Proxy(live)
    proxy.server.daemon_threads = True
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join(5)
