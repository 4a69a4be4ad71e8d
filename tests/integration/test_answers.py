"""The sidecar's own responder: asked outside the request, answered once, never after the lock."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from sqlalchemy import Table, select, update
from support.responders import SURE, Told, answering
from support.sidecar import SHOP, Chat, Sidecar
from support.waiting import until

from bridge.domain import signals
from bridge.domain.answering import Answer, Failure, Said
from bridge.domain.customer import Account
from bridge.domain.health import Alarm
from bridge.domain.language_files import codes
from bridge.domain.messages import shipped
from bridge.domain.passages import Page
from bridge.domain.relevance import pieces
from bridge.ports import Scope
from bridge.service.answer_turn import answer_overdue
from bridge.service.explain import explain, tell
from bridge.service.purge import purge_stale
from bridge.service.responder_threads import Caps
from bridge.service.watch_spending import watch_spending
from bridge.store.database import migration_engine
from bridge.store.tables import answer, session, spent

HOURS = "When are you open?"
MORE = shipped("en")["no_more_answers"]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def it(database: str, told: Told) -> Iterator[Sidecar]:
    with answering(database, told) as running:
        yield running


@pytest.fixture
def sidecar_of() -> Told:
    return Told()


@pytest.fixture
def one(fresh_sqlite: Callable[[], str], sidecar_of: Told) -> Iterator[Sidecar]:
    """On one kind of database, with `sidecar_of` as its responder."""
    with answering(fresh_sqlite(), sidecar_of) as running:
        yield running


def begun(it: Sidecar, **more: str) -> Chat:
    chat = it.chat()
    chat.start(locale="en", **more)
    return chat


def comes(chat: Chat, after: int = 0) -> list[tuple[str, str]]:
    """The events, once there is one."""
    return until(lambda: chat.lines(after), "an event")


@contextmanager
def unreadable(it: Sidecar, chat: Chat) -> Iterator[None]:
    """What is stored of this session cannot be read, until the end of the block."""
    engine = migration_engine(it.url)
    stored = update(session).where(session.c.id == chat.id)
    with engine.begin() as connection:
        visitor = connection.execute(select(session.c.visitor).where(session.c.id == chat.id)).scalar_one()
        connection.execute(stored.values(visitor='{"identity": "nobody knows"}'))
    yield
    with engine.begin() as connection:
        connection.execute(stored.values(visitor=visitor))


def over(it: Sidecar) -> None:
    """Wait until nobody asks any more."""
    it.bridge.asking._threads.shutdown(wait=True)


def rows_of(it: Sidecar, table: Table) -> list[Any]:
    engine = migration_engine(it.url)
    with engine.connect() as connection:
        found = list(connection.execute(select(table).order_by(*table.primary_key.columns)))
    engine.dispose()
    return found


def states(it: Sidecar) -> list[str]:
    return [row.state for row in rows_of(it, answer)]


def test_a_turn_is_answered_in_its_own_verdict_where_the_answer_comes_in_time(it: Sidecar) -> None:
    said = begun(it).says(HOURS)
    assert (said["action"], said["say"], said["say_as"], said["state"]) == ("say", SURE.text, "reply", "open")


def test_an_answer_that_takes_longer_comes_as_an_event_once(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    said = chat.says(HOURS)
    assert (said["action"], said["say"], said["poll_after_ms"]) == ("wait", None, 1000)
    assert chat.events()["poll_after_ms"] == 1000
    told.go.set()
    assert comes(chat) == [("reply", SURE.text)]
    assert chat.events()["poll_after_ms"] == 15_000


def test_a_repeated_turn_gets_what_is_stored_and_asks_nobody_again(it: Sidecar, told: Told) -> None:
    chat = begun(it)
    first = chat.says(HOURS, "t1")
    assert chat.says(HOURS, "t1") == first
    assert len(told.asked) == 1


def test_a_turn_repeated_while_the_answer_is_owed_waits_for_the_event(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    chat.says(HOURS, "t1")
    assert chat.says(HOURS, "t1")["action"] == "wait"
    told.go.set()
    assert comes(chat) == [("reply", SURE.text)]
    assert len(told.asked) == 1


def test_an_answer_that_comes_after_the_lock_is_kept_for_the_team_and_never_shown(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    chat.says(HOURS, "t1")
    locked = chat.says("I want to talk to a human", "t2")
    assert locked["state"] == "escalated"
    told.go.set()
    over(it)
    assert [kind for kind, _ in chat.lines()] == ["commitment"]
    assert chat.says(HOURS, "t1")["say"] != SURE.text
    conversation = it.team.read(locked["escalation"]["id"])["conversation"]
    assert (SURE.text, False) in [(line["text"], line["shown"]) for line in conversation if line["who"] == "bot"]


def test_an_answer_from_before_the_lock_that_comes_after_a_release_is_not_shown_either(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    chat.says(HOURS, "t1")
    locked = chat.says("I want to talk to a human", "t2")
    it.team.does("release", locked["escalation"]["id"])
    told.go.set()
    over(it)
    assert [kind for kind, _ in chat.lines()] == ["commitment", "released"]
    conversation = it.team.read(locked["escalation"]["id"])["conversation"]
    assert (SURE.text, False) in [(line["text"], line["shown"]) for line in conversation if line["who"] == "bot"]
    assert states(it) == ["dropped"]


# -- failures ----------------------------------------------------------------------------------------------------------


def fails(why: Failure) -> Answer:
    return Answer(failure=why)


@pytest.mark.parametrize("locale", sorted(codes()))
def test_a_failed_answer_is_told_in_the_visitors_language(sidecar_of: Told, one: Sidecar, locale: str) -> None:
    sidecar_of.says = fails(Failure.TIMEOUT)
    chat = one.chat()
    chat.start(locale=locale)
    said = chat.says("4711?")
    assert (said["say"], said["say_as"], said["state"]) == (shipped(locale)["no_answer"], "reply", "open")
    other = one.chat()
    other.start(locale=locale)
    assert other.says("When are you open on Saturdays, please?")["say"] == shipped("en")["no_answer"]


def test_why_an_answer_was_not_shown_is_explained(one: Sidecar, sidecar_of: Told) -> None:
    sidecar_of.says = replace(SURE, text="I've transferred you to an agent.")
    chat = begun(one)
    chat.says(HOURS)
    with one.bridge.store.read() as tx:
        assert 'agent." (could not help: promised)' in tell(explain(tx, SHOP.id, chat.id), "UTC")


def test_failures_are_signals_and_the_shipped_policy_hands_over_after_the_second(it: Sidecar, told: Told) -> None:
    told.says = fails(Failure.UNAVAILABLE)
    chat = begun(it)
    assert chat.says(HOURS)["state"] == "open"
    said = chat.says("And on Sundays?")
    assert (said["state"], said["action"], "say_as" in said) == ("escalated", "say", False)
    assert said["escalation"]["commitment"]["text"] in said["say"]


def test_a_hand_over_that_takes_longer_comes_as_an_event(it: Sidecar, told: Told) -> None:
    told.says = fails(Failure.UNAVAILABLE)
    chat = begun(it)
    chat.says(HOURS)
    told.go.clear()
    assert chat.says("And on Sundays?")["action"] == "wait"
    told.go.set()
    assert [kind for kind, _ in comes(chat)] == ["commitment"]
    assert chat.events()["state"] == "escalated"
    assert chat.says("And on Sundays?", "t2")["action"] == "say"


def test_a_hand_over_into_an_open_escalation_of_the_same_customer_is_told_as_well(it: Sidecar, told: Told) -> None:
    told.says = fails(Failure.UNAVAILABLE)
    chat, other = it.chat(), it.chat()
    chat.verified("7")
    chat.says(HOURS)
    other.verified("7")
    told.go.clear()
    chat.says("And on Sundays?")
    assert other.says("I want to talk to a human")["state"] == "escalated"
    told.go.set()
    over(it)
    assert "commitment" in [kind for kind, _ in chat.lines()] or chat.events()["escalation"] is not None


def test_an_unsure_answer_to_a_valuable_customer_is_withheld_and_is_the_last_attempt(it: Sidecar, told: Told) -> None:
    told.says = replace(SURE, confidence=0.2)
    it.crm.answer = lambda _visitor: Account(tier="enterprise")
    chat = it.chat()
    chat.verified("7")
    said = chat.says(HOURS)
    assert said["state"] == "escalated"
    detail = it.team.read(said["escalation"]["id"])
    assert detail["rule"] == "valuable-and-unsure"
    assert detail["packet"]["last_attempt"] == SURE.text


def test_a_model_that_does_not_say_how_sure_it_is_is_not_sure(it: Sidecar, told: Told) -> None:
    told.says = replace(SURE, confidence=None)
    it.crm.answer = lambda _visitor: Account(tier="enterprise")
    chat = it.chat()
    chat.verified("7")
    assert chat.says(HOURS)["state"] == "escalated"


def test_sources_stand_under_the_answer_unless_it_names_them(one: Sidecar, sidecar_of: Told) -> None:
    sidecar_of.says = replace(SURE, sources=("https://shop.example/hours", "https://shop.example/team"))
    said = begun(one).says(HOURS)
    assert said["say"] == f"{SURE.text}\nhttps://shop.example/hours\nhttps://shop.example/team"


def test_what_only_the_operator_can_mend_raises_an_alarm_that_the_next_good_answer_ends(
    one: Sidecar, sidecar_of: Told
) -> None:
    sidecar_of.says = fails(Failure.MISCONFIGURED)
    begun(one).says(HOURS)
    begun(one).says(HOURS)
    assert one.alarm_kinds() == ["responder"]
    sidecar_of.name = "another"
    begun(one).says(HOURS)
    assert ["The responder another lets" in alarm.text for alarm in one.alarms()] == [True]
    sidecar_of.says = SURE
    begun(one).says(HOURS)
    assert one.alarms() == []


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_the_model_is_given_what_was_shown_before_and_nothing_that_was_not(one: Sidecar, sidecar_of: Told) -> None:
    chat = begun(one)
    chat.says("Good morning")
    sidecar_of.says = fails(Failure.REFUSED)
    chat.says("What is a zebra?")
    chat.says(HOURS)
    question = sidecar_of.asked[-1]
    assert (question.text, question.locale, question.site_name) == (HOURS, "en", "shop.example")
    assert question.history == (
        Said("visitor", "Good morning"), Said("bot", SURE.text), Said("visitor", "What is a zebra?"))  # fmt: skip
    assert question.facts == ()


def test_after_a_release_the_model_knows_what_the_person_said(one: Sidecar, sidecar_of: Told) -> None:
    chat = begun(one)
    escalation = chat.says("I want to talk to a human")["escalation"]["id"]
    one.team.does("reply", escalation, reply_id="r1", text="Ada here: it is in the post.")
    one.team.does("release", escalation)
    chat.says(HOURS)
    assert Said("agent", "Ada here: it is in the post.") in sidecar_of.asked[-1].history


def test_twelve_lines_are_given_however_long_the_conversation(one: Sidecar, sidecar_of: Told) -> None:
    chat = begun(one)
    for number in range(9):
        sidecar_of.says = replace(SURE, text=f"Answer {number}.")
        chat.says(f"Question number {number} about topic {'abcdefghi'[number]}")
    history = sidecar_of.asked[-1].history
    assert [said.text for said in history][-2:] == ["Question number 7 about topic h", "Answer 7."]
    assert len(history) == 12


def test_a_second_message_has_the_first_one_before_it_and_one_answer_comes(one: Sidecar, sidecar_of: Told) -> None:
    sidecar_of.go.clear()
    chat = begun(one)
    chat.says("When are you open", "t1")
    chat.says("On Sundays, I mean", "t2")
    sidecar_of.go.set()
    over(one)
    assert chat.lines() == [("reply", SURE.text)]
    asked = {question.text: question.history for question in sidecar_of.asked}  # by two threads, in any order
    assert [said.text for said in asked["On Sundays, I mean"]] == ["When are you open"]
    assert states(one) == ["dropped", "shown"]


def test_a_reply_of_another_bot_to_the_same_turn_stands_and_ours_is_dropped(one: Sidecar, sidecar_of: Told) -> None:
    sidecar_of.go.clear()
    chat = begun(one)
    chat.says(HOURS)
    assert chat.bot("Nine to five, says the other bot.")["action"] == "answer"
    sidecar_of.go.set()
    over(one)
    assert chat.lines() == []
    assert states(one) == ["dropped"]


def test_a_conversation_that_was_closed_meanwhile_hears_nothing_more(one: Sidecar, sidecar_of: Told) -> None:
    sidecar_of.go.clear()
    chat = begun(one)
    chat.says(HOURS)
    chat.close()
    sidecar_of.go.set()
    over(one)
    assert chat.lines() == []
    assert states(one) == ["dropped"]


# -- what it costs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("caps", [Caps(session=2), Caps(visitor=2), Caps(site=2)], ids=str)
def test_beyond_a_cap_the_model_is_not_asked_and_the_visitor_is_told_the_way(database: str, caps: Caps) -> None:
    told = Told()
    with answering(database, told, caps=caps) as it:
        chat = it.chat()
        chat.verified("7", locale="de")
        assert [chat.says(text)["say"] for text in ("Hallo", HOURS)] == [SURE.text] * 2
        said = chat.says("Und sonntags?")
        assert (said["say"], said["state"]) == (shipped("de")["no_more_answers"], "open")
        assert len(told.asked) == 2
        assert chat.says("Mitarbeiter")["state"] == "escalated"


TOPICS = cycle(("Do you have parking?", "Gift cards please", "How long is delivery", "Which shoe fits a 42",
                "Cheapest teapot today?", "Is the lid made of steel", "Any news about summer"))  # fmt: skip


def says(*chats: Chat) -> list[str]:
    return [chat.says(next(TOPICS))["say"] for chat in chats]


def test_caps_are_counted_anew_for_each_session_visitor_and_day(fresh_sqlite: Callable[[], str]) -> None:
    told = Told()
    with answering(fresh_sqlite(), told, caps=Caps(session=3, visitor=2, site=4)) as it:
        first, second, third = it.chat(), it.chat(), it.chat()
        first.verified("7")
        second.verified("8")
        third.verified("7")
        assert says(first, second, third, third) == [SURE.text] * 3 + [MORE]
        it.clock.advance(hours=24)
        assert says(third, first, first) == [SURE.text] * 2 + [MORE]


def test_what_a_visitor_asks_beyond_their_share_does_not_use_up_that_of_the_site(
    fresh_sqlite: Callable[[], str],
) -> None:
    with answering(fresh_sqlite(), Told(), caps=Caps(session=1, site=2)) as it:
        greedy, other = begun(it), begun(it)
        for number in range(3):
            greedy.says(f"{HOURS} {number}")
        assert other.says(HOURS)["say"] == SURE.text


def test_a_cap_of_the_site_that_is_reached_raises_one_alarm_a_day_which_ends_with_the_day(
    fresh_sqlite: Callable[[], str],
) -> None:
    with answering(fresh_sqlite(), Told(), caps=Caps(site=2)) as it:
        chat, other, third = begun(it), begun(it), begun(it)
        says(chat)
        assert alarms(it) == []
        says(chat, other)
        first = alarms(it)
        assert [(alarm.kind, alarm.detail) for alarm in first] == [("responder_spent", {"answers": 2})]
        assert alarms(it) == first
        it.clock.advance(hours=24)
        assert alarms(it) == []
        says(other, third)
        assert [alarm.kind for alarm in alarms(it)] == ["responder_spent"]


def test_the_alarm_about_a_cap_that_is_reached_names_the_one_that_holds_now(fresh_sqlite: Callable[[], str]) -> None:
    with answering(fresh_sqlite(), Told(), caps=Caps(site=2)) as it:
        chat = begun(it)
        says(chat, chat)
        assert "all 2 answers" in alarms(it)[0].text
        assistant = it.bridge.assistants(SHOP.id)
        assert assistant
        lower = replace(assistant, caps=Caps(site=1))
        assert "all 1 answers" in alarms(replace(it, bridge=replace(it.bridge, assistants=lambda _site: lower)))[0].text


@pytest.mark.parametrize("caps", [Caps(session=1), Caps(visitor=1), Caps(site=3)], ids=str)
def test_no_alarm_is_raised_where_the_site_may_answer_still(fresh_sqlite: Callable[[], str], caps: Caps) -> None:
    with answering(fresh_sqlite(), Told(), caps=caps) as it:
        chat = it.chat()
        chat.verified("7")
        says(chat, chat)
        assert alarms(it) == []


def alarms(it: Sidecar) -> list[Alarm]:
    """Those that stand after the scheduler's look."""
    watch_spending(it.bridge)
    return it.alarms()


