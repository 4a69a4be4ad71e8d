"""The HTTP layer: every outcome by its name, a hard end, guarded addresses, and silence about what it carries."""

import json as jsonlib
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pytest
from support.loopback import Listener, Talk, http_answer, listening, read_head, says
from support.tls import make_certificate, server_context

from bridge.adapters.address_guard import AddressGuard, is_private
from bridge.adapters.crm.pipedrive import DIALECT as PIPEDRIVE
from bridge.adapters.crm.salesforce import DIALECT as SALESFORCE
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import PLAIN, Answer, Call, Dialect, Http, Reply, Wire, outcome_of, read_wait
from bridge.adapters.http import _connect as connect
from bridge.adapters.presence.intercom import DIALECT as INTERCOM
from bridge.adapters.vendors.hubspot import DIALECT as HUBSPOT
from bridge.domain.values import Json
from bridge.ports import AdapterError, Fault, NotDone, OutcomeUnknown, Rejected

SECRET = "tok-5ecret"
EMAIL = "ann.private@example.org"


def replies(status: int, body: bytes = b"{}", **headers: str) -> Callable[[Call, Deadline], Reply]:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _call, _deadline: Reply(status, lower, body)


def ask(http: Http, method: str = "POST", url: str = "https://vendor.example/x") -> Json:
    return http.json(method, url, json={"a": 1}, budget_s=5).json


def local(listener: Listener) -> Http:
    return Http(allow=[f"127.0.0.1:{listener.port}"])


def call(listener: Listener, method: str = "POST", budget_s: float = 5.0) -> Json:
    url = f"http://127.0.0.1:{listener.port}/crm/{EMAIL}"
    headers = {"Authorization": f"Bearer {SECRET}"}
    return local(listener).json(method, url, headers=headers, params={"mail": EMAIL}, budget_s=budget_s).json


# ------------------------------------------------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, Rejected), (302, Rejected), (400, Rejected), (401, Rejected), (403, Rejected), (404, Rejected),
        (422, Rejected), (429, NotDone), (408, OutcomeUnknown), (409, OutcomeUnknown), (500, OutcomeUnknown),
        (502, OutcomeUnknown), (503, OutcomeUnknown), (504, OutcomeUnknown), (529, OutcomeUnknown),
    ],
)  # fmt: skip
def test_status_decides_the_outcome(status: int, outcome: type[AdapterError]) -> None:
    with pytest.raises(outcome) as hit:
        ask(Http(transport=replies(status)))
    assert hit.value.detail == f"http {status}"


def test_expected_status_is_returned_with_its_body() -> None:
    http = Http(transport=replies(404, b'{"category": "OBJECT_NOT_FOUND"}'))
    answer = http.json("GET", "https://vendor.example/x", budget_s=1, expect=[404])
    assert (answer.status, answer.json) == (404, {"category": "OBJECT_NOT_FOUND"})


@pytest.mark.parametrize("body", [b"<html>ok</html>", b'{"a": NaN}', b'{"a":', b"\xff\xfe\xfa", b"[" * 200_000])
def test_unreadable_success_is_unknown_because_it_most_likely_acted(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown, match="not json"):
        ask(Http(transport=replies(200, body)))


def test_empty_success_is_an_answer_without_json() -> None:
    answer = Http(transport=replies(204, b"")).json("PUT", "https://vendor.example/x", budget_s=1)
    assert (answer.json, answer.empty) == (None, True)


def test_vendor_dialect_turns_its_own_refusal_into_come_back_later() -> None:
    dialect = Dialect((("x-reset", "epoch"),), lambda answer: "LIMIT" in str(answer.json))
    http = Http(transport=replies(403, b'[{"errorCode": "LIMIT"}]', x_reset="1030"), now=lambda: 1000.0)
    with pytest.raises(NotDone) as hit:
        http.json("GET", "https://vendor.example/x", budget_s=1, dialect=dialect)
    assert hit.value.retry_after == 30


