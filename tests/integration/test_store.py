"""The store's contract, the same on each kind of database; and migrations that bring exactly what the code expects."""

import json
import multiprocessing
import os
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from support.loopback import listening
from support.packets import CUSTOMER, ticket

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain.customer import Account, Customer, Shop
from bridge.domain.escalation import (
    ACTIVE,
    Agent,
    Commitment,
    CommitmentState,
    Escalation,
    EscalationState,
    Event,
    EventKind,
    FollowUp,
    FollowUpKind,
    OutboxKind,
    OutboxRow,
    Presence,
    rank_of,
)
from bridge.domain.health import Alarm
from bridge.domain.labels import Label, Verdict
from bridge.domain.session import Session, Turn, customer_key
from bridge.domain.values import Channel, Identity, Priority, State, Visitor
from bridge.ports import (
    AgentReply,
    CachedAccount,
    Counted,
    Place,
    PolicyMark,
    Scope,
    ShadowPolicy,
    Site,
    StoreBusy,
    TicketRef,
    Urgency,
)
from bridge.store import migrate as schema
from bridge.store.backup import backup
from bridge.store.database import Database, migration_engine
from bridge.store.escalations import EscalationStatements, write_packet
from bridge.store.labels import LabelStatements
from bridge.store.ops import OpsStatements
from bridge.store.sessions import write_visitor
from bridge.store.sql import SqlStore, statements_of
from bridge.store.stats import StatsStatements
from bridge.store.tables import PASSAGE_INDEX, metadata
from bridge.store.upsert import upsert_of
from bridge.store.work import WorkStatements

SITE = Site("shop", "https://shop.example", "UTC", "team@shop.example")
SCANS = [["SCAN", table] for table in ("session", "escalation", "commitment", "outbox")]
ODD = "Zażółć 'quotes\" \\ %s %(x)s :of_site {due} 🙏 \u2028 \t"
"""A text that a careless statement, format or driver would break on."""


@pytest.fixture
def store(database: str) -> Iterator[SqlStore]:
    """A store with one site."""
    made = SqlStore(Database(database, wait=2.0, readers=4))
    with made.write() as tx:
        assert tx.sites.add(SITE, {Scope.CHAT: "c" * 43, Scope.ADMIN: "a" * 43}, 1)
        tx.policies.put(SITE.id, "rules: 1", "shipped", 1)
    yield made
    made.close()


def session(number: str = "s1", **changes: Any) -> Session:
    made = Session(
        site=SITE.id, id=number, state=State.OPEN, visitor=Visitor(identity=Identity.ANONYMOUS),
        customer=Customer(tier="free"), locale=None, timezone=None, page_url=None, flow="default", shop=None, window=(),
        turns=0, escalation_id=None, last_event=0, phone=None, started_at=1,
    )  # fmt: skip
    return replace(made, **changes)


def user(number: str = "7") -> Visitor:
    return Visitor(identity=Identity.VERIFIED, user_id=number)


def turn(seq: int = 1, turn_id: str = "t1", text: str = "hello") -> Turn:
    return Turn(seq, turn_id, text, seq, "digest", '{"action":"answer"}', "null", "null")


def commitment(of: str, number: str = "c1", **changes: Any) -> Commitment:
    made = Commitment(
        id=number, escalation_id=of, channel=Channel.EMAIL, due_at=100, timezone="UTC", wall="2026-01-01T00:00",
        text=ODD, state=CommitmentState.PENDING, made_at=1,
    )  # fmt: skip
    return replace(made, **changes)


def escalation(number: str = "e1", of: str = "s1", **changes: Any) -> Escalation:
    made = Escalation(
        site=SITE.id, id=number, session_id=of, customer_key=None, state=EscalationState.OPEN, rule="r", reason=ODD,
        priority=Priority.HIGH, queue="support", channel=Channel.EMAIL, policy_version=1, packet=ticket().packet,
        trace="{}", decided_at=5, claimed_by=None, answered_at=None, commitment=commitment(number, f"c-{number}"),
    )  # fmt: skip
    return replace(made, **changes)


def follow_up(number: str = "f1", kind: FollowUpKind = FollowUpKind.PROMISE, due_at: int = 100) -> FollowUp:
    return FollowUp(number, SITE.id, "e1", "c-e1", kind, due_at)


def row(number: str = "o1", external: str = "x1", due_at: int = 100) -> OutboxRow:
    return OutboxRow(number, SITE.id, "e1", OutboxKind.TICKET, "desk", external, ODD, due_at)


@pytest.fixture
def escalated(store: SqlStore) -> SqlStore:
    with store.write() as tx:
        tx.sessions.start(session(), "d")
        assert tx.escalations.open(escalation())
    return store


# ------------------------------------------------------------------------------------------------- transactions


def test_what_fails_leaves_nothing_behind(store: SqlStore) -> None:
    def fail_after_starting() -> None:
        with store.write() as tx:
            tx.sessions.start(session(), "d")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_starting()
    with store.read() as tx:
        assert tx.sessions.get(SITE.id, "s1") is None


