"""Feeds of closures: read by the scheduler from a real server, in force until the next good reading, loud when lost."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs
from support.loopback import http_answer, listening, read_head
from support.sidecar import SHOP, Sidecar, in_process

from bridge.adapters import closure_feed
from bridge.adapters.closure_feed import FeedReader
from bridge.adapters.http import Http
from bridge.domain.closures import Reading
from bridge.domain.instants import from_rfc3339
from bridge.domain.values import Json
from bridge.ports import AdapterError, Fetched, OutcomeUnknown, Rejected, Scope, Site
from bridge.service.manage_policy import accept, current_policy, put_policy
from bridge.service.manage_sites import add_site
from bridge.service.read_closures import FAILURES_UNTIL_ALARM, read_closures, watch_closures

TOKEN = "s3cret-address"
WHY = "Moving house"
TOMORROW = "DTSTART;VALUE=DATE:20261103"
"""Tuesday: the in-process clock stands on Monday morning in New York."""
NOW = from_rfc3339("2026-11-02T15:00:00Z")


def calendar(*events: str) -> bytes:
    inside = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n".encode()


@dataclass
class Server:
    """Answers every request with what it was told to; keeps the heads of the requests."""

    answer: bytes = b""
    heads: list[str] = field(default_factory=list)
    port: int = 0

    def says(self, status: int, body: bytes = b"", *headers: str) -> None:
        self.answer = http_answer(status, body, *headers)

    def talk(self, connection: socket.socket) -> None:
        self.heads.append(read_head(connection).decode())
        connection.sendall(self.answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{TOKEN}/closures.ics"


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()
    with listening(told.talk) as listener:
        told.port = listener.port
        yield told


def reader(port: int) -> FeedReader:
    return FeedReader(Http(allow=[f"127.0.0.1:{port}"]))


@contextmanager
def fed(database: str, server: Server) -> Iterator[Sidecar]:
    """The sidecar with the server's feed in the calendar of its one queue."""
    with in_process(database, closures=reader(server.port)) as sidecar:
        zone = "    timezone: America/New_York\n"
        sidecar.change_policy(zone, f"{zone}    feed: {server.url}\n")
        yield sidecar


@pytest.fixture
def sidecar_fed(database: str, server: Server) -> Iterator[Sidecar]:
    with fed(database, server) as sidecar:
        yield sidecar


def tick(sidecar: Sidecar, times: int = 1) -> None:
    """What the scheduler does, half an hour later each time."""
    for _ in range(times):
        sidecar.clock.advance(minutes=30)
        read_closures(sidecar.bridge, limit=10)
        watch_closures(sidecar.bridge)


def promised(sidecar: Sidecar) -> str:
    """When a customer who asks for a person now is promised an answer."""
    chat = sidecar.chat()
    chat.start()
    due: str = chat.says("I want to talk to a human")["escalation"]["commitment"]["due_at"]
    return due


def feeds(sidecar: Sidecar) -> Json:
    return sidecar.caller(Scope.ADMIN).ask("GET", "/v1/hours")["feeds"]


# -- what it closes ----------------------------------------------------------------------------------------------------


def test_a_promise_keeps_clear_of_what_the_feed_closes(sidecar_fed: Sidecar, server: Server) -> None:
    sidecar_fed.clock.set("2026-11-02T21:30:00Z")
    server.says(200, calendar(f"{TOMORROW}\r\nSUMMARY:{WHY}"))
    assert promised(sidecar_fed).startswith("2026-11-03T")
    tick(sidecar_fed)
    assert promised(sidecar_fed).startswith("2026-11-04T")
    assert (feeds(sidecar_fed)[0]["closures"], feeds(sidecar_fed)[0]["read_at"]) == (1, "2026-11-02T22:00:00Z")


def test_the_trace_of_a_decision_holds_what_the_feed_closed_until_its_promise(
    sidecar_fed: Sidecar, server: Server
) -> None:
    sidecar_fed.clock.set("2026-11-02T21:30:00Z")
    server.says(200, calendar(TOMORROW, "DTSTART;VALUE=DATE:20261224"))
    tick(sidecar_fed)
    promised(sidecar_fed)
    with sidecar_fed.bridge.store.read() as tx:
        escalation = tx.escalations.get(SHOP.id, sidecar_fed.team.list()[0]["id"])
    assert escalation is not None
    span = [from_rfc3339("2026-11-03T05:00:00Z"), from_rfc3339("2026-11-04T05:00:00Z")]
    assert f'"feed": [{span}]'.replace("'", '"') in escalation.trace


