"""The JSON API of one vendor, as all that asks it does: the same beginning, the same headers, one deadline."""

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar

from pydantic import TypeAdapter

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import PLAIN, Answer, Dialect, Http
from bridge.adapters.lenient_json import read
from bridge.domain.values import Json

NOT_THERE: Final = (HTTPStatus.NOT_FOUND,)

T = TypeVar("T")


class JsonApi:
    """Where an API is, who we are there, and how it says "too many". What each call raises: see `Http.json`.

    Args:
        http: carries the calls.
        base_url: what stands before every path.
        headers: go with every call.
        dialect: how the vendor says "too many".
    """

    def __init__(self, http: Http, base_url: str, headers: Mapping[str, str], dialect: Dialect = PLAIN) -> None:
        self._http = http
        self._base_url = base_url
        self._headers = headers
        self._dialect = dialect

    def get(
        self, path: str, deadline: Deadline, params: Mapping[str, str] | None = None, *, expect: Iterable[int] = ()
    ) -> Answer:
        """What stands at a path."""
        return self._call("GET", path, deadline, params=params, expect=expect)

    def post(
        self,
        path: str,
        body: Json,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        expect: Iterable[int] = (),
    ) -> Answer:
        """Send a value; a text is sent byte for byte. `headers` go beside those of every call."""
        return self._call("POST", path, deadline, body=body, headers=headers, expect=expect)

    def put(self, path: str, body: Json, deadline: Deadline) -> Answer:
        """Set what stands at a path; with None as body, set that it stands there."""
        return self._call("PUT", path, deadline, body=body)

    def read(self, kind: TypeAdapter[T], path: str, deadline: Deadline, params: Mapping[str, str] | None = None) -> T:
        """What stands at a path, as a value of this kind.

        Raises:
            AdapterError: it is none.
        """
        return read(kind, self.get(path, deadline, params))

    def read_if_there(
        self,
        kind: TypeAdapter[T],
        path: str,
        deadline: Deadline,
        params: Mapping[str, str] | None = None,
        *,
        absent: Collection[int] = NOT_THERE,
    ) -> T | None:
        """What stands at a path, as a value of this kind; None where the answer's status is one of `absent`.

        Raises:
            AdapterError: it is there, and none.
        """
        answer = self.get(path, deadline, params, expect=absent)
        return None if answer.status in absent else read(kind, answer)

    def _call(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        *,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        expect: Iterable[int] = (),
    ) -> Answer:
        return self._http.json(
            method,
            f"{self._base_url}/{path}",
            headers={**self._headers, **(headers or {})},
            params=params,
            json=None if isinstance(body, str) else body,
            body_text=body if isinstance(body, str) else None,
            budget_s=deadline.left(),
            expect=expect,
            dialect=self._dialect,
        )
