"""What a helpdesk or mail server is spared: waits that it asks for, a budget, and the breaker, for all processes."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from support.sidecar import SHOP, FakeDesk, Sidecar

from bridge.assembly.desks import RATE, RATES, rates
from bridge.config import SiteSettings
from bridge.domain.instants import HOUR, MINUTE
from bridge.domain.upstream import FAILURES_TO_PAUSE, LONGEST_PAUSE
from bridge.domain.values import Json
from bridge.ports import Fault, NotDone, OutcomeUnknown, Rejected, StoreBusy, TicketRef
from bridge.service.context import Systems
from bridge.service.deliver import deliver_due

ASKING = "I want to talk to a human."
DOWN = NotDone("refused", fault=Fault.SYSTEM)


def hand_over(it: Sidecar, number: int) -> None:
    for _ in range(number):
        chat = it.chat()
        chat.start()
        assert chat.says(ASKING)["state"] == "escalated"


def tickets(it: Sidecar, state: str) -> list[Json]:
    return [row for row in it.outbox() if row["kind"] == "ticket" and row["state"] == state]


def with_rates(it: Sidecar, **rates: int) -> Sidecar:
    systems = Systems(it.crm, it.desk, it.mailer, "support@shop.example", rates=rates)
    return replace(it, bridge=replace(it.bridge, systems=lambda _site: systems))


def passes(it: Sidecar, *, minutes: float, step: float = 2.0, look: Callable[[], object] = lambda: None) -> None:
    """The scheduler's ticks while time passes."""
    for _ in range(round(minutes * 60 / step)):
        deliver_due(it.bridge, limit=500)
        look()
        it.clock.advance(seconds=step)


# ------------------------------------------------------------------------------------------------------- Retry-After


