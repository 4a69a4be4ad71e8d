"""Freshdesk with the people who work in it."""

import json
import time
from typing import Any

from support.contractcheck import OpenApi, Request
from support.contracts import CARRIED, FRESHDESK
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook

from bridge.adapters.markup import as_text

CREATE, LIST = "POST /api/v2/tickets", "GET /api/v2/tickets"
VIEW, SAID, NOTE = (f"{verb} /api/v2/tickets/{{id}}{what}" for verb, what in (
    ("GET", ""), ("GET", "/conversations"), ("POST", "/notes")
))  # fmt: skip
FIELDS, AGENT, GROUP = "GET /api/v2/ticket_fields", "GET /api/v2/agents/{id}", "GET /api/v2/groups/{id}"
ZOE, ROBOT = 7, 9
ACCOUNT_FIELDS: list[dict[str, Any]] = [
    {"id": 1, "name": "subject", "type": "default_subject", "required_for_agents": True},
    {"id": 2, "name": "status", "type": "default_status", "required_for_agents": True, "choices": {
        "2": ["Open", "Being Processed"], "3": ["Pending", "Awaiting your Reply"], "4": ["Resolved", "Resolved"],
        "5": ["Closed", "Closed"], "6": ["Sent to depot", "Being Processed"],
    }},
    {"id": 3, "name": "cf_escalation_id", "label": "Escalation", "type": "custom_text", "required_for_agents": False},
]  # fmt: skip


class FreshdeskDesk(DeskVendor):
    """See `DeskVendor`. Contacts come to be with their first ticket, as they do there."""

    name, create, append = "freshdesk", CREATE, NOTE
    stamps_its_calls = False

    def __init__(self) -> None:
        super().__init__(OpenApi(CARRIED / FRESHDESK))
        self.tickets: list[dict[str, Any]] = []
        self.said: dict[int, list[dict[str, Any]]] = {}
        self.contacts: dict[tuple[str, str], int] = {}
        self.fields = list(ACCOUNT_FIELDS)
        self.refused: set[str] = set()
        """Addresses that it does not take."""
        handlers = {
            CREATE: self._create, LIST: self._list, VIEW: self._view, SAID: self._conversations, NOTE: self._note,
            FIELDS: lambda _request: (200, self.fields), AGENT: self._agent, GROUP: self._group,
        }  # fmt: skip
        for operation, handler in handlers.items():
            self.on(operation, handler)

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "freshdesk", "freshdesk_url": base_url, "freshdesk_token": "t", "freshdesk_webhook_secret": SECRET,
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(ticket) for ticket in self.tickets]

    def _filed(self, ticket: dict[str, Any]) -> FiledTicket:
        said = self.said.get(ticket["id"], [])
        written = ticket["custom_fields"].get("cf_escalation_id") or ticket["tags"][-1]
        return FiledTicket(
            ref=str(ticket["id"]),
            external_id=written,
            public=[
                ticket["subject"],
                as_text(ticket["description"]),
                *(one["body_text"] for one in said if not one["private"]),
            ],
            private=[one["body_text"] for one in said if one["private"]],
        )

    def takes(self, ref: str) -> None:
        self._change(ref, responder_id=ZOE)

    def says(self, ref: str, text: str) -> None:
        self._say(int(ref), ZOE, f"<div>{text}</div>", source=0)

    def customer_says(self, ref: str, text: str) -> None:
        self._say(int(ref), self._ticket(ref)["requester_id"], f"<div>{text}</div>", source=0, incoming=True)

    def remarks(self, ref: str, text: str) -> None:
        self._say(int(ref), ZOE, f"<div>{text}</div>", private=True)

    def solves(self, ref: str) -> None:
        self._change(ref, status=4)

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:  # noqa: ARG002 - it names no time
        body = json.dumps({"freshdesk_webhook": {"ticket_id": int(ref)}}).encode()
        return Hook({"Content-Type": "application/json", "X-Bridge-Hook-Secret": secret}, body)

    def _create(self, request: Request) -> tuple[int, Any]:
        asked = request.json
        if asked.get("email") in self.refused:
            fault = {"field": "email", "message": "It should be a valid email address", "code": "invalid_value"}
            return 400, {"description": "Validation failed", "errors": [fault]}
        by = "email" if "email" in asked else "unique_external_id"
        requester = self.contacts.setdefault((by, asked[by]), 500 + len(self.contacts))
        made = {
            **{name: asked[name] for name in ("subject", "description", "status", "priority", "source", "tags")},
            "id": 20 + len(self.tickets), "custom_fields": asked.get("custom_fields", {}), "requester_id": requester,
            "responder_id": None, "group_id": asked.get("group_id"), "created_at": now(), "updated_at": now(),
        }  # fmt: skip
        self.tickets.append(made)
        return 201, made

    def _list(self, request: Request) -> tuple[int, Any]:
        by = next((name for name in ("email", "unique_external_id") if request.param(name)), None)
        found = self.tickets
        if by:
            contact = self.contacts.get((by, request.param(by) or ""))
            if contact is None:
                fault = {
                    "field": by,
                    "message": f"There is no contact matching the given {by}",
                    "code": "invalid_value",
                }
                return 400, {"description": "Validation failed", "errors": [fault]}
            found = [one for one in found if one["requester_id"] == contact]
        found = [one for one in found if one["updated_at"] >= (request.param("updated_since") or "")]
        return 200, _page(request, found)

    def _view(self, request: Request) -> tuple[int, Any]:
        return 200, self._ticket(request.last_segment)

    def _conversations(self, request: Request) -> tuple[int, Any]:
        return 200, _page(request, self.said.get(int(request.path.split("/")[-2]), []))

    def _note(self, request: Request) -> tuple[int, Any]:
        number = int(request.path.split("/")[-2])
        return 201, self._say(number, ROBOT, request.json["body"], private=request.json["private"])

    def _agent(self, request: Request) -> tuple[int, Any]:
        return 200, {"id": int(request.last_segment), "contact": {"name": "Zoe", "email": "zoe@shop.example"}}

    def _group(self, request: Request) -> tuple[int, Any]:
        return (200, {"id": 7, "name": "Billing"}) if request.last_segment == "7" else (404, None)

    def _ticket(self, ref: str) -> dict[str, Any]:
        return next(one for one in self.tickets if one["id"] == int(ref))

    def _change(self, ref: str, **changes: Any) -> None:
        self._ticket(ref).update(changes, updated_at=now())

    def _say(
        self, number: int, who: int, body: str, *, private: bool = False, incoming: bool = False, source: int = 2
    ) -> dict[str, Any]:
        kept = self.said.setdefault(number, [])
        said = {
            "id": 10_000 * number + len(kept), "ticket_id": number, "user_id": who, "body": body,
            "body_text": as_text(body), "incoming": incoming, "private": private, "source": source,
            "created_at": now(), "updated_at": now(),
        }  # fmt: skip
        kept.append(said)
        return said


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _page(request: Request, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    number, size = int(request.param("page") or 1), int(request.param("per_page") or 30)
    return found[(number - 1) * size : number * size]
