"""Plays a vendor from its OpenAPI contract, and misbehaves on demand.

`Vendor` decides what to answer: a test's own handler, else the contract's example. Every request and every answer is
held to the contract; what does not fit is remembered in `problems()`, and such a request gets a 400. A vendor is
reached in two ways, with the same script of faults: `InProcess` is a transport for `bridge.adapters.http.Http` (no
socket), and `Loopback` a real HTTP server on 127.0.0.1.
"""

import json
import re
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Call, Reply
from bridge.ports import OutcomeUnknown

METHODS = ("get", "head", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Request:
    """One request as the vendor saw it; header names in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def param(self, name: str) -> str | None:
        return dict(self.query).get(name)

    @property
    def last_segment(self) -> str:
        return unquote(self.path.rsplit("/", 1)[1])


def read_request(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Request:
    parts = urlsplit(target)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    lower = {name.lower(): value for name, value in headers.items()}
    return Request(method.upper(), parts.path, query, lower, body or b"")


@dataclass(frozen=True)
class Answered:
    """One answer of the vendor: what it meant to send, before any fault."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], tuple[int, Any] | tuple[int, Any, Mapping[str, str]]]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Without a discriminator that maps nothing: openapi-core finds no schema by it."""
    found = value.get("discriminator")
    if isinstance(found, dict) and "propertyName" in found and "mapping" not in found:
        del value["discriminator"]
    return value


@cache
def _load(path: Path, host: str) -> tuple[dict[str, Any], OpenAPI]:
    document = json.loads(path.read_text("utf-8"), object_hook=_plain) | {"servers": [{"url": host}]}
    return document, OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


class OpenApi:
    """An OpenAPI 3 contract and its verdicts."""

    HOST = "http://vendor.test"

    def __init__(self, path: Path) -> None:
        self._document, self._api = _load(path, self.HOST)
        self._routes = [
            (method.upper(), re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), f"{method.upper()} {path}")
            for path in sorted(self._document["paths"], key=lambda path: path.count("{"))
            for method in METHODS
            if method in self._document["paths"][path]
        ]

    def operation(self, request: Request) -> str | None:
        """Its name, such as `POST /api/v2/tickets`; None when the contract knows no such call."""
        hits = (n for method, path, n in self._routes if method == request.method and path.fullmatch(request.path))
        return next(hits, None)

    def request_problems(self, request: Request) -> list[str]:
        return _complaints(lambda: self._api.validate_request(self._mock(request)))

    def answer_problems(self, request: Request, answer: Answered) -> list[str]:
        content_type = answer.headers.get("Content-Type", "application/json")
        mock = MockResponse(answer.body, answer.status, dict(answer.headers), content_type)
        return _complaints(lambda: self._api.validate_response(self._mock(request), mock))

    def example(self, operation: str) -> tuple[int, Any]:
        """The first good answer that the contract shows; its body is None when it shows none."""
        method, path = operation.split(" ", 1)
        answers = self._document["paths"][path][method.lower()]["responses"]
        status = next(code for code in answers if code.startswith("2"))
        media = answers[status].get("content", {}).get("application/json", {})
        return int(status), media.get("example")

    def _mock(self, request: Request) -> MockRequest:
        args: dict[str, Any] = {}
        for name, value in request.query:
            args.setdefault(name, []).append(value)
        content_type = request.headers.get("content-type", "")
        return MockRequest(
            self.HOST,
            request.method,
            request.path,
            None,
            args,
            None,
            dict(request.headers),
            None,
            request.body,
            content_type,
        )


def _complaints(validate: Callable[[], object]) -> list[str]:
    try:
        validate()
    except Exception as error:  # noqa: BLE001 - openapi-core's errors have no common base
        causes = getattr(error.__cause__ or error, "schema_errors", [])
        return [f"{type(error).__name__}: {error}", *(f"{list(c.path)}: {c.message}" for c in causes)]
    return []


@dataclass(frozen=True)
class Fault:
    """One way to misbehave, once."""

    kind: str
    status: int = 0
    retry_after: str | None = None
    seconds: float = 0.0


def refuses(status: int, retry_after: str | None = None) -> Fault:
    """Answer with this status and do nothing."""
    return Fault("refuses", status=status, retry_after=retry_after)


def drops_before() -> Fault:
    """Close the connection and do nothing."""
    return Fault("drops_before")


def drops_after() -> Fault:
    """Do it, then close the connection without an answer."""
    return Fault("drops_after")


def answers_late(seconds: float) -> Fault:
    """Do it, and answer after so many seconds."""
    return Fault("answers_late", seconds=seconds)


def fails_after(status: int = 500) -> Fault:
    """Do it, and answer with this status."""
    return Fault("fails_after", status=status)


def answers_garbage() -> Fault:
    """Do it, and answer 2xx with a page of HTML."""
    return Fault("answers_garbage")


