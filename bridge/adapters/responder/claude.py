"""Claude, by its Messages API: the answer is what it puts into a tool that it must call, for nothing is run by it.

The API tells no probabilities: how sure the model is, it is asked to say itself.
"""

from http import HTTPStatus
from typing import Any, Final

from pydantic import TypeAdapter

from bridge.adapters.http import Answer as Got
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Lenient, read
from bridge.adapters.responder.model_call import LONGEST_ANSWER, ask_twice, check_found
from bridge.domain.answering import Answer, Failure, Question
from bridge.domain.prompting import ANSWER_SCHEMA, Prompt, prompt_for, read_answer
from bridge.domain.values import Json
from bridge.ports import Rejected

ANSWER_TOOL: Final = "answer"
FAILURE_OF_STOP: Final = {
    "end_turn": None,
    "stop_sequence": None,
    "tool_use": None,
    "max_tokens": Failure.CUT_OFF,
    "model_context_window_exceeded": Failure.CUT_OFF,
    "refusal": Failure.REFUSED,
}
"""What each `stop_reason` means; one that is not here is no answer."""
OPERATOR_ERRORS: Final = frozenset({"authentication_error", "billing_error", "permission_error", "not_found_error"})
"""Errors that only the operator can mend, whatever status they come with."""
NO_CREDIT: Final = "credit balance"
"""In the words of a 400 that has no type of its own: the account is empty."""


class _Block(Lenient):
    type: str
    name: str | None = None
    input: Any = None
    text: str | None = None


class _Message(Lenient):
    content: tuple[_Block, ...]
    stop_reason: str | None = None


class _Error(Lenient):
    type: str
    message: str = ""

    @property
    def is_operators(self) -> bool:
        return self.type in OPERATOR_ERRORS or NO_CREDIT in self.message.lower()


class _Errors(Lenient):
    error: _Error


_MESSAGE, _ERRORS = TypeAdapter(_Message), TypeAdapter(_Errors)


class Claude:
    """A model of Anthropic's.

    Args:
        http: carries the calls.
        token: the API key.
        model: its name.
        base_url: without `/v1/messages`.
        version: of the API.
    """

    name = "claude"

    def __init__(self, http: Http, *, token: str, model: str, base_url: str, version: str) -> None:
        self._http = http
        self._model = model
        self._url = base_url.rstrip("/") + "/v1/messages"
        self._headers = {"x-api-key": token, "anthropic-version": version}

    def answer(self, question: Question, *, budget: float) -> Answer:
        """See `bridge.ports.Responder`."""
        body = self._body(prompt_for(question))
        return ask_twice(lambda left, _again: self._read(self._post(body, left), question), budget)

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Responder`. One word is asked for."""
        body = {"model": self._model, "max_tokens": 1, "messages": [{"role": "user", "content": "Hello"}]}
        check_found(self._post(body, budget, expect=[HTTPStatus.NOT_FOUND]), self._model)
        return []

    def _body(self, prompt: Prompt) -> Json:
        return {
            "model": self._model,
            "max_tokens": LONGEST_ANSWER,
            "system": prompt.system,
            "messages": [{"role": one.role, "content": one.text} for one in prompt.messages],
            "tools": [
                {"name": ANSWER_TOOL, "description": "Gives the answer to the visitor.", "input_schema": ANSWER_SCHEMA}
            ],
            "tool_choice": {"type": "tool", "name": ANSWER_TOOL},
        }

    def _post(self, body: Json, budget: float, expect: list[HTTPStatus] | None = None) -> Got:
        bad = HTTPStatus.BAD_REQUEST
        answer = self._http.json(
            "POST", self._url, headers=self._headers, json=body, budget_s=budget, expect=[bad, *(expect or ())]
        )
        if answer.status == bad:
            raise Rejected("http 403" if read(_ERRORS, answer).error.is_operators else "http 400")
        return answer

    def _read(self, got: Got, question: Question) -> Answer:
        message = read(_MESSAGE, got)
        failure = FAILURE_OF_STOP.get(message.stop_reason or "", Failure.MALFORMED)
        if failure:
            return Answer(failure=failure)
        return read_answer(_said(message), question)


def _said(message: _Message) -> Json:
    """What was put into the tool; the text of a model that did not call it may be the answer as well."""
    called = (block.input for block in message.content if block.type == "tool_use" and block.name == ANSWER_TOOL)
    return next(called, "".join(block.text or "" for block in message.content if block.type == "text"))
