"""Linear as a desk: ids of ours, text that stays text, what people did, and its signed calls."""

import hmac
import json
import logging
import uuid
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, find_breaking_changes, parse, validate
from support.contractcheck import (
    Fault,
    Handler,
    InProcess,
    Request,
    answers_garbage,
    answers_late,
    drops_after,
    drops_before,
    fails_after,
    read_request,
    refuses,
    truncates,
)
from support.contracts import LINEAR, LINEARS_OWN, contract
from support.desks.linear import COMMENT, COMMENTS, CREATE, ISSUES, TEAM, TEAMS, LinearDesk, errors, page
from support.desks.vendor import SECRET
from support.packets import CUSTOMER, at, ticket

from bridge.adapters.desk import linear
from bridge.adapters.desk.linear import LINE_WIDTH, NEWS_LIMIT, TEXT_LIMIT, Linear, as_code, uuid_of
from bridge.adapters.http import Http
from bridge.domain.escalation import Agent
from bridge.domain.packet import Line, Ticket
from bridge.domain.values import Priority
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
from bridge.ports import Fault as Whose

NOW = at("2026-11-02T15:00:00")
OTHER = "11111111-2222-4333-8444-555555555555"
OPERATIONS = {
    name: getattr(linear, name) for name in ("CREATE_ISSUE", "CREATE_COMMENT", "ISSUES", "COMMENT", "REPLIES", "TEAMS")
}


def desk(vendor: LinearDesk, **settings: Any) -> Linear:
    given = {"token": "lin_api_secret", "team": TEAM, "url": "https://api.linear.app/graphql", "budget_s": 10.0}
    return Linear(Http(transport=InProcess(vendor)), **{**given, **settings})


def rendered(vendor: LinearDesk, filed: Ticket, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk(vendor, **settings).render(filed))["variables"]["input"]
    return found


def made(vendor: LinearDesk, external_id: str = "esc-0001") -> str:
    return desk(vendor).create(external_id, desk(vendor).render(ticket(external_id))).id


def always(value: Any, status: int = 200) -> Handler:
    return lambda _request: (status, value)


@pytest.fixture
def vendor() -> LinearDesk:
    return LinearDesk()


# ----------------------------------------------------------------------------------------------------- the contract


@pytest.fixture(scope="module")
def linears_own() -> GraphQLSchema:
    return build_schema(contract(LINEARS_OWN).read_text("utf-8"), assume_valid=True)


@pytest.mark.parametrize("query", OPERATIONS.values(), ids=OPERATIONS)
def test_what_we_ask_fits_linears_own_schema(linears_own: GraphQLSchema, query: str) -> None:
    assert validate(linears_own, parse(query)) == []


def test_our_schema_says_nothing_that_linears_does_not(linears_own: GraphQLSchema) -> None:
    ours = build_schema(contract(LINEAR).read_text("utf-8"))
    assert [change.description for change in find_breaking_changes(ours, linears_own)] == []


WRONG = {
    "no team": {"id": OTHER}, "a field that there is not": {"teamId": TEAM, "body": "x"},
    "a priority in words": {"teamId": TEAM, "priority": "high"},
}  # fmt: skip


@pytest.mark.parametrize("issue", WRONG.values(), ids=WRONG)
def test_contract_refuses_a_wrong_issue_so_passing_means_something(vendor: LinearDesk, issue: dict[str, Any]) -> None:
    body = json.dumps({"query": linear.CREATE_ISSUE, "variables": {"input": issue}}).encode()
    headers = {"Authorization": "lin_api_t", "Content-Type": "application/json"}
    vendor.receive(read_request("POST", "/graphql", headers, body))
    assert vendor.problems()


# ------------------------------------------------------------------------------------------------------- the body


def test_the_body_holds_the_id_that_the_issue_will_have(vendor: LinearDesk) -> None:
    issue = rendered(vendor, ticket())
    assert issue["id"] == uuid_of("esc-0001") == rendered(vendor, ticket())["id"]
    assert uuid.UUID(issue["id"]).version == 4
    assert uuid.UUID(issue["id"]).variant == uuid.RFC_4122
    assert uuid_of("esc-0002") != issue["id"]
    assert (issue["teamId"], issue["title"]) == (TEAM, "Chat hand-off: billing")


