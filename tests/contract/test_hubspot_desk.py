"""HubSpot as a desk: one upsert, the contact beside it, notes, what people did, and its signed calls."""

import base64
import hmac
import json
import logging
import time
from typing import Any

import pytest
from support.contractcheck import (
    Fault,
    Handler,
    InProcess,
    OpenApi,
    Request,
    Vendor,
    answers_garbage,
    answers_late,
    drops_after,
    drops_before,
    fails_after,
    read_request,
    refuses,
    truncates,
)
from support.contracts import HUBSPOT, HUBSPOT_DESK, contract
from support.desks.hubspot import (
    CONTACT,
    CREATE,
    HOOKS_URL,
    LINK,
    MESSAGES,
    NEW_CONTACT,
    NOTE,
    NOTES_OF,
    OWNER,
    PIPELINES,
    PROPERTY,
    READ,
    THREADS,
    HubSpotDesk,
    batch,
    record,
)
from support.desks.vendor import SECRET
from support.packets import CUSTOMER, at, ticket

from bridge.adapters.desk.hubspot import CONTENT_LIMIT, NEWS_LIMIT, HubSpotTickets, Place
from bridge.adapters.http import Http
from bridge.domain.escalation import Agent
from bridge.domain.packet import Line, Ticket
from bridge.domain.rendering import render_ticket
from bridge.domain.values import Identity, Priority
from bridge.ports import (
    AdapterError,
    DeskNews,
    Filed,
    Heard,
    HookCall,
    HookRefused,
    NewsKind,
    NotDone,
    OutcomeUnknown,
    Rejected,
    Strategy,
    TicketRef,
)

NOW = at("2026-11-02T15:00:00")


def desk(vendor: Vendor, **settings: Any) -> HubSpotTickets:
    given = {"token": "pat-secret", "place": Place("0", "1"), "budget_s": 10.0, "now": lambda: NOW / 1000, **settings}
    return HubSpotTickets(Http(transport=InProcess(vendor)), **given)


def rendered(vendor: Vendor, filed: Ticket, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk(vendor, **settings).render(filed))
    return found


def made(vendor: Vendor, external_id: str = "esc-0001") -> str:
    hubspot = desk(vendor)
    return hubspot.create(external_id, hubspot.render(ticket(external_id))).id


def always(value: Any, status: int = 200) -> Handler:
    return lambda _request: (status, value)


@pytest.fixture
def vendor() -> HubSpotDesk:
    return HubSpotDesk()


# ------------------------------------------------------------------------------------------------------- the body


def test_the_packet_is_the_description_and_the_subject_says_nothing_of_it(vendor: HubSpotDesk) -> None:
    upsert = rendered(vendor, ticket())["upsert"]
    assert (upsert["idProperty"], upsert["id"]) == ("escalation_id", "esc-0001")
    assert upsert["properties"] == {
        "escalation_id": "esc-0001", "subject": "Chat hand-off: billing", "content": render_ticket(ticket()),
        "hs_pipeline": "0", "hs_pipeline_stage": "1", "hs_ticket_priority": "HIGH",
    }  # fmt: skip
    assert desk(vendor).private_note(ticket()) is None


def test_no_priority_is_sent_that_an_account_may_lack(vendor: HubSpotDesk) -> None:
    sent = {
        priority: rendered(vendor, ticket(priority=priority))["upsert"]["properties"]["hs_ticket_priority"]
        for priority in Priority
    }
    assert sent == {Priority.NORMAL: "MEDIUM", Priority.HIGH: "HIGH", Priority.URGENT: "HIGH"}


def test_a_queue_may_have_a_pipeline_of_its_own(vendor: HubSpotDesk) -> None:
    properties = rendered(vendor, ticket(), places={"billing": Place("12", "34")})["upsert"]["properties"]
    assert (properties["hs_pipeline"], properties["hs_pipeline_stage"]) == ("12", "34")


