"""The ladder over the API: who is free, who helps out, what falls, what comes back, and what an answer settles."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.sidecar import ADA, AFTER_HOURS, SHOP, Chat, Sidecar

from bridge.domain.customer import Account
from bridge.domain.escalation import Agent, Commitment
from bridge.domain.instants import MINUTE
from bridge.domain.values import Json
from bridge.ports import DeskNews, Filed, NewsKind, NotDone
from bridge.service.ask_desks import TICKETS_PER_CALL, Desks
from bridge.service.context import open_case
from bridge.service.desk_news import take_news
from bridge.service.errors import EscalationUnknown
from bridge.service.manage_policy import default_document
from bridge.service.work_ticket import withdraw

ASKING = "I want to talk to a human"
BOB: Json = {"id": "4", "name": "Bob"}
POLICY = """
tiers: [standard, gold]
triggers: {asked: {type: human_requested}}
rules: [{name: asked, when: asked, priority: normal}]
queues:
  team:
    hours: office
    respond_within: {normal: 4h}
    ladder: [live, callback, email]
    overflow: [helpers]
    by_tier: {gold: {respond_within: {normal: 30m}}}
    promises: 2
    email: team@shop.example
    in_charge: boss@shop.example
  helpers:
    hours: office
    respond_within: {normal: 1h}
    pickup_within: 2m
    email: helpers@shop.example
hours:
  office: {timezone: America/New_York, week: {mon-fri: ["09:00-12:00", "13:00-17:00"]}}
