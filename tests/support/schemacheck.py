"""A contract of JSON Schemas for `contractcheck.Vendor`: one call, its answer and its errors."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from support.contractcheck import Answered, Request


@cache
def _schema(path: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(path.read_text("utf-8")))


class Schemas:
    """One address that takes POST.

    Args:
        address: its path.
        request: the schema of the body,
        answer: of what comes with 2xx, and
        error: of what comes with any other status.
        headers: names in lower case that have to be there.
    """

    def __init__(self, address: str, request: Path, answer: Path, error: Path, headers: Sequence[str] = ()) -> None:
        self._address = address
        self._request, self._answer, self._error = _schema(request), _schema(answer), _schema(error)
        self._headers = headers

    def operation(self, request: Request) -> str | None:
        """Its name, such as `POST /v1/messages`; None for another call."""
        return f"POST {self._address}" if (request.method, request.path) == ("POST", self._address) else None

    def request_problems(self, request: Request) -> list[str]:
        missing = [f"no header {name}" for name in self._headers if not request.headers.get(name)]
        return missing + _faults(self._request, request.json)

    def answer_problems(self, request: Request, answer: Answered) -> list[str]:  # noqa: ARG002 - the contract's shape
        return _faults(self._answer if answer.status < 400 else self._error, json.loads(answer.body))

    def example(self, operation: str) -> tuple[int, Any]:
        raise AssertionError(f"{operation} has no example: say what it answers")


def _faults(schema: Draft202012Validator, value: Any) -> list[str]:
    return [f"{fault.json_path}: {fault.message[:300]}" for fault in schema.iter_errors(value)]
