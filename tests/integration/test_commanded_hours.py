"""Hours that the team commands: in force at the next decision, fair to who is waiting, and never told to a customer."""

import json

import pytest
from support.sidecar import AFTER_HOURS, IN_HOURS, SHOP, Answer, Chat, Sidecar, in_process

from bridge.domain.instants import from_rfc3339, to_rfc3339
from bridge.domain.values import Json
from bridge.ports import Scope
from bridge.service.command_hours import MOST_COMMANDS

ADA: Json = {"id": "3", "name": "Ada"}
WHY = "burst pipe in the office"
EVENING = "2026-11-02T23:00:00Z"
"""Monday, six in the evening in New York: the team has gone."""


def asked(sidecar: Sidecar, **order: Json) -> Answer:
    body = {"agent": ADA, "open": False, "why": WHY, **order}
    return sidecar.caller(Scope.ADMIN).send("POST", "/v1/hours", body)


def commanded(sidecar: Sidecar, **order: Json) -> Json:
    answer = asked(sidecar, **order)
    assert answer.status == 200, answer.body
    return answer.json


def escalated(sidecar: Sidecar) -> tuple[Chat, Json]:
    chat = sidecar.chat()
    chat.start()
    return chat, chat.says("I want to talk to a human")["escalation"]


def with_a_second_queue(sidecar: Sidecar) -> None:
    one = "    pickup_within: 3m\n"
    sidecar.change_policy(one, one + "  vip: {hours: office, respond_within: {normal: 1h}}\n")


def hours(sidecar: Sidecar) -> Json:
    return sidecar.caller(Scope.ADMIN).ask("GET", "/v1/hours")


def queue(sidecar: Sidecar, name: str = "support") -> Json:
    return next(one for one in hours(sidecar)["queues"] if one["queue"] == name)


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_a_closing_counts_from_the_next_decision_on(sidecar_on_each: Sidecar) -> None:
    sidecar_on_each.team.is_there()
    _, before = escalated(sidecar_on_each)
    commanded(sidecar_on_each, for_s=7200)
    _, after = escalated(sidecar_on_each)
    assert (before["channel"], after["channel"] != "live") == ("live", True)
    assert after["commitment"]["due_at"] > "2026-11-02T17:00:00Z"


def test_another_process_on_the_same_database_decides_by_it_too(database: str) -> None:
    with in_process(database) as first:
        first.team.is_there()
        commanded(first, for_s=7200)
        second = first.bridge.store
        with second.read() as tx:
            assert [one.why for one in tx.hours.commands(SHOP.id, first.clock.now())] == [WHY]


def test_an_opening_counts_too_and_sends_nothing(sidecar: Sidecar) -> None:
    sidecar.clock.set(AFTER_HOURS)
    sidecar.team.is_there()
    _, closed = escalated(sidecar)
    sidecar.work()
    mails = len(sidecar.mailer.mails)
    answer = commanded(sidecar, open=True, for_s=3600)
    sidecar.work()
    _, opened = escalated(sidecar)
    assert (closed["channel"] != "live", opened["channel"]) == (True, "live")
    assert (answer["fell"], answer["late"], len(sidecar.mailer.mails)) == (0, 0, mails)


def test_a_command_about_one_queue_leaves_the_others_alone(sidecar: Sidecar) -> None:
    with_a_second_queue(sidecar)
    commanded(sidecar, queue="vip", for_s=3600)
    assert (queue(sidecar)["open"], queue(sidecar, "vip")["open"]) == (True, False)


def test_of_two_commands_the_later_one_wins_even_within_a_millisecond(sidecar: Sidecar) -> None:
    commanded(sidecar, for_s=7200)
    commanded(sidecar, open=True, for_s=3600)
    assert queue(sidecar)["open"]
    commanded(sidecar, for_s=3600)
    assert not queue(sidecar)["open"]


def test_a_command_without_an_end_holds_until_the_day_ends_where_the_site_is(sidecar: Sidecar) -> None:
    assert commanded(sidecar)["command"]["until"] == "2026-11-03T05:00:00Z"


def test_a_command_that_is_over_is_as_if_it_had_never_been(sidecar: Sidecar) -> None:
    commanded(sidecar, for_s=3600)
    sidecar.clock.advance(hours=1)
    assert (queue(sidecar)["open"], hours(sidecar)["commands"]) == (True, [])


def test_a_revoked_command_holds_no_longer(sidecar_on_each: Sidecar) -> None:
    given = commanded(sidecar_on_each)["command"]["id"]
    after = sidecar_on_each.caller(Scope.ADMIN).ask("POST", f"/v1/hours/{given}/revoke", {"agent": ADA})
    assert (after["commands"], queue(sidecar_on_each)["open"]) == ([], True)


def test_the_trace_of_a_decision_holds_the_calendar_and_what_was_commanded(sidecar: Sidecar) -> None:
    given = commanded(sidecar, for_s=7200)["command"]
    _, escalation = escalated(sidecar)
    with sidecar.bridge.store.read() as tx:
        stored = tx.escalations.get(SHOP.id, escalation["id"])
    assert stored is not None
    frozen = json.loads(stored.trace)["calendar"]
    span = [from_rfc3339(given["from"]), from_rfc3339(given["until"])]
    assert frozen == {"name": "office", "commands": [[given["id"], False, *span]], "feed": []}