def truncates() -> Fault:
    """Do it, and close in the middle of the answer's body."""
    return Fault("truncates")


_BEFORE = {"refuses", "drops_before"}
_HTML = b"<!doctype html><title>Just a moment</title>"


@dataclass(frozen=True)
class Sent:
    """What leaves the vendor: an answer or nothing, how late, and cut in half or not."""

    answer: Answered | None
    late: float = 0.0
    cut: bool = False


class Vendor:
    """What the vendor does and answers. `acted` is its ledger: the operations that it carried out, in order."""

    def __init__(self, contract: OpenApi) -> None:
        self.contract = contract
        self.calls: list[Request] = []
        self.acted: list[str] = []
        self.chance: Callable[[Request], Fault | None] = lambda _request: None
        self._handlers: dict[str, Handler] = {}
        self._plans: dict[str, deque[Fault]] = defaultdict(deque)
        self._problems: list[str] = []
        self._lock = threading.RLock()

    def on(self, operation: str, handler: Handler) -> None:
        """Answer an operation by a function from request to `(status, body[, headers])`."""
        self._handlers[operation] = handler

    def plan(self, operation: str, *faults: Fault) -> None:
        """Misbehave in the next calls of an operation, one fault a call."""
        self._plans[operation].extend(faults)

    def effects(self, operation: str) -> int:
        """How often the operation was carried out, whatever was answered."""
        return self.acted.count(operation)

    def problems(self) -> list[str]:
        """What broke the contract, on either side."""
        return list(self._problems)

    def receive(self, request: Request) -> Sent:
        with self._lock:
            self.calls.append(request)
            operation = self.contract.operation(request)
            complaints = self.contract.request_problems(request) if operation else ["no such operation"]
            if operation is None or complaints:
                self._problems += [f"request {request.method} {request.path}: {text}" for text in complaints]
                return Sent(answered(400, {"error": "does not fit the contract"}, {}))
            plan = self._plans[operation]
            return self._act(operation, request, plan.popleft() if plan else self.chance(request))

    def _act(self, operation: str, request: Request, fault: Fault | None) -> Sent:
        if fault is not None and fault.kind in _BEFORE:
            return Sent(_refusal(fault) if fault.kind == "refuses" else None)
        answer = self._carry_out(operation, request)
        if fault is None or answer.status >= 400:
            return Sent(answer)
        return _spoil(answer, fault)

    def _carry_out(self, operation: str, request: Request) -> Answered:
        handler = self._handlers.get(operation)
        status, value, *headers = handler(request) if handler else self.contract.example(operation)
        answer = answered(status, value, headers[0] if headers else {})
        if status < 400:
            self.acted.append(operation)
        self._problems += [f"answer {operation}: {text}" for text in self.contract.answer_problems(request, answer)]
        return answer


def answered(status: int, value: Any, headers: Mapping[str, str]) -> Answered:
    return Answered(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def _refusal(fault: Fault) -> Answered:
    wait = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return answered(fault.status, {"error": "refused"}, wait)


def _spoil(answer: Answered, fault: Fault) -> Sent:
    if fault.kind == "drops_after":
        return Sent(None)
    if fault.kind == "answers_late":
        return Sent(answer, late=fault.seconds)
    if fault.kind == "fails_after":
        return Sent(answered(fault.status, {"error": "internal"}, {}))
    if fault.kind == "answers_garbage":
        return Sent(replace(answer, body=_HTML, headers={"Content-Type": "text/html"}))
    return Sent(answer, cut=True)


class InProcess:
    """A vendor as a transport: no socket, no waiting."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def __call__(self, call: Call, deadline: Deadline) -> Reply:
        deadline.sending()
        sent = self._vendor.receive(read_request(call.method, call.url, call.headers, call.body))
        if sent.late > deadline.left():
            raise OutcomeUnknown("timeout")
        if sent.answer is None or sent.cut:
            raise OutcomeUnknown("dropped")
        headers = {name.lower(): value for name, value in sent.answer.headers.items()}
        return Reply(sent.answer.status, headers, sent.answer.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle of a call is no error here."""


class Loopback:
    """A vendor behind a real HTTP server on 127.0.0.1."""

    def __init__(self, vendor: Vendor, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"vendor": vendor})
        self._server = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def endpoint(self) -> str:
        """`host:port`, as the allow list wants it."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.endpoint}"

    def serve(self) -> None:
        """Serve until interrupted."""
        self._server.serve_forever()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    vendor: Vendor
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        sent = self.vendor.receive(read_request(self.command, self.path, dict(self.headers.items()), body))
        time.sleep(sent.late)
        if sent.answer is None:
            self._reset()
            return
        with suppress(OSError):
            self._write(sent.answer, cut=sent.cut)

    def _write(self, answer: Answered, *, cut: bool) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.close_connection = self.close_connection or cut

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Stay quiet."""
