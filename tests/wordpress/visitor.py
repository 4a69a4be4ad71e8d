"""A visitor without a browser: what the chat's script sends, and the team's view of what came of it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from installation import Installation
from team import team_of
from wordpress_site import Site


@dataclass
class Visitor:
    """What the chat's script sends; a keyword `X_Name` replaces that header, None leaves it out."""

    site: Site
    http: requests.Session
    headers: dict[str, str] = field(default_factory=dict)
    id: str = ""

    def post(self, route: str, body: Any = None, **headers: str | None) -> requests.Response:
        own = {"Origin": self.site.url, **self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = body if isinstance(body, str) else json.dumps(body or {}, ensure_ascii=False)  # as JSON.stringify does
        known = {"Content-Type": "application/json", **own}
        return self.http.post(route_of(self.site, route), data=data.encode(), headers=known, timeout=30)

    def begin(self, **body: Any) -> dict[str, Any]:
        answer = self.post("sessions", body)
        assert answer.status_code == 201, answer.text
        begun: dict[str, Any] = answer.json()
        self.id, self.headers = begun["session_id"], {"X-Escbridge-Token": begun["token"]}
        return begun

    def says(self, text: str, turn: str = "", more: Any = None, **headers: str | None) -> requests.Response:
        body = {"client_turn_id": turn or str(uuid.uuid4()), "message": text, **(more or {})}
        return self.post(f"sessions/{self.id}/turns", body, **headers)


def route_of(site: Site, route: str) -> str:
    return site.rest(f"escalation-bridge/v1/{route}")


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def escalation_of(installed: Installation, session: str) -> dict[str, Any]:
    """The team's own view, asked of the sidecar and not of WordPress."""
    team = team_of(installed)
    found = next(one for one in team.list() if one["session_id"] == session)
    whole: dict[str, Any] = team.read(found["id"])
    return whole


@contextmanager
def without_sidecar(installed: Installation) -> Iterator[None]:
    installed.kill("sidecar")
    try:
        yield
    finally:
        installed.start("sidecar")
