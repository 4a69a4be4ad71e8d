"""HubSpot with the people who work in it: tickets, contacts, notes on tickets, and conversations beside them."""

import base64
import hmac
import html
import json
import time
from typing import Any

from support.contractcheck import OpenApi, Request, Vendor
from support.contracts import CARRIED, HUBSPOT_DESK
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook

CREATE, READ = "POST /crm/v3/objects/tickets/batch/upsert", "POST /crm/v3/objects/tickets/batch/read"
FIND = "GET /crm/v3/objects/tickets/{ticketId}"
CONTACT, NEW_CONTACT = "GET /crm/v3/objects/contacts/{contactId}", "POST /crm/v3/objects/contacts"
LINK = "PUT /crm/v4/objects/tickets/{ticketId}/associations/default/contacts/{contactId}"
NOTE, NOTES = "POST /crm/v3/objects/notes", "POST /crm/v3/objects/notes/batch/read"
NOTES_OF = "GET /crm/v4/objects/tickets/{ticketId}/associations/notes"
PIPELINES, OWNER = "GET /crm/v3/pipelines/tickets", "GET /crm/v3/owners/{ownerId}"
PROPERTY = "GET /crm/v3/properties/tickets/{propertyName}"
THREADS = "GET /conversations/v3/conversations/threads"
MESSAGES = "GET /conversations/v3/conversations/threads/{threadId}/messages"

HOOKS_URL = "https://shop.example/wp-json/escalation-bridge/v1/hooks/hubspot"
KEY = "escalation_id"
OPEN, CLOSED = "1", "4"
ZOE = {"id": "7", "userId": 70, "firstName": "Zoe", "lastName": None, "email": "zoe@example.org"}
MISSING = {"status": "error", "message": "not found", "category": "OBJECT_NOT_FOUND", "correlationId": "1"}


