"""Zendesk as a desk: the frozen body, one ticket whatever is lost, and every outcome by its name."""

import base64
import hmac
import json
from pathlib import Path
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
from support.contracts import ZENDESK, contract
from support.packets import CUSTOMER, at, ticket
from support.zendesk_server import CREATE, LIST, UPDATE, ZendeskVendor

from bridge.adapters.desk.zendesk import COMMENT_LIMIT, NEWS_LIMIT, Zendesk
from bridge.adapters.http import Http
from bridge.domain.escalation import Agent
from bridge.domain.packet import Line, Ticket
from bridge.domain.rendering import render_ticket
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

BASE = "https://shop.zendesk.com"


def desk(vendor: Vendor, **settings: Any) -> Zendesk:
    settings = {"token": "api-token", "email": "agent@example.org", "budget_s": 1.0, **settings}
    return Zendesk(Http(transport=InProcess(vendor)), base_url=BASE, **settings)


def rendered(vendor: Vendor, filed: Ticket, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk(vendor, **settings).render(filed))["ticket"]
    return found


@pytest.fixture
def vendor() -> ZendeskVendor:
    return ZendeskVendor()


# ------------------------------------------------------------------------------------------------------- the body


def test_packet_is_a_private_comment_and_the_subject_says_nothing_of_it(vendor: ZendeskVendor) -> None:
    body = rendered(vendor, ticket())
    assert body["comment"]["public"] is False
    assert body["comment"]["body"] == render_ticket(ticket())
    assert body["subject"] == "Chat hand-off: billing"
    assert (body["external_id"], body["priority"]) == ("esc-0001", "high")
    assert body["tags"] == ["ai-escalation", "queue-billing", "by-callback"]


def test_requester_is_named_only_with_an_address_that_zendesk_takes(vendor: ZendeskVendor) -> None:
    def requester(**changes: Any) -> Any:
        return rendered(vendor, ticket(customer=CUSTOMER.model_copy(update=changes))).get("requester")

    assert requester() == {"name": "Ann Lee", "email": "ann@example.org"}
    assert requester(name=None) == {"name": "ann@example.org", "email": "ann@example.org"}
    assert requester(email=None, identity=Identity.ANONYMOUS) is None
    assert requester(email="ann at home") is None


def test_group_follows_the_queue_where_one_is_set(vendor: ZendeskVendor) -> None:
    assert rendered(vendor, ticket(), groups={"billing": 5})["group_id"] == 5
    assert "group_id" not in rendered(vendor, ticket(), groups={"general": 5})


def test_body_is_the_same_whenever_it_is_rendered(vendor: ZendeskVendor) -> None:
    assert desk(vendor).render(ticket()) == desk(vendor).render(ticket())


def test_long_conversation_fits_and_says_what_was_left_out(vendor: ZendeskVendor) -> None:
    lines = tuple(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=f"no. {n} " + "x" * 7900) for n in range(20))
    text = rendered(vendor, ticket(transcript=lines))["comment"]["body"]
    assert len(text) <= COMMENT_LIMIT
    assert "earlier messages do not fit here" in text
    assert "no. 19 " in text
    assert "no. 0 " not in text


@pytest.mark.parametrize("spoil", [{"subjekt": "x"}, {"priority": "critical"}, {"requester": {"email": "a@b.c"}}])
def test_contract_refuses_a_wrong_ticket_so_passing_means_something(spoil: dict[str, Any]) -> None:
    strict = Vendor(OpenApi(contract(ZENDESK)))
    body = json.dumps({"ticket": {"comment": {"body": "x"}, **spoil}}).encode()
    strict.receive(
        read_request(
            "POST", "/api/v2/tickets", {"Authorization": "Basic eDp5", "Content-Type": "application/json"}, body
        )
    )
    assert strict.problems()


# ------------------------------------------------------------------------------------------------------ create, find


