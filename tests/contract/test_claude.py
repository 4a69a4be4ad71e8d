"""Claude as a responder: the answer is read from the tool, every way to stop means something, one repeat at most."""

import json
import logging
import time
from typing import Any

import pytest
from support.contractcheck import (
    Fault,
    InProcess,
    Loopback,
    Vendor,
    answers_garbage,
    answers_late,
    drops_after,
    fails_after,
    read_request,
    refuses,
    truncates,
)
from support.models import MESSAGES, RATED, claude, claude_vendor, last, message, trouble

from bridge.adapters.http import Http
from bridge.adapters.responder import model_call
from bridge.domain.answering import Answer, Failure, Passage, Question, Said
from bridge.ports import AdapterError

RETURNS = "https://shop.example/returns"
QUESTION = Question(
    text="Can I send it back?",
    history=(Said("visitor", "Hello"), Said("bot", "Hello, how can I help?")),
    passages=(Passage("Returns", RETURNS, "Anything may come back within 30 days."),),
    locale="de",
    site_name="shop.example",
)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_call, "RETRY_PAUSE_S", 0.0)


def answered(vendor: Vendor, *, budget: float = 20.0) -> Answer:
    return claude(Http(transport=InProcess(vendor))).answer(QUESTION, budget=budget)


def test_the_answer_is_what_the_model_puts_into_the_tool() -> None:
    vendor = claude_vendor()
    answer = answered(vendor)
    assert (answer.text, answer.confidence, answer.intent, answer.answered) == (
        RATED["reply"],
        0.9,
        "return_item",
        True,
    )
    assert (answer.sources, answer.summary, answer.failure) == ((RETURNS,), RATED["summary"], None)
    assert vendor.problems() == []


def test_what_the_visitor_says_is_in_messages_only_and_nothing_is_run() -> None:
    vendor = claude_vendor()
    answered(vendor)
    body = last(vendor)
    assert QUESTION.text in body["messages"][-1]["content"]
    assert QUESTION.text not in body["system"] + json.dumps(body["tools"])
    assert [tool["name"] for tool in body["tools"]] == ["answer"]
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert {"temperature", "top_p", "top_k"}.isdisjoint(body)


def test_the_key_and_the_version_travel_in_their_headers() -> None:
    vendor = claude_vendor()
    answered(vendor)
    headers = vendor.calls[-1].headers
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("sk-secret", "2026-10-21")


def test_a_model_that_writes_the_answer_instead_of_calling_the_tool_is_understood() -> None:
    blocks = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": json.dumps(RATED)}]
    assert answered(claude_vendor(content=blocks, stop_reason="end_turn")).text == RATED["reply"]


@pytest.mark.parametrize(("stop", "failure"), [
    ("max_tokens", Failure.CUT_OFF), ("model_context_window_exceeded", Failure.CUT_OFF), ("refusal", Failure.REFUSED),
    ("pause_turn", Failure.MALFORMED), (None, Failure.MALFORMED), ("end_turn", None), ("stop_sequence", None),
])  # fmt: skip
def test_each_reason_to_stop_means_something(stop: str | None, failure: Failure | None) -> None:
    answer = answered(claude_vendor(stop_reason=stop))
    assert (answer.failure, bool(answer.text)) == (failure, failure is None)


@pytest.mark.parametrize("said", [
    {}, {**RATED, "reply": ""}, {**RATED, "reply": 7}, {"confidence": 0.9, "intent": "x"},
], ids=["empty", "no words", "a number", "no reply"])  # fmt: skip
def test_a_malformed_answer_is_asked_for_once_more_and_then_counts_as_failed(said: Any) -> None:
    vendor = claude_vendor(said)
    assert answered(vendor).failure is Failure.MALFORMED
    assert len(vendor.calls) == 2


def test_a_second_attempt_that_is_well_formed_counts() -> None:
    vendor, answers = claude_vendor(), iter([{}, RATED])
    vendor.on(MESSAGES, lambda _request: (200, message(next(answers))))
    assert answered(vendor).text == RATED["reply"]


@pytest.mark.parametrize("confidence", [None, "high", 1.2, -0.1, True], ids=str)
def test_a_rating_that_is_none_is_not_known(confidence: Any) -> None:
    assert answered(claude_vendor({**RATED, "confidence": confidence})).confidence is None


def test_sources_are_only_such_as_were_given() -> None:
    assert answered(claude_vendor({**RATED, "sources": [1, 2, 99, 0, -1]})).sources == (RETURNS,)


