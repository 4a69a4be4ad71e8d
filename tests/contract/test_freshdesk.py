"""Freshdesk as a desk: what the customer may read, one ticket by a look-up first, and every outcome by its name."""

import json
import random
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
from support.contracts import FRESHDESK, contract
from support.desks.freshdesk import ACCOUNT_FIELDS, AGENT, CREATE, FIELDS, LIST, NOTE, SAID, VIEW, FreshdeskDesk
from support.packets import CUSTOMER, at, ticket

from bridge.adapters.desk.freshdesk import NEWS_LIMIT, NOTE_LIMIT, Freshdesk, id_tag
from bridge.adapters.desk.frozen_request import thaw
from bridge.adapters.http import Http
from bridge.domain.escalation import Agent
from bridge.domain.packet import Line, Ticket
from bridge.domain.rendering import mark, render_ticket
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

BASE = "https://shop.freshdesk.com"
LONG_ID = "esc-" + "x" * 60
NOBODY = CUSTOMER.model_copy(update={"email": None, "name": None, "identity": Identity.ANONYMOUS})


def desk(vendor: Vendor, **settings: Any) -> Freshdesk:
    settings = {"token": "api-key", "budget_s": 1.0, **settings}
    return Freshdesk(Http(transport=InProcess(vendor)), base_url=BASE, **settings)


def rendered(vendor: Vendor, filed: Ticket, **settings: Any) -> dict[str, Any]:
    return dict(thaw(desk(vendor, **settings).render(filed)).request)


def old(external_id: str = "esc-0001") -> Ticket:
    """A ticket of two years ago, so that whatever is listed now is newer."""
    return ticket(external_id, decided_at=at("2024-11-02T14:02:04"))


@pytest.fixture
def vendor() -> FreshdeskDesk:
    return FreshdeskDesk()


# ------------------------------------------------------------------------------------------------------- the body


def test_the_customer_reads_the_promise_and_nothing_of_the_packet(vendor: FreshdeskDesk) -> None:
    body = rendered(vendor, ticket())
    assert body["subject"] == "Chat hand-off: billing"
    assert body["description"] == "<div>A person will call you before 10:02 AM EST.</div>"
    assert (body["status"], body["priority"], body["source"]) == (2, 3, 7)
    assert desk(vendor).private_note(ticket()) == render_ticket(ticket(), limit=NOTE_LIMIT)


@pytest.mark.parametrize(
    ("priority", "number"), [(Priority.NORMAL, 2), (Priority.HIGH, 3), (Priority.URGENT, 4)]
)  # fmt: skip
def test_priorities_grow_with_their_number(vendor: FreshdeskDesk, priority: Priority, number: int) -> None:
    assert rendered(vendor, ticket(priority=priority))["priority"] == number


def test_our_id_is_in_the_field_where_there_is_one_and_else_a_tag(vendor: FreshdeskDesk) -> None:
    tagged = rendered(vendor, ticket())
    assert tagged["tags"] == ["ai-escalation", "queue-billing", "by-callback", "esc-0001"]
    assert "custom_fields" not in tagged
    fielded = rendered(vendor, ticket(), id_field="cf_escalation_id")
    assert fielded["custom_fields"] == {"cf_escalation_id": "esc-0001"}
    assert fielded["tags"] == ["ai-escalation", "queue-billing", "by-callback"]


def test_no_tag_is_longer_than_freshdesk_takes_and_two_ids_never_share_one(vendor: FreshdeskDesk) -> None:
    tags = rendered(vendor, ticket(LONG_ID, queue="q" * 64))["tags"]
    assert max(map(len, tags)) == 32
    assert id_tag(LONG_ID) != id_tag(LONG_ID + "y")
    assert id_tag("esc_KgGxQ2mZ7Yp3VwLtR9aBcD") == "esc_KgGxQ2mZ7Yp3VwLtR9aBcD"


def test_whoever_has_no_address_is_a_contact_known_by_the_escalations_id(vendor: FreshdeskDesk) -> None:
    def requester(**changes: Any) -> dict[str, Any]:
        body = rendered(vendor, ticket(customer=CUSTOMER.model_copy(update=changes)))
        return {name: body[name] for name in ("name", "email", "phone", "unique_external_id") if name in body}

    assert requester() == {"name": "Ann Lee", "email": "ann@example.org"}
    assert requester(name=None) == {"name": "ann@example.org", "email": "ann@example.org"}
    assert requester(email="ann at home") == {"name": "Ann Lee", "unique_external_id": "esc-0001"}
    nobody = requester(email=None, name=None, phone="+1 555 0100")
    assert nobody == {"name": "Website visitor", "unique_external_id": "esc-0001"}


