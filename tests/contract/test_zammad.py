"""Zammad as a desk: the internal article, a look-up at the end of an unfiltered list, and every outcome by its name."""

import hmac
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
from support.contracts import ZAMMAD, contract
from support.desks.zammad import ARTICLES, CREATE, GROUPS, LIST, NAMES, STATES, USER, VIEW, WRITE, ZammadDesk, stamp
from support.packets import CUSTOMER, at, ticket

from bridge.adapters.desk.frozen_request import thaw
from bridge.adapters.desk.zammad import ARTICLE_LIMIT, MOST_PAGES, NEWS_LIMIT, Zammad
from bridge.adapters.http import Http
from bridge.domain.escalation import Agent
from bridge.domain.instants import DAY, SECOND
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

BASE = "https://help.shop.example"
DECIDED = at("2024-11-02T14:02:04")
"""Two years ago: whatever the fake makes now is newer."""


def desk(vendor: Vendor, **settings: Any) -> Zammad:
    settings = {"token": "access-token", "customer": "web@shop.example", "budget_s": 1.0, **settings}
    return Zammad(Http(transport=InProcess(vendor)), base_url=BASE, **settings)


def rendered(vendor: Vendor, filed: Ticket, **settings: Any) -> dict[str, Any]:
    return dict(thaw(desk(vendor, **settings).render(filed)).request)


def old(external_id: str = "esc-0001") -> Ticket:
    return ticket(external_id, decided_at=DECIDED)


@pytest.fixture
def vendor() -> ZammadDesk:
    return ZammadDesk()


# ------------------------------------------------------------------------------------------------------- the body


def test_packet_is_an_internal_article_of_plain_text_and_the_title_says_nothing_of_it(vendor: ZammadDesk) -> None:
    body = rendered(vendor, ticket())
    assert body["title"] == "Chat hand-off: billing [esc-0001]"
    assert body["tags"] == "ai-escalation,queue-billing,by-callback"
    assert body["article"] == {
        "body": render_ticket(ticket()), "type": "note", "internal": True, "content_type": "text/plain",
    }  # fmt: skip
    assert desk(vendor).private_note(ticket()) is None


def test_whoever_has_no_address_is_filed_in_the_name_of_the_customer_who_stands_for_them(vendor: ZammadDesk) -> None:
    def customer(**changes: Any) -> Any:
        return rendered(vendor, ticket(customer=CUSTOMER.model_copy(update=changes)))["customer_id"]

    assert customer() == "guess:ann@example.org"
    assert customer(email=None, identity=Identity.ANONYMOUS) == "guess:web@shop.example"
    assert customer(email="ann at home") == "guess:web@shop.example"


def test_group_follows_the_queue_where_one_is_set(vendor: ZammadDesk) -> None:
    assert rendered(vendor, ticket())["group"] == "Users"
    assert rendered(vendor, ticket(), group="Web")["group"] == "Web"
    assert rendered(vendor, ticket(), groups={"billing": "Money::Due"})["group"] == "Money::Due"


def test_priorities_have_the_names_that_the_settings_give_them(vendor: ZammadDesk) -> None:
    def names(**settings: Any) -> list[str]:
        return [rendered(vendor, ticket(priority=one), **settings)["priority"] for one in Priority]

    assert names() == ["2 normal", "3 high", "3 high"]
    assert names(priorities={Priority.URGENT: "4 urgent"}) == ["2 normal", "3 high", "4 urgent"]


def test_our_id_is_in_the_attribute_too_where_there_is_one(vendor: ZammadDesk) -> None:
    assert "escalation_id" not in rendered(vendor, ticket())
    assert rendered(vendor, ticket(), id_attribute="escalation_id")["escalation_id"] == "esc-0001"


def test_body_is_the_same_whenever_it_is_rendered_and_sent(vendor: ZammadDesk) -> None:
    zammad = desk(vendor)
    body = zammad.render(ticket())
    assert body == zammad.render(ticket())
    for _ in range(2):
        zammad.create("esc-0001", body)
    assert vendor.calls[0].body == vendor.calls[1].body
    assert vendor.calls[0].headers["authorization"] == "Token token=access-token"