def test_a_wait_that_one_row_is_asked_for_holds_all_of_its_helpdesk_and_no_mail(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    hand_over(it, 6)
    it.desk.fault = NotDone("http 429", retry_after=90, fault=Fault.PACE)
    it.work()
    it.desk.fault = None
    assert len(tickets(it, "due")) == 6
    assert [row["attempts"] for row in tickets(it, "due")] == [0] * 6
    assert len(it.mailer.mails) == 6
    it.clock.advance(seconds=89)
    it.work()
    assert it.desk.tickets == []
    it.clock.advance(seconds=1)
    it.work()
    assert len(it.desk.tickets) == 6


def test_who_says_too_many_and_not_until_when_is_left_alone_for_half_a_minute(sidecar: Sidecar) -> None:
    hand_over(sidecar, 2)
    sidecar.desk.fault = NotDone("http 429", fault=Fault.PACE)
    sidecar.work()
    sidecar.desk.fault = None
    sidecar.clock.advance(seconds=20)
    sidecar.work()
    assert sidecar.desk.tickets == []
    sidecar.clock.advance(seconds=10)
    sidecar.work()
    assert len(sidecar.desk.tickets) == 2


def test_a_row_that_waits_for_something_of_ours_holds_nobody(sidecar: Sidecar) -> None:
    sidecar.desk.settle = 300 * (sidecar.desk.settle.resolution * 10**6)
    hand_over(sidecar, 1)
    sidecar.desk.fault = OutcomeUnknown("timeout", fault=Fault.SYSTEM)
    sidecar.work()
    sidecar.desk.fault = None
    sidecar.clock.advance(seconds=10)
    sidecar.work()
    hand_over(sidecar, 1)
    sidecar.work()
    assert len(tickets(sidecar, "sent")) == 1
    sidecar.clock.advance(minutes=5)
    sidecar.work()
    assert len(tickets(sidecar, "sent")) == 2


# ------------------------------------------------------------------------------------------------------------ budget


def test_a_flood_keeps_the_helpdesks_budget_and_the_most_urgent_goes_first(sidecar_on_each: Sidecar) -> None:
    it = with_rates(sidecar_on_each, fake=20)
    hand_over(it, 40)
    with it.bridge.store.write() as tx:
        tx._c.execute(text("UPDATE outbox SET rank = 9 WHERE kind = 'ticket'"))  # type: ignore[attr-defined]
        urgent = tickets(it, "due")[-1]
        tx._c.execute(text("UPDATE outbox SET rank = 0 WHERE id = :id"), {"id": urgent["id"]})  # type: ignore[attr-defined]
    times: list[int] = []
    passes(it, minutes=2.2, look=lambda: times.extend([it.clock.at] * (len(it.desk.tickets) - len(times))))
    assert len(it.desk.tickets) == 40
    assert it.desk.tickets[0][0] == urgent["external_id"]
    assert len(it.mailer.mails) == 40
    worst = max(sum(begin <= at < begin + MINUTE for at in times) for begin in times)
    assert 20 <= worst <= 26


def test_a_budget_is_shared_by_all_who_send(sidecar_on_each: Sidecar) -> None:
    it = with_rates(sidecar_on_each, fake=40)
    hand_over(it, 30)
    threads = [threading.Thread(target=lambda: deliver_due(it.bridge, limit=100)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    it.work()
    assert len(it.desk.tickets) == 10


def test_a_mail_server_has_a_budget_too(sidecar: Sidecar) -> None:
    it = with_rates(sidecar, mail=20)
    hand_over(it, 12)
    it.work()
    assert len(it.mailer.mails) == 5
    assert len(it.desk.tickets) == 12


def test_each_helpdesk_has_a_budget_that_the_owner_may_change_and_the_document_names_it() -> None:
    made = FakeDesk(name="zendesk")
    assert rates(SiteSettings(), made) == {"zendesk": RATES["zendesk"], "mail": 0}
    assert rates(SiteSettings(desk_rate=7, mail_rate=9), made) == {"zendesk": 7, "mail": 9}
    assert rates(SiteSettings(), FakeDesk(name="webhook"))["webhook"] == RATE
    assert rates(SiteSettings(), None) == {"mail": 0}
    said = (Path(__file__).resolve().parents[2] / "docs" / "helpdesks.md").read_text("utf-8").splitlines()
    head = next(n for n, line in enumerate(said) if line.startswith("| zendesk | freshdesk |"))
    names, numbers = (re.findall(r"[^|]+", said[line].replace(" ", "")) for line in (head, head + 2))
    assert dict(zip(names, map(int, numbers), strict=True)) == {**RATES, "anyother": RATE}


# -------------------------------------------------------------------------------------------------- circuit breaker


class CountingDesk(FakeDesk):
    """Counts what it is asked, whatever becomes of it."""

    asked: int = 0

    def create(self, external_id: str, body: str) -> TicketRef:
        self.asked += 1
        return super().create(external_id, body)


@pytest.fixture
def down(sidecar_on_each: Sidecar) -> Sidecar:
    """A sidecar whose helpdesk is down, with twelve tickets for it."""
    desk = CountingDesk(fault=DOWN)
    systems = Systems(None, desk, sidecar_on_each.mailer, "support@shop.example")
    it = replace(sidecar_on_each, desk=desk, bridge=replace(sidecar_on_each.bridge, systems=lambda _site: systems))
    hand_over(it, 12)
    return it


def asked(it: Sidecar) -> int:
    assert isinstance(it.desk, CountingDesk)
    return it.desk.asked


def test_a_helpdesk_that_is_down_gets_five_calls_and_then_one_probe_a_pause(down: Sidecar) -> None:
    down.work()
    assert asked(down) == FAILURES_TO_PAUSE
    assert len(down.mailer.mails) == 12
    passes(down, minutes=60, step=15)
    assert asked(down) <= FAILURES_TO_PAUSE + 5 + 60 * MINUTE // round(0.75 * LONGEST_PAUSE)


def test_after_fourteen_hours_nothing_is_parked_and_all_of_it_goes_out_once(down: Sidecar) -> None:
    passes(down, minutes=14 * 60, step=300)
    assert tickets(down, "parked") == []
    assert max(row["attempts"] for row in down.outbox() if row["kind"] == "ticket") < FAILURES_TO_PAUSE
    down.desk.fault = None
    passes(down, minutes=12, step=20)
    assert len(tickets(down, "sent")) == 12
    assert len({external for external, _ in down.desk.tickets}) == len(down.desk.tickets) == 12


def test_one_alarm_says_since_when_and_what_to_do_and_ends_with_the_first_success(down: Sidecar) -> None:
    down.work()
    down.clock.advance(minutes=2)
    down.work()
    (alarm,) = down.alarms()
    assert alarm.kind == "upstream_down:fake"
    assert "since 2026-11-02T15:00:00Z" in alarm.text
    assert "refused" in alarm.text
    assert "BRIDGE_FAKE_" in alarm.text
    down.desk.fault = None
    down.clock.advance(minutes=10)
    down.work()
    assert down.alarm_kinds() == []
    assert len(tickets(down, "sent")) >= 7


def test_a_token_that_is_refused_pauses_the_helpdesk_and_parks_nothing(down: Sidecar) -> None:
    down.desk.fault = Rejected("http 401", fault=Fault.SYSTEM)
    passes(down, minutes=30, step=30)
    assert tickets(down, "parked") == []
    assert "token" in down.alarms()[0].text
    down.desk.fault = None
    passes(down, minutes=12, step=20)
    assert len(tickets(down, "sent")) == 12


class Poisoned(CountingDesk):
    """Fails for one ticket, always."""

    poison: str = ""
    failing: Exception = OutcomeUnknown("http 500", fault=Fault.SYSTEM)

    def create(self, external_id: str, body: str) -> TicketRef:
        self.asked += 1
        if external_id == self.poison:
            raise self.failing
        return FakeDesk.create(self, external_id, body)


@pytest.fixture
def poisoned(sidecar: Sidecar) -> tuple[Sidecar, Poisoned]:
    """A helpdesk that is up, but for the first of twelve tickets."""
    desk = Poisoned()
    hand_over(sidecar, 12)
    desk.poison = tickets(sidecar, "due")[0]["external_id"]
    systems = Systems(None, desk, sidecar.mailer, "support@shop.example")
    return replace(sidecar, desk=desk, bridge=replace(sidecar.bridge, systems=lambda _site: systems)), desk


def test_a_poison_row_is_parked_opens_no_breaker_and_harms_nobody(poisoned: tuple[Sidecar, Poisoned]) -> None:
    it, desk = poisoned
    desk.failing = Rejected("http 422")
    it.work()
    assert [row["external_id"] for row in tickets(it, "parked")] == [desk.poison]
    assert len(tickets(it, "sent")) == 11
    assert it.alarm_kinds() == []


def test_a_row_that_breaks_its_helpdesk_each_time_is_parked_in_the_end_and_lets_the_others_pass(
    poisoned: tuple[Sidecar, Poisoned],
) -> None:
    it, desk = poisoned
    passes(it, minutes=2, step=10)
    assert len(tickets(it, "sent")) == 11
    for _ in range(40):  # others are taken now and then
        hand_over(it, 1)
        passes(it, minutes=60, step=1800)
    assert [row["external_id"] for row in tickets(it, "parked")] == [desk.poison]


def test_a_probe_whose_process_died_is_followed_by_another(down: Sidecar) -> None:
    down.work()
    down.clock.advance(minutes=1)
    now = down.clock.at
    with down.bridge.store.write() as tx:
        (row,) = tx.work.claim_outbox("died", now, now + MINUTE, 1)
        known = tx.upstreams.hold(SHOP.id, row.target)
        tx.upstreams.save(known.admitted(now, now + MINUTE, None))
    before = asked(down)
    down.clock.advance(seconds=59)
    down.work()
    assert asked(down) == before
    down.clock.advance(seconds=2)
    down.work()
    assert asked(down) == before + 1


def test_another_sites_helpdesk_is_not_held_up(down: Sidecar) -> None:
    down.work()
    with down.bridge.store.read() as tx:
        assert tx.upstreams.get(SHOP.id, "fake").paused
        assert not tx.upstreams.get("other", "fake").paused
        assert not tx.upstreams.get(SHOP.id, "mail").paused


# ------------------------------------------------------------------------------------------------------------- speed


@pytest.mark.alone
def test_ten_thousand_rows_of_a_system_that_is_paused_cost_a_claim_little(sidecar_on_each: Sidecar) -> None:
    import time  # noqa: PLC0415

    it = sidecar_on_each
    hand_over(it, 1)
    it.work()
    copy = text(
        "INSERT INTO outbox (site, id, escalation_id, kind, target, external_id, payload, due_at, state, attempts,"
        " open_sends, created_at, rank) SELECT site, id || :n, escalation_id, kind, target, external_id || :n, payload,"
        " due_at, 'due', 0, 0, created_at, rank FROM outbox WHERE kind = 'ticket' AND state = 'sent'"
    )
    now = it.clock.at
    with it.bridge.store.write() as tx:
        tx._c.execute(copy, [{"n": f".{n}"} for n in range(10_000)])  # type: ignore[attr-defined]
        known = tx.upstreams.hold(SHOP.id, "fake")
        tx.upstreams.save(replace(known, next_at=now + HOUR))
    took = []
    for _ in range(20):
        began = time.perf_counter()
        with it.bridge.store.write() as tx:
            assert tx.work.claim_outbox("me", now, now + MINUTE, 1) == []
        took.append(time.perf_counter() - began)
    print(f"{sorted(took)[10] * 1000:.1f} ms")
    assert sorted(took)[10] < 0.1


# ---------------------------------------------------------------------------------------------------- Our own database


def test_a_database_that_is_busy_before_anything_is_sent_costs_the_row_nothing(
    sidecar_on_each: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = sidecar_on_each
    hand_over(it, 1)

    def busy() -> NoReturn:
        raise StoreBusy

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(it.bridge.store, "read", busy)
        deliver_due(it.bridge)
    assert {line["error"] for line in logs if line["event"] == "outbox.tried"} == {"database busy"}
    assert "outbox.broken" not in {line["event"] for line in logs}
    assert {(row["state"], row["attempts"]) for row in it.outbox()} == {("due", 0)}
    passes(it, minutes=1)
    assert {(row["state"], row["attempts"]) for row in it.outbox()} == {("sent", 1)}
