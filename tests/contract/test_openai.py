"""Servers that speak like OpenAI's: JSON by a schema, in words where they know none, probabilities where they do."""

import json
import logging
import math
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
from support.contracts import OPENAIS_OWN
from support.models import COMPLETIONS, RATED, completion, last, openai, openai_vendor

from bridge.adapters.http import Http
from bridge.adapters.responder import model_call
from bridge.domain.answering import Answer, Failure, Passage, Question
from bridge.domain.prompting import ANSWER_SCHEMA
from bridge.ports import AdapterError

RETURNS = "https://shop.example/returns"
QUESTION = Question(text="Can I send it back?", passages=(Passage("Returns", RETURNS, "Within 30 days."),), locale="en")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_call, "RETRY_PAUSE_S", 0.0)


def answered(vendor: Vendor, *, budget: float = 20.0, **changes: Any) -> Answer:
    return openai(Http(transport=InProcess(vendor)), **changes).answer(QUESTION, budget=budget)


def problem(text: str = "no") -> dict[str, Any]:
    return {"error": {"message": text, "type": "invalid_request_error", "code": None, "param": None}}


def test_the_answer_is_the_json_that_the_schema_asks_for() -> None:
    vendor = openai_vendor()
    answer = answered(vendor)
    assert (answer.text, answer.confidence, answer.sources) == (RATED["reply"], 0.9, (RETURNS,))
    assert (answer.intent, answer.answered, answer.failure) == ("return_item", True, None)
    assert last(vendor)["response_format"]["json_schema"]["schema"] == ANSWER_SCHEMA
    assert vendor.problems() == []


def test_the_vendors_own_description_takes_what_we_send() -> None:
    vendor = openai_vendor(relative=OPENAIS_OWN, operation="POST /chat/completions")
    assert answered(vendor, base_url="https://model.example").text == RATED["reply"]
    assert [problem for problem in vendor.problems() if problem.startswith("request")] == []


def test_the_key_travels_as_a_bearer_and_a_server_without_one_gets_none() -> None:
    vendor = openai_vendor()
    answered(vendor)
    assert vendor.calls[-1].headers["authorization"] == "Bearer sk-secret"
    answered(vendor, token="")
    assert "authorization" not in vendor.calls[-1].headers


def test_the_probability_is_that_of_an_average_token() -> None:
    tokens = [{"token": word, "logprob": value, "bytes": None, "top_logprobs": []} for word, value in
              (("a", -0.1), ("b", -0.3))]  # fmt: skip
    answer = answered(openai_vendor(logprobs={"content": tokens}))
    assert answer.probability == pytest.approx(math.exp(-0.2))


@pytest.mark.parametrize(("odd", "probability"), [(1000.0, 1.0), (-9999.0, 0.0)])
def test_a_log_probability_that_there_cannot_be_costs_no_answer(odd: float, probability: float) -> None:
    answer = answered(openai_vendor(logprobs={"content": [{"token": "a", "logprob": odd}]}))
    assert (answer.text, answer.probability) == (RATED["reply"], probability)


@pytest.mark.parametrize("logprobs", [None, {"content": None}, {"content": []}, {}], ids=str)
def test_a_server_without_probabilities_gives_none(logprobs: Any) -> None:
    assert answered(openai_vendor(logprobs=logprobs)).probability is None


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_the_schema_is_told_it_in_words(status: int) -> None:
    vendor = openai_vendor()

    def old(request: Any) -> tuple[int, Any]:
        return (status, problem()) if "response_format" in request.json else (200, completion())

    vendor.on(COMPLETIONS, old)
    assert answered(vendor).text == RATED["reply"]
    assert json.dumps(ANSWER_SCHEMA) in last(vendor)["messages"][0]["content"]
    assert {"response_format", "logprobs"}.isdisjoint(last(vendor))


def test_a_server_that_once_refused_the_schema_is_not_asked_by_it_again() -> None:
    vendor = openai_vendor()
    vendor.on(COMPLETIONS, lambda r: (400, problem()) if "response_format" in r.json else (200, completion()))
    responder = openai(Http(transport=InProcess(vendor)))
    calls = []
    for _ in range(3):
        vendor.calls.clear()
        assert responder.answer(QUESTION, budget=20).text == RATED["reply"]
        calls.append(len(vendor.calls))
    assert calls == [2, 1, 1]


def test_what_a_server_refuses_with_and_without_the_schema_is_not_held_against_the_schema() -> None:
    vendor = openai_vendor()
    responder = openai(Http(transport=InProcess(vendor)))
    vendor.on(COMPLETIONS, lambda _request: (400, problem("too long")))
    assert responder.answer(QUESTION, budget=20).failure is Failure.MALFORMED
    vendor.on(COMPLETIONS, lambda _request: (200, completion()))
    responder.answer(QUESTION, budget=20)
    assert "response_format" in last(vendor)