def test_the_contact_is_named_only_by_a_usable_address(vendor: HubSpotDesk) -> None:
    def contact(**changes: Any) -> Any:
        return rendered(vendor, ticket(customer=CUSTOMER.model_copy(update=changes)))["contact"]

    assert contact() == {"email": "ann@example.org", "firstname": "Ann", "lastname": "Lee"}
    assert contact(name=None) == {"email": "ann@example.org"}
    assert contact(name="Ann") == {"email": "ann@example.org", "firstname": "Ann"}
    assert contact(email=None, identity=Identity.ANONYMOUS) is None
    assert contact(email="ann at home") is None


def test_long_conversation_fits_and_says_what_was_left_out(vendor: HubSpotDesk) -> None:
    lines = tuple(Line(at=NOW, who="visitor", text=f"no. {n} " + "x" * 7900) for n in range(20))
    text = rendered(vendor, ticket(transcript=lines))["upsert"]["properties"]["content"]
    assert len(text) <= CONTENT_LIMIT
    assert "earlier messages do not fit here" in text
    assert "no. 19 " in text


WRONG = {
    "a property that is no text": {"properties": {"subject": "x", "hs_pipeline_stage": 1}},
    "no stage": {"properties": {"subject": "x"}},
    "an association, which an upsert does not take": {"associations": []},
    "a priority that not every account has": {
        "properties": {"subject": "x", "hs_pipeline_stage": "1", "hs_ticket_priority": "CRITICAL"}
    },
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=WRONG)
def test_contract_refuses_a_wrong_ticket_so_passing_means_something(spoil: dict[str, Any]) -> None:
    strict = Vendor(OpenApi(contract(HUBSPOT_DESK)))
    good = {"id": "esc", "idProperty": "escalation_id", "properties": {"subject": "x", "hs_pipeline_stage": "1"}}
    headers = {"Authorization": "Bearer t", "Content-Type": "application/json"}
    path = CREATE.partition(" ")[2]
    strict.on(CREATE, always(batch()))
    strict.receive(read_request("POST", path, headers, json.dumps({"inputs": [good]}).encode()))
    assert strict.problems() == []
    strict.receive(read_request("POST", path, headers, json.dumps({"inputs": [{**good, **spoil}]}).encode()))
    assert strict.problems()


# ----------------------------------------------------------------------------------------- create, find, complete


def test_a_repeat_finds_what_the_first_call_made(vendor: HubSpotDesk) -> None:
    hubspot = desk(vendor)
    body = hubspot.render(ticket())
    assert hubspot.create("esc-0001", body) == hubspot.create("esc-0001", body) == TicketRef("1000")
    assert hubspot.find("esc-0001", body) == TicketRef("1000")
    assert hubspot.find("esc-0002", body) is None
    assert len(vendor.tickets) == 1
    assert vendor.calls[0].headers["authorization"] == "Bearer pat-secret"
    assert vendor.problems() == []


def test_the_requests_fit_what_hubspots_own_client_sends() -> None:
    derived = Vendor(OpenApi(contract(HUBSPOT)))
    stamps = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}
    shown = {"id": "51", "properties": {"escalation_id": "esc-0001"}, **stamps}
    answer = {"status": "COMPLETE", "startedAt": stamps["createdAt"], "completedAt": stamps["createdAt"]}
    derived.on(CREATE, always({**answer, "results": [{**shown, "new": True}]}))
    derived.on("GET /crm/v3/objects/tickets/{ticketId}", always(shown))
    hubspot = desk(derived)
    body = hubspot.render(ticket())
    assert hubspot.create("esc-0001", body) == hubspot.find("esc-0001", body) == TicketRef("51")
    assert derived.problems() == []


def test_the_strategy_is_an_upsert() -> None:
    assert HubSpotTickets.strategy is Strategy.UPSERT
    assert (HubSpotTickets.key_window.total_seconds(), HubSpotTickets.settle.total_seconds()) == (0, 0)


def test_the_page_that_hubspot_names_is_kept(vendor: HubSpotDesk) -> None:
    page = "https://app.hubspot.com/contacts/1/record/0-5/7"
    shown = record("7", escalation_id="esc-0001") | {"new": True}
    vendor.on(CREATE, always(batch(shown | {"url": page})))
    assert desk(vendor).create("esc-0001", desk(vendor).render(ticket())) == TicketRef("7", page)
    vendor.on(CREATE, always(batch(shown | {"url": "javascript:alert(1)"})))
    assert desk(vendor).create("esc-0001", desk(vendor).render(ticket())) == TicketRef("7")