def test_priorities_run_downwards(vendor: LinearDesk) -> None:
    sent = {priority: rendered(vendor, ticket(priority=priority))["priority"] for priority in Priority}
    assert sent == {Priority.URGENT: 1, Priority.HIGH: 2, Priority.NORMAL: 3}


def test_a_queue_may_have_a_team_of_its_own(vendor: LinearDesk) -> None:
    assert rendered(vendor, ticket(), teams={"billing": OTHER})["teamId"] == OTHER


def test_long_conversation_fits_and_says_what_was_left_out(vendor: LinearDesk) -> None:
    lines = tuple(Line(at=NOW, who="visitor", text=f"no. {n} " + "x" * 7900) for n in range(20))
    text = rendered(vendor, ticket(transcript=lines))["description"]
    assert len(text) <= TEXT_LIMIT * 1.05
    assert "earlier messages do not fit here" in text
    assert "no. 19\n    xxx" in text
    assert "no. 0\n" not in text


NASTY = (
    "# heading", "[link](https://evil.example)", "![x](https://evil.example/x.png)", "@zoe", "<b>bold</b>",
    "```\n# out of it\n```", "~~~", "````` five", "    ````",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_nothing_that_a_visitor_writes_ends_the_code_block(text: str) -> None:
    first, *inside, last = as_code(text).split("\n")
    assert first == last
    assert set(first) == {"`"}
    assert len(first) >= 3
    assert not any(first in line for line in inside)
    assert [line.strip() for line in inside] == [line.strip() for line in text.split("\n")]


def test_long_lines_go_on_in_the_next_with_the_same_margin() -> None:
    inside = as_code("head\n\n    " + "word " * 60).split("\n")[1:-1]
    assert inside[:2] == ["head", ""]
    assert all(line.startswith("    word") and len(line) <= LINE_WIDTH for line in inside[2:])
    assert " ".join(" ".join(inside[2:]).split()) == ("word " * 60).strip()


def test_what_a_visitor_writes_stands_in_the_block_and_nowhere_else(vendor: LinearDesk) -> None:
    shouting = ticket(customer=CUSTOMER.model_copy(update={"name": "# @zoe"}), summary="![x](https://evil.example)")
    issue = rendered(vendor, shouting)
    assert issue["description"].startswith("```\nSUMMARY\n![x]")
    assert issue["description"].endswith("\n```")
    assert "zoe" not in issue["title"]


# ------------------------------------------------------------------------------------------------------ create, find


def test_create_and_find(vendor: LinearDesk) -> None:
    body = desk(vendor).render(ticket())
    issue = TicketRef(uuid_of("esc-0001"), "https://linear.app/shop/issue/SUP-1")
    assert desk(vendor).create("esc-0001", body) == issue
    assert desk(vendor).find("esc-0001", body) == issue
    assert desk(vendor).find("esc-0002", body) is None
    assert vendor.calls[0].body == body.encode()
    assert vendor.problems() == []


@pytest.mark.parametrize("status", [200, 400])
def test_an_id_that_linear_has_already_is_the_issue_of_an_earlier_call(vendor: LinearDesk, status: int) -> None:
    first = made(vendor)
    vendor.on(CREATE, always(errors("invalid input", "INPUT_ERROR"), status))
    assert made(vendor) == first
    assert len(vendor.issues) == 1


def test_keys_and_tokens_are_sent_as_linear_wants_them(vendor: LinearDesk) -> None:
    desk(vendor).find("a", "")
    desk(vendor, token="lin_oauth_secret").find("a", "")
    assert [call.headers["authorization"] for call in vendor.calls] == ["lin_api_secret", "Bearer lin_oauth_secret"]


def test_the_strategy_is_our_own_id() -> None:
    assert Linear.strategy is Strategy.CLIENT_ID
    assert (Linear.key_window.total_seconds(), Linear.settle.total_seconds()) == (0, 0)


# --------------------------------------------------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("fault", "outcome", "issues"),
    [
        (refuses(400), Rejected, 0), (refuses(401), Rejected, 0), (refuses(403), Rejected, 0),
        (refuses(404), Rejected, 0), (refuses(422), Rejected, 0), (refuses(429, "0.5"), NotDone, 0),
        (refuses(409), OutcomeUnknown, 0), (refuses(500), OutcomeUnknown, 0), (refuses(503, "3"), OutcomeUnknown, 0),
        (drops_before(), OutcomeUnknown, 0), (drops_after(), OutcomeUnknown, 1), (fails_after(), OutcomeUnknown, 1),
        (answers_garbage(), OutcomeUnknown, 1), (truncates(), OutcomeUnknown, 1), (answers_late(60), OutcomeUnknown, 1),
    ],
    ids=lambda value: f"{value.kind}{value.status or ''}" if isinstance(value, Fault) else str(value),
)  # fmt: skip
def test_whatever_is_lost_there_is_one_issue_in_the_end(
    vendor: LinearDesk, fault: Fault, outcome: type[AdapterError], issues: int
) -> None:
    vendor.plan(CREATE, fault)
    with pytest.raises(outcome):
        made(vendor)
    assert len(vendor.issues) == issues
    made(vendor)
    assert len(vendor.issues) == 1


