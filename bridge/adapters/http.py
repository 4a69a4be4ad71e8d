"""The one place that speaks HTTP to other systems, and the one that imports requests.

Every call has a hard total deadline, a size limit, no redirect, no proxy or password from the environment, no cookie,
and an address that was checked at the moment of connecting. Every outcome is one of four (see `bridge.ports`). Nothing
here logs, and no error holds an address, a token or a body.
"""

import json as jsonlib
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from bridge.adapters.address_guard import DEFAULT_PORTS, AddressGuard
from bridge.adapters.deadline import Deadline, Lines
from bridge.domain.values import Json
from bridge.ports import AdapterError, Fault, NotDone, OutcomeUnknown, Rejected

# these write whole addresses, which hold e-mail addresses, at DEBUG and when an answer has odd headers
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(lambda _record: False)

LONGEST_WAIT_S = 86_400.0
"""Seconds: a longer wait named by another system is taken as this one."""

_IN_MILLISECONDS = 1e11
"""An instant from here on counts milliseconds since 1970: in seconds it would be in the year 5138."""

_REPEATABLE = frozenset({"GET", "HEAD"})
_NOT_LET_IN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent. Its repr names the method only."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came: header names in lower case, body as bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


Transport: TypeAlias = Callable[[Call, Deadline], Reply]
"""What carries a call. It raises NotDone, Rejected or OutcomeUnknown; tests pass their own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One usable answer: 2xx, or a status that the caller asked to see. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: Json = field(repr=False)
    """The body; None when it is empty or, with a status other than 2xx, no JSON."""
    empty: bool = False


WaitUnit: TypeAlias = Literal["seconds", "milliseconds", "epoch"]
"""`epoch` is an instant since 1970, in seconds or milliseconds."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor says "too many calls, wait": what it does beyond status 429 and `Retry-After`."""

    waits: tuple[tuple[str, WaitUnit], ...] = ()
    """Further headers that name the wait, in the order in which they are believed, before `Retry-After`."""
    throttled: Callable[[Answer], bool] = field(default=lambda _answer: False)
    """Whether an answer with another status (403, 400) means the same as 429."""
    used_up: Callable[[Answer], bool] = field(default=lambda _answer: False)
    """Whether a 429 means that the account has no credit left, which no waiting mends: it is taken for a 402."""


PLAIN = Dialect()


def read_wait(headers: Mapping[str, str], *, now: float, dialect: Dialect = PLAIN) -> float | None:
    """Seconds to wait before the next call, or None when the answer does not say.

    Args:
        headers: of the answer, names in lower case.
        now: the present instant in seconds since 1970, to count dates from.
        dialect: the vendor's own headers.
    """
    candidates: tuple[tuple[str, WaitUnit], ...] = (*dialect.waits, ("retry-after", "seconds"))
    waits = (_wait(headers[name].strip(), unit, now) for name, unit in candidates if name in headers)
    return next((min(max(wait, 0.0), LONGEST_WAIT_S) for wait in waits if wait is not None), None)


def outcome_of(answer: Answer, *, expect: Collection[int], dialect: Dialect, now: float) -> AdapterError | None:
    """The error that an answer's status means, or None where it is good or expected.

    Args:
        answer: as it came.
        expect: statuses from 300 on that the caller looks at itself; "too many" is never one of them.
        dialect: how the vendor says "too many".
        now: the present instant on the clock of whoever answered, for waits that name an instant.
    """
    status, detail = answer.status, f"http {answer.status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS and dialect.used_up(answer):
        return Rejected(f"http {HTTPStatus.PAYMENT_REQUIRED}", fault=Fault.SYSTEM)
    if status == HTTPStatus.TOO_MANY_REQUESTS or dialect.throttled(answer):
        return NotDone(detail, retry_after=read_wait(answer.headers, now=now, dialect=dialect), fault=Fault.PACE)
    if status in expect or HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    # a vendor's own headers stand in good answers too: they name a wait only where it says "too many"
    wait = read_wait(answer.headers, now=now)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return OutcomeUnknown(detail, retry_after=wait, fault=Fault.SYSTEM)
    if status == HTTPStatus.CONFLICT:
        return OutcomeUnknown(detail, retry_after=wait, fault=Fault.CALL)
    return Rejected(detail, retry_after=wait, fault=Fault.SYSTEM if status in _NOT_LET_IN else Fault.CALL)


