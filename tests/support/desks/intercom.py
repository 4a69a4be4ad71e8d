"""Intercom with the people who work in it."""

import hmac
import json
import time
from html import escape
from pathlib import Path
from typing import Any

from support.contractcheck import OpenApi, Request
from support.contracts import CARRIED, INTERCOM
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook

from bridge.adapters.markup import as_text

TYPE, TEAM = "95", "31"
ZOE = {"type": "admin", "id": "7", "name": "Zoe"}
ROBOT = {"type": "admin", "id": "8", "name": "Bridge"}
CUSTOMER = {"type": "user", "id": "6762f2d81bb69f9f2193bc54", "name": "Ann Lee"}
ATTRIBUTE = {
    "type": "ticket_type_attribute", "id": "210", "name": "escalation_id", "data_type": "string",
    "visible_to_contacts": False, "archived": False,
}  # fmt: skip
MISSING = 404, {"type": "error.list", "request_id": None, "errors": [{"code": "ticket_not_found", "message": "None"}]}
TAKEN = 409, {"type": "error.list", "request_id": None, "errors": [{"code": "conflict", "message": "It exists"}]}


class IntercomDesk(DeskVendor):
    """See `DeskVendor`."""

    name, create, append = "intercom", "POST /tickets", "POST /tickets/{ticket_id}/reply"
    contact, search, show = "POST /contacts", "POST /tickets/search", "GET /tickets/{ticket_id}"
    types, staff = "GET /ticket_types", "GET /admins"

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(OpenApi(contract or CARRIED / INTERCOM))
        self.contacts: list[str] = []
        """External ids."""
        self.tickets: dict[str, dict[str, Any]] = {}
        self.kind: dict[str, Any] = {
            "type": "ticket_type", "id": TYPE, "name": "Chat", "category": "Customer", "archived": False,
            "ticket_type_attributes": {"type": "list", "data": [None, ATTRIBUTE]},
        }  # fmt: skip
        self.on(self.contact, self._make_contact)
        self.on(self.create, self._make)
        self.on(self.search, self._search)
        self.on(self.show, self._show)
        self.on(self.append, self._reply)
        self.on(self.types, lambda _request: (200, {"type": "list", "data": [None, self.kind]}))
        self.on(self.staff, lambda _request: (200, {"type": "admin.list", "admins": [ZOE, None, ROBOT]}))
        self.on("GET /teams", lambda _request: (200, {"type": "team.list", "teams": [{"type": "team", "id": TEAM}]}))

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "intercom", "intercom_url": base_url, "intercom_token": "t", "intercom_ticket_type": TYPE,
            "intercom_admin": ROBOT["id"], "intercom_client_secret": SECRET, "desk_queues": f"billing={TEAM}",
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(ticket) for ticket in self.tickets.values()]

    def _filed(self, ticket: dict[str, Any]) -> FiledTicket:
        attributes, parts = ticket["ticket_attributes"], ticket["ticket_parts"]["ticket_parts"]
        opening = [attributes["_default_title_"], attributes["_default_description_"]]
        return FiledTicket(
            ref=ticket["id"],
            external_id=attributes["escalation_id"],
            public=[*opening, *(as_text(part["body"]) for part in parts if part["part_type"] == "comment")],
            private=[as_text(part["body"]) for part in parts if part["part_type"] == "note"],
        )

    def takes(self, ref: str) -> None:
        self._touch(ref)["admin_assignee_id"] = int(ZOE["id"])

    def says(self, ref: str, text: str) -> None:
        self.part(ref, "comment", ZOE, f"<p>{escape(text)}</p>")

    def customer_says(self, ref: str, text: str) -> None:
        self.part(ref, "comment", CUSTOMER, f"<p>{escape(text)}</p>")

    def remarks(self, ref: str, text: str) -> None:
        self.part(ref, "note", ZOE, f"<p>{escape(text)}</p>")

    def solves(self, ref: str) -> None:
        self._touch(ref)["ticket_state"] = {"type": "ticket_state", "id": "4", "category": "resolved"}
        self.part(ref, "ticket_state_updated_by_admin", ZOE, None)

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:
        item = {"type": "ticket", "id": ref}
        body = json.dumps({"type": "notification_event", "topic": "ticket.admin.replied", "first_sent_at": int(at),
                           "data": {"type": "notification_event_data", "item": item}}).encode()  # fmt: skip
        signature = hmac.digest(secret.encode(), body, "sha1").hex()
        return Hook({"Content-Type": "application/json", "X-Hub-Signature": f"sha1={signature}"}, body)

    def part(self, ref: str, kind: str, author: dict[str, Any], body: str | None, **more: Any) -> dict[str, Any]:
        """Something more in a ticket, of whichever kind."""
        parts = self._touch(ref)["ticket_parts"]["ticket_parts"]
        made = {
            "type": "ticket_part", "id": str(1000 * int(ref) + len(parts)), "part_type": kind, "body": body,
            "created_at": _now(), "updated_at": _now(), "author": author, "redacted": False, **more,
        }  # fmt: skip
        parts.append(made)
        return made

    def _touch(self, ref: str) -> dict[str, Any]:
        self.tickets[ref]["updated_at"] = _now()
        return self.tickets[ref]

    def _make_contact(self, request: Request) -> tuple[int, Any]:
        external_id = request.json["external_id"]
        if external_id in self.contacts:
            return TAKEN
        self.contacts.append(external_id)
        return 200, {"type": "contact", "id": CUSTOMER["id"], "external_id": external_id, "role": "user"}

    def _make(self, request: Request) -> tuple[int, Any]:
        asked = request.json
        (contact,) = asked["contacts"]
        if "external_id" in contact and contact["external_id"] not in self.contacts:
            return MISSING
        ref = str(600 + len(self.tickets))
        self.tickets[ref] = {
            "type": "ticket", "id": ref, "ticket_id": "38", "category": "Customer", "created_at": _now(),
            "updated_at": _now(), "ticket_attributes": asked["ticket_attributes"], "admin_assignee_id": 0,
            "team_assignee_id": int(asked.get("assignment", {}).get("team_assignee_id", 0)), "open": True,
            "ticket_state": {"type": "ticket_state", "id": "1", "category": "submitted"},
            "ticket_parts": {"type": "ticket_part.list", "ticket_parts": [], "total_count": 0},
        }  # fmt: skip
        return 200, self.tickets[ref]

    def _search(self, request: Request) -> tuple[int, Any]:
        asked = request.json["query"]
        names = {f"ticket_attribute.{ATTRIBUTE['id']}": ATTRIBUTE["name"]}
        if asked["field"] not in names:
            return 400, {"type": "error.list", "request_id": None, "errors": [{"code": "field_not_found"}]}
        name = names[asked["field"]]
        found = [one for one in self.tickets.values() if one["ticket_attributes"].get(name) == asked["value"]]
        return 200, {"type": "ticket.list", "tickets": found, "total_count": len(found)}

    def _show(self, request: Request) -> tuple[int, Any]:
        found = self.tickets.get(request.last_segment)
        return (200, found) if found else MISSING

    def _reply(self, request: Request) -> tuple[int, Any]:
        ref, asked = request.path.split("/")[-2], request.json
        if ref not in self.tickets:
            return MISSING
        author = {"7": ZOE, "8": ROBOT}[asked["admin_id"]]
        return 200, self.part(ref, asked["message_type"], author, asked["body"], app_package_code="our-app")


def _now() -> int:
    return int(time.time())