def test_nothing_is_sent_when_no_time_is_left() -> None:
    with pytest.raises(NotDone, match="no time left"):
        Http(transport=replies(200)).json("GET", "https://vendor.example/x", budget_s=0)


def test_body_text_is_sent_byte_for_byte() -> None:
    seen: list[bytes | None] = []

    def transport(sent: Call, _deadline: Deadline) -> Reply:
        seen.append(sent.body)
        return Reply(200, {}, b"{}")

    frozen = '{"b":1,  "a":"ü"}'
    Http(transport=transport).json("POST", "https://vendor.example/x", body_text=frozen, budget_s=1)
    assert seen == [frozen.encode()]


# ---------------------------------------------------------------------------------------------------------- waits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0), ("0.5", 0.5), (" 12 ", 12.0), ("0", 0.0), ("21600000", 86_400.0),
        ("Thu, 01 Jan 1970 00:17:10 GMT", 30.0), ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
        ("-3", None), ("soon", None), ("", None), ("1e400", None), ("nan", None), ("inf", None), ("٣", None),
    ],
)  # fmt: skip
def test_retry_after_in_its_spellings(text: str, seconds: float | None) -> None:
    assert read_wait({"retry-after": text}, now=1000.0) == seconds


NOW = 1_790_000_000
LINEAR = Dialect(
    waits=(
        ("retry-after", "seconds"),
        ("x-ratelimit-requests-reset", "epoch"),
        ("x-ratelimit-complexity-reset", "epoch"),
    ),
    throttled=lambda answer: b"ratelimited" in jsonlib.dumps(answer.json).lower().encode(),
)
"""As Linear documents itself; whether it counts in seconds or milliseconds it does not say."""
LIMITED = b'{"errors": [{"extensions": {"type": "ratelimited"}}]}'
TOO_MANY_PER_DAY = b'[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]'


@pytest.mark.parametrize(
    ("status", "headers", "body", "dialect", "wait"),
    [
        pytest.param(
            429, {"retry-after": "10", "x-hubspot-ratelimit-remaining": "0"}, b"{}", HUBSPOT, 10, id="hubspot"
        ),
        pytest.param(
            429, {"x-hubspot-ratelimit-daily-remaining": "0"}, b"{}", HUBSPOT, None, id="hubspot, no wait named"
        ),
        pytest.param(429, {"x-ratelimit-reset": "2", "retry-after": "10"}, b"{}", PIPEDRIVE, 2, id="pipedrive"),
        pytest.param(429, {"retry-after": "10"}, b"{}", PIPEDRIVE, 10, id="pipedrive, by Retry-After"),
        pytest.param(429, {"retry-after": "5"}, b"", PLAIN, 5, id="woocommerce behind a web server"),
        pytest.param(403, {"sforce-limit-info": "api-usage=9/9"}, TOO_MANY_PER_DAY, SALESFORCE, None, id="salesforce"),
        pytest.param(429, {"retry-after": "87", "x-rate-limit-remaining": "0"}, b"{}", PLAIN, 87, id="zendesk"),
        pytest.param(429, {"retry-after": "36.5", "x-ratelimit-total": "50.0"}, b"{}", PLAIN, 36.5, id="freshdesk"),
        pytest.param(400, {"x-ratelimit-requests-reset": f"{NOW + 40}"}, LIMITED, LINEAR, 40, id="linear, seconds"),
        pytest.param(400, {"x-ratelimit-requests-reset": f"{NOW + 40}000"}, LIMITED, LINEAR, 40, id="linear, ms"),
        pytest.param(
            429, {"x-ratelimit-complexity-reset": f"{NOW + 9}500"}, b"{}", LINEAR, 9.5, id="linear, complexity"
        ),
        pytest.param(
            400, {"retry-after": "3", "x-ratelimit-requests-reset": "0"}, LIMITED, LINEAR, 3, id="linear, both"
        ),
        pytest.param(429, {"x-ratelimit-reset": f"{NOW + 7}"}, b"{}", INTERCOM, 7, id="intercom"),
        pytest.param(429, {}, b"Retry later", PLAIN, None, id="chatwoot"),
        pytest.param(429, {"retry-after": "1"}, b"rate_limited", PLAIN, 1, id="slack"),
    ],
)
def test_too_many_is_understood_in_the_words_of_each_vendor(
    status: int, headers: dict[str, str], body: bytes, dialect: Dialect, wait: float | None
) -> None:
    http = Http(transport=lambda _call, _deadline: Reply(status, headers, body), now=lambda: NOW)
    with pytest.raises(NotDone) as caught:
        http.json("POST", "https://vendor.example/x", budget_s=1, dialect=dialect)
    assert caught.value.retry_after == wait
    assert caught.value.fault is Fault.PACE


