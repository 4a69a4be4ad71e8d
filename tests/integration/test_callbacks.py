"""Calls that customers book: the times, the promise, both calendars, the link of a mail, and what becomes of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from icalendar import Calendar
from support.sidecar import ADA, SHOP, Chat, Sidecar, through

from bridge.domain.escalation import Agent
from bridge.domain.instants import MINUTE, from_datetime, from_rfc3339, to_rfc3339
from bridge.domain.values import Json
from bridge.ports import AgentReply, Mail, Scope, Site, StoreBusy, Tx
from bridge.service.context import open_case
from bridge.service.desk_news import answered
from bridge.service.keep_wall_times import keep_wall_times
from bridge.service.manage_sites import add_site, revoke, rotate_site
from bridge.service.watch_calls import watch_calls
from bridge.web.app import Parts, create_app

ASKS = "I want to talk to a human"
PHONE = "+1 555 0100"
TEN, HALF_PAST = "2026-11-03T15:00:00Z", "2026-11-03T15:30:00Z"
"""Tuesday, at ten and half past in New York."""
HALF_AN_HOUR = 30 * MINUTE


@pytest.fixture
def it(sidecar: Sidecar) -> Sidecar:
    """Monday at ten, the team is in, nobody is free: the queue offers calls."""
    return offering(sidecar)


def offering(sidecar: Sidecar, callbacks: str = "{}") -> Sidecar:
    sidecar.change_policy("ladder: [live, email]", f"ladder: [live, callback, email]\n    callbacks: {callbacks}")
    return sidecar


def waiting(it: Sidecar, user: str = "7", **more: Any) -> Chat:
    """A customer whose request waits for a person."""
    chat = it.chat()
    chat.verified(user, **more)
    assert chat.says(ASKS)["state"] == "escalated"
    return chat


def booked(it: Sidecar, slot: str = TEN, user: str = "7", **more: Any) -> tuple[Chat, Json]:
    chat = waiting(it, user, **more)
    it.clock.advance(minutes=1)
    return chat, chat.contact(phone=PHONE, callback_slot=slot)["escalation"]


def slots(chat: Chat) -> list[Json]:
    found: list[Json] = chat.caller.ask("GET", f"/v1/sessions/{chat.id}/slots")["slots"]
    return found


def starts(chat: Chat) -> list[str]:
    return [slot["id"] for slot in slots(chat)]


def tries(chat: Chat, **body: Any) -> Any:
    """A contact call that may be refused."""
    return chat.caller.send("POST", f"/v1/sessions/{chat.id}/contact", body)


def mails(it: Sidecar, to: str, about: str) -> list[Mail]:
    """What was sent of one kind, by what is part of its stable id."""
    it.work()
    return [mail for mail in it.mailer.to(to) if f".{about}" in mail.message_id]


def alarms(it: Sidecar) -> list[Json]:
    found: list[Json] = it.team.caller.ask("GET", "/v1/stats")["alarms"]
    return found


def link(it: Sidecar, user: str = "7") -> str:
    """The token in the customer's last mail."""
    it.work()
    return re.findall(r"escbridge_call=([\w.-]+)", it.mailer.to(f"user{user}@example.org")[-1].text)[-1]


def event(mail: Mail) -> Any:
    """The entry for the calendar, read by a library that did not write it."""
    assert mail.invitation is not None
    calendar = Calendar.from_ical(mail.invitation)
    (found,) = calendar.walk("VEVENT")
    found.method = str(calendar["METHOD"])
    return found


# -- the times ---------------------------------------------------------------------------------------------------------


