"""Servers of models, made from their contracts: they say what a test tells them to, and misbehave on demand."""

import json
from collections.abc import Mapping
from typing import Any

from support.contractcheck import OpenApi, Request, Vendor
from support.contracts import CLAUDE, CLAUDE_ERROR, OPENAI, contract
from support.schemacheck import Schemas

from bridge.adapters.http import Http
from bridge.adapters.responder.claude import Claude
from bridge.adapters.responder.openai import OpenAi

MESSAGES = "POST /v1/messages"
COMPLETIONS = "POST /v1/chat/completions"
RATED = {
    "reply": "You can send it back within 30 days.",
    "answered": True,
    "confidence": 0.9,
    "intent": "return_item",
    "sources": [1],
    "summary": "The visitor wants to send something back.",
}


def claude_vendor(said: Any = RATED, **fields: Any) -> Vendor:
    """Claude, whose model puts this into its tool; `fields` replace parts of the message."""
    paths = [contract(CLAUDE.format(name)) for name in ("request", "response")]
    headers = ("x-api-key", "anthropic-version")
    vendor = Vendor(Schemas("/v1/messages", *paths, contract(CLAUDE_ERROR), headers))
    vendor.on(MESSAGES, lambda _request: (200, message(said, **fields)))
    return vendor


def message(said: Any = RATED, **fields: Any) -> dict[str, Any]:
    """A message of Claude's with the tool called."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": [{"type": "tool_use", "id": "toolu_1", "name": "answer", "input": said}],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 900, "output_tokens": 90},
        **fields,
    }


def trouble(kind: str, text: str = "no") -> dict[str, Any]:
    """An error of Claude's."""
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}


def openai_vendor(said: Any = RATED, *, relative: str = OPENAI, operation: str = COMPLETIONS, **fields: Any) -> Vendor:
    """A server with Chat Completions, whose model says this; `fields` replace parts of the choice."""
    vendor = Vendor(OpenApi(contract(relative)))
    vendor.on(operation, lambda _request: (200, completion(said, **fields)))
    return vendor


def completion(said: Any = RATED, **fields: Any) -> dict[str, Any]:
    text = said if isinstance(said, str) else json.dumps(said)
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text, "refusal": None},
        "logprobs": None,
        **fields,
    }
    return {"id": "c1", "object": "chat.completion", "created": 1_793_000_000, "model": "m1", "choices": [choice]}


def claude(http: Http, **changes: Any) -> Claude:
    given = {"token": "sk-secret", "model": "claude-haiku-5-5", "version": "2026-10-21"}
    return Claude(http, **{**given, "base_url": "https://api.anthropic.com", **changes})


def openai(http: Http, **changes: Any) -> OpenAi:
    return OpenAi(http, **{"token": "sk-secret", "model": "m1", "base_url": "https://model.example/v1", **changes})


def last(vendor: Vendor) -> Mapping[str, Any]:
    """The body of the last call."""
    request: Request = vendor.calls[-1]
    found: Mapping[str, Any] = request.json
    return found