def _clock_ahead(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds by which the clock that an answer shows is ahead of ours, where it shows one."""
    return _wait(headers["date"], "seconds", now) if "date" in headers else None


def _wait(text: str, unit: WaitUnit, now: float) -> float | None:
    if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", text):
        number = float(text)
        since_1970 = number / 1000 if number >= _IN_MILLISECONDS else number
        return {"seconds": number, "milliseconds": number / 1000, "epoch": since_1970 - now}[unit]
    try:
        return parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


class Wire:
    """The transport that opens sockets."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        connect_s: float = 3.0,
        read_s: float = 30.0,
        max_bytes: int = 2 * 1024 * 1024,
        ca_file: str | None = None,
    ) -> None:
        self._guard = guard
        self._connect_s = connect_s
        self._read_s = read_s
        self._max_bytes = max_bytes
        self._verify: bool | str = ca_file or True
        self._here = threading.local()
        # the adapter without a Session: no redirects, cookies, proxies or .netrc, because nothing here knows them
        self._adapter = _PinnedAdapter(self)

    def __call__(self, call: Call, deadline: Deadline) -> Reply:
        self._guard.check_url(call.url)
        self._here.deadline = deadline
        try:
            return self._exchange(_prepare(call), deadline)
        except requests.RequestException as error:
            raise _failure(error, deadline) from None

    def _exchange(self, prepared: requests.PreparedRequest, deadline: Deadline) -> Reply:
        left = max(deadline.left(), 0.001)
        timeout = (min(self._connect_s, left), min(self._read_s, left))
        response = self._adapter.send(prepared, stream=True, timeout=timeout, verify=self._verify)
        try:
            body = self._read(response, deadline)
        except BaseException:
            response.raw.close()  # half read: this connection must not serve the next call
            raise
        response.raw.release_conn()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body)

    def _read(self, response: requests.Response, deadline: Deadline) -> bytes:
        if response.headers.get("Content-Encoding", "").lower() not in {"", "identity"}:
            raise OutcomeUnknown("compressed answer")  # not asked for; unpacking it would evade the size limit
        body = bytearray()
        while chunk := _next_chunk(response):
            body += chunk
            if len(body) > self._max_bytes:
                raise OutcomeUnknown("answer too large")
            if not deadline.left():
                raise OutcomeUnknown("timeout", fault=Fault.SYSTEM)
        promised = response.headers.get("Content-Length", str(len(body))).strip()
        if promised != str(len(body)) and response.status_code != HTTPStatus.NOT_MODIFIED:  # which says it of a 200
            # half an answer can be whole JSON, and is half an answer all the same
            raise OutcomeUnknown("dropped", fault=Fault.SYSTEM)
        return bytes(body)

    def dial(self, host: str, port: int) -> socket.socket:
        """A connection to a checked address, made within the present call's time."""
        deadline: Deadline = self._here.deadline
        detail = "refused"
        for address in self._guard.addresses(host, port):
            try:
                return _connect(address, port, max(min(self._connect_s, deadline.left()), 0.001))
            except TimeoutError:
                detail = "connect timeout"
            except OSError:
                detail = "refused"
        raise NotDone(detail, fault=Fault.SYSTEM)

    def connecting(self, connect: Callable[[], None], connection: HTTPConnection) -> None:
        """Run a connection's `connect`: whatever fails in it, nothing of the request has left."""
        deadline: Deadline = self._here.deadline
        try:
            connect()
        except AdapterError:
            raise
        except Exception:  # noqa: BLE001 - as above
            raise NotDone("tls", fault=Fault.SYSTEM) from None
        deadline.hold(connection.sock)

    def requesting(self, connection: HTTPConnection) -> None:
        """Note that the request leaves now, by this connection."""
        deadline: Deadline = self._here.deadline
        deadline.hold(connection.sock)
        deadline.sending()


