"""Intercom as a desk: one ticket as far as a search can tell, and every outcome by its name."""

import hmac
import json
from typing import Any

import pytest
from support.contractcheck import (
    Fault,
    InProcess,
    Loopback,
    OpenApi,
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
from support.contracts import INTERCOM, INTERCOMS_OWN, contract
from support.desks.intercom import ATTRIBUTE, CUSTOMER, ROBOT, TEAM, TYPE, ZOE, IntercomDesk
from support.packets import CUSTOMER as ANN
from support.packets import at, ticket

from bridge.adapters.desk.intercom import NEWS_LIMIT, NOTE_LIMIT, Intercom
from bridge.adapters.http import Http
from bridge.adapters.markup import as_text
from bridge.domain.escalation import Agent
from bridge.domain.packet import Line, Ticket
from bridge.domain.rendering import mark, render_note
from bridge.domain.values import Identity
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

SETTINGS: dict[str, Any] = {"token": "secret-token", "ticket_type": TYPE, "admin": ROBOT["id"], "budget_s": 5.0}


def desk(vendor: Vendor, **settings: Any) -> Intercom:
    return Intercom(Http(transport=InProcess(vendor)), **{**SETTINGS, **settings})


def rendered(filed: Ticket, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk(IntercomDesk(), **settings).render(filed))
    return found


def file(vendor: IntercomDesk, filed: Ticket | None = None, **settings: Any) -> TicketRef:
    intercom, filed = desk(vendor, **settings), filed or ticket()
    return intercom.create(filed.external_id, intercom.render(filed))


def nameless(external_id: str = "esc-0001") -> Ticket:
    unknown = ANN.model_copy(update={"email": None, "name": None, "identity": Identity.ANONYMOUS})
    return ticket(external_id, customer=unknown)


@pytest.fixture
def vendor() -> IntercomDesk:
    return IntercomDesk()


# ------------------------------------------------------------------------------------------------------- the body


def test_customer_reads_the_promise_and_nobody_is_notified() -> None:
    assert rendered(ticket())["ticket"] == {
        "ticket_type_id": TYPE,
        "contacts": [{"email": "ann@example.org"}],
        "ticket_attributes": {
            "_default_title_": "Chat hand-off: billing",
            "_default_description_": "A person will call you before 10:02 AM EST.",
            "escalation_id": "esc-0001",
        },
        "skip_notifications": True,
    }


def test_our_id_stands_in_the_attribute_that_the_owner_names() -> None:
    attributes = rendered(ticket(), attribute="Bridge id")["ticket"]["ticket_attributes"]
    assert attributes["Bridge id"] == "esc-0001"
    assert "escalation_id" not in attributes


@pytest.mark.parametrize("address", [None, "", "ann at home"])
def test_without_an_address_that_intercom_takes_a_contact_is_made_of_the_escalation(address: str | None) -> None:
    body = rendered(ticket(customer=ANN.model_copy(update={"email": address})))
    assert body["contact"] == {"role": "user", "external_id": "esc-0001", "name": "Ann Lee"}
    assert body["ticket"]["contacts"] == [{"external_id": "esc-0001"}]


def test_team_follows_the_queue_where_one_is_set() -> None:
    assert rendered(ticket(), teams={"billing": 31})["ticket"]["assignment"] == {"team_assignee_id": "31"}
    assert "assignment" not in rendered(ticket(), teams={"general": 31})["ticket"]


def test_body_is_the_same_whenever_it_is_rendered(vendor: IntercomDesk) -> None:
    assert desk(vendor).render(ticket()) == desk(vendor).render(ticket())


def test_longest_packet_fits_a_note_and_says_what_was_left_out(vendor: IntercomDesk) -> None:
    lines = tuple(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=f"no. {n} " + "x" * 7900) for n in range(20))
    packet = desk(vendor).private_note(ticket(transcript=lines)) or ""
    assert len(packet) <= NOTE_LIMIT
    assert "earlier messages do not fit here" in packet
    assert "no. 19 " in packet