def test_create_and_find(vendor: ZendeskVendor) -> None:
    zendesk = desk(vendor)
    made = zendesk.create("esc-0001", zendesk.render(ticket()))
    assert made == TicketRef("1000", f"{BASE}/agent/tickets/1000")
    assert zendesk.find("esc-0001", "") == made
    assert zendesk.find("esc-0002", "") is None
    assert vendor.problems() == []


def test_key_and_frozen_body_are_sent_as_they_are(vendor: ZendeskVendor) -> None:
    zendesk = desk(vendor)
    body = zendesk.render(ticket())
    zendesk.create("esc-0001", body)
    assert vendor.calls[0].headers["idempotency-key"] == "esc-0001"
    assert vendor.calls[0].body == body.encode()


def test_both_ways_to_log_in(vendor: ZendeskVendor) -> None:
    desk(vendor).find("a", "")
    desk(vendor, email=None).find("a", "")
    basic = base64.b64encode(b"agent@example.org/token:api-token").decode()
    assert [call.headers["authorization"] for call in vendor.calls] == [f"Basic {basic}", "Bearer api-token"]


def test_oldest_of_several_is_found(vendor: ZendeskVendor) -> None:
    vendor.state.mode["ignore_keys"] = True
    zendesk = desk(vendor)
    for _ in range(3):
        zendesk.create("esc-0001", zendesk.render(ticket()))
    vendor.state.tickets.reverse()
    assert zendesk.find("esc-0001", "") == TicketRef("1000", f"{BASE}/agent/tickets/1000", others=("1001", "1002"))


def test_list_that_ignores_the_filter_proves_nothing(vendor: ZendeskVendor) -> None:
    others = {"tickets": [{"id": 1, "external_id": "other"}, {"id": 2, "external_id": None}]}
    vendor.on(LIST, lambda _request: (200, others))
    assert desk(vendor).find("esc-0001", "") is None
    vendor.on(LIST, lambda _request: (200, others | {"next_page": "https://shop.zendesk.com/?page=2"}))
    with pytest.raises(AdapterError, match="not filtered"):
        desk(vendor).find("esc-0001", "")


def test_declared_strategy_ends_before_zendesk_forgets_the_key() -> None:
    assert Zendesk.strategy is Strategy.NATIVE_KEY
    assert 0 < Zendesk.key_window.total_seconds() < 7200


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
@pytest.mark.parametrize("sockets", [False, True], ids=["in process", "on loopback"])
def test_lost_answer_leaves_one_ticket(
    vendor: ZendeskVendor, fault: Fault, outcome: type[AdapterError], made: int, *, sockets: bool
) -> None:
    vendor.plan(CREATE, fault)
    with Loopback(vendor) as server:
        http = Http(allow=[server.endpoint]) if sockets else Http(transport=InProcess(vendor))
        zendesk = Zendesk(http, base_url=server.base_url, token="t", budget_s=2)
        body = zendesk.render(ticket())
        with pytest.raises(outcome):
            zendesk.create("esc-0001", body)
        assert len(vendor.state.tickets) == made
        zendesk.create("esc-0001", body)
    assert len(vendor.state.tickets) == 1


@pytest.mark.parametrize("wrong", [{}, [], None, {"ticket": {}}, {"ticket": {"id": "x"}}, {"ticket": {"id": 0}}])
def test_success_without_an_id_is_unknown(vendor: ZendeskVendor, wrong: Any) -> None:
    vendor.on(CREATE, lambda _request: (201, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))


def test_key_used_with_another_body_is_unknown_and_not_rejected(vendor: ZendeskVendor) -> None:
    desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    with pytest.raises(OutcomeUnknown, match="key in use"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket(summary="Another.")))


