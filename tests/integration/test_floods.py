"""A flood of visitors whom nobody verified: every one has a ticket and a promise, the team an alarm and few mails."""

import pytest
from structlog.testing import capture_logs
from support.sidecar import SHOP, Sidecar

from bridge.domain.values import Json
from bridge.service.watch_floods import watch_floods

MOST = 4
ASKING = "I want to talk to a human."


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.service.watch_floods.MOST_AN_HOUR", MOST)


def hand_over(it: Sidecar, number: int = 1, *, identity: str = "claimed") -> list[Json]:
    told = []
    for _ in range(number):
        chat = it.chat()
        user = {"user_id": chat.id} if identity == "verified" else {}
        chat.start(identity, email=f"{chat.id}@example.org".lower(), **user)
        told.append(chat.says(ASKING)["escalation"])
    return told


def mails(it: Sidecar, part: str) -> list[str]:
    """The subjects of the team's mails whose id has this part."""
    it.work()
    return [mail.subject for mail in it.mailer.to(SHOP.team_email) if part in mail.message_id]


def alarms(it: Sidecar) -> list[str]:
    return [one["kind"] for one in it.team.caller.ask("GET", "/v1/stats")["alarms"]]


def test_up_to_the_limit_each_has_a_mail_and_no_alarm_stands(sidecar_on_each: Sidecar) -> None:
    hand_over(sidecar_on_each, MOST)
    assert len(mails(sidecar_on_each, ".team.new@")) == MOST
    assert alarms(sidecar_on_each) == []


def test_beyond_it_one_alarm_stands_and_the_rest_is_told_in_one_mail_a_span(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    with capture_logs() as lines:
        told = hand_over(it, MOST + 3)
    assert [line["event"] for line in lines].count("flood.alarm") == 1
    assert all(one["commitment"]["due_at"] for one in told)
    assert len(it.team.list()) == MOST + 3
    assert alarms(it) == ["unverified_flood"]
    assert mails(it, "flood.alm_") == ["ALARM: a flood of conversations"]
    watch_floods(it.bridge)
    assert mails(it, "flood.support.") == []  # its five minutes are not over
    it.clock.advance(minutes=5)
    hand_over(it)
    for _ in range(2):
        watch_floods(it.bridge)
    assert mails(it, "flood.support.") == ["New [support] 3 conversations"]
    (bundle,) = [mail for mail in it.mailer.mails if "flood.support." in mail.message_id]
    for one in told[MOST:]:
        assert f"escbridge_desk={one['id']}" in bundle.text
    assert told[0]["id"] not in bundle.text
    assert len(mails(it, ".team.new@")) == MOST


def test_who_is_logged_in_is_told_by_itself_also_in_a_flood(sidecar: Sidecar) -> None:
    hand_over(sidecar, MOST + 1)
    hand_over(sidecar, 2, identity="verified")
    assert len(mails(sidecar, ".team.new@")) == MOST + 2


def test_customers_who_are_logged_in_are_no_flood(sidecar: Sidecar) -> None:
    hand_over(sidecar, MOST + 2, identity="verified")
    hand_over(sidecar, 1)
    assert alarms(sidecar) == []
    assert len(mails(sidecar, ".team.new@")) == MOST + 3


def test_a_flood_is_over_when_its_hour_is_and_all_of_it_is_told(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    hand_over(it, MOST + 2)
    it.clock.advance(minutes=59)
    watch_floods(it.bridge)
    assert alarms(it) == ["unverified_flood"]
    it.clock.advance(minutes=2)
    with capture_logs() as lines:
        watch_floods(it.bridge)
    assert alarms(it) == []
    assert "flood.cleared" in [line["event"] for line in lines]
    assert mails(it, "flood.support.") == ["New [support] 2 conversations"]
    hand_over(it, 1)
    assert len(mails(it, ".team.new@")) == MOST + 1


def test_the_alarm_does_not_end_before_the_last_of_the_flood_is_told(sidecar: Sidecar) -> None:
    sidecar.clock.advance(minutes=2)
    hand_over(sidecar, 1)
    sidecar.clock.advance(minutes=59)
    hand_over(sidecar, MOST)
    sidecar.clock.advance(minutes=2)
    watch_floods(sidecar.bridge)  # an hour has no more than the limit by now
    assert alarms(sidecar) == ["unverified_flood"]
    sidecar.clock.advance(minutes=4)
    watch_floods(sidecar.bridge)
    assert alarms(sidecar) == []
    assert mails(sidecar, "flood.support.") == ["New [support] 1 conversation"]


def test_a_scheduler_that_was_away_sends_the_bundles_of_that_time(sidecar: Sidecar) -> None:
    hand_over(sidecar, MOST + 2)
    sidecar.clock.advance(minutes=6)
    hand_over(sidecar, 2)
    sidecar.clock.advance(hours=2)
    watch_floods(sidecar.bridge)
    assert sorted(mails(sidecar, "flood.support.")) == ["New [support] 2 conversations"] * 2
    assert alarms(sidecar) == []


def test_who_is_erased_is_erased_from_the_bundle_too(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    hand_over(sidecar, MOST + 1)  # the bundle lies beside the first of them
    chat.start("claimed", email="ann@example.org")
    escalation = chat.says(ASKING)["escalation"]
    sidecar.clock.advance(minutes=5)
    watch_floods(sidecar.bridge)
    sidecar.team.caller.ask("POST", "/v1/privacy/erase", {"email": "ann@example.org", "force": True})
    sidecar.work()
    assert all(escalation["id"] not in mail.text for mail in sidecar.mailer.mails)


def test_a_hand_over_is_one_line_in_the_log_without_a_word_that_anybody_wrote(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.start("claimed", email="ann@example.org", name="Ann")
    chat.says("Where is my blue coat?")
    with capture_logs() as lines:
        chat.says(ASKING)
        chat.says("Are you there?")
    (line,) = [line for line in lines if line["event"] == "turn.escalated"]
    (escalation,) = sidecar.team.list()
    assert {name: line[name] for name in line if name not in ("event", "log_level")} == {
        "site": "shop",
        "session": chat.id,
        "seq": 2,
        "escalation": escalation["id"],
        "rule": "explicit_request",
        "priority": escalation["priority"],
        "queue": "support",
        "channel": escalation["channel"],
        "policy_version": 1,
    }