def test_the_ticket_is_linked_to_the_contact_and_may_be_so_again(vendor: HubSpotDesk) -> None:
    hubspot = desk(vendor)
    vendor.contacts["ann@example.org"] = record("51")
    body = hubspot.render(ticket())
    hubspot.complete("1000", body)
    hubspot.complete("1000", body)
    assert vendor.linked == [("1000", "51")] * 2
    assert vendor.effects(NEW_CONTACT) == 0


def test_a_customer_without_a_contact_gets_one_and_an_existing_one_is_not_renamed(vendor: HubSpotDesk) -> None:
    desk(vendor).complete("1000", desk(vendor).render(ticket()))
    assert vendor.contacts["ann@example.org"]["properties"]["lastname"] == "Lee"
    other = ticket(customer=CUSTOMER.model_copy(update={"name": "Somebody Else"}))
    desk(vendor).complete("1001", desk(vendor).render(other))
    assert vendor.contacts["ann@example.org"]["properties"]["lastname"] == "Lee"
    assert vendor.linked == [("1000", "500"), ("1001", "500")]


def test_nobody_is_linked_where_there_is_no_address(vendor: HubSpotDesk) -> None:
    nobody = ticket(customer=CUSTOMER.model_copy(update={"email": None, "identity": Identity.ANONYMOUS}))
    desk(vendor).complete("1000", desk(vendor).render(nobody))
    assert vendor.calls == []


@pytest.mark.parametrize("step", [CONTACT, NEW_CONTACT, LINK])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (refuses(403), Rejected),
        (refuses(429), NotDone),
        (refuses(409), OutcomeUnknown),
        (refuses(503), OutcomeUnknown),
    ],
)
def test_a_link_that_fails_says_how(vendor: HubSpotDesk, step: str, fault: Fault, outcome: type[AdapterError]) -> None:
    vendor.plan(step, fault)
    with pytest.raises(outcome):
        desk(vendor).complete("1000", desk(vendor).render(ticket()))
    desk(vendor).complete("1000", desk(vendor).render(ticket()))
    assert set(vendor.linked) == {("1000", "500")}


# --------------------------------------------------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("fault", "outcome", "tickets"),
    [
        (refuses(400), Rejected, 0), (refuses(401), Rejected, 0), (refuses(403), Rejected, 0),
        (refuses(404), Rejected, 0), (refuses(422), Rejected, 0), (refuses(429, "0.5"), NotDone, 0),
        (refuses(423), NotDone, 0), (refuses(477, "60"), NotDone, 0), (refuses(409), OutcomeUnknown, 0),
        (refuses(500), OutcomeUnknown, 0), (refuses(503, "3"), OutcomeUnknown, 0),
        (drops_before(), OutcomeUnknown, 0), (drops_after(), OutcomeUnknown, 1), (fails_after(), OutcomeUnknown, 1),
        (answers_garbage(), OutcomeUnknown, 1), (truncates(), OutcomeUnknown, 1), (answers_late(60), OutcomeUnknown, 1),
    ],
    ids=lambda value: f"{value.kind}{value.status or ''}" if isinstance(value, Fault) else str(value),
)  # fmt: skip
def test_whatever_is_lost_there_is_one_ticket_in_the_end(
    vendor: HubSpotDesk, fault: Fault, outcome: type[AdapterError], tickets: int
) -> None:
    vendor.plan(CREATE, fault)
    with pytest.raises(outcome):
        made(vendor)
    assert len(vendor.tickets) == tickets
    made(vendor)
    assert len(vendor.tickets) == 1


def test_the_wait_that_hubspot_names_is_kept_to(vendor: HubSpotDesk) -> None:
    vendor.plan(CREATE, refuses(477, "3600"))
    with pytest.raises(NotDone) as raised:
        made(vendor)
    assert raised.value.retry_after == 3600


def problem(category: str) -> dict[str, Any]:
    return {"category": category, "message": "ann@example.org is wrong", "status": "error", "context": {}}