def test_an_instant_to_wait_for_is_one_on_the_vendors_own_clock() -> None:
    headers = {"x-ratelimit-reset": f"{NOW + 100}", "date": formatdate(NOW + 90, usegmt=True)}
    http = Http(transport=lambda _call, _deadline: Reply(429, headers, b"{}"), now=lambda: NOW)
    with pytest.raises(NotDone) as caught:
        http.json("POST", "https://vendor.example/x", budget_s=1, dialect=INTERCOM)
    assert caught.value.retry_after == 10


def test_a_wait_is_counted_by_the_answers_own_clock_whatever_another_call_hears_meanwhile() -> None:
    def meanwhile(_answer: Answer) -> bool:
        http.ahead = -5000.0
        return True

    headers = {"x-reset": f"{NOW + 100}", "date": formatdate(NOW + 90, usegmt=True)}
    http = Http(transport=lambda _call, _deadline: Reply(403, headers, b"{}"), now=lambda: NOW)
    with pytest.raises(NotDone) as caught:
        http.json("GET", "https://vendor.example/x", budget_s=1, dialect=Dialect((("x-reset", "epoch"),), meanwhile))
    assert (caught.value.retry_after, http.ahead) == (10, 90)


@pytest.mark.parametrize("status", [200, 204, 299])
def test_what_is_good_or_expected_is_no_error(status: int) -> None:
    assert outcome_of(Answer(status, {}, None), expect=(), dialect=PLAIN, now=0) is None
    assert outcome_of(Answer(500, {}, None), expect=[500], dialect=PLAIN, now=0) is None
    assert outcome_of(Answer(429, {}, None), expect=[429], dialect=PLAIN, now=0) is not None


def test_a_header_that_stands_in_every_answer_names_no_wait_where_there_were_not_too_many() -> None:
    headers = {"x-ratelimit-reset": f"{NOW + 7}"}
    http = Http(transport=lambda _call, _deadline: Reply(422, headers, b"{}"), now=lambda: NOW)
    with pytest.raises(Rejected) as caught:
        http.json("POST", "https://vendor.example/x", budget_s=1, dialect=INTERCOM)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.CALL), (404, Fault.CALL), (409, Fault.CALL), (422, Fault.CALL), (302, Fault.CALL),
        (401, Fault.SYSTEM), (403, Fault.SYSTEM), (408, Fault.SYSTEM), (500, Fault.SYSTEM), (503, Fault.SYSTEM),
        (429, Fault.PACE),
    ],
)  # fmt: skip
def test_a_status_says_whose_fault_it_is(status: int, fault: Fault) -> None:
    with pytest.raises(AdapterError) as caught:
        ask(Http(transport=replies(status)))
    assert caught.value.fault is fault