@pytest.mark.parametrize(("status", "kind", "failure", "calls"), [
    (401, "authentication_error", Failure.MISCONFIGURED, 1), (403, "permission_error", Failure.MISCONFIGURED, 1),
    (404, "not_found_error", Failure.MISCONFIGURED, 1), (402, "billing_error", Failure.MISCONFIGURED, 1),
    (400, "billing_error", Failure.MISCONFIGURED, 1), (400, "invalid_request_error", Failure.UNAVAILABLE, 2),
    (429, "rate_limit_error", Failure.UNAVAILABLE, 2), (500, "api_error", Failure.UNAVAILABLE, 2),
    (504, "timeout_error", Failure.UNAVAILABLE, 2), (529, "overloaded_error", Failure.UNAVAILABLE, 2),
])  # fmt: skip
def test_each_error_means_something(status: int, kind: str, failure: Failure, calls: int) -> None:
    vendor = claude_vendor()
    vendor.on(MESSAGES, lambda _request: (status, trouble(kind)))
    assert (answered(vendor).failure, len(vendor.calls)) == (failure, calls)
    assert vendor.problems() == []


def test_an_account_without_credit_is_the_operators_to_mend() -> None:
    vendor = claude_vendor()
    said = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
    vendor.on(MESSAGES, lambda _request: (400, trouble("invalid_request_error", said)))
    assert (answered(vendor).failure, len(vendor.calls)) == (Failure.MISCONFIGURED, 1)


def test_an_overloaded_server_is_asked_once_more() -> None:
    vendor = claude_vendor()
    vendor.plan(MESSAGES, refuses(529))
    assert answered(vendor).text == RATED["reply"]


def test_a_wait_beyond_the_budget_is_not_waited_for() -> None:
    vendor = claude_vendor()
    vendor.plan(MESSAGES, refuses(429, retry_after="60"))
    began = time.monotonic()
    assert answered(vendor, budget=5).failure is Failure.UNAVAILABLE
    assert time.monotonic() - began < 2
    assert len(vendor.calls) == 1


@pytest.mark.parametrize(("fault", "failure"), [
    (answers_garbage(), Failure.MALFORMED), (truncates(), Failure.UNAVAILABLE), (drops_after(), Failure.UNAVAILABLE),
    (fails_after(), Failure.UNAVAILABLE),
], ids=lambda value: getattr(value, "kind", ""))  # fmt: skip
def test_over_real_sockets_each_fault_ends_as_a_failure(fault: Fault, failure: Failure) -> None:
    vendor = claude_vendor()
    vendor.plan(MESSAGES, fault, fault)
    with Loopback(vendor) as server:
        responder = claude(Http(allow=[server.endpoint]), base_url=server.base_url)
        assert responder.answer(QUESTION, budget=10).failure is failure
    assert vendor.problems() == []


def test_a_slow_model_is_left_when_the_budget_is_over() -> None:
    vendor = claude_vendor()
    vendor.plan(MESSAGES, answers_late(3))
    with Loopback(vendor) as server:
        responder = claude(Http(allow=[server.endpoint]), base_url=server.base_url)
        began = time.monotonic()
        assert responder.answer(QUESTION, budget=1.0).failure is Failure.TIMEOUT
        assert time.monotonic() - began < 2


def test_the_examination_asks_for_one_word_and_names_a_model_that_is_not_there() -> None:
    vendor = claude_vendor("Hi", content=[{"type": "text", "text": "Hi"}], stop_reason="max_tokens")
    responder = claude(Http(transport=InProcess(vendor)))
    assert responder.check(budget=5) == []
    assert last(vendor)["max_tokens"] == 1
    vendor.on(MESSAGES, lambda _request: (404, trouble("not_found_error", "model: claude-haiku-5-5")))
    with pytest.raises(AdapterError, match="no such model"):
        responder.check(budget=5)
    vendor.on(MESSAGES, lambda _request: (404, trouble("not_found_error", "Not Found")))
    with pytest.raises(AdapterError, match="http 404"):
        responder.check(budget=5)
    vendor.on(MESSAGES, lambda _request: (401, trouble("authentication_error")))
    with pytest.raises(AdapterError, match="http 401"):
        responder.check(budget=5)


def test_nothing_secret_or_said_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vendor = claude_vendor()
    vendor.plan(MESSAGES, refuses(401))
    answered(vendor)
    assert not [r for r in caplog.records if "sk-secret" in r.getMessage() or QUESTION.text in r.getMessage()]


@pytest.mark.parametrize("change", [
    {"max_tokens": None}, {"tool_choice": {"type": "tool"}}, {"temperature": 0.5}, {"messages": [{"role": "robot"}]},
], ids=str)  # fmt: skip
def test_the_contract_refuses_what_the_api_does_not_know(change: dict[str, Any]) -> None:
    vendor = claude_vendor()
    answered(vendor)
    body = {key: value for key, value in {**last(vendor), **change}.items() if value is not None}
    request = read_request("POST", "/v1/messages", vendor.calls[-1].headers, json.dumps(body).encode())
    assert vendor.contract.request_problems(request)