@pytest.mark.parametrize("field", ["requester", "email"])
def test_an_address_that_zendesk_refuses_costs_no_ticket(vendor: ZendeskVendor, field: str) -> None:
    refusal = {"error": "RecordInvalid", "details": {field: [{"description": "Email: is not properly formatted"}]}}

    def picky(request: Any) -> Any:
        return (422, refusal) if "requester" in request.json["ticket"] else vendor.state.create(request)

    vendor.on(CREATE, picky)
    zendesk = desk(vendor)
    body = zendesk.render(ticket())
    made = zendesk.create("esc-0001", body)
    assert zendesk.create("esc-0001", body) == made == zendesk.find("esc-0001", body)
    sent = {call.headers["idempotency-key"]: call.json["ticket"] for call in vendor.calls if call.method == "POST"}
    assert list(sent) == ["esc-0001", "esc-0001-no-requester"]
    first, second = sent.values()
    assert second == {name: value for name, value in first.items() if name != "requester"}
    assert vendor.problems() == []


@pytest.mark.parametrize("details", [{"base": [{"description": "Field: cannot be blank"}]}, {}, None], ids=str)
def test_a_refusal_of_anything_else_is_one_at_once(vendor: ZendeskVendor, details: Any) -> None:
    vendor.on(CREATE, lambda _request: (422, {"error": "RecordInvalid", "details": details}))
    with pytest.raises(Rejected, match="http 422"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    assert len(vendor.calls) == 1


@pytest.mark.parametrize("wrong", [{}, [], {"tickets": {}}, {"tickets": [{"external_id": "esc-0001"}]}])
def test_look_up_that_cannot_be_read_says_nothing(vendor: ZendeskVendor, wrong: Any) -> None:
    vendor.on(LIST, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).find("esc-0001", "")


def test_after_the_window_the_same_key_makes_another_ticket_and_find_shows_the_first(vendor: ZendeskVendor) -> None:
    zendesk = desk(vendor)
    body = zendesk.render(ticket())
    zendesk.create("esc-0001", body)
    vendor.state.tickets[0]["made_at"] -= 7201
    assert zendesk.create("esc-0001", body).id == "1001"
    found = zendesk.find("esc-0001", "")
    assert found is not None
    assert found.id == "1000"


def test_two_hundred_tickets_over_a_bad_line_are_two_hundred_tickets(vendor: ZendeskVendor) -> None:
    vendor.state.switch({"drop_after": 0.2, "down": 0.05, "fail_after": 0.1, "garbage": 0.05, "seed": 7})
    wanted = {f"esc-{number:04}" for number in range(200)}
    retries = 0
    with Loopback(vendor) as server:
        zendesk = Zendesk(Http(allow=[server.endpoint]), base_url=server.base_url, token="t", budget_s=2)
        for external_id in sorted(wanted):
            body = zendesk.render(ticket(external_id))
            while True:
                try:
                    zendesk.create(external_id, body)
                except (NotDone, OutcomeUnknown):
                    retries += 1
                else:
                    break
    assert retries > 20
    assert sorted(made["external_id"] for made in vendor.state.tickets) == sorted(wanted)
    assert vendor.problems() == []


# ------------------------------------------------------------------------------------------------------------- news

TOUCHED, SAID = "GET /api/v2/tickets/show_many", "GET /api/v2/tickets/{ticket_id}/comments"
ZOE, ANN = {"id": 7, "name": "Zoe", "role": "agent"}, {"id": 1, "name": "Ann Lee", "role": "end-user"}
FILED = [Filed("esc-1", "1000"), Filed("esc-2", "1001")]


def worked(number: int = 1000, **changes: Any) -> dict[str, Any]:
    given = {"status": "open", "assignee_id": 7, "updated_at": "2026-11-02T15:10:00Z"}
    return {"id": number, "external_id": "ours", **given, **changes}


def said(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"author_id": 7, "body": "Hello", "public": True, "created_at": "2026-11-02T15:05:00Z"}
    return {"id": number, **given, "via": {"channel": "web"}, **changes}


def shows(vendor: ZendeskVendor, tickets: list[dict[str, Any]], *comments: dict[str, Any]) -> list[DeskNews]:
    vendor.on(TOUCHED, lambda _request: (200, {"tickets": tickets, "users": [ZOE]}))
    vendor.on(SAID, lambda _request: (200, {"comments": list(comments), "users": [ZOE, ANN]}))
    news = desk(vendor).news(FILED, budget=5)
    assert vendor.problems() == []
    return news


def test_a_ticket_that_nobody_touched_is_no_news_and_costs_no_call(vendor: ZendeskVendor) -> None:
    assert shows(vendor, [worked(status="new", assignee_id=None), worked(1001, status="new", assignee_id=None)]) == []
    assert [call.path for call in vendor.calls] == ["/api/v2/tickets/show_many"]
    assert vendor.calls[0].param("ids") == "1000,1001"


def test_who_has_the_ticket_what_they_answered_and_that_it_is_solved_are_told_in_order(vendor: ZendeskVendor) -> None:
    news = shows(vendor, [worked(status="solved")], said(99, plain_body="Hello there"))
    zoe, then = Agent("zendesk:7", "Zoe"), at("2026-11-02T15:10:00")
    assert news == [
        DeskNews(NewsKind.ANSWERED, "esc-1", zoe, at("2026-11-02T15:05:00"), "zendesk:99", "Hello there"),
        DeskNews(NewsKind.PICKED_UP, "esc-1", zoe, then),
        DeskNews(NewsKind.SOLVED, "esc-1", zoe, then),
    ]


NO_ANSWER = {
    "an internal note": said(1, public=False),
    "the customer's own words": said(1, author_id=1),
    "what came in by the API, as ours does": said(1, via={"channel": "api"}),
    "somebody whom the answer does not name": said(1, author_id=555),
}


@pytest.mark.parametrize("comment", NO_ANSWER.values(), ids=NO_ANSWER)
def test_it_is_no_answer(vendor: ZendeskVendor, comment: dict[str, Any]) -> None:
    assert [one.kind for one in shows(vendor, [worked()], comment)] == [NewsKind.PICKED_UP]


def test_a_ticket_that_is_not_ours_is_no_news(vendor: ZendeskVendor) -> None:
    assert shows(vendor, [worked(5)], said(1)) == []


def test_a_ticket_solved_by_nobody_in_particular_is_solved(vendor: ZendeskVendor) -> None:
    news = shows(vendor, [worked(status="closed", assignee_id=None)])
    assert [(one.kind, one.agent.name) for one in news] == [(NewsKind.SOLVED, "Zendesk")]


def test_a_long_answer_is_cut(vendor: ZendeskVendor) -> None:
    answer = shows(vendor, [worked(assignee_id=None)], said(1, body="x" * 70_000))[0]
    assert len(answer.text or "") == NEWS_LIMIT


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (refuses(401), Rejected),
        (refuses(429, "7"), NotDone),
        (refuses(500), OutcomeUnknown),
        (truncates(), OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("call", [TOUCHED, SAID])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: ZendeskVendor, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    vendor.on(TOUCHED, lambda _request: (200, {"tickets": [worked()], "users": [ZOE]}))
    vendor.plan(call, fault, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=1)


@pytest.mark.parametrize("wrong", [{}, [], {"tickets": [{"id": 1}]}, {"tickets": [worked(updated_at="soon")]}])
def test_news_that_cannot_be_read_are_an_error(vendor: ZendeskVendor, wrong: Any) -> None:
    vendor.on(TOUCHED, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=1)


# -------------------------------------------------------------------------------------------------- the fake itself


def test_ledger_outlives_the_server_and_its_modes_can_be_switched(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with Loopback(ZendeskVendor(ledger)) as server:
        http = Http(allow=[server.endpoint])
        zendesk = Zendesk(http, base_url=server.base_url, token="t", budget_s=2)
        http.json("POST", f"{server.base_url}/__mode", json={"drop_after": 1}, budget_s=2)
        with pytest.raises(OutcomeUnknown):
            zendesk.create("esc-0001", zendesk.render(ticket()))
        with pytest.raises(Rejected):
            http.json("POST", f"{server.base_url}/__mode", json={"drop_aftr": 1}, budget_s=2)
        http.json("POST", f"{server.base_url}/__mode", json={"drop_after": 0}, budget_s=2)
        assert zendesk.create("esc-0001", zendesk.render(ticket())).id == "1000"
    with Loopback(ZendeskVendor(ledger)) as server:
        http = Http(allow=[server.endpoint])
        assert [t["external_id"] for t in http.json("GET", f"{server.base_url}/__ledger", budget_s=2).json] == [
            "esc-0001"
        ]


# ------------------------------------------------------------------------------------------------------------ notes


def test_a_note_is_a_private_comment_and_is_found_by_its_mark(vendor: ZendeskVendor) -> None:
    zendesk = desk(vendor)
    zendesk.create("esc-1", zendesk.render(ticket("esc-1")))
    zendesk.append("1000", "esc-1.turn.s.1", "It was blue\n\n[esc-1.turn.s.1]")
    assert [comment["public"] for comment in vendor.state.comments] == [False]
    assert zendesk.has_note("1000", "esc-1.turn.s.1")
    assert not zendesk.has_note("1000", "esc-1.turn.s")
    assert vendor.problems() == []


@pytest.mark.parametrize(
    ("fault", "kind"), [(refuses(422), Rejected), (drops_after(), OutcomeUnknown), (answers_garbage(), OutcomeUnknown)]
)
def test_each_outcome_of_a_note_has_its_name(vendor: ZendeskVendor, fault: Fault, kind: type[AdapterError]) -> None:
    vendor.plan(UPDATE, fault)
    with pytest.raises(kind):
        desk(vendor).append("1000", "n", "text")


# ------------------------------------------------------------------------------------------------- Zendesk's own calls

NOW = 1_793_633_524


def called(body: bytes, *, secret: str = "s", at_s: int = NOW, **headers: str) -> HookCall:
    stamp = "2026-11-02T15:32:04Z"
    signed = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, "sha256")).decode()
    told = {"x-zendesk-webhook-signature": signed, "x-zendesk-webhook-signature-timestamp": stamp, **headers}
    return HookCall(told, body, at_s * 1000)


SAID_SO = {
    "an event": b'{"type": "zen:event-type:ticket.comment_added", "detail": {"id": "1000"}}',
    "a trigger, as text": b'{"ticket_id": "1000"}',
    "a trigger, as a number": b'{"ticket_id": 1000}',
}


@pytest.mark.parametrize("body", SAID_SO.values(), ids=SAID_SO)
def test_a_call_says_which_ticket_it_is_about(vendor: ZendeskVendor, body: bytes) -> None:
    assert desk(vendor, webhook_secret="s").hear(called(body)) == Heard(refs=("1000",))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"ticket_id": "1\\u0000"}', b'{"detail": {"id": [1]}}', b"\xff"])
def test_a_right_call_that_names_no_ticket_is_about_none(vendor: ZendeskVendor, body: bytes) -> None:
    assert desk(vendor, webhook_secret="s").hear(called(body)) == Heard()


FORGED = {
    "another secret": called(b"{}", secret="guessed"),
    "too old": called(b"{}", at_s=NOW + 301),
    "from the future": called(b"{}", at_s=NOW - 301),
    "no signature": called(b"{}", **{"x-zendesk-webhook-signature": ""}),
    "letters beyond ASCII": called(b"{}", **{"x-zendesk-webhook-signature": "\u00fc\udc80"}),
    "another instant": called(b"{}", **{"x-zendesk-webhook-signature-timestamp": "2026-11-02T15:32:05Z"}),
    "no instant": called(b"{}", **{"x-zendesk-webhook-signature-timestamp": ""}),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_call_that_is_not_zendesks_is_refused(vendor: ZendeskVendor, forged: HookCall) -> None:
    with pytest.raises(HookRefused):
        desk(vendor, webhook_secret="s").hear(forged)


def test_without_a_secret_no_call_is_believed(vendor: ZendeskVendor) -> None:
    with pytest.raises(HookRefused):
        desk(vendor).hear(called(b"{}", secret=""))
