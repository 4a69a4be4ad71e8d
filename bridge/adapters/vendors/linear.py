"""What holds of every call to Linear: GraphQL at one address, whose errors stand in the answer."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Answer, Dialect, Http
from bridge.adapters.lenient_json import Lenient, read_made
from bridge.domain.values import Json
from bridge.ports import AdapterError, Fault, OutcomeUnknown, Rejected

API_URL: Final = "https://api.linear.app/graphql"
REFUSALS = frozenset(
    {
        "authentication error", "feature not accessible", "forbidden", "graphql error", "invalid input",
        "usage limit exceeded", "user error",
    }
)  # fmt: skip
"""Types of errors that say that nothing was done, as Linear's own client names them."""
NOT_LET_IN = frozenset({"authentication error", "forbidden"})
SYSTEM_ERRORS = frozenset({"bootstrap error", "internal error", "network error"})
"""Types of errors that any other call would have met too, as well as those that do not let us in."""

T = TypeVar("T")


class _Extensions(Lenient):
    type: str | None = None
    code: str | None = None


class _Error(Lenient):
    extensions: _Extensions | None = None

    @property
    def kind(self) -> str:
        return ((self.extensions and self.extensions.type) or "").lower()

    @property
    def throttles(self) -> bool:
        return self.kind == "ratelimited" or (self.extensions is not None and self.extensions.code == "RATELIMITED")


class Response(Lenient):
    """What Linear answered: values by the names of the fields that were asked for, or errors."""

    data: Mapping[str, Any] | None = None
    errors: tuple[_Error, ...] | None = None

    @property
    def error(self) -> AdapterError | None:
        """What its errors mean; None where it has none."""
        if not self.errors:
            return None
        kinds = {error.kind for error in self.errors}
        fault = Fault.SYSTEM if kinds & (NOT_LET_IN | SYSTEM_ERRORS) else Fault.CALL
        if kinds <= REFUSALS:
            return Rejected("refused in the answer", fault=fault)
        return OutcomeUnknown("error in the answer", fault=fault)

    def value(self, kind: TypeAdapter[T], field: str) -> T:
        """What stands in a field.

        Raises:
            OutcomeUnknown: nothing that can be read.
        """
        return read_made(kind, (self.data or {}).get(field))


_RESPONSE = TypeAdapter(Response)


def _throttled(answer: Answer) -> bool:
    response = _response(answer)
    return response is not None and any(error.throttles for error in response.errors or ())


DIALECT: Final = Dialect(throttled=_throttled)
"""Linear says "too many" in an error under status 400. Its headers say when the whole budget is back, up to an hour
from now; it grows back all the time, so they are not waited for."""


def request(query: str, variables: Mapping[str, Json]) -> str:
    """A query or mutation with its variables, as the text of a call."""
    return json.dumps({"query": query, "variables": dict(variables)}, ensure_ascii=False)


class LinearApi:
    """Linear's one address, and who we are there.

    Args:
        http: carries the calls.
        url: another address for tests and proxies.
        token: a personal API key, or an OAuth access token.
    """

    def __init__(self, http: Http, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}" if token.startswith("lin_oauth_") else token}

    def ask(self, body: str, deadline: Deadline) -> Response:
        """Send what `request` wrote; an answer that holds errors is one, too.

        Raises:
            Rejected: status 400 without a word on why.
            OutcomeUnknown: the answer cannot be read.
            AdapterError: as `Http.json` raises them.
        """
        answer = self._http.json(
            "POST",
            self._url,
            headers=self._headers,
            body_text=body,
            budget_s=deadline.left(),
            expect=[HTTPStatus.BAD_REQUEST],
            dialect=DIALECT,
        )
        response = _response(answer)
        if answer.status == HTTPStatus.BAD_REQUEST and (response is None or not response.errors):
            raise Rejected("http 400")
        if response is None:
            raise OutcomeUnknown("malformed")
        return response


def _response(answer: Answer) -> Response | None:
    try:
        return _RESPONSE.validate_python(answer.json)
    except ValidationError:
        return None