def test_what_is_not_reached_or_does_not_answer_in_time_is_the_systems_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url, allow in ((f"http://127.0.0.1:{port}/x", [f"127.0.0.1:{port}"]), ("https://127.0.0.1/x", [])):
        with pytest.raises(AdapterError) as caught:
            ask(Http(allow=allow), url=url)
        assert caught.value.fault is Fault.SYSTEM
    with listening(lambda _connection: time.sleep(1)) as listener, pytest.raises(OutcomeUnknown) as late:
        call(listener, budget_s=0.2)
    assert late.value.fault is Fault.SYSTEM


def test_vendor_headers_are_believed_before_retry_after() -> None:
    dialect = Dialect((("retry-after-ms", "milliseconds"),))
    assert read_wait({"retry-after-ms": "1500", "retry-after": "2"}, now=0, dialect=dialect) == 1.5
    assert read_wait({"retry-after-ms": "?", "retry-after": "2"}, now=0, dialect=dialect) == 2
    assert read_wait({}, now=0, dialect=dialect) is None


def test_an_answer_of_any_kind_tells_how_far_the_other_clock_is_ahead() -> None:
    now = 1_790_000_000.0
    for status in (200, 401, 500):
        http = Http(transport=replies(status, date=formatdate(now + 90, usegmt=True)), now=lambda: now)
        with suppress(AdapterError):
            ask(http)
        assert http.ahead == 90
    silent = Http(transport=replies(200, date="yesterday"))
    ask(silent)
    assert silent.ahead is None


def test_unknown_outcome_carries_the_wait_too() -> None:
    with pytest.raises(OutcomeUnknown) as hit:
        ask(Http(transport=replies(503, retry_after="4")))
    assert hit.value.retry_after == 4


# ------------------------------------------------------------------------------------------------------- the wire


def test_round_trip_with_query_headers_and_json() -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(read_head(connection))
        connection.sendall(http_answer(200, b'{"ok": true}'))

    with listening(talk) as server:
        assert call(server) == {"ok": True}
    head = seen[0].decode()
    assert f"Authorization: Bearer {SECRET}" in head
    assert "mail=ann.private%40example.org" in head
    assert "Accept-Encoding: identity" in head


def drip(head: bytes, piece: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.05)

    return talk


@pytest.mark.alone
@pytest.mark.parametrize(
    "talk",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        drip(b"", b"H"),
    ],
    ids=["body", "headers", "chunks", "status line"],
)
def test_dripping_server_is_cut_at_the_total_deadline(talk: Talk) -> None:
    with listening(talk) as server:
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="timeout"):
            call(server, budget_s=0.4)
        assert time.monotonic() - begun < 0.8


def test_thread_of_a_cut_call_ends_with_its_connection() -> None:
    with listening(drip(b"", b"H")) as server:
        with pytest.raises(OutcomeUnknown):
            call(server, budget_s=0.2)
        ends = time.monotonic() + 30
        while any(thread.name == "outbound" for thread in threading.enumerate()) and time.monotonic() < ends:
            time.sleep(0.02)
        assert not [thread for thread in threading.enumerate() if thread.name == "outbound"]


def test_silent_server_is_unknown_after_the_budget() -> None:
    with listening(lambda _connection: time.sleep(2)) as server, pytest.raises(OutcomeUnknown, match="timeout"):
        call(server, budget_s=0.2)


def test_refused_connection_is_certainly_not_done() -> None:
    with listening(says(b"")) as server:
        pass
    with pytest.raises(NotDone, match="refused"):
        call(server)


def test_dropped_write_is_unknown_and_never_sent_twice() -> None:
    with listening(says(b"")) as server:
        with pytest.raises(OutcomeUnknown, match="dropped"):
            call(server, "POST")
        assert server.connections == 1


def test_dropped_read_is_sent_once_more() -> None:
    answers = iter([b"", http_answer(200, b'{"n": 2}')])

    def talk(connection: socket.socket) -> None:
        says(next(answers))(connection)

    with listening(talk) as server:
        assert call(server, "GET") == {"n": 2}
        assert server.connections == 2