def test_group_follows_the_queue_where_one_is_set(vendor: FreshdeskDesk) -> None:
    assert rendered(vendor, ticket(), groups={"billing": 7})["group_id"] == 7
    assert "group_id" not in rendered(vendor, ticket(), groups={"general": 7})


def test_body_is_the_same_whenever_it_is_rendered_and_sent(vendor: FreshdeskDesk) -> None:
    freshdesk = desk(vendor)
    body = freshdesk.render(ticket())
    assert body == freshdesk.render(ticket())
    for _ in range(2):
        freshdesk.create("esc-0001", body)
    assert vendor.calls[0].body == vendor.calls[1].body


def test_long_conversation_fits_and_says_what_was_left_out(vendor: FreshdeskDesk) -> None:
    lines = tuple(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=f"no. {n} " + "x" * 7900) for n in range(20))
    text = desk(vendor).private_note(ticket(transcript=lines)) or ""
    assert len(text) <= NOTE_LIMIT
    assert "earlier messages do not fit here" in text
    assert "no. 19 " in text
    assert "no. 0 " not in text


WRONG = [{"subjekt": "x"}, {"priority": 5}, {"tags": ["x" * 33]}, {"email": None}, {"status": "open"}]


@pytest.mark.parametrize("spoil", WRONG, ids=str)
def test_contract_refuses_a_wrong_ticket_so_passing_means_something(spoil: dict[str, Any]) -> None:
    strict = Vendor(OpenApi(contract(FRESHDESK)))
    right = {"email": "a@b.example", "subject": "s", "description": "d", "status": 2, "priority": 3}
    body = json.dumps({name: value for name, value in {**right, **spoil}.items() if value is not None}).encode()
    headers = {"Authorization": "Basic eDp5", "Content-Type": "application/json"}
    strict.receive(read_request("POST", "/api/v2/tickets", headers, body))
    assert strict.problems()


# ------------------------------------------------------------------------------------------------------ create, find


@pytest.mark.parametrize("customer", [CUSTOMER, NOBODY], ids=["by address", "anonymous"])
@pytest.mark.parametrize("id_field", ["", "cf_escalation_id"], ids=["tag", "field"])
@pytest.mark.parametrize("external_id", ["esc-0001", LONG_ID], ids=["id that fits", "long id"])
def test_create_and_find(vendor: FreshdeskDesk, customer: Any, id_field: str, external_id: str) -> None:
    freshdesk = desk(vendor, id_field=id_field)
    other, ours = (
        freshdesk.render(ticket(one, customer=customer, decided_at=at("2024-11-02T14:02:04")))
        for one in ("esc-0002", external_id)
    )
    freshdesk.create("esc-0002", other)
    assert freshdesk.find(external_id, ours) is None
    assert freshdesk.create(external_id, ours) == TicketRef("21", f"{BASE}/a/tickets/21")
    assert freshdesk.find(external_id, ours) == TicketRef("21", f"{BASE}/a/tickets/21")
    assert vendor.problems() == []


def test_a_customer_whom_freshdesk_does_not_know_has_no_ticket_of_ours(vendor: FreshdeskDesk) -> None:
    assert desk(vendor).find("esc-0001", desk(vendor).render(ticket())) is None
    assert vendor.calls[0].param("email") == "ann@example.org"
    anonymous = desk(vendor).render(ticket(customer=NOBODY))
    assert desk(vendor).find("esc-0001", anonymous) is None
    assert vendor.calls[1].param("unique_external_id") == "esc-0001"
    assert vendor.problems() == []


def test_an_address_that_freshdesk_refuses_does_not_cost_the_ticket(vendor: FreshdeskDesk) -> None:
    vendor.refused = {"ann@example.org"}
    vendor.plan(CREATE, drops_after(), drops_after())  # the first call is refused, the second one's answer lost
    freshdesk = desk(vendor)
    body = freshdesk.render(old())
    with pytest.raises(OutcomeUnknown):
        freshdesk.create("esc-0001", body)
    assert freshdesk.find("esc-0001", body) == TicketRef("20", f"{BASE}/a/tickets/20")
    assert list(vendor.contacts) == [("unique_external_id", "esc-0001")]
    assert vendor.problems() == []


