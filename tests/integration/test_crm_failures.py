"""A CRM that does not answer usably: the customer counts as the highest tier, soon, and one log line says why."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.loopback import Talk, http_answer, listening, read_head, says
from support.sidecar import SHOP, Chat, Sidecar, free_port, in_process, with_systems
from support.waiting import until

from bridge.adapters.crm.file import FileCrm
from bridge.adapters.crm.hubspot import HubSpot
from bridge.adapters.http import Http
from bridge.bootstrap import BACKGROUND_THREADS
from bridge.domain.customer import Account, Customer, Fetch, OpenTicket, Order
from bridge.domain.values import Json, Visitor
from bridge.ports import AdapterError, Crm, NotDone, Store, StoreBusy, Tx
from bridge.service.context import MOST_ATTEMPTS, POLICY_TTL_S
from bridge.service.replay_sessions import StoredSessions
from bridge.service.watch_crm import watch_crm

ASKING = "I want to talk to a human"
SOON = 1.2
"""Seconds within which a session has to start, whatever the CRM does."""


@contextmanager
def hubspot(talk: Talk) -> Iterator[HubSpot]:
    with listening(talk) as server:
        yield at_port(server.port)


def at_port(port: int) -> HubSpot:
    http = Http(allow=frozenset({f"127.0.0.1:{port}"}))
    return HubSpot(http, token="token", base_url=f"http://127.0.0.1:{port}")


def customer_of(sidecar: Sidecar, chat: Chat) -> Customer:
    with sidecar.bridge.store.read() as tx:
        session = tx.sessions.get(SHOP.id, chat.id)
    assert session is not None
    return session.customer


def start_with(sidecar: Sidecar, crm: Crm, **who: Any) -> tuple[Customer, list[Json], float]:
    """The customer as stored, the log lines about the fetch, and the seconds it took."""
    sidecar.chat().verified("1")  # what a process does once, for a known customer, is not the CRM's doing
    chat = with_systems(sidecar, crm=crm).chat()
    began = time.monotonic()
    with capture_logs() as logs:
        verdict = chat.verified(**who)
    took = time.monotonic() - began
    assert verdict["action"] == "answer"
    return customer_of(sidecar, chat), [line for line in logs if line["event"] == "crm.fetched"], took


def slowly(seconds: float) -> Talk:
    def talk(connection: Any) -> None:
        read_head(connection)
        threading.Event().wait(seconds)

    return talk


def answering(body: Any, status: int = 200) -> Talk:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return says(http_answer(status, raw, "Content-Type: application/json"))


CONTACT = {"id": "1", "properties": {"email": "user7@example.org", "tier": "free"}}
FAILURES: dict[str, tuple[Talk, str]] = {
    "an error of its own": (answering({}, 500), "http 500"),
    "a refused token": (answering({"message": "no"}, 401), "http 401"),
    "too many calls": (answering({}, 429), "http 429"),
    "a gateway's page": (says(http_answer(502, b"<h1>Bad gateway</h1>", "Content-Type: text/html")), "http 502"),
    "HTML": (says(http_answer(200, b"<!doctype html>", "Content-Type: text/html")), ""),
    "a maintenance page instead of an API": (says(http_answer(404, b"<h1>moved</h1>", "Content-Type: text/html")), ""),
    "an empty object": (answering({}), "malformed"),
    "a list": (answering([]), "malformed"),
    "null": (answering(b"null"), "malformed"),
    "no JSON": (answering(b'{"id": "1", "prop'), ""),
    "nothing": (says(b""), ""),
    "ten megabytes": (answering({"id": "1", "properties": {"tier": "x" * 10_000_000}}), ""),
    "half an answer": (says(http_answer(200, b"{}" * 50)[:-40]), ""),
    "a redirect": (says(http_answer(302, b"", "Location: http://127.0.0.1:1/")), ""),
    "properties of another kind": (answering({**CONTACT, "properties": ["tier"]}), "malformed"),
    "a number where there is a text": (answering({"id": {"a": 1}, "properties": {}}), "malformed"),
    "a service level that is no number": (
        answering({**CONTACT, "properties": {"sla_minutes_left": "soon"}}), "malformed"),
}  # fmt: skip


@pytest.mark.alone
@pytest.mark.parametrize(("talk", "cause"), FAILURES.values(), ids=FAILURES)
def test_r11_an_unusable_answer_means_the_highest_tier_and_one_line_with_the_cause(
    sidecar: Sidecar, talk: Talk, cause: str
) -> None:
    with hubspot(talk) as crm:
        customer, logged, took = start_with(sidecar, crm)
    assert (customer.fetch, customer.tier, customer.tier_assumed) == (Fetch.FAILED, "enterprise", True)
    assert len(logged) == 1
    assert (logged[0]["result"], logged[0]["crm"], logged[0]["site"]) == ("failed", "hubspot", "shop")
    assert cause in logged[0]["cause"]
    assert logged[0]["cause"] == customer.cause
    assert took <= SOON


@pytest.mark.alone
def test_a_connection_that_is_refused_is_a_failure(sidecar: Sidecar) -> None:
    customer, logged, took = start_with(sidecar, at_port(free_port()))
    assert (customer.tier, customer.tier_assumed, len(logged)) == ("enterprise", True, 1)
    assert logged[0]["cause"]
    assert took <= SOON


@pytest.mark.alone
def test_a_crm_that_takes_five_seconds_is_not_waited_for(sidecar: Sidecar) -> None:
    with hubspot(slowly(5)) as crm:
        customer, logged, took = start_with(sidecar, crm)
    assert (customer.tier, customer.cause) == ("enterprise", "too late")
    assert [line["cause"] for line in logged] == ["too late"]
    assert took <= SOON


def test_a_crm_is_asked_at_once_however_much_hangs_that_is_sent(sidecar: Sidecar, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("email,tier\nuser7@example.org,business\n")
    done = threading.Event()
    for _ in range(BACKGROUND_THREADS):
        sidecar.bridge.background.submit(done.wait)
    try:
        customer, _, _ = start_with(sidecar, FileCrm(tmp_path / "customers.csv"))
    finally:
        done.set()
    assert (customer.fetch, customer.tier) == (Fetch.FOUND, "business")


def test_an_assumed_tier_is_marked_in_the_packet(sidecar: Sidecar) -> None:
    with hubspot(answering({}, 500)) as crm:
        broken = with_systems(sidecar, crm=crm)
        chat = broken.chat()
        chat.verified()
        chat.says("Why was I charged twice?")
        assert chat.bot("You were not.", confidence=0.2)["state"] == "escalated"
        number = broken.team.list()[0]["id"]
        customer = broken.team.read(number)["packet"]["customer"]
    assert (customer["tier"], customer["tier_assumed"]) == ("enterprise", True)


def test_no_cause_holds_a_token_an_address_or_what_the_other_side_said(sidecar: Sidecar) -> None:
    with hubspot(answering({"message": "canary user7@example.org"}, 500)) as crm:
        _, logged, _ = start_with(sidecar, crm)
    for secret in ("canary", "user7", "token", "127.0.0.1"):
        assert secret not in json.dumps(logged)


def test_an_error_that_nobody_foresaw_is_a_failure_too(sidecar: Sidecar) -> None:
    def breaks(_visitor: Visitor) -> Account | None:
        raise ZeroDivisionError("canary")

    sidecar.crm.answer = breaks
    customer, logged, _ = start_with(sidecar, sidecar.crm)
    assert (customer.tier, customer.cause, len(logged)) == ("enterprise", "adapter error", 1)


# ------------------------------------------------------------------------------------------------- not a failure


def test_a_customer_whom_the_crm_does_not_know_has_the_default_tier(sidecar: Sidecar) -> None:
    with hubspot(answering({"status": "error", "message": "resource not found"}, 404)) as crm:
        customer, logged, _ = start_with(sidecar, crm)
    assert (customer.fetch, customer.tier, customer.tier_assumed) == (Fetch.NOT_FOUND, "standard", False)
    assert [line["result"] for line in logged] == ["not_found"]


def test_a_customer_whom_the_crm_knows_has_the_tier_it_says(sidecar: Sidecar) -> None:
    with hubspot(answering(CONTACT)) as crm:
        customer, logged, _ = start_with(sidecar, crm)
    assert (customer.fetch, customer.tier, customer.tier_assumed) == (Fetch.FOUND, "free", False)
    assert [line["result"] for line in logged] == ["found"]


def test_without_a_crm_nothing_is_asked_and_nothing_logged(sidecar: Sidecar) -> None:
    chat = with_systems(sidecar, crm=None).chat()
    with capture_logs() as logs:
        chat.verified()
    assert customer_of(sidecar, chat).fetch is Fetch.SKIPPED
    assert logs == []


@pytest.mark.parametrize("who", [{"identity": "anonymous"}, {"identity": "verified", "user_id": "7"}])
def test_without_an_address_nobody_is_asked_about(sidecar: Sidecar, who: dict[str, str]) -> None:
    chat = sidecar.chat()
    chat.start(**who)
    assert sidecar.crm.asked == []
    assert customer_of(sidecar, chat).tier == "standard"


VALUED = Account(
    tier="enterprise",
    name="Boss",
    orders=(Order(id="9", total=9000, currency="USD", status="processing"),),
    open_tickets=(OpenTicket(id="t1", subject="The grinder is broken", status="open"),),
    sla_minutes_left=5,
)
SAID = [
    ("What about my order of the grinder?", "I could not find that."),
    ("This is terrible, I am not happy", "I could not find that, sorry."),
    ("I want to talk to a human", None),
    ("hello?", None),
]


def heard_by(sidecar: Sidecar, email: str) -> str:
    """Every answer to a conversation in which this address is typed, without the ids."""
    chat = sidecar.chat()
    answers: list[Any] = [chat.start("claimed", email=email)]
    for text, reply in SAID:
        answers.append(chat.says(text))
        if reply and answers[-1]["action"] == "answer":
            answers.append(chat.bot(reply, confidence=0.2))
    answers += [chat.events(), chat.slots()]
    sidecar.clock.advance(hours=30)
    sidecar.work()
    answers += [chat.events(), chat.contact(phone="+1 555 0100"), chat.close()]
    said = json.dumps(answers).replace(chat.id, "SESSION")
    return re.sub(r"esc_[\w-]+", "ESCALATION", said)


def test_s04_a_typed_address_is_answered_alike_whoever_it_belongs_to(fresh_sqlite: Callable[[], str]) -> None:
    heard = []
    for address in ("boss@vip.example", "nobody@vip.example"):
        with in_process(fresh_sqlite()) as sidecar:
            sidecar.crm.accounts["boss@vip.example"] = VALUED
            heard.append(heard_by(sidecar, address))
    assert heard[0] == heard[1]
    assert '"state": "escalated"' in heard[0]


def test_a_typed_address_moves_its_customer_up_at_the_team_marked_as_unverified(sidecar: Sidecar) -> None:
    sidecar.crm.accounts["boss@vip.example"] = VALUED
    chat = sidecar.chat()
    chat.start("claimed", email="boss@vip.example")
    told = chat.says(ASKING)["escalation"]
    assert told["priority"] == "normal"
    seen = sidecar.team.read(told["id"])
    assert seen["priority"] == "urgent"
    assert (seen["customer"]["identity"], seen["customer"]["tier"]) == ("claimed", "enterprise")
    assert "UNVERIFIED enterprise account" in seen["summary"]
    assert [order["id"] for order in seen["packet"]["account"]["orders"]] == ["9"]
    sidecar.work()
    assert "priority urgent" in sidecar.desk.tickets[0][1]


def test_a_promise_to_a_typed_address_that_is_renewed_is_that_of_a_customer_nobody_knows(sidecar: Sidecar) -> None:
    sidecar.crm.accounts["boss@vip.example"] = VALUED
    due = []
    for email in ("boss@vip.example", "nobody@vip.example"):
        chat = sidecar.chat()
        chat.start("claimed", email=email)
        chat.says(ASKING)
    for _ in range(3):
        sidecar.clock.advance(hours=30)
        sidecar.work()
        due.append([one["commitment"]["due_at"] for one in sidecar.team.list("open")])
    assert all(first == second for first, second in due)
    assert len({first for first, _ in due}) == 3


def test_a_typed_address_never_lowers_the_tier_and_a_replay_judges_by_the_same(sidecar: Sidecar) -> None:
    sidecar.crm.accounts |= {f"{tier}@example.org": Account(tier=tier) for tier in ("free", "business")}
    chats = {tier: sidecar.chat() for tier in ("free", "business")}
    for tier, chat in chats.items():
        chat.start("claimed", email=f"{tier}@example.org")
        chat.says("Where is my order?")
    customers = [customer_of(sidecar, chat) for chat in chats.values()]
    assert [customer.tier for customer in customers] == ["standard", "standard"]
    assert [customer.at_their_word.tier for customer in customers] == ["standard", "business"]
    stored = StoredSessions(sidecar.bridge, SHOP.id, 0, sidecar.clock.at + 1)
    recorded = {record["session_id"]: record["customer"]["tier"] for record in stored.records()}
    assert recorded == {chats["free"].id: None, chats["business"].id: None}
    known = sidecar.chat()
    known.start("verified", user_id="8", email="free@example.org")
    assert customer_of(sidecar, known).tier == "free"


def test_a_policy_may_ignore_typed_addresses(sidecar: Sidecar) -> None:
    sidecar.change_policy("claimed_identity: raise", "claimed_identity: ignore")
    sidecar.crm.accounts["ann@example.org"] = Account(tier="enterprise")
    chat = sidecar.chat()
    chat.start("claimed", email="ann@example.org")
    assert (customer_of(sidecar, chat).tier, sidecar.crm.asked) == ("standard", [])
    assert POLICY_TTL_S > 0  # the change above was put in force by forgetting, not by waiting


# ------------------------------------------------------------------------------------------------- a file

FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "is not there": (lambda _path: None, "file: No such file or directory"),
    "is a folder": (lambda path: path.mkdir(), "file: "),
    "is no text": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "file: not UTF-8"),
    "has no addresses": (lambda path: path.write_text("name,tier\nAnn,free\n"), "file: no column named email"),
    "has a row that cannot be read": (
        lambda path: path.write_text("email,tier,sla_minutes_left\nuser7@example.org,free,soon\n"), "line 2"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "cause"), FILES.values(), ids=FILES)
def test_a_file_is_a_failed_crm_when_it(
    sidecar: Sidecar, tmp_path: Path, make: Callable[[Path], object], cause: str
) -> None:
    make(tmp_path / "crm.csv")
    customer, logged, _ = start_with(sidecar, FileCrm(tmp_path / "crm.csv"))
    assert (customer.tier, customer.tier_assumed, len(logged)) == ("enterprise", True, 1)
    assert customer.cause is not None
    assert customer.cause.startswith(cause)


def test_a_customer_who_is_not_in_the_file_is_not_found(sidecar: Sidecar, tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("email,tier\nann@example.org,free\n")
    customer, _, _ = start_with(sidecar, FileCrm(tmp_path / "crm.csv"))
    assert (customer.fetch, customer.tier) == (Fetch.NOT_FOUND, "standard")


# ------------------------------------------------------------------------------------------------- late data


class Late:
    """A CRM that answers when it is let go."""

    def __init__(self, answer: Account | AdapterError | None) -> None:
        self._answer = answer
        self.go = threading.Event()
        self.asked = 0
        self.name = "late"

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:  # noqa: ARG002 - the port's shape
        self.asked += 1
        assert self.go.wait(20)
        if isinstance(self._answer, AdapterError):
            raise self._answer
        return self._answer


@pytest.fixture
def impatient(sidecar: Sidecar) -> Sidecar:
    return replace(sidecar, bridge=replace(sidecar.bridge, crm_wait=0.05))


def logged_repair(logs: list[Any]) -> bool:
    return any(line["event"] == "crm.repaired" for line in logs)


def test_late_data_repair_an_open_session(impatient: Sidecar) -> None:
    crm = Late(Account(tier="free"))
    chat = with_systems(impatient, crm=crm).chat()
    with capture_logs() as logs:
        chat.verified()
        assert customer_of(impatient, chat).tier == "enterprise"
        crm.go.set()
        until(lambda: logged_repair(list(logs)), "the repair")
    customer = customer_of(impatient, chat)
    assert (customer.fetch, customer.tier, customer.tier_assumed) == (Fetch.FOUND, "free", False)


def test_late_data_leave_an_escalated_session_with_what_it_was_decided_on(impatient: Sidecar) -> None:
    crm = Late(Account(tier="free"))
    slow = with_systems(impatient, crm=crm)
    chat = slow.chat()
    chat.verified()
    chat.says(ASKING)
    crm.go.set()
    until(lambda: _cached(slow), "the snapshot")
    slow.bridge.background.submit(lambda: None).result()
    customer = customer_of(impatient, chat)
    assert (customer.tier, customer.tier_assumed) == ("enterprise", True)


def test_r12_what_the_crm_says_too_late_joins_the_ticket_once_and_the_decision_stands(
    impatient: Sidecar,
) -> None:
    crm = Late(Account(tier="free", billing_status="past due"))
    slow = with_systems(impatient, crm=crm, desk=impatient.desk)
    chat = slow.chat()
    chat.verified()
    before = chat.says(ASKING)["escalation"]
    with capture_logs() as logs:
        crm.go.set()
        until(lambda: logged_repair(list(logs)), "the repair")
    slow.work()
    ((ref, _, note),) = impatient.desk.notes
    assert ref == "T1"
    assert "past due" in note
    assert "free" in note
    (one,) = slow.team.list()
    assert (one["priority"], one["queue"]) == (before["priority"], before["queue"])
    assert customer_of(impatient, chat).tier == "enterprise"
    answers = json.dumps([chat.says("Hello?"), chat.events()])
    assert "past due" not in answers
    slow.work()
    assert len(impatient.desk.notes) == 2, "that of the CRM, and what the visitor wrote"


def test_a_customer_whom_the_crm_turns_out_not_to_know_is_no_news_for_the_ticket(impatient: Sidecar) -> None:
    crm = Late(None)
    slow = with_systems(impatient, crm=crm, desk=impatient.desk)
    chat = slow.chat()
    chat.verified()
    chat.says(ASKING)
    with capture_logs() as logs:
        crm.go.set()
        until(lambda: logged_repair(list(logs)), "the repair")
    slow.work()
    assert impatient.desk.notes == []


def _cached(sidecar: Sidecar) -> bool:
    with sidecar.bridge.store.read() as tx:
        return tx.ops.cached_account(SHOP.id, "user7@example.org") is not None


def test_a_failure_that_comes_late_changes_nothing(impatient: Sidecar) -> None:
    crm = Late(NotDone("http 500"))
    chat = with_systems(impatient, crm=crm).chat()
    chat.verified()
    crm.go.set()
    impatient.bridge.background.submit(lambda: None).result()
    assert customer_of(impatient, chat).tier == "enterprise"
    assert not _cached(impatient)


def test_a_turn_between_start_and_late_data_is_kept_by_the_repair(impatient: Sidecar) -> None:
    crm = Late(Account(tier="free"))
    chat = with_systems(impatient, crm=crm).chat()
    with capture_logs() as logs:
        chat.verified()
        chat.says("Where is my order?")
        crm.go.set()
        until(lambda: logged_repair(list(logs)), "the repair")
    with impatient.bridge.store.read() as tx:
        session = tx.sessions.get(SHOP.id, chat.id)
    assert session is not None
    assert (session.turns, len(session.window), session.customer.tier) == (1, 1, "free")


@dataclass
class Busy:
    """A store that refuses so many writes."""

    store: Store
    refuses: int = 0

    def read(self) -> AbstractContextManager[Tx]:
        return self.store.read()

    def write(self, *, together: bool = False) -> AbstractContextManager[Tx]:
        if self.refuses:
            self.refuses -= 1
            raise StoreBusy
        return self.store.write(together=together)


def late_into(store: Busy, impatient: Sidecar, *, refuses: int) -> tuple[Customer, list[str]]:
    """The customer as the CRM's late answer left it, and what was logged, where so many writes are refused then."""
    crm = Late(Account(tier="free"))
    chat = with_systems(replace(impatient, bridge=replace(impatient.bridge, store=store)), crm=crm).chat()
    with capture_logs() as logs:
        chat.verified()
        store.refuses = refuses
        crm.go.set()
        until(lambda: any(line["event"] in ("crm.repaired", "crm.not_repaired") for line in list(logs)), "its end")
    return customer_of(impatient, chat), [line["event"] for line in logs]