def test_answer_cut_in_half_is_unknown() -> None:
    with (
        listening(says(b'HTTP/1.1 201 X\r\nContent-Length: 50\r\n\r\n{"id":')) as server,
        pytest.raises(OutcomeUnknown),
    ):
        call(server)


def test_nonsense_instead_of_http_is_unknown() -> None:
    with listening(says(b"220 mail.example.org ESMTP\r\n")) as server, pytest.raises(OutcomeUnknown, match="dropped"):
        call(server)


def test_redirect_is_refused_and_not_followed() -> None:
    with listening(says(http_answer(200))) as target:
        location = f"Location: http://127.0.0.1:{target.port}/"
        with listening(says(http_answer(307, b"", location))) as server, pytest.raises(Rejected, match="http 307"):
            call(server)
        assert target.connections == 0


def test_answer_beyond_the_size_limit_is_cut() -> None:
    with (
        listening(says(http_answer(200, b" " * 3_000_000))) as server,
        pytest.raises(OutcomeUnknown, match="too large"),
    ):
        call(server)


def test_compressed_answer_is_not_unpacked() -> None:
    bomb = http_answer(200, b"\x1f\x8b" + b"0" * 100, "Content-Encoding: gzip")
    with listening(says(bomb)) as server, pytest.raises(OutcomeUnknown, match="compressed"):
        call(server)


def test_no_free_line_means_not_done() -> None:
    stop = threading.Event()

    def transport(_call: Call, _deadline: Deadline) -> Reply:
        stop.wait(5)
        return Reply(200, {}, b"{}")

    http = Http(transport=transport, seats=1)
    blocker = threading.Thread(target=lambda: http.json("GET", "https://vendor.example/", budget_s=5))
    blocker.start()
    time.sleep(0.05)
    with pytest.raises(NotDone, match="no free line"):
        http.json("GET", "https://vendor.example/", budget_s=0.1)
    stop.set()
    blocker.join()


def test_a_machine_without_a_free_thread_means_not_done_and_costs_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    http = Http(transport=replies(200), seats=1)
    with monkeypatch.context() as short:
        short.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NotDone, match="no free thread"):
            ask(http)
    assert ask(http) == {}