def test_what_is_to_follow_a_commit_does_not_follow_a_failure(store: SqlStore) -> None:
    done: list[str] = []

    def fail() -> None:
        with store.write() as tx:
            tx.after_commit(lambda: done.append("failed"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.write() as tx:
        tx.after_commit(lambda: done.append("through"))
        assert done == []
    assert done == ["through"]


def test_what_fails_after_a_commit_undoes_nothing_and_stops_nothing_else(store: SqlStore) -> None:
    done: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    with capture_logs() as logs, store.write() as tx:
        tx.sessions.start(session(), "d")
        tx.after_commit(fail)
        tx.after_commit(lambda: done.append("through"))
    assert done == ["through"]
    assert [one["event"] for one in logs] == ["after_commit.failed"]
    with store.read() as tx:
        assert tx.sessions.get(SITE.id, "s1")


def test_a_reader_cannot_write(store: SqlStore) -> None:
    def write_while_reading() -> None:
        with store.read() as tx:
            tx.sessions.start(session(), "d")

    with pytest.raises((DBAPIError, StoreBusy)):
        write_while_reading()
    with store.read() as tx:
        assert tx.sessions.get(SITE.id, "s1") is None


def test_a_reader_does_not_wait_for_a_writer(store: SqlStore) -> None:
    with store.write() as writing:
        writing.sessions.start(session(), "d")
        with store.read() as reading:
            assert reading.sessions.get(SITE.id, "s1") is None


def test_a_store_that_was_closed_opens_again(store: SqlStore) -> None:
    store.close()
    with store.read() as tx:
        assert tx.sites.get(SITE.id) == SITE


def test_no_free_connection_in_time_is_called_busy(database: str) -> None:
    store = SqlStore(Database(database, wait=0.05, readers=1))
    with store.read(), pytest.raises(StoreBusy), store.read():
        pass
    store.close()


def hold_too(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sessions.alone(SITE.id, "user:8")  # for which it waits longer
        tx.sessions.hold(SITE.id, "s1")


def test_a_row_that_somebody_does_not_let_go_of_is_called_busy(fresh_postgres: Any) -> None:
    url = fresh_postgres()
    bootstrap.migrate(Settings(database_url=SecretStr(url)))
    stuck, other = SqlStore(Database(url)), SqlStore(Database(url, wait=0.3))
    with stuck.write() as tx:
        tx.sites.add(SITE, {Scope.CHAT: "c" * 43, Scope.ADMIN: "a" * 43}, 1)
        tx.sessions.start(session(), "d")
    with stuck.write() as tx:
        tx.sessions.alone(SITE.id, "user:7")
        assert tx.sessions.hold(SITE.id, "s1")
        with pytest.raises(StoreBusy):
            hold_too(other)
    stuck.close()
    other.close()


def test_a_statement_that_never_ends_is_called_busy(fresh_postgres: Any) -> None:
    slow = Database(fresh_postgres(), longest=0.2)
    for begin in (slow.read, slow.write):
        with pytest.raises(StoreBusy), begin() as connection:
            connection.execute(text("SELECT pg_sleep(20)"))
        with begin() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
    slow.close()


def test_a_line_that_was_cut_is_noticed_at_both_ends(fresh_postgres: Any) -> None:
    """By TCP; so the server is reached through it here, though it listens to a file."""
    url = make_url(fresh_postgres())

    def forward(connection: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(f"{url.query['host']}/.s.PGSQL.5432")
            back = threading.Thread(target=pour, args=(server, connection))
            back.start()
            pour(connection, server)
            back.join()

    with listening(forward) as line:
        address = url.set(host="127.0.0.1", port=line.port, query={})
        database = Database(address.render_as_string(hide_password=False))
        for begin in (database.read, database.write):
            with begin() as connection, socket.socket(fileno=os.dup(connection.connection.fileno())) as ours:
                assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                of_tcp = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
                assert [ours.getsockopt(socket.IPPROTO_TCP, one) for one in of_tcp] == [30, 10, 3, 60_000]
                asked = text("SELECT setting FROM pg_settings WHERE name LIKE 'tcp_keepalives%' AND source = 'session'")
                assert len(connection.execute(asked).all()) == 3  # a file has none, so their values are not seen
        database.close()


def pour(source: socket.socket, into: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            into.sendall(data)
    with suppress(OSError):
        into.shutdown(socket.SHUT_WR)


def test_a_writer_that_waits_too_long_is_told_that_it_is_busy(fresh_sqlite: Any) -> None:
    store = SqlStore(Database(fresh_sqlite(), wait=0.05))
    seen: list[type[BaseException]] = []

    def second() -> None:
        try:
            with store.write():
                pass
        except StoreBusy as error:
            seen.append(type(error))

    with store.write():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert seen == [StoreBusy]
    store.close()


# ------------------------------------------------------------------------------------------------- sites


def test_a_site_is_added_once(store: SqlStore) -> None:
    with store.write() as tx:
        assert not tx.sites.add(replace(SITE, url="https://thief.example"), {Scope.CHAT: "x" * 43}, 2)
        assert tx.sites.all() == [SITE]
        assert len(tx.sites.secrets(SITE.id, 3)) == 2


def test_a_site_is_changed_and_no_other_one_with_it(store: SqlStore) -> None:
    other = replace(SITE, id="other")
    moved = Site(SITE.id, "https://new.example", "Europe/Berlin", "help@new.example")
    with store.write() as tx:
        tx.sites.add(other, {}, 2)
        tx.sites.change(moved)
        assert tx.sites.all() == [other, moved]
        assert len(tx.sites.secrets(SITE.id, 3)) == 2


def test_secrets_are_listed_oldest_first_and_dropped_by_scope(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sites.add_secret(SITE.id, Scope.CHAT, "d" * 43, 2)
        tx.sites.add_secret(SITE.id, Scope.CHAT, "e" * 43, 2)
        assert [one.secret[0] for one in tx.sites.secrets(SITE.id, 3) if one.scope is Scope.CHAT] == ["c", "d", "e"]
        assert tx.sites.drop_secrets(SITE.id, keep_newest=True) == 2
        assert sorted(one.secret[0] for one in tx.sites.secrets(SITE.id, 3)) == ["a", "e"]
        assert tx.sites.drop_secrets(SITE.id, keep_newest=False) == 2
        assert tx.sites.secrets(SITE.id, 3) == []


def test_secrets_made_before_get_their_end_and_keep_the_earlier_one(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sites.hold(SITE.id)
        tx.sites.add_secret(SITE.id, Scope.CHAT, "d" * 43, 100)
        assert tx.sites.end_secrets(SITE.id, before=100, until=500) == 2
        assert tx.sites.end_secrets(SITE.id, before=101, until=900) == 1
        assert [one.secret[0] for one in tx.sites.secrets(SITE.id, 499)] == ["c", "a", "d"]
        assert [(one.secret[0], one.made_at) for one in tx.sites.secrets(SITE.id, 500)] == [("d", 100)]
        assert tx.sites.secrets(SITE.id, 900) == []


def test_a_nonce_is_kept_once_for_each_site_until_it_is_purged(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sites.add(replace(SITE, id="other"), {}, 1)
        assert tx.sites.keep_nonce(SITE.id, "n", 10)
        assert not tx.sites.keep_nonce(SITE.id, "n", 11)
        assert tx.sites.keep_nonce("other", "n", 12)
        assert tx.sites.purge_nonces(12) == 1
        assert tx.sites.keep_nonce(SITE.id, "n", 13)


def test_versions_of_a_policy_count_up_and_the_last_is_in_force(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.policies.put(SITE.id, ODD, "ada", 2) == 2
        current = tx.policies.current(SITE.id)
        assert current is not None
        assert (current.version, current.document, current.author, current.created_at) == (2, ODD, "ada", 2)
        first = tx.policies.get(SITE.id, 1)
        assert first is not None
        assert first.document == "rules: 1"
        assert tx.policies.get(SITE.id, 3) is None
        assert tx.policies.current("nobody") is None
        assert tx.policies.marks(SITE.id, 9) == [PolicyMark(2, "ada", 2), PolicyMark(1, "shipped", 1)]
        assert tx.policies.marks(SITE.id, 1) == [PolicyMark(2, "ada", 2)]
        assert tx.policies.marks("nobody", 9) == []


# ------------------------------------------------------------------------------------------------- sessions


def test_a_session_comes_back_as_it_was_kept(store: SqlStore) -> None:
    full = session(
        visitor=user(), customer=Customer(tier=ODD[:20], account=Account(name=ODD)), locale="pl_PL",
        timezone="Europe/Warsaw", page_url="https://x.example/?a=%20", flow="billing",
        shop=Shop(currency="PLN", lifetime_value=1.5), started_at=1_793_631_600_000,
    )  # fmt: skip
    with store.write() as tx:
        assert tx.sessions.start(full, "d")
    with store.read() as tx:
        assert tx.sessions.get(SITE.id, "s1") == full
        assert tx.sessions.digest(SITE.id, "s1") == "d"


@pytest.mark.parametrize("sure", [None, Identity.CLAIMED])
def test_how_sure_an_address_is_comes_back_and_where_it_is_as_usual_the_release_before_reads_it(
    store: SqlStore, sure: Identity | None
) -> None:
    who = Visitor(identity=Identity.VERIFIED, user_id="7", email="ann@example.org", email_identity=sure)
    packet = ticket(customer=CUSTOMER.model_copy(update={"email_identity": sure})).packet
    with store.write() as tx:
        tx.sessions.start(session(visitor=who), "d")
        tx.escalations.open(escalation(packet=packet))
    with store.read() as tx:
        kept, filed = tx.sessions.get(SITE.id, "s1"), tx.escalations.get(SITE.id, "e1")
    assert (kept and kept.visitor, filed and filed.packet) == (who, packet)
    assert ["email_identity" in text for text in (write_visitor(who), write_packet(packet))] == [sure is not None] * 2


def test_a_release_is_looked_for_from_an_instant_on(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sessions.start(session(), "d")
        tx.sessions.keep_event(session(), Event(1, EventKind.NOTICE, "n", 9))
        tx.sessions.keep_event(session(), Event(2, EventKind.RELEASED, "r", 5))
        assert [tx.sessions.released_since(SITE.id, "s1", at) for at in (4, 5, 6)] == [True, True, False]
        assert not tx.sessions.released_since(SITE.id, "s2", 1)


def test_a_session_starts_once(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.sessions.start(session(), "d")
        assert not tx.sessions.start(session(flow="other"), "e")
        assert tx.sessions.digest(SITE.id, "s1") == "d"


def test_only_an_open_session_can_be_locked(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sessions.start(session(), "d")
        assert tx.sessions.lock(SITE.id, "s1", "e1")
        assert not tx.sessions.lock(SITE.id, "s1", "e2")
        locked = tx.sessions.hold(SITE.id, "s1")
        assert locked is not None
        assert (locked.state, locked.escalation_id) == (State.ESCALATED, "e1")


def test_joining_locks_the_customers_open_sessions_and_nobody_elses(store: SqlStore) -> None:
    with store.write() as tx:
        for number, who, state in (
            ("a", user(), State.OPEN), ("b", user(), State.CLOSED), ("c", user("8"), State.OPEN),
            ("d", Visitor(identity=Identity.ANONYMOUS), State.OPEN), ("e", user(), State.OPEN),
        ):  # fmt: skip
            tx.sessions.start(session(number, visitor=who, state=state), "d")
        key = customer_key(user())
        assert key is not None
        assert sorted(tx.sessions.join(SITE.id, key, "e1")) == ["a", "e"]
        assert [one.id for one in tx.sessions.of_escalation(SITE.id, "e1")] == ["a", "e"]


def test_turns_come_back_in_order_and_their_replies_with_them(store: SqlStore) -> None:
    of = session()
    answered = replace(
        turn(2, "t2", ODD), reply_text=ODD, reply_at=3, reply_digest="d", reply_verdict="{}", reply_trace="{}",
        reply_shown=False, signals='{"a":1}',
    )  # fmt: skip
    with store.write() as tx:
        tx.sessions.start(of, "d")
        assert tx.sessions.keep_turn(of, turn(2, "t2", ODD))
        assert tx.sessions.keep_turn(of, turn())
        tx.sessions.keep_reply(of, answered)
        tx.sessions.amend_verdict(of, 1, '{"action":"say"}')
    with store.read() as tx:
        assert tx.sessions.turns(SITE.id, "s1") == [replace(turn(), verdict='{"action":"say"}'), answered]
        assert tx.sessions.turn(SITE.id, "s1", "t2") == answered
        assert tx.sessions.turn(SITE.id, "s1", "t3") is None


@pytest.mark.parametrize("second", [turn(1, "t2"), turn(2, "t1")], ids=["the same number", "the same id"])
def test_a_turn_is_kept_once(store: SqlStore, second: Turn) -> None:
    with store.write() as tx:
        tx.sessions.start(session(), "d")
        assert tx.sessions.keep_turn(session(), turn())
        assert not tx.sessions.keep_turn(session(), second)


def test_when_something_was_last_said_is_that_of_a_message_or_a_reply(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sessions.start(session(), "d")
        assert tx.sessions.last_said(SITE.id, "s1") == 0
        tx.sessions.keep_turn(session(), replace(turn(1, "t1"), at=70))
        tx.sessions.keep_turn(session(), replace(turn(2, "t2"), at=50))
        assert tx.sessions.last_said(SITE.id, "s1") == 70
        tx.sessions.keep_reply(session(), replace(turn(2, "t2"), reply_at=90))
        assert tx.sessions.last_said(SITE.id, "s1") == 90
        assert tx.sessions.last_said(SITE.id, "s2") == 0


def test_the_last_turns_of_a_site_are_those_of_its_newest_sessions(store: SqlStore) -> None:
    with store.write() as tx:
        for number, started_at in (("old", 1), ("new", 2)):
            of = session(number, started_at=started_at)
            tx.sessions.start(of, "d")
            for seq in (1, 2):
                tx.sessions.keep_turn(of, replace(turn(seq, f"t{seq}"), signals=f"{number} {seq}"))
        assert tx.sessions.recent_signals(SITE.id, 3) == ["new 2", "new 1", "old 2"]
        assert tx.sessions.recent_signals("nobody", 3) == []


def test_events_come_from_where_the_chat_is(store: SqlStore) -> None:
    events = [Event(n, EventKind.AGENT, f"{n} {ODD}", n, "Ada") for n in (1, 2, 3)]
    with store.write() as tx:
        tx.sessions.start(session(), "d")
        for event in events:
            tx.sessions.keep_event(session(), event)
        assert tx.sessions.events(SITE.id, "s1", 1) == events[1:]
        assert tx.sessions.events(SITE.id, "s1", 3) == []


# ------------------------------------------------------------------------------------------------- records, shadow


def test_sessions_are_read_back_page_by_page_in_the_order_in_which_they_began(store: SqlStore) -> None:
    began = {"b": 5, "a": 5, "c": 2, "d": 9, "e": 7}
    with store.write() as tx:
        for number, at in began.items():
            tx.sessions.start(session(number, started_at=at), "d")
    found, place = [], Place(2, "")
    with store.read() as tx:
        while page := tx.records.page(SITE.id, 2, 9, place, 2):
            found += [one.id for one in page]
            place = Place(page[-1].started_at, page[-1].id)
        assert found == ["c", "a", "b", "e"]
        assert tx.records.count(SITE.id, 2, 9) == len(found)
        assert tx.records.count("another", 2, 9) == 0


def test_the_newest_sessions_stand_after_a_place(store: SqlStore) -> None:
    with store.write() as tx:
        for number, at in {"b": 5, "a": 5, "c": 2}.items():
            tx.sessions.start(session(number, started_at=at), "d")
        assert tx.records.before_newest(SITE.id, 0, 9, 1) == Place(5, "a")
        assert tx.records.before_newest(SITE.id, 0, 9, 2) == Place(2, "c")
        assert tx.records.before_newest(SITE.id, 0, 9, 3) is None


def test_turns_of_several_sessions_are_read_at_once_in_order(store: SqlStore) -> None:
    with store.write() as tx:
        for number in ("s1", "s2", "s3"):
            tx.sessions.start(session(number), "d")
        for seq, number in ((2, "s1"), (1, "s1"), (1, "s2")):
            tx.sessions.keep_turn(session(number), turn(seq, f"t{seq}", ODD))
        found = tx.records.turns(SITE.id, ["s1", "s2", "nobody"])
        assert {number: [(one.seq, one.text) for one in turns] for number, turns in found.items()} == {
            "s1": [(1, ODD), (2, ODD)],
            "s2": [(1, ODD)],
            "nobody": [],
        }


def test_a_site_has_one_shadow_policy_and_may_drop_it(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.shadows.get(SITE.id) is None
        tx.shadows.put(SITE.id, ShadowPolicy("rules: 1", "ada", 1))
        tx.shadows.put(SITE.id, ShadowPolicy(ODD, "ben", 2))
        assert tx.shadows.get(SITE.id) == ShadowPolicy(ODD, "ben", 2)
        assert tx.shadows.get("another") is None
        assert tx.shadows.drop(SITE.id)
        assert not tx.shadows.drop(SITE.id)


# ------------------------------------------------------------------------------------------------- escalations


def test_an_escalation_comes_back_as_it_was_decided(escalated: SqlStore) -> None:
    with escalated.read() as tx:
        assert tx.escalations.get(SITE.id, "e1") == escalation()
        assert tx.escalations.get("other", "e1") is None


def test_a_session_has_one_active_escalation(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        assert not tx.escalations.open(escalation("e2"))
        assert tx.escalations.get(SITE.id, "e2") is None
        tx.escalations.set_state(escalation(state=EscalationState.RESOLVED))
        assert tx.escalations.open(escalation("e2"))


def test_a_verified_customer_has_one_active_escalation(store: SqlStore) -> None:
    with store.write() as tx:
        for number in ("s1", "s2", "s3", "s4"):
            tx.sessions.start(session(number), "d")
        assert tx.escalations.open(escalation("e1", "s1", customer_key="user:7"))
        assert not tx.escalations.open(escalation("e2", "s2", customer_key="user:7"))
        assert tx.escalations.open(escalation("e3", "s3"))
        assert tx.escalations.open(escalation("e4", "s4"))
        found = tx.escalations.active_of(SITE.id, "another", "user:7")
        assert found is not None
        assert found.id == "e1"
        assert tx.escalations.active_of(SITE.id, "another", None) is None


def test_the_latest_promise_is_the_one_that_is_shown(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        assert tx.escalations.settle("c-e1", CommitmentState.BROKEN)
        assert not tx.escalations.settle("c-e1", CommitmentState.KEPT)
        tx.escalations.promise(SITE.id, commitment("e1", "c2", made_at=2, due_at=200))
        found = tx.escalations.get(SITE.id, "e1")
        assert found is not None
        assert found.commitment.id == "c2"
        states = [(one.id, one.state) for one in tx.escalations.commitments("e1")]
        assert states == [("c-e1", CommitmentState.BROKEN), ("c2", CommitmentState.PENDING)]


def test_who_has_waited_for_an_escalation_sees_what_has_become_of_its_promise(escalated: SqlStore) -> None:
    seen: list[CommitmentState] = []

    def wait() -> None:
        with escalated.write() as tx:
            held = tx.escalations.hold("shop", "e1")
            seen.append(held.commitment.state if held else CommitmentState.PENDING)

    waiting = threading.Thread(target=wait)
    with escalated.write() as tx:
        held = tx.escalations.hold("shop", "e1")
        assert held is not None
        waiting.start()
        waiting.join(0.2)
        tx.escalations.settle(held.commitment.id, CommitmentState.KEPT)
        tx.escalations.set_state(replace(held, state=EscalationState.CLAIMED))
    waiting.join()
    assert seen == [CommitmentState.KEPT]


def test_a_second_standing_promise_is_impossible(escalated: SqlStore) -> None:
    def promise_again() -> None:
        with escalated.write() as tx:
            tx.escalations.promise(SITE.id, commitment("e1", "c2"))

    with pytest.raises(DBAPIError):
        promise_again()


def test_an_agents_reply_is_kept_once(escalated: SqlStore) -> None:
    reply = AgentReply("r1", Agent("3", "Ada"), ODD, 7)
    with escalated.write() as tx:
        assert tx.escalations.keep_reply(SITE.id, "e1", reply)
        assert not tx.escalations.keep_reply(SITE.id, "e1", replace(reply, text="other"))
        assert tx.escalations.replies("e1") == [reply]


def test_load_counts_what_each_person_has_in_hand(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        assert tx.escalations.load(SITE.id) == {}
        claimed = escalation(state=EscalationState.CLAIMED, claimed_by=Agent("3", "Ada"))
        tx.escalations.set_state(claimed)
        assert tx.escalations.load(SITE.id) == {"3": 1}
        assert tx.escalations.get(SITE.id, "e1") == claimed


@pytest.mark.parametrize("states", [[EscalationState.OPEN], list(EscalationState)])
def test_pages_go_on_where_the_last_one_ended(store: SqlStore, states: list[EscalationState]) -> None:
    with store.write() as tx:
        for number in range(7):
            tx.sessions.start(session(f"s{number}"), "d")
            tx.escalations.open(escalation(f"e{number}", f"s{number}", decided_at=number // 3))
        seen: list[str] = []
        while page := tx.escalations.page(SITE.id, states, 2, seen[-1] if seen else None):
            seen += [one.id for one in page]
        assert seen == ["e6", "e5", "e4", "e3", "e2", "e1", "e0"]
        assert tx.escalations.page(SITE.id, states, 2, "unknown") == []


def test_what_is_due_soonest_comes_first_and_the_pages_go_on_though_the_last_one_shown_is_over(store: SqlStore) -> None:
    start = Urgency(kept=False, due_at=0, escalation="")
    with store.write() as tx:
        for number, due_at in enumerate([30, 10, 20, 10, 5, 40]):
            tx.sessions.start(session(f"s{number}"), "d")
            made = escalation(f"e{number}", f"s{number}")
            tx.escalations.open(replace(made, commitment=replace(made.commitment, due_at=due_at)))
        tx.escalations.settle(tx.escalations.commitments("e4")[0].id, CommitmentState.KEPT)
        tx.escalations.settle(tx.escalations.commitments("e2")[0].id, CommitmentState.BROKEN)
        tx.escalations.set_state(escalation("e5", "s5", state=EscalationState.CLAIMED))
        first = tx.escalations.due_first(SITE.id, ACTIVE, 2, start)
        assert [one.id for one in first] == ["e1", "e3"]
        tx.escalations.set_state(escalation("e3", "s3", state=EscalationState.RESOLVED))
        rest = tx.escalations.due_first(SITE.id, ACTIVE, 9, Urgency(kept=False, due_at=10, escalation="e3"))
        assert [one.id for one in rest] == ["e2", "e0", "e5", "e4"]
        assert [one.id for one in tx.escalations.due_first(SITE.id, [EscalationState.CLAIMED], 9, start)] == ["e5"]
        assert tx.escalations.due_first("other", ACTIVE, 9, start) == []


# ------------------------------------------------------------------------------------------------- leases


def test_a_follow_up_is_planned_once_for_a_promise(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.plan(follow_up())
        tx.work.plan(follow_up("f2"))
        assert [one["id"] for one in tx.work.due(1000, 10)] == ["f1"]


def test_what_is_due_is_claimed_oldest_first_and_by_one_alone(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        for number, (kind, due_at) in enumerate(zip(FollowUpKind, (30, 10, 20, 40), strict=False)):
            tx.work.plan(follow_up(f"f{number}", kind, due_at))
        assert [one.id for one in tx.work.claim_follow_ups("me", 35, 60, 2)] == ["f1", "f2"]
        assert [one.id for one in tx.work.claim_follow_ups("you", 35, 60, 5)] == ["f0"]
        assert tx.work.claim_follow_ups("third", 35, 60, 5) == []


def test_the_smallest_rank_is_claimed_first_and_the_oldest_within_it(escalated: SqlStore) -> None:
    planned = zip("abcd", FollowUpKind, (30, 20, 10, 5), (1, 0, 0, 2), strict=False)
    with escalated.write() as tx:
        for name, kind, due_at, rank in planned:
            tx.work.plan(replace(follow_up(name, kind, due_at), rank=rank))
            tx.work.post(replace(row(name, name, due_at), rank=rank), 1)
        assert [one["id"] for one in tx.work.due(100, 9)] == ["d", "c", "b", "a"]
        assert [one["id"] for one in tx.work.due(100, 9, now=20)] == ["c", "b", "d", "a"]
        for claim in (tx.work.claim_follow_ups, tx.work.claim_outbox):
            assert [one.id for one in claim("me", 40, 60, 3)] == ["c", "b", "a"]


def test_the_tier_ranks_before_the_priority_and_a_tier_that_is_no_more_comes_last() -> None:
    tiers = ("standard", "enterprise")
    order = [(tier, priority) for tier in ("enterprise", "standard", "gone") for priority in reversed(Priority)]
    known = ticket().packet.customer
    ranks = [
        rank_of(
            escalation(priority=priority, packet=ticket(customer=known.model_copy(update={"tier": tier})).packet), tiers
        )
        for tier, priority in order
    ]
    assert ranks == sorted(set(ranks))


def test_while_leases_tell_nothing_only_what_is_free_is_claimed(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.plan(follow_up())
        tx.work.claim_follow_ups("me", 100, 160, 1)
        tx.work.plan(follow_up("f2", FollowUpKind.WARN))
        assert [one.id for one in tx.work.claim_follow_ups("you", 900, 960, 5, take_over=False)] == ["f2"]
        assert [one.id for one in tx.work.claim_follow_ups("you", 900, 960, 5)] == ["f1"]


def test_a_lease_that_ends_later_than_any_could_now_is_claimed_again(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.plan(follow_up())
        tx.work.claim_follow_ups("ahead", 3_000, 3_060, 1)
        assert tx.work.claim_follow_ups("you", 2_945, 3_005, 1) == []
        assert [one.id for one in tx.work.claim_follow_ups("you", 2_900, 2_960, 1)] == ["f1"]


def test_a_lease_that_ran_out_is_claimed_again_and_its_old_holder_has_lost_it(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.plan(follow_up())
        tx.work.claim_follow_ups("me", 100, 160, 1)
        assert tx.work.claim_follow_ups("you", 160, 220, 1) == []
        again = tx.work.claim_follow_ups("you", 161, 221, 1)
        assert [one.attempts for one in again] == [2]
        assert not tx.work.finish_follow_up("f1", "me", state="sent")
        assert not tx.work.postpone_follow_up("f1", "me", 500, "x")
        assert tx.work.finish_follow_up("f1", "you", state="sent")
        assert not tx.work.finish_follow_up("f1", "you", state="sent")


def test_a_cancelled_follow_up_is_not_done_even_by_who_holds_it(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.plan(follow_up())
        tx.work.claim_follow_ups("me", 100, 160, 1)
        assert tx.work.cancel("e1") == 1
        assert not tx.work.finish_follow_up("f1", "me", state="sent")


def test_an_outbox_row_is_posted_once_by_its_external_id(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        assert tx.work.post(row(), 1)
        assert not tx.work.post(row("o2"), 1)
        assert tx.work.post(row("o3", "x2"), 1)


def test_a_claimed_outbox_row_is_what_was_posted_with_one_attempt(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.post(row(), 1)
        assert tx.work.claim_outbox("me", 99, 160, 5) == []
        claimed = tx.work.claim_outbox("me", 100, 160, 5)
        assert claimed == [replace(row(), attempts=1, first_sent_at=100)]
        assert tx.work.claim_outbox("you", 100, 160, 5) == []


def test_a_send_whose_holder_died_counts_as_one_that_may_have_acted(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.post(row(), 1)
        tx.work.claim_outbox("me", 100, 160, 5)
        again = tx.work.claim_outbox("you", 161, 221, 5)
        assert [(one.attempts, one.first_sent_at, one.unsure_since) for one in again] == [(2, 100, 161)]
        assert not tx.work.sent("o1", "me", None)
        assert tx.work.sent("o1", "you", TicketRef("T1", "https://desk.example/1"))
        delivery = tx.escalations.delivery("e1")
        assert delivery is not None
        assert (delivery.state, delivery.ref, delivery.url) == ("sent", "T1", "https://desk.example/1")


def test_a_row_that_was_not_sent_is_due_later_and_keeps_its_cause(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.post(row(), 1)
        claimed = tx.work.claim_outbox("me", 100, 160, 5)[0]
        unsure = replace(claimed, unsure_since=120)
        assert tx.work.not_sent(unsure, "me", state="unknown", due_at=300, error="timeout")
        assert tx.work.claim_outbox("me", 299, 400, 5) == []
        assert tx.work.outbox(["unknown"], 5)[0]["error"] == "timeout"
        assert tx.work.claim_outbox("me", 300, 400, 5)[0].unsure_since == 120


def test_a_row_whose_outcome_is_unknown_is_in_doubt_also_where_nobody_says_since_when(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.post(row(), 1)
        claimed = tx.work.claim_outbox("me", 100, 160, 5)[0]
        assert tx.work.not_sent(claimed, "me", state="unknown", due_at=300, error="timeout")
        assert tx.work.claim_outbox("me", 300, 400, 5)[0].unsure_since == 300


def test_a_parked_row_waits_for_a_person(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        tx.work.post(row(), 1)
        assert tx.work.park("o1")
        assert tx.work.claim_outbox("me", 10_000, 20_000, 5) == []
        assert tx.work.retry("o1", 500)
        assert [one.id for one in tx.work.claim_outbox("me", 500, 600, 5)] == ["o1"]
        assert not tx.work.park("o1")


def test_of_the_outbox_what_waits_for_a_person_is_listed_first_and_what_was_sent_last(escalated: SqlStore) -> None:
    states = {"a": "sent", "b": "sent", "c": "due", "d": "due", "e": "parked"}
    with escalated.write() as tx:
        for due_at, (number, state) in enumerate(states.items()):
            tx.work.post(replace(row(number, number, due_at), target="desk" if number < "e" else "other"), 1)
            if state == "sent":
                tx.work.claim_outbox("me", due_at, 160, 1)
                tx.work.sent(number, "me", None)
        tx.work.park("e")
        every = ("parked", "due", "sent")
        assert [one["id"] for one in tx.work.outbox(every, 9)] == ["e", "c", "d", "b", "a"]
        assert [one["id"] for one in tx.work.outbox(every, 1)] == ["e"]
        assert [one["id"] for one in tx.work.outbox(every, 1, target="desk")] == ["c"]
        assert [one["id"] for one in tx.work.outbox(every, 9, site=SITE.id, target="other")] == ["e"]
        assert tx.work.outbox(every, 9, site="another") == []


def test_many_claimers_at_once_never_hold_the_same_row(escalated: SqlStore) -> None:
    with escalated.write() as tx:
        for number in range(60):
            tx.work.post(row(f"o{number}", f"x{number}"), 1)
    claimed: list[str] = []

    def claim(owner: str) -> None:
        while True:
            with escalated.write() as tx:
                rows = tx.work.claim_outbox(owner, 100, 160, 7)
            if not rows:
                return
            claimed.extend(one.id for one in rows)

    threads = [threading.Thread(target=claim, args=(f"owner{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(f"o{number}" for number in range(60))


# ------------------------------------------------------------------------------------------------- people, cache


def test_presence_is_the_last_word_until_it_runs_out(store: SqlStore) -> None:
    here = Presence(Agent("3", "Ada"), ("support",), 2, available=True, expires_at=100)
    with store.write() as tx:
        tx.people.note(SITE.id, replace(here, capacity=9))
        tx.people.note(SITE.id, here)
        assert tx.people.present(SITE.id, 99) == [here]
        assert tx.people.present(SITE.id, 100) == []
        assert tx.people.present("other", 50) == []
        tx.people.note(SITE.id, replace(here, available=False))
        assert tx.people.present(SITE.id, 50) == []


def seen(number: str, **changes: Any) -> Presence:
    return replace(Presence(Agent(number, ODD), ("support",), 2, available=True, expires_at=100), **changes)


def test_whom_a_source_names_no_more_is_away_and_nobody_elses_people_are(store: SqlStore) -> None:
    assert store_presence(store, "desk", [seen("desk:2"), seen("desk:1")]) == {"desk:1", "desk:2"}
    with store.write() as tx:
        tx.people.note(SITE.id, seen("3"))
        tx.people.note_all(SITE.id, "other", [seen("other:1")])
    assert store_presence(store, "desk", [seen("desk:2", capacity=5)]) == {"3", "desk:2", "other:1"}
    assert store_presence(store, "desk", []) == {"3", "other:1"}
    assert store_presence(store, "desk", [seen("desk:1")]) == {"3", "other:1", "desk:1"}


def test_the_people_of_a_source_are_noted_as_one_or_not_at_all(store: SqlStore) -> None:
    store_presence(store, "desk", [seen("desk:1")])
    with pytest.raises(DBAPIError), store.write() as tx:
        tx.people.note_all(SITE.id, "desk", [seen("desk:2"), seen("desk:3", capacity=None)])
    with store.read() as tx:
        assert [one.agent.id for one in tx.people.present(SITE.id, 50)] == ["desk:1"]


def test_two_schedulers_that_note_the_same_people_at_once_do_not_lock_each_other(store: SqlStore) -> None:
    people = [seen(f"desk:{number}") for number in range(200)]
    orders = [people, people[::-1]] * 2
    threads = [threading.Thread(target=store_presence, args=(store, "desk", order)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert len(tx.people.present(SITE.id, 50)) == 200


def store_presence(store: SqlStore, source: str, people: list[Presence]) -> set[str]:
    with store.write() as tx:
        tx.people.note_all(SITE.id, source, people)
        return {one.agent.id for one in tx.people.present(SITE.id, 50)}


@pytest.mark.parametrize("account", [Account(tier="free", name=ODD), None])
def test_what_the_crm_last_said_is_remembered_with_its_instant(store: SqlStore, account: Account | None) -> None:
    with store.write() as tx:
        assert tx.ops.cached_account(SITE.id, "a@b.example") is None
        tx.ops.cache_account(SITE.id, "a@b.example", Account(tier="old"), 5)
        tx.ops.cache_account(SITE.id, "a@b.example", account, 10)
        assert tx.ops.cached_account(SITE.id, "a@b.example") == CachedAccount(account, 10)
        assert tx.ops.cached_account("other", "a@b.example") is None


def test_a_heartbeat_is_the_last_one(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.ops.last_beat("scheduler") is None
        tx.ops.beat("scheduler", 1)
        tx.ops.beat("scheduler", 2)
        assert tx.ops.last_beat("scheduler") == 2


# ------------------------------------------------------------------------------------------------- what it came to

QUARTER = 900_000


def fired(*names: str) -> str:
    return json.dumps({"fired": {name: {"why": ODD} for name in names}, "turns": 1})


def test_sessions_are_counted_by_quarter_of_an_hour_flow_tier_and_rule(store: SqlStore) -> None:
    with store.write() as tx:
        for number, (started_at, flow, tier, rule) in enumerate(
            [
                (QUARTER - 1, "a", "free", "r"),
                (QUARTER, "a", "free", "r"),
                (2 * QUARTER - 1, "a", "free", None),
                (2 * QUARTER - 1, "a", "free", None),
                (2 * QUARTER, "b", ODD[:20], None),
                (2 * QUARTER + 1, "b", "free", None),
            ]
        ):
            kept = session(f"s{number}", started_at=started_at, flow=flow, customer=Customer(tier=tier), turns=1)
            tx.sessions.start(kept, "d")
            tx.sessions.save(kept)
            if rule:
                tx.escalations.open(escalation(f"e{number}", kept.id, rule=rule, decided_at=started_at))
        found = tx.stats.count(SITE.id, QUARTER, 2 * QUARTER)
        assert sorted(found, key=str) == sorted(
            [
                Counted(QUARTER, "a", "free", "r", 1),
                Counted(QUARTER, "a", "free", None, 2),
                Counted(2 * QUARTER, "b", ODD[:20], None, 1),
            ],
            key=str,
        )
        assert tx.stats.count("other", 0, 10 * QUARTER) == []


def test_a_session_counts_by_its_first_escalation_and_so_do_its_triggers(store: SqlStore) -> None:
    kept = session(turns=1, started_at=1)
    with store.write() as tx:
        tx.sessions.start(kept, "d")
        tx.sessions.save(kept)
        first = escalation("e2", rule="first", decided_at=5, trace=fired("a", "b"))
        tx.escalations.open(first)
        tx.escalations.set_state(replace(first, state=EscalationState.RELEASED))
        tx.escalations.open(escalation("e1", rule="second", decided_at=6, trace=fired("c")))
        assert [(one.rule, one.sessions) for one in tx.stats.count(SITE.id, 0, 10)] == [("first", 1)]
        assert tx.stats.triggers(SITE.id, 0, 10) == {"a": 1, "b": 1}
        assert tx.stats.commitments(SITE.id, 0, 10) == {"pending": 2}
        assert tx.stats.commitments(SITE.id, 6, 10) == {"pending": 1}
        tx.work.post(replace(row(), escalation_id="e2"), 1)
        assert tx.stats.deliveries(SITE.id, 0, 10) == {"due": 1}
        assert tx.escalations.decided_in(kept)
        assert not tx.escalations.decided_in(replace(kept, id="s2"))


@pytest.mark.parametrize("seed", range(3))
def test_the_counts_are_those_of_a_naive_reading(store: SqlStore, seed: int) -> None:
    dice = random.Random(seed)
    naive: Counter[tuple[int, str, str, str | None]] = Counter()
    with store.write() as tx:
        for number in range(150):
            started_at, flow, tier = dice.randrange(12 * QUARTER), dice.choice("ab"), dice.choice(["free", "gold"])
            rules = [dice.choice("rst") for _ in range(dice.choice([0, 0, 1, 2]))]
            joined = not rules and dice.random() < 0.2
            turns = dice.choice([0, 1, 3])
            kept = session(
                f"s{number}", started_at=started_at, flow=flow, customer=Customer(tier=tier), turns=turns,
                escalation_id="e-of-another-tab" if joined else None,
            )  # fmt: skip
            tx.sessions.start(kept, "d")
            tx.sessions.save(kept)
            for nth, rule in enumerate(rules):
                made = escalation(f"e{number}-{nth}", kept.id, rule=rule, decided_at=started_at + nth)
                tx.escalations.open(made)
                tx.escalations.set_state(replace(made, state=EscalationState.RESOLVED))
            if turns and not joined and 3 * QUARTER <= started_at <= 9 * QUARTER:
                naive[started_at // QUARTER * QUARTER, flow, tier, rules[0] if rules else None] += 1
        found = tx.stats.count(SITE.id, 3 * QUARTER, 9 * QUARTER)
    assert {(one.quarter, one.flow, one.tier, one.rule): one.sessions for one in found} == naive
    assert len(naive) > 20


def test_numbers_are_read_over_the_indexes_and_never_by_a_whole_table(fresh_sqlite: Any) -> None:
    statements = StatsStatements("sqlite")
    values = {"of_site": SITE.id, "since": 0, "until": 1, "of_session": "s1"}
    engine = migration_engine(fresh_sqlite())
    with engine.connect() as connection:
        for statement in (
            *(statements.count, statements.triggers, statements.commitments, statements.deliveries),
            EscalationStatements(upsert_of("sqlite"), "sqlite").decided_in,
            LabelStatements(upsert_of("sqlite")).of_sessions,
        ):
            compiled: Any = statement.compile(engine)
            given = compiled.construct_params(values)
            bound = tuple(given[name] for name in compiled.positiontup)
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", bound)]
            assert [line for line in plan if line.split()[:2] in SCANS] == []
            assert any("USING INDEX" in line for line in plan)
    oldest = OpsStatements(upsert_of("sqlite")).signs["outbox_oldest_due_at"]
    assert plan_of(engine, oldest, {})[0].startswith("SEARCH outbox USING INDEX")
    engine.dispose()


def test_every_statement_is_built_once_a_process_however_many_stores_there_are() -> None:
    assert statements_of("sqlite") is SqlStore(Database("sqlite://"))._statements
    assert statements_of("sqlite") is not statements_of("postgresql")


def test_a_claim_and_a_look_for_the_open_escalation_read_nothing_of_what_is_over(fresh_sqlite: Any) -> None:
    claim = {"owner": "o", "now": 1, "until": 2, "beyond": 3, "most": 1, "take_over": True}
    looks = (
        (WorkStatements(upsert_of("sqlite"), "sqlite").claim_outbox, claim, "ix_outbox_state_due_at"),
        (
            EscalationStatements(upsert_of("sqlite"), "sqlite").active_of,
            {"of_site": SITE.id, "of_session": "s", "of_customer": "c"},
            "ix_escalation_site_decided_at",
        ),
        (
            EscalationStatements(upsert_of("sqlite"), "sqlite").due_first,
            {"of_site": SITE.id, "states": ["open"], "after_kept": 0, "after_due_at": 0, "after_id": "", "most": 1},
            "ix_escalation_site_decided_at",
        ),
    )
    engine = migration_engine(fresh_sqlite())
    for statement, values, over_everything in looks:
        plan = plan_of(engine, statement, values)
        assert [line for line in plan if over_everything in line or line.split()[:2] in SCANS[:-1]] == []
    engine.dispose()


def plan_of(engine: Any, statement: Any, values: Any) -> list[str]:
    """How SQLite goes about a statement, as it is sent with these values."""
    sent: list[Any] = []
    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: sent.append(call[2:4]))
        connection.execute(statement, values)
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[0][0]}", sent[0][1])]


# ------------------------------------------------------------------------------------------------- labels, alarms


def test_the_last_label_of_a_thing_wins_and_knows_its_rule(escalated: SqlStore) -> None:
    said = Label("s1", "e1", Verdict.NEEDED, ODD, 7)
    with escalated.write() as tx:
        tx.labels.put(SITE.id, replace(said, verdict=Verdict.UNNEEDED, labelled_at=6))
        tx.labels.put(SITE.id, said)
        assert tx.labels.of_escalation(SITE.id, "s1", "e1") == replace(said, rule="r")
        assert tx.labels.of_escalation("other", "s1", "e1") is None
        assert tx.labels.of_sessions(SITE.id, 1, 1) == [replace(said, rule="r")]
        assert tx.labels.of_sessions(SITE.id, 2, 9) == []
        assert tx.labels.of_sessions("other", 0, 9) == []


def test_a_session_may_be_labelled_beside_its_escalations_and_the_first_one_is_told_apart(store: SqlStore) -> None:
    with store.write() as tx:
        for number in ("s1", "s2"):
            tx.sessions.start(session(number), "d")
        first = escalation("e2", decided_at=5)
        tx.escalations.open(first)
        tx.escalations.set_state(replace(first, state=EscalationState.RESOLVED))
        tx.escalations.open(escalation("e1", decided_at=6, rule="later"))
        for at, (of, thing, verdict) in enumerate(
            [("s1", "e1", Verdict.NEEDED), ("s1", "e2", Verdict.UNNEEDED), ("s2", None, Verdict.MISSED)]
        ):
            tx.labels.put(SITE.id, Label(of, thing, verdict, "Ada", at))
        assert tx.labels.of_sessions(SITE.id, 0, 9) == [
            Label("s1", "e1", Verdict.NEEDED, "Ada", 0, "later", first=False),
            Label("s1", "e2", Verdict.UNNEEDED, "Ada", 1, "r"),
            Label("s2", None, Verdict.MISSED, "Ada", 2),
        ]


def alarm(number: str = "a1", kind: str = "rate_too_high") -> Alarm:
    return Alarm(number, kind, ODD, {"rate": 0.5, "moved": None}, 7)


def test_one_alarm_of_a_kind_stands_for_each_site_until_it_is_cleared(store: SqlStore) -> None:
    with store.write() as tx:
        tx.sites.add(replace(SITE, id="other"), {}, 1)
        assert tx.alarms.start(SITE.id, alarm())
        assert not tx.alarms.start(SITE.id, alarm("a2"))
        assert tx.alarms.start(SITE.id, alarm("a3", "rate_too_low"))
        assert tx.alarms.start("other", alarm("a4"))
        assert tx.alarms.standing(SITE.id) == [alarm(), alarm("a3", "rate_too_low")]
        assert tx.alarms.counts() == {SITE.id: 2, "other": 1}
        assert tx.alarms.clear(SITE.id, "rate_too_high", 9)
        assert not tx.alarms.clear(SITE.id, "rate_too_high", 9)
        assert tx.alarms.counts() == {SITE.id: 1, "other": 1}
        assert tx.alarms.start(SITE.id, alarm("a5"))


# ------------------------------------------------------------------------------------------------- the schema


def test_the_migrations_make_exactly_the_tables_that_the_code_names(database: str) -> None:
    engine = migration_engine(database)
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": lambda name, *_: not (name or "").startswith(PASSAGE_INDEX)}
        found = compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)
        indexes = {index["name"] for index in inspect(connection).get_indexes("passage")}
        assert PASSAGE_INDEX in indexes | set(inspect(connection).get_table_names())
        for table in metadata.sorted_tables:
            known = {index["name"] for index in inspect(connection).get_indexes(table.name)}
            assert {str(index.name) for index in table.indexes} <= known, table.name
    engine.dispose()
    assert found == []


def test_the_code_names_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert scripts.get_heads() == [schema.SCHEMA_HEAD]


def test_a_migrated_database_is_ready_and_migrating_again_changes_nothing(database: str) -> None:
    assert schema.pending(database) is None
    schema.migrate(database)
    assert schema.pending(database) is None


def test_a_database_that_is_not_there_is_looked_at_without_being_made(tmp_path: Path) -> None:
    said = schema.pending(f"sqlite:///{tmp_path / 'none.db'}")
    assert str(said).startswith(f"there is no database {tmp_path / 'none.db'}; ")
    assert list(tmp_path.iterdir()) == []


def test_only_looking_changes_nothing_of_a_file_or_beside_it(fresh_sqlite: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(fresh_sqlite(), copy)
    before = copy.read_bytes()
    assert schema.pending(f"sqlite:///{copy}") is None
    assert not schema.unborn(f"sqlite:///{copy}")
    assert copy.read_bytes() == before
    assert list(tmp_path.iterdir()) == [copy]


def _migrate(url: str) -> None:
    bootstrap.migrate(Settings(database_url=SecretStr(url)))


def test_four_processes_that_migrate_at_once_take_turns(tmp_path: Path, postgres: Any) -> None:
    context = multiprocessing.get_context("spawn")
    urls = [f"sqlite:///{tmp_path / 'new' / 'bridge.db'}", postgres.create()]
    for url in urls:
        workers = [context.Process(target=_migrate, args=(url,)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
        assert schema.pending(url) is None


def test_the_folder_of_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    schema.migrate(f"sqlite:///{tmp_path / 'deep' / 'new' / 'bridge.db'}")
    assert (tmp_path / "deep" / "new").stat().st_mode & 0o077 == 0