ONE = {"ticket_type_id": "95", "contacts": [{"email": "ann@example.org"}]}
WRONG = {
    "a misspelt field": ("tickets", {**ONE, "ticket_attribute": {}}),
    "two contacts": ("tickets", {**ONE, "contacts": [{"email": "a@b.example"}, {"id": "1"}]}),
    "no contact": ("tickets", {"ticket_type_id": "95"}),
    "an attribute by its name": ("tickets/search", {"query": {"field": "ticket_attribute.x", "operator": "=",
                                                             "value": "1"}}),
    "a note of nobody": ("tickets/1/reply", {"message_type": "note", "type": "admin", "body": "x"}),
    "a contact without a role": ("contacts", {"external_id": "1"}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body"), WRONG.values(), ids=WRONG)
def test_contract_refuses_what_is_wrong_so_passing_means_something(path: str, body: Any) -> None:
    strict = Vendor(OpenApi(contract(INTERCOM)))
    headers = {"Authorization": "Bearer t", "Intercom-Version": "2.16", "Content-Type": "application/json"}
    strict.receive(read_request("POST", f"/{path}", headers, json.dumps(body).encode()))
    assert strict.problems()


# ------------------------------------------------------------------------------------------------------ create, find


def test_create_and_find(vendor: IntercomDesk) -> None:
    made = file(vendor, teams={"billing": int(TEAM)})
    assert made == TicketRef("600")
    assert vendor.tickets["600"]["team_assignee_id"] == int(TEAM)
    assert desk(vendor).find("esc-0001", "") == made
    assert desk(vendor).find("esc-0002", "") is None
    assert vendor.problems() == []
    assert {call.headers["authorization"] for call in vendor.calls} == {"Bearer secret-token"}
    assert {call.headers["intercom-version"] for call in vendor.calls} == {"2.16"}


def test_contact_of_a_visitor_without_address_is_made_once_however_often_it_is_tried(vendor: IntercomDesk) -> None:
    vendor.plan(vendor.create, refuses(503))
    with pytest.raises(OutcomeUnknown):
        file(vendor, nameless())
    file(vendor, nameless())
    assert vendor.contacts == ["esc-0001"]
    assert len(vendor.tickets) == 1
    assert vendor.problems() == []


def test_search_asks_by_the_number_of_the_attribute(vendor: IntercomDesk) -> None:
    desk(vendor).find("esc-0001", "")
    assert vendor.calls[-1].json["query"] == {
        "field": f"ticket_attribute.{ATTRIBUTE['id']}", "operator": "=", "value": "esc-0001",
    }  # fmt: skip


def test_oldest_of_several_is_found_and_what_only_looks_alike_is_not(vendor: IntercomDesk) -> None:
    for external_id in ("ESC-0001", "esc-0001", "esc-0001"):
        file(vendor, ticket(external_id))
    vendor.tickets["602"]["created_at"] -= 60
    every = [None, *vendor.tickets.values()]
    vendor.on(vendor.search, lambda _request: (200, {"type": "ticket.list", "tickets": every, "pages": None}))
    assert desk(vendor).find("esc-0001", "") == TicketRef("602")


def test_search_that_ignores_the_filter_proves_nothing(vendor: IntercomDesk) -> None:
    file(vendor, ticket("other"))
    pages = {"type": "pages", "next": {"per_page": 20, "starting_after": "x"}}
    others = {"type": "ticket.list", "tickets": list(vendor.tickets.values()), "pages": pages}
    vendor.on(vendor.search, lambda _request: (200, others))
    with pytest.raises(AdapterError, match="not filtered"):
        desk(vendor).find("esc-0001", "")


def test_without_the_attribute_nothing_is_known(vendor: IntercomDesk) -> None:
    vendor.kind["ticket_type_attributes"]["data"] = []
    with pytest.raises(AdapterError, match="no attribute for our id"):
        desk(vendor).find("esc-0001", "")


def test_only_a_look_up_may_follow_an_unknown_outcome_and_waits_for_the_index() -> None:
    assert Intercom.strategy is Strategy.LOOKUP_FIRST
    assert Intercom.settle.total_seconds() == 300


@pytest.mark.parametrize(
    ("fault", "outcome", "made"),
    [
        (refuses(400), Rejected, 0), (refuses(401), Rejected, 0), (refuses(403), Rejected, 0),
        (refuses(404), Rejected, 0), (refuses(422), Rejected, 0), (refuses(429, "0.5"), NotDone, 0),
        (refuses(500), OutcomeUnknown, 0), (refuses(503, "3"), OutcomeUnknown, 0), (refuses(409), OutcomeUnknown, 0),
        (drops_before(), OutcomeUnknown, 0), (drops_after(), OutcomeUnknown, 1), (fails_after(), OutcomeUnknown, 1),
        (answers_garbage(), OutcomeUnknown, 1), (truncates(), OutcomeUnknown, 1),
        (answers_late(5), OutcomeUnknown, 1),
    ],
    ids=lambda value: f"{value.kind}{value.status or ''}" if isinstance(value, Fault) else str(value),
)  # fmt: skip
@pytest.mark.parametrize("sockets", [False, True], ids=["in process", "on loopback"])
def test_each_outcome_has_its_name_and_the_look_up_tells_what_was_made(
    vendor: IntercomDesk, fault: Fault, outcome: type[AdapterError], made: int, *, sockets: bool
) -> None:
    vendor.plan(vendor.create, fault)
    with Loopback(vendor) as server:
        http = Http(allow=[server.endpoint]) if sockets else Http(transport=InProcess(vendor))
        budget_s = 2 if fault.kind == "answers_late" else 10
        intercom = Intercom(http, **{**SETTINGS, "base_url": server.base_url, "budget_s": budget_s})
        body = intercom.render(ticket())
        with pytest.raises(outcome) as caught:
            intercom.create("esc-0001", body)
        assert not any(word in str(caught.value) for word in ("secret-token", "ann", "Lee", "http:"))
        assert len(vendor.tickets) == made
        assert (intercom.find("esc-0001", body) is not None) is (made == 1)


def test_too_many_calls_name_the_wait_as_an_instant(vendor: IntercomDesk) -> None:
    full = {"type": "error.list", "request_id": None, "errors": [{"code": "rate_limit_exceeded"}]}
    vendor.on(vendor.create, lambda _request: (429, full, {"X-RateLimit-Reset": "1007"}))
    intercom = Intercom(Http(transport=InProcess(vendor), now=lambda: 1000.0), **SETTINGS)
    with pytest.raises(NotDone) as caught:
        intercom.create("esc-0001", intercom.render(ticket()))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("wrong", [{}, [], None, {"id": None}, {"id": {}}, {"id": ""}])
def test_success_without_an_id_is_unknown(vendor: IntercomDesk, wrong: Any) -> None:
    vendor.on(vendor.create, lambda _request: (200, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        file(vendor)


@pytest.mark.parametrize("wrong", [{}, [], None, {"tickets": {}}, {"tickets": [{"ticket_id": "7"}]}, {"data": [7]}])
@pytest.mark.parametrize("operation", ["types", "search"])
def test_look_up_that_cannot_be_read_says_nothing(vendor: IntercomDesk, wrong: Any, operation: str) -> None:
    vendor.on(getattr(vendor, operation), lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).find("esc-0001", "")


# ----------------------------------------------------------------------------------------------- complete, and notes


def test_a_ticket_is_whole_when_it_is_made(vendor: IntercomDesk) -> None:
    ref = file(vendor).id
    calls = len(vendor.calls)
    desk(vendor).complete(ref, "")
    assert len(vendor.calls) == calls


def test_note_is_for_the_team_and_found_again_by_its_mark_alone(vendor: IntercomDesk) -> None:
    ref, note = file(vendor).id, "esc_-0001_.turn.ses_x.4"
    said = "It <b>was</b> blue {{ first_name }} <img src=x>"
    desk(vendor).append(ref, note, render_note(note, "The visitor wrote", said, at("2026-11-02T14:00:00")))
    (part,) = vendor.tickets[ref]["ticket_parts"]["ticket_parts"]
    assert part["part_type"] == "note"
    assert "<b>" not in part["body"]
    assert "<img" not in part["body"]
    assert "{{" not in part["body"]
    assert said in as_text(part["body"])
    assert vendor.calls[-1].json["skip_notifications"] is True
    assert desk(vendor).has_note(ref, note)
    assert not desk(vendor).has_note(ref, "esc_-0001_.turn.ses_x.5")
    assert vendor.problems() == []


def test_note_is_found_though_intercom_makes_a_link_of_its_mark(vendor: IntercomDesk) -> None:
    ref = file(vendor).id
    vendor.part(ref, "note", ROBOT, '<p>Called [<a href="http://esc_1.call">esc_1.call</a>]</p>')
    assert desk(vendor).has_note(ref, "esc_1.call")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(refuses(404), Rejected), (refuses(429, "7"), NotDone), (drops_after(), OutcomeUnknown),
     (fails_after(), OutcomeUnknown), (answers_garbage(), OutcomeUnknown)],
)  # fmt: skip
def test_note_that_is_not_taken_is_an_error_by_its_name(
    vendor: IntercomDesk, fault: Fault, outcome: type[AdapterError]
) -> None:
    ref = file(vendor).id
    vendor.plan(vendor.append, fault)
    with pytest.raises(outcome):
        desk(vendor).append(ref, "esc_1.a", "text")


def test_note_that_is_answered_without_an_id_is_unknown(vendor: IntercomDesk) -> None:
    ref = file(vendor).id
    vendor.on(vendor.append, lambda _request: (200, {"type": "ticket_part", "part_type": "note"}))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).append(ref, "esc_1.a", "text")


# ------------------------------------------------------------------------------------------------------------- news

FILED = [Filed("esc-1", "600")]
THEN, EARLIER = at("2026-11-02T15:10:00"), at("2026-11-02T15:05:00")


def worked(*parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    given = {"admin_assignee_id": 7, "updated_at": THEN // 1000, "ticket_state": state("in_progress")}
    kept = {"type": "ticket_part.list", "ticket_parts": list(parts), "total_count": len(parts)}
    return {"type": "ticket", "id": "600", "ticket_parts": kept, **given, **changes}


def state(category: str) -> dict[str, Any]:
    return {"type": "ticket_state", "id": "1", "category": category}


def said(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"part_type": "comment", "body": "<p>Hello</p>", "author": ZOE, "redacted": False}
    return {"type": "ticket_part", "id": str(number), "created_at": EARLIER // 1000, **given, **changes}


def shows(vendor: IntercomDesk, shown: dict[str, Any]) -> list[DeskNews]:
    vendor.on(vendor.show, lambda _request: (200, shown))
    return desk(vendor).news(FILED, budget=5)


def test_a_ticket_that_nobody_touched_is_no_news(vendor: IntercomDesk) -> None:
    assert shows(vendor, worked(admin_assignee_id=0, ticket_state=state("submitted"))) == []
    assert vendor.problems() == []


def test_who_has_it_what_they_answered_and_that_it_is_resolved_are_told_in_order(vendor: IntercomDesk) -> None:
    news = shows(vendor, worked(said(99), ticket_state=state("resolved")))
    zoe = Agent("intercom:7", "Zoe")
    assert news == [
        DeskNews(NewsKind.ANSWERED, "esc-1", zoe, EARLIER, "intercom:99", "Hello"),
        DeskNews(NewsKind.PICKED_UP, "esc-1", zoe, THEN),
        DeskNews(NewsKind.SOLVED, "esc-1", zoe, THEN),
    ]
    assert vendor.problems() == []


NO_ANSWER = {
    "a note": said(1, part_type="note"),
    "our own note": said(1, part_type="note", author=ROBOT, app_package_code="our-app"),
    "the customer's own words": said(1, author=CUSTOMER),
    "a bot": said(1, author={"type": "bot", "id": "3", "name": "Fin"}),
    "a team": said(1, author={"type": "team", "id": "3", "name": "Billing"}),
    "what came in by the API": said(1, app_package_code="another-app"),
    "what was redacted": said(1, redacted=True),
    "what happened": said(1, part_type="ticket_state_updated_by_admin", body=None),
}


@pytest.mark.parametrize("part", NO_ANSWER.values(), ids=NO_ANSWER)
def test_it_is_no_answer(vendor: IntercomDesk, part: dict[str, Any]) -> None:
    assert [one.kind for one in shows(vendor, worked(part))] == [NewsKind.PICKED_UP]
    assert vendor.problems() == []


def test_a_part_without_an_author_is_no_answer(vendor: IntercomDesk) -> None:
    assert [one.kind for one in shows(vendor, worked(said(1, author=None)))] == [NewsKind.PICKED_UP]


@pytest.mark.parametrize("assignee", [0, None, 991267999])
def test_a_ticket_that_nobody_or_a_bot_has_was_picked_up_by_nobody(vendor: IntercomDesk, assignee: int | None) -> None:
    assert shows(vendor, worked(admin_assignee_id=assignee)) == []


def test_a_ticket_that_was_deleted_keeps_nobody_elses_news_away(vendor: IntercomDesk) -> None:
    file(vendor)
    vendor.takes("600")
    news = desk(vendor).news([Filed("gone", "599"), Filed("esc-1", "600")], budget=5)
    assert [(one.kind, one.escalation_id) for one in news] == [(NewsKind.PICKED_UP, "esc-1")]


def test_one_that_was_resolved_by_nobody_in_particular_is_solved(vendor: IntercomDesk) -> None:
    news = shows(vendor, worked(admin_assignee_id=0, ticket_state=state("resolved")))
    assert [(one.kind, one.agent.name) for one in news] == [(NewsKind.SOLVED, "Intercom")]


@pytest.mark.parametrize("other", ["submitted", "waiting_on_customer", "of a later version", None])
def test_every_other_state_is_not_the_end(vendor: IntercomDesk, other: str | None) -> None:
    shown = shows(vendor, worked(ticket_state=state(other) if other else None))
    assert [one.kind for one in shown] == [NewsKind.PICKED_UP]


def test_an_answer_is_shown_as_plain_text_and_cut(vendor: IntercomDesk) -> None:
    rich = said(1, body='<p class="no-margin">Your parcel&nbsp;is <b>here</b>:</p><ul><li>Leeds</li></ul>')
    plain, long = shows(vendor, worked(rich, said(2, body="x" * 70_000), admin_assignee_id=0))
    assert plain.text == "Your parcel is here:\nLeeds"
    assert len(long.text or "") == NEWS_LIMIT


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(refuses(401), Rejected), (refuses(429, "7"), NotDone), (refuses(500), OutcomeUnknown),
     (truncates(), OutcomeUnknown)],
)  # fmt: skip
@pytest.mark.parametrize("call", ["show", "staff"])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: IntercomDesk, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    file(vendor)
    vendor.plan(getattr(vendor, call), fault, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=1)


@pytest.mark.parametrize("wrong", [{}, [], {"id": "600", "updated_at": "soon"}, {"id": "600", "ticket_parts": 7}])
def test_news_that_cannot_be_read_are_an_error(vendor: IntercomDesk, wrong: Any) -> None:
    vendor.on(vendor.show, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=1)


# ------------------------------------------------------------------------------------------------- Intercom's calls

NOW = at("2026-11-02T15:00:00")


def notice(item: Any, sent: int | None = NOW // 1000) -> bytes:
    when = {} if sent is None else {"first_sent_at": sent}
    return json.dumps({"type": "notification_event", "topic": "ticket.closed", **when, "data": {"item": item}}).encode()


def signed(body: bytes, *, secret: str = "s", spelt: str = "sha1={}") -> HookCall:
    signature = hmac.digest(secret.encode(), body, "sha1").hex()
    return HookCall({"x-hub-signature": spelt.format(signature)}, body, NOW)


def hear(vendor: IntercomDesk, call: HookCall, secret: str = "s") -> Heard:
    return desk(vendor, client_secret=secret).hear(call)


HEARD = {
    "a ticket": (notice({"type": "ticket", "id": "12"}), ("12",)),
    "a ticket whose id is a number": (notice({"type": "ticket", "id": 12}), ("12",)),
    "a ticket inside": (notice({"type": "ticket_part", "id": "99", "ticket": {"id": "12"}}), ("12",)),
    "a call without a time": (notice({"type": "ticket", "id": "12"}, sent=None), ("12",)),
    "a conversation": (notice({"type": "conversation", "id": "12"}), ()),
    "a ping": (notice({"type": "ping", "message": "hello"}), ()),
    "no item": (b'{"topic": "ping", "data": {}}', ()),
    "no object": (b"[]", ()),
    "no JSON": (b"hello", ()),
}


@pytest.mark.parametrize(("body", "refs"), HEARD.values(), ids=HEARD)
def test_a_call_names_its_ticket_or_nothing(vendor: IntercomDesk, body: bytes, refs: tuple[str, ...]) -> None:
    assert hear(vendor, signed(body)) == Heard(refs=refs)


BODY = notice({"type": "ticket", "id": "12"})
FORGED = {
    "another secret": signed(BODY, secret="guessed"),
    "another body": HookCall(signed(BODY).headers, BODY + b" ", NOW),
    "six minutes old": signed(notice({"type": "ticket", "id": "12"}, NOW // 1000 - 360)),
    "six minutes early": signed(notice({"type": "ticket", "id": "12"}, NOW // 1000 + 360)),
    "no signature": HookCall({}, BODY, NOW),
    "a signature that is no text of ours": signed(BODY, spelt="sha1=\u00e9\udce9"),
}


@pytest.mark.parametrize("call", FORGED.values(), ids=FORGED)
def test_a_call_is_refused(vendor: IntercomDesk, call: HookCall) -> None:
    with pytest.raises(HookRefused):
        hear(vendor, call)


def test_without_a_secret_no_call_is_believed(vendor: IntercomDesk) -> None:
    with pytest.raises(HookRefused):
        hear(vendor, signed(BODY, secret=""), secret="")


# ------------------------------------------------------------------------------------------------------------ check


def test_what_is_set_up_right_is_found_right(vendor: IntercomDesk) -> None:
    assert desk(vendor, teams={"billing": int(TEAM)}).check(budget=5) == []
    assert vendor.problems() == []


def test_a_ticket_type_that_is_missing_or_archived_is_named(vendor: IntercomDesk) -> None:
    (missing,) = desk(vendor, ticket_type="77").check(budget=5)
    vendor.kind["archived"] = True
    (archived,) = desk(vendor).check(budget=5)
    assert "no ticket type 77" in missing
    assert f"no ticket type {TYPE}" in archived


def test_a_type_in_which_customers_cannot_be_answered_is_named(vendor: IntercomDesk) -> None:
    vendor.kind["category"] = "Back-office"
    (said,) = desk(vendor).check(budget=5)
    assert "category Customer" in said


WRONG_ATTRIBUTES = {
    "missing": ([], "no text attribute escalation_id"),
    "archived": ([{**ATTRIBUTE, "archived": True}], "no text attribute escalation_id"),
    "a number": ([{**ATTRIBUTE, "data_type": "integer"}], "no text attribute escalation_id"),
    "seen by customers": ([{**ATTRIBUTE, "visible_to_contacts": True}], "hide it from them"),
}


@pytest.mark.parametrize(("listed", "told"), WRONG_ATTRIBUTES.values(), ids=WRONG_ATTRIBUTES)
def test_an_attribute_that_is_not_what_it_has_to_be_is_named(vendor: IntercomDesk, listed: Any, told: str) -> None:
    vendor.kind["ticket_type_attributes"]["data"] = listed
    (said,) = desk(vendor).check(budget=5)
    assert told in said


def test_a_teammate_and_a_team_that_are_missing_are_named(vendor: IntercomDesk) -> None:
    teammate, team = desk(vendor, admin="5", teams={"billing": int(TEAM), "general": 77}).check(budget=5)
    assert "no teammate 5" in teammate
    assert "no team 77" in team
    assert "general" in team


def test_a_token_that_is_refused_is_an_error(vendor: IntercomDesk) -> None:
    vendor.plan(vendor.types, refuses(401))
    with pytest.raises(Rejected, match="http 401"):
        desk(vendor).check(budget=5)


# --------------------------------------------------------------------------------------------- Intercom's own contract


@pytest.mark.parametrize("filed", [ticket(), nameless()], ids=["with an address", "without one"])
def test_intercoms_own_description_takes_what_we_send_and_we_read_what_it_answers(filed: Ticket) -> None:
    vendor = IntercomDesk(contract(INTERCOMS_OWN))
    vendor.on(vendor.types, lambda _request: (200, {"type": "list", "data": [vendor.kind]}))
    vendor.on(vendor.staff, lambda _request: (200, {"type": "admin.list", "admins": [ZOE, ROBOT]}))
    intercom = desk(vendor)
    ref = intercom.create("esc-0001", intercom.render(filed)).id
    intercom.append(ref, "esc_1.a", mark("esc_1.a"))
    vendor.takes(ref)
    vendor.says(ref, "Hello")
    assert intercom.has_note(ref, "esc_1.a")
    assert intercom.find("esc-0001", "") == TicketRef(ref)
    told = intercom.news([Filed("esc-0001", ref)], budget=5)
    assert {one.kind for one in told} == {NewsKind.PICKED_UP, NewsKind.ANSWERED}
    assert intercom.check(budget=5) == []
    assert vendor.problems() == []