def _connect(address: str, port: int, timeout: float) -> socket.socket:
    connection = socket.create_connection((address, port), timeout)
    # head and body leave in two pieces; without this the second waits some 40 ms for the first one's receipt
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _next_chunk(response: requests.Response) -> bytes:
    try:
        chunk: bytes = response.raw.read1(65_536, decode_content=False)
    except Urllib3Timeout:
        detail = "timeout"
    except Exception:  # noqa: BLE001 - urllib3, http.client, ssl and socket each have their own
        detail = "dropped"
    else:
        return chunk
    raise OutcomeUnknown(detail, fault=Fault.SYSTEM)


def _prepare(call: Call) -> requests.PreparedRequest:
    try:
        return requests.Request(call.method, call.url, headers=dict(call.headers), data=call.body).prepare()
    except ValueError:  # bad header or address; requests' own errors of this kind are ValueErrors too
        raise Rejected("bad request") from None


def _failure(error: requests.RequestException, deadline: Deadline) -> AdapterError:
    late = isinstance(error, requests.Timeout)
    if not deadline.sent:
        return NotDone("connect timeout" if late else "refused", fault=Fault.SYSTEM)
    return OutcomeUnknown("timeout" if late else "dropped", fault=Fault.SYSTEM)


class _PinnedAdapter(HTTPAdapter):
    """Opens its sockets through the wire. Host header, SNI and certificate check stay those of the name."""

    def __init__(self, wire: Wire) -> None:
        self._pools = _pools(wire)
        super().__init__(max_retries=0, pool_connections=8, pool_maxsize=16)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools(wire: Wire) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return wire.dial(self.host, self.port or DEFAULT_PORTS["http"])

        def connect(self) -> None:
            wire.connecting(super().connect, self)

        def putrequest(self, *args: Any, **kwargs: Any) -> None:
            if self.sock is None:
                self.connect()
            wire.requesting(self)
            super().putrequest(*args, **kwargs)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return wire.dial(self.host, self.port or DEFAULT_PORTS["https"])

        def connect(self) -> None:
            wire.connecting(super().connect, self)

        def putrequest(self, *args: Any, **kwargs: Any) -> None:
            wire.requesting(self)
            super().putrequest(*args, **kwargs)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