SAID_NO = {
    "a wrong field": ("invalid input", Rejected, Whose.CALL),
    "a wrong question": ("graphql error", Rejected, Whose.CALL),
    "a wrong key": ("authentication error", Rejected, Whose.SYSTEM), "no right": ("Forbidden", Rejected, Whose.SYSTEM),
    "too much for the plan": ("usage limit exceeded", Rejected, Whose.CALL),
    "an ailment": ("internal error", OutcomeUnknown, Whose.SYSTEM),
    "a lock": ("lock timeout", OutcomeUnknown, Whose.CALL),
    "something new": ("whatever", OutcomeUnknown, Whose.CALL), "nothing": ("", OutcomeUnknown, Whose.CALL),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "outcome", "whose"), SAID_NO.values(), ids=SAID_NO)
@pytest.mark.parametrize("status", [200, 400])
def test_errors_in_an_answer_are_no_success_whatever_its_status(
    vendor: LinearDesk, kind: str, outcome: type[AdapterError], whose: Whose, status: int
) -> None:
    vendor.on(CREATE, always({"data": None, **errors(kind)}, status))
    with pytest.raises(outcome) as raised:
        made(vendor)
    assert raised.value.fault is whose
    assert "ann@" not in f"{raised.value!r} {raised.value}"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("said", [errors("ratelimited"), errors("other", "RATELIMITED")])
@pytest.mark.parametrize("operation", [CREATE, ISSUES])
def test_too_many_calls_are_told_by_an_error_in_the_answer(
    vendor: LinearDesk, said: dict[str, Any], status: int, operation: str
) -> None:
    reset = {"X-RateLimit-Requests-Reset": str(NOW + 3_600_000), "Retry-After": "7"}
    vendor.on(operation, lambda _request: (status, said, reset))
    with pytest.raises(NotDone) as raised:
        desk(vendor).news([Filed("esc", OTHER)], budget=5) if operation == ISSUES else made(vendor)
    assert (raised.value.retry_after, raised.value.fault) == (7, Whose.PACE)


@pytest.mark.parametrize("extensions", [None, {}, {"type": None, "code": None}])
def test_an_error_that_says_nothing_of_itself_is_unknown(vendor: LinearDesk, extensions: Any) -> None:
    vendor.on(CREATE, always({"data": None, "errors": [{"message": "x", "extensions": extensions}]}, 400))
    with pytest.raises(OutcomeUnknown, match="error in the answer"):
        made(vendor)


def test_empty_errors_are_none(vendor: LinearDesk) -> None:
    done = {"issueCreate": {"success": True, "issue": {"id": uuid_of("esc-0001"), "url": "https://linear.app/x"}}}
    for nothing in (None, []):
        vendor.on(CREATE, always({"data": done, "errors": nothing}))
        assert made(vendor) == uuid_of("esc-0001")


