"""R07 to R10: helpdesks that refuse, fail, lose answers or are away, in virtual time, for each that there is."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest
from support.checker import Said, Seen, broken_invariants
from support.contractcheck import Fault, InProcess, Request, drops_after, drops_before, refuses
from support.desks import DESKS
from support.desks.vendor import DeskVendor
from support.sidecar import SHOP, FakeMailer, Sidecar, with_systems

from bridge.adapters.http import Http
from bridge.assembly.desks import Outside, desk
from bridge.config import SiteSettings
from bridge.domain import judging
from bridge.domain.instants import MINUTE, SECOND, from_rfc3339
from bridge.domain.rendering import on_the_clock
from bridge.domain.values import Json, Millis
from bridge.service.watch_outbox import LATE_ALARM, PARKED_ALARM, watch_outbox

ASKING = "I want to talk to a human."
SOON = 0.3
"""Seconds that a turn may take, whatever the helpdesk does."""
BUSY = 5
"""Where the machine is busy with other things, as many times what the slowest turn took before there was trouble."""
STEP = 10 * MINUTE


@dataclass
class Shop:
    """A site with this helpdesk, and what its visitors were told."""

    it: Sidecar
    vendor: DeskVendor
    said: list[Said] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    def hand_over(self, user: int) -> Json:
        """A logged-in customer is handed over; gives the escalation."""
        chat = self.it.chat()
        verdict: Json = None
        for turn, call in (("", partial(chat.verified, str(user))), ("t1", partial(chat.says, ASKING))):
            began = time.monotonic()
            verdict = call()
            self.said.append(Said(chat.id, turn, began, time.monotonic(), 200, verdict))
        self.took.append(self.said[-1].ended - self.said[-1].began)
        return verdict["escalation"]

    def misbehaves(self, chance: Callable[[Request], Fault | None]) -> None:
        self.vendor.chance = chance

    def well(self) -> None:
        self.misbehaves(lambda _request: None)

    def pass_time(self, span: Millis, do: Callable[[], object] = lambda: None) -> None:
        """The scheduler works every few minutes."""
        for _ in range(span // STEP):
            self.it.work()
            self.it.clock.at += STEP
            do()
        self.it.work()

    def settle(self) -> None:
        """Until everything is sent, as long as it may take."""
        for _ in range(24 * 12):
            self.it.work()
            if not self.waiting():
                return
            self.it.clock.at += STEP
        raise AssertionError(self.waiting())

    def waiting(self) -> list[Json]:
        """What will yet be sent by itself: a note waits for its ticket, and so for who looks after a parked one."""
        rows = self.it.outbox()
        parked = {row["escalation_id"] for row in rows if (row["kind"], row["state"]) == ("ticket", "parked")}
        waits = [row for row in rows if row["state"] not in ("sent", "parked")]
        return [row for row in waits if row["kind"] != "note" or row["escalation_id"] not in parked]

    def row(self, escalation: str) -> Json:
        (found,) = [row for row in self.it.outbox() if (row["kind"], row["escalation_id"]) == ("ticket", escalation)]
        return found

    def alarms(self) -> set[str]:
        """The kinds of those that stand, once the scheduler has looked."""
        watch_outbox(self.it.bridge)
        return set(self.it.alarm_kinds())

    def tickets(self) -> Counter[str]:
        return Counter(one.external_id for one in self.vendor.filed())

    def broken(self) -> list[str]:
        mails = Counter(mail.message_id for mail in self.it.mailer.mails)
        with self.it.bridge.store.read() as tx:
            return broken_invariants(Seen(tx, SHOP.id, self.said, self.tickets(), mails))


@pytest.fixture(params=DESKS, ids=lambda kind: kind.name)
def shop(request: pytest.FixtureRequest, sidecar: Sidecar) -> Iterator[Shop]:
    vendor: DeskVendor = request.param()
    own = SiteSettings.model_validate(vendor.settings("https://desk.example"))
    sidecar.clock.at = from_rfc3339("2026-11-02T15:00:00Z")
    outside = Outside(partial(Http, transport=InProcess(vendor)), FakeMailer(), "support@shop.example")
    made = with_systems(sidecar, desk=desk(own, outside))
    yield Shop(made, vendor)
    assert vendor.problems() == []


def test_r07_throttled_failing_and_down_means_one_ticket_with_the_time_of_the_decision(
    shop: Shop,
) -> None:
    judging.warm()
    calm = [shop.hand_over(user) and shop.took[-1] for user in range(100, 105)]
    shop.it.work()
    decided = shop.it.clock.at
    first = shop.hand_over(1)["id"]
    shop.misbehaves(lambda _request: refuses(429, "120"))
    shop.it.work()
    assert shop.row(first)["due_at"] == decided + 120 * SECOND
    asked = len(shop.vendor.calls)
    shop.it.clock.at += 119 * SECOND
    shop.it.work()
    assert len(shop.vendor.calls) == asked, "Retry-After was not honoured"
    shop.it.clock.at += 1 * SECOND
    shop.misbehaves(lambda _request: refuses(500))
    shop.it.work()
    assert len(shop.vendor.calls) > asked
    users = iter(range(2, 100))
    shop.misbehaves(lambda _request: drops_before())
    shop.pass_time(10 * MINUTE, lambda: shop.hand_over(next(users)))
    shop.well()
    shop.settle()
    assert shop.broken() == []
    ticket = next(one for one in shop.vendor.filed() if one.external_id == first)
    assert any(on_the_clock(decided, SHOP.timezone) in text for text in ticket.private)
    assert shop.it.clock.at >= decided + 12 * MINUTE
    assert max(shop.took[len(calm) + 1 :]) < max(SOON, BUSY * max(calm))


def test_r08_thirty_percent_of_the_answers_lost_leave_one_ticket_each(shop: Shop) -> None:
    chance = random.Random(8)
    shop.misbehaves(lambda _request: drops_after() if chance.random() < 0.3 else None)
    handed = {shop.hand_over(user)["id"] for user in range(60)}
    shop.settle()
    assert shop.tickets() == dict.fromkeys(handed, 1)
    assert shop.broken() == []


def test_r09_away_for_fourteen_hours_keeps_nobody_from_being_told_and_all_arrives_once(
    shop: Shop,
) -> None:
    shop.misbehaves(lambda _request: drops_before())
    handed = {shop.hand_over(user)["id"] for user in range(5)}
    due = {one["id"]: from_rfc3339(one["commitment"]["due_at"]) for one in shop.it.team.list()}
    shop.pass_time(20 * MINUTE)
    assert LATE_ALARM in shop.alarms()
    shop.pass_time(14 * 60 * MINUTE)
    team = [mail for mail in shop.it.mailer.mails if ".team.new@" in mail.message_id]
    assert len(team) == len(handed)
    assert all(mail.sent_at < min(due.values()) for mail in team)
    waiting = {row["escalation_id"]: row for row in shop.it.outbox() if row["kind"] == "ticket"}
    assert waiting.keys() == handed
    assert {row["state"] for row in waiting.values()} <= {"due", "unknown"}
    assert all(row["error"] for row in waiting.values())
    assert shop.tickets() == {}
    shop.well()
    shop.settle()
    assert shop.tickets() == dict.fromkeys(handed, 1)
    assert shop.broken() == []
    assert LATE_ALARM not in shop.alarms()


def test_r10_a_packet_that_the_helpdesk_never_takes_is_parked_and_harms_no_other(shop: Shop) -> None:
    poison = shop.hand_over(1)["id"]
    shop.misbehaves(lambda request: refuses(422) if poisoned(request, poison) else None)
    others = [shop.hand_over(user)["id"] for user in range(2, 12)]
    shop.it.work()
    assert {shop.row(one)["state"] for one in others} == {"sent"}
    assert (shop.row(poison)["state"], shop.row(poison)["attempts"]) == ("parked", 1)
    assert shop.row(poison)["error"] == "http 422"
    assert PARKED_ALARM in shop.alarms()
    shop.well()
    with shop.it.bridge.store.write() as tx:
        assert tx.work.retry(shop.row(poison)["id"], shop.it.clock.at)
    shop.settle()
    assert shop.tickets() == dict.fromkeys([poison, *others], 1)
    assert shop.broken() == []
    assert PARKED_ALARM not in shop.alarms()


def poisoned(request: Request, external_id: str) -> bool:
    """Whether it would make that ticket, or looks for it."""
    return external_id in f"{request.path} {request.query} {request.body.decode()}"