def test_no_turn_and_no_decision_asks_the_server(sidecar_fed: Sidecar, server: Server) -> None:
    promised(sidecar_fed)
    assert server.heads == []


def test_a_feed_that_was_never_read_closes_nothing(sidecar_fed: Sidecar, server: Server) -> None:
    server.says(500)
    tick(sidecar_fed)
    assert feeds(sidecar_fed)[0] | {"tried_at": None} == {
        "calendar": "office", "read_at": None, "tried_at": None, "error": "http 500", "failures": 1,
        "closures": 0, "passed_over": 0, "cut": 0,
    }  # fmt: skip
    assert promised(sidecar_fed).startswith("2026-11-02T")


def test_the_reason_and_the_address_stand_in_no_log_and_reach_no_customer(sidecar_fed: Sidecar, server: Server) -> None:
    with capture_logs() as logs:
        server.says(200, calendar(f"{TOMORROW}\r\nSUMMARY:{WHY}"))
        tick(sidecar_fed)
        server.says(404)
        tick(sidecar_fed, FAILURES_UNTIL_ALARM)
        chat = sidecar_fed.chat()
        chat.start()
        chat.says("I want to talk to a human")
        sidecar_fed.work()
    said = [*map(str, logs), *map(str, sidecar_fed.mailer.mails), *(text for _, text in chat.lines())]
    assert [text for text in said if WHY in text or TOKEN in text] == []
    assert sidecar_fed.alarm_texts().keys() == {"closure_feed"}
    assert TOKEN not in str(sidecar_fed.alarm_texts())


# -- how it is read ----------------------------------------------------------------------------------------------------


def test_it_is_read_every_half_hour_and_asked_whether_it_has_changed(sidecar_fed: Sidecar, server: Server) -> None:
    server.says(200, calendar(TOMORROW), 'ETag: "v1"')
    tick(sidecar_fed)
    assert read_closures(sidecar_fed.bridge, limit=10) == 0
    server.says(304, calendar(TOMORROW))  # only its length: there is no body
    tick(sidecar_fed)
    assert [("If-None-Match" in head) for head in server.heads] == [False, True]
    assert 'If-None-Match: "v1"' in server.heads[1]
    assert (feeds(sidecar_fed)[0]["closures"], feeds(sidecar_fed)[0]["failures"]) == (1, 0)


def test_an_unchanged_feed_is_read_whole_every_week_because_its_repetitions_go_on(
    sidecar_fed: Sidecar, server: Server
) -> None:
    server.says(200, calendar(f"{TOMORROW}\r\nRRULE:FREQ=WEEKLY"), 'ETag: "v1"')
    tick(sidecar_fed)
    sidecar_fed.clock.advance(hours=7 * 24)
    tick(sidecar_fed)
    assert ["If-None-Match" in head for head in server.heads] == [False, False]


def test_a_feed_that_was_read_by_a_clock_which_was_ahead_is_read_again_at_once_and_whole(
    sidecar_fed: Sidecar, server: Server
) -> None:
    server.says(200, calendar(TOMORROW), 'ETag: "v1"')
    right = sidecar_fed.clock.at
    sidecar_fed.clock.advance(hours=30 * 24)
    tick(sidecar_fed)
    sidecar_fed.clock.at = right
    assert read_closures(sidecar_fed.bridge, limit=10) == 1
    assert read_closures(sidecar_fed.bridge, limit=10) == 0
    assert ["If-None-Match" in head for head in server.heads] == [False, False]


