"""Damage that no transaction of ours leaves, done by hand, and mended; nothing else is touched."""

import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen
from support.sidecar import Chat, Sidecar, in_process, with_systems

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain.instants import DAY, HOUR, MINUTE
from bridge.domain.values import Json
from bridge.ports import OutcomeUnknown, TicketRef
from bridge.service import watch_promises
from bridge.service.reconcile import Reconciler
from bridge.store.database import migration_engine
from bridge.store.repairs import RepairStatements
from bridge.store.upsert import upsert_of

ASKING = "I want to talk to a human."


def damage(it: Sidecar, statement: str, **values: object) -> int:
    with it.bridge.store.write() as tx:
        done: int = tx._c.execute(text(statement), values).rowcount  # type: ignore[attr-defined]
    return done


def hand_over(it: Sidecar) -> Chat:
    chat = it.chat()
    chat.start()
    assert chat.says(ASKING)["state"] == "escalated"
    return chat


def reconcile(it: Sidecar) -> dict[str, int]:
    """One look, and what was ever mended."""
    Reconciler(it.bridge)()
    with it.bridge.store.read() as tx:
        return {what: int(times) for what, times in tx.ops.signs(it.clock.at)["repairs"].items()}


def follow_ups(it: Sidecar) -> list[Json]:
    with it.bridge.store.read() as tx:
        return tx.work.due(it.clock.at + 100 * DAY, 100)


def commitments(it: Sidecar) -> list[str]:
    with it.bridge.store.read() as tx:
        return [one.state for row in it.team.list() for one in tx.escalations.commitments(row["id"])]


def ticket(it: Sidecar) -> Json:
    (found,) = [row for row in it.outbox() if row["kind"] == "ticket"]
    return found


