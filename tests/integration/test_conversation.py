"""The life of a conversation, seen through the API, on each kind of database."""

from typing import Any

import pytest
from support.sidecar import ADA, AFTER_HOURS, SHOP, FakeDesk, Sidecar, in_process

from bridge.domain import languages
from bridge.domain.customer import Account, Order
from bridge.domain.values import Json
from bridge.ports import NotDone, OutcomeUnknown, Rejected, Scope, Site
from bridge.service.manage_sites import add_site

ASKING = "I want to talk to a human"
BOB: Json = {"id": "4", "name": "Bob"}
WAITING = "Your message was added to your request. "


@pytest.fixture
def it(sidecar_on_each: Sidecar) -> Sidecar:
    return sidecar_on_each


@pytest.fixture
def after_hours(it: Sidecar) -> Sidecar:
    it.clock.set(AFTER_HOURS)
    return it


@pytest.fixture
def live(it: Sidecar) -> Sidecar:
    """Ada is there, in staffed hours."""
    it.team.is_there()
    return it


def vip(it: Sidecar) -> None:
    it.crm.accounts["user7@example.org"] = Account(tier="enterprise")


def escalated(it: Sidecar, **who: Any) -> Any:
    """A chat of user 7 that was just handed over."""
    chat = it.chat()
    chat.verified(**who)
    assert chat.says(ASKING)["state"] == "escalated"
    return chat


# ------------------------------------------------------------------------------------------------- before


def test_a_new_session_is_open_and_says_nothing_of_the_customer(it: Sidecar) -> None:
    vip(it)
    verdict = it.chat("ses_0123456789abcdef").verified()
    assert verdict == {
        "session_id": "ses_0123456789abcdef", "state": "open", "action": "answer", "say": None,
        "escalation": None, "last_event": 0, "poll_after_ms": 15000,
    }  # fmt: skip


def test_a_session_starts_once_and_says_so_by_its_status(it: Sidecar) -> None:
    chat = it.chat()
    body = {"session_id": chat.id, "visitor": {"identity": "anonymous"}}
    assert [chat.caller.send("POST", "/v1/sessions", body).status for _ in range(2)] == [201, 200]


def test_ids_may_come_as_the_numbers_that_wordpress_has(it: Sidecar) -> None:
    order = {"id": 8821, "total": 9, "currency": "USD", "status": "paid"}
    chat = it.chat()
    chat.start("verified", user_id=7, shop={"currency": "USD", "orders": [order]})
    assert chat.start("verified", user_id="7")["state"] == "open"  # the same visitor, and not another one
    chat.says(ASKING)
    handed = it.team.the_one()["id"]
    it.team.does("claim", handed, {"id": 3, "name": "Ada"})
    assert it.team.read(handed)["claimed_by"] == ADA
    assert it.team.read(handed)["packet"]["account"]["orders"][0]["id"] == "8821"
    export = it.caller(Scope.ADMIN).ask("POST", "/v1/privacy/export", {"user_id": 7})
    assert [found["id"] for found in export["sessions"]] == [chat.id]