def test_a_feed_that_the_policy_names_no_longer_is_forgotten(sidecar_fed: Sidecar, server: Server) -> None:
    server.says(200, calendar(TOMORROW))
    tick(sidecar_fed)
    sidecar_fed.change_policy(f"    feed: {server.url}\n", "")
    tick(sidecar_fed)
    with sidecar_fed.bridge.store.read() as tx:
        assert tx.hours.feeds(SHOP.id) == []


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_the_last_good_reading_stays_in_force_and_the_alarm_ends_with_the_next(
    sidecar_fed: Sidecar, server: Server
) -> None:
    server.says(200, calendar("DTSTART;VALUE=DATE:20261103\r\nDTEND;VALUE=DATE:20261201"))
    tick(sidecar_fed)
    server.says(200, b"<html>Sign in</html>")
    tick(sidecar_fed, FAILURES_UNTIL_ALARM - 1)
    assert sidecar_fed.alarm_texts() == {}
    tick(sidecar_fed)
    assert (
        "calendar office, not a calendar, last read 2026-11-02T15:30:00Z" in sidecar_fed.alarm_texts()["closure_feed"]
    )
    sidecar_fed.clock.set("2026-11-03T15:00:00Z")
    assert promised(sidecar_fed).startswith("2026-12-01T")
    server.says(200, calendar())
    tick(sidecar_fed)
    assert sidecar_fed.alarm_texts() == {}
    assert promised(sidecar_fed).startswith("2026-11-03T")


def test_the_alarm_about_feeds_says_what_is_wrong_now_and_of_which_calendars(
    sidecar_fed: Sidecar, server: Server
) -> None:
    server.says(500)
    tick(sidecar_fed, FAILURES_UNTIL_ALARM)
    assert "calendar office, http 500" in sidecar_fed.alarm_texts()["closure_feed"]
    server.says(404)
    tick(sidecar_fed)
    assert "calendar office, http 404" in sidecar_fed.alarm_texts()["closure_feed"]
    sidecar_fed.change_policy("hours:\n", f"hours:\n  {SECOND_CALENDAR}\n    feed: {server.url}2\n")
    tick(sidecar_fed, FAILURES_UNTIL_ALARM)
    assert "calendar office, http 404" in sidecar_fed.alarm_texts()["closure_feed"]
    assert "calendar second, http 404" in sidecar_fed.alarm_texts()["closure_feed"]


SECOND_CALENDAR = 'second:\n    timezone: America/New_York\n    week: { mon: ["09:00-17:00"] }'


def test_the_alarm_about_queues_that_never_open_names_all_that_do_not_by_now(
    sidecar_fed: Sidecar, server: Server
) -> None:
    server.says(200, calendar("DTSTART;VALUE=DATE:20200101\r\nDTEND;VALUE=DATE:20900101"))
    tick(sidecar_fed)
    queue = "hours: office\n    respond_within: {urgent: 15m, high: 1h, normal: 4h}\n    ladder: [email]"
    sidecar_fed.change_policy("queues:\n", f"queues:\n  billing:\n    {queue}\n")
    tick(sidecar_fed)
    assert "queues billing, support" in sidecar_fed.alarm_texts()["never_open"]


BREAKS_THE_LIBRARY = "DTSTART;TZID=Europe:20261101T000000"
"""Its zone is a folder among the zones."""


def test_an_event_in_a_zone_that_is_a_folder_is_passed_over(sidecar_fed: Sidecar, server: Server) -> None:
    server.says(200, calendar(BREAKS_THE_LIBRARY, TOMORROW))
    tick(sidecar_fed)
    assert (feeds(sidecar_fed)[0]["closures"], feeds(sidecar_fed)[0]["passed_over"]) == (1, 1)