def test_another_field_that_freshdesk_refuses_does(vendor: FreshdeskDesk) -> None:
    fault = {"field": "priority", "message": "It should be one of these values", "code": "invalid_value"}
    vendor.on(CREATE, lambda _request: (400, {"description": "Validation failed", "errors": [fault]}))
    with pytest.raises(Rejected, match="http 400"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    assert len(vendor.calls) == 1


def test_the_list_begins_a_day_before_the_decision(vendor: FreshdeskDesk) -> None:
    desk(vendor).find("esc-0001", desk(vendor).render(ticket(decided_at=at("2026-11-02T14:02:04") + 7)))
    assert vendor.calls[0].param("updated_since") == "2026-11-01T14:02:04Z"


def test_oldest_of_several_is_found_however_many_the_customer_has(vendor: FreshdeskDesk) -> None:
    freshdesk = desk(vendor)
    for number in range(120):
        freshdesk.create(f"esc-{number:04}", freshdesk.render(old(f"esc-{number:04}")))
    for _ in range(2):
        freshdesk.create("esc-ours", freshdesk.render(old("esc-ours")))
    assert freshdesk.find("esc-ours", freshdesk.render(old("esc-ours"))) == TicketRef("140", f"{BASE}/a/tickets/140")


def test_a_tag_whose_case_was_not_kept_is_ours(vendor: FreshdeskDesk) -> None:
    freshdesk = desk(vendor)
    freshdesk.create("esc-Ab", freshdesk.render(old("esc-Ab")))
    vendor.tickets[0]["tags"] = ["ESC-AB"]
    assert freshdesk.find("esc-Ab", freshdesk.render(old("esc-Ab"))) is not None


LISTED: dict[str, Any] = {"id": 20, "status": 2, "priority": 3}


@pytest.mark.parametrize("id_field", ["", "cf_escalation_id"])
def test_list_that_does_not_tell_ids_proves_nothing(vendor: FreshdeskDesk, id_field: str) -> None:
    freshdesk = desk(vendor, id_field=id_field)
    vendor.on(LIST, lambda _request: (200, [LISTED]))
    with pytest.raises(AdapterError, match="list without our id"):
        freshdesk.find("esc-0001", freshdesk.render(ticket()))


def test_list_without_an_end_proves_nothing(vendor: FreshdeskDesk) -> None:
    vendor.on(LIST, lambda _request: (200, [{**LISTED, "tags": []}] * 100))
    with pytest.raises(AdapterError, match="too many pages"):
        desk(vendor, budget_s=20).find("esc-0001", desk(vendor).render(ticket()))
    assert len(vendor.calls) == 10


@pytest.mark.parametrize(
    "refusal",
    [
        {"description": "Validation failed", "errors": [{"field": "updated_since", "code": "datatype_mismatch"}]},
        {"description": "Validation failed", "errors": [{"field": "email", "code": "missing_field"}]},
        {"description": "Validation failed"},
    ],
)
def test_another_refusal_of_the_list_is_not_taken_for_an_unknown_customer(vendor: FreshdeskDesk, refusal: Any) -> None:
    vendor.on(LIST, lambda _request: (400, refusal))
    with pytest.raises(Rejected, match="http 400"):
        desk(vendor).find("esc-0001", desk(vendor).render(ticket()))


def test_declared_strategy_is_a_look_up_first() -> None:
    assert Freshdesk.strategy is Strategy.LOOKUP_FIRST
    assert Freshdesk.key_window.total_seconds() == 0
    assert Freshdesk.settle.total_seconds() == 60


# --------------------------------------------------------------------------------------------------------- outcomes


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
def test_lost_answer_is_found_again_by_the_list(
    vendor: FreshdeskDesk, fault: Fault, outcome: type[AdapterError], made: int
) -> None:
    vendor.plan(CREATE, fault)
    with Loopback(vendor) as server:
        freshdesk = Freshdesk(Http(allow=[server.endpoint]), base_url=server.base_url, token="t", budget_s=0.5)
        body = freshdesk.render(old())
        with pytest.raises(outcome):
            freshdesk.create("esc-0001", body)
        assert len(vendor.tickets) == made
        found = freshdesk.find("esc-0001", body) or freshdesk.create("esc-0001", body)
    assert found.id == "20"
    assert len(vendor.tickets) == 1


def test_fifty_tickets_over_a_bad_line_are_fifty_tickets(vendor: FreshdeskDesk) -> None:
    dice = random.Random(7)
    faults = [drops_before(), drops_after(), fails_after(), answers_garbage(), truncates()]
    vendor.chance = lambda _request: dice.choice(faults) if dice.random() < 0.4 else None
    freshdesk = desk(vendor)
    wanted = [f"esc-{number:04}" for number in range(50)]
    lost = sum(tries_for(freshdesk, external_id) for external_id in wanted)
    assert lost > 20
    assert sorted(one.external_id for one in vendor.filed()) == wanted
    assert vendor.problems() == []


def tries_for(freshdesk: Freshdesk, external_id: str) -> int:
    """File it as the outbox does, a look-up before each repeat; returns how many calls were in vain."""
    body, in_vain = freshdesk.render(old(external_id)), 0
    while True:
        try:
            if not (in_vain and freshdesk.find(external_id, body)):
                freshdesk.create(external_id, body)
        except AdapterError:
            in_vain += 1
        else:
            return in_vain


def test_wait_that_freshdesk_names_is_told(vendor: FreshdeskDesk) -> None:
    vendor.on(CREATE, lambda _request: (429, {"message": "You have exceeded the limit"}, {"Retry-After": "37"}))
    with pytest.raises(NotDone) as caught:
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    assert caught.value.retry_after == 37
    assert vendor.problems() == []


def test_error_says_nothing_of_the_customer_or_the_key(vendor: FreshdeskDesk) -> None:
    fault = {"description": "Validation failed for ann@example.org", "errors": [{"field": "name", "code": "blocked"}]}
    vendor.on(CREATE, lambda _request: (400, fault))
    with pytest.raises(Rejected) as caught:
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    assert str(caught.value) == "http 400"


@pytest.mark.parametrize("wrong", [{}, [], None, {"id": None}, {"id": "x"}, {"id": 0}])
def test_success_without_an_id_is_unknown(vendor: FreshdeskDesk, wrong: Any) -> None:
    vendor.on(CREATE, lambda _request: (201, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    vendor.on(NOTE, lambda _request: (201, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).append("20", "n", "text")


@pytest.mark.parametrize("wrong", [{}, None, [{"id": "x"}], [{}]])
def test_look_up_that_cannot_be_read_says_nothing(vendor: FreshdeskDesk, wrong: Any) -> None:
    vendor.on(LIST, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).find("esc-0001", desk(vendor).render(ticket()))


# ------------------------------------------------------------------------------------------------------------ notes


def test_a_note_is_private_and_escaped_and_found_by_its_mark(vendor: FreshdeskDesk) -> None:
    freshdesk = desk(vendor)
    freshdesk.create("esc-0001", freshdesk.render(ticket()))
    freshdesk.append("20", "esc-0001.n1", f"    <img src=x> {{{{ticket.id}}}}\n\n{mark('esc-0001.n1')}")
    sent = vendor.calls[-1].json
    assert sent["private"] is True
    assert "<img" not in sent["body"]
    assert "{{" not in sent["body"]
    assert freshdesk.has_note("20", "esc-0001.n1")
    assert not freshdesk.has_note("20", "esc-0001.n")
    assert vendor.problems() == []


def test_a_note_is_found_behind_a_hundred_others(vendor: FreshdeskDesk) -> None:
    freshdesk = desk(vendor, budget_s=20)
    freshdesk.create("esc-0001", freshdesk.render(ticket()))
    for number in range(101):
        freshdesk.append("20", f"n{number}", mark(f"n{number}"))
    assert freshdesk.has_note("20", "n100")
    assert not freshdesk.has_note("20", "n101")


# ------------------------------------------------------------------------------------------------------------- news

FILED = [Filed("esc-1", "20")]
ZOE = Agent("freshdesk:7", "Zoe")


def worked(**changes: Any) -> dict[str, Any]:
    given = {"id": 20, "status": 2, "priority": 3, "responder_id": 7, "requester_id": 500}
    return {**given, "created_at": "2026-11-02T15:00:00Z", "updated_at": "2026-11-02T15:10:00Z", **changes}


def said(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"user_id": 7, "incoming": False, "private": False, "source": 0, "body": "<p>Hello</p>"}
    return {"id": number, **given, "body_text": "Hello", "created_at": "2026-11-02T15:05:00Z", **changes}


def shows(vendor: FreshdeskDesk, view: dict[str, Any], *said: dict[str, Any], **settings: Any) -> list[DeskNews]:
    vendor.on(VIEW, lambda _request: (200, view))
    vendor.on(SAID, lambda _request: (200, list(said)))
    news = desk(vendor, **settings).news(FILED, budget=5)
    assert vendor.problems() == []
    return news


def test_who_has_the_ticket_what_they_answered_and_that_it_is_solved_are_told_in_order(vendor: FreshdeskDesk) -> None:
    then = at("2026-11-02T15:10:00")
    assert shows(vendor, worked(status=4), said(99)) == [
        DeskNews(NewsKind.ANSWERED, "esc-1", ZOE, at("2026-11-02T15:05:00"), "freshdesk:99", "Hello"),
        DeskNews(NewsKind.PICKED_UP, "esc-1", ZOE, then),
        DeskNews(NewsKind.SOLVED, "esc-1", ZOE, then),
    ]


NO_ANSWER = {
    "a private note": said(1, private=True, source=2),
    "the customer's own words": said(1, user_id=500, incoming=True),
    "the customer's, told as if they went out": said(1, user_id=500),
    "a mail that was forwarded to somebody else": said(1, source=8),
    "a kind that is not known": said(1, source=42),
    "what nobody wrote": said(1, user_id=None),
}


@pytest.mark.parametrize("conversation", NO_ANSWER.values(), ids=NO_ANSWER)
def test_it_is_no_answer(vendor: FreshdeskDesk, conversation: dict[str, Any]) -> None:
    assert [one.kind for one in shows(vendor, worked(), conversation)] == [NewsKind.PICKED_UP]


def test_a_public_note_is_an_answer_and_a_quoted_mail_is_no_part_of_one(vendor: FreshdeskDesk) -> None:
    body = '<div>See below.</div><div class="freshdesk_quote"><blockquote>On Monday you wrote</blockquote></div>'
    news = shows(vendor, worked(responder_id=None), said(1, source=2, body=body))
    assert [(one.kind, one.text) for one in news] == [(NewsKind.ANSWERED, "See below.")]


@pytest.mark.parametrize(("status", "is_solved"), [(2, False), (3, False), (4, True), (5, True), (6, True), (7, False)])
def test_own_statuses_mean_solved_where_the_settings_say_so(
    vendor: FreshdeskDesk, status: int, *, is_solved: bool
) -> None:
    news = shows(vendor, worked(status=status, responder_id=None), solved=[6])
    assert [(one.kind, one.agent.name) for one in news] == ([(NewsKind.SOLVED, "Freshdesk")] if is_solved else [])


@pytest.mark.parametrize("status", [403, 404])
def test_an_agent_whom_the_key_may_not_read_has_no_name(vendor: FreshdeskDesk, status: int) -> None:
    vendor.plan(AGENT, refuses(status))
    assert [one.agent for one in shows(vendor, worked())] == [Agent("freshdesk:7", "Freshdesk")]


def test_an_agent_is_asked_for_once(vendor: FreshdeskDesk) -> None:
    shows(vendor, worked(), said(1), said(2), said(3))
    assert vendor.effects(AGENT) == 1


def test_a_ticket_that_was_deleted_is_no_news_and_hides_no_other(vendor: FreshdeskDesk) -> None:
    vendor.on(SAID, lambda _request: (200, []))
    vendor.on(VIEW, lambda request: (404, None) if request.last_segment == "20" else (200, worked(id=21)))
    news = desk(vendor).news([*FILED, Filed("esc-2", "21")], budget=5)
    assert [(one.kind, one.escalation_id) for one in news] == [(NewsKind.PICKED_UP, "esc-2")]


def test_a_long_answer_is_cut(vendor: FreshdeskDesk) -> None:
    answer = shows(vendor, worked(responder_id=None), said(1, body="x" * 70_000))[0]
    assert len(answer.text or "") == NEWS_LIMIT


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(refuses(401), Rejected), (refuses(429, "7"), NotDone), (refuses(500), OutcomeUnknown),
     (truncates(), OutcomeUnknown)],
)  # fmt: skip
@pytest.mark.parametrize("call", [VIEW, SAID])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: FreshdeskDesk, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    vendor.on(VIEW, lambda _request: (200, worked(responder_id=None)))
    vendor.plan(call, fault, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=1)


@pytest.mark.parametrize("wrong", [{}, [], None, worked(updated_at="soon"), worked(status="open")])
def test_news_that_cannot_be_read_are_an_error(vendor: FreshdeskDesk, wrong: Any) -> None:
    vendor.on(VIEW, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=1)


# ------------------------------------------------------------------------------------------------------------ hooks

NOW = at("2026-11-02T15:10:00")


def heard(vendor: FreshdeskDesk, body: bytes, secret: str | None = "s3", *, ours: str = "s3") -> Heard:
    headers = {} if secret is None else {"x-bridge-hook-secret": secret}
    return desk(vendor, webhook_secret=ours).hear(HookCall(headers, body, NOW))


@pytest.mark.parametrize("body", [
    b'{"ticket_id": "20"}', b'{"ticket_id": 20}', b'{"freshdesk_webhook": {"ticket_id": 20, "ticket_status": "Open"}}',
])  # fmt: skip
def test_a_call_with_our_secret_names_the_ticket(vendor: FreshdeskDesk, body: bytes) -> None:
    assert heard(vendor, body) == Heard(refs=("20",))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"ticket_id": null}', b'{"ticket_id": {}}', b'{"ticket_id": "2\\u00000"}', b"\xff"],
)
def test_a_call_that_is_right_but_not_understood_is_heard(vendor: FreshdeskDesk, body: bytes) -> None:
    assert heard(vendor, body) == Heard()