NOT_MADE = {
    "nothing": {}, "a list": [], "no JSON value": None, "no data": {"data": None}, "no field": {"data": {}},
    "no success": {"data": {"issueCreate": {"success": False, "issue": None}}},
    "no issue": {"data": {"issueCreate": {"success": True, "issue": None}}},
    "another issue": {"data": {"issueCreate": {"success": True, "issue": {"id": OTHER, "url": "https://x.example"}}}},
}  # fmt: skip


@pytest.mark.parametrize("wrong", NOT_MADE.values(), ids=NOT_MADE)
def test_success_without_our_id_is_unknown(vendor: LinearDesk, wrong: Any) -> None:
    vendor.on(CREATE, always(wrong))
    with pytest.raises(OutcomeUnknown):
        made(vendor)


def test_a_no_that_cannot_be_looked_into_is_no_answer_at_all(vendor: LinearDesk) -> None:
    first = made(vendor)
    vendor.plan(ISSUES, refuses(503))
    with pytest.raises(OutcomeUnknown):
        made(vendor)
    assert made(vendor) == first


def test_nothing_of_the_customer_or_the_key_is_in_errors_or_logs(
    vendor: LinearDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.on(CREATE, always(errors("invalid input")))
    with pytest.raises(Rejected) as raised:
        made(vendor)
    said = f"{raised.value!r} {raised.value.__context__!r} {caplog.text}"
    assert "ann@" not in said
    assert "lin_api_secret" not in said


# ------------------------------------------------------------------------------------------------------------ notes


def test_a_note_is_a_comment_with_an_id_of_ours(vendor: LinearDesk) -> None:
    ref = made(vendor)
    desk(vendor).append(ref, "n1", "The visitor wrote\n\n    ![x](y)\n\n[n1]")
    assert vendor.comments[uuid_of("n1")]["body"] == "```\nThe visitor wrote\n\n    ![x](y)\n\n[n1]\n```"
    assert desk(vendor).has_note(ref, "n1")
    assert not desk(vendor).has_note(ref, "n2")
    assert vendor.problems() == []


@pytest.mark.parametrize("fault", [drops_after(), fails_after(), answers_garbage(), truncates()])
def test_a_note_may_be_sent_again_and_is_there_once(vendor: LinearDesk, fault: Fault) -> None:
    ref = made(vendor)
    vendor.plan(COMMENT, fault)
    with pytest.raises(OutcomeUnknown):
        desk(vendor).append(ref, "n1", "said\n\n[n1]")
    desk(vendor).append(ref, "n1", "said\n\n[n1]")
    assert len(vendor.comments) == 1


def test_a_note_that_linear_refuses_is_refused(vendor: LinearDesk) -> None:
    vendor.on(COMMENT, always(errors("invalid input")))
    with pytest.raises(Rejected):
        desk(vendor).append(OTHER, "n1", "said\n\n[n1]")


# ------------------------------------------------------------------------------------------------------------- news

ZOE = Agent("linear:zoe", "Zoe")
NOBODY = Agent("linear:0", "Linear")
FIRST, SECOND = uuid_of("esc-1"), uuid_of("esc-2")
FILED = [Filed("esc-1", FIRST), Filed("esc-2", SECOND)]


def issue(ref: str = FIRST, state: str = "unstarted", **changes: Any) -> dict[str, Any]:
    given = {"updatedAt": "2026-11-02T15:10:00.000Z", "completedAt": None, "canceledAt": None, "assignee": None}
    return {"id": ref, "url": "https://linear.app/x", "state": {"type": state}, **given, **changes}


def comment(body: str, number: str = "c1", **changes: Any) -> dict[str, Any]:
    given = {"createdAt": "2026-11-02T15:05:00.250Z", "user": {"id": "zoe", "name": "Zoe"}, "botActor": None}
    return {"id": number, "body": body, "issue": {"id": FIRST}, **given, **changes}


def shows(vendor: LinearDesk, issues: list[dict[str, Any]], *comments: dict[str, Any]) -> list[DeskNews]:
    vendor.on(ISSUES, always({"data": {"issues": {"nodes": issues}}}))
    vendor.on(COMMENTS, always({"data": {"comments": page(*comments)}}))
    news = desk(vendor).news(FILED, budget=5)
    assert vendor.problems() == []
    return news


def test_an_issue_that_nobody_touched_is_no_news(vendor: LinearDesk) -> None:
    assert shows(vendor, [issue(), issue(SECOND, "triage")]) == []
    assert len(vendor.calls) == 2


def test_who_has_the_issue_what_they_answered_and_that_it_is_done_are_told_in_order(vendor: LinearDesk) -> None:
    done = issue(state="completed", assignee={"id": "zoe", "name": "Zoe"}, completedAt="2026-11-02T15:09:00Z")
    assert shows(vendor, [done], comment("/reply Your parcel is in **Leeds**.\n\nBest, Zoe\n")) == [
        DeskNews(
            NewsKind.ANSWERED, "esc-1", ZOE, at("2026-11-02T15:05:00") + 250, "linear:c1",
            "Your parcel is in **Leeds**.\n\nBest, Zoe", delivered=False,
        ),
        DeskNews(NewsKind.SOLVED, "esc-1", ZOE, at("2026-11-02T15:09:00")),
        DeskNews(NewsKind.PICKED_UP, "esc-1", ZOE, at("2026-11-02T15:10:00")),
    ]  # fmt: skip


ANSWERS = {
    "/reply Hello": "Hello",
    "  /Reply: Hello": "Hello",
    "/reply\nHello": "Hello",
    "/REPLY\t: /reply x": "/reply x",
}


@pytest.mark.parametrize(("body", "text"), ANSWERS.items(), ids=range(len(ANSWERS)))
def test_a_comment_that_begins_with_the_mark_is_an_answer(vendor: LinearDesk, body: str, text: str) -> None:
    assert [one.text for one in shows(vendor, [issue()], comment(body))] == [text]


REMARKS = {
    "a remark": comment("Colleagues, see the depot"), "the mark later on": comment("They say: /reply no"),
    "another word": comment("/replying soon"), "the mark alone": comment("/reply"),
    "nothing after it": comment("/reply : \n"),
    "a block of ours": comment(as_code("/reply Hello")), "a program": comment("/reply Hello", botActor={"id": None}),
    "nobody of the team": comment("/reply Hello", user=None),
    "an issue of others": comment("/reply Hello", issue={"id": OTHER}),
    "no issue": comment("/reply Hello", issue=None),
}  # fmt: skip


@pytest.mark.parametrize("said", REMARKS.values(), ids=REMARKS)
def test_every_other_comment_is_no_answer(vendor: LinearDesk, said: dict[str, Any]) -> None:
    assert shows(vendor, [issue()], said) == []


def test_a_long_answer_is_cut(vendor: LinearDesk) -> None:
    (answer,) = shows(vendor, [issue()], comment("/reply " + "x" * 70_000))
    assert len(answer.text or "") == NEWS_LIMIT


STATES = {"completed": True, "canceled": True, "duplicate": False, "started": False, "something new": False}


@pytest.mark.parametrize(("state", "over"), STATES.items(), ids=STATES)
def test_an_issue_is_over_in_these_states(vendor: LinearDesk, state: str, *, over: bool) -> None:
    news = shows(vendor, [issue(state=state, canceledAt="2026-11-02T15:08:00Z")])
    assert news == ([DeskNews(NewsKind.SOLVED, "esc-1", NOBODY, at("2026-11-02T15:08:00"))] if over else [])


def test_an_issue_that_is_not_ours_is_no_news(vendor: LinearDesk) -> None:
    assert shows(vendor, [issue(OTHER, "completed")]) == []


def test_answers_are_read_to_the_last_page_and_a_list_without_end_is_none(vendor: LinearDesk) -> None:
    def pages(request: Request) -> tuple[int, Any]:
        after = request.json["variables"]["after"]
        last = page(comment("/reply Two", "c2"))
        return 200, {"data": {"comments": last if after == "x" else page(comment("/reply One"), after="x")}}

    vendor.on(ISSUES, always({"data": {"issues": {"nodes": []}}}))
    vendor.on(COMMENTS, pages)
    assert [one.text for one in desk(vendor).news(FILED, budget=5)] == ["One", "Two"]
    vendor.on(COMMENTS, always({"data": {"comments": page(after="x")}}))
    with pytest.raises(AdapterError, match="too long"):
        desk(vendor).news(FILED, budget=5)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (refuses(401), Rejected),
        (refuses(429, "7"), NotDone),
        (refuses(500), OutcomeUnknown),
        (truncates(), OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("call", [ISSUES, COMMENTS])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: LinearDesk, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    vendor.plan(call, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=5)


UNREADABLE = {
    "nothing": {}, "no data": {"data": None}, "no nodes": {"data": {"issues": {}}},
    "half an issue": {"data": {"issues": {"nodes": [{"id": FIRST}]}}},
    "no time": {"data": {"issues": {"nodes": [issue(updatedAt="soon")]}}},
}  # fmt: skip


@pytest.mark.parametrize("wrong", UNREADABLE.values(), ids=UNREADABLE)
def test_news_that_cannot_be_read_are_an_error(vendor: LinearDesk, wrong: Any) -> None:
    vendor.on(ISSUES, always(wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=5)


# ------------------------------------------------------------------------------------------------------------ hooks


def call(called: Any, *, secret: str = SECRET, **headers: str) -> HookCall:
    body = called if isinstance(called, bytes) else json.dumps(called).encode()
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    return HookCall({"linear-signature": signature, **headers}, body, NOW)


def called(kind: str = "Issue", sent: Any = NOW, **data: Any) -> dict[str, Any]:
    return {"action": "update", "type": kind, "data": data or {"id": FIRST}, "webhookTimestamp": sent}


HEARD = {
    "an issue": (called(), (FIRST,)), "a comment": (called("Comment", id="c1", issueId=FIRST), (FIRST,)),
    "a comment on something else": (called("Comment", id="c1"), ()), "a reaction": (called("Reaction", id="r"), ()),
    "something new": ({"webhookTimestamp": NOW}, ()), "nothing": (called() | {"data": None, "type": None}, ()),
}  # fmt: skip


@pytest.mark.parametrize(("given", "refs"), HEARD.values(), ids=HEARD)
def test_a_signed_call_names_its_issue(vendor: LinearDesk, given: dict[str, Any], refs: tuple[str, ...]) -> None:
    assert desk(vendor, webhook_secret=SECRET).hear(call(given)) == Heard(refs=refs)


FORGED = {
    "another secret": call(called(), secret="guessed"), "too old": call(called(sent=NOW - 60_001)),
    "from the future": call(called(sent=NOW + 60_001)), "no time": call({"type": "Issue", "data": {"id": FIRST}}),
    "a time that is no number": call(called(sent="soon")), "no JSON": call(b"\xff"), "no object": call(b"[]"),
    "another body": HookCall(call(called()).headers, b"{}", NOW), "nothing signed": HookCall({}, b"{}", NOW),
    "a signature that is no ASCII": call(called(), **{"linear-signature": "é\udce9"}),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_call_that_is_not_linears_or_is_old_is_refused(vendor: LinearDesk, forged: HookCall) -> None:
    with pytest.raises(HookRefused):
        desk(vendor, webhook_secret=SECRET).hear(forged)


def test_without_a_secret_no_call_is_believed(vendor: LinearDesk) -> None:
    with pytest.raises(HookRefused):
        desk(vendor).hear(call(called(), secret=""))


# ------------------------------------------------------------------------------------------------------------ check


def test_a_team_that_the_key_does_not_see_is_named(vendor: LinearDesk) -> None:
    assert desk(vendor).check(budget=5) == []
    (sentence,) = desk(vendor, teams={"billing": OTHER, "other": TEAM}).check(budget=5)
    assert OTHER in sentence
    assert vendor.problems() == []


@pytest.mark.parametrize(("wrong", "outcome"), [(errors("authentication error"), Rejected), ({}, OutcomeUnknown)])
def test_a_key_that_linear_refuses_is_an_error(vendor: LinearDesk, wrong: Any, outcome: type[AdapterError]) -> None:
    vendor.on(TEAMS, always(wrong))
    with pytest.raises(outcome):
        desk(vendor).check(budget=5)