def test_long_conversation_fits_and_says_what_was_left_out(vendor: ZammadDesk) -> None:
    lines = tuple(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=f"no. {n} " + "x" * 7900) for n in range(20))
    text = rendered(vendor, ticket(transcript=lines))["article"]["body"]
    assert len(text) <= ARTICLE_LIMIT
    assert "earlier messages do not fit here" in text
    assert "no. 19 " in text
    assert "no. 0 " not in text


WRONG: list[dict[str, Any]] = [
    {"titel": "x"}, {"customer_id": "guess:nobody"}, {"group": None}, {"article": {"internal": True}},
]  # fmt: skip


@pytest.mark.parametrize("spoil", WRONG, ids=str)
def test_contract_refuses_a_wrong_ticket_so_passing_means_something(spoil: dict[str, Any]) -> None:
    strict = Vendor(OpenApi(contract(ZAMMAD)))
    right = {"title": "t", "group": "Users", "customer_id": "guess:a@b.example", "article": {"body": "x"}}
    body = json.dumps({name: value for name, value in {**right, **spoil}.items() if value is not None}).encode()
    headers = {"Authorization": "Token token=x", "Content-Type": "application/json"}
    strict.receive(read_request("POST", "/api/v1/tickets", headers, body))
    assert strict.problems()


# ------------------------------------------------------------------------------------------------------ create, find


def test_create_and_find(vendor: ZammadDesk) -> None:
    zammad = desk(vendor)
    body = zammad.render(old())
    assert zammad.find("esc-0001", body) is None
    made = zammad.create("esc-0001", body)
    assert made == TicketRef("19", f"{BASE}/#ticket/zoom/19")
    assert zammad.find("esc-0001", body) == made
    assert zammad.find("esc-000", body) is None
    assert vendor.problems() == []


def test_a_ticket_whose_title_was_changed_is_found_by_its_attribute(vendor: ZammadDesk) -> None:
    zammad = desk(vendor, id_attribute="escalation_id")
    made = zammad.create("esc-0001", zammad.render(old()))
    vendor.tickets[0]["title"] = "Invoice of Ann Lee"
    assert zammad.find("esc-0001", zammad.render(old())) == made


def test_an_address_that_zammad_refuses_does_not_cost_the_ticket(vendor: ZammadDesk) -> None:
    vendor.refused = {"ann@example.org"}
    zammad = desk(vendor)
    made = zammad.create("esc-0001", zammad.render(old()))
    assert vendor.filed_for == ["web@shop.example"]
    assert zammad.find("esc-0001", zammad.render(old())) == made
    assert vendor.problems() == []


def test_a_customer_for_visitors_whom_zammad_refuses_does(vendor: ZammadDesk) -> None:
    vendor.refused = {"ann@example.org", "web@shop.example"}
    with pytest.raises(Rejected, match="http 422"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    anonymous = ticket(customer=CUSTOMER.model_copy(update={"email": None}))
    with pytest.raises(Rejected, match="http 422"):
        desk(vendor).create("esc-0002", desk(vendor).render(anonymous))
    assert len(vendor.calls) == 3


def fill(vendor: ZammadDesk, count: int, made_at: int) -> None:
    """So many tickets of other people, all made at this instant, with gaps where some were deleted."""
    for number in range(count):
        vendor.make(100 + 3 * number, f"Other {number}", stamp(made_at / SECOND))


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 700, 801])
def test_ours_is_found_behind_however_many_others(vendor: ZammadDesk, count: int) -> None:
    fill(vendor, count, DECIDED - 2 * DAY)
    zammad = desk(vendor, budget_s=20)
    assert zammad.find("esc-0001", zammad.render(old())) is None
    made = zammad.create("esc-0001", zammad.render(old()))
    assert zammad.find("esc-0001", zammad.render(old())) == made