@pytest.mark.parametrize("given", ["", "s", "s33", "S3", "s\u00e9", "\udcff", None])
def test_a_call_without_our_secret_is_refused(vendor: FreshdeskDesk, given: str | None) -> None:
    with pytest.raises(HookRefused):
        heard(vendor, b'{"ticket_id": "20"}', given)


@pytest.mark.parametrize("given", ["", "s3", None])
def test_without_a_secret_no_call_is_believed(vendor: FreshdeskDesk, given: str | None) -> None:
    with pytest.raises(HookRefused):
        heard(vendor, b'{"ticket_id": "20"}', given, ours="")


# ------------------------------------------------------------------------------------------------------------ check


def test_an_account_that_is_set_up_right_has_nothing_to_say(vendor: FreshdeskDesk) -> None:
    assert desk(vendor, id_field="cf_escalation_id", solved=[6], groups={"billing": 7}).check(budget=5) == []
    assert vendor.problems() == []


def test_what_is_missing_is_named_with_what_to_do(vendor: FreshdeskDesk) -> None:
    said = desk(vendor, id_field="cf_other", solved=[9], groups={"vip": 8}).check(budget=5)
    assert said == [
        (
            "Freshdesk has no ticket field cf_other of single-line text. "
            "Make it, or leave BRIDGE_FRESHDESK_ID_FIELD empty: a tag then has our id."
        ),
        (
            "Freshdesk has no status 9, which BRIDGE_FRESHDESK_SOLVED names. "
            "It has 2 Open, 3 Pending, 4 Resolved, 5 Closed, 6 Sent to depot."
        ),
        "Freshdesk has no group 8, which BRIDGE_DESK_QUEUES names for the queue vip.",
    ]


