"""Chatwoot as a desk: one conversation whatever is lost, notes that stay plain, and every outcome by its name."""

import hmac
import json
from typing import Any

import pytest
from markdown_it import MarkdownIt
from support.contractcheck import (
    Fault,
    InProcess,
    Loopback,
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
from support.contracts import CHATWOOT, CHATWOOTS_OWN, contract
from support.desks.chatwoot import ACCOUNT, API, INBOX, ROBOT, TEAM, ZOE, ChatwootDesk
from support.packets import CUSTOMER, at, ticket

from bridge.adapters.desk.chatwoot import NEWS_LIMIT, PACKET_LIMIT, Chatwoot, markdown
from bridge.adapters.http import Http
from bridge.domain.escalation import Agent
from bridge.domain.packet import Line, Ticket
from bridge.domain.rendering import mark, render_note
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

BASE = "https://chat.example"
PAGE = f"{BASE}/app/accounts/{ACCOUNT}/conversations"


def desk(vendor: Vendor, **settings: Any) -> Chatwoot:
    settings = {"token": "secret-token", "inbox": INBOX, "account": str(ACCOUNT), "budget_s": 5.0, **settings}
    return Chatwoot(Http(transport=InProcess(vendor)), base_url=BASE, **settings)


def rendered(filed: Ticket, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk(ChatwootDesk(), **settings).render(filed))
    return found


def file(vendor: ChatwootDesk, filed: Ticket | None = None, **settings: Any) -> TicketRef:
    chatwoot, filed = desk(vendor, **settings), filed or ticket()
    return chatwoot.create(filed.external_id, chatwoot.render(filed))


def nameless(external_id: str = "esc-0001") -> Ticket:
    unknown = CUSTOMER.model_copy(update={"email": None, "name": None, "identity": Identity.ANONYMOUS})
    return ticket(external_id, customer=unknown)


@pytest.fixture
def vendor() -> ChatwootDesk:
    return ChatwootDesk()


# ------------------------------------------------------------------------------------------------------- the body


def test_conversation_holds_our_id_and_the_customer_is_told_nothing() -> None:
    body = rendered(ticket())
    assert body["conversation"] == {
        "inbox_id": INBOX,
        "source_id": "esc-0001",
        "status": "open",
        "custom_attributes": {"escalation_id": "esc-0001", "queue": "billing", "channel": "callback"},
    }
    assert body["contact"] == {"name": "Ann Lee", "email": "ann@example.org"}


@pytest.mark.parametrize(
    ("given", "contact"),
    [
        ({"email": " Ann@Example.ORG "}, {"name": "Ann Lee", "email": "ann@example.org"}),
        ({"name": None}, {"name": "ann@example.org", "email": "ann@example.org"}),
        ({"email": None}, {"name": "Ann Lee", "identifier": "esc-0001"}),
        ({"email": "ann at home", "name": None}, {"name": "Visitor", "identifier": "esc-0001"}),
    ],
)
def test_contact_is_named_by_an_address_or_by_the_escalation(given: dict[str, Any], contact: dict[str, str]) -> None:
    assert rendered(ticket(customer=CUSTOMER.model_copy(update=given)))["contact"] == contact


@pytest.mark.parametrize(("ours", "theirs"), [("urgent", "urgent"), ("high", "high"), ("normal", "medium")])
def test_priority_is_in_chatwoots_words(ours: str, theirs: str) -> None:
    assert rendered(ticket(priority=Priority(ours)))["priority"] == theirs


def test_team_follows_the_queue_where_one_is_set() -> None:
    assert rendered(ticket(), teams={"billing": TEAM})["team"] == TEAM
    assert rendered(ticket(), teams={"general": TEAM})["team"] is None


def test_body_is_the_same_whenever_it_is_rendered(vendor: ChatwootDesk) -> None:
    assert desk(vendor).render(ticket()) == desk(vendor).render(ticket())


WRONG = {
    "a misspelt field": ("conversations", {"source_id": "x", "inboxid": 9}),
    "no source": ("conversations", {"inbox_id": 9}),
    "a status of another name": ("conversations", {"source_id": "x", "status": "closed"}),
    "an empty message": ("conversations/1/messages", {"content": ""}),
    "a priority of ours": ("conversations/1/toggle_priority", {"priority": "normal"}),
    "a condition of another name": ("contacts/filter", {"payload": [{"attribute_key": "email", "values": ["a"]}]}),
}


@pytest.mark.parametrize(("path", "body"), WRONG.values(), ids=WRONG)
def test_contract_refuses_what_is_wrong_so_passing_means_something(path: str, body: Any) -> None:
    strict = Vendor(OpenApi(contract(CHATWOOT)))
    headers = {"api_access_token": "t", "Content-Type": "application/json"}
    strict.receive(read_request("POST", f"/api/v1/accounts/4/{path}", headers, json.dumps(body).encode()))
    assert strict.problems()


# ----------------------------------------------------------------------------------------------------- plain Markdown

NASTY = (
    "# Heading\n- item\n1. one\n[a](https://evil.example) ![b](https://evil.example/x.png) www.evil.example\n"
    "[@Zoe](mention://user/7/Zoe) {{contact.email}} {% raw %} `code` **bold** <b>x</b> &amp; me@evil.example\n"
    "===\n---\n    four spaces\n> quoted | cell \\ (c)"
)


def visible(source: str) -> list[str]:
    """The kinds of inline things that a reader of this Markdown would meet."""
    tokens = MarkdownIt("js-default", {"linkify": False, "html": False}).parse(source)
    inline = [child for token in tokens for child in token.children or []]
    return sorted({one.type for one in (*tokens, *inline)} - {"inline"})


def test_nothing_in_a_note_becomes_more_than_text() -> None:
    content = markdown(render_note("esc_1.turn.1", "The visitor wrote", NASTY, at("2026-11-02T14:00:00")))
    assert set(visible(content)) <= {
        "text", "text_special", "softbreak", "paragraph_open", "paragraph_close", "blockquote_open", "blockquote_close",
    }  # fmt: skip
    assert "mention://" not in content
    assert "{{" not in content
    assert "{%" not in content
    assert "https://" not in content


def test_a_note_reads_as_it_was_written() -> None:
    content = markdown(render_note("esc_1.turn.1", "The visitor wrote", NASTY, at("2026-11-02T14:00:00")))
    tokens = [one for one in MarkdownIt("js-default").parse(content) if one.type == "inline"]
    lines = "\n".join(
        "".join("\n" if part.type == "softbreak" else part.content for part in one.children or []) for one in tokens
    ).splitlines()
    wanted = ["The visitor wrote (Mon 2 Nov 2026, 14:00 UTC)", *(line.strip() for line in NASTY.splitlines())]
    assert lines == [*wanted, "[esc_1.turn.1]"]


def test_what_the_visitor_said_is_set_off_from_what_we_say() -> None:
    assert markdown("Visitor:\n    Hello\n    you\nBot:\n    Yes") == "Visitor\\:\n> Hello\n> you\n\nBot\\:\n> Yes"


def test_longest_packet_fits_a_message_and_says_what_was_left_out(vendor: ChatwootDesk) -> None:
    lines = tuple(Line(at=at("2026-11-02T14:00:00"), who="visitor", text=f"no. {n} " + "*" * 7900) for n in range(20))
    packet = desk(vendor).private_note(ticket(transcript=lines)) or ""
    assert len(packet) <= PACKET_LIMIT
    assert len(markdown(packet)) < 150_000
    assert "earlier messages do not fit here" in packet
    assert "no. 19 " in packet


# ------------------------------------------------------------------------------------------------------ create, find


def test_create_and_find(vendor: ChatwootDesk) -> None:
    made = file(vendor)
    assert made == TicketRef("1", f"{PAGE}/1")
    chatwoot = desk(vendor)
    assert chatwoot.find("esc-0001", chatwoot.render(ticket())) == made
    assert chatwoot.find("esc-0002", chatwoot.render(ticket("esc-0002"))) is None
    assert vendor.problems() == []
    assert {call.headers["api_access_token"] for call in vendor.calls} == {"secret-token"}


def test_no_public_message_is_left(vendor: ChatwootDesk) -> None:
    file(vendor)
    assert vendor.said == {1: []}


def test_a_contact_who_is_known_is_used_and_others_like_them_are_not(vendor: ChatwootDesk) -> None:
    addresses = ("joann@example.org", "ANN@example.org", "ann@example.org.uk")
    vendor.contacts = [{"id": n, "email": address} for n, address in enumerate(addresses, 1)]
    vendor.on(vendor.filter, lambda _request: (200, {"meta": {}, "payload": vendor.contacts}))
    file(vendor)
    assert vendor.conversations[1]["meta"]["sender"]["id"] == 2
    assert vendor.effects(vendor.contact) == 0


def test_a_visitor_without_address_is_a_contact_of_this_escalation_alone(vendor: ChatwootDesk) -> None:
    file(vendor, nameless("esc-0001"))
    file(vendor, nameless("esc-0002"))
    assert [one["identifier"] for one in vendor.contacts] == ["esc-0001", "esc-0002"]
    assert desk(vendor).find("esc-0002", desk(vendor).render(nameless("esc-0002"))) == TicketRef("2", f"{PAGE}/2")


def test_a_contact_who_was_made_by_somebody_else_meanwhile_is_used(vendor: ChatwootDesk) -> None:
    def quicker(_request: Request) -> tuple[int, Any]:
        vendor.contacts.append({"id": 31, "email": "ann@example.org"})
        return 422, {"message": "Email has already been taken", "attributes": ["email"]}

    vendor.on(vendor.contact, quicker)
    file(vendor)
    assert vendor.conversations[1]["meta"]["sender"]["id"] == 31


def test_a_contact_that_chatwoot_does_not_take_is_rejected(vendor: ChatwootDesk) -> None:
    vendor.on(vendor.contact, lambda _request: (422, {"message": "Name is too long"}))
    with pytest.raises(Rejected, match="http 422"):
        file(vendor)


def test_a_contact_that_is_not_listed_yet_is_asked_for_again_later(vendor: ChatwootDesk) -> None:
    vendor.on(vendor.filter, lambda _request: (200, {"meta": {}, "payload": []}))
    with pytest.raises(NotDone, match="contact not listed"):
        file(vendor)
    assert vendor.conversations == {}


def test_oldest_of_several_is_found_among_the_contacts_other_conversations(vendor: ChatwootDesk) -> None:
    for external_id in ("other", "esc-0001", "esc-0001"):
        file(vendor, ticket(external_id))
    vendor.conversations[1]["custom_attributes"] = {}
    found = desk(vendor).find("esc-0001", desk(vendor).render(ticket()))
    assert found is not None
    assert found.id == "2"


def test_nobody_is_found_where_the_contact_was_never_made(vendor: ChatwootDesk) -> None:
    assert desk(vendor).find("esc-0001", desk(vendor).render(ticket())) is None
    assert vendor.effects(vendor.listing) == 0


@pytest.mark.parametrize("wrong", [{}, [], None, {"payload": {}}, {"payload": [{"status": "open"}]}, {"payload": [7]}])
@pytest.mark.parametrize("operation", ["filter", "listing"])
def test_look_up_that_cannot_be_read_says_nothing(vendor: ChatwootDesk, wrong: Any, operation: str) -> None:
    file(vendor)
    vendor.on(getattr(vendor, operation), lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).find("esc-0001", desk(vendor).render(ticket()))


def test_only_a_look_up_may_follow_an_unknown_outcome_and_it_does_not_lag() -> None:
    assert Chatwoot.strategy is Strategy.LOOKUP_FIRST
    assert Chatwoot.settle.total_seconds() == 0


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
    vendor: ChatwootDesk, fault: Fault, outcome: type[AdapterError], made: int, *, sockets: bool
) -> None:
    vendor.plan(vendor.create, fault)
    with Loopback(vendor) as server:
        http = Http(allow=[server.endpoint]) if sockets else Http(transport=InProcess(vendor))
        budget_s = 2 if fault.kind == "answers_late" else 10
        chatwoot = Chatwoot(
            http, base_url=server.base_url, account="4", token="secret-token", inbox=INBOX, budget_s=budget_s
        )
        body = chatwoot.render(ticket())
        with pytest.raises(outcome) as caught:
            chatwoot.create("esc-0001", body)
        assert not any(word in str(caught.value) for word in ("secret-token", "ann", "Lee", "http:"))
        assert len(vendor.conversations) == made
        assert (chatwoot.find("esc-0001", body) is not None) is (made == 1)


@pytest.mark.parametrize("wrong", [{}, [], None, {"id": None}, {"id": "x"}, {"id": 0}])
def test_success_without_an_id_is_unknown(vendor: ChatwootDesk, wrong: Any) -> None:
    vendor.on(vendor.create, lambda _request: (200, wrong))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        file(vendor)


def test_nothing_is_sent_once_the_time_is_over(vendor: ChatwootDesk) -> None:
    with pytest.raises(NotDone):
        file(vendor, budget_s=0)
    assert vendor.calls == []


# ----------------------------------------------------------------------------------------------- complete, and notes


def test_priority_and_team_are_set_as_often_as_asked(vendor: ChatwootDesk) -> None:
    chatwoot = desk(vendor, teams={"billing": TEAM})
    body, ref = chatwoot.render(ticket()), file(vendor, teams={"billing": TEAM}).id
    chatwoot.complete(ref, body)
    chatwoot.complete(ref, body)
    assert vendor.conversations[1]["priority"] == "high"
    assert vendor.conversations[1]["meta"]["team"]["id"] == TEAM
    assert vendor.problems() == []


def test_without_a_team_none_is_set(vendor: ChatwootDesk) -> None:
    desk(vendor).complete(file(vendor).id, desk(vendor).render(ticket()))
    assert "team" not in vendor.conversations[1]["meta"]


def test_note_is_private_and_found_again_by_its_mark_alone(vendor: ChatwootDesk) -> None:
    ref, note = file(vendor).id, "esc_-0001_.turn.ses_x.4"
    desk(vendor).append(ref, note, f"The visitor wrote\n\n    It *was* blue\n\n{mark(note)}")
    (message,) = vendor.said[1]
    assert message["private"] is True
    assert message["message_type"] == 1
    assert desk(vendor).has_note(ref, note)
    assert not desk(vendor).has_note(ref, "esc_-0001_.turn.ses_x.5")
    assert vendor.problems() == []


def test_note_is_found_in_a_conversation_of_hundreds_of_messages(vendor: ChatwootDesk) -> None:
    ref = file(vendor).id
    desk(vendor).append(ref, "esc_1.a", mark("esc_1.a"))
    for number in range(250):
        vendor.customer_says(ref, f"Hello {number}")
    desk(vendor).append(ref, "esc_1.b", mark("esc_1.b"))
    assert desk(vendor).has_note(ref, "esc_1.a")
    assert desk(vendor).has_note(ref, "esc_1.b")


def test_version_that_lists_the_newest_whatever_it_is_asked_ends_the_search(vendor: ChatwootDesk) -> None:
    ref = file(vendor).id
    for number in range(130):
        vendor.customer_says(ref, f"Hello {number}")
    vendor.on(vendor.messages, lambda _request: (200, {"meta": {}, "payload": vendor.said[1][-100:]}))
    assert not desk(vendor).has_note(ref, "esc_1.a")
    assert vendor.effects(vendor.messages) == 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(refuses(404), Rejected), (refuses(429, "7"), NotDone), (drops_after(), OutcomeUnknown),
     (fails_after(), OutcomeUnknown), (answers_garbage(), OutcomeUnknown)],
)  # fmt: skip
def test_note_that_is_not_taken_is_an_error_by_its_name(
    vendor: ChatwootDesk, fault: Fault, outcome: type[AdapterError]
) -> None:
    ref = file(vendor).id
    vendor.plan(vendor.append, fault)
    with pytest.raises(outcome):
        desk(vendor).append(ref, "esc_1.a", "text")


def test_note_that_is_answered_without_an_id_is_unknown(vendor: ChatwootDesk) -> None:
    ref = file(vendor).id
    vendor.on(vendor.append, lambda _request: (200, {"content": "text"}))
    with pytest.raises(OutcomeUnknown, match="malformed"):
        desk(vendor).append(ref, "esc_1.a", "text")


# ------------------------------------------------------------------------------------------------------------- news

FILED = [Filed("esc-1", "1")]
THEN = at("2026-11-02T15:10:00")


def worked(**changes: Any) -> dict[str, Any]:
    given = {"status": "open", "last_activity_at": THEN // 1000, "meta": {"assignee": {**ZOE, "role": "agent"}}}
    return {"id": 1, "first_reply_created_at": 0, **given, **changes}


def said(number: int, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"content": "Hello", "message_type": 1, "private": False, "sender": ZOE}
    return {"id": number, "created_at": at("2026-11-02T15:05:00") // 1000, **given, **changes}


def shows(vendor: ChatwootDesk, conversation: dict[str, Any], *messages: dict[str, Any]) -> list[DeskNews]:
    vendor.on(vendor.show, lambda _request: (200, conversation))
    vendor.on(vendor.messages, lambda _request: (200, {"meta": {}, "payload": list(messages)}))
    return desk(vendor).news(FILED, budget=5)


def test_a_conversation_that_nobody_touched_is_no_news_and_costs_one_call(vendor: ChatwootDesk) -> None:
    assert shows(vendor, worked(meta={})) == []
    assert len(vendor.calls) == 1
    assert vendor.problems() == []


def test_a_version_that_does_not_tell_of_the_first_reply_is_asked_for_the_messages(vendor: ChatwootDesk) -> None:
    silent = worked(meta={})
    del silent["first_reply_created_at"]
    assert [one.kind for one in shows(vendor, silent, said(99))] == [NewsKind.ANSWERED]


def test_who_has_it_what_they_answered_and_that_it_is_resolved_are_told_in_order(vendor: ChatwootDesk) -> None:
    news = shows(vendor, worked(status="resolved"), said(99))
    zoe = Agent("chatwoot:7", "Zoe")
    assert news == [
        DeskNews(NewsKind.ANSWERED, "esc-1", zoe, at("2026-11-02T15:05:00"), "chatwoot:99", "Hello", delivered=False),
        DeskNews(NewsKind.PICKED_UP, "esc-1", zoe, THEN),
        DeskNews(NewsKind.SOLVED, "esc-1", zoe, THEN),
    ]
    assert vendor.problems() == []


NO_ANSWER = {
    "a private note": said(1, private=True),
    "our own note": said(1, private=True, sender=ROBOT),
    "the customer's own words": said(1, message_type=0, sender={"id": 1, "type": "contact"}),
    "what happened": said(1, message_type=2, sender=None),
    "a greeting of the inbox": said(1, message_type=3, sender=None),
    "a bot": said(1, sender={"id": 3, "name": "Bot", "type": "agent_bot"}),
    "an assistant": said(1, sender={"id": 3, "name": "Captain", "type": "captain_assistant"}),
    "an automation": said(1, sender=None),
    "what was deleted": said(1, content_attributes={"deleted": True}),
}


@pytest.mark.parametrize("message", NO_ANSWER.values(), ids=NO_ANSWER)
def test_it_is_no_answer(vendor: ChatwootDesk, message: dict[str, Any]) -> None:
    assert [one.kind for one in shows(vendor, worked(), message)] == [NewsKind.PICKED_UP]


def test_a_conversation_that_a_bot_has_was_picked_up_by_nobody(vendor: ChatwootDesk) -> None:
    bot = {"assignee": {"id": 3, "name": "Bot"}, "assignee_type": "AgentBot"}
    assert shows(vendor, worked(meta=bot)) == []
    person = {"assignee": {"id": 7, "name": "Zoe"}, "assignee_type": "User"}
    assert [one.kind for one in shows(vendor, worked(meta=person))] == [NewsKind.PICKED_UP]


def test_a_conversation_that_was_deleted_keeps_nobody_elses_news_away(vendor: ChatwootDesk) -> None:
    file(vendor)
    file(vendor, ticket("esc-0002"))
    vendor.takes("2")
    del vendor.conversations[1]
    news = desk(vendor).news([Filed("esc-0001", "1"), Filed("esc-0002", "2")], budget=5)
    assert [(one.kind, one.escalation_id) for one in news] == [(NewsKind.PICKED_UP, "esc-0002")]


def test_one_that_was_resolved_by_nobody_in_particular_is_solved(vendor: ChatwootDesk) -> None:
    news = shows(vendor, worked(status="resolved", meta={}))
    assert [(one.kind, one.agent.name) for one in news] == [(NewsKind.SOLVED, "Chatwoot")]


@pytest.mark.parametrize("status", ["pending", "snoozed", "of a later version"])
def test_every_other_status_is_not_the_end(vendor: ChatwootDesk, status: str) -> None:
    assert NewsKind.SOLVED not in [one.kind for one in shows(vendor, worked(status=status))]


def test_a_long_answer_is_cut_and_a_picture_without_words_counts(vendor: ChatwootDesk) -> None:
    long, picture = shows(vendor, worked(meta={}, first_reply_created_at=1), said(1, content="x" * 70_000),
                          said(2, content=None))  # fmt: skip
    assert len(long.text or "") == NEWS_LIMIT
    assert picture.text == ""


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(refuses(401), Rejected), (refuses(429, "7"), NotDone), (refuses(500), OutcomeUnknown),
     (truncates(), OutcomeUnknown)],
)  # fmt: skip
@pytest.mark.parametrize("call", ["show", "messages"])
def test_news_that_cannot_be_had_are_an_error_by_its_name(
    vendor: ChatwootDesk, call: str, fault: Fault, outcome: type[AdapterError]
) -> None:
    file(vendor)
    vendor.takes("1")
    vendor.plan(getattr(vendor, call), fault, fault)
    with pytest.raises(outcome):
        desk(vendor).news(FILED, budget=1)


@pytest.mark.parametrize("wrong", [{}, [], {"id": 1, "last_activity_at": "soon"}, {"id": 1, "meta": 7}])
def test_news_that_cannot_be_read_are_an_error(vendor: ChatwootDesk, wrong: Any) -> None:
    vendor.on(vendor.show, lambda _request: (200, wrong))
    with pytest.raises(AdapterError, match="malformed"):
        desk(vendor).news(FILED, budget=1)


# ------------------------------------------------------------------------------------------------- Chatwoot's calls

NOW = at("2026-11-02T15:00:00")


def signed(body: bytes, *, secret: str = "s", stamp: str = str(NOW // 1000), spelt: str = "sha256={}") -> HookCall:
    signature = hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
    return HookCall({"x-chatwoot-timestamp": stamp, "x-chatwoot-signature": spelt.format(signature)}, body, NOW)


def hear(vendor: ChatwootDesk, call: HookCall, secret: str = "s") -> Heard:
    return desk(vendor, webhook_secret=secret).hear(call)


HEARD = {
    b'{"event": "message_created", "id": 99, "conversation": {"id": 12}}': ("12",),
    b'{"event": "conversation_status_changed", "id": 12, "status": "resolved"}': ("12",),
    b'{"event": "conversation_updated", "id": 12}': ("12",),
    b'{"event": "contact_created", "id": 12}': (),
    b'{"event": "message_created", "conversation": {"id": "twelve"}}': (),
    b"[]": (),
    b"not json": (),
}


@pytest.mark.parametrize(("body", "refs"), HEARD.items())
def test_a_call_names_its_conversation_or_nothing(vendor: ChatwootDesk, body: bytes, refs: tuple[str, ...]) -> None:
    assert hear(vendor, signed(body)) == Heard(refs=refs)


BODY = b'{"event": "conversation_updated", "id": 12}'
FORGED = {
    "another secret": signed(BODY, secret="guessed"),
    "another body": HookCall(signed(BODY).headers, BODY + b" ", NOW),
    "another time": HookCall({**signed(BODY).headers, "x-chatwoot-timestamp": str(NOW // 1000 + 1)}, BODY, NOW),
    "six minutes old": signed(BODY, stamp=str(NOW // 1000 - 360)),
    "six minutes early": signed(BODY, stamp=str(NOW // 1000 + 360)),
    "no time": signed(BODY, stamp=""),
    "a time that is none": signed(BODY, stamp="soon"),
    "no signature": HookCall({"x-chatwoot-timestamp": str(NOW // 1000)}, BODY, NOW),
    "a signature that is no text of ours": signed(BODY, spelt="sha256=\u00e9\udce9"),
    "an older version, which signs nothing": HookCall({}, BODY, NOW),
}


@pytest.mark.parametrize("call", FORGED.values(), ids=FORGED)
def test_a_call_is_refused(vendor: ChatwootDesk, call: HookCall) -> None:
    with pytest.raises(HookRefused):
        hear(vendor, call)


def test_without_a_secret_no_call_is_believed(vendor: ChatwootDesk) -> None:
    with pytest.raises(HookRefused):
        hear(vendor, signed(BODY, secret=""), secret="")


# ------------------------------------------------------------------------------------------------------------ check


def test_what_is_set_up_right_is_found_right(vendor: ChatwootDesk) -> None:
    assert desk(vendor, teams={"billing": TEAM}).check(budget=5) == []
    assert vendor.problems() == []


def test_an_inbox_that_is_missing_is_named(vendor: ChatwootDesk) -> None:
    (said,) = desk(vendor, inbox=77).check(budget=5)
    assert "no inbox 77" in said
    assert "BRIDGE_CHATWOOT_INBOX" in said


def test_an_inbox_of_another_kind_is_named(vendor: ChatwootDesk) -> None:
    vendor.inbox["channel_type"] = "Channel::WebWidget"
    (said,) = desk(vendor).check(budget=5)
    assert "no API inbox" in said


def test_an_inbox_with_a_bot_is_named(vendor: ChatwootDesk) -> None:
    vendor.on(f"GET {API}/inboxes/{{inbox_id}}/agent_bot", lambda _request: (200, {"agent_bot": {"id": 1}}))
    (said,) = desk(vendor).check(budget=5)
    assert "disconnect the bot" in said


def test_a_team_that_is_missing_is_named_with_its_queue(vendor: ChatwootDesk) -> None:
    (said,) = desk(vendor, teams={"billing": TEAM, "general": 77}).check(budget=5)
    assert "no team 77" in said
    assert "general" in said


def test_a_token_that_is_refused_is_an_error(vendor: ChatwootDesk) -> None:
    vendor.plan(f"GET {API}/inboxes/{{inbox_id}}", refuses(401))
    with pytest.raises(Rejected, match="http 401"):
        desk(vendor).check(budget=5)


# --------------------------------------------------------------------------------------------- Chatwoot's own contract


def test_chatwoots_own_description_takes_what_we_send_and_we_read_what_it_answers() -> None:
    vendor = ChatwootDesk(contract(CHATWOOTS_OWN))

    def made(request: Request) -> tuple[int, Any]:
        vendor.contacts.append({"id": 1, "email": request.json["email"]})
        return 200, {"id": 1, "payload": vendor.contacts}

    vendor.on(vendor.contact, made)
    chatwoot = desk(vendor, teams={"billing": TEAM})
    body = chatwoot.render(ticket())
    ref = chatwoot.create("esc-0001", body).id
    chatwoot.complete(ref, body)
    chatwoot.append(ref, "esc_1.a", mark("esc_1.a"))
    vendor.takes(ref)
    vendor.says(ref, "Hello")
    assert chatwoot.has_note(ref, "esc_1.a")
    assert chatwoot.find("esc-0001", body) == TicketRef(ref, f"{PAGE}/{ref}")
    assert [one.kind for one in chatwoot.news([Filed("esc-0001", ref)], budget=5)] == ["picked_up", "answered"]
    assert vendor.problems() == []