def test_what_is_older_than_the_decision_is_not_read(vendor: ZammadDesk) -> None:
    fill(vendor, 1600, DECIDED - 2 * DAY)
    zammad = desk(vendor, budget_s=20)
    assert zammad.find("esc-0001", zammad.render(old())) is None
    pages = [int(call.param("page") or 0) for call in vendor.calls]
    assert len(pages) < 13
    assert pages[-1] == 16


def test_oldest_of_several_is_found_though_they_lie_on_two_pages(vendor: ZammadDesk) -> None:
    fill(vendor, 99, DECIDED + 1)
    zammad = desk(vendor, budget_s=20)
    made = [zammad.create("esc-0001", zammad.render(old())) for _ in range(3)]
    assert zammad.find("esc-0001", zammad.render(old())) == made[0]


def test_a_list_that_is_too_long_to_be_read_back_proves_nothing(vendor: ZammadDesk) -> None:
    fill(vendor, 100 * MOST_PAGES + 1, DECIDED + 1)
    zammad = desk(vendor, budget_s=60)
    with pytest.raises(AdapterError, match="too many pages"):
        zammad.find("esc-0001", zammad.render(old()))
    made = zammad.create("esc-0001", zammad.render(old()))
    assert zammad.find("esc-0001", zammad.render(old())) == made


def test_a_list_that_is_not_in_order_proves_nothing(vendor: ZammadDesk) -> None:
    fill(vendor, 3, DECIDED + 1)
    vendor.tickets.reverse()
    with pytest.raises(AdapterError, match="list not in order"):
        desk(vendor).find("esc-0001", desk(vendor).render(old()))


def test_declared_strategy_is_a_look_up_first_and_it_waits() -> None:
    assert Zammad.strategy is Strategy.LOOKUP_FIRST
    assert Zammad.key_window.total_seconds() == 0
    assert Zammad.settle.total_seconds() == 300


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
def test_lost_answer_is_found_again_at_the_end_of_the_list(
    vendor: ZammadDesk, fault: Fault, outcome: type[AdapterError], made: int
) -> None:
    vendor.plan(CREATE, fault)
    with Loopback(vendor) as server:
        http = Http(allow=[server.endpoint])
        zammad = Zammad(http, base_url=server.base_url, token="t", customer="web@shop.example", budget_s=0.5)
        body = zammad.render(old())
        with pytest.raises(outcome):
            zammad.create("esc-0001", body)
        assert len(vendor.tickets) == made
        found = zammad.find("esc-0001", body) or zammad.create("esc-0001", body)
    assert found.id == "19"
    assert len(vendor.tickets) == 1


def test_fifty_tickets_over_a_bad_line_are_fifty_tickets(vendor: ZammadDesk) -> None:
    dice = random.Random(7)
    faults = [drops_before(), drops_after(), fails_after(), answers_garbage(), truncates()]
    vendor.chance = lambda _request: dice.choice(faults) if dice.random() < 0.4 else None
    zammad = desk(vendor)
    wanted = [f"esc-{number:04}" for number in range(50)]
    lost = sum(tries_for(zammad, external_id) for external_id in wanted)
    assert lost > 20
    assert sorted(one.external_id for one in vendor.filed()) == wanted
    assert vendor.problems() == []


def tries_for(zammad: Zammad, external_id: str) -> int:
    """File it as the outbox does, a look-up before each repeat; returns how many calls were in vain."""
    body, in_vain = zammad.render(old(external_id)), 0
    while True:
        try:
            if not (in_vain and zammad.find(external_id, body)):
                zammad.create(external_id, body)
        except AdapterError:
            in_vain += 1
        else:
            return in_vain


def test_error_says_nothing_of_the_customer_or_the_token(vendor: ZammadDesk) -> None:
    vendor.on(CREATE, lambda _request: (422, {"error": "ann@example.org is locked"}))
    with pytest.raises(Rejected) as caught:
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    assert str(caught.value) == "http 422"
    assert vendor.problems() == []