@pytest.mark.parametrize("refuses", range(MOST_ATTEMPTS))
def test_a_database_that_is_busy_for_a_moment_does_not_lose_late_data(impatient: Sidecar, refuses: int) -> None:
    customer, logged = late_into(Busy(impatient.bridge.store), impatient, refuses=refuses)
    assert (customer.tier, customer.tier_assumed) == ("free", False)
    assert logged == ["crm.fetched", "crm.repaired"]
    assert _cached(impatient)


def test_late_data_that_a_busy_database_would_not_take_are_said_to_be_lost(impatient: Sidecar) -> None:
    customer, logged = late_into(Busy(impatient.bridge.store), impatient, refuses=MOST_ATTEMPTS)
    assert (customer.tier, customer.tier_assumed) == ("enterprise", True)
    assert logged == ["crm.fetched", "crm.not_repaired"]


# ------------------------------------------------------------------------------------------------- the alarm


def fails_with_401(_visitor: Visitor) -> Account | None:
    raise NotDone("http 401")


def crm_alarm(sidecar: Sidecar) -> Json:
    return next(
        (one for one in sidecar.team.caller.ask("GET", "/v1/stats")["alarms"] if one["kind"] == "crm_down"), None
    )


def fetches(sidecar: Sidecar) -> dict[str, float]:
    with sidecar.bridge.store.read() as tx:
        return tx.ops.signs(0)["crm_fetches"]