def test_a_feed_on_which_the_reader_breaks_stops_no_other_one_and_is_not_the_first_again(
    sidecar_fed: Sidecar, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo = Site("zoo", "https://zoo.example", SHOP.timezone, "team@zoo.example")
    add_site(sidecar_fed.bridge, zoo, "http://127.0.0.1:8765")
    with sidecar_fed.bridge.store.write() as tx:
        own = current_policy(tx, SHOP.id).document
        accepted = accept(sidecar_fed.bridge, own.replace(TOKEN, "another"))
        put_policy(sidecar_fed.bridge, tx, "zoo", accepted, "ada")
    real = closure_feed.read_feed

    def breaks(body: bytes, at: int) -> Reading:
        if b"breaks" in body:
            raise ZeroDivisionError
        return real(body, at)

    monkeypatch.setattr(closure_feed, "read_feed", breaks)
    server.says(200, calendar("SUMMARY:breaks"))
    with capture_logs() as logs:
        assert read_closures(sidecar_fed.bridge, limit=1) == 1
    server.says(200, calendar(TOMORROW))
    assert read_closures(sidecar_fed.bridge, limit=1) == 1
    assert read_closures(sidecar_fed.bridge, limit=1) == 0
    assert [(one["event"], one.get("site")) for one in logs][-1] == ("site.left_out", SHOP.id)
    assert [(feed["error"], feed["failures"]) for feed in feeds(sidecar_fed)] == [("unreadable", 1)]
    with sidecar_fed.bridge.store.read() as tx:
        assert [(feed.error, feed.failures) for feed in tx.hours.feeds("zoo")] == [(None, 0)]


def test_a_feed_that_closes_everything_alarms_and_every_customer_is_promised_something(
    sidecar_fed: Sidecar, server: Server
) -> None:
    server.says(200, calendar("DTSTART;VALUE=DATE:20200101\r\nDTEND;VALUE=DATE:20900101"))
    tick(sidecar_fed)
    assert sidecar_fed.alarm_texts() == {
        "never_open": "Nobody comes within a year to queue support: see bridge hours list."
    }
    assert from_rfc3339(promised(sidecar_fed)) > sidecar_fed.clock.now()
    server.says(200, calendar())
    tick(sidecar_fed)
    assert sidecar_fed.alarm_texts() == {}


def fetched(talk: Callable[[socket.socket], None]) -> Fetched:
    with listening(talk) as listener:
        return reader(listener.port).fetch(f"http://127.0.0.1:{listener.port}/x", etag=None, at=NOW)


def bytes_without_end(connection: socket.socket) -> None:
    read_head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n")
    while True:
        connection.sendall(b"X-FILLER:" + b"a" * 60_000 + b"\r\n")


def drops(connection: socket.socket) -> None:
    read_head(connection)
    for _ in range(600):
        connection.sendall(b"HTTP/1.1 200 OK\r\n"[:1])
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (http_answer(200, b"<html></html>"), Rejected, "not a calendar"),
        (http_answer(200, calendar(TOMORROW)[:-20]), Rejected, "cut short"),
        (http_answer(200, calendar("SUMMARY:caf").replace(b"caf", b"caf\xe9")), Rejected, "not UTF-8"),
        (http_answer(200, b"BEGIN:VCALENDAR\r\n" + b"X" * 10_000_000), OutcomeUnknown, "answer too large"),
        (http_answer(302, b"", "Location: https://calendar.example/"), Rejected, "http 302"),
        (http_answer(304), Rejected, "http 304"),
        (http_answer(410), Rejected, "http 410"),
    ],
)
def test_what_is_no_feed_fails_in_a_few_words(answer: bytes, kind: type[AdapterError], why: str) -> None:
    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(answer)

    with pytest.raises(kind) as hit:
        fetched(talk)
    assert hit.value.detail == why


def test_a_feed_without_end_is_left_at_the_size_limit() -> None:
    with pytest.raises(OutcomeUnknown, match="answer too large"):
        fetched(bytes_without_end)


def test_a_feed_that_drips_is_left_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure_feed, "FETCH_BUDGET_S", 1.0)
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown, match="timeout"):
        fetched(drops)
    assert time.monotonic() - began < 5


def test_a_private_address_that_nobody_listed_is_not_called(server: Server) -> None:
    with pytest.raises(Rejected, match="not https"):
        FeedReader(Http()).fetch(server.url, etag=None, at=NOW)
    with pytest.raises(Rejected, match="private address"):
        FeedReader(Http()).fetch(f"https://127.0.0.1:{server.port}/", etag=None, at=NOW)
    assert server.heads == []


def test_webcal_is_read_as_https() -> None:
    asked: list[str] = []

    def transport(call: object, _deadline: object) -> object:
        asked.append(str(getattr(call, "url", "")))
        raise Rejected("enough")

    with pytest.raises(Rejected, match="enough"):
        FeedReader(Http(transport=transport)).fetch("webcal://calendar.example/c.ics", etag=None, at=NOW)  # type: ignore[arg-type]
    assert asked == ["https://calendar.example/c.ics"]


def test_only_an_etag_that_can_be_sent_back_is_kept() -> None:
    def etag(header: str) -> str | None:
        def talk(connection: socket.socket) -> None:
            read_head(connection)
            connection.sendall(http_answer(200, calendar(), f"ETag: {header}"))

        return fetched(talk).etag

    assert [etag('W/"1"'), etag("x" * 500), etag("")] == ['W/"1"', None, None]