@pytest.mark.parametrize(
    ("category", "outcome"), [("VALIDATION_ERROR", Rejected), ("RATE_LIMITS", OutcomeUnknown), ("", OutcomeUnknown)]
)
def test_a_batch_that_failed_under_a_good_status_is_no_success(
    vendor: HubSpotDesk, category: str, outcome: type[AdapterError]
) -> None:
    vendor.on(CREATE, always(batch() | {"numErrors": 1, "errors": [problem(category)]}, 207))
    with pytest.raises(outcome) as raised:
        made(vendor)
    assert "ann@" not in str(raised.value)
    assert vendor.problems() == []


NOT_OURS = {
    "nothing": {}, "a list": [], "no JSON value": None, "no results": batch(),
    "another ticket": batch(record("7", escalation_id="esc-0002") | {"new": True}),
    "no property": batch(record("7") | {"new": True}), "no id": batch({"properties": {"escalation_id": "esc-0001"}}),
}  # fmt: skip


@pytest.mark.parametrize("wrong", NOT_OURS.values(), ids=NOT_OURS)
def test_success_without_our_id_is_unknown(vendor: HubSpotDesk, wrong: Any) -> None:
    vendor.on(CREATE, always(wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        made(vendor)


def test_nothing_of_the_customer_or_the_token_is_in_errors_or_logs(
    vendor: HubSpotDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = {"status": "error", "message": "pat-secret ann@example.org", "category": "X", "correlationId": "1"}
    vendor.on(CREATE, always(error, 400))
    with pytest.raises(Rejected) as raised:
        made(vendor)
    said = f"{raised.value!r} {raised.value} {caplog.text}"
    assert "ann@" not in said
    assert "pat-secret" not in said


# ------------------------------------------------------------------------------------------------------------ notes


def test_a_note_is_escaped_dated_and_on_the_ticket(vendor: HubSpotDesk) -> None:
    ref = made(vendor)
    desk(vendor).append(ref, "n1", 'The visitor wrote\n\n    <b onclick="x">&amp;</b>\n    twice\n\n[n1]')
    (note,) = vendor.notes[ref]
    assert note["properties"] == {
        "hs_timestamp": str(NOW),
        "hs_note_body": 'The visitor wrote<br><br>&lt;b onclick="x"&gt;&amp;amp;&lt;/b&gt;<br>twice<br><br>[n1]',
    }
    assert vendor.problems() == []


@pytest.mark.parametrize("text", ["&" * 9_000, "<\n" * 4_500, "🙏" * 9_000])
def test_the_longest_note_fits_whatever_it_is_made_of(vendor: HubSpotDesk, text: str) -> None:
    desk(vendor).append("1000", "n1", text)
    assert vendor.problems() == []


def test_a_note_is_found_by_its_mark_among_many(vendor: HubSpotDesk) -> None:
    hubspot, ref = desk(vendor), made(vendor)
    assert not hubspot.has_note(ref, "n1")
    for number in range(120):
        hubspot.append(ref, f"n{number}", f"said & done\n\n[n{number}]")
    assert hubspot.has_note(ref, "n119")
    assert hubspot.has_note(ref, "n50")
    assert not hubspot.has_note(ref, "n11 ")
    assert not hubspot.has_note(ref, "n120")
    assert vendor.problems() == []


def test_the_list_of_notes_is_read_to_its_end_and_one_that_has_none_is_no_answer(vendor: HubSpotDesk) -> None:
    ref = made(vendor)
    desk(vendor).append(ref, "n1", "said\n\n[n1]")
    link = {"toObjectId": 90_000, "associationTypes": []}
    more = {"results": [], "paging": {"next": {"after": "2"}}}
    vendor.on(NOTES_OF, lambda request: (200, {"results": [link]} if request.param("after") else more))
    assert desk(vendor).has_note(ref, "n1")
    vendor.on(NOTES_OF, always(more))
    with pytest.raises(AdapterError, match="too long"):
        desk(vendor).has_note(ref, "n1")


@pytest.mark.parametrize("fault", [drops_after(), fails_after(), answers_garbage(), truncates()])
def test_a_note_whose_answer_is_lost_is_found_afterwards(vendor: HubSpotDesk, fault: Fault) -> None:
    ref = made(vendor)
    vendor.plan(NOTE, fault)
    with pytest.raises(OutcomeUnknown):
        desk(vendor).append(ref, "n1", "said\n\n[n1]")
    assert desk(vendor).has_note(ref, "n1")


# ------------------------------------------------------------------------------------------------------------- news

ZOE = Agent("hubspot:70", "Zoe")
FILED = [Filed("esc-1", "1000"), Filed("esc-2", "1001")]


def work(number: str = "1000", updated: str = "2026-11-02T15:10:00Z", **properties: str | None) -> dict[str, Any]:
    given = {"hs_pipeline_stage": "1", "hubspot_owner_id": None, "closed_date": "", **properties}
    return {"id": number, "properties": given, "createdAt": "2026-11-02T15:00:00Z", "updatedAt": updated}


def said(number: str, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "type": "MESSAGE", "direction": "OUTGOING", "createdAt": "2026-11-02T15:05:00Z", "createdBy": "A-70",
        "text": " Hello ", "senders": [{"actorId": "A-70", "name": "Zoe"}], "status": {"statusType": "SENT"},
    }  # fmt: skip
    return {"id": number, **given, **changes}


def shows(vendor: HubSpotDesk, tickets: list[dict[str, Any]], *messages: dict[str, Any]) -> list[DeskNews]:
    vendor.on(READ, always(batch(*tickets)))
    vendor.said = {"1000": list(messages)} if messages else {}
    news = desk(vendor).news(FILED, budget=5)
    assert vendor.problems() == []
    return news


def test_a_ticket_that_nobody_touched_is_no_news(vendor: HubSpotDesk) -> None:
    assert shows(vendor, [work(), work("1001")]) == []


def test_who_has_the_ticket_what_they_answered_and_that_it_is_closed_are_told_in_order(vendor: HubSpotDesk) -> None:
    worked = work(
        hubspot_owner_id="7", hubspot_owner_assigneddate="2026-11-02T15:01:00.250Z", hs_pipeline_stage="4",
        closed_date="2026-11-02T15:09:00Z",
    )  # fmt: skip
    assert shows(vendor, [worked], said("m1")) == [
        DeskNews(NewsKind.PICKED_UP, "esc-1", ZOE, at("2026-11-02T15:01:00") + 250),
        DeskNews(NewsKind.ANSWERED, "esc-1", ZOE, at("2026-11-02T15:05:00"), "hubspot:m1", "Hello"),
        DeskNews(NewsKind.SOLVED, "esc-1", ZOE, at("2026-11-02T15:09:00")),
    ]


NO_ANSWER = {
    "a comment among colleagues": said("m", type="COMMENT"),
    "the customer's own words": said("m", direction="INCOMING", createdBy="V-1"),
    "a bot": said("m", createdBy="B-1"), "another program": said("m", createdBy="I-1"),
    "a change of status": said("m", type="THREAD_STATUS_CHANGE"), "what has no direction": said("m", direction=""),
    "what never went out": said("m", status={"statusType": "FAILED"}),
    "what was said before there was a ticket": said("m", createdAt="2026-11-02T14:59:59Z"),
}  # fmt: skip


@pytest.mark.parametrize("message", NO_ANSWER.values(), ids=NO_ANSWER)
def test_it_is_no_answer(vendor: HubSpotDesk, message: dict[str, Any]) -> None:
    if not message["direction"]:
        message = {name: value for name, value in message.items() if name != "direction"}
    assert shows(vendor, [work()], message) == []


def test_an_answer_of_pictures_alone_has_no_text_and_a_long_one_is_cut(vendor: HubSpotDesk) -> None:
    pictures = said("m1", text=None, senders=[], status={})
    first, second = shows(vendor, [work()], pictures, said("m2", text="x" * 70_000))
    assert (first.agent, first.text) == (Agent("hubspot:70", "HubSpot"), None)
    assert (second.agent, len(second.text or "")) == (ZOE, NEWS_LIMIT)


def test_a_message_of_nulls_is_no_answer_and_hides_none(vendor: HubSpotDesk) -> None:
    nulls = {"type": None, "direction": None, "createdBy": None, "text": None, "senders": None, "status": None}
    vendor.on(READ, always(batch(work())))
    vendor.on(THREADS, always({"results": [{"id": "1", "status": "OPEN"}], "paging": None}))
    vendor.on(MESSAGES, always({"results": [said("m1", **nulls), said("m2", senders=None)], "paging": {"next": None}}))
    assert [one.message_id for one in desk(vendor).news(FILED, budget=5)] == ["hubspot:m2"]


def test_times_that_are_missing_or_strange_are_those_of_the_last_change(vendor: HubSpotDesk) -> None:
    odd = work(hubspot_owner_id="7", hubspot_owner_assigneddate="soon", hs_pipeline_stage="4", closed_date=None)
    assert {one.at for one in shows(vendor, [odd])} == {at("2026-11-02T15:10:00")}
    old = work(hubspot_owner_id="7", hubspot_owner_assigneddate=str(NOW))
    assert [one.at for one in shows(vendor, [old])] == [NOW]


def test_an_owner_who_has_left_and_a_ticket_closed_by_nobody_have_hubspots_name(vendor: HubSpotDesk) -> None:
    news = shows(vendor, [work(hubspot_owner_id="99"), work("1001", hs_pipeline_stage="4")])
    assert {(one.kind, one.escalation_id, one.agent.name) for one in news} == {
        (NewsKind.PICKED_UP, "esc-1", "HubSpot"), (NewsKind.SOLVED, "esc-2", "HubSpot"),
    }  # fmt: skip


def test_an_owner_is_asked_for_once(vendor: HubSpotDesk) -> None:
    shows(vendor, [work(hubspot_owner_id="7"), work("1001", hubspot_owner_id="7")])
    assert vendor.effects(OWNER) == 1


def test_tickets_that_are_gone_or_not_ours_are_no_news(vendor: HubSpotDesk) -> None:
    assert shows(vendor, [work("5", hubspot_owner_id="7")]) == []


def test_without_the_right_to_read_conversations_the_rest_is_told(vendor: HubSpotDesk) -> None:
    vendor.on(READ, always(batch(work(hubspot_owner_id="7"))))
    vendor.plan(THREADS, refuses(403))
    assert [one.kind for one in desk(vendor).news(FILED, budget=5)] == [NewsKind.PICKED_UP]


def test_what_does_not_fit_the_time_is_told_later_and_what_changed_last_comes_first(vendor: HubSpotDesk) -> None:
    asked: list[str | None] = []

    def slow(request: Request) -> tuple[int, Any]:
        asked.append(request.param("associatedTicketId"))
        time.sleep(0.5)
        return 200, {"results": []}

    vendor.on(READ, always(batch(work(hubspot_owner_id="7"), work("1001", updated="2026-11-02T15:20:00Z"))))
    vendor.on(THREADS, slow)
    assert [one.kind for one in desk(vendor).news(FILED, budget=0.4)] == [NewsKind.PICKED_UP]
    assert asked == ["1001"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (refuses(401), Rejected),
        (refuses(429, "7"), NotDone),
        (refuses(500), OutcomeUnknown),
        (truncates(), OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("call", [READ, PIPELINES, OWNER, THREADS, MESSAGES])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: HubSpotDesk, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    vendor.on(READ, always(batch(work(hubspot_owner_id="7"))))
    vendor.said = {"1000": [said("m1")]}
    vendor.plan(call, fault, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=5)


@pytest.mark.parametrize("wrong", [{}, [], batch({"id": "1000"}), batch({**work(), "updatedAt": "soon"})])
def test_news_that_cannot_be_read_are_an_error(vendor: HubSpotDesk, wrong: Any) -> None:
    vendor.on(READ, always(wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=5)


# ------------------------------------------------------------------------------------------------------------ hooks


def call(body: bytes, *, secret: str = SECRET, url: str = HOOKS_URL, sent: int = NOW, **headers: str) -> HookCall:
    signed = b"POST" + url.encode() + body + str(sent).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()
    given = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": str(sent)}
    return HookCall({**given, **headers}, body, NOW)


def listening(vendor: HubSpotDesk, **settings: Any) -> HubSpotTickets:
    return desk(vendor, **{"webhook_secret": SECRET, "hooks_url": HOOKS_URL, **settings})


def events(*found: dict[str, Any]) -> bytes:
    return json.dumps(found).encode()


def test_a_signed_call_names_its_tickets_each_once(vendor: HubSpotDesk) -> None:
    body = events(
        {"subscriptionType": "ticket.propertyChange", "objectId": 1000},
        {"subscriptionType": "ticket.propertyChange", "objectId": 1000, "propertyName": "closed_date"},
        {"subscriptionType": "object.propertyChange", "objectTypeId": "0-5", "objectId": 1001},
        {"subscriptionType": "contact.creation", "objectId": 51},
        {"subscriptionType": "object.creation", "objectTypeId": "0-1", "objectId": 52},
        {"subscriptionType": "conversation.newMessage", "objectId": 53},
        {"subscriptionType": "ticket.associationChange", "fromObjectId": 54},
        {"subscriptionType": None, "objectTypeId": None, "objectId": None},
    )
    assert listening(vendor).hear(call(body)) == Heard(refs=("1000", "1001"))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"\xff", b'{"objectId": 1}', b"null"])
def test_a_call_that_is_right_and_not_understood_is_nothing(vendor: HubSpotDesk, body: bytes) -> None:
    assert listening(vendor).hear(call(body)) == Heard()


GOOD = events({"subscriptionType": "ticket.creation", "objectId": 1000})
FORGED = {
    "another secret": call(GOOD, secret="guessed"), "another address": call(GOOD, url=f"{HOOKS_URL}/x"),
    "too old": call(GOOD, sent=NOW - 300_001), "from the future": call(GOOD, sent=NOW + 300_001),
    "another body": HookCall(call(GOOD).headers, GOOD + b" ", NOW), "nothing signed": HookCall({}, GOOD, NOW),
    "a signature that is no ASCII": call(GOOD, **{"x-hubspot-signature-v3": "é\udce9"}),
    "a time that is no number": call(GOOD, **{"x-hubspot-request-timestamp": "²\udce9"}),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_call_that_is_not_hubspots_is_refused(vendor: HubSpotDesk, forged: HookCall) -> None:
    with pytest.raises(HookRefused):
        listening(vendor).hear(forged)


def test_without_a_secret_no_call_is_believed(vendor: HubSpotDesk) -> None:
    with pytest.raises(HookRefused):
        listening(vendor, webhook_secret="").hear(call(GOOD, secret=""))


def test_the_address_is_decoded_as_hubspot_decodes_it_before_it_signs(vendor: HubSpotDesk) -> None:
    set_up = listening(vendor, hooks_url="https://shop.example/hooks%3ahubspot%40a%20b?x=%2Fy")
    assert set_up.hear(call(GOOD, url="https://shop.example/hooks:hubspot@a%20b?x=/y")) == Heard(refs=("1000",))


# ------------------------------------------------------------------------------------------------------------ check


def test_what_is_set_up_wrong_is_said_with_what_to_do(vendor: HubSpotDesk) -> None:
    vendor.unique = False
    vendor.plan(THREADS, refuses(403))
    places = {"a": Place("9", "1"), "b": Place("0", "77"), "c": Place("0", "4"), "d": Place("0", "1")}
    said_wrong = desk(vendor, places=places).check(budget=5)
    for part, sentence in zip(
        ("unique values", "no ticket pipeline with the internal id 9", "no stage with the internal id 77",
         "stage 4 is a closed one", "conversations.read"),
        said_wrong, strict=True,
    ):  # fmt: skip
        assert part in sentence


def test_a_property_that_is_missing_is_named(vendor: HubSpotDesk) -> None:
    (sentence,) = desk(vendor, id_property="our_id").check(budget=5)
    assert "no property our_id" in sentence


def test_a_token_that_hubspot_refuses_is_an_error(vendor: HubSpotDesk) -> None:
    vendor.plan(PROPERTY, refuses(401))
    with pytest.raises(Rejected):
        desk(vendor).check(budget=5)