# -- nobody is left in silence -----------------------------------------------------------------------------------------


def test_an_answer_that_never_comes_is_told_by_the_scheduler_once(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    chat.says(HOURS)
    assert answer_overdue(it.bridge) == 0
    it.clock.advance(seconds=26)
    assert answer_overdue(it.bridge) == 1
    assert answer_overdue(it.bridge) == 0
    assert chat.lines() == [("reply", shipped("en")["no_answer"])]
    told.go.set()
    over(it)
    assert chat.lines() == [("reply", shipped("en")["no_answer"])]
    assert states(it) == ["withheld"]


def test_an_answer_that_cannot_be_given_keeps_nobody_behind_it_waiting(it: Sidecar, told: Told) -> None:
    told.go.clear()
    stuck = begun(it)
    stuck.says(HOURS)
    it.clock.advance(seconds=1)
    other = begun(it)
    other.says(HOURS)
    it.clock.advance(seconds=30)
    with unreadable(it, stuck):
        assert [answer_overdue(it.bridge, limit=1) for _ in range(3)] == [1, 1, 0]
    assert (len(stuck.lines()), len(other.lines())) == (0, 1)
    it.clock.advance(minutes=5)
    assert answer_overdue(it.bridge) == 1
    assert len(stuck.lines()) == 1
    told.go.set()
    over(it)


def test_a_lost_answer_counts_as_a_failure_of_the_bot(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    for text in (HOURS, "And on Sundays?"):
        chat.says(text)
        it.clock.advance(seconds=26)
        answer_overdue(it.bridge)
    told.go.set()
    assert [kind for kind, _ in chat.lines()] == ["commitment"]
    assert chat.events()["state"] == "escalated"


def test_the_numbers_say_what_became_of_answers(one: Sidecar, sidecar_of: Told) -> None:
    chat = begun(one)
    chat.says(HOURS)
    sidecar_of.says = fails(Failure.CUT_OFF)
    chat.says("And on Sundays?")
    with one.app.test_client() as client:
        shown = client.get("/metrics").get_data(as_text=True)
    assert 'bridge_answers{state="shown"} 1.0' in shown
    assert 'bridge_answer_failures{failure="cut_off"} 1.0' in shown
    assert 'bridge_answer_seconds{state="shown"} 0.0' in shown


# -- no false promise, and the site's own pages ------------------------------------------------------------------------


def test_a_reply_that_claims_what_was_not_done_is_withheld_counts_as_failed_and_is_kept_for_the_team(
    it: Sidecar, told: Told
) -> None:
    told.says = replace(SURE, text="I have opened a ticket for you, and an agent will call you within the hour.")
    chat = begun(it)
    assert chat.says(HOURS)["say"] == shipped("en")["no_answer"]
    said = chat.says("And on Sundays?")
    conversation = it.team.read(said["escalation"]["id"])["conversation"]
    assert (told.says.text, False) in [(line["text"], line["shown"]) for line in conversation if line["who"] == "bot"]
    assert states(it) == ["withheld", "withheld"]


def test_the_model_is_given_what_the_sites_pages_say_and_the_rules_how_much_that_was(
    one: Sidecar, sidecar_of: Told
) -> None:
    with one.bridge.store.write() as tx:
        page = Page("7", "page", "https://shop.example/returns", "Returns", "en", "digest", 0)
        tx.pages.put(SHOP.id, page, pieces(page.title, "Anything can be returned within 30 days of delivery."))
    chat = begun(one)
    chat.says("Can it be returned after delivery?")
    assert [passage.url for passage in sidecar_of.asked[-1].passages] == ["https://shop.example/returns"]
    chat.says("Do you know any zebra?")
    assert sidecar_of.asked[-1].passages == ()
    with one.bridge.store.read() as tx:
        turns = tx.sessions.turns(SHOP.id, chat.id)
    replies = [signals.load(json.loads(turn.signals)).reply for turn in turns]
    assert [reply.values["retrieved"] for reply in replies if reply] == [1, 0]


def test_what_is_known_of_a_persons_answers_is_exported_and_erased(database: str) -> None:
    with answering(database, Told(), caps=Caps(session=5, visitor=5, site=5)) as it:
        chat = it.chat()
        chat.verified("77")
        chat.says(HOURS)
        export = it.caller(Scope.ADMIN).ask("POST", "/v1/privacy/export", {"user_id": "77"})
        (known,) = export["sessions"][0]["answers"]
        assert (known["state"], known["confidence"], known["intent"]) == ("shown", SURE.confidence, SURE.intent)
        assert len(rows_of(it, spent)) == 3
        it.caller(Scope.ADMIN).ask("POST", "/v1/privacy/erase", {"user_id": "77"})
        assert rows_of(it, answer) == []
        assert [row.who for row in rows_of(it, spent)] == ["site"]


def test_counts_are_forgotten_after_two_days(database: str) -> None:
    with answering(database, Told(), caps=Caps(site=5)) as it:
        begun(it).says(HOURS)
        it.clock.advance(hours=24 * 4)
        purge_stale(it.bridge, lambda: False)
        assert rows_of(it, spent) == []


def test_the_count_of_a_conversation_is_kept_as_long_as_it_is(database: str) -> None:
    with answering(database, Told(), caps=Caps(session=1)) as it:
        first, other = begun(it), begun(it)
        assert says(first) == [SURE.text]
        it.clock.advance(hours=24 * 4)
        purge_stale(it.bridge, lambda: False)
        assert says(first, other) == [MORE, SURE.text]
        over(it)
        it.clock.advance(hours=24 * 3)
        with it.bridge.store.write() as tx:
            assert tx.privacy.purge(SHOP.id, it.clock.now(), [first.id]) == 1
        assert [row.who for row in rows_of(it, spent)] == [f"session {other.id}"]