def test_connection_is_kept_for_the_next_call() -> None:
    def talk(connection: socket.socket) -> None:
        while read_head(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with listening(talk) as server:
        http = local(server)
        for _ in range(3):
            http.json("GET", f"http://127.0.0.1:{server.port}/", budget_s=2)
        assert server.connections == 1


def test_body_does_not_wait_for_the_receipt_of_the_head() -> None:
    with listening(says(b"")) as server, connect("127.0.0.1", server.port, 1.0) as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_cookies_and_environment_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    heads: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heads.append(read_head(connection))
        connection.sendall(http_answer(200, b"{}", "Set-Cookie: a=b"))

    with listening(talk) as server:
        http = local(server)
        for _ in range(2):
            http.json("GET", f"http://127.0.0.1:{server.port}/", budget_s=2)
    assert not any(b"cookie" in head.lower() for head in heads)


def test_once_the_caller_has_left_nothing_is_sent_any_more() -> None:
    deadline = Deadline(1)
    assert deadline.cut() is False
    with pytest.raises(NotDone):
        deadline.sending()


def test_not_done_is_never_said_of_a_call_that_goes_out_after_all() -> None:
    gone_out: list[int] = []

    def transport_of(number: int) -> Callable[[Call, Deadline], Reply]:
        def transport(_call: Call, deadline: Deadline) -> Reply:
            time.sleep(0.002 + (number % 7) * 0.0003)  # about the budget, so that both ends of the race come up
            deadline.sending()
            gone_out.append(number)
            return Reply(200, {}, b"{}")

        return transport

    not_done = set()
    for number in range(200):
        try:
            Http(transport=transport_of(number)).json("POST", "https://vendor.example/", json={}, budget_s=0.003)
        except NotDone:
            not_done.add(number)
        except OutcomeUnknown:
            pass
    time.sleep(0.05)
    assert not_done
    assert not_done.isdisjoint(gone_out)


# ------------------------------------------------------------------------------------------------ guarded addresses


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
        "127.127.127.127", "[::ffff:127.0.0.1]", "[::1]", "①②⑦.0.0.1", "[::]", "[::ffff:7f00:1]", "LOCALHOST",
    ],
)  # fmt: skip
def test_loopback_is_refused_in_all_its_spellings(host: str) -> None:
    with listening(says(http_answer(200))) as server:
        # https, so that the address and not the scheme is judged
        with pytest.raises((Rejected, NotDone)) as hit:
            Http().json("GET", f"https://{host}:{server.port}/", budget_s=3)
        assert server.connections == 0
    assert hit.value.detail in {"private address", "bad request", "name not resolved"}


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16",
        "192.0.0.192", "224.0.0.1", "255.255.255.255", "0.0.0.0", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1",
        "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:169.254.169.254", "64:ff9b::a00:1",
        "2002:7f00:1::", "2001:0:1::1", "::127.0.0.1", "2001:db8::1",
    ],
)  # fmt: skip
def test_private_and_special_addresses_are_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_public_internet_are_not(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize("answer", [["10.0.0.7"], ["93.184.216.34", "127.0.0.1"], ["::1"]])
def test_name_that_leads_inside_is_refused(answer: list[str]) -> None:
    guard = AddressGuard(resolve=lambda _host, _port: answer)
    with pytest.raises(Rejected, match="private address"):
        guard.addresses("crm.example.org", 443)


def test_listed_host_and_port_may_be_private_and_no_other() -> None:
    guard = AddressGuard(["crm.internal:8443", "[::1]:9000"], resolve=lambda _host, _port: ["10.0.0.7"])
    assert guard.addresses("CRM.internal", 8443) == ["10.0.0.7"]
    assert guard.addresses("::1", 9000) == ["10.0.0.7"]
    with pytest.raises(Rejected):
        guard.addresses("crm.internal", 8444)


@pytest.mark.parametrize("entry", ["crm.internal", ":80", "crm.internal:http", "10.0.0.1:"])
def test_entry_that_is_no_host_and_port_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="not host:port"):
        AddressGuard([entry])


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("http://vendor.example/", "not https"),
        ("ftp://vendor.example/", "bad address"),
        ("file:///etc/passwd", "bad address"),
        ("vendor.example", "bad address"),
        ("https:///x", "bad address"),
        ("https://[::1/", "bad address"),
        ("https://vendor.example:99999/", "bad address"),
        ("https://user:pw@vendor.example/", "password in the address"),
    ],
)
def test_addresses_that_are_never_called(url: str, detail: str) -> None:
    with pytest.raises(Rejected) as hit:
        Http().json("GET", url, budget_s=1)
    assert hit.value.detail == detail


def test_name_is_resolved_once_and_that_address_is_used() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(read_head(connection))
        connection.sendall(http_answer(200))

    with listening(talk) as server:
        endpoint = f"crm.example.org:{server.port}"
        Http(transport=Wire(AddressGuard([endpoint], resolve))).json("GET", f"http://{endpoint}/", budget_s=2)
    assert asked == ["crm.example.org"]
    assert f"Host: {endpoint}".encode() in seen[0]


def test_name_without_an_address_is_not_done() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(NotDone, match="name not resolved"):
        Http(transport=Wire(AddressGuard(resolve=resolve))).json("GET", "https://crm.example.org/", budget_s=2)