@pytest.mark.parametrize("wrong", [{}, [], None, {"id": None}, {"id": "x"}, {"id": 0}])
def test_success_without_an_id_is_unknown(vendor: ZammadDesk, wrong: Any) -> None:
    vendor.on(CREATE, lambda _request: (201, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).create("esc-0001", desk(vendor).render(ticket()))
    vendor.on(WRITE, lambda _request: (201, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).append("20", "n", "text")


@pytest.mark.parametrize("wrong", [{}, None, [{"id": 5}], [{"id": 5, "created_at": "soon"}]])
def test_look_up_that_cannot_be_read_says_nothing(vendor: ZammadDesk, wrong: Any) -> None:
    vendor.on(LIST, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).find("esc-0001", desk(vendor).render(ticket()))


def test_a_note_is_internal_and_plain_and_found_by_its_mark(vendor: ZammadDesk) -> None:
    zammad = desk(vendor)
    zammad.create("esc-0001", zammad.render(ticket()))
    text = f"<b>@Zoe</b>\n\n{mark('esc-0001.n1')}"
    zammad.append("19", "esc-0001.n1", text)
    sent = {"ticket_id": 19, "body": text, "type": "note", "internal": True, "content_type": "text/plain"}
    assert vendor.calls[-1].json == sent
    assert zammad.has_note("19", "esc-0001.n1")
    assert not zammad.has_note("19", "esc-0001.n")
    assert vendor.problems() == []


# ------------------------------------------------------------------------------------------------------------- news

FILED = [Filed("esc-1", "19")]
ZOE = Agent("zammad:7", "Zoe Reed")


def worked(**changes: Any) -> dict[str, Any]:
    given = {"id": 19, "number": "22019", "state": "open", "owner_id": 7, "customer_id": 500}
    return {**given, "created_at": "2026-11-02T15:00:00.000Z", "updated_at": "2026-11-02T15:10:00.000Z", **changes}


def said(number: int, **changes: Any) -> dict[str, Any]:
    given = {"ticket_id": 19, "body": "Hello", "content_type": "text/plain", "type": "email", "sender": "Agent"}
    more = {"internal": False, "created_by_id": 7, "created_at": "2026-11-02T15:05:00.000Z"}
    return {"id": number, **given, **more, **changes}


def shows(vendor: ZammadDesk, view: dict[str, Any], *articles: dict[str, Any], **settings: Any) -> list[DeskNews]:
    vendor.on(VIEW, lambda _request: (200, view))
    vendor.on(ARTICLES, lambda _request: (200, list(articles)))
    vendor.on(USER, lambda _request: (200, {"id": 7, "firstname": "Zoe", "lastname": "Reed", "login": "zoe@x.example"}))
    news = desk(vendor, **settings).news(FILED, budget=5)
    assert vendor.problems() == []
    return news


def test_who_has_the_ticket_what_they_answered_and_that_it_is_solved_are_told_in_order(vendor: ZammadDesk) -> None:
    then = at("2026-11-02T15:10:00")
    assert shows(vendor, worked(state="closed"), said(99)) == [
        DeskNews(NewsKind.ANSWERED, "esc-1", ZOE, at("2026-11-02T15:05:00"), "zammad:99", "Hello"),
        DeskNews(NewsKind.PICKED_UP, "esc-1", ZOE, then),
        DeskNews(NewsKind.SOLVED, "esc-1", ZOE, then),
    ]
    assert vendor.effects(USER) == 1


NO_ANSWER = {
    "an internal article": said(1, internal=True),
    "the customer's own words": said(1, sender="Customer", created_by_id=500),
    "what a trigger sent": said(1, sender="System", created_by_id=1),
    "a mail that was passed on": said(1, preferences={"subtype": "forward"}),
}


@pytest.mark.parametrize("article", NO_ANSWER.values(), ids=NO_ANSWER)
def test_it_is_no_answer(vendor: ZammadDesk, article: dict[str, Any]) -> None:
    assert [one.kind for one in shows(vendor, worked(), article)] == [NewsKind.PICKED_UP]


ANSWERS = {
    "a public note": (said(1, type="note"), "Hello"),
    "a reply": (said(1, preferences={"subtype": "reply"}), "Hello"),
    "HTML": (said(1, body="<div>Hello <b>Ann</b></div>", content_type="text/html"), "Hello Ann"),
    "HTML with what it quotes": (
        said(1, body="Yes<div data-signature='true'>Zoe</div><blockquote>Q?</blockquote>", content_type="text/html"),
        "Yes",
    ),
    "a call, of which the customer reads nothing": (said(1, type="phone", body="Told her about the depot"), None),
    "a long one": (said(1, body="x" * 70_000), "x" * NEWS_LIMIT),
}


@pytest.mark.parametrize(("article", "text"), ANSWERS.values(), ids=ANSWERS)
def test_it_is_an_answer(vendor: ZammadDesk, article: dict[str, Any], text: str | None) -> None:
    news = shows(vendor, worked(owner_id=1), article)
    assert [(one.kind, one.text) for one in news] == [(NewsKind.ANSWERED, text)]


@pytest.mark.parametrize("owner", [1, None])
def test_a_ticket_that_nobody_owns_is_not_picked_up(vendor: ZammadDesk, owner: int | None) -> None:
    assert shows(vendor, worked(owner_id=owner)) == []


@pytest.mark.parametrize(
    ("state", "is_solved"), [("open", False), ("closed", True), ("merged", True), ("pending close", False)]
)
def test_states_mean_solved_as_the_settings_say(vendor: ZammadDesk, state: str, *, is_solved: bool) -> None:
    news = shows(vendor, worked(state=state, owner_id=1))
    assert [(one.kind, one.agent.name) for one in news] == ([(NewsKind.SOLVED, "Zammad")] if is_solved else [])
    assert shows(vendor, worked(state="geschlossen", owner_id=1), solved=["geschlossen"])


@pytest.mark.parametrize("status", [403, 404])
def test_an_agent_who_cannot_be_read_has_no_name(vendor: ZammadDesk, status: int) -> None:
    vendor.plan(USER, refuses(status))
    assert [one.agent for one in shows(vendor, worked())] == [Agent("zammad:7", "Zammad")]


@pytest.mark.parametrize("status", [403, 404])
def test_a_ticket_that_is_gone_is_no_news_and_hides_no_other(vendor: ZammadDesk, status: int) -> None:
    vendor.on(ARTICLES, lambda _request: (200, []))
    gone = (status, {"error": "Not authorized"})
    vendor.on(VIEW, lambda request: gone if request.last_segment == "19" else (200, worked(id=20)))
    news = desk(vendor).news([*FILED, Filed("esc-2", "20")], budget=5)
    assert [(one.kind, one.escalation_id) for one in news] == [(NewsKind.PICKED_UP, "esc-2")]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(refuses(401), Rejected), (refuses(429, "7"), NotDone), (refuses(500), OutcomeUnknown),
     (truncates(), OutcomeUnknown)],
)  # fmt: skip
@pytest.mark.parametrize("call", [VIEW, ARTICLES])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: ZammadDesk, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    vendor.on(VIEW, lambda _request: (200, worked(owner_id=1)))
    vendor.plan(call, fault, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=1)


