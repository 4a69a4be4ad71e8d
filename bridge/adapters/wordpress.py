"""The site itself, asked as any visitor may ask it."""

from http import HTTPStatus

from bridge.adapters.http import Http
from bridge.ports import Rejected

NAMESPACE = "escalation-bridge/v1"


class WordPressSite:
    """A WordPress at an address. See `bridge.ports.WordPress`."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    def has_plugin(self, *, budget: float) -> bool:
        """See `bridge.ports.WordPress`. Without pretty permalinks the REST API answers under another address."""
        try:
            return self._has(f"{self._url}/wp-json/{NAMESPACE}", {}, budget)
        except Rejected as error:
            if error.detail != f"http {HTTPStatus.NOT_FOUND:d}":
                raise
        return self._has(f"{self._url}/", {"rest_route": f"/{NAMESPACE}"}, budget)

    def _has(self, url: str, params: dict[str, str], budget: float) -> bool:
        answer = self._http.json("GET", url, params=params, budget_s=budget, expect=[HTTPStatus.NOT_FOUND])
        if answer.status == HTTPStatus.OK:
            return isinstance(answer.json, dict) and answer.json.get("namespace") == NAMESPACE
        if isinstance(answer.json, dict) and answer.json.get("code") == "rest_no_route":
            return False
        raise Rejected(f"http {HTTPStatus.NOT_FOUND:d}")