def test_what_a_bot_does_not_say_of_its_reply_may_be_null(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("hello", "t1")
    nothing = dict.fromkeys(["confidence", "intent", "intent_matched", "failed", "signals"])
    assert chat.bot("Hi", "t1", **nothing)["action"] == "answer"
    assert chat.bot("Hi", "t1")["action"] == "answer"  # the same reply, so not a second one


def test_null_is_as_good_as_left_out(it: Sidecar) -> None:
    chat = it.chat()
    left_out = dict.fromkeys(["locale", "timezone", "page_url", "flow"])
    chat.start("verified", user_id="7", shop={"currency": "USD", "lifetime_value": None, "orders": None}, **left_out)
    chat.start("verified", user_id="7", shop={"currency": "USD"})
    admin = it.caller(Scope.ADMIN)
    there = {"available": True, "name": "Ada", "queues": None, "capacity": None, "ttl_s": None}
    assert admin.ask("PUT", "/v1/agents/3/presence", there)["available"]
    (seen,) = admin.ask("GET", "/v1/agents")["agents"]
    assert (seen["queues"], seen["capacity"]) == ([], 3)


def test_a_currency_in_small_letters_is_that_currency(it: Sidecar) -> None:
    order = {"id": "1", "total": 900, "currency": "usd", "status": "paid"}
    chat = it.chat()
    chat.start("verified", user_id="7", shop={"currency": "usd", "orders": [order]})
    chat.says(ASKING)
    assert it.team.read(it.team.the_one()["id"])["packet"]["account"]["orders"][0]["currency"] == "USD"


def test_a_zone_that_only_the_browser_knows_stops_no_conversation(it: Sidecar) -> None:
    chat = it.chat()
    chat.start(timezone="GMT+05:30")
    assert chat.says(ASKING)["state"] == "escalated"


def test_a_session_is_not_handed_to_another_visitor(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified("7")
    body = {"session_id": chat.id, "visitor": {"identity": "verified", "user_id": "8"}}
    answer = chat.caller.send("POST", "/v1/sessions", body)
    assert (answer.status, answer.slug) == (409, "session-taken")


def test_a_confident_bot_may_answer(it: Sidecar) -> None:
    vip(it)
    chat = it.chat()
    chat.verified()
    assert chat.says("Where is my order?")["action"] == "answer"
    verdict = chat.bot("It is on its way.", confidence=0.97, intent="order_status", intent_matched=True)
    assert (verdict["action"], verdict["state"]) == ("answer", "open")
    assert it.team.list("all") == []


def test_an_unsure_bot_hands_a_valuable_customer_over_and_its_reply_is_not_shown(it: Sidecar) -> None:
    vip(it)
    chat = it.chat()
    chat.verified()
    chat.says("Why was I charged twice?")
    verdict = chat.bot("You were not.", confidence=0.3)
    assert (verdict["state"], verdict["action"]) == ("escalated", "say")
    assert verdict["say"] == verdict["escalation"]["commitment"]["text"]
    found = it.team.read(it.team.the_one()["id"])
    assert (found["rule"], found["priority"]) == ("valuable-and-unsure", "urgent")
    assert [line["shown"] for line in found["packet"]["transcript"]] == [True, False]
    assert found["packet"]["last_attempt"] == "You were not."


def test_an_unsure_bot_may_go_on_with_everybody_else(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    chat.says("Why was I charged twice?")
    assert chat.bot("You were not.", confidence=0.3)["action"] == "answer"


def test_asking_for_a_person_is_known_before_any_model_is_paid(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    verdict = chat.says(ASKING)
    assert (verdict["state"], verdict["action"]) == ("escalated", "say")
    assert it.team.the_one()["rule"] == "explicit_request"


# ------------------------------------------------------------------------------------------------- idempotence


def test_the_same_turn_again_has_the_stored_answer(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    first = chat.says(ASKING, "t1")
    it.clock.advance(hours=1)
    assert chat.says(ASKING, "t1") == first
    assert len(it.team.list("all")) == 1


def test_a_message_that_was_kept_meanwhile_has_its_own_time_and_is_answered_by_the_present_one(
    after_hours: Sidecar,
) -> None:
    it, chat = after_hours, after_hours.chat()
    chat.start()
    written = ("2026-11-01T01:30:00.250Z", "2026-11-01T01:10:00Z", "2026-11-05T09:00:00Z")
    for number, (text, at) in enumerate(zip(("One", "Two", ASKING), written, strict=True), 1):
        turn = {"turn_id": f"t{number}", "text": text, "sent_at": at}
        verdict = chat.caller.ask("POST", f"/v1/sessions/{chat.id}/turns", turn)
        assert chat.caller.ask("POST", f"/v1/sessions/{chat.id}/turns", turn) == verdict
    said = [(line["text"], line["at"]) for line in it.team.read(verdict["escalation"]["id"])["conversation"]]
    one, never_before_it, never_after_now = "2026-11-01T01:30:00.250Z", "2026-11-01T01:30:00.250Z", AFTER_HOURS
    assert said[:3] == [("One", one), ("Two", never_before_it), (ASKING, never_after_now)]
    assert "Monday, November 2" in verdict["say"]


def test_the_same_turn_with_another_text_is_a_contradiction(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("hello", "t1")
    answer = chat.caller.send("POST", f"/v1/sessions/{chat.id}/turns", {"turn_id": "t1", "text": "hullo"})
    assert (answer.status, answer.slug) == (409, "turn-contradicted")


def test_the_same_reply_again_has_the_stored_answer(it: Sidecar) -> None:
    vip(it)
    chat = it.chat()
    chat.verified()
    chat.says("Why was I charged twice?")
    first = chat.bot("You were not.", confidence=0.3)
    it.clock.advance(hours=1)
    assert chat.bot("You were not.", confidence=0.3) == first


@pytest.mark.parametrize("change", [{"text": "other"}, {"confidence": 0.9}, {"failed": True}, {"signals": {"a": 1}}])
def test_the_same_reply_with_anything_changed_is_a_contradiction(it: Sidecar, change: Json) -> None:
    chat = it.chat()
    chat.start()
    chat.says("hello")
    chat.bot("Hi.", confidence=0.8)
    body = {"text": "Hi.", "confidence": 0.8, **change}
    answer = chat.caller.send("PUT", f"/v1/sessions/{chat.id}/turns/t1/reply", body)
    assert (answer.status, answer.slug) == (409, "turn-contradicted")


def test_a_repeated_old_turn_never_lets_the_bot_speak_after_the_lock(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    assert chat.says("hello", "t1")["action"] == "answer"
    assert chat.bot("Hi.", "t1")["action"] == "answer"
    chat.says(ASKING, "t2")
    assert chat.says("hello", "t1")["action"] == "say"
    assert chat.bot("Hi.", "t1")["action"] == "say"
    assert chat.verified()["action"] == "say"


def test_a_repeated_old_turn_never_lets_the_bot_speak_in_a_closed_session(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    chat.says("hello", "t1")
    chat.close()
    assert chat.says("hello", "t1")["action"] == "say"


# ------------------------------------------------------------------------------------------------- the lock


def test_a_reply_that_comes_after_the_lock_is_dropped_and_kept_for_the_team(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    chat.says("hello", "t1")
    chat.says(ASKING, "t2")
    verdict = chat.bot("Hi there!", "t1", confidence=0.99)
    assert (verdict["action"], verdict["state"]) == ("say", "escalated")
    said = it.team.read(it.team.the_one()["id"])["conversation"]
    assert [(line["text"], line["shown"]) for line in said if line["who"] == "bot"] == [("Hi there!", False)]


@pytest.mark.parametrize("turn", ["t1", "t2", "t3"], ids=["before the lock", "that led to it", "in the lock"])
def test_a_reply_from_before_a_release_is_not_shown_after_it(it: Sidecar, turn: str) -> None:
    chat = it.chat()
    chat.verified()
    chat.says("hello", "t1")
    chat.says(ASKING, "t2")
    chat.says("are you there?", "t3")
    it.team.does("release", it.team.the_one()["id"])
    chat.says("Where is my order?", "t4")
    verdict = chat.bot("Hi there!", turn, confidence=0.99)
    assert (verdict["action"], verdict["state"], "say_as" in verdict) == ("say", "open", False)
    assert verdict["say"] == "Our team has handed this chat back to the assistant."
    assert chat.bot("Hi there!", turn, confidence=0.99) == verdict
    assert chat.bot("On its way.", "t4", confidence=0.9)["action"] == "answer"
    said = it.team.read(it.team.the_one()["id"])["conversation"]
    shown = {line["text"]: line["shown"] for line in said if line["who"] == "bot"}
    assert shown == {"Hi there!": False, "On its way.": True}
    with it.bridge.store.read() as tx:
        late = tx.sessions.turn("shop", chat.id, turn)
    assert late is not None
    assert '"reply":{' not in late.signals  # it was not measured


def test_a_reply_that_is_late_by_many_turns_is_shown_unless_the_session_was_released_meanwhile(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    for number in range(1, 16):
        it.clock.advance(seconds=1)
        chat.says(f"This is parcel number {number}", f"t{number}")
    assert chat.bot("Thank you.", "t1", confidence=0.9)["action"] == "answer"
    chat.says(ASKING, "t16")
    it.team.does("release", it.team.the_one()["id"])
    for number in range(17, 32):
        it.clock.advance(seconds=1)
        chat.says(f"That is parcel number {number}", f"t{number}")
    assert chat.bot("Thank you.", "t2", confidence=0.9)["action"] == "say"
    assert chat.bot("Thank you.", "t17", confidence=0.9)["action"] == "answer"


def test_a_reply_from_before_the_lock_is_dropped_after_a_release_also_where_the_clock_was_set_back(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("Where is my parcel?", "t1")
    it.clock.advance(hours=-1)
    chat.says(ASKING, "t2")
    it.team.does("release", it.team.the_one()["id"])
    it.clock.advance(seconds=5)
    assert chat.bot("It is on its way.", "t1", confidence=0.9)["action"] == "say"
    chat.says("Thank you, and the invoice?", "t3")
    assert chat.bot("Here it is.", "t3", confidence=0.9)["action"] == "answer"


def test_what_was_dropped_after_a_release_is_never_taken_for_an_open_session_in_the_next_lock(it: Sidecar) -> None:
    chat = escalated(it)
    it.team.does("release", it.team.the_one()["id"])
    assert chat.bot("Hi there!", "t1")["state"] == "open"
    chat.says("I want to talk to a human, please", "t2")
    verdict = chat.bot("Hi there!", "t1")
    assert (verdict["action"], verdict["state"]) == ("say", "escalated")


def test_what_the_visitor_writes_after_the_lock_joins_the_ticket(it: Sidecar) -> None:
    chat = escalated(it)
    promise = it.team.the_one()["commitment"]
    it.clock.advance(minutes=1)
    verdict = chat.says("are you there?")
    assert verdict["say"] == WAITING + promise["text"]
    assert verdict["escalation"]["commitment"]["due_at"] == promise["due_at"]
    assert "are you there?" in [line["text"] for line in it.team.read(it.team.the_one()["id"])["conversation"]]
    assert len(it.team.list("all")) == 1


def test_closing_ends_an_open_session(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    assert chat.close()["state"] == "closed"
    verdict = chat.says("hello?")
    assert (verdict["state"], verdict["action"]) == ("closed", "say")
    assert verdict["say"] == "This conversation is closed. Please start a new one if you need us again."


def test_closing_leaves_a_locked_session_locked(it: Sidecar) -> None:
    chat = escalated(it)
    assert chat.close()["state"] == "escalated"
    assert it.team.the_one()["commitment"]["state"] == "pending"


def test_where_no_message_came_the_promise_is_said_without_a_word_of_one(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    chat.says("hello", "t1")
    promise = chat.says(ASKING, "t2")["escalation"]["commitment"]["text"]
    assert chat.contact(phone="+1 555 0100")["say"] == promise
    assert chat.close()["say"] == promise
    assert chat.verified()["say"] == promise
    dropped = [chat.bot("Hi there!", "t1") for _ in range(2)]
    assert [one["say"] for one in dropped] == [promise, promise]
    assert chat.says("hello", "t1")["say"] == WAITING + promise


# ------------------------------------------------------------------------------------------------- packet and ticket


def test_the_packet_is_six_items_and_nothing_else(it: Sidecar) -> None:
    it.crm.accounts["user7@example.org"] = Account(
        tier="business", billing_status="past due", orders=(Order(id="1", total=20, currency="USD", status="paid"),)
    )
    chat = it.chat()
    chat.verified()
    chat.says("Where is order 1?")
    chat.bot("No idea.", confidence=0.9, signals={"reasoning": "the model's secret thoughts"})
    chat.says(ASKING)
    packet = it.team.read(it.team.the_one()["id"])["packet"]
    assert set(packet) == {"customer", "summary", "transcript", "reason", "account", "last_attempt"}
    assert packet["customer"] == {
        "name": "User 7", "email": "user7@example.org", "email_identity": None, "phone": None,
        "identity": "verified", "tier": "business", "tier_assumed": False,
    }  # fmt: skip
    assert [line["text"] for line in packet["transcript"]] == ["Where is order 1?", "No idea.", ASKING]
    assert packet["account"]["billing_status"] == "past due"
    assert 0 < len(packet["summary"]) <= 160
    assert "secret thoughts" not in str(packet)


def test_the_transcript_stands_in_the_order_in_which_it_was_said_and_so_does_the_last_attempt(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()

    def later() -> None:
        it.clock.advance(seconds=1)

    chat.says("Where is my order?", "t1")
    later()
    chat.says("And the other one?", "t2")
    later()
    chat.bot("The other one is packed.", "t2", confidence=0.9)
    later()
    chat.bot("The first one is on its way.", "t1", confidence=0.9)
    later()
    packet = it.team.read(chat.says(ASKING, "t3")["escalation"]["id"])["packet"]
    assert [line["text"] for line in packet["transcript"]] == [
        "Where is my order?", "And the other one?", "The other one is packed.", "The first one is on its way.", ASKING,
    ]  # fmt: skip
    assert packet["last_attempt"] == "The first one is on its way."


def test_the_transcript_stands_in_the_order_of_its_turns_also_where_the_clock_was_set_back(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    right = it.clock.at
    it.clock.advance(hours=20 * 24)
    chat.says("Where is my order?", "t1")
    it.clock.advance(seconds=1)
    chat.bot("It is on its way.", "t1", confidence=0.9)
    chat.says("And the other one?", "t2")
    it.clock.at = right
    chat.bot("It is packed.", "t2", confidence=0.9)
    found = it.team.read(chat.says(ASKING, "t3")["escalation"]["id"])
    said = ["Where is my order?", "It is on its way.", "And the other one?", "It is packed.", ASKING]
    assert [line["text"] for line in found["packet"]["transcript"]] == said
    assert found["packet"]["last_attempt"] == "It is packed."


def test_promise_message_event_ticket_and_job_name_one_instant(after_hours: Sidecar) -> None:
    it = after_hours
    chat = escalated(it)
    found = it.team.the_one()
    assert found["commitment"]["due_at"] == "2026-11-02T18:00:00Z"
    assert found["commitment"]["timezone"] == "America/New_York"
    text = found["commitment"]["text"]
    assert "1:00 PM EST on Monday, November 2" in text
    assert chat.lines() == [("commitment", text)]
    assert chat.says("ok")["say"] == WAITING + text
    with it.bridge.store.read() as tx:
        jobs = {row["kind"]: row["due_at"] for row in tx.work.due(it.clock.at + 10**9, 100)}
    due = it.clock.at + (2 * 24 - 8 + 0) * 3_600_000
    assert jobs == {"opening": due - 4 * 3_600_000, "warn": due - 600_000, "promise": due}
    it.work()
    (mail,) = it.mailer.to(SHOP.team_email)
    for told in (it.desk.tickets[0][1], mail.text):
        assert "Due: Mon 2 Nov 2026, 13:00 EST" in told
        assert "UTC" not in told
    assert text in it.desk.tickets[0][1]
    assert text in it.mailer.to("team@shop.example")[0].text


def test_one_ticket_is_sent_and_its_place_is_shown(it: Sidecar) -> None:
    escalated(it)
    assert it.team.the_one()["ticket"] == {"desk": "fake", "state": "sending", "ref": None, "url": None}
    it.work()
    it.work()
    assert [external for external, _ in it.desk.tickets] == [it.team.the_one()["id"]]
    assert it.team.the_one()["ticket"] == {
        "desk": "fake",
        "state": "sent",
        "ref": "T1",
        "url": "https://desk.example/1",
    }


def test_a_ticket_that_certainly_was_not_made_is_sent_again(it: Sidecar) -> None:
    it.desk.fault = NotDone("refused")
    escalated(it)
    it.work()
    assert it.team.the_one()["ticket"]["state"] == "sending"
    it.desk.fault = None
    it.clock.advance(minutes=1)
    it.work()
    assert len(it.desk.tickets) == 1
    assert it.desk.looked_for == []


def test_a_ticket_whose_fate_is_unknown_is_looked_for_before_it_is_sent_again(it: Sidecar) -> None:
    class Forgetful(FakeDesk):
        def create(self, external_id: str, body: str) -> Any:
            super().create(external_id, body)
            raise OutcomeUnknown("timeout")

    it.desk.__class__ = Forgetful  # it makes the ticket, and its answer is lost
    escalated(it)
    it.work()
    it.clock.advance(minutes=1)
    it.work()
    assert len(it.desk.tickets) == 1
    assert it.team.the_one()["ticket"]["state"] == "sent"


def test_a_ticket_that_is_refused_is_shown_as_parked_and_everything_else_goes_on(it: Sidecar) -> None:
    it.desk.fault = Rejected("http 422")
    chat = escalated(it)
    it.work()
    assert it.team.the_one()["ticket"]["state"] == "parked"
    assert len(it.mailer.mails) == 1
    assert chat.says("hello?")["action"] == "say"


def test_a_desk_that_breaks_in_a_way_nobody_foresaw_stops_no_other_row(it: Sidecar) -> None:
    it.desk.fault = ZeroDivisionError("a bug")
    escalated(it)
    it.work()
    assert it.team.the_one()["ticket"]["state"] == "sending"
    assert len(it.mailer.mails) == 1


# ------------------------------------------------------------------------------------------------- second tab


def test_a_second_tab_opened_before_the_decision_falls_silent_with_it(it: Sidecar) -> None:
    first, second = it.chat(), it.chat()
    first.verified()
    second.verified()
    assert second.says("Where is my order?")["action"] == "answer"
    first.says(ASKING)
    verdict = second.bot("On its way.")
    assert (verdict["action"], verdict["state"]) == ("say", "escalated")
    assert second.says("and now?")["escalation"]["id"] == it.team.the_one()["id"]


def test_a_second_tab_opened_after_the_decision_is_silent_at_once(it: Sidecar) -> None:
    escalated(it)
    verdict = it.chat().verified()
    assert (verdict["action"], verdict["state"]) == ("say", "escalated")
    assert verdict["say"] == it.team.the_one()["commitment"]["text"]


def test_every_tab_hears_the_person_and_the_team_sees_all_that_was_said(it: Sidecar) -> None:
    first = escalated(it)
    second = it.chat()
    second.verified()
    second.says("also my second question")
    it.team.does("reply", it.team.the_one()["id"], text="I am on it", reply_id="r1")
    for chat in (first, second):
        assert ("agent", "I am on it") in chat.lines()
    said = [line["text"] for line in it.team.read(it.team.the_one()["id"])["conversation"]]
    assert {"also my second question", ASKING, "I am on it"} <= set(said)


def test_another_customers_chat_goes_on(it: Sidecar) -> None:
    escalated(it)
    other = it.chat()
    assert other.verified("8")["action"] == "answer"
    assert other.says("hello")["action"] == "answer"


def test_every_open_chat_of_the_customer_is_told_of_the_promise(it: Sidecar) -> None:
    other = it.chat()
    other.verified()
    other.says("When do you open?")
    chat = escalated(it)
    promise = chat.events()["escalation"]["commitment"]["text"]
    assert other.lines() == [("commitment", promise)]


def test_a_typed_address_joins_nothing(it: Sidecar) -> None:
    first, second = it.chat(), it.chat()
    first.start("claimed", email="ann@example.org")
    first.says(ASKING)
    assert second.start("claimed", email="ann@example.org")["state"] == "open"
    assert it.team.the_one()["summary"].endswith("; UNVERIFIED standard account")


def test_the_next_escalation_of_the_same_customer_is_a_new_one_once_the_first_is_resolved(it: Sidecar) -> None:
    escalated(it)
    it.team.does("resolve", it.team.the_one()["id"])
    escalated(it)
    assert [one["state"] for one in it.team.list("all")].count("open") == 1
    assert len(it.team.list("all")) == 2


# ------------------------------------------------------------------------------------------------- contact


def test_an_anonymous_visitor_is_asked_how_to_be_reached(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    verdict = chat.says(ASKING)
    assert verdict["escalation"]["needs_contact"] is True
    assert verdict["say"].startswith(verdict["escalation"]["commitment"]["text"])
    assert "e-mail address" in verdict["say"]


def test_contact_that_is_given_is_kept_shown_and_told_to_the_team(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says(ASKING)
    verdict = chat.contact(email="ann@example.org", name="Ann", phone="+1 555 0100")
    assert verdict["escalation"]["needs_contact"] is False
    customer = it.team.the_one()["customer"]
    assert (customer["email"], customer["name"], customer["phone"]) == ("ann@example.org", "Ann", "+1 555 0100")
    assert customer["identity"] == "claimed"
    it.work()
    told = [mail.text for mail in it.mailer.to("team@shop.example") if mail.subject.startswith("Contact given")]
    assert "ann@example.org" in told[0]
    assert "UNVERIFIED: the visitor typed it" in told[0]


def test_the_same_contact_twice_is_one_mail_to_the_team(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says(ASKING)
    for _ in range(3):
        chat.contact(email="ann@example.org")
    it.work()
    assert len(it.mailer.to("team@shop.example")) == 2


def test_a_contact_that_is_put_back_is_the_last_word_to_the_team(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says(ASKING)
    for number in ("+1 555 0001", "+1 555 0002", "+1 555 0001"):
        it.clock.advance(minutes=1)
        chat.contact(phone=number)
    it.work()
    told = [mail.text for mail in it.mailer.to("team@shop.example") if mail.subject.startswith("Contact given")]
    assert ["0001" in text for text in told] == [True, False, True]


def test_a_verified_address_is_not_replaced_by_a_typed_one(it: Sidecar) -> None:
    chat = escalated(it)
    chat.contact(email="thief@example.org")
    assert it.team.the_one()["customer"]["email"] == "user7@example.org"


def test_an_address_that_a_logged_in_visitor_types_is_marked_and_the_visitor_is_not(it: Sidecar) -> None:
    chat, second = it.chat(), it.chat()
    chat.start("verified", user_id="7", name="User 7")
    for address in ("ann@exmaple.org", "ann@example.org"):  # what was typed may be mended
        chat.contact(email=address)
    chat.says(ASKING)
    found = it.team.read(it.team.the_one()["id"])
    for customer in (found["customer"], found["packet"]["customer"]):
        assert (customer["identity"], customer["email"]) == ("verified", "ann@example.org")
        assert customer["email_identity"] == "claimed"
    it.work()
    (told,) = it.mailer.to("team@shop.example")
    assert "E-mail: ann@example.org (UNVERIFIED: the visitor typed it)\nIdentity: verified (logged in)" in told.text
    assert second.start("verified", user_id="7")["state"] == "escalated"  # the user is who they were


def test_the_team_is_told_that_a_logged_in_visitor_typed_the_address(it: Sidecar) -> None:
    chat = it.chat()
    chat.start("verified", user_id="7", name="User 7")
    chat.says(ASKING)
    chat.contact(email="ann@example.org")
    it.work()
    (told,) = [mail.text for mail in it.mailer.to("team@shop.example") if mail.subject.startswith("Contact given")]
    assert "User 7, ann@example.org (UNVERIFIED: the visitor typed it)" in told
    assert it.team.the_one()["customer"]["email_identity"] == "claimed"
    assert it.team.the_one()["customer"]["identity"] == "verified"


def test_an_answer_reaches_the_address_that_was_given(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says(ASKING)
    chat.contact(email="ann@example.org")
    it.team.does("reply", it.team.the_one()["id"], text="Solved.", reply_id="r1")
    it.work()
    assert "Solved." in it.mailer.to("ann@example.org")[0].text


# ------------------------------------------------------------------------------------------------- people


def test_claim_reply_resolve(it: Sidecar) -> None:
    chat = escalated(it)
    number = it.team.the_one()["id"]
    assert it.team.does("claim", number)["claimed_by"] == ADA
    replied = it.team.does("reply", number, text="Hello, Ada here.", reply_id="r1")
    assert replied["commitment"]["state"] == "kept"
    event = chat.events()["events"][-1]
    assert (event["kind"], event["text"], event["author"]) == ("agent", "Hello, Ada here.", "Ada")
    assert it.team.does("resolve", number)["state"] == "resolved"
    assert chat.lines()[-1][0] == "closed"
    assert chat.events()["state"] == "closed"
    assert chat.says("thanks")["state"] == "closed"


@pytest.mark.parametrize("with_desk", [True, False])
def test_the_team_gets_one_mail_about_what_is_written_after_the_end(database: str, with_desk: bool) -> None:
    with in_process(database, with_desk=with_desk) as it:
        chat = escalated(it)
        number = it.team.the_one()["id"]
        it.team.does("resolve", number)
        for text in ("But it is still broken", "Is anybody there?"):
            assert chat.says(text)["state"] == "closed"
        it.work()
        (late,) = [mail for mail in it.mailer.to("team@shop.example") if mail.subject.startswith("Written after")]
        assert f"escbridge_desk={number}" in late.text
        assert [line["text"] for line in it.team.read(number)["conversation"] if line["who"] == "visitor"][1:] == [
            "But it is still broken",
            "Is anybody there?",
        ]


def test_the_note_of_who_resolves_is_for_the_team_alone(it: Sidecar) -> None:
    chat = escalated(it)
    number = it.team.the_one()["id"]
    it.work()
    it.team.does("resolve", number, note="Sent a new one.\nBy post.")
    it.work()
    hidden = [line for line in it.team.read(number)["conversation"] if not line["shown"]]
    assert [(line["name"], line["text"]) for line in hidden] == [("Ada", "Sent a new one.\nBy post.")]
    assert "Sent a new one." in it.desk.notes[-1][2]
    assert "Sent a new one." not in str(chat.events())


def test_what_another_has_claimed_cannot_be_claimed(it: Sidecar) -> None:
    escalated(it)
    number = it.team.the_one()["id"]
    it.team.does("claim", number)
    it.team.does("claim", number)  # the same person may
    answer = it.team.caller.send("POST", f"/v1/escalations/{number}/claim", {"agent": BOB})
    assert (answer.status, answer.slug) == (409, "already-claimed")


@pytest.mark.parametrize("what", ["claim", "reply", "resolve", "release"])
@pytest.mark.parametrize("ending", ["resolve", "release"])
def test_what_is_over_cannot_be_worked_on(it: Sidecar, what: str, ending: str) -> None:
    escalated(it)
    number = it.team.the_one()["id"]
    it.team.does(ending, number)
    body = {"agent": ADA, **({"text": "x", "reply_id": "r"} if what == "reply" else {})}
    answer = it.team.caller.send("POST", f"/v1/escalations/{number}/{what}", body)
    assert (answer.status, answer.slug) == (409, "escalation-closed")


def test_a_reply_that_is_sent_twice_is_said_once(it: Sidecar) -> None:
    chat = escalated(it)
    for _ in range(2):
        it.team.does("reply", it.team.the_one()["id"], text="Hello", reply_id="r1")
    assert chat.lines().count(("agent", "Hello")) == 1


@pytest.mark.parametrize("change", [{"text": "Goodbye"}, {"agent": BOB}])
def test_the_same_reply_id_with_another_text_or_agent_is_a_contradiction(it: Sidecar, change: Json) -> None:
    chat = escalated(it)
    number, body = it.team.the_one()["id"], {"agent": ADA, "text": "Hello", "reply_id": "r1"}
    it.team.caller.ask("POST", f"/v1/escalations/{number}/reply", body)
    known = it.team.the_one(), chat.lines()
    answer = it.team.caller.send("POST", f"/v1/escalations/{number}/reply", {**body, **change})
    assert (answer.status, answer.slug) == (409, "reply-contradicted")
    renamed = {**body, "agent": {**ADA, "name": "Ada Lovelace"}}
    it.team.caller.ask("POST", f"/v1/escalations/{number}/reply", renamed)  # the same person may have another name
    assert (it.team.the_one(), chat.lines()) == known


def test_events_are_numbered_and_told_from_where_the_chat_is(it: Sidecar) -> None:
    chat = escalated(it)
    number = it.team.the_one()["id"]
    for n in range(3):
        it.team.does("reply", number, text=f"line {n}", reply_id=f"r{n}")
    numbers = [event["n"] for event in chat.events()["events"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert chat.lines(numbers[-2]) == [("agent", "line 2")]
    assert chat.says("ok")["last_event"] == numbers[-1]


def test_a_released_session_is_the_bots_again_and_says_so(it: Sidecar) -> None:
    chat = escalated(it)
    it.team.does("release", it.team.the_one()["id"])
    assert chat.lines()[-1] == ("released", "Our team has handed this chat back to the assistant.")
    assert chat.says("Where is my order?")["action"] == "answer"
    assert chat.bot("On its way.", confidence=0.9)["action"] == "answer"


def test_what_led_to_a_hand_over_does_not_lead_to_the_next_after_a_release(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    for _ in range(2):
        chat.says("Where is my parcel with the shoes?")
        chat.bot("I do not understand.", failed=True, intent_matched=False)
    assert chat.says("hm")["state"] == "escalated"
    it.team.does("release", it.team.the_one()["id"])
    assert chat.says("hm")["action"] == "answer"
    assert chat.bot("Sure.", failed=True, confidence=0.9)["action"] == "answer"


def test_a_release_frees_every_tab(it: Sidecar) -> None:
    first = escalated(it)
    second = it.chat()
    second.verified()
    it.team.does("release", it.team.the_one()["id"])
    assert first.says("hello")["action"] == "answer"
    assert second.says("hello")["action"] == "answer"


def test_the_list_turns_its_pages_newest_first(it: Sidecar) -> None:
    for user in range(5):
        it.chat().verified(str(user))
        chat = it.chat()
        chat.verified(str(user))
        chat.says(ASKING)
        it.clock.advance(seconds=user % 2)  # some in the same instant
    seen: list[str] = []
    before = ""
    while True:
        page = it.team.caller.ask("GET", f"/v1/escalations?limit=2{before}")
        seen += [one["id"] for one in page["escalations"]]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert len(seen) == len(set(seen)) == 5
    assert [one["id"] for one in it.team.list()] == seen


def test_the_list_turns_its_pages_by_what_is_due_though_the_team_ends_what_it_has_seen(it: Sidecar) -> None:
    """The last row of each page is resolved, or answered so that its promise is kept, before the next page is read."""
    for user in range(7):
        chat = it.chat()
        chat.verified(str(user))
        chat.says(ASKING)
        it.clock.advance(seconds=60 * (user % 3))
    due = {one["id"]: (one["commitment"]["due_at"], one["id"]) for one in it.team.list()}
    seen: list[str] = []
    before = ""
    while before is not None:
        page = it.team.caller.ask("GET", f"/v1/escalations?order=due&limit=3{before and f'&before={before}'}")
        seen += [one["id"] for one in page["escalations"]]
        before = page["next_before"]
        it.team.does("resolve", seen[-2])
        it.team.does("reply", seen[-1], text="Yes.", reply_id="r1")
    assert list(dict.fromkeys(seen)) == sorted(due, key=lambda one: due[one])


# ------------------------------------------------------------------------------------------------- the ladder


def test_nobody_there_in_staffed_hours_is_a_mail(it: Sidecar) -> None:
    escalated(it)
    assert (it.team.the_one()["channel"], it.team.the_one()["commitment"]["due_at"]) == (
        "email",
        "2026-11-02T19:00:00Z",
    )


def test_somebody_there_in_staffed_hours_is_live(live: Sidecar) -> None:
    chat = escalated(live)
    assert live.team.the_one()["channel"] == "live"
    assert "A person is joining this chat" in chat.lines()[0][1]
    assert chat.events()["poll_after_ms"] == 3000


def test_somebody_there_after_hours_is_a_mail(after_hours: Sidecar) -> None:
    after_hours.team.is_there(ttl_s=3600)
    escalated(after_hours)
    assert after_hours.team.the_one()["channel"] == "email"


@pytest.mark.parametrize("how", [{"available": False}, {"queues": ["another"]}])
def test_somebody_who_is_not_for_us_is_nobody(it: Sidecar, how: Json) -> None:
    it.team.is_there(**how)
    escalated(it)
    assert it.team.the_one()["channel"] == "email"


def test_presence_runs_out(live: Sidecar) -> None:
    live.clock.advance(minutes=3)
    escalated(live)
    assert live.team.the_one()["channel"] == "email"


def test_a_person_with_their_hands_full_is_nobody(it: Sidecar) -> None:
    it.team.is_there(capacity=1)
    chat = it.chat()
    chat.verified("1")
    chat.says(ASKING)
    it.team.does("claim", it.team.the_one()["id"])
    other = it.chat()
    other.verified("2")
    assert other.says(ASKING)["escalation"]["channel"] == "email"


def test_nobody_picks_up_and_it_falls_to_the_next_rung_with_a_new_promise(live: Sidecar) -> None:
    chat = escalated(live)
    before = live.team.the_one()["commitment"]
    live.clock.advance(minutes=3, seconds=1)
    live.work()
    after = live.team.the_one()
    assert after["channel"] == "email"
    assert after["commitment"]["state"] == "pending"
    assert after["commitment"]["due_at"] > before["due_at"]
    assert chat.lines()[-1] == ("commitment", after["commitment"]["text"])
    assert "Nobody is free to join this chat at the moment." in after["commitment"]["text"]
    live.work()
    assert len(chat.lines()) == 2


def test_somebody_who_picks_up_in_time_keeps_it_live(live: Sidecar) -> None:
    chat = escalated(live)
    live.team.does("claim", live.team.the_one()["id"])
    live.clock.advance(minutes=3, seconds=1)
    live.work()
    assert live.team.the_one()["channel"] == "live"
    assert [kind for kind, _ in chat.lines()] == ["commitment", "notice"]


# ------------------------------------------------------------------------------------------------- promises


def test_a_promise_that_is_near_warns_the_team(it: Sidecar) -> None:
    escalated(it)
    it.clock.advance(hours=3, minutes=50)
    it.work()
    assert [mail.subject.split(" [")[0] for mail in it.mailer.to("team@shop.example")] == ["New", "Due soon"]


def test_a_broken_promise_is_owned_up_to_with_a_new_one(it: Sidecar) -> None:
    chat = escalated(it)
    it.clock.advance(hours=4, seconds=1)
    it.work()
    promise = it.team.the_one()["commitment"]
    assert promise["state"] == "pending"
    assert promise["due_at"] > "2026-11-02T19:00:00Z"
    assert "We did not answer in the time we promised" in promise["text"]
    assert chat.lines()[-1] == ("commitment", promise["text"])
    assert "We did not answer in the time we promised" in it.mailer.to("user7@example.org")[-1].text
    assert it.mailer.to("team@shop.example")[-1].subject.startswith("Promise broken")
    with it.bridge.store.read() as tx:
        states = [one.state for one in tx.escalations.commitments(it.team.the_one()["id"])]
    assert sorted(states) == ["broken", "pending"]


def test_yesterdays_tomorrow_is_today_in_every_word_that_is_said_today(it: Sidecar) -> None:
    it.clock.set("2026-11-02T21:30:00Z")
    chat = escalated(it)
    told = chat.lines()[0][1]
    assert "12:30 PM EST tomorrow, Tuesday, November 3" in told
    it.clock.set("2026-11-03T13:00:00Z")
    today = told.replace("tomorrow", "today")
    assert chat.says("Anybody there?")["say"] == WAITING + today
    assert chat.events()["escalation"]["commitment"]["text"] == today
    again = it.chat().verified()
    assert (again["say"], again["escalation"]["commitment"]["text"]) == (today, today)
    assert it.team.the_one()["commitment"]["text"] == told


def test_a_mail_names_weekday_and_date_alone_because_nobody_knows_when_it_is_read(it: Sidecar) -> None:
    it.clock.set("2026-11-02T12:00:00Z")
    told = escalated(it).lines()[0][1]
    assert "1:00 PM EST today, Monday, November 2" in told
    it.clock.set("2026-11-02T14:00:00Z")
    it.work()
    lasting = told.replace("today,", "on")
    assert lasting in it.mailer.to("user7@example.org")[0].text
    digest = it.mailer.to("team@shop.example")[-1].text
    assert "1:00 PM EST on Monday, November 2" in digest
    assert "today" not in digest


def test_a_second_session_in_another_language_and_zone_reads_the_promise_in_its_own(it: Sidecar) -> None:
    it.clock.set("2026-11-02T12:00:00Z")
    escalated(it)
    said = it.chat().verified(locale="de_DE", timezone="Europe/Berlin")["say"]
    assert said == (
        "Jemand aus unserem Support meldet sich bei Ihnen bis heute, Montag, 2. November, 13:00 Uhr EST "
        "(bei Ihnen 19:00 MEZ)."
    )


def test_promises_that_break_again_and_again_raise_an_alarm_and_go_on(it: Sidecar) -> None:
    escalated(it)
    for _ in range(5):
        it.clock.advance(hours=30)
        it.work()
    assert it.team.the_one()["commitment"]["state"] == "pending"
    assert any(mail.subject.startswith("ALARM") for mail in it.mailer.to("team@shop.example"))
    assert len({mail.message_id for mail in it.mailer.mails}) == len(it.mailer.mails)


def test_a_promise_that_was_kept_does_not_break(it: Sidecar) -> None:
    chat = escalated(it)
    it.team.does("reply", it.team.the_one()["id"], text="Here I am", reply_id="r1")
    it.work()
    known = list(it.mailer.mails)
    it.clock.advance(hours=48)
    it.work()
    assert it.mailer.mails == known
    assert it.team.the_one()["commitment"]["state"] == "kept"
    assert chat.lines()[-1] == ("agent", "Here I am")


@pytest.mark.parametrize("how", ["reply", "resolve", "release"])
def test_who_comes_after_a_promise_was_due_has_broken_it_even_where_nobody_has_noticed_yet(
    it: Sidecar, how: str
) -> None:
    escalated(it)
    it.clock.advance(hours=4, seconds=1)
    it.team.does(how, it.team.the_one()["id"], **({"text": "Here I am", "reply_id": "r1"} if how == "reply" else {}))
    assert it.team.the_one()["commitment"]["state"] == "broken"


def test_at_the_opening_team_and_customer_get_a_mail(after_hours: Sidecar) -> None:
    escalated(after_hours)
    after_hours.work()
    assert after_hours.mailer.to("user7@example.org") == []
    after_hours.clock.set("2026-11-02T14:00:00Z")
    after_hours.work()
    assert len(after_hours.mailer.to("user7@example.org")) == 1
    assert "1:00 PM EST" in after_hours.mailer.to("user7@example.org")[0].text
    assert [mail.subject.split(" [")[0] for mail in after_hours.mailer.to("team@shop.example")] == ["New", "Waiting"]


@pytest.mark.parametrize("ending", ["resolve", "release"])
def test_nothing_more_is_sent_once_it_is_over(after_hours: Sidecar, ending: str) -> None:
    escalated(after_hours)
    after_hours.work()
    after_hours.team.does(ending, after_hours.team.the_one()["id"])
    known = list(after_hours.mailer.mails)
    after_hours.clock.set("2026-11-05T14:00:00Z")
    after_hours.work()
    assert after_hours.mailer.mails == known


def test_a_scheduler_that_slept_over_everything_sends_each_thing_once(after_hours: Sidecar) -> None:
    escalated(after_hours)
    after_hours.clock.set("2026-11-04T20:00:00Z")
    for _ in range(3):
        after_hours.work()
    sent = [mail.message_id for mail in after_hours.mailer.mails]
    assert len(sent) == len(set(sent))
    assert after_hours.team.the_one()["commitment"]["due_at"] > "2026-11-04T20:00:00Z"
    assert len(after_hours.desk.tickets) == 1


def test_every_message_is_in_the_visitors_language(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified(locale="de_DE", timezone="Europe/Berlin")
    verdict = chat.says("Ich möchte mit einem Menschen sprechen")
    assert verdict["state"] == "escalated"
    assert verdict["say"].startswith("Jemand aus unserem Support meldet sich bei Ihnen bis")
    assert "bei Ihnen 20:00 MEZ" in verdict["say"]
    assert chat.says("hallo?")["say"].startswith("Ihre Nachricht wurde")


def test_no_byte_crosses_between_sites(it: Sidecar) -> None:
    other = add_site(it.bridge, Site("other", "https://other.example", "UTC", "t@other.example"), "")
    chat = escalated(it)
    number = it.team.the_one()["id"]
    assert it.chat(chat.id, other).verified()["state"] == "open"  # the same id and user, and another session
    theirs = it.caller(Scope.ADMIN, other)
    assert theirs.ask("GET", "/v1/escalations?state=all")["escalations"] == []
    assert theirs.send("GET", f"/v1/escalations/{number}").status == 404
    assert theirs.send("POST", f"/v1/escalations/{number}/release", {"agent": ADA}).status == 404
    assert chat.says("hello")["state"] == "escalated"


def test_a_language_is_read_as_a_session_starts_and_not_while_its_first_message_keeps_others_from_writing(
    it: Sidecar,
) -> None:
    chat = it.chat()
    languages.language.cache_clear()
    chat.start(locale="pl-PL")
    read = languages.language.cache_info().misses
    chat.says("Dzień dobry, gdzie jest moja paczka?")
    assert languages.language.cache_info().misses == read


@pytest.mark.parametrize(("locale", "text", "told"), [
    ("en_US", "I don't want to live anymore", "If anyone is in danger, please call your local emergency number now. "),
    ("de_DE", "Ich will nicht mehr leben", "Wenn jemand in Gefahr ist, rufen Sie bitte jetzt den Notruf. "),
])  # fmt: skip
def test_who_is_in_danger_is_told_where_to_get_help_at_once_and_when_a_person_answers(
    after_hours: Sidecar, locale: str, text: str, told: str
) -> None:
    chat = after_hours.chat()
    chat.verified(locale=locale)
    escalation = chat.says(text)["escalation"]
    assert escalation["priority"] == "urgent"
    assert escalation["commitment"]["text"].startswith(told)
    assert "9:15" in escalation["commitment"]["text"] or "09:15" in escalation["commitment"]["text"]