@pytest.mark.parametrize("wrong", [{}, [], None, worked(updated_at="soon"), worked(state=None)])
def test_news_that_cannot_be_read_are_an_error(vendor: ZammadDesk, wrong: Any) -> None:
    vendor.on(VIEW, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=1)


# ------------------------------------------------------------------------------------------------------------ hooks

CALLED = b'{"ticket": {"id": 19, "number": "22019"}, "article": {"id": 4}}'


def signed(body: bytes, secret: str = "s3") -> str:
    return f"sha1={hmac.digest(secret.encode(), body, 'sha1').hex()}"


def heard(vendor: ZammadDesk, body: bytes, signature: str | None, *, ours: str = "s3") -> Heard:
    headers = {} if signature is None else {"x-hub-signature": signature}
    return desk(vendor, webhook_secret=ours).hear(HookCall(headers, body, at("2026-11-02T15:10:00")))


def test_a_call_that_zammad_signed_names_the_ticket(vendor: ZammadDesk) -> None:
    assert heard(vendor, CALLED, signed(CALLED)) == Heard(refs=("19",))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"ticket": null}', b'{"ticket": {"id": "x"}}', b"\xff"])
def test_a_call_that_is_right_but_not_understood_is_heard(vendor: ZammadDesk, body: bytes) -> None:
    assert heard(vendor, body, signed(body)) == Heard()