# ------------------------------------------------------------------------------------------------------------ TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "crm.example.org")


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[tuple[Listener, list[str | None]]]:
    names: list[str | None] = []
    context = server_context(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            says(http_answer(200, b'{"tls": true}'))(tls)

    with listening(talk) as server:
        yield server, names


def tls_http(server: Listener, ca_file: Path, host: str) -> Http:
    guard = AddressGuard([f"{host}:{server.port}"], lambda _host, _port: ["127.0.0.1"])
    return Http(transport=Wire(guard, ca_file=str(ca_file)))


def test_pinned_address_keeps_name_in_sni_and_certificate(
    tls_server: tuple[Listener, list[str | None]], certificate: Path
) -> None:
    server, names = tls_server
    http = tls_http(server, certificate, "crm.example.org")
    answer = http.json("GET", f"https://crm.example.org:{server.port}/", budget_s=5)
    assert (answer.json, names) == ({"tls": True}, ["crm.example.org"])


def test_wrong_name_in_the_certificate_is_not_done(
    tls_server: tuple[Listener, list[str | None]], certificate: Path
) -> None:
    server, _ = tls_server
    http = tls_http(server, certificate, "other.example.org")
    with pytest.raises(NotDone, match="tls"):
        http.json("POST", f"https://other.example.org:{server.port}/", json={}, budget_s=5)


def test_untrusted_certificate_is_not_done(tls_server: tuple[Listener, list[str | None]]) -> None:
    server, _ = tls_server
    guard = AddressGuard([f"crm.example.org:{server.port}"], lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(NotDone, match="tls"):
        Http(transport=Wire(guard)).json("GET", f"https://crm.example.org:{server.port}/", budget_s=5)


@pytest.mark.alone
def test_dripping_tls_server_is_cut_too(certificate: Path) -> None:
    context = server_context(certificate)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")(tls)

    with listening(talk) as server:
        http = tls_http(server, certificate, "crm.example.org")
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="timeout"):
            http.json("POST", f"https://crm.example.org:{server.port}/", json={}, budget_s=0.5)
        assert time.monotonic() - begun < 1.0


# -------------------------------------------------------------------------------------------------------- silence


SPOILED = {
    "dropped": says(b""),
    "html": says(http_answer(200, f"<p>{EMAIL}</p>".encode())),
    "500": says(http_answer(500, f'{{"message": "{EMAIL}"}}'.encode())),
    "odd headers": says(f"HTTP/1.1 200 OK\r\nX {EMAIL}\r\nContent-Length: 1\r\n\r\n{{".encode()),
    "late": lambda _connection: time.sleep(1),
}


@pytest.mark.parametrize("talk", SPOILED.values(), ids=SPOILED.keys())
def test_nothing_carried_shows_up_in_logs_or_errors(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with listening(talk) as server, pytest.raises(AdapterError) as hit:
        call(server, budget_s=0.3)
    shown = "".join(traceback.format_exception(hit.value)) + caplog.text + repr(hit.value)
    for record in caplog.records:
        shown += repr(record.__dict__)
    assert SECRET not in shown
    assert EMAIL not in shown
    assert "ann.private" not in shown
    assert hit.value.__context__ is None
    assert hit.value.__cause__ is None


def test_header_that_cannot_be_sent_is_refused_without_being_named() -> None:
    with pytest.raises(Rejected) as hit:
        Http().json("GET", "https://vendor.example/", headers={"Authorization": f"{SECRET}\r\nX: y"}, budget_s=1)
    assert hit.value.detail == "bad request"
    assert SECRET not in "".join(traceback.format_exception(hit.value))


def test_call_and_answer_keep_their_contents_out_of_their_repr() -> None:
    shown = repr(Call("GET", f"https://x/{EMAIL}", {"a": SECRET}, b"x")) + repr(Reply(200, {"a": SECRET}, b"secret"))
    assert EMAIL not in shown
    assert SECRET not in shown
    assert "b'" not in shown


def test_unforeseen_fault_becomes_an_outcome_and_not_a_crash() -> None:
    def transport(_call: Call, deadline: Deadline) -> Reply:
        deadline.sending()
        raise KeyError(EMAIL)

    with pytest.raises(OutcomeUnknown, match="unforeseen KeyError"):
        ask(Http(transport=transport))
