"""Any server that speaks OpenAI's Chat Completions: JSON by a schema, with probabilities where it has them.

Many such servers ignore the schema or refuse it: the second attempt spells it out in words instead.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from bridge.adapters.http import Answer as Got
from bridge.adapters.http import Dialect, Http
from bridge.adapters.lenient_json import Lenient, read
from bridge.adapters.responder.model_call import LONGEST_ANSWER, ask_twice, check_found
from bridge.domain.answering import Answer, Failure, Question
from bridge.domain.prompting import ANSWER_SCHEMA, Prompt, prompt_for, read_answer
from bridge.domain.values import Json

FAILURE_OF_STOP: Final = {
    "stop": None,
    "tool_calls": None,
    "length": Failure.CUT_OFF,
    "content_filter": Failure.REFUSED,
}
"""What each `finish_reason` means; one that is not here is no answer."""
SCHEMA_REFUSED_STATUSES: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
"""How a server refuses parameters that it does not know."""
RESPONSE_FORMAT: Final = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "strict": True, "schema": ANSWER_SCHEMA},
}
SCHEMA_IN_WORDS: Final = (
    "\n\nAnswer with one JSON object and nothing else. It has to fit this JSON Schema:\n" + json.dumps(ANSWER_SCHEMA)
)
OPERATOR_ERRORS: Final = frozenset(
    {
        "model_not_found",
        "model_decommissioned",
        "invalid_model",
        "invalid_api_key",
        "insufficient_quota",
        "billing_hard_limit_reached",
        "account_deactivated",
    }
)
"""Codes and types of errors that only the operator can mend, whatever status they come with."""
DIALECT: Final = Dialect(used_up=lambda answer: "insufficient_quota" in json.dumps(answer.json))
"""An account without credit is answered like one that asks too often, with 429, and by this word."""


class _Token(Lenient):
    logprob: float


class _Logprobs(Lenient):
    content: tuple[_Token, ...] | None = None


class _Said(Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(Lenient):
    message: _Said
    finish_reason: str | None = None
    logprobs: Any = None


class _Completion(Lenient):
    choices: tuple[_Choice, ...]


class _Error(Lenient):
    code: str | None = None
    type: str | None = None


class _Errors(Lenient):
    error: _Error


_COMPLETION, _LOGPROBS, _ERRORS = TypeAdapter(_Completion), TypeAdapter(_Logprobs), TypeAdapter(_Errors)


class OpenAi:
    """A model behind such a server.

    Args:
        http: carries the calls.
        model: its name.
        base_url: up to `/chat/completions`.
        token: the API key; empty where the server asks for none.
    """

    name = "openai"

    def __init__(self, http: Http, *, model: str, base_url: str, token: str = "") -> None:
        self._http = http
        self._model = model
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._knows_no_schema = False

    def answer(self, question: Question, *, budget: float) -> Answer:
        """See `bridge.ports.Responder`. A server that has taken the words alone is not asked by the schema again."""
        prompt, refused = prompt_for(question), False

        def ask(left: float, again: bool) -> Answer:
            nonlocal refused
            got = self._ask(prompt, left, in_words=again or self._knows_no_schema)
            if got.status in SCHEMA_REFUSED_STATUSES:
                refused = True
                return Answer(failure=_failure_of_refusal(got))
            self._knows_no_schema |= refused
            return _read(got, question)

        return ask_twice(ask, budget)

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Responder`. One word is asked for."""
        body = {"model": self._model, "messages": [{"role": "user", "content": "Hello"}], "max_completion_tokens": 16}
        got = self._post(body, budget, expect=[HTTPStatus.NOT_FOUND])
        check_found(got, self._model)
        read(_COMPLETION, got)  # some gateways tell their errors with status 200
        return []

    def _ask(self, prompt: Prompt, left: float, *, in_words: bool) -> Got:
        system = prompt.system + SCHEMA_IN_WORDS if in_words else prompt.system
        body: dict[str, Json] = {
            "model": self._model,
            "messages": [_message("system", system), *(_message(one.role, one.text) for one in prompt.messages)],
            "max_completion_tokens": LONGEST_ANSWER,
        }
        if not in_words:
            body |= {"response_format": RESPONSE_FORMAT, "logprobs": True}
        return self._post(body, left, expect=SCHEMA_REFUSED_STATUSES)

    def _post(self, body: Json, budget: float, expect: Iterable[int]) -> Got:
        return self._http.json(
            "POST", self._url, headers=self._headers, json=body, budget_s=budget, expect=expect, dialect=DIALECT
        )


def _message(role: str, text: str) -> Json:
    return {"role": role, "content": text}


def _failure_of_refusal(got: Got) -> Failure:
    """What a refusal means: the schema, as far as it does not name something else."""
    try:
        error = _ERRORS.validate_python(got.json).error
    except ValidationError:
        return Failure.MALFORMED
    return Failure.MALFORMED if OPERATOR_ERRORS.isdisjoint((error.code, error.type)) else Failure.MISCONFIGURED


def _read(got: Got, question: Question) -> Answer:
    choice = next(iter(read(_COMPLETION, got).choices), None)
    if choice is None:
        return Answer(failure=Failure.MALFORMED)
    failure = (
        Failure.REFUSED
        if choice.message.refusal
        else FAILURE_OF_STOP.get(choice.finish_reason or "", Failure.MALFORMED)
    )
    if failure:
        return Answer(failure=failure)
    answer = read_answer(choice.message.content or "", question)
    return answer if answer.failure else replace(answer, probability=_probability(choice.logprobs))


def _probability(given: Any) -> float | None:
    """That of an average token; many servers give none, or nothing that can be read."""
    try:
        tokens = _LOGPROBS.validate_python(given).content or ()
    except ValidationError:
        return None
    return math.exp(min(0.0, math.fsum(one.logprob for one in tokens) / len(tokens))) if tokens else None