@pytest.mark.parametrize("named", [
    {"code": "model_not_found"}, {"code": "model_decommissioned"}, {"type": "invalid_model", "code": "1500"},
    {"code": "insufficient_quota"},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_that_names_what_the_operator_has_to_mend_is_theirs(status: int, named: dict[str, str]) -> None:
    vendor = openai_vendor()
    vendor.on(COMPLETIONS, lambda _request: (status, {"error": {**problem()["error"], **named}}))
    assert answered(vendor).failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("body", [{}, {"error": "no"}, {"error": {"code": 400}}, "no"], ids=str)
def test_a_refusal_in_another_shape_is_one_of_the_schema(body: Any) -> None:
    vendor = openai_vendor()
    vendor.on(COMPLETIONS, lambda _request: (400, body))
    assert answered(vendor).failure is Failure.MALFORMED


def test_a_server_that_ignores_the_schema_is_told_it_in_words() -> None:
    vendor, answers = openai_vendor(), iter(["Sure, within 30 days!", f"```json\n{json.dumps(RATED)}\n```"])
    vendor.on(COMPLETIONS, lambda _request: (200, completion(next(answers))))
    assert answered(vendor).text == RATED["reply"]


@pytest.mark.parametrize(("stop", "failure"), [
    ("length", Failure.CUT_OFF), ("content_filter", Failure.REFUSED), ("function_call", Failure.MALFORMED),
    (None, Failure.MALFORMED), ("stop", None), ("tool_calls", None),
])  # fmt: skip
def test_each_reason_to_finish_means_something(stop: str | None, failure: Failure | None) -> None:
    assert answered(openai_vendor(finish_reason=stop)).failure is failure


def test_a_refusal_in_words_is_one() -> None:
    said = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    assert answered(openai_vendor(message=said)).failure is Failure.REFUSED


def test_no_choice_at_all_is_malformed() -> None:
    vendor = openai_vendor()
    vendor.on(COMPLETIONS, lambda _request: (200, {**completion(), "choices": []}))
    assert answered(vendor).failure is Failure.MALFORMED


@pytest.mark.parametrize(("status", "failure", "calls"), [
    (401, Failure.MISCONFIGURED, 1), (402, Failure.MISCONFIGURED, 1), (403, Failure.MISCONFIGURED, 1),
    (404, Failure.MISCONFIGURED, 1), (400, Failure.MALFORMED, 2), (429, Failure.UNAVAILABLE, 2),
    (500, Failure.UNAVAILABLE, 2), (503, Failure.UNAVAILABLE, 2),
])  # fmt: skip
def test_each_error_means_something(status: int, failure: Failure, calls: int) -> None:
    vendor = openai_vendor()
    vendor.on(COMPLETIONS, lambda _request: (status, problem()))
    assert (answered(vendor).failure, len(vendor.calls)) == (failure, calls)


def test_an_account_without_credit_is_the_operators_to_mend() -> None:
    vendor = openai_vendor()
    spent = {"error": {**problem()["error"], "type": "insufficient_quota", "code": "insufficient_quota"}}
    vendor.on(COMPLETIONS, lambda _request: (429, spent))
    assert answered(vendor).failure is Failure.MISCONFIGURED
    assert len(vendor.calls) == 1


@pytest.mark.parametrize(("fault", "failure"), [
    (answers_garbage(), Failure.MALFORMED), (truncates(), Failure.UNAVAILABLE), (drops_after(), Failure.UNAVAILABLE),
    (fails_after(), Failure.UNAVAILABLE),
], ids=lambda value: getattr(value, "kind", ""))  # fmt: skip
def test_over_real_sockets_each_fault_ends_as_a_failure(fault: Fault, failure: Failure) -> None:
    vendor = openai_vendor()
    vendor.plan(COMPLETIONS, fault, fault)
    with Loopback(vendor) as server:
        responder = openai(Http(allow=[server.endpoint]), base_url=f"{server.base_url}/v1")
        assert responder.answer(QUESTION, budget=10).failure is failure


def test_a_slow_model_is_left_when_the_budget_is_over() -> None:
    vendor = openai_vendor()
    vendor.plan(COMPLETIONS, answers_late(3))
    with Loopback(vendor) as server:
        responder = openai(Http(allow=[server.endpoint]), base_url=f"{server.base_url}/v1")
        assert responder.answer(QUESTION, budget=1.0).failure is Failure.TIMEOUT


def test_an_address_that_may_not_be_called_is_the_operators_to_mend() -> None:
    assert openai(Http(), base_url="http://127.0.0.1:9/v1").answer(QUESTION, budget=5).failure is Failure.MISCONFIGURED


@pytest.mark.parametrize(("status", "body", "said"), [
    (404, problem("The model `m1` does not exist"), "no such model"),
    (404, problem("Invalid URL (POST /chat/completions)"), "http 404"), (404, "404 page not found", "http 404"),
    (429, problem() | {"code": "insufficient_quota"}, "http 402"), (200, problem(), "malformed"),
])  # fmt: skip
def test_the_examination_tells_a_wrong_model_from_a_wrong_address_and_an_empty_account(
    status: int, body: Any, said: str
) -> None:
    vendor = openai_vendor("Hi")
    responder = openai(Http(transport=InProcess(vendor)))
    assert responder.check(budget=5) == []
    vendor.on(COMPLETIONS, lambda _request: (status, body))
    with pytest.raises(AdapterError, match=said):
        responder.check(budget=5)


def test_nothing_secret_or_said_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vendor = openai_vendor()
    vendor.plan(COMPLETIONS, refuses(401))
    answered(vendor)
    assert not [r for r in caplog.records if "sk-secret" in r.getMessage() or QUESTION.text in r.getMessage()]


@pytest.mark.parametrize("change", [
    {"messages": []}, {"messages": [{"role": "robot", "content": ""}]}, {"response_format": {"type": "json_schema"}},
    {"frequency": 1}, {"model": None},
], ids=str)  # fmt: skip
def test_the_contract_refuses_what_the_api_does_not_know(change: dict[str, Any]) -> None:
    vendor = openai_vendor()
    answered(vendor)
    body = {key: value for key, value in {**last(vendor), **change}.items() if value is not None}
    request = read_request("POST", "/v1/chat/completions", vendor.calls[-1].headers, json.dumps(body).encode())
    assert vendor.contract.request_problems(request)