def test_a_field_that_would_have_every_ticket_refused_is_named(vendor: FreshdeskDesk) -> None:
    wanted = {"id": 9, "name": "ticket_type", "label": "Type", "type": "default_ticket_type"}
    vendor.fields = [*ACCOUNT_FIELDS, {**wanted, "required_for_agents": True}]
    assert desk(vendor).check(budget=5) == [
        (
            "Freshdesk wants agents to fill in Type when they make a ticket, and will refuse ours. "
            "Let it be required when a ticket is closed."
        )
    ]


def test_a_key_that_may_not_read_fields_is_told_of(vendor: FreshdeskDesk) -> None:
    vendor.plan(FIELDS, refuses(403))
    assert desk(vendor).check(budget=5) == [
        "The API key may not read Freshdesk's ticket fields. Let its agent, so that they can be checked."
    ]


def test_a_wrong_key_is_an_error(vendor: FreshdeskDesk) -> None:
    vendor.on(LIST, lambda _request: (401, {"code": "invalid_credentials", "message": "You have to be logged in."}))
    with pytest.raises(Rejected, match="http 401"):
        desk(vendor).check(budget=5)


def test_statuses_that_cannot_be_read_say_nothing(vendor: FreshdeskDesk) -> None:
    vendor.fields = [{"id": 2, "name": "status", "type": "default_status", "choices": [{"value": "Open"}]}]
    assert desk(vendor, solved=[9]).check(budget=5) == []


# -------------------------------------------------------------------------------------------------- the fake itself


def test_the_fake_is_held_to_the_contract_too(vendor: FreshdeskDesk) -> None:
    vendor.on(VIEW, lambda _request: (200, {"id": "twenty"}))
    vendor.receive(read_request("GET", "/api/v2/tickets/20", {"Authorization": "Basic eDp5"}, None))
    assert vendor.problems()