def test_a_crm_that_fails_again_and_again_raises_an_alarm_that_the_next_success_ends(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    assert fetches(it) == {"found": 0, "not_found": 0, "failed": 0}
    it.crm.answer = fails_with_401
    with capture_logs() as lines:
        for user in range(6):
            assert (crm_alarm(it) is None) is (user < 5)
            it.chat().verified(str(user))
            it.clock.advance(minutes=1)
        alarm = crm_alarm(it)
        assert alarm["detail"] == {"crm": "fake", "since": "2026-11-02T15:00:00Z", "failures": 6, "cause": "http 401"}
        assert "6 look-ups in a row failed, the last one http 401" in alarm["text"]
        assert fetches(it) == {"found": 0, "not_found": 0, "failed": 6}
        it.crm.answer = None
        it.crm.accounts["user7@example.org"] = Account(tier="free")
        it.chat().verified("7")
    assert crm_alarm(it) is None
    assert [line["event"] for line in lines if line["event"] in ("crm.alarm", "crm.cleared")] == [
        "crm.alarm", "crm.cleared"]  # fmt: skip
    it.chat().verified("8")
    it.chat().verified("8")  # from the cache: nobody was asked
    assert fetches(it) == {"found": 1, "not_found": 1, "failed": 6}


def test_failures_with_a_success_between_them_raise_no_alarm(sidecar: Sidecar) -> None:
    for user in range(12):
        sidecar.crm.answer = None if user % 4 == 3 else fails_with_401
        sidecar.chat().verified(str(user))
    assert crm_alarm(sidecar) is None


def test_the_alarm_ends_where_the_site_asks_no_crm_any_more(sidecar: Sidecar) -> None:
    sidecar.crm.answer = fails_with_401
    for user in range(5):
        sidecar.chat().verified(str(user))
    watch_crm(sidecar.bridge)
    assert crm_alarm(sidecar)
    watch_crm(with_systems(sidecar).bridge)
    assert crm_alarm(sidecar) is None


# ------------------------------------------------------------------------------------------------- the cache


def test_a_customer_is_asked_about_once_in_ten_minutes(sidecar: Sidecar) -> None:
    sidecar.crm.accounts["user7@example.org"] = Account(tier="business")
    for minutes, asked in ((0, 1), (9, 1), (2, 2)):
        sidecar.clock.advance(minutes=minutes)
        chat = sidecar.chat()
        chat.verified()
        assert customer_of(sidecar, chat).tier == "business"
        assert len(sidecar.crm.asked) == asked


def test_what_a_clock_that_was_ahead_has_remembered_is_asked_for_again(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    right = it.clock.at
    it.clock.advance(hours=30 * 24)
    for at, tier in ((it.clock.at, "business"), (right, "free")):
        it.clock.at = at
        it.crm.accounts["user7@example.org"] = Account(tier=tier)
        chat = it.chat()
        chat.verified()
        assert customer_of(it, chat).tier == tier


def test_that_somebody_is_unknown_is_remembered_too(sidecar: Sidecar) -> None:
    for _ in range(2):
        sidecar.chat().verified()
    assert len(sidecar.crm.asked) == 1


def test_a_failure_is_not_remembered(sidecar: Sidecar) -> None:
    def fails(_visitor: Visitor) -> Account | None:
        raise NotDone("http 500")

    sidecar.crm.answer = fails
    sidecar.chat().verified()
    sidecar.crm.answer = None
    sidecar.crm.accounts["user7@example.org"] = Account(tier="free")
    chat = sidecar.chat()
    chat.verified()
    assert customer_of(sidecar, chat).tier == "free"


def test_an_address_is_one_customer_whatever_its_case(sidecar: Sidecar) -> None:
    sidecar.chat().start("claimed", email="Ann@Example.org")
    sidecar.chat().start("claimed", email="ann@example.org")
    assert len(sidecar.crm.asked) == 1


def test_repeating_a_session_start_asks_nobody(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.verified()
    sidecar.clock.advance(hours=1)
    chat.verified()
    assert len(sidecar.crm.asked) == 1