# -- who is waiting ----------------------------------------------------------------------------------------------------


def test_live_chats_that_nobody_took_fall_at_once_with_a_new_promise(sidecar_on_each: Sidecar) -> None:
    sidecar_on_each.team.is_there(capacity=50)
    waiting, _ = escalated(sidecar_on_each)
    taken, held = escalated(sidecar_on_each)
    sidecar_on_each.team.does("claim", held["id"])
    outcome = commanded(sidecar_on_each, for_s=7200)
    assert outcome["fell"] == 1
    fallen, kept = waiting.events()["escalation"], taken.events()["escalation"]
    assert (fallen["channel"] != "live", kept["channel"]) == (True, "live")
    assert from_rfc3339(fallen["commitment"]["due_at"]) > from_rfc3339(outcome["command"]["until"])
    assert [kind for kind, _ in waiting.lines()].count("commitment") == 2


def test_chats_of_another_queue_do_not_fall(sidecar: Sidecar) -> None:
    with_a_second_queue(sidecar)
    sidecar.team.is_there()
    waiting, _ = escalated(sidecar)
    assert commanded(sidecar, queue="vip", for_s=7200)["fell"] == 0
    assert waiting.events()["escalation"]["channel"] == "live"


def test_a_closing_that_begins_later_lets_nobody_fall_now(sidecar: Sidecar) -> None:
    sidecar.team.is_there()
    escalated(sidecar)
    assert commanded(sidecar, **{"from": "2026-11-02T16:00:00Z"}, for_s=3600)["fell"] == 0


def test_promises_in_time_that_is_closed_now_stay_and_are_counted(sidecar: Sidecar) -> None:
    sidecar.clock.set(EVENING)
    chat, before = escalated(sidecar)
    due = from_rfc3339(before["commitment"]["due_at"])
    around = {"from": to_rfc3339(due - 1_800_000), "until": to_rfc3339(due + 1_800_000)}
    assert commanded(sidecar, **around)["late"] == 1
    assert chat.events()["escalation"]["commitment"] == before["commitment"]
    elsewhere = {"from": to_rfc3339(due), "until": to_rfc3339(due + 1_800_000)}
    assert commanded(sidecar, **elsewhere)["late"] == 0


def test_the_reason_and_the_author_reach_no_customer(sidecar: Sidecar) -> None:
    sidecar.team.is_there()
    chat, _ = escalated(sidecar)
    commanded(sidecar, for_s=7200)
    escalated(sidecar)
    sidecar.work()
    told = [text for _, text in chat.lines()] + [mail.text for mail in sidecar.mailer.mails]
    assert told
    assert [text for text in told if WHY in text] == []
    assert hours(sidecar)["commands"][0]["author"] == "Ada (3)"


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        ({"until": "2026-11-02T15:00:00Z"}, "/until"),
        ({"from": "2026-11-02T18:00:00Z", "until": "2026-11-02T17:00:00Z"}, "/until"),
        ({"until": "2028-11-02T15:00:00Z"}, "/until"),
        ({"from": "2036-01-01T00:00:00Z", "for_s": 3600}, "/from"),
        ({"until": "2026-11-02T18:00:00"}, "/until"),
        ({"until": "2026-11-02T18:00:00Z", "for_s": 60}, ""),
        ({"for_s": 0}, "/for_s"),
        ({"why": ""}, "/why"),
        ({"queue": "not a name"}, "/queue"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_where_it_is_wrong(
    sidecar: Sidecar, order: Json, pointer: str
) -> None:
    answer = asked(sidecar, **order)
    assert (answer.slug, answer.json["errors"][0]["pointer"]) == ("invalid-body", pointer)
    assert hours(sidecar)["commands"] == []


def test_an_unknown_queue_and_an_unknown_command_are_named_as_such(sidecar: Sidecar) -> None:
    admin = sidecar.caller(Scope.ADMIN)
    assert asked(sidecar, queue="nobody").slug == "queue-not-found"
    assert admin.send("POST", "/v1/hours/hrs_none/revoke", {"agent": ADA}).slug == "command-not-found"


def test_so_many_commands_are_enough(sidecar: Sidecar) -> None:
    for _ in range(MOST_COMMANDS):
        commanded(sidecar, for_s=3600)
    assert asked(sidecar, for_s=3600).slug == "too-many-commands"


def test_the_chat_secret_commands_nothing(sidecar: Sidecar) -> None:
    body = {"agent": ADA, "open": False, "why": WHY}
    assert sidecar.caller().send("POST", "/v1/hours", body).slug == "wrong-scope"


def test_the_hours_say_when_the_team_changes(sidecar: Sidecar) -> None:
    sidecar.clock.set(IN_HOURS)
    assert queue(sidecar)["changes_at"] == "2026-11-02T22:00:00Z"
    commanded(sidecar, for_s=1800)
    shut = queue(sidecar)
    assert (shut["open"], shut["changes_at"]) == (False, "2026-11-02T15:30:00Z")