class Http:
    """HTTP for the adapters: JSON, or whatever stands at an address.

    Args:
        allow: `host:port` entries that may be private or plain http.
        transport: what carries the calls; sockets by default.
        seats: calls that may be under way at a time; more wait within their budget.
        now: seconds since 1970, for `Retry-After` dates.
        agent: the User-Agent header.
    """

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        transport: Transport | None = None,
        seats: int = 16,
        now: Callable[[], float] = time.time,
        agent: str = "escalation-bridge",
    ) -> None:
        self._transport = transport or Wire(AddressGuard(allow))
        self._lines = Lines(seats)
        self._now = now
        self._agent = agent
        self.ahead: float | None = None
        """Seconds by which the other side's clock was ahead of ours in its last answer that told the time."""

    def json(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Json = None,
        body_text: str | None = None,
        budget_s: float,
        expect: Iterable[int] = (),
        dialect: Dialect = PLAIN,
    ) -> Answer:
        """Send a request and read a JSON answer.

        Args:
            method: GET and HEAD are sent once more after a lost connection; nothing else ever is.
            url: the address without its query.
            headers: added to ours.
            params: the query.
            json: the body as a value, or
            body_text: the body as text, sent byte for byte.
            budget_s: seconds for everything, name look-up to last byte.
            expect: statuses from 400 on that are returned instead of raised.
            dialect: how the vendor says "too many".

        Raises:
            NotDone: not connected, or told to come back later.
            Rejected: refused, by them (4xx, a redirect) or by the guard.
            OutcomeUnknown: no answer, 5xx, 408, 409, or a 2xx that cannot be read.
        """
        deadline = Deadline(budget_s)
        if not deadline.left():
            raise NotDone("no time left")
        call = self._call(method.upper(), url, headers or {}, params, _body(json, body_text))
        reply, expected = self._send(call, deadline), frozenset(expect)
        value, readable = _read_json(reply.body)
        answer = Answer(reply.status, reply.headers, value, empty=not reply.body.strip())
        self._judge(answer, expected, dialect)
        if answer.status not in expected and not readable and not answer.empty:
            raise OutcomeUnknown("not json")
        return answer

    def get(self, url: str, *, headers: Mapping[str, str], budget_s: float, expect: Iterable[int] = ()) -> Reply:
        """Read whatever stands at an address, byte for byte.

        Args:
            url: the whole address.
            headers: added to ours.
            budget_s: seconds for everything, name look-up to last byte.
            expect: statuses from 300 on that are returned instead of raised.

        Raises:
            NotDone, Rejected, OutcomeUnknown: as `json` does, but for what the body is.
        """
        deadline = Deadline(budget_s)
        reply = self._send(self._call("GET", url, headers, None, None), deadline)
        self._judge(Answer(reply.status, reply.headers, None), frozenset(expect), PLAIN)
        return reply

    def post(self, url: str, body: str, *, headers: Mapping[str, str], budget_s: float) -> Reply:
        """Send JSON text to an address whose answer need not be JSON.

        Args:
            url: the whole address.
            body: sent byte for byte, once.
            headers: added to ours.
            budget_s: seconds for everything, name look-up to last byte.

        Raises:
            NotDone, Rejected, OutcomeUnknown: as `json` does, but for what the body is.
        """
        reply = self._send(self._call("POST", url, headers, None, body.encode()), Deadline(budget_s))
        self._judge(Answer(reply.status, reply.headers, None), frozenset(), PLAIN)
        return reply

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], params: Mapping[str, str] | None, body: bytes | None
    ) -> Call:
        own = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": self._agent}
        if body is not None:
            own["Content-Type"] = "application/json"
        return Call(method, f"{url}?{urlencode(params)}" if params else url, {**own, **headers}, body)

    def _send(self, call: Call, deadline: Deadline) -> Reply:
        try:
            return self._lines.call(deadline, lambda line: self._transport(call, line))
        except OutcomeUnknown as error:
            # a kept connection may have been closed by the other side just now; a read does no harm twice
            if call.method not in _REPEATABLE or error.detail != "dropped" or not deadline.left():
                raise
        return self._lines.call(deadline, lambda line: self._transport(call, line))

    def _judge(self, answer: Answer, expect: Collection[int], dialect: Dialect) -> None:
        """Raise what an answer means, unless it is good or expected, and keep what it tells of the other clock."""
        now = self._now()
        ahead = _clock_ahead(answer.headers, now)
        error = outcome_of(answer, expect=expect, dialect=dialect, now=now + (ahead or 0.0))
        if ahead is not None:
            self.ahead = ahead
        if error is not None:
            raise error


def _body(json: Json, text: str | None) -> bytes | None:
    if text is not None:
        return text.encode()
    return None if json is None else jsonlib.dumps(json, ensure_ascii=False, allow_nan=False).encode()


def _read_json(body: bytes) -> tuple[Json, bool]:
    try:
        return jsonlib.loads(body, parse_constant=_no_constant), True
    except (ValueError, RecursionError):
        return None, False


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON
