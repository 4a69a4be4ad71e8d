"""Whatever comes in: the right refusal as problem+json, never a 5xx, and never a word of the input in the answer."""

import gc
import json
import sqlite3
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.sidecar import Answer, Sidecar

from bridge.ports import Scope

CANARY = "c4n4ry"
SESSION = "ses_0123456789abcdef"
TURN = f"/v1/sessions/{SESSION}/turns"
REPLY = f"{TURN}/t1/reply"
START: dict[str, Any] = {"session_id": "ses_fedcba9876543210", "visitor": {"identity": "anonymous"}}


@dataclass(frozen=True)
class Case:
    """A call, and how it is to be refused."""

    status: int
    slug: str
    method: str = "POST"
    target: str = TURN
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    scope: Scope = Scope.CHAT


def turn(**changes: Any) -> Case:
    return Case(422, "invalid-body", body={"turn_id": "t2", "text": "hello", **changes})


def raw_turn(text: bytes, status: int = 422, slug: str = "invalid-body") -> Case:
    return Case(status, slug, raw=b'{"turn_id": "t2", "text": ' + text + b"}")


def reply(**changes: Any) -> Case:
    return Case(422, "invalid-body", "PUT", REPLY, body={"text": "hi", **changes})


def raw_reply(more: bytes) -> Case:
    return Case(422, "invalid-body", "PUT", REPLY, raw=b'{"text": "hi", ' + more + b"}")


def start(**changes: Any) -> Case:
    return Case(422, "invalid-body", target="/v1/sessions", body={**START, **changes})


def visitor(**who: Any) -> Case:
    return start(visitor=who)


def contact(**how: Any) -> Case:
    return Case(422, "invalid-body", target=f"/v1/sessions/{SESSION}/contact", body=how)


def query(target: str) -> Case:
    return Case(422, "invalid-query", "GET", target)


def admin(status: int, slug: str, method: str, target: str, body: Any = None) -> Case:
    return Case(status, slug, method, target, body, scope=Scope.ADMIN)


ORDER = {"id": "1", "total": 1, "currency": "USD", "status": "paid"}
PRESENCE = {"available": True, "name": "Ada"}
ADA = {"id": "3", "name": "Ada"}
PAGE = {"id": "1", "kind": "page", "url": "https://shop.example/1/", "title": "Shipping", "text": "Free."}
FIRST_DAY, LAST_DAY = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
"""Instants that can be written down and lie in no year of UTC that can be."""

CASES: dict[str, Case] = {
    # what is no JSON
    "no JSON": raw_turn(b"", 400, "not-json"),
    "an open brace": Case(400, "not-json", raw=b"{"),
    "bytes that are no UTF-8": raw_turn(b'"\xff\xfe"', 400, "not-json"),
    "UTF-16": Case(400, "not-json", raw=f'{{"turn_id":"t2","text":"{CANARY}"}}'.encode("utf-16")),
    "a byte order mark": Case(400, "not-json", raw=b'\xef\xbb\xbf{"turn_id":"t2","text":"x"}'),
    "a lone surrogate": raw_turn(b'"\\ud800"', 400, "not-json"),
    "a reversed pair of surrogates": raw_turn(b'"\\udc00\\ud800"', 400, "not-json"),
    "nesting without end": raw_turn(b"[" * 20_000, 400, "not-json"),
    "a deep nest that ends": raw_turn(b"[" * 20_000 + b"]" * 20_000, 400, "not-json"),
    "deep objects": raw_turn(b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, "not-json"),
    "an XML document": Case(415, "unsupported-media-type", raw=b"<a/>", headers={"Content-Type": "text/xml"}),
    "a form": Case(415, "unsupported-media-type", raw=b"a=b",
                   headers={"Content-Type": "application/x-www-form-urlencoded"}),
    "JSON under another name": Case(415, "unsupported-media-type", raw=b"{}", headers={"Content-Type": "text/plain"}),
    "no content type": Case(415, "unsupported-media-type", raw=b"{}", headers={"Content-Type": ""}),
    "gzip": Case(415, "unsupported-media-type", raw=b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
    # too much
    "a megabyte for the chat": Case(413, "body-too-large", raw=b" " * 1_000_000),
    "one byte too many for the chat": Case(413, "body-too-large", raw=b" " * (64 * 1024 + 1)),
    "two megabytes for the admin": Case(413, "body-too-large", "PUT", "/v1/policy", raw=b" " * 2_000_000,
                                        scope=Scope.ADMIN),
    # what is JSON and does not fit
    "a list": Case(422, "invalid-body", raw=b"[]"),
    "null": Case(422, "invalid-body", raw=b"null"),
    "a text": Case(422, "invalid-body", raw=b'"x"'),
    "a number": Case(422, "invalid-body", raw=b"1"),
    "nothing": Case(422, "invalid-body", raw=b""),
    "an unknown field": turn(more=CANARY),
    "a field of another call": turn(confidence=1),
    "no text": turn(text=""),
    "a text that is too long": turn(text=CANARY * 1000),
    "a text that is none": turn(text=[CANARY]),
    "a text that is a number": turn(text=7),
    "a text that is null": turn(text=None),
    "a NUL": turn(text=f"{CANARY}\x00"),
    "a turn's id with a slash": turn(turn_id=f"../{CANARY}"),
    "a turn's id with a line break": turn(turn_id=f"{CANARY}\n"),
    "a turn's id that is too long": turn(turn_id="t" * 65),
    "a turn's id that is a number": turn(turn_id=2),
    "an empty turn's id": turn(turn_id=""),
    "a time that is none": turn(sent_at=CANARY),
    "a time beyond all calendars": turn(sent_at=1e300),
    "a time of no zone": turn(sent_at="2026-11-02T14:15:00"),
    "a time after the last year of UTC": turn(sent_at=LAST_DAY),
    "a time before its first": turn(sent_at=FIRST_DAY),
    # replies
    "NaN": raw_reply(b'"confidence": NaN'),
    "Infinity": raw_reply(b'"confidence": Infinity'),
    "minus Infinity": raw_reply(b'"confidence": -Infinity'),
    "a confidence beyond all numbers": raw_reply(b'"confidence": 1e999'),
    "a confidence above one": reply(confidence=1.01),
    "a negative confidence": reply(confidence=-0.1),
    "a confidence that is a word": reply(confidence=CANARY),
    "a confidence that is a list": raw_reply(b'"confidence": []'),
    "a confidence that is a boolean": reply(confidence=True),
    "a yes that is a word": reply(failed="yes"),
    "a yes that is a number": reply(intent_matched=1),
    "an intent with a line break": reply(intent=f"{CANARY}\n"),
    "an intent with a NUL": reply(intent=f"{CANARY}\x00"),
    "too many signals": reply(signals={f"s{n}": 1 for n in range(21)}),
    "a signal's name that is none": reply(signals={"1 bad name": 1}),
    "a signal that is a list": reply(signals={"a": [CANARY]}),
    "a signal that is null": reply(signals={"a": None}),
    "a signal that is not a number": raw_reply(b'"signals": {"a": NaN}'),
    "a signal beyond bounds": reply(signals={"a": 1e13}),
    "a signal with a NUL": reply(signals={"a": f"{CANARY}\x00"}),
    "a reply that is too long": reply(text="x" * 8001),
    "a signal whose name is a kind of value": reply(signals={"bool": [CANARY], "float": {"str": None}}),
    # session starts
    "a session's id that is short": start(session_id=CANARY),
    "a session's id that is long": start(session_id=CANARY * 11),
    "a session's id with a dot": start(session_id=f"{CANARY}..........."),
    "no visitor": Case(422, "invalid-body", target="/v1/sessions", body={"session_id": START["session_id"]}),
    "an unknown identity": visitor(identity=CANARY),
    "a verified visitor without a user": visitor(identity="verified", email=f"{CANARY}@example.org"),
    "an anonymous visitor with a user": visitor(identity="anonymous", user_id=CANARY),
    "a claimed visitor without an address": visitor(identity="claimed"),
    "a user that is half a number": visitor(identity="verified", user_id=7.5),
    "a user that is a boolean": visitor(identity="verified", user_id=True),
    "a user that is a number without end": visitor(identity="verified", user_id=10**65),
    "two addresses": visitor(identity="claimed", email=f"{CANARY}@example.org, b@example.org"),
    "an address with a header": visitor(identity="claimed", email=f"{CANARY}@example.org\r\nBcc: b@example.org"),
    "an address with a name": visitor(identity="claimed", email=f"Ann <{CANARY}@example.org>"),
    "a local address": visitor(identity="claimed", email=f"{CANARY}@localhost"),
    "a name with a line break": visitor(identity="anonymous", name=f"{CANARY}\nBcc: x"),
    "a name with a NUL": visitor(identity="anonymous", name=f"{CANARY}\x00"),
    "a locale that is none": start(locale=f"../{CANARY}"),
    "a zone that is none": start(timezone=f"{CANARY} \x00"),
    "a page that is none": start(page_url=f"javascript:{CANARY}"),
    "a flow that is none": start(flow=f"{CANARY} x"),
    "a negative order": start(shop={"currency": "USD", "orders": [{**ORDER, "total": -1}]}),
    "an order whose total is a boolean": start(shop={"currency": "USD", "orders": [{**ORDER, "total": True}]}),
    "a lifetime value that is a boolean": start(shop={"currency": "USD", "lifetime_value": False}),
    "a currency that is none": start(shop={"currency": CANARY}),
    "too many orders": start(shop={"currency": "USD", "orders": [ORDER] * 51}),
    "an order with more": start(shop={"currency": "USD", "orders": [{**ORDER, "card": CANARY}]}),
    # contact
    "no contact": contact(),
    "a name alone": contact(name=CANARY),
    "a phone that is none": contact(phone=f"{CANARY}"),
    "a phone with a line break": contact(phone="+1 555 0100\n"),
    "a slot in a year that nobody lives to see": contact(callback_slot="9999-12-31T23:59:59Z"),
    # addresses
    "a negative event": query(f"/v1/sessions/{SESSION}/events?after=-1"),
    "an event that is a word": query(f"/v1/sessions/{SESSION}/events?after={CANARY}"),
    "an event beyond all": query(f"/v1/sessions/{SESSION}/events?after=99999999999"),
    "an event of many digits": query(f"/v1/sessions/{SESSION}/events?after={'0' * 5000}1"),
    "an event in other digits": query(f"/v1/sessions/{SESSION}/events?after=%D9%A3"),
    "an event and a half": query(f"/v1/sessions/{SESSION}/events?after=1.5"),
    "an unknown session": Case(404, "session-not-found", target=f"/v1/sessions/{CANARY}0000000000/turns",
                               body={"turn_id": "1", "text": "x"}),
    "a session with a NUL": Case(404, "not-found", target=f"/v1/sessions/{CANARY}%00/turns",
                                 body={"turn_id": "1", "text": "x"}),
    "events of a session with a NUL": Case(404, "not-found", "GET", f"/v1/sessions/{CANARY}%00/events"),
    "closing a session with a NUL": Case(404, "not-found", target=f"/v1/sessions/{CANARY}%00/close", body={}),
    "contact of a session with a NUL": Case(404, "not-found", target=f"/v1/sessions/{CANARY}%00/contact",
                                            body={"email": "a@b.example"}),
    "a session of broken UTF-8": Case(404, "session-not-found", "GET", f"/v1/sessions/{CANARY}%ff%fe/events"),
    "a session with a surrogate": Case(404, "session-not-found", "GET", f"/v1/sessions/{CANARY}%ed%a0%80/events"),
    "a session of a thousand letters": Case(404, "session-not-found", "GET", f"/v1/sessions/{'x' * 1000}/events"),
    "an unknown turn": Case(404, "turn-not-found", "PUT", f"{TURN}/{CANARY}/reply", body={"text": "x"}),
    "a turn with a NUL": Case(404, "not-found", "PUT", f"{TURN}/{CANARY}%00/reply", body={"text": "x"}),
    "an unknown address": Case(404, "not-found", "GET", f"/v1/{CANARY}"),
    "an address that climbs": Case(404, "not-found", "GET", f"/v1/../../{CANARY}"),
    "an address with a NUL": Case(404, "not-found", "GET", f"/v1/%00{CANARY}"),
    "an address with a doubled slash": Case(404, "not-found", target="/v1//sessions", body=START),
    "another method": Case(405, "method-not-allowed", "DELETE", TURN),
    "a method that is none": Case(405, "method-not-allowed", CANARY.upper(), TURN),
    # admin
    "a list of unknown states": admin(422, "invalid-query", "GET", f"/v1/escalations?state={CANARY}"),
    "a negative page": admin(422, "invalid-query", "GET", "/v1/escalations?limit=-1"),
    "an empty page": admin(422, "invalid-query", "GET", "/v1/escalations?limit=0"),
    "a page that is too long": admin(422, "invalid-query", "GET", "/v1/escalations?limit=101"),
    "a page of other digits": admin(422, "invalid-query", "GET", "/v1/escalations?limit=%D9%A3"),
    "a page of a billion digits": admin(422, "invalid-query", "GET", f"/v1/escalations?limit={'9' * 5000}"),
    "a page whose length is behind zeros": admin(
        422, "invalid-query", "GET", "/v1/escalations?limit=0000000500000"),
    "a page whose length is before zeros": admin(
        422, "invalid-query", "GET", f"/v1/escalations?limit=000000050{'0' * 5000}"),
    "a page before a NUL": admin(422, "invalid-query", "GET", f"/v1/escalations?before={CANARY}%00"),
    "a page before something long": admin(422, "invalid-query", "GET", f"/v1/escalations?before={CANARY * 20}"),
    "a list in an unknown order": admin(422, "invalid-query", "GET", f"/v1/escalations?order={CANARY}"),
    "what is over by when it is due": admin(422, "invalid-query", "GET", "/v1/escalations?order=due&state=all"),
    "a page of what is due before an id": admin(
        422, "invalid-query", "GET", f"/v1/escalations?order=due&before={CANARY}"),
    "a page of what is due before other digits": admin(
        422, "invalid-query", "GET", f"/v1/escalations?order=due&before=0.%D9%A3.{CANARY}"),
    "an unknown escalation": admin(404, "escalation-not-found", "GET", f"/v1/escalations/{CANARY}"),
    "an escalation with a NUL": admin(404, "not-found", "GET", f"/v1/escalations/{CANARY}%00"),
    "claiming an escalation with a NUL": admin(
        404, "not-found", "POST", f"/v1/escalations/{CANARY}%00/claim", {"agent": ADA}),
    "an agent without a name": admin(422, "invalid-body", "POST", "/v1/escalations/x/claim", {"agent": {"id": "3"}}),
    "an agent's name with a line break": admin(
        422, "invalid-body", "POST", "/v1/escalations/x/claim", {"agent": {"id": "3", "name": f"{CANARY}\n"}}),
    "an empty answer": admin(
        422, "invalid-body", "POST", "/v1/escalations/x/reply", {"agent": ADA, "text": "", "reply_id": "r"}),
    "an answer without a word": admin(
        422, "invalid-body", "POST", "/v1/escalations/x/reply", {"agent": ADA, "text": " \n\u00a0", "reply_id": "r"}),
    "a note with a NUL": admin(
        422, "invalid-body", "POST", "/v1/escalations/x/resolve", {"agent": ADA, "note": f"{CANARY}\x00"}),
    "a label of an escalation with a NUL": admin(
        404, "not-found", "POST", f"/v1/escalations/{CANARY}%00/label", {"agent": ADA, "verdict": "needed"}),
    "a label of a session with a NUL": admin(
        404, "not-found", "POST", f"/v1/sessions/{CANARY}%00/label", {"agent": ADA, "verdict": "missed"}),
    "a label of a session with a surrogate": admin(
        404, "session-not-found", "POST", f"/v1/sessions/{CANARY}%ed%a0%80/label", {"agent": ADA, "verdict": "missed"}),
    "a label that is none": admin(
        422, "invalid-body", "POST", "/v1/escalations/x/label", {"agent": ADA, "verdict": CANARY}),
    "a label of nobody": admin(422, "invalid-body", "POST", "/v1/escalations/x/label", {"verdict": "needed"}),
    "a label by a name with a line break": admin(
        422, "invalid-body", "POST", "/v1/escalations/x/label",
        {"agent": {"id": "3", "name": f"{CANARY}\nx"}, "verdict": "needed"}),
    "days without end": admin(422, "invalid-query", "GET", f"/v1/stats?days={'9' * 5000}"),
    "days behind zeros": admin(422, "invalid-query", "GET", "/v1/stats?days=0000000070000"),
    "days before zeros": admin(422, "invalid-query", "GET", f"/v1/stats?days=000000007{'0' * 5000}"),
    "days that are words": admin(422, "invalid-query", "GET", f"/v1/stats?days={CANARY}"),
    "an agent with a NUL": admin(404, "not-found", "PUT", f"/v1/agents/{CANARY}%00/presence", PRESENCE),
    "an agent of many letters": admin(422, "invalid-query", "PUT", f"/v1/agents/{'a' * 65}/presence", PRESENCE),
    "a presence for ever": admin(422, "invalid-body", "PUT", "/v1/agents/3/presence", {**PRESENCE, "ttl_s": 86400}),
    "no hands": admin(422, "invalid-body", "PUT", "/v1/agents/3/presence", {**PRESENCE, "capacity": 0}),
    "a capacity of one and a half": admin(
        422, "invalid-body", "PUT", "/v1/agents/3/presence", {**PRESENCE, "capacity": 1.5}),
    "hours of nobody": admin(422, "invalid-body", "POST", "/v1/hours", {"open": False, "why": CANARY}),
    "hours for no reason": admin(422, "invalid-body", "POST", "/v1/hours", {"agent": ADA, "open": False}),
    "hours for a reason without a word": admin(
        422, "invalid-body", "POST", "/v1/hours", {"agent": ADA, "open": False, "why": " "}),
    "hours with a reason of two lines": admin(
        422, "invalid-body", "POST", "/v1/hours", {"agent": ADA, "open": False, "why": f"{CANARY}\nx"}),
    "hours until a day that is none": admin(
        422, "invalid-body", "POST", "/v1/hours", {"agent": ADA, "open": False, "why": "x", "until": CANARY}),
    "hours until the first day of all": admin(
        422, "invalid-body", "POST", "/v1/hours",
        {"agent": ADA, "open": False, "why": CANARY, "until": FIRST_DAY}),
    "hours from the last day of all": admin(
        422, "invalid-body", "POST", "/v1/hours",
        {"agent": ADA, "open": False, "why": CANARY, "from": LAST_DAY}),
    "a page changed after the last year of UTC": admin(
        422, "invalid-body", "PUT", "/v1/pages", {"pages": [{**PAGE, "modified_at": LAST_DAY}]}),
    "a page changed before its first": admin(
        422, "invalid-body", "PUT", "/v1/pages", {"pages": [{**PAGE, "modified_at": FIRST_DAY}]}),
    "hours of an unknown queue": admin(
        404, "queue-not-found", "POST", "/v1/hours", {"agent": ADA, "open": False, "why": "x", "queue": CANARY}),
    "revoking what is none": admin(404, "command-not-found", "POST", f"/v1/hours/{CANARY}/revoke", {"agent": ADA}),
    "revoking a NUL": admin(404, "not-found", "POST", f"/v1/hours/{CANARY}%00/revoke", {"agent": ADA}),
    "a version that is a word": admin(422, "invalid-query", "GET", f"/v1/policy?version={CANARY}"),
    "version nought": admin(422, "invalid-query", "GET", "/v1/policy?version=0"),
    "a version of many digits": admin(422, "invalid-query", "GET", f"/v1/policy?version={'0' * 5000}1"),
    "a replay of signals that are none": admin(
        422, "invalid-body", "POST", "/v1/replay",
        {"sessions": [{"session_id": "x", "turns": [{"visitor": "x", "bot": {"text": "x", "signals": {"a/b": []}}}]}]}),
    "a replay of turns without a visitor": admin(
        422, "invalid-body", "POST", "/v1/replay", {"sessions": [{"session_id": "x", "turns": [{"bot": None}]}]}),
    "a policy that is none": admin(422, "invalid-policy", "PUT", "/v1/policy", {"document": "rules: ["}),
    "an empty policy": admin(422, "invalid-body", "PUT", "/v1/policy", {"document": ""}),
    "a policy with a NUL": admin(422, "invalid-body", "PUT", "/v1/policy", {"document": "a: \x00"}),
    "a policy that nests without end": admin(422, "invalid-policy", "PUT", "/v1/policy", {"document": "[" * 200_000}),
}  # fmt: skip


def sent(sidecar: Sidecar, case: Case) -> Answer:
    how: dict[str, Any] = {"headers": case.headers, **({} if case.raw is None else {"raw": case.raw})}
    return sidecar.caller(case.scope).send(case.method, case.target, case.body, **how)


@pytest.fixture
def talking(sidecar_on_each: Sidecar) -> Sidecar:
    """A sidecar with a session that has one turn."""
    chat = sidecar_on_each.chat(SESSION)
    chat.start()
    chat.says("hello")
    return sidecar_on_each


def test_every_case_is_refused_in_its_own_way_and_nothing_of_it_comes_back(talking: Sidecar) -> None:
    wrong: dict[str, str] = {}
    for name, case in CASES.items():
        with capture_logs() as logs:
            answer = sent(talking, case)
        if (answer.status, problem_of(answer)) != (case.status, case.slug):
            wrong[name] = f"{answer.status} {problem_of(answer)}, and not {case.status} {case.slug}"
        elif CANARY in answer.body.decode() + json.dumps(dict(answer.headers)) + json.dumps(logs, default=str):
            wrong[name] = f"it says the input again: {answer.body.decode()[:300]} {logs}"
    assert wrong == {}


@pytest.mark.alone
def test_s21_every_refusal_is_there_within_50_ms(talking: Sidecar) -> None:
    def took(case: Case) -> float:
        began = time.perf_counter()
        sent(talking, case)
        return time.perf_counter() - began

    quickest = {name: min(took(case) for _ in range(3)) for name, case in CASES.items()}
    assert {name: seconds for name, seconds in quickest.items() if seconds > 0.05} == {}


def problem_of(answer: Answer) -> str:
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    return str(answer.json["type"]).rpartition(":")[2] if is_problem else answer.headers["Content-Type"]


def test_nothing_of_all_that_was_stored(talking: Sidecar) -> None:
    for case in CASES.values():
        sent(talking, case)
    with talking.bridge.store.read() as tx:
        numbers = tx.ops.counts()
    assert (numbers["sessions"], numbers["turns"]) == ({"open": 1.0}, {"all": 1.0})
    assert talking.team.list("all") == []


def test_a_refusal_points_at_the_field_and_says_what_is_expected(talking: Sidecar) -> None:
    answer = sent(talking, visitor(identity="nobody", email="x"))
    pointers = {fault["pointer"]: fault["detail"] for fault in answer.json["errors"]}
    assert set(pointers) == {"/visitor/identity", "/visitor/email"}
    assert "'verified'" in pointers["/visitor/identity"]


def test_every_pointer_leads_to_what_was_sent_or_names_what_is_missing_there(talking: Sidecar) -> None:
    astray = {}
    for name, case in CASES.items():
        answer = sent(talking, case)
        body = json.loads(case.raw or "{}") if case.body is None and case.status == 422 else case.body
        for fault in answer.json["errors"] if answer.slug == "invalid-body" else ():
            parent, _, last = fault["pointer"].rpartition("/")
            if not leads(fault["pointer"], body) and not (leads(parent, body) and fault["code"] == "missing" and last):
                astray[name] = fault
    assert astray == {}


def leads(pointer: str, value: Any) -> bool:
    """Whether a JSON pointer (RFC 6901) leads to a part of a value."""
    for step in pointer.split("/")[1:]:
        part = step.replace("~1", "/").replace("~0", "~")
        inside = (
            value.keys() if isinstance(value, dict) else map(str, range(len(value))) if isinstance(value, list) else ()
        )
        if part not in inside:
            return False
        value = value[part] if isinstance(value, dict) else value[int(part)]
    return True


def test_an_unknown_field_is_named_so_that_it_can_be_found(talking: Sidecar) -> None:
    assert sent(talking, turn(txet="x")).json["errors"][0]["pointer"] == "/txet"


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(talking: Sidecar) -> None:
    assert "POST" in talking.caller().send("DELETE", TURN).headers["Allow"]


def test_a_thousand_faults_are_not_all_listed(talking: Sidecar) -> None:
    answer = sent(talking, turn(**{f"field{n}": 1 for n in range(1000)}))
    assert len(answer.json["errors"]) == 50


def test_answers_are_never_cached(talking: Sidecar) -> None:
    for case in (turn(text=""), Case(200, "", "GET", "/v1/health")):
        assert sent(talking, case).headers["Cache-Control"] == "no-store"


def test_refused_calls_leave_nothing_behind_in_memory(talking: Sidecar) -> None:
    """Problems are made once: what raises them must not grow a traceback with each call, requests and all."""

    def refuse() -> None:
        for case in (Case(401, ""), turn(text=""), Case(404, "", "GET", "/v1/sessions/none/events")):
            for secret in ("x" * 43, talking.pairing.chat_secret):
                talking.caller().send(case.method, case.target, case.body, secret=secret)

    def tracebacks() -> int:
        gc.collect()
        return sum(isinstance(thing, TracebackType) for thing in gc.get_objects())

    refuse()
    before = tracebacks()
    for _ in range(20):
        refuse()
    assert tracebacks() <= before + 5


def test_a_store_that_is_busy_is_a_503_that_says_when_to_come_again(sidecar: Sidecar) -> None:
    chat = sidecar.chat()
    chat.start()
    other = sqlite3.connect(sidecar.url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = chat.caller.send("POST", f"/v1/sessions/{chat.id}/turns", {"turn_id": "t1", "text": "x"})
        assert (answer.status, answer.slug, answer.headers["Retry-After"]) == (503, "store-unavailable", "2")
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert chat.says("x", "t1")["action"] == "answer"