FORGED = {
    "another secret": signed(CALLED, "s4"),
    "another body": signed(CALLED + b" "),
    "nothing": None,
    "empty": "",
    "no digest": "sha1=",
    "another digest": f"sha256={hmac.digest(b's3', CALLED, 'sha256').hex()}",
    "half": signed(CALLED)[:20],
    "not ASCII": "sha1=\u00e9",
    "no text at all": "\udcff",
}


@pytest.mark.parametrize("signature", FORGED.values(), ids=FORGED)
def test_a_call_that_is_not_signed_so_is_refused(vendor: ZammadDesk, signature: str | None) -> None:
    with pytest.raises(HookRefused):
        heard(vendor, CALLED, signature)


def test_without_a_secret_no_call_is_believed(vendor: ZammadDesk) -> None:
    with pytest.raises(HookRefused):
        heard(vendor, CALLED, signed(CALLED, ""), ours="")


# ------------------------------------------------------------------------------------------------------------ check


def test_a_zammad_that_is_set_up_right_has_nothing_to_say(vendor: ZammadDesk) -> None:
    vendor.make(5, "Other", "2026-01-01T00:00:00.000Z", escalation_id=None)
    assert desk(vendor, id_attribute="escalation_id").check(budget=5) == []
    assert vendor.problems() == []


def test_names_that_zammad_does_not_know_are_told_with_those_that_it_has(vendor: ZammadDesk) -> None:
    settings = {"priorities": {Priority.URGENT: "4 urgent"}, "solved": ["done"], "groups": {"billing": "Money"}}
    assert desk(vendor, **settings).check(budget=5) == [
        "Zammad has no priority 4 urgent, which BRIDGE_ZAMMAD_PRIORITIES names. It has 1 low, 2 normal, 3 high.",
        "Zammad has no state done, which BRIDGE_ZAMMAD_SOLVED names. It has closed, merged, new, open.",
        "Zammad has no group Money, which BRIDGE_ZAMMAD_GROUP or BRIDGE_DESK_QUEUES names. It has Users.",
    ]


def test_what_is_switched_off_counts_as_missing(vendor: ZammadDesk) -> None:
    vendor.on(GROUPS, lambda _request: (200, [{"id": 1, "name": "Users", "active": False}, {"id": 2, "name": "Web"}]))
    said = "Zammad has no group Users, which BRIDGE_ZAMMAD_GROUP or BRIDGE_DESK_QUEUES names. It has Web."
    assert desk(vendor).check(budget=5) == [said]


def test_an_attribute_that_tickets_do_not_have_is_told(vendor: ZammadDesk) -> None:
    vendor.make(5, "Other", "2026-01-01T00:00:00.000Z")
    assert desk(vendor, id_attribute="escalation_id").check(budget=5) == [
        (
            "Zammad's tickets have no attribute escalation_id. Make it under System > Objects, "
            "or leave BRIDGE_ZAMMAD_ID_ATTRIBUTE empty: the title has our id in any case."
        )
    ]


@pytest.mark.parametrize("call", [GROUPS, STATES, NAMES])
def test_what_our_user_may_not_read_is_not_checked(vendor: ZammadDesk, call: str) -> None:
    vendor.plan(call, refuses(403))
    assert desk(vendor).check(budget=5) == []


def test_a_wrong_token_is_an_error(vendor: ZammadDesk) -> None:
    vendor.on(LIST, lambda _request: (401, {"error": "Authentication required"}))
    with pytest.raises(Rejected, match="http 401"):
        desk(vendor).check(budget=5)