"""


@pytest.fixture
def it(sidecar_on_each: Sidecar) -> Sidecar:
    sidecar_on_each.put_policy(POLICY)
    return sidecar_on_each


def escalated(it: Sidecar, user: str = "7") -> Chat:
    chat = it.chat()
    chat.verified(user)
    assert chat.says(ASKING)["state"] == "escalated"
    return chat


def ask(it: Sidecar, user: str) -> Json:
    """The escalation of a visitor who has just asked for a person."""
    chat = it.chat()
    chat.verified(user)
    found: Json = chat.says(ASKING)["escalation"]
    return found


def promises(it: Sidecar) -> list[Commitment]:
    with it.bridge.store.read() as tx:
        return tx.escalations.commitments(it.team.the_one()["id"])


def states(it: Sidecar) -> list[str]:
    return [one.state.value for one in promises(it)]


def subjects(it: Sidecar, to: str) -> list[str]:
    return [mail.subject.split(" [")[0] for mail in it.mailer.to(to)]


def pass_time(it: Sidecar, **how: float) -> None:
    it.clock.advance(**how)
    it.work()


# ------------------------------------------------------------------------------------------------- who is free


def test_ten_visitors_in_one_second_are_not_all_told_that_a_person_is_joining(it: Sidecar) -> None:
    it.team.is_there(capacity=2, queues=["team"])
    assert Counter(ask(it, str(user))["channel"] for user in range(10)) == {"live": 2, "callback": 8}


def test_visitors_who_ask_at_the_same_moment_share_the_places_that_there_are(it: Sidecar) -> None:
    it.team.is_there(capacity=2, queues=["team"])
    chats = [it.chat() for _ in range(8)]
    for user, chat in enumerate(chats):
        chat.verified(str(user))
    together = threading.Barrier(len(chats))

    def at_once(chat: Chat) -> str:
        together.wait(30)
        while (answer := chat.caller.send("POST", f"/v1/sessions/{chat.id}/turns", TURN)).status == 503:
            pass
        return str(answer.json["escalation"]["channel"])

    with ThreadPoolExecutor(len(chats)) as pool:
        assert Counter(pool.map(at_once, chats)) == {"live": 2, "callback": 6}


TURN = {"turn_id": "t1", "text": ASKING}


def test_a_chat_that_is_picked_up_leaves_room_for_the_next_up_to_the_capacity(it: Sidecar) -> None:
    it.team.is_there(capacity=2, queues=["team"])
    it.team.does("claim", ask(it, "1")["id"])
    assert [ask(it, user)["channel"] for user in ("2", "3")] == ["live", "callback"]


def test_a_chat_that_is_over_leaves_room_again(it: Sidecar) -> None:
    it.team.is_there(capacity=1, queues=["team"])
    it.team.does("resolve", ask(it, "1")["id"])
    assert ask(it, "2")["channel"] == "live"


def test_a_chat_that_waits_in_a_queue_which_the_policy_has_renamed_keeps_its_place(sidecar: Sidecar) -> None:
    sidecar.team.is_there(capacity=1, queues=["support"])
    assert ask(sidecar, "1")["channel"] == "live"
    sidecar.put_policy(re.sub(r"\bsupport\b", "helpers", default_document("America/New_York")))
    sidecar.team.is_there(capacity=1, queues=["helpers"])
    assert ask(sidecar, "2")["channel"] != "live"


def test_what_a_clock_that_was_ahead_noted_of_the_team_does_not_hold_once_it_is_set_back(it: Sidecar) -> None:
    it.clock.advance(hours=48)
    it.team.is_there(ttl_s=3600, queues=["team"])
    it.clock.advance(hours=-44)
    assert it.team.caller.ask("GET", "/v1/agents")["agents"] == []
    assert ask(it, "1")["channel"] == "callback"


def test_who_did_not_pick_up_by_a_clock_that_was_ahead_is_not_away_until_that_day(it: Sidecar) -> None:
    it.clock.advance(hours=48)
    it.team.is_there(ttl_s=600, queues=["team"])
    assert ask(it, "1")["channel"] == "live"
    pass_time(it, minutes=3)
    it.clock.advance(hours=-48)
    it.team.is_there(ttl_s=600, queues=["team"])
    assert ask(it, "2")["channel"] == "live"


def test_who_did_not_pick_up_counts_as_away_whatever_their_heartbeat_says(it: Sidecar) -> None:
    it.team.is_there(ttl_s=600, queues=["team"])
    ask(it, "1")
    pass_time(it, minutes=3)
    it.team.is_there(ttl_s=3600, queues=["team"])
    it.team.is_there(BOB, queues=["other"], capacity=2)
    there = it.team.caller.ask("GET", "/v1/agents")["agents"]
    assert [(one["name"], one["queues"], one["capacity"]) for one in there] == [("Bob", ["other"], 2)]
    assert ask(it, "2")["channel"] == "callback"
    it.clock.advance(minutes=15)
    assert ask(it, "3")["channel"] == "live"


def test_who_has_their_hands_full_did_not_fail_to_pick_up(it: Sidecar) -> None:
    it.team.is_there(ttl_s=3600, capacity=1, queues=["team"])
    it.team.is_there(BOB, ttl_s=3600, capacity=1, queues=["team"])
    first, second = ask(it, "1"), ask(it, "2")
    it.team.does("claim", first["id"])
    pass_time(it, minutes=3)
    it.team.does("resolve", first["id"])
    it.team.does("resolve", second["id"], BOB)
    assert ask(it, "3")["channel"] == "live"


BACK: dict[str, Callable[[Sidecar, str], object]] = {
    "a claim": lambda it, number: it.team.does("claim", number),
    "a reply": lambda it, number: it.team.does("reply", number, text="Hello", reply_id="r1"),
    "an end": lambda it, number: it.team.does("resolve", number),
    "off and on again": lambda it, _number: (it.team.is_there(available=False), it.team.is_there(queues=["team"])),
}


@pytest.mark.parametrize("shows", BACK.values(), ids=BACK)
def test_who_shows_up_is_there_again(it: Sidecar, shows: Callable[[Sidecar, str], object]) -> None:
    it.team.is_there(ttl_s=3600, queues=["team"])
    number = ask(it, "1")["id"]
    pass_time(it, minutes=3)
    shows(it, number)
    assert ask(it, "2")["channel"] == "live"


def test_a_queue_that_believes_its_hours_is_live_with_nobody_seen_until_nobody_picks_up(it: Sidecar) -> None:
    it.put_policy(
        POLICY.replace("    hours: office\n    respond", "    staffing: schedule\n    hours: office\n    respond", 1)
    )
    first = ask(it, "1")
    assert first["channel"] == "live"
    pass_time(it, minutes=3)
    assert ask(it, "2")["channel"] == "callback"
    it.team.does("claim", first["id"])
    assert ask(it, "3")["channel"] == "live"


# ------------------------------------------------------------------------------------------------- overflow


def test_a_queue_whose_people_are_busy_hands_over_to_one_that_helps_out(it: Sidecar) -> None:
    it.team.is_there(queues=["helpers"])
    found = ask(it, "7")
    assert (found["channel"], found["queue"]) == ("live", "helpers")
    assert found["commitment"]["due_at"] == "2026-11-02T16:00:00Z"
    it.work()
    assert "helpers" in it.desk.tickets[0][1]
    assert (len(it.mailer.to("helpers@shop.example")), len(it.mailer.to("team@shop.example"))) == (1, 0)


def test_nobody_who_could_help_out_leaves_the_promise_with_the_first_queue(it: Sidecar) -> None:
    found = ask(it, "7")
    assert (found["channel"], found["queue"]) == ("callback", "team")


def test_a_chat_that_nobody_of_the_helping_queue_takes_comes_home_and_its_team_is_told(it: Sidecar) -> None:
    it.team.is_there(queues=["helpers"])
    escalated(it)
    pass_time(it, minutes=2)
    found = it.team.the_one()
    assert (found["queue"], found["channel"]) == ("team", "callback")
    assert found["commitment"]["due_at"] == "2026-11-02T20:02:00Z"
    assert subjects(it, "team@shop.example") == ["New"]
    assert states(it) == ["replaced", "pending"]


def test_a_customer_of_an_assumed_tier_is_promised_what_the_highest_is(it: Sidecar) -> None:
    def down(_visitor: object) -> Account:
        raise NotDone("timeout")

    it.crm.answer = down
    found = ask(it, "7")
    assert found["commitment"]["due_at"] == "2026-11-02T15:30:00Z"


# ------------------------------------------------------------------------------------------------- before it is due


def test_near_the_end_who_is_free_by_now_gets_the_chat_and_the_promise_stands(it: Sidecar) -> None:
    chat = escalated(it)
    before = it.team.the_one()["commitment"]
    pass_time(it, hours=3)  # the opening after noon
    it.clock.advance(hours=1, minutes=50)  # the hour at noon does not count
    it.team.is_there(queues=["helpers"])
    it.work()
    found = it.team.the_one()
    assert (found["queue"], found["channel"], found["commitment"]) == ("helpers", "live", before)
    assert subjects(it, "team@shop.example")[-1] == "Due soon"
    assert subjects(it, "helpers@shop.example") == ["Due soon"]
    pass_time(it, minutes=2)
    found = it.team.the_one()
    assert (found["queue"], found["channel"], found["commitment"]) == ("team", "callback", before)
    assert len(chat.lines()) == 1


def test_near_the_end_a_call_that_nobody_made_becomes_a_mail_and_then_the_person_in_charge_is_warned(
    it: Sidecar,
) -> None:
    escalated(it)
    pass_time(it, hours=4, minutes=50)
    assert (it.team.the_one()["channel"], subjects(it, "boss@shop.example")) == ("email", [])
    pass_time(it, minutes=10)
    assert states(it) == ["broken", "pending"]
    it.clock.at = promises(it)[-1].due_at - 10 * MINUTE
    it.work()
    assert subjects(it, "boss@shop.example") == ["Due soon"]


def test_near_the_end_who_is_free_gets_the_chat_also_where_live_stands_below_a_call(it: Sidecar) -> None:
    it.change_policy("ladder: [live, callback, email]", "ladder: [callback, live, email]")
    escalated(it)
    it.clock.at = promises(it)[0].due_at - 10 * MINUTE
    it.team.is_there(queues=["team"])
    it.work()
    assert it.team.the_one()["channel"] == "live"
    pass_time(it, minutes=3)
    assert (it.team.the_one()["channel"], states(it)) == ("callback", ["pending"])


def test_a_short_promise_warns_at_half_its_time(it: Sidecar) -> None:
    it.put_policy(POLICY.replace("{normal: 4h}", "{normal: 10m}"))
    escalated(it)
    pass_time(it, minutes=4, seconds=59)
    assert subjects(it, "team@shop.example") == ["New"]
    pass_time(it, seconds=1)
    assert subjects(it, "team@shop.example") == ["New", "Due soon"]


def test_an_escalation_that_somebody_has_is_not_offered_to_others(it: Sidecar) -> None:
    escalated(it)
    it.team.does("claim", it.team.the_one()["id"])
    it.team.is_there(BOB, ttl_s=3600, queues=["helpers"])
    it.clock.advance(hours=4, minutes=50)
    it.team.is_there(BOB, ttl_s=3600, queues=["helpers"])
    it.work()
    assert (it.team.the_one()["queue"], it.team.the_one()["claimed_by"]["name"]) == ("team", "Ada")


def test_a_claim_ends_with_the_broken_promise_of_somebody_who_is_not_there_any_more(it: Sidecar) -> None:
    escalated(it)
    it.team.does("claim", it.team.the_one()["id"])
    pass_time(it, hours=4, minutes=55)
    with capture_logs() as lines:
        pass_time(it, minutes=5)
    assert states(it) == ["broken", "pending"]
    assert (it.team.the_one()["state"], it.team.the_one()["claimed_by"]) == ("open", None)
    assert [line["agent"] for line in lines if line["event"] == "claim.ended"] == [ADA["id"]]
    (told,) = [mail for mail in it.mailer.to("team@shop.example") if mail.subject.startswith("Promise broken [")]
    assert "is not seen here: anybody may take it" in told.text
    it.team.does("claim", it.team.the_one()["id"], agent=BOB)
    assert it.team.the_one()["claimed_by"]["name"] == "Bob"


def test_who_is_there_keeps_what_they_have_claimed_when_its_promise_breaks(it: Sidecar) -> None:
    escalated(it)
    it.team.does("claim", it.team.the_one()["id"])
    it.clock.advance(hours=5)
    it.team.is_there(ttl_s=3600)
    it.work()
    assert states(it) == ["broken", "pending"]
    assert it.team.the_one()["claimed_by"]["name"] == "Ada"


# ------------------------------------------------------------------------------------------------- openings


def test_at_the_opening_who_is_free_gets_the_chat_live_and_nobody_who_takes_it_leaves_all_as_it_was(
    it: Sidecar,
) -> None:
    it.clock.set(AFTER_HOURS)
    escalated(it)
    before = it.team.the_one()["commitment"]
    it.clock.set("2026-11-02T14:00:00Z")
    it.team.is_there(queues=["team"])
    it.work()
    assert (it.team.the_one()["channel"], it.team.the_one()["commitment"]) == ("live", before)
    pass_time(it, minutes=3)
    assert (it.team.the_one()["channel"], it.team.the_one()["commitment"]) == ("callback", before)
    assert states(it) == ["pending"]


def test_every_opening_before_the_promise_is_due_is_looked_at(it: Sidecar) -> None:
    it.clock.set(AFTER_HOURS)
    escalated(it)
    it.clock.set("2026-11-02T14:00:00Z")
    it.work()
    assert it.team.the_one()["channel"] == "callback"
    it.clock.set("2026-11-02T18:00:00Z")  # after the noon hour, one hour before the promise
    it.team.is_there(queues=["team"])
    it.work()
    assert it.team.the_one()["channel"] == "live"


def test_only_a_customer_who_came_after_hours_is_written_to_at_the_opening(it: Sidecar) -> None:
    ask(it, "7")
    it.clock.set("2026-11-02T17:30:00Z")  # noon there
    ask(it, "8")
    it.clock.set("2026-11-02T18:00:00Z")
    it.work()
    assert (len(it.mailer.to("user7@example.org")), len(it.mailer.to("user8@example.org"))) == (0, 1)


def test_the_team_that_opens_gets_no_more_chats_live_than_it_has_room_for(it: Sidecar) -> None:
    it.clock.set(AFTER_HOURS)
    for user in range(5):
        ask(it, str(user))
    it.clock.set("2026-11-02T14:00:00Z")
    it.team.is_there(capacity=2, queues=["team"])
    it.work()
    assert Counter(one["channel"] for one in it.team.list()) == {"live": 2, "callback": 3}


def test_an_answer_to_a_chat_that_was_taken_up_later_also_goes_by_mail(it: Sidecar) -> None:
    it.clock.set(AFTER_HOURS)
    escalated(it)
    it.clock.set("2026-11-02T14:00:00Z")
    it.team.is_there(queues=["team"])
    it.work()
    it.team.does("reply", it.team.the_one()["id"], text="Here I am", reply_id="r1")
    it.work()
    assert "Here I am" in it.mailer.to("user7@example.org")[-1].text


def test_an_opening_that_the_team_has_closed_over_is_none_and_the_next_one_is(it: Sidecar) -> None:
    it.clock.set(AFTER_HOURS)
    escalated(it)
    it.clock.set("2026-11-02T13:00:00Z")
    closing = {"open": False, "until": "2026-11-02T16:00:00Z", "why": "burst pipe", "agent": ADA}
    it.team.caller.ask("POST", "/v1/hours", closing)
    it.clock.set("2026-11-02T14:00:00Z")
    it.work()
    assert (it.mailer.to("user7@example.org"), subjects(it, "team@shop.example")) == ([], ["New"])
    it.clock.set("2026-11-02T16:00:00Z")
    it.work()
    assert len(it.mailer.to("user7@example.org")) == 1
    assert [one for one in subjects(it, "team@shop.example") if one.startswith("Waiting")] == ["Waiting"]


def test_an_opening_that_nobody_watched_until_closing_time_is_not_written_about_at_night(it: Sidecar) -> None:
    it.change_policy("normal: 4h", "normal: 1d")
    it.clock.set(AFTER_HOURS)
    escalated(it)
    it.clock.set("2026-11-02T23:00:00Z")
    it.work()
    assert it.mailer.to("user7@example.org") == []
    it.clock.set("2026-11-03T14:00:00Z")
    it.work()
    assert "Our team is in" in it.mailer.to("user7@example.org")[0].text


# ------------------------------------------------------------------------------------------------- broken promises


def test_a_live_chat_just_before_closing_is_not_promised_into_the_night(it: Sidecar) -> None:
    it.clock.set("2026-11-02T21:55:00Z")
    it.team.is_there(queues=["team"])
    told = ask(it, "7")
    assert (told["channel"], told["commitment"]["due_at"]) == ("live", "2026-11-03T18:55:00Z")
    it.team.does("claim", it.team.the_one()["id"])
    it.clock.set("2026-11-03T14:00:00Z")
    it.work()
    assert states(it) == ["pending"]


def test_a_broken_promise_goes_to_the_next_rung_and_never_into_closed_time(it: Sidecar) -> None:
    escalated(it)
    it.clock.set("2026-11-03T02:00:00Z")  # nine in the evening: the scheduler was away
    it.work()
    found = it.team.the_one()
    assert (found["channel"], states(it)) == ("email", ["broken", "pending"])
    assert found["commitment"]["due_at"] == "2026-11-03T19:00:00Z"


def test_after_the_last_promise_the_person_in_charge_is_alarmed_until_somebody_answers(it: Sidecar) -> None:
    escalated(it)
    number = it.team.the_one()["id"]
    for broken in range(1, 5):
        it.clock.at = promises(it)[-1].due_at
        it.work()
        assert states(it) == ["broken"] * broken + ["pending"]
        assert it.alarm_kinds() == ([f"promises_broken:{number}"] if broken >= 2 else [])
    assert subjects(it, "boss@shop.example").count("ALARM: promise broken again") == 3
    assert subjects(it, "team@shop.example").count("Promise broken") == 1
    assert len([m for m in it.mailer.to("user7@example.org") if "did not answer in the time" in m.text]) == 1
    it.team.does("reply", number, text="At last", reply_id="r1")
    assert it.alarm_kinds() == []
    assert states(it) == ["broken"] * 4 + ["kept"]


def test_without_a_person_in_charge_the_queue_gets_the_alarm(it: Sidecar) -> None:
    it.put_policy(POLICY.replace("    in_charge: boss@shop.example\n", ""))
    escalated(it)
    for _ in range(2):
        it.clock.at = promises(it)[-1].due_at
        it.work()
    assert "ALARM: promise broken again" in subjects(it, "team@shop.example")


def test_a_promise_replaced_because_nobody_picked_up_is_none_that_was_broken(it: Sidecar) -> None:
    it.team.is_there(queues=["team"])
    escalated(it)
    pass_time(it, minutes=3)
    it.clock.at = promises(it)[-1].due_at
    it.work()
    assert (states(it), it.alarm_kinds()) == (["replaced", "broken", "pending"], [])


# ------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(("late", "state"), [(-1, "kept"), (0, "kept"), (1, "broken")])
@pytest.mark.parametrize("does", ["reply", "resolve"])
def test_what_a_person_does_counts_by_its_instant_even_before_the_scheduler_has_looked(
    it: Sidecar, does: str, late: int, state: str
) -> None:
    escalated(it)
    it.clock.at = promises(it)[0].due_at + late
    it.team.does(does, it.team.the_one()["id"], **({"text": "Hello", "reply_id": "r1"} if does == "reply" else {}))
    it.work()
    assert states(it) == [state]


@pytest.mark.parametrize(("late", "state"), [(0, "replaced"), (1, "broken")])
def test_a_release_replaces_a_promise_that_is_not_due_and_mends_none_that_is(
    it: Sidecar, late: int, state: str
) -> None:
    escalated(it)
    it.clock.at = promises(it)[0].due_at + late
    it.team.does("release", it.team.the_one()["id"])
    assert states(it) == [state]


ZOE = Agent("zendesk:9", "Zoe")


def tell(it: Sidecar, kind: NewsKind, *, at: int | None = None, agent: Agent = ZOE, **more: Any) -> None:
    news = DeskNews(kind, it.team.the_one()["id"], agent, it.clock.at if at is None else at, **more)
    with it.bridge.store.write() as tx:
        take_news(open_case(it.bridge, tx, SHOP.id), news)


def test_a_person_who_picks_up_in_the_helpdesk_has_it_and_the_customer_hears_it_once(it: Sidecar) -> None:
    it.team.is_there(queues=["team"])
    chat = escalated(it)
    tell(it, NewsKind.PICKED_UP)
    tell(it, NewsKind.PICKED_UP)
    tell(it, NewsKind.PICKED_UP, agent=Agent("zendesk:8", "Yan"))
    assert it.team.the_one()["claimed_by"]["name"] == "Yan"
    assert [text for kind, text in chat.lines() if kind == "notice"] == ["Zoe is looking at your request."]
    pass_time(it, minutes=3)
    assert (it.team.the_one()["channel"], states(it)) == ("live", ["pending"])


def test_an_answer_in_the_helpdesk_is_shown_in_the_chat_and_keeps_the_promise(it: Sidecar) -> None:
    chat = escalated(it)
    for _ in range(2):
        tell(it, NewsKind.ANSWERED, message_id="zendesk:1", text="It is on its way.")
    assert chat.lines()[1:] == [("agent", "It is on its way.")]
    assert (states(it), it.team.the_one()["state"]) == (["kept"], "claimed")
    pass_time(it, hours=60)
    assert states(it) == ["kept"]
    assert it.mailer.to("user7@example.org") == []


def test_an_answer_that_the_helpdesk_brings_to_nobody_is_mailed_once_by_us(it: Sidecar) -> None:
    escalated(it)
    for _ in range(2):
        tell(it, NewsKind.ANSWERED, message_id="chatwoot:1", text="It is on its way.", delivered=False)
        it.work()
    (mail,) = it.mailer.to("user7@example.org")
    assert "It is on its way." in mail.text
    assert ":" not in mail.message_id


def test_who_was_promised_a_live_chat_reads_such_an_answer_there_alone(it: Sidecar) -> None:
    it.team.is_there(queues=["team"])
    escalated(it)
    tell(it, NewsKind.ANSWERED, message_id="chatwoot:1", text="It is on its way.", delivered=False)
    it.work()
    assert it.mailer.to("user7@example.org") == []


def test_an_answer_without_its_text_keeps_the_promise_and_shows_nothing(it: Sidecar) -> None:
    chat = escalated(it)
    tell(it, NewsKind.ANSWERED, message_id="zendesk:1")
    assert (states(it), len(chat.lines())) == (["kept"], 1)
    said = it.team.read(it.team.the_one()["id"])["conversation"]
    assert "(answered in the helpdesk)" in [line["text"] for line in said]


def test_an_answer_that_we_hear_of_late_puts_the_record_right(it: Sidecar) -> None:
    escalated(it)
    answered_at = promises(it)[0].due_at - MINUTE
    for _ in range(2):
        it.clock.at = promises(it)[-1].due_at
        it.work()
    assert (states(it), len(it.alarm_kinds())) == (["broken", "broken", "pending"], 1)
    tell(it, NewsKind.ANSWERED, at=answered_at, message_id="zendesk:1", text="Hello")
    assert (states(it), it.alarm_kinds()) == (["kept", "replaced", "replaced"], [])
    pass_time(it, hours=60)
    assert states(it) == ["kept", "replaced", "replaced"]


def test_a_second_answer_after_the_first_changes_nothing_of_the_record(it: Sidecar) -> None:
    escalated(it)
    first = promises(it)[0].due_at
    it.clock.at = first
    it.work()
    tell(it, NewsKind.ANSWERED, at=first - MINUTE, message_id="zendesk:1", text="Hello")
    tell(it, NewsKind.ANSWERED, message_id="zendesk:2", text="And more")
    assert states(it) == ["kept", "replaced"]


def test_an_earlier_answer_that_arrives_after_a_later_one_counts_as_the_first(it: Sidecar) -> None:
    escalated(it)
    first = promises(it)[0].due_at
    it.clock.at = first
    it.work()
    tell(it, NewsKind.ANSWERED, message_id="zendesk:2", text="And more")
    assert states(it) == ["broken", "kept"]
    tell(it, NewsKind.ANSWERED, at=first - MINUTE, message_id="zendesk:1", text="Hello")
    assert states(it) == ["kept", "kept"]


def test_a_helpdesk_whose_clock_is_ahead_does_not_break_a_promise(it: Sidecar) -> None:
    escalated(it)
    tell(it, NewsKind.ANSWERED, at=promises(it)[0].due_at + MINUTE, message_id="zendesk:1", text="Hello")
    assert states(it) == ["kept"]


def test_a_ticket_that_is_solved_closes_the_chat_once(it: Sidecar) -> None:
    chat = escalated(it)
    tell(it, NewsKind.SOLVED)
    tell(it, NewsKind.SOLVED)
    assert [kind for kind, _ in chat.lines()] == ["commitment", "closed"]
    assert (states(it), it.team.the_one()["state"]) == (["kept"], "resolved")


def test_an_answer_that_arrives_after_the_end_is_still_shown_and_opens_nothing(it: Sidecar) -> None:
    chat = escalated(it)
    tell(it, NewsKind.SOLVED)
    tell(it, NewsKind.ANSWERED, message_id="zendesk:1", text="It is on its way.")
    tell(it, NewsKind.PICKED_UP, agent=Agent("zendesk:8", "Yan"))
    assert chat.lines()[-1] == ("agent", "It is on its way.")
    assert (it.team.the_one()["state"], it.team.the_one()["claimed_by"]["name"]) == ("resolved", "Zoe")


def released(it: Sidecar) -> None:
    it.team.does("release", it.team.the_one()["id"])


def forgotten(it: Sidecar) -> None:
    escalation = it.team.the_one()["id"]
    with it.bridge.store.write() as tx:
        withdraw(open_case(it.bridge, tx, SHOP.id), escalation)


@pytest.mark.parametrize("ended", [released, forgotten])
def test_a_promise_that_ended_in_time_is_not_broken_by_what_is_answered_when_it_would_have_been_due(
    it: Sidecar, ended: Callable[[Sidecar], None]
) -> None:
    escalated(it)
    ended(it)
    assert states(it) == ["replaced"]
    pass_time(it, hours=60)
    tell(it, NewsKind.ANSWERED, message_id="zendesk:1", text="A closing note.")
    assert states(it) == ["replaced"]
    in_time = promises(it)[0].due_at
    tell(it, NewsKind.ANSWERED, at=in_time, message_id="zendesk:0", text="It is on its way.")
    assert states(it) == ["kept"]


def test_news_of_a_ticket_that_is_not_ours_is_refused(it: Sidecar) -> None:
    escalated(it)
    news = DeskNews(NewsKind.SOLVED, "esc_other", ZOE, it.clock.at)
    with it.bridge.store.write() as tx, pytest.raises(EscalationUnknown):
        take_news(open_case(it.bridge, tx, SHOP.id), news)


@pytest.mark.parametrize("late", [-60_000, 60_000])
def test_after_an_answer_who_writes_on_reads_who_has_the_request_and_not_what_was_promised_before(
    it: Sidecar, late: int
) -> None:
    chat = escalated(it)
    it.clock.at = promises(it)[0].due_at + late
    it.team.does("reply", it.team.the_one()["id"], text="Which order is it?", reply_id="r1")
    pass_time(it, hours=24)
    assert chat.says("The one of last week")["say"] == (
        "Your message was added to your request. Ada is looking at your request."
    )
    assert it.chat().verified()["say"] == "Ada is looking at your request."


def test_after_an_answer_an_owners_words_about_an_instant_are_not_said(it: Sidecar) -> None:
    it.put_policy(POLICY + 'messages: {en: {waiting: "Noted. You hear from us before {due}."}}\n')
    chat = escalated(it)
    assert chat.says("Hello?")["say"].startswith("Noted.")
    it.team.does("reply", it.team.the_one()["id"], text="Which order is it?", reply_id="r1")
    assert chat.says("The one of last week")["say"].endswith(" Ada is looking at your request.")


def test_claiming_is_no_answer(it: Sidecar) -> None:
    escalated(it)
    it.team.does("claim", it.team.the_one()["id"], ADA)
    it.clock.at = promises(it)[0].due_at
    it.work()
    assert states(it) == ["broken", "pending"]


def test_a_promise_that_nobody_watched_until_it_was_due_is_broken_and_not_replaced(it: Sidecar) -> None:
    it.team.is_there(queues=["team"])
    escalated(it)
    pass_time(it, hours=30)
    assert states(it) == ["broken", "pending"]


# ------------------------------------------------------------------------------------------------- asking the desk


def test_what_the_helpdesk_tells_when_it_is_asked_has_its_effect_once(it: Sidecar) -> None:
    chat = escalated(it)
    it.work()
    it.desk.told = [
        DeskNews(NewsKind.PICKED_UP, it.team.the_one()["id"], ZOE, it.clock.at),
        DeskNews(NewsKind.ANSWERED, it.team.the_one()["id"], ZOE, it.clock.at, "zendesk:1", "It is on its way."),
    ]
    desks = Desks(it.bridge)
    for _ in range(3):
        desks.ask_all()
    assert [kind for kind, _ in chat.lines()] == ["commitment", "notice", "agent"]
    assert states(it) == ["kept"]


def test_a_helpdesk_that_does_not_answer_is_asked_again(it: Sidecar) -> None:
    escalated(it)
    it.work()
    it.desk.told = [DeskNews(NewsKind.SOLVED, it.team.the_one()["id"], ZOE, it.clock.at)]
    desks, it.desk.fault = Desks(it.bridge), NotDone("timeout")
    desks.ask_all()
    assert it.team.the_one()["state"] == "open"
    it.desk.fault = None
    desks.ask_all()
    assert it.team.the_one()["state"] == "resolved"


def test_each_ticket_that_the_helpdesk_has_gets_its_turn_and_no_other(it: Sidecar) -> None:
    numbers = {ask(it, str(user))["id"] for user in range(TICKETS_PER_CALL + 3)}
    desks, asked = Desks(it.bridge), Counter[str]()

    def news(filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        assert len(filed) <= TICKETS_PER_CALL
        asked.update(one.escalation_id for one in filed)
        return []

    it.desk.news = news
    desks.ask_all()
    assert asked == {}
    it.work()
    over = numbers.pop()
    it.team.does("resolve", over)
    for _ in range(4):
        desks.ask_all()
    assert asked == dict.fromkeys(numbers, 2)
