"""What is late: done on return, most urgent first, never dropped and never doubled, however the clock jumps."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.scheduling import scheduler_beside
from support.sidecar import IN_HOURS, FakeMailer, Sidecar
from support.waiting import until

from bridge.clock import machine_now
from bridge.domain.customer import Account
from bridge.domain.instants import HOUR, MINUTE, SECOND, from_rfc3339
from bridge.domain.values import Json, Millis
from bridge.ports import Mail
from bridge.service.context import Systems
from bridge.service.deliver import deliver_due
from bridge.service.leases import LEASE, Leases
from bridge.service.watch_broken import watch_broken
from bridge.service.watch_promises import follow_up_due

ASKING = "I want to talk to a human"


def promised(sidecar: Sidecar, user: str = "7") -> Json:
    """The commitment of a conversation that was just handed over."""
    chat = sidecar.chat()
    chat.verified(user)
    return chat.says(ASKING)["escalation"]["commitment"]


def follow_ups(sidecar: Sidecar) -> list[Json]:
    with sidecar.bridge.store.read() as tx:
        return tx.work.due(sidecar.clock.at + 1000 * HOUR, 1000)


def message_ids(mails: list[str]) -> Counter[str]:
    return Counter(found[1] for mail in mails if (found := re.search(r"^Message-ID: (\S+)", mail, re.MULTILINE)))


# ------------------------------------------------------------------------------------------- R19: it was not running


@pytest.mark.parametrize("late", [SECOND, 3 * HOUR, 72 * HOUR], ids=["1s", "3h", "3days"])
def test_r19_a_promise_that_fell_due_while_nothing_ran_is_answered_for_on_return_once(
    sidecar: Sidecar, tmp_path: Path, late: Millis
) -> None:
    due = from_rfc3339(promised(sidecar)["due_at"])
    sidecar.clock.at = due + late
    for life in (1, 2):  # the second finds nothing left
        with scheduler_beside(sidecar, tmp_path) as scheduler:
            until(lambda: len(scheduler.said("scheduler.started")) == life, "it to start")  # noqa: B023
            until(lambda: scheduler.said("promises.alarm"), "the alarm")
            until(lambda: len(scheduler.mails) >= 3, "the mails")
    (done,) = scheduler.said("follow_up.done", kind="promise")
    assert done["did"] == "the promise was broken; a new one was made"
    assert late / SECOND <= done["late_s"] <= late / SECOND + 60
    standing = sidecar.team.list()[0]["commitment"]
    assert standing["state"] == "pending"
    assert from_rfc3339(standing["due_at"]) > sidecar.clock.at
    assert "We did not answer in the time we promised" in standing["text"]
    mails = scheduler.mails
    assert set(message_ids(mails).values()) == {1}
    assert sum("To: user7@example.org" in mail for mail in mails) == 1
    alarms = {one["kind"] for one in sidecar.team.caller.ask("GET", "/v1/stats")["alarms"]}
    assert alarms - {"outbox_parked"} == {"promise_broken"}  # this scheduler has no helpdesk, so the ticket is parked


def test_the_alarm_about_broken_promises_ends_when_the_last_customer_is_answered(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    for user in ("7", "8"):
        promised(it, user)
    watch_broken(it.bridge)
    assert it.team.caller.ask("GET", "/v1/stats")["alarms"] == []
    it.clock.advance(hours=5)
    it.work()
    with capture_logs() as lines:
        watch_broken(it.bridge)
        watch_broken(it.bridge)
    assert [(line["event"], line["customers"]) for line in lines] == [("promises.alarm", 2)]
    for left, one in enumerate(it.team.list(), 1):
        it.team.does("reply", one["id"], text="Here I am.", reply_id="r1")
        watch_broken(it.bridge)
        alarms = it.team.caller.ask("GET", "/v1/stats")["alarms"]
        assert [alarm["kind"] for alarm in alarms] == ["promise_broken"] * (left == 1)
        assert [alarm["detail"] for alarm in alarms] == [{"customers": 1}] * (left == 1)
        assert [alarm["text"][:12] for alarm in alarms] == ["A promise to"] * (left == 1)


# --------------------------------------------------------------------------------------------------- what goes first


def test_r16_the_oldest_of_the_highest_tier_goes_first_and_who_waits_longest_within_it(
    sidecar_on_each: Sidecar,
) -> None:
    it = sidecar_on_each
    tiers = {"1": "free", "2": "standard", "3": "enterprise", "4": "business", "5": "enterprise", "6": "free"}
    for user, tier in tiers.items():
        it.crm.accounts[f"user{user}@example.org"] = Account(tier=tier)
        promised(it, user)
        it.clock.advance(minutes=1)
    it.clock.advance(hours=100)
    read = [it.team.read(one["id"]) for one in it.team.list()]
    users = {one["id"]: one["packet"]["customer"]["email"][4] for one in read}
    late = [users[row["escalation_id"]] for row in due_now(it) if row["kind"] == "promise"]
    with capture_logs() as lines:
        while follow_up_due(it.bridge, limit=1):
            pass
    broken = [users[line["escalation"]] for line in lines if line["event"] == "promise.broken"]
    assert broken == late == ["3", "5", "4", "2", "1", "6"]
    it.mailer.mails.clear()
    while deliver_due(it.bridge, limit=1):
        pass
    owned_up = [tiers[mail.to[4]] for mail in it.mailer.mails if mail.to.startswith("user")]
    assert owned_up == [tiers[user] for user in broken]


def due_now(sidecar: Sidecar) -> list[Json]:
    with sidecar.bridge.store.read() as tx:
        return tx.work.due(sidecar.clock.at, 1000, now=sidecar.clock.at)


# ------------------------------------------------------------------------------------------ T03: the clock that jumps


def test_t03_an_hour_forward_and_back_loses_nothing_and_doubles_nothing(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    for user in range(20):
        promised(it, f"{user}")
        it.clock.advance(minutes=2)
    planned = {row["id"]: row["due_at"] for row in follow_ups(it) if row["kind"] == "promise"}
    assert len(planned) == 20
    it.work()
    it.clock.at = min(planned.values()) - 10 * MINUTE
    for jump in (HOUR, -HOUR):
        it.clock.at += jump
        it.work()
    with capture_logs() as lines:
        while it.clock.at < max(planned.values()) + MINUTE:
            it.clock.advance(seconds=30)
            it.work()
    assert all(line["late_s"] <= 60 for line in lines if line["event"] == "follow_up.done")
    with it.bridge.store.read() as tx:
        told = [[one.state for one in tx.escalations.commitments(row["id"])] for row in it.team.list()]
    assert [states.count("broken") for states in told] == [1] * 20
    assert len({mail.message_id for mail in it.mailer.mails}) == len(it.mailer.mails)


def test_a_lease_that_was_set_by_a_clock_that_was_ahead_does_not_hold_its_row(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    promised(it)
    ahead = it.clock.at + HOUR
    with it.bridge.store.write() as tx:
        assert len(tx.work.claim_outbox("died", ahead, ahead + LEASE, 10)) == 2
    assert it.mailer.mails == []
    it.work()
    assert [mail.subject.split(" [")[0] for mail in it.mailer.mails] == ["New"]
    assert len(it.desk.tickets) == 1


class Jumping(FakeMailer):
    """A mail server during whose first call the clock jumps, and another scheduler looks for work."""

    def __init__(self, sidecar: Sidecar, jump: Millis) -> None:
        super().__init__()
        self.sidecar, self.jump = sidecar, jump

    def send(self, mail: Mail) -> None:
        jump, self.jump = self.jump, 0
        if jump:
            self.sidecar.clock.at += jump
            self.sidecar.work()
        super().send(mail)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_while_a_mail_is_on_its_way_does_not_have_it_sent_twice(
    sidecar_on_each: Sidecar, jump: Millis
) -> None:
    leases = Leases(sidecar_on_each.clock, sidecar_on_each.clock, lambda: 0)
    it = replace(sidecar_on_each, bridge=replace(sidecar_on_each.bridge, leases=leases))
    mailer = Jumping(it, jump)
    it.bridge = replace(it.bridge, systems=lambda _: Systems(it.crm, it.desk, mailer, "support@shop.example"))
    promised(it)
    at = it.clock.at
    it.work()
    it.clock.at = at + SECOND
    it.work()
    assert [mail.subject.split(" [")[0] for mail in mailer.mails] == ["New"]
    assert [row["state"] for row in it.outbox()] == ["sent", "sent"]


def test_the_end_of_a_lease_is_believed_again_once_a_lease_has_lasted_since_the_jump() -> None:
    class Hand:
        at = from_rfc3339(IN_HOURS)

        def now(self) -> Millis:
            return self.at

    clock, steady = Hand(), 0
    leases = Leases(clock, clock, lambda: steady)
    assert leases.now() == (clock.at, True)
    clock.at += HOUR
    assert leases.now() == (clock.at, False)
    for passed, believed in ((LEASE - 1, False), (1, True)):
        clock.at += passed
        steady += passed
        assert leases.now() == (clock.at, believed)


# -------------------------------------------------------------------------------------------- a dead scheduler is seen


def beat(sidecar: Sidecar, ago: Millis) -> None:
    with sidecar.bridge.store.write() as tx:
        tx.ops.beat("scheduler", machine_now() - ago)


def ready(sidecar: Sidecar) -> str:
    with sidecar.app.test_client() as client:
        return str(client.get("/readyz").get_json()["checks"]["scheduler"])


@pytest.mark.parametrize("ago", [0, 10 * SECOND, -10 * SECOND])
def test_a_scheduler_that_beat_within_fifteen_seconds_is_alive(sidecar: Sidecar, ago: Millis) -> None:
    beat(sidecar, ago)
    assert ready(sidecar) == "ok"
    assert sidecar.team.caller.ask("GET", "/v1/stats")["scheduler"]["alive"] is True
    with capture_logs() as lines:
        promised(sidecar)
    assert "scheduler.silent" not in {line["event"] for line in lines}


@pytest.mark.parametrize("ago", [16 * SECOND, HOUR, -HOUR])
def test_one_that_did_not_is_seen_by_probe_statistics_and_in_the_log_of_a_decision(
    sidecar: Sidecar, ago: Millis
) -> None:
    """A beat of an hour ahead is one of a clock that was set back since."""
    beat(sidecar, ago)
    assert ready(sidecar) == "no sign of life: is python -m scheduler running?"
    shown = sidecar.team.caller.ask("GET", "/v1/stats")["scheduler"]
    assert shown["alive"] is False
    with capture_logs() as lines:
        promised(sidecar)
    (line,) = [line for line in lines if line["event"] == "scheduler.silent"]
    assert line["last_beat"] == shown["last_beat"]


def test_one_that_never_ran_is_named_as_such(sidecar: Sidecar) -> None:
    assert ready(sidecar) == "never seen: start python -m scheduler"
    assert sidecar.team.caller.ask("GET", "/v1/stats")["scheduler"] == {"alive": False, "last_beat": None}
