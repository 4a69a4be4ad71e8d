"""Zammad with the people who work in it."""

import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

from support.contractcheck import OpenApi, Request
from support.contracts import CARRIED, ZAMMAD
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook

CREATE, LIST, VIEW = "POST /api/v1/tickets", "GET /api/v1/tickets", "GET /api/v1/tickets/{id}"
WRITE, ARTICLES = "POST /api/v1/ticket_articles", "GET /api/v1/ticket_articles/by_ticket/{ticket_id}"
USER, GROUPS = "GET /api/v1/users/{id}", "GET /api/v1/groups"
STATES, NAMES = "GET /api/v1/ticket_states", "GET /api/v1/ticket_priorities"
NOBODY, ZOE, ROBOT, ANN = 1, 7, 9, 500
CAP = 100
"""Tickets of a page, whatever is asked for."""


class ZammadDesk(DeskVendor):
    """See `DeskVendor`."""

    name, create, append = "zammad", CREATE, WRITE
    stamps_its_calls = False

    def __init__(self) -> None:
        super().__init__(OpenApi(CARRIED / ZAMMAD))
        self.tickets: list[dict[str, Any]] = []
        self.articles: dict[int, list[dict[str, Any]]] = {}
        self.refused: set[str] = set()
        """Addresses that it does not take."""
        self.filed_for: list[str] = []
        """The customer's address of each ticket that was asked for."""
        handlers = {
            CREATE: self._create, LIST: self._list, VIEW: self._view, WRITE: self._write, ARTICLES: self._by_ticket,
            USER: self._user,
        }  # fmt: skip
        for operation, handler in handlers.items():
            self.on(operation, handler)

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "zammad", "zammad_url": base_url, "zammad_token": "t", "zammad_customer": "web@shop.example",
            "zammad_webhook_secret": SECRET,
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(ticket) for ticket in self.tickets]

    def _filed(self, ticket: dict[str, Any]) -> FiledTicket:
        said = self.articles[ticket["id"]]
        return FiledTicket(
            ref=str(ticket["id"]),
            external_id=ticket["title"].partition("[")[2].rstrip("]"),
            public=[ticket["title"], *(one["body"] for one in said if not one["internal"])],
            private=[one["body"] for one in said if one["internal"]],
        )

    def takes(self, ref: str) -> None:
        self._change(ref, owner_id=ZOE)

    def says(self, ref: str, text: str) -> None:
        self._say(int(ref), ZOE, text, kind="email")

    def customer_says(self, ref: str, text: str) -> None:
        self._say(int(ref), ANN, text, kind="email", sender="Customer")

    def remarks(self, ref: str, text: str) -> None:
        self._say(int(ref), ZOE, text, internal=True)

    def solves(self, ref: str) -> None:
        self._change(ref, state="closed")

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:  # noqa: ARG002 - it names no time
        body = json.dumps({"ticket": {"id": int(ref), "number": "22019"}, "article": {"id": 4}}).encode()
        signature = f"sha1={hmac.digest(secret.encode(), body, 'sha1').hex()}"
        return Hook({"Content-Type": "application/json; charset=utf-8", "X-Hub-Signature": signature}, body)

    def make(self, number: int, title: str, created_at: str, **more: Any) -> None:
        """A ticket that somebody else made."""
        made = {"id": number, "number": f"22{number}", "title": title, "state": "new", "owner_id": NOBODY}
        self.tickets.append({**made, "created_at": created_at, "updated_at": created_at, **more})
        self.articles[number] = []

    def _create(self, request: Request) -> tuple[int, Any]:
        asked, number = request.json, self.tickets[-1]["id"] + 1 if self.tickets else 19
        address = asked["customer_id"].removeprefix("guess:")
        if address in self.refused:
            return 422, {"error": f"Invalid email '{address}' of customer"}
        own = {"escalation_id": asked["escalation_id"]} if "escalation_id" in asked else {}
        self.make(number, asked["title"], now(), customer_id=ANN, **own)
        self.filed_for.append(address)
        self._say(number, ROBOT, asked["article"]["body"], internal=asked["article"]["internal"])
        return 201, self.tickets[-1]

    def _list(self, request: Request) -> tuple[int, Any]:
        number, size = int(request.param("page") or 1), min(int(request.param("per_page") or CAP), CAP)
        return 200, [_unexpanded(one) for one in self.tickets[(number - 1) * size : number * size]]

    def _view(self, request: Request) -> tuple[int, Any]:
        ticket = self._ticket(request.last_segment)
        return 200, ticket if request.param("expand") == "true" else _unexpanded(ticket)

    def _write(self, request: Request) -> tuple[int, Any]:
        asked = request.json
        return 201, self._say(asked["ticket_id"], ROBOT, asked["body"], internal=asked["internal"])

    def _by_ticket(self, request: Request) -> tuple[int, Any]:
        return 200, self.articles[int(request.last_segment)]

    def _user(self, request: Request) -> tuple[int, Any]:
        return 200, {"id": int(request.last_segment), "firstname": "Zoe", "lastname": "", "login": "zoe@shop.example"}

    def _ticket(self, ref: str) -> dict[str, Any]:
        return next(one for one in self.tickets if one["id"] == int(ref))

    def _change(self, ref: str, **changes: Any) -> None:
        self._ticket(ref).update(changes, updated_at=now())

    def _say(
        self, number: int, who: int, body: str, *, internal: bool = False, kind: str = "note", sender: str = "Agent"
    ) -> dict[str, Any]:
        kept = self.articles[number]
        said = {
            "id": 10_000 * number + len(kept), "ticket_id": number, "body": body, "content_type": "text/plain",
            "type": kind, "sender": sender, "internal": internal, "created_by_id": who, "preferences": {},
            "created_at": now(), "updated_at": now(),
        }  # fmt: skip
        kept.append(said)
        return said


def _unexpanded(ticket: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ticket.items() if name != "state"}


def now() -> str:
    return stamp(time.time())


def stamp(at: float) -> str:
    """As Zammad writes an instant in seconds since 1970."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