class HubSpotDesk(DeskVendor):
    """See `DeskVendor`."""

    name, create, append = "hubspot", CREATE, NOTE

    def __init__(self) -> None:
        Vendor.__init__(self, OpenApi(CARRIED / HUBSPOT_DESK))
        self.tickets: dict[str, dict[str, Any]] = {}
        self.contacts: dict[str, dict[str, Any]] = {}
        self.linked: list[tuple[str, str]] = []
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.unique = True
        handlers = {
            CREATE: self._upsert, READ: self._read, FIND: self._find, CONTACT: self._contact,
            NEW_CONTACT: self._new_contact, LINK: self._link, NOTE: self._note, NOTES: self._read_notes,
            NOTES_OF: self._notes_of, PIPELINES: self._pipelines, OWNER: self._owner, PROPERTY: self._property,
            THREADS: self._threads, MESSAGES: self._messages,
        }  # fmt: skip
        for operation, handler in handlers.items():
            self.on(operation, handler)

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "hubspot", "hubspot_url": base_url, "hubspot_token": "t", "hubspot_webhook_secret": SECRET,
            "hooks_url": HOOKS_URL,
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(ticket) for ticket in self.tickets.values()]

    def _filed(self, ticket: dict[str, Any]) -> FiledTicket:
        properties, ref = ticket["properties"], ticket["id"]
        notes = [html.unescape(note["properties"]["hs_note_body"]) for note in self.notes.get(ref, [])]
        written = [said["text"] for said in self.said.get(ref, []) if said["type"] == "MESSAGE"]
        return FiledTicket(ref, properties[KEY], [properties["subject"], *written], [properties["content"], *notes])

    def takes(self, ref: str) -> None:
        self._change(ref, hubspot_owner_id=ZOE["id"], hubspot_owner_assigneddate=now())

    def says(self, ref: str, text: str) -> None:
        self._say(ref, "A-70", "OUTGOING", text, senders=[{"actorId": "A-70", "name": "Zoe"}])

    def customer_says(self, ref: str, text: str) -> None:
        self._say(ref, "V-1", "INCOMING", text)

    def remarks(self, ref: str, text: str) -> None:
        self._say(ref, "A-70", None, text, type="COMMENT")

    def solves(self, ref: str) -> None:
        self._change(ref, hs_pipeline_stage=CLOSED, closed_date=now())

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:
        event = {
            "eventId": 1, "subscriptionId": 1, "portalId": 1, "appId": 1, "occurredAt": round(at * 1000),
            "subscriptionType": "ticket.propertyChange", "attemptNumber": 0, "objectId": int(ref),
            "propertyName": "hubspot_owner_id", "propertyValue": ZOE["id"], "changeSource": "CRM_UI",
        }  # fmt: skip
        body, stamp = json.dumps([event]).encode(), str(round(at * 1000))
        signed = f"POST{HOOKS_URL}".encode() + body + stamp.encode()
        signature = base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()
        headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
        return Hook({"Content-Type": "application/json", **headers}, body)

    def _say(self, ref: str, by: str, direction: str | None, text: str, **changes: Any) -> None:
        said = self.said.setdefault(ref, [])
        given = {"id": f"{ref}-{len(said)}", "type": "MESSAGE", "createdAt": now(), "createdBy": by, "text": text}
        said.append({**given, **({"direction": direction} if direction else {}), **changes})

    def _change(self, ref: str, **properties: str) -> None:
        ticket = self.tickets[ref]
        ticket["properties"] |= properties
        ticket["updatedAt"] = now()

    def _upsert(self, request: Request) -> tuple[int, Any]:
        (wanted,) = request.json["inputs"]
        known = next((one for one in self.tickets.values() if one["properties"][KEY] == wanted["id"]), None)
        ticket = known or record(str(1000 + len(self.tickets)))
        ticket["properties"] |= wanted["properties"]
        self.tickets[ticket["id"]] = ticket
        return 200, batch({**ticket, "new": known is None})

    def _read(self, request: Request) -> tuple[int, Any]:
        found = [self.tickets[one["id"]] for one in request.json["inputs"] if one["id"] in self.tickets]
        return (200 if len(found) == len(request.json["inputs"]) else 207), batch(*found)

    def _find(self, request: Request) -> tuple[int, Any]:
        wanted, by = request.last_segment, request.param("idProperty")
        found = [one for one in self.tickets.values() if by and one["properties"].get(by) == wanted]
        return (200, found[0]) if found else (404, MISSING)

    def _contact(self, request: Request) -> tuple[int, Any]:
        found = self.contacts.get(request.last_segment) if request.param("idProperty") == "email" else None
        return (200, found) if found else (404, MISSING)

    def _new_contact(self, request: Request) -> tuple[int, Any]:
        asked = request.json["properties"]
        made = record(str(500 + len(self.contacts)), **asked)
        self.contacts[asked["email"]] = made
        return 201, made

    def _link(self, request: Request) -> tuple[int, Any]:
        self.linked.append((request.path.split("/")[5], request.last_segment))
        return 200, batch()

    def _note(self, request: Request) -> tuple[int, Any]:
        made = record(str(90_000 + sum(map(len, self.notes.values()))), **request.json["properties"])
        (link,) = request.json["associations"]
        self.notes.setdefault(link["to"]["id"], []).append(made)
        return 201, made

    def _read_notes(self, request: Request) -> tuple[int, Any]:
        wanted = {one["id"] for one in request.json["inputs"]}
        return 200, batch(*(note for notes in self.notes.values() for note in notes if note["id"] in wanted))

    def _notes_of(self, request: Request) -> tuple[int, Any]:
        notes = self.notes.get(request.path.split("/")[5], [])
        return 200, {"results": [{"toObjectId": int(note["id"]), "associationTypes": []} for note in notes]}

    def _pipelines(self, _request: Request) -> tuple[int, Any]:
        stages = [
            {"id": OPEN, "label": "New", "metadata": {"ticketState": "OPEN"}},
            {"id": CLOSED, "label": "Closed", "metadata": {"ticketState": "CLOSED"}},
        ]
        return 200, {"results": [{"id": "0", "label": "Support", "stages": stages}]}

    def _owner(self, request: Request) -> tuple[int, Any]:
        return (200, ZOE) if request.last_segment == ZOE["id"] else (404, MISSING)

    def _property(self, request: Request) -> tuple[int, Any]:
        name = request.last_segment
        shown = {"name": name, "label": name, "type": "string", "fieldType": "text", "hasUniqueValue": self.unique}
        return (200, shown) if name == KEY else (404, MISSING)

    def _threads(self, request: Request) -> tuple[int, Any]:
        of = request.param("associatedTicketId")
        return 200, {"results": [{"id": ref, "status": "OPEN"} for ref in self.said if ref == of]}

    def _messages(self, request: Request) -> tuple[int, Any]:
        return 200, {"results": self.said[request.path.split("/")[-2]]}


def record(number: str, **properties: str) -> dict[str, Any]:
    """As HubSpot shows any record."""
    return {"id": number, "properties": properties, "createdAt": now(), "updatedAt": now()}


def batch(*results: Any) -> dict[str, Any]:
    """As HubSpot answers for several records at once."""
    return {"status": "COMPLETE", "startedAt": now(), "completedAt": now(), "results": list(results)}


def now() -> str:
    """The machine's time as HubSpot writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
