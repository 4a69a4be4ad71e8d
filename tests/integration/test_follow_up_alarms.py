"""A follow-up that fails or that nobody does is told, listed, and can be tried again."""

from typing import Any

import pytest
from support.sidecar import AFTER_HOURS, Sidecar

from bridge.clock import machine_now
from bridge.domain.health import Alarm
from bridge.domain.values import Json
from bridge.ports import StoreBusy
from bridge.service import diagnostic_checks, watch_promises
from bridge.service.watch_follow_ups import watch_follow_ups
from bridge.service.watch_promises import MOST_ATTEMPTS, follow_up_due

ASKING = "I want to talk to a human."


def promised(it: Sidecar, user: str = "7") -> Json:
    chat = it.chat()
    chat.verified(user)
    return chat.says(ASKING)["escalation"]


def standing(it: Sidecar) -> dict[str, Alarm]:
    watch_follow_ups(it.bridge)
    return {alarm.kind: alarm for alarm in it.alarms()}


def given_up(it: Sidecar) -> list[str]:
    with it.bridge.store.read() as tx:
        return [row["kind"] for row in tx.work.given_up(100)]


def due_now(it: Sidecar) -> None:
    """Go to the instant at which the team is in and its openings are due."""
    it.clock.set("2026-11-02T14:00:00Z")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every follow-up fails until it is called."""
    monkeypatch.setattr(watch_promises, "open_case", lambda *_: 1 / 0)
    return monkeypatch.undo


def fail_until_given_up(it: Sidecar) -> None:
    for _ in range(MOST_ATTEMPTS):
        follow_up_due(it.bridge)
        it.clock.advance(minutes=5)


def test_a_follow_up_that_was_given_up_is_listed_raises_an_alarm_and_can_be_tried_again(
    sidecar_on_each: Sidecar, broken: Any
) -> None:
    it = sidecar_on_each
    it.clock.set(AFTER_HOURS)
    promised(it)
    due_now(it)
    assert standing(it) == {}
    fail_until_given_up(it)
    assert given_up(it) == ["opening"]
    alarm = standing(it)["follow_up_failed"]
    assert "1 opening" in alarm.text
    assert "bridge outbox retry --all" in alarm.text
    assert standing(it)["follow_up_failed"].id == alarm.id
    broken()
    with it.bridge.store.write() as tx:
        assert tx.work.try_given_up(it.clock.at) == 1
    assert given_up(it) == []
    it.work()
    assert standing(it) == {}


def test_one_of_those_that_were_given_up_can_be_tried_alone(sidecar_on_each: Sidecar, broken: Any) -> None:
    it = sidecar_on_each
    it.clock.set(AFTER_HOURS)
    for user in ("7", "8"):
        promised(it, user)
    due_now(it)
    fail_until_given_up(it)
    with it.bridge.store.write() as tx:
        first, _ = tx.work.given_up(100)
        assert tx.work.try_given_up(it.clock.at, follow_up=first["id"]) == 1
        assert tx.work.try_given_up(it.clock.at, follow_up=first["id"]) == 0
    assert given_up(it) == ["opening"]
    broken()


def test_the_alarm_about_one_that_was_given_up_ends_when_its_customer_is_answered(
    sidecar_on_each: Sidecar, broken: Any
) -> None:
    it = sidecar_on_each
    it.clock.set(AFTER_HOURS)
    escalation = promised(it)
    due_now(it)
    fail_until_given_up(it)
    assert "follow_up_failed" in standing(it)
    broken()
    it.team.does("reply", escalation["id"], text="Here I am.", reply_id="r1")
    assert standing(it) == {}


def test_a_promise_that_fails_again_and_again_raises_the_alarm_although_it_is_never_given_up(
    sidecar_on_each: Sidecar, broken: Any
) -> None:
    it = sidecar_on_each
    promised(it)
    it.clock.advance(hours=5)
    fail_until_given_up(it)
    assert "1 promise" in standing(it)["follow_up_failed"].text
    assert "promise" not in given_up(it)
    broken()


def test_a_database_that_is_busy_does_not_have_a_follow_up_given_up(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise StoreBusy

    monkeypatch.setattr(watch_promises, "open_case", busy)
    sidecar.clock.set(AFTER_HOURS)
    promised(sidecar)
    due_now(sidecar)
    for _ in range(MOST_ATTEMPTS + 1):
        assert follow_up_due(sidecar.bridge)
        sidecar.clock.advance(seconds=2)
    assert given_up(sidecar) == []
    monkeypatch.undo()


def probe(it: Sidecar) -> Json:
    with it.bridge.store.write() as tx:
        tx.ops.beat("scheduler", machine_now())
    with it.app.test_client() as client:
        return client.get("/readyz").get_json()


def looked(it: Sidecar) -> list[tuple[str, str]]:
    found = diagnostic_checks.look_at_scheduler(it.bridge, machine_now())
    return [(one.light.value, one.said) for one in found]


def test_what_is_due_and_not_done_is_seen_although_the_scheduler_gives_its_sign_of_life(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    promised(it)
    it.clock.advance(hours=3, minutes=59)
    assert probe(it)["ready"] is True
    assert standing(it) == {}
    it.clock.advance(hours=1)
    found = probe(it)
    assert found["ready"] is False
    assert found["checks"]["follow_ups"].startswith("not done, the first due since 2026-11-02T")
    assert found["checks"]["scheduler"] == "ok"
    ((light, said),) = looked(it)
    assert light == "red"
    assert said.startswith("alive, but what is due is not done, the first for ")
    alarm = standing(it)["follow_ups_late"]
    assert "1 promise" in alarm.text
    it.work()
    assert standing(it) == {}
    assert probe(it)["ready"] is True
    assert looked(it)[0][0] == "green"


def test_when_the_first_open_follow_up_is_due_is_a_metric(sidecar_on_each: Sidecar) -> None:
    escalation = promised(sidecar_on_each)
    with sidecar_on_each.bridge.store.read() as tx:
        shown = tx.ops.signs(machine_now())["follow_ups_oldest_due_at"]
    assert shown["promise"] > shown["warn"] > sidecar_on_each.clock.at
    assert escalation["commitment"]["due_at"]