def test_the_hand_over_offers_a_call_and_still_holds_the_promise(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    verdict = chat.says(ASKS)
    assert verdict["escalation"]["channel"] == "callback"
    assert verdict["say"] == f"{verdict['escalation']['commitment']['text']} You can also choose a time for a call."


def test_free_times_lie_in_staffed_hours_and_are_said_for_team_and_visitor(it: Sidecar) -> None:
    chat = waiting(it, timezone="Europe/Berlin")
    answer = chat.caller.ask("GET", f"/v1/sessions/{chat.id}/slots")
    assert answer["timezone"] == "America/New_York"
    assert len(answer["slots"]) == 60
    assert answer["slots"][0] == {
        "id": "2026-11-02T16:00:00Z",
        "starts_at": "2026-11-02T16:00:00Z",
        "ends_at": "2026-11-02T16:30:00Z",
        "text": "11:00 AM EST on Monday, November 2 (5:00 PM CET for you)",
    }


def test_nobody_who_is_not_waiting_for_a_person_is_offered_a_time(it: Sidecar) -> None:
    chat = it.chat()
    chat.verified()
    assert slots(chat) == []
    refused = tries(chat, email="ann@example.org", callback_slot=TEN)
    assert (refused.status, refused.slug) == (409, "slot-taken")


def test_a_ladder_without_calls_offers_no_time(sidecar: Sidecar) -> None:
    chat = waiting(sidecar)
    assert slots(chat) == []
    assert tries(chat, phone=PHONE, callback_slot=TEN).slug == "slot-taken"


def test_a_call_keeps_its_seat_where_the_policy_has_renamed_its_queue(it: Sidecar) -> None:
    it.change_policy("callbacks: {}", "callbacks: {capacity: 1}")
    booked(it)
    with it.bridge.store.read() as tx:
        known = tx.policies.current(SHOP.id)
    assert known is not None
    it.put_policy(re.sub(r"\bsupport\b", "helpers", known.document))
    other = waiting(it, "8")
    assert TEN not in starts(other)
    assert tries(other, phone=PHONE, callback_slot=TEN).slug == "slot-taken"


# -- booking in the chat -----------------------------------------------------------------------------------------------


def test_a_booked_call_becomes_the_promise(it: Sidecar) -> None:
    chat = waiting(it)
    verdict = chat.contact(phone=PHONE, callback_slot=TEN)
    promise = verdict["escalation"]["commitment"]
    assert verdict["say"] == promise["text"]
    assert promise["text"] == "We will call you at 10:00 AM EST tomorrow, Tuesday, November 3, on the number you gave."
    assert (promise["due_at"], promise["timezone"]) == (TEN, "America/New_York")
    assert chat.lines()[-1] == ("commitment", promise["text"])
    assert verdict["last_event"] == len(chat.lines())
    call = it.team.read(verdict["escalation"]["id"])["call"]
    assert call == {"state": "booked", "starts_at": TEN, "ends_at": HALF_PAST, "confirmed": False, "phone": PHONE}


SAID = {
    "de_DE": "Wir rufen Sie unter der angegebenen Nummer an, und zwar zu dieser Zeit: "
    "Mittwoch, 4. November, 10:00 Uhr EST.",
    "es_ES": "Le llamaremos al número que nos ha dado el miércoles 4 de noviembre a las 10:00 EST.",
    "fr_FR": "Nous vous appellerons le mercredi 4 novembre à 10:00 HNE, au numéro que vous avez indiqué.",
    "it_IT": "La chiameremo al numero che ci ha indicato, all’orario seguente: mercoledì 4 novembre alle 10:00 EST.",
    "nl_NL": "We bellen u op het nummer dat u hebt opgegeven, op woensdag 4 november om 10:00 EST.",
    "pl_PL": "Zadzwonimy do Ciebie pod podany numer. Prosimy o dostępność od środy, 4 listopada, godz. 10:00 EST.",
    "pt_BR": "Ligaremos para o número que você informou, neste horário: quarta-feira, 4 de novembro, às 10:00 EST.",
}


@pytest.mark.parametrize("locale", SAID)
def test_the_promise_of_a_call_is_a_sentence_in_each_language(it: Sidecar, locale: str) -> None:
    chat = waiting(it, locale=locale)
    assert chat.contact(phone=PHONE, callback_slot="2026-11-04T15:00:00Z")["say"] == SAID[locale]


def test_tomorrow_s_call_is_today_s_the_day_after_for_the_same_customer_in_another_zone_too(it: Sidecar) -> None:
    it.clock.set("2026-11-02T21:30:00Z")
    waited = waiting(it, "8").events()["escalation"]["commitment"]["text"]
    assert "12:30 PM EST tomorrow, Tuesday, November 3" in waited
    _, escalation = booked(it)
    call = escalation["commitment"]["text"]
    assert "10:00 AM EST tomorrow, Tuesday, November 3" in call
    it.clock.set("2026-11-03T13:00:00Z")
    for user, told in (("8", waited), ("7", call)):
        elsewhere = it.chat().verified(user, timezone="Europe/Berlin")
        assert elsewhere["say"] == told.replace("tomorrow", "today")


def test_a_time_that_stands_alone_is_said_in_the_nominative(it: Sidecar) -> None:
    chat = waiting(it, locale="pl_PL")
    assert slots(chat)[0]["text"] == "poniedziałek, 2 listopada, godz. 11:00 EST"


def test_without_a_number_there_is_no_call_and_the_address_is_kept(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    number = chat.says(ASKS)["escalation"]["id"]
    refused = tries(chat, email="ann@example.org", callback_slot=TEN)
    assert refused.status == 422
    assert [error["pointer"] for error in refused.json["errors"]] == ["/phone"]
    assert it.team.read(number)["customer"]["email"] == "ann@example.org"
    assert TEN in starts(chat)


def test_a_number_that_was_given_before_will_do(it: Sidecar) -> None:
    chat = waiting(it)
    chat.contact(phone=PHONE)
    assert "We will call you" in chat.contact(callback_slot=TEN)["say"]


@pytest.mark.parametrize("phone", ["(212) 555-0123", "+1 (212) 555-0123", "+(49) 30 5550123", "030/555 01-23"])
def test_a_number_is_taken_as_people_write_it(it: Sidecar, phone: str) -> None:
    assert booked(it)[0].contact(phone=phone)["state"] == "escalated"
    assert "We will call you" in waiting(it, "8").contact(phone=phone, callback_slot="2026-11-04T15:00:00Z")["say"]


@dataclass
class BusyAtTheSecondWrite:
    """The store, whose second write of all cannot be taken: undone, then `StoreBusy`."""

    store: Any
    writes: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def write(self, *, together: bool = False) -> Iterator[Tx]:
        self.writes += 1
        with self.store.write(together=together) as tx:
            yield tx
            if self.writes == 2:
                raise StoreBusy


def test_a_call_that_the_database_cannot_take_says_that_the_address_is_kept_and_may_be_asked_for_again(
    it: Sidecar,
) -> None:
    chat = it.chat()
    chat.start()
    number = chat.says(ASKS)["escalation"]["id"]
    store = BusyAtTheSecondWrite(it.bridge.store)
    parts = Parts(replace(it.bridge, store=store), lambda: None)  # type: ignore[arg-type]
    busy = Chat(replace(chat.caller, transport=through(create_app(parts))), chat.id)
    body = {"email": "ann@example.org", "phone": PHONE, "callback_slot": TEN}

    told = tries(busy, **body)
    assert (told.status, told.slug, told.headers["Retry-After"]) == (503, "store-unavailable", "2")
    assert told.json["detail"] == "How to reach the customer is stored, the call is not. Send the same call again."
    customer = it.team.read(number)["customer"]
    assert (customer["email"], it.team.read(number)["call"]) == ("ann@example.org", None)

    again = tries(busy, **body)
    assert again.status == 200
    assert again.json["say"] == again.json["escalation"]["commitment"]["text"]
    assert again.json["escalation"]["commitment"]["due_at"] == TEN
    assert len(mails(it, SHOP.team_email, "contact")) == 1
    assert len(mails(it, SHOP.team_email, "callback_booked")) == 1


def test_a_time_that_is_taken_is_refused_and_nothing_else_of_the_body_is_lost(it: Sidecar) -> None:
    booked(it)
    second = waiting(it, "8")
    assert TEN not in starts(second)
    before = second.events()["escalation"]["commitment"]
    refused = tries(second, phone="+1 555 0199", callback_slot=TEN)
    assert (refused.status, refused.slug) == (409, "slot-taken")
    known = it.team.read(second.events()["escalation"]["id"])
    assert known["customer"]["phone"] == "+1 555 0199"
    assert second.events()["escalation"]["commitment"] == before


NOT_OFFERED = {
    "too soon": "2026-11-02T15:30:00Z",
    "not on the grid": "2026-11-03T15:15:00Z",
    "after hours": "2026-11-03T23:00:00Z",
    "on Saturday": "2026-11-07T15:00:00Z",
    "next year": "2027-11-03T15:00:00Z",
}


@pytest.mark.parametrize("slot", NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_what_is_not_offered_cannot_be_booked(it: Sidecar, slot: str) -> None:
    assert tries(waiting(it), phone=PHONE, callback_slot=slot).slug == "slot-taken"


@pytest.mark.parametrize("slot", ["2026-13-03T15:00:00Z", "tomorrow", "2026-11-03T15:00:00+01:00", 7])
def test_what_is_no_time_at_all_does_not_fit(it: Sidecar, slot: Any) -> None:
    refused = tries(waiting(it), phone=PHONE, callback_slot=slot)
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == "/callback_slot"


def test_the_same_booking_again_is_harmless(it: Sidecar) -> None:
    chat, first = booked(it)
    again = chat.contact(phone=PHONE, callback_slot=TEN)
    assert again["escalation"]["commitment"] == first["commitment"]
    assert len(mails(it, "user7@example.org", "callback_")) == 1


def test_booking_another_time_moves_the_call_and_gives_the_first_one_back(it: Sidecar) -> None:
    chat, first = booked(it)
    it.clock.advance(minutes=1)
    moved = chat.contact(callback_slot=HALF_PAST)["escalation"]
    assert moved["commitment"]["due_at"] == HALF_PAST
    assert TEN in starts(waiting(it, "8"))
    assert it.team.read(first["id"])["call"]["starts_at"] == HALF_PAST
    (asked,) = mails(it, "user7@example.org", "callback_booked")
    (changed,) = mails(it, "user7@example.org", "callback_moved")
    assert event(changed)["UID"] == event(asked)["UID"]
    assert event(changed)["SEQUENCE"] > event(asked)["SEQUENCE"]


def test_more_seats_take_more_calls_at_once(sidecar: Sidecar) -> None:
    it = offering(sidecar, "{capacity: 2}")
    booked(it, user="7")
    booked(it, user="8")
    assert tries(waiting(it, "9"), phone=PHONE, callback_slot=TEN).slug == "slot-taken"


def test_longer_slots_do_not_overlap_the_calls_that_are_booked(it: Sidecar) -> None:
    booked(it, HALF_PAST)
    it.change_policy("callbacks: {}", "callbacks: {slot: 1h}")
    chat = waiting(it, "8")
    assert TEN not in starts(chat)
    assert tries(chat, phone=PHONE, callback_slot=TEN).slug == "slot-taken"
    assert "2026-11-03T16:00:00Z" in starts(chat)


def test_a_smaller_capacity_counts_every_seat_that_is_in_use(sidecar: Sidecar) -> None:
    it = offering(sidecar, "{capacity: 2}")
    first, _ = booked(it, user="7")
    booked(it, user="8")
    first.contact(callback_slot=HALF_PAST)  # the call in the second seat stays
    it.change_policy("capacity: 2", "capacity: 1")
    assert TEN not in starts(waiting(it, "9"))


def test_the_second_tab_of_a_customer_moves_the_same_call(it: Sidecar) -> None:
    _, first = booked(it)
    tab = it.chat()
    tab.verified()
    it.clock.advance(minutes=1)
    assert tab.contact(callback_slot=HALF_PAST)["escalation"]["id"] == first["id"]
    assert it.team.read(first["id"])["call"]["starts_at"] == HALF_PAST


# -- both calendars ----------------------------------------------------------------------------------------------------


def test_both_sides_get_the_call_for_their_calendar(it: Sidecar) -> None:
    booked(it, locale="de_DE")
    (theirs,) = mails(it, "user7@example.org", "callback_booked")
    (ours,) = mails(it, "team@shop.example", "callback_booked")
    entry = event(theirs)
    assert entry.method == "REQUEST"
    assert str(entry["SUMMARY"]) == "Rückruf von shop.example"
    assert entry["DTSTART"].dt.isoformat() == "2026-11-03T15:00:00+00:00"
    assert entry["DTEND"].dt.isoformat() == "2026-11-03T15:30:00+00:00"
    assert str(entry["ATTENDEE"]) == "mailto:user7@example.org"
    assert str(event(ours)["ATTENDEE"]) == "mailto:team@shop.example"
    assert event(ours)["UID"] == entry["UID"]
    for mail in (theirs, ours):
        assert "555" not in str(mail.invitation)
        assert "Dienstag, 3. November, 10:00 Uhr EST" in mail.text
    assert PHONE in theirs.text
    assert PHONE in ours.text


def test_both_sides_are_reminded_and_the_team_has_the_number(it: Sidecar) -> None:
    booked(it)
    it.clock.set("2026-11-03T14:44:00Z")
    assert mails(it, "team@shop.example", "callback_reminder") == []
    it.clock.advance(minutes=1)
    (ours,) = mails(it, "team@shop.example", "callback_reminder")
    (theirs,) = mails(it, "user7@example.org", "callback_reminder")
    assert PHONE in ours.text
    assert "10:00 AM EST on Tuesday, November 3" in theirs.text


def test_a_reminder_that_comes_too_late_is_not_sent(it: Sidecar) -> None:
    booked(it)
    it.clock.set("2026-11-03T15:01:00Z")
    assert mails(it, "team@shop.example", "callback_reminder") == []


# -- what becomes of it ------------------------------------------------------------------------------------------------


def state_of(it: Sidecar, escalation: Json) -> tuple[str, str]:
    """Of the call and of the standing promise."""
    known = it.team.read(escalation["id"])
    return known["call"]["state"], known["commitment"]["state"]


def test_a_call_that_was_made_keeps_the_promise_and_the_chat_says_so(it: Sidecar) -> None:
    chat, escalation = booked(it)
    it.clock.set("2026-11-03T15:05:00Z")
    it.team.does("called", escalation["id"])
    it.team.does("called", escalation["id"])
    assert state_of(it, escalation) == ("done", "kept")
    assert [line for line in chat.lines() if line[0] == "notice"] == [("notice", "Ada has called you.")]
    it.clock.set("2026-11-03T20:00:00Z")
    it.work()
    assert state_of(it, escalation) == ("done", "kept")


def test_an_agent_may_call_early(it: Sidecar) -> None:
    _, escalation = booked(it)
    it.team.does("called", escalation["id"])
    assert state_of(it, escalation) == ("done", "kept")
    assert mails(it, "user7@example.org", "callback_withdrawn") == []


def test_a_call_that_nobody_booked_keeps_a_promise_too(it: Sidecar) -> None:
    chat = waiting(it)
    known = it.team.does("called", chat.events()["escalation"]["id"])
    assert (known["commitment"]["state"], known["call"]) == ("kept", None)


def test_a_missed_call_is_said_honestly_and_falls_to_the_next_rung(it: Sidecar) -> None:
    chat, escalation = booked(it)
    it.clock.set("2026-11-03T15:29:00Z")
    it.work()
    assert state_of(it, escalation) == ("booked", "pending")
    it.clock.set(HALF_PAST)
    (theirs,) = mails(it, "user7@example.org", "callback_missed")
    assert state_of(it, escalation) == ("missed", "pending")
    kind, text = chat.lines()[-1]
    assert (kind, text[:63]) == ("commitment", "We did not call you at the time we agreed on, and we are sorry.")
    assert chat.events()["escalation"]["channel"] == "email"
    assert "10:00 AM EST on Tuesday, November 3" in theirs.text
    assert "    A support agent will contact you before " in theirs.text
    assert theirs.text.count("we are sorry") == 1
    assert "escbridge_call=" in theirs.text
    assert len(mails(it, "team@shop.example", "broken")) == 1


def test_a_missed_call_with_which_the_person_in_charge_is_alarmed_is_told_to_the_customer_all_the_same(
    it: Sidecar,
) -> None:
    it.change_policy("ladder: [live,", "promises: 1\n    ladder: [live,")
    _, escalation = booked(it)
    it.clock.set(HALF_PAST)
    assert len(mails(it, "user7@example.org", "callback_missed")) == 1
    assert state_of(it, escalation) == ("missed", "pending")
    assert len(mails(it, "team@shop.example", "alarm")) == 1
    assert mails(it, "team@shop.example", "broken") == []


def test_a_claimed_call_may_last_longer_and_the_team_is_asked_before_the_customer_hears_of_it(it: Sidecar) -> None:
    _, escalation = booked(it)
    it.clock.set("2026-11-03T15:10:00Z")
    it.team.does("claim", escalation["id"])
    it.clock.set(HALF_PAST)
    assert len(mails(it, "team@shop.example", "callback_over")) == 1
    assert state_of(it, escalation) == ("booked", "pending")
    it.clock.set("2026-11-03T16:00:00Z")
    it.work()
    assert state_of(it, escalation) == ("missed", "pending")


@pytest.mark.parametrize(("before", "kept"), [("", False), ("claim", True)])
def test_an_answer_after_the_time_of_a_call_is_in_time_where_somebody_has_claimed_it(
    it: Sidecar, before: str, kept: bool
) -> None:
    """Whether or not the scheduler had come to say so."""
    _, escalation = booked(it)
    if before:
        it.team.does(before, escalation["id"])
    it.clock.set("2026-11-03T15:45:00Z")
    it.team.does("reply", escalation["id"], text="I am late.", reply_id="r1")
    assert state_of(it, escalation)[1] == ("kept" if kept else "broken")


def test_an_answer_that_we_hear_of_after_the_call_was_called_missed_puts_both_right(it: Sidecar) -> None:
    _, escalation = booked(it)
    it.clock.set(HALF_PAST)
    it.work()
    answer = AgentReply("m1", Agent("9", "Bea"), "Solved on the phone.", from_rfc3339("2026-11-03T15:10:00Z"))
    with it.bridge.store.write() as tx:
        answered(open_case(it.bridge, tx, SHOP.id), escalation["id"], answer)
    with it.bridge.store.read() as tx:
        states = [one.state.value for one in tx.escalations.commitments(escalation["id"])]
    assert states == ["replaced", "kept", "replaced"]
    assert it.team.read(escalation["id"])["call"]["state"] == "done"


def made_under_other_rules(it: Sidecar, escalation: str) -> None:
    """Store promise and call as a zone half an hour behind has them: the same wall time, half an hour later."""
    with it.bridge.store.write() as tx:
        known = next(promise for _, promise in tx.escalations.standing("", 10) if promise.escalation_id == escalation)
        assert tx.escalations.move(replace(known, due_at=known.due_at + HALF_AN_HOUR), was_due_at=known.due_at)
        call = tx.callbacks.latest(SHOP.id, escalation)
        assert call is not None
        later = {"starts_at": call.starts_at + HALF_AN_HOUR, "ends_at": call.ends_at + HALF_AN_HOUR}
        tx.callbacks.change(replace(call, **later))


def test_calls_follow_their_promises_when_the_rules_of_the_zone_change(it: Sidecar) -> None:
    """Each comes into the time of the other on its way, whichever goes first."""
    (_, second), (_, first) = booked(it, HALF_PAST, "8"), booked(it, TEN, "7")
    for one in (second, first):
        made_under_other_rules(it, one["id"])
    assert keep_wall_times(it.bridge) == 2
    found = {one["id"]: (one["call"]["starts_at"], one["commitment"]["due_at"]) for one in it.team.list()}
    assert found == {first["id"]: (TEN, TEN), second["id"]: (HALF_PAST, HALF_PAST)}
    assert to_rfc3339(from_datetime(event(mails(it, "user7@example.org", "callback_moved")[-1])["DTSTART"].dt)) == TEN
    assert event(mails(it, SHOP.team_email, "callback_moved")[-1]).method == "REQUEST"


def test_a_call_stands_where_the_team_closes_over_its_time(it: Sidecar) -> None:
    chat, escalation = booked(it)
    it.change_policy("hours:\n  office:", "hours:\n  office:\n    closed: [{from: 2026-11-03, to: 2026-11-03}]")
    assert TEN not in starts(waiting(it, "8"))
    assert chat.contact(callback_slot=TEN)["escalation"]["commitment"]["due_at"] == TEN
    assert state_of(it, escalation) == ("booked", "pending")


@pytest.mark.parametrize("how", ["policy", "command"])
def test_the_team_hears_once_of_a_call_whose_time_has_been_closed_since(it: Sidecar, how: str) -> None:
    booked(it)
    booked(it, "2026-11-04T15:00:00Z", user="8")
    watch_calls(it.bridge)
    assert (alarms(it), mails(it, SHOP.team_email, "callback_closed")) == ([], [])
    if how == "policy":
        it.change_policy("hours:\n  office:", "hours:\n  office:\n    closed: [{from: 2026-11-03, to: 2026-11-03}]")
    else:
        body = {"open": False, "from": "2026-11-03T05:00:00Z", "until": "2026-11-04T05:00:00Z", "why": "training"}
        it.caller(Scope.ADMIN).ask("POST", "/v1/hours", {**body, "agent": ADA})
    for _ in range(2):
        watch_calls(it.bridge)
    (alarm,) = alarms(it)
    assert alarm["kind"] == "calls_in_closed_time"
    assert alarm["text"].startswith("1 booked call lies in time that is closed now.")
    (told,) = mails(it, SHOP.team_email, "callback_closed")
    assert told.subject.startswith("Call in closed time [")
    assert PHONE in told.text
    assert "10:00 AM EST on Tuesday" in told.text
    assert mails(it, "user7@example.org", "callback_closed") == []
    it.clock.at = from_rfc3339(TEN)
    watch_calls(it.bridge)
    assert alarms(it) == []


def test_words_before_the_call_do_not_stand_in_for_it(it: Sidecar) -> None:
    _, escalation = booked(it)
    it.team.does("reply", escalation["id"], text="Please have your order at hand.", reply_id="r1")
    assert state_of(it, escalation) == ("booked", "pending")
    it.clock.set("2026-11-03T15:10:00Z")
    it.team.does("reply", escalation["id"], text="As we said on the phone: done.", reply_id="r2")
    assert state_of(it, escalation) == ("done", "kept")


@pytest.mark.parametrize("ends", ["resolve", "release"])
def test_a_request_that_is_settled_before_its_call_takes_the_call_out_of_both_calendars(it: Sidecar, ends: str) -> None:
    _, escalation = booked(it)
    it.team.does(ends, escalation["id"])
    for address in ("user7@example.org", "team@shop.example"):
        (mail,) = mails(it, address, "callback_withdrawn")
        assert event(mail).method == "CANCEL"
    assert "escbridge_call" not in mails(it, "user7@example.org", "callback_withdrawn")[0].text
    assert it.team.read(escalation["id"])["call"]["state"] == "cancelled"
    assert TEN in starts(waiting(it, "8"))
    it.clock.set("2026-11-03T20:00:00Z")
    it.work()
    assert mails(it, "user7@example.org", "callback_reminder") == []


def test_a_request_that_is_settled_on_the_phone_has_its_call_done(it: Sidecar) -> None:
    _, escalation = booked(it)
    it.clock.set("2026-11-03T15:10:00Z")
    it.team.does("resolve", escalation["id"])
    assert it.team.read(escalation["id"])["call"]["state"] == "done"
    assert mails(it, "user7@example.org", "callback_withdrawn") == []


# -- the link of a mail ------------------------------------------------------------------------------------------------


def visits(it: Sidecar, token: str) -> Json:
    return it.caller().ask("GET", f"/v1/calls/{token}")


def acts(it: Sidecar, token: str, **wish: Any) -> Any:
    return it.caller().send("POST", f"/v1/calls/{token}", wish)


def test_the_link_shows_the_call_and_looking_changes_nothing(it: Sidecar) -> None:
    _, escalation = booked(it, locale="de_DE")
    token = link(it)
    first = visits(it, token)
    assert visits(it, token) == first
    assert {name: first[name] for name in ("state", "starts_at", "ends_at", "timezone", "confirmed", "can_change")} == {
        "state": "booked",
        "starts_at": TEN,
        "ends_at": HALF_PAST,
        "timezone": "America/New_York",
        "confirmed": False,
        "can_change": True,
    }
    assert first["text"].startswith("Wir rufen Sie")
    assert (first["language"], first["sequence"]) == ("de", 1)
    assert TEN in [slot["id"] for slot in first["slots"]]
    assert escalation["id"] not in token


def test_a_link_that_offers_a_call_books_it_with_the_number_that_is_typed_there(it: Sidecar) -> None:
    it.clock.set("2026-11-02T02:00:00Z")  # Sunday night: the team's opening writes to the customer
    chat = waiting(it)
    it.clock.set("2026-11-02T14:00:00Z")
    token = link(it)
    assert visits(it, token)["state"] == "offered"
    refused = acts(it, token, action="book", slot=TEN, sequence=0)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/phone")
    done = acts(it, token, action="book", slot=TEN, sequence=0, phone=PHONE)
    assert done.json["state"] == "booked"
    assert chat.events()["escalation"]["commitment"]["due_at"] == TEN


def test_a_call_is_confirmed_once(it: Sidecar) -> None:
    _, escalation = booked(it)
    token = link(it)
    assert acts(it, token, action="confirm", sequence=1).json["confirmed"] is True
    again = acts(it, token, action="confirm", sequence=1)
    assert (again.status, again.slug) == (409, "call-changed")
    assert again.json["call"]["confirmed"] is True
    assert it.team.read(escalation["id"])["call"]["confirmed"] is True


def test_a_moved_call_has_to_be_confirmed_anew(it: Sidecar) -> None:
    booked(it)
    token = link(it)
    acts(it, token, action="confirm")
    it.clock.advance(minutes=1)
    moved = acts(it, token, action="reschedule", slot=HALF_PAST).json
    assert (moved["starts_at"], moved["confirmed"], moved["sequence"]) == (HALF_PAST, False, 3)


def test_a_page_that_is_out_of_date_changes_nothing_and_is_told_what_is(it: Sidecar) -> None:
    booked(it)
    token = link(it)
    it.clock.advance(minutes=1)
    acts(it, token, action="reschedule", slot=HALF_PAST, sequence=1)
    late = acts(it, token, action="cancel", sequence=1)
    assert (late.status, late.slug) == (409, "call-changed")
    assert (late.json["call"]["state"], late.json["call"]["starts_at"]) == ("booked", HALF_PAST)


def test_a_cancelled_call_leaves_a_new_promise_and_another_may_be_booked(it: Sidecar) -> None:
    chat, escalation = booked(it)
    token = link(it)
    it.clock.advance(minutes=1)
    gone = acts(it, token, action="cancel", sequence=1).json
    assert (gone["state"], gone["can_change"], gone["sequence"]) == ("cancelled", True, 2)
    assert gone["text"].startswith("Your call is cancelled. A support agent will contact you before")
    assert chat.lines()[-1] == ("commitment", gone["text"])
    assert state_of(it, escalation) == ("cancelled", "pending")
    for address in ("team@shop.example", "user7@example.org"):
        (mail,) = mails(it, address, "callback_cancelled")
        assert event(mail).method == "CANCEL"
    assert mail.text.count("Your call is cancelled.") == 1
    it.clock.advance(minutes=1)
    assert acts(it, token, action="cancel").slug == "call-changed"
    assert acts(it, token, action="book", slot=HALF_PAST, sequence=2).json["sequence"] == 3


def test_a_time_that_is_taken_is_refused_behind_the_link_and_the_number_is_kept(it: Sidecar) -> None:
    booked(it)
    token = link(it)
    booked(it, HALF_PAST, "8")
    taken = acts(it, token, action="reschedule", slot=HALF_PAST, phone="+1 555 0177")
    assert (taken.status, taken.slug) == (409, "slot-taken")
    assert it.team.list()[-1]["customer"]["phone"] == "+1 555 0177"
    assert visits(it, token)["starts_at"] == TEN


def test_what_has_begun_or_is_over_cannot_be_changed(it: Sidecar) -> None:
    _, escalation = booked(it)
    token = link(it)
    it.clock.set("2026-11-03T15:01:00Z")
    begun = visits(it, token)
    assert (begun["state"], begun["can_change"], begun["slots"]) == ("booked", False, [])
    assert acts(it, token, action="cancel").slug == "call-changed"
    it.team.does("called", escalation["id"])
    assert visits(it, token)["state"] == "done"
    it.team.does("resolve", escalation["id"])
    over = visits(it, token)
    assert (over["state"], over["can_change"]) == ("done", False)
    assert over["text"].startswith("There is no call to change any more")


def test_the_link_of_a_settled_request_says_that_it_is_over(it: Sidecar) -> None:
    _, escalation = booked(it)
    token = link(it)
    it.team.does("resolve", escalation["id"])
    assert (visits(it, token)["state"], visits(it, token)["can_change"]) == ("over", False)


@pytest.mark.parametrize("change", ["cut", "other", "empty-ish", "foreign letters"])
def test_a_link_that_was_tampered_with_is_no_link(it: Sidecar, change: str) -> None:
    booked(it)
    token = link(it)
    first = "A" if token[0] != "A" else "B"
    bad = {"cut": token[:-9], "other": first + token[1:], "empty-ish": "x", "foreign letters": "%C3%BC" * 50}[change]
    refused = it.caller().send("GET", f"/v1/calls/{bad}")
    assert (refused.status, refused.slug) == (404, "link-invalid")
    assert acts(it, bad, action="cancel", phone=PHONE).slug == "link-invalid"


def test_a_link_ends_in_time(it: Sidecar) -> None:
    booked(it)
    token = link(it)
    it.clock.advance(hours=24 * 91)
    assert it.caller().send("GET", f"/v1/calls/{token}").slug == "link-invalid"


def test_a_clock_that_was_set_back_does_not_void_a_link(it: Sidecar) -> None:
    booked(it)
    token = link(it)
    it.clock.advance(hours=-2)
    assert visits(it, token)["state"] == "booked"


def test_a_link_of_another_site_is_no_link(it: Sidecar) -> None:
    booked(it)
    other = add_site(it.bridge, Site("other", "https://other.example", SHOP.timezone, "b@other.example"), "http://x")
    refused = it.caller(Scope.CHAT, other).send("GET", f"/v1/calls/{link(it)}")
    assert refused.slug == "link-invalid"


def test_a_link_outlives_a_rotation_and_ends_with_its_secret(it: Sidecar) -> None:
    booked(it)
    token = link(it)
    fresh = rotate_site(it.bridge, SHOP.id, "http://x")
    caller = it.caller(Scope.CHAT, fresh)
    it.app.extensions["gatekeeper"].__init__(it.bridge.store)
    assert caller.ask("GET", f"/v1/calls/{token}")["state"] == "booked"
    revoke(it.bridge, SHOP.id, everything=False)
    assert caller.send("GET", f"/v1/calls/{token}").slug == "link-invalid"


def test_a_site_without_a_secret_still_sends_what_is_due(it: Sidecar) -> None:
    booked(it)
    it.work()
    revoke(it.bridge, SHOP.id, everything=True)
    it.clock.set("2026-11-03T14:50:00Z")
    (mail,) = mails(it, "user7@example.org", "callback_reminder")
    assert "escbridge_call" not in mail.text


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"action": "book"}, ""),
        ({"action": "reschedule"}, ""),
        ({"action": "destroy"}, "/action"),
        ({"action": "book", "slot": "soon"}, "/slot"),
        ({"action": "book", "slot": TEN, "phone": "call me"}, "/phone"),
        ({"action": "confirm", "sequence": -1}, "/sequence"),
    ],
)
def test_a_wish_that_makes_no_sense_does_not_fit(it: Sidecar, wish: Json, pointer: str) -> None:
    booked(it)
    refused = acts(it, link(it), **wish)
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == pointer