def test_where_everything_fits_nothing_is_touched(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    hand_over(it)
    ended = hand_over(it)
    it.work()
    it.team.does("resolve", next(one["id"] for one in it.team.list() if one["session_id"] == ended.id))
    hand_over(it)
    before = [row["state"] for row in it.outbox()]
    assert reconcile(it) == {}
    assert [row["state"] for row in it.outbox()] == before
    assert it.alarm_texts() == {}


def test_an_escalation_from_before_there_was_a_helpdesk_is_filed_from_its_packet_once(database: str) -> None:
    with in_process(database, with_desk=False) as it:
        chat = hand_over(it)
        it.clock.advance(seconds=1)
        chat.says("It was blue")
        it.work()
        assert reconcile(it) == {}
        with_desk = with_systems(it, desk=it.desk)
        assert reconcile(with_desk) == {"ticket_filed": 1}
        assert reconcile(with_desk) == {"ticket_filed": 1}
        with_desk.work()
        ((external_id, body),) = it.desk.tickets
        assert external_id == it.team.list()[0]["id"]
        assert ASKING in body
        assert ["It was blue" in said for _, _, said in it.desk.notes] == [True]


def brings(chat: Chat, said: str, sent_at: str) -> None:
    """The plugin hands over a message that it has kept since it was written."""
    body = {"turn_id": "kept", "text": said, "sent_at": sent_at}
    assert chat.caller.ask("POST", f"/v1/sessions/{chat.id}/turns", body)["state"] == "escalated"


def test_a_ticket_that_is_filed_later_has_what_came_since_whenever_it_was_written_and_nothing_from_before(
    database: str,
) -> None:
    with in_process(database, with_desk=False, at="2026-11-02T15:00:00Z") as it:
        chat, tab = it.chat(), it.chat()
        chat.verified()
        tab.verified()
        tab.says("Where is my order?")
        first = chat.says(ASKING)["escalation"]["id"]
        chat.says("Locked once before")
        it.clock.advance(minutes=1)
        it.team.does("release", first)
        chat.says("What now?")
        tab.says("And here?")
        it.clock.advance(minutes=1)
        chat.says(ASKING)
        it.clock.advance(minutes=1)
        brings(chat, "It was blue", "2026-11-02T15:00:30Z")
        brings(tab, "It was round", "2026-11-02T15:01:30Z")
        with_desk = with_systems(it, desk=it.desk)
        assert reconcile(with_desk) == {"ticket_filed": 1}
        with_desk.work()
        ((_, _, note),) = it.desk.notes
        assert [said in note for said in ("It was blue", "It was round")] == [True, True]
        assert [said in note for said in (ASKING, "Where is", "once before", "What now", "And here")] == 5 * [False]


def test_a_ticket_whose_id_there_was_lost_is_looked_up_and_not_made_twice(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    hand_over(it)
    it.work()
    assert damage(it, "UPDATE outbox SET ref = NULL, url = NULL WHERE kind = 'ticket'") == 1
    assert reconcile(it) == {"ticket_looked_up": 1}
    it.work()
    assert len(it.desk.tickets) == 1
    assert (ticket(it)["state"], ticket(it)["ref"]) == ("sent", "T1")
    assert reconcile(it) == {"ticket_looked_up": 1}


@pytest.mark.parametrize("how", ["DELETE FROM follow_up", "UPDATE follow_up SET state = 'failed'"])
def test_a_promise_that_nothing_watches_is_watched_again(sidecar_on_each: Sidecar, how: str) -> None:
    it = sidecar_on_each
    chat = hand_over(it)
    due_at = it.team.list()[0]["commitment"]["due_at"]
    assert damage(it, how)
    assert reconcile(it) == {"promise_planned": 1}
    it.clock.set(due_at)
    it.work()
    assert [kind for kind, _ in chat.lines()].count("commitment") == 2
    assert reconcile(it) == {"promise_planned": 1}


def test_what_keeps_a_promise_is_planned_as_at_its_decision(sidecar: Sidecar) -> None:
    hand_over(sidecar)
    planned = "SELECT kind, due_at FROM follow_up ORDER BY kind"
    with sidecar.bridge.store.write() as tx:
        before = tx._c.execute(text(planned)).all()  # type: ignore[attr-defined]
    damage(sidecar, "DELETE FROM follow_up")
    reconcile(sidecar)
    with sidecar.bridge.store.write() as tx:
        assert {tuple(row) for row in before} <= {
            tuple(row)
            for row in tx._c.execute(text(planned)).all()  # type: ignore[attr-defined]
        }


def test_an_escalation_whose_sessions_are_closed_has_its_session_locked_again(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    chat = hand_over(it)
    damage(it, "UPDATE session SET state = 'closed'")
    assert reconcile(it) == {"session_locked": 1}
    assert chat.events()["state"] == "escalated"
    assert chat.says("Hello?")["action"] in ("say", "wait")
    assert reconcile(it) == {"session_locked": 1}


@pytest.mark.parametrize(("ended", "becomes"), [("resolved", "closed"), ("released", "open")])
def test_a_session_that_is_locked_by_what_is_over_follows_it(
    sidecar_on_each: Sidecar, ended: str, becomes: str
) -> None:
    it = sidecar_on_each
    chat = hand_over(it)
    damage(it, "UPDATE escalation SET state = :ended", ended=ended)
    assert reconcile(it) == {"session_unlocked": 1}
    assert chat.events()["state"] == becomes
    assert reconcile(it) == {"session_unlocked": 1}


def test_a_session_that_is_locked_by_nothing_stays_locked_and_raises_an_alarm_until_it_is_not(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    chat = it.chat()
    chat.start()
    damage(it, "UPDATE session SET state = 'escalated', escalation_id = 'esc_gone'")
    assert reconcile(it) == {}
    assert chat.id in it.alarm_texts()["locked_without_escalation"]
    damage(it, "UPDATE session SET state = 'open', escalation_id = NULL")
    reconcile(it)
    assert it.alarm_texts() == {}


def test_the_alarm_about_stranded_conversations_names_all_that_there_are_by_now(sidecar: Sidecar) -> None:
    chats = [sidecar.chat() for _ in range(2)]
    for stranded, chat in enumerate(chats, 1):
        chat.start()
        damage(sidecar, "UPDATE session SET state = 'escalated', escalation_id = 'esc_gone' WHERE id = :id", id=chat.id)
        reconcile(sidecar)
        said = sidecar.alarm_texts()["locked_without_escalation"]
        assert said.startswith("1 conversation is locked" if stranded == 1 else "2 conversations are locked")
        assert [chat.id in said for chat in chats] == [True, stranded == 2]


def test_leases_waits_and_pauses_from_the_future_end(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    hand_over(it)
    it.work()
    hand_over(it)
    far = it.clock.at + 3 * DAY
    damage(it, "UPDATE outbox SET state = 'leased', lease_owner = 'x', lease_until = :far WHERE state = 'due'", far=far)
    damage(it, "UPDATE follow_up SET state = 'leased', lease_owner = 'x', lease_until = :far", far=far)
    damage(it, "UPDATE upstream SET next_at = :far, paused_until = :far", far=far)
    found = reconcile(it)
    assert {"lease_in_the_future", "follow_up_lease_in_the_future", "wait_in_the_future"} <= found.keys()
    it.work()
    assert {row["state"] for row in it.outbox()} == {"sent"}
    hand_over(it)
    damage(it, "UPDATE outbox SET due_at = :far WHERE state = 'due'", far=far)
    assert reconcile(it)["due_in_the_future"] == 2
    it.work()
    assert {row["state"] for row in it.outbox()} == {"sent"}


def test_a_follow_up_that_a_clock_which_was_ahead_has_postponed_is_done_in_its_time(
    sidecar_on_each: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = sidecar_on_each
    hand_over(it)
    it.clock.advance(hours=3)
    due = {row["kind"]: row["due_at"] for row in follow_ups(it)}
    right = it.clock.at

    def breaks(*_: object) -> str:
        raise ValueError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(watch_promises, "_do", breaks)
        it.clock.at += 20 * DAY
        it.work()
    it.clock.at = right
    assert all(row["due_at"] > right + 19 * DAY for row in follow_ups(it))
    assert reconcile(it)["postponed_in_the_future"] == len(due)
    it.work()
    assert commitments(it) == ["pending"]  # its hour has not come
    it.clock.at = due["promise"] + MINUTE
    it.work()
    assert commitments(it) == ["broken", "pending"]


def test_a_follow_up_that_is_planned_for_next_month_or_postponed_for_minutes_stays(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(sidecar)
    damage(sidecar, "UPDATE follow_up SET due_at = :far WHERE kind = 'promise'", far=sidecar.clock.at + 30 * DAY)
    damage(sidecar, "UPDATE follow_up SET attempts = 3, due_at = :soon WHERE kind <> 'promise'",
           soon=sidecar.clock.at + watch_promises.RETRY_AFTER)  # fmt: skip
    assert reconcile(sidecar) == {}


def test_a_wait_of_hours_that_a_system_asked_for_stands(sidecar: Sidecar) -> None:
    hand_over(sidecar)
    sidecar.work()
    damage(sidecar, "UPDATE upstream SET next_at = :at", at=sidecar.clock.at + 20 * HOUR)
    damage(sidecar, "UPDATE upstream SET paused_until = :at", at=sidecar.clock.at + 10 * MINUTE)
    assert reconcile(sidecar) == {}


def test_tickets_that_the_helpdesk_has_twice_are_named_until_the_escalation_is_over(sidecar: Sidecar) -> None:
    def find(_external_id: str, _body: str) -> TicketRef:
        return TicketRef("12", None, others=("15",))

    sidecar.desk.find = find  # type: ignore[method-assign]
    sidecar.desk.settle = timedelta(0)
    hand_over(sidecar)
    sidecar.desk.fault = OutcomeUnknown("timeout")
    sidecar.work()
    sidecar.desk.fault = None
    sidecar.clock.advance(minutes=1)
    sidecar.work()
    escalation = sidecar.team.list()[0]["id"]
    assert "12, 15" in sidecar.alarm_texts()[f"duplicate_ticket:{escalation}"]
    reconcile(sidecar)
    assert f"duplicate_ticket:{escalation}" in sidecar.alarm_texts()
    sidecar.team.does("resolve", escalation)
    reconcile(sidecar)
    assert f"duplicate_ticket:{escalation}" not in sidecar.alarm_texts()


def test_more_than_a_page_is_walked_to_its_end(sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.service.reconcile.PAGE_SIZE", 2)
    for _ in range(5):
        hand_over(sidecar)
    damage(sidecar, "UPDATE session SET state = 'closed'")
    assert reconcile(sidecar) == {"session_locked": 5}


def test_two_that_look_at_once_mend_a_thing_once(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    hand_over(it)
    damage(it, "DELETE FROM follow_up")
    first, second = Reconciler(it.bridge), Reconciler(replace(it.bridge))
    first()
    second()
    assert reconcile(it) == {"promise_planned": 1}


# ------------------------------------------------------------------------------------------------------------- speed


@pytest.mark.parametrize(("name", "index"), [("page", "uq_escalation_active_session"), ("locked", "ix_session_locked")])
def test_what_is_looked_for_is_found_over_indexes(fresh_sqlite: Any, name: str, index: str) -> None:
    engine = migration_engine(fresh_sqlite())
    sent: list[tuple[str, Any]] = []
    listen(engine, "before_cursor_execute", lambda _c, _cursor, said, values, *_: sent.append((said, values)))
    with engine.connect() as connection:
        connection.execute(
            getattr(RepairStatements(upsert_of("sqlite")), name), {"of_site": "shop", "after": "", "most": 9}
        )
        ((said, values),) = sent
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values)]
    engine.dispose()
    assert index in plan[0]
    assert not any(line.startswith("SCAN") or "TEMP B-TREE" in line or "state_due_at" in line for line in plan), plan


def test_a_look_at_a_hundred_thousand_sessions_takes_no_longer_than_at_its_few_open_ones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/big.db"
    bootstrap.migrate(Settings(database_url=url))  # type: ignore[arg-type]
    with in_process(url) as it:
        for _ in range(20):
            hand_over(it)
        it.work()
        reconcile(it)
        few = timed(it)
        with sqlite3.connect(tmp_path / "big.db") as db:
            ended(db, 100_000)
        many = timed(it)
    print(f"20 open ones: {few * 1000:.0f} ms; beside 100,000 that are over: {many * 1000:.0f} ms")
    assert many < max(10 * few, 0.5)


def timed(it: Sidecar) -> float:
    look, took = Reconciler(it.bridge), []
    for _ in range(5):
        began = time.perf_counter()
        look()
        took.append(time.perf_counter() - began)
    return min(took)


def ended(db: sqlite3.Connection, number: int) -> None:
    """So many conversations that were handed over and resolved, with their tickets."""
    numbers = "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ?)"
    changes = {
        "session": {"id": "o.id || '.' || n", "state": "'closed'", "escalation_id": "o.escalation_id || '.' || n"},
        "escalation": {"id": "o.id || '.' || n", "session_id": "o.session_id || '.' || n", "state": "'resolved'"},
        "outbox": {"id": "o.id || '.' || n", "escalation_id": "o.escalation_id || '.' || n",
                   "external_id": "o.external_id || '.' || n"},
    }  # fmt: skip
    for table, changed in changes.items():
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        picked = ", ".join(changed.get(column, f'o."{column}"') for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        one = (
            f"(SELECT * FROM {table} LIMIT 1)"
            if table != "outbox"
            else "(SELECT * FROM outbox WHERE kind='ticket' LIMIT 1)"
        )
        db.execute(f"{numbers} INSERT INTO {table} ({names}) SELECT {picked} FROM copy, {one} AS o", (number,))
