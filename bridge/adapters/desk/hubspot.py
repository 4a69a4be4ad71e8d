"""HubSpot tickets: one upsert on a property with unique values, so that a repeat finds what the first call made.

The packet is the ticket's description: the customer portal shows a ticket's conversations, and not that. What comes
later is a note on the ticket. What people answer is read from the conversations that belong to the ticket.

Facts: developers.hubspot.com/docs/api-reference, the pages on tickets, notes, associations, pipelines, owners and
conversations; /docs/apps/developer-platform/build-apps/authentication/request-validation for the signature.
"""

import html
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk import hubspot_shapes as shapes
from bridge.adapters.desk.ticket_news import NEWS_LIMIT, news_of_each
from bridge.adapters.http import Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import read, read_call, read_made
from bridge.adapters.vendors.hubspot import BASE_URL, DIALECT, headers
from bridge.domain.escalation import Agent
from bridge.domain.instants import from_datetime
from bridge.domain.packet import PacketCustomer, Ticket
from bridge.domain.rendering import mark, render_ticket
from bridge.domain.values import Json, Millis, Priority
from bridge.ports import (
    AdapterError,
    DeskNews,
    Filed,
    Heard,
    HookCall,
    NewsKind,
    OutcomeUnknown,
    Rejected,
    Strategy,
    TicketRef,
)

CONTENT_LIMIT = 60_000
"""Characters of a ticket's description, below the 65,536 that a property takes."""
MOST_PAGES = 10
OBJECTS = "crm/v3/objects"
LINKED_TICKETS = "crm/v4/objects/tickets"
CONVERSATIONS = "conversations/v3/conversations/threads"
NOTE_TO_TICKET = 228
"""HubSpot's number of this kind of association."""
PRIORITIES = {Priority.NORMAL: "MEDIUM", Priority.HIGH: "HIGH", Priority.URGENT: "HIGH"}
"""Not every account has an option for what is urgent, and an unknown one would cost the ticket: the packet says it."""
SIGNATURE, SIGNED_AT = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
DECODED_IN_SIGNATURE = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
"""What HubSpot decodes in an address before it signs it."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket begins: a pipeline and one of its stages, by internal ids."""

    pipeline: str
    stage: str


class HubSpotTickets:
    """Tickets in HubSpot.

    Args:
        http: carries the calls.
        token: of a private app; docs/helpdesks/hubspot.md names its scopes.
        place: where tickets begin.
        places: from our queue names to other places.
        id_property: the ticket property with unique values that holds our id.
        hooks_url: the address that HubSpot calls, which it signs along.
        webhook_secret: the app's client secret, with which HubSpot signs; without it no call is believed.
        base_url: another address for tests and proxies.
        budget_s: seconds for one call.
        now: the present instant in seconds since 1970, which a note has to name.
    """

    name = "hubspot"
    strategy = Strategy.UPSERT
    key_window = timedelta(0)
    settle = timedelta(0)

    def __init__(
        self,
        http: Http,
        *,
        token: str,
        place: Place,
        places: Mapping[str, Place] | None = None,
        id_property: str = "escalation_id",
        hooks_url: str = "",
        webhook_secret: str = "",
        base_url: str = BASE_URL,
        budget_s: float = 20.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._api = JsonApi(http, base_url.rstrip("/"), headers(token), DIALECT)
        self._place = place
        self._places = dict(places or {})
        self._id_property = id_property
        self._hooks_url = decoded(hooks_url)
        self._webhook_secret = webhook_secret
        self._budget_s = budget_s
        self._now = now

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. With the upsert goes whom the ticket is linked to once it exists."""
        place = self._places.get(ticket.queue, self._place)
        properties = {
            self._id_property: ticket.external_id,
            "subject": f"Chat hand-off: {ticket.queue}",
            "content": render_ticket(ticket, limit=CONTENT_LIMIT),
            "hs_pipeline": place.pipeline,
            "hs_pipeline_stage": place.stage,
            "hs_ticket_priority": PRIORITIES[ticket.priority],
        }
        upsert = {"idProperty": self._id_property, "id": ticket.external_id, "properties": properties}
        return json.dumps({"upsert": upsert, "contact": _contact(ticket.packet.customer)}, ensure_ascii=False)

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The description is the team's already."""
        return None

    def create(self, external_id: str, body: str) -> TicketRef:
        """See `bridge.ports.Desk`. Of several things in one answer, ours is the one that carries our id."""
        upsert = json.loads(body)["upsert"]
        answer = self._api.post(f"{OBJECTS}/tickets/batch/upsert", {"inputs": [upsert]}, Deadline(self._budget_s))
        made = read_made(shapes.MADE, answer.json)
        ours = [one for one in made.results if one.get(upsert["idProperty"]) == external_id]
        if ours:
            return ours[0].ref
        if any(problem.category == "VALIDATION_ERROR" for problem in made.errors):
            raise Rejected("refused in the batch")
        raise OutcomeUnknown("malformed")

    def find(self, external_id: str, body: str) -> TicketRef | None:
        """See `bridge.ports.Desk`. HubSpot holds each value of the property once."""
        params = {"idProperty": json.loads(body)["upsert"]["idProperty"]}
        path = f"{OBJECTS}/tickets/{quote(external_id, safe='')}"
        found = self._api.read_if_there(shapes.RECORD, path, Deadline(self._budget_s), params)
        return None if found is None else found.ref

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. The ticket is linked to the customer's contact, which is made if there is none."""
        contact = json.loads(body)["contact"]
        if contact is None:
            return
        deadline = Deadline(self._budget_s)
        known = self._contact(contact["email"], deadline) or self._new_contact(contact, deadline)
        self._api.put(
            f"{LINKED_TICKETS}/{quote(ref, safe='')}/associations/default/contacts/{known.id}", None, deadline
        )

    def append(self, ref: str, note_id: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. Note and link are one call."""
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": NOTE_TO_TICKET}
        note = {
            "properties": {"hs_timestamp": str(round(self._now() * 1000)), "hs_note_body": as_html(text)},
            "associations": [{"to": {"id": ref}, "types": [kind]}],
        }
        read_made(shapes.RECORD, self._api.post(f"{OBJECTS}/notes", note, Deadline(self._budget_s)).json)

    def has_note(self, ref: str, note_id: str) -> bool:
        """See `bridge.ports.Desk`. The newest hundred notes of the ticket are looked at."""
        deadline = Deadline(self._budget_s)
        path = f"{LINKED_TICKETS}/{quote(ref, safe='')}/associations/notes"
        links = self._pages(shapes.LINKS, path, {"limit": "500"}, deadline)
        notes = sorted((link.toObjectId for link in links), key=_age)
        found = self._many(shapes.NOTES, "notes", notes[-100:], ["hs_note_body"], deadline) if notes else ()
        return any(mark(note_id) in html.unescape(note.get("hs_note_body") or "") for note in found)

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. HubSpot signs method, address, body and time, and tells of many things in a call."""
        stamp = call.headers.get(SIGNED_AT, "")
        signed = f"POST{self._hooks_url}".encode() + call.body + stamp.encode("utf-8", "surrogatepass")
        webhook_auth.verify(self._webhook_secret, signed, call.headers.get(SIGNATURE, ""))
        webhook_auth.fresh(webhook_auth.of_milliseconds(stamp), call.at)
        events = read_call(shapes.EVENTS, call.body) or ()
        return Heard(refs=tuple(dict.fromkeys(event.ticket for event in events if event.ticket)))

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: the property, the pipelines and stages, and that conversations may be read."""
        deadline = Deadline(budget)
        found = {pipeline.id: pipeline for pipeline in self._pipelines(deadline)}
        places = dict.fromkeys((self._place, *self._places.values()))
        misplaced = [wrong for place in places if (wrong := _misplaced(place, found))]
        return [*self._check_property(deadline), *misplaced, *self._check_conversations(deadline)]

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. What changed last is looked at first."""
        deadline = Deadline(budget)
        ours = {one.ref: one.escalation_id for one in filed}
        names = ["hs_pipeline_stage", "hubspot_owner_id", "hubspot_owner_assigneddate", "closed_date"]
        worked = [one for one in self._many(shapes.WORK, "tickets", list(ours), names, deadline) if one.id in ours]
        closed = {stage.id for one in self._pipelines(deadline) for stage in one.stages if stage.closed}
        team = self._team({owner for one in worked if (owner := one.get("hubspot_owner_id"))}, deadline)
        moved = [told for one in worked for told in _moved(one, ours[one.id], team, closed)]
        newest_first = sorted(worked, key=lambda one: one.updatedAt, reverse=True)
        return news_of_each(newest_first, lambda one: self._answers(one, ours[one.id], deadline), deadline, moved)

    def _answers(self, ticket: shapes.Work, escalation_id: str, deadline: Deadline) -> Iterator[DeskNews]:
        """A conversation may be older than the ticket that somebody linked it to: what was said before is no answer."""
        of_ticket = {"associatedTicketId": ticket.id}
        for thread in self._pages(shapes.THREADS, CONVERSATIONS, of_ticket, deadline, absent=[HTTPStatus.FORBIDDEN]):
            for said in self._pages(shapes.MESSAGES, f"{CONVERSATIONS}/{thread.id}/messages", {}, deadline):
                if said.answer and said.createdAt >= ticket.createdAt:
                    at, text = from_datetime(said.createdAt), (said.text or "").strip()[:NEWS_LIMIT]
                    yield DeskNews(
                        NewsKind.ANSWERED, escalation_id, said.agent(), at, f"hubspot:{said.id}", text or None
                    )

    def _team(self, owners: set[str], deadline: Deadline) -> dict[str, Agent]:
        return {owner: self._owner(owner, deadline) for owner in sorted(owners)}

    def _owner(self, owner: str, deadline: Deadline) -> Agent:
        found = self._api.read_if_there(shapes.OWNER, f"crm/v3/owners/{quote(owner, safe='')}", deadline)
        return Agent(f"hubspot:{owner}", "HubSpot") if found is None else found.agent()

    def _contact(self, email: str, deadline: Deadline) -> shapes.Record | None:
        path = f"{OBJECTS}/contacts/{quote(email, safe='')}"
        return self._api.read_if_there(shapes.RECORD, path, deadline, {"idProperty": "email"})

    def _new_contact(self, contact: Mapping[str, str], deadline: Deadline) -> shapes.Record:
        body: Json = {"properties": dict(contact), "associations": []}
        return read_made(shapes.RECORD, self._api.post(f"{OBJECTS}/contacts", body, deadline).json)

    def _pipelines(self, deadline: Deadline) -> tuple[shapes.Pipeline, ...]:
        return self._api.read(shapes.PIPELINES, "crm/v3/pipelines/tickets", deadline).results

    def _check_property(self, deadline: Deadline) -> Iterator[str]:
        name = self._id_property
        path = f"crm/v3/properties/tickets/{quote(name, safe='')}"
        found = self._api.read_if_there(shapes.PROPERTY, path, deadline)
        if found is None:
            yield f"HubSpot's tickets have no property {name}: make one, as single-line text with unique values."
        elif not found.hasUniqueValue:
            yield f"HubSpot's ticket property {name} does not hold unique values: make one that does, and name it."

    def _check_conversations(self, deadline: Deadline) -> Iterator[str]:
        answer = self._api.get(CONVERSATIONS, deadline, {"limit": "1"}, expect=[HTTPStatus.FORBIDDEN])
        if answer.status == HTTPStatus.FORBIDDEN:
            yield "HubSpot's token may not read conversations: give the app conversations.read, or answers go unseen."

    def _many(
        self,
        shape: TypeAdapter[shapes.Page[Item]],
        kind: str,
        ids: Sequence[str],
        names: Sequence[str],
        deadline: Deadline,
    ) -> tuple[Item, ...]:
        """Up to a hundred records by their ids; what is gone is left out."""
        body: Json = {
            "properties": list(names),
            "propertiesWithHistory": [],
            "inputs": [{"id": number} for number in ids],
        }
        return read(shape, self._api.post(f"{OBJECTS}/{kind}/batch/read", body, deadline)).results

    def _pages(
        self,
        shape: TypeAdapter[shapes.Page[Item]],
        path: str,
        params: Mapping[str, str],
        deadline: Deadline,
        absent: Sequence[int] = (),
    ) -> Iterator[Item]:
        """Everything that a list holds; nothing where the answer's status is one of `absent`."""
        asked = dict(params)
        for _ in range(MOST_PAGES):
            page = self._api.read_if_there(shape, path, deadline, asked, absent=absent)
            if page is None:
                return
            yield from page.results
            if page.after is None:
                return
            asked["after"] = page.after
        raise AdapterError("list too long")


def as_html(text: str) -> str:
    """Plain text as HubSpot's notes want it: nothing in it is markup, and its lines stay lines."""
    return "<br>".join(html.escape(line.strip(), quote=False) for line in text.splitlines())


def decoded(url: str) -> str:
    """The address as HubSpot signs it."""
    for code, character in DECODED_IN_SIGNATURE.items():
        url = url.replace(code, character).replace(code.lower(), character)
    return url


def _moved(ticket: shapes.Work, escalation_id: str, team: Mapping[str, Agent], closed: set[str]) -> Iterator[DeskNews]:
    """Who has the ticket, and that it is over."""
    changed = from_datetime(ticket.updatedAt)
    owner = team.get(ticket.get("hubspot_owner_id") or "")
    if owner:
        at = _instant(ticket.get("hubspot_owner_assigneddate")) or changed
        yield DeskNews(NewsKind.PICKED_UP, escalation_id, owner, at)
    if ticket.get("hs_pipeline_stage") in closed:
        at = _instant(ticket.get("closed_date")) or changed
        yield DeskNews(NewsKind.SOLVED, escalation_id, owner or Agent("hubspot:0", "HubSpot"), at)


def _instant(text: str | None) -> Millis | None:
    """A time as HubSpot writes it, in RFC 3339 or in milliseconds."""
    try:
        return from_datetime(shapes.INSTANT.validate_python(text))
    except ValidationError:
        return None


def _contact(customer: PacketCustomer) -> Json:
    address = customer.mailbox
    if address is None:
        return None
    first, _, last = (customer.called or "").partition(" ")
    names = {"firstname": first, "lastname": last.strip()}
    return {"email": address, **{name: value for name, value in names.items() if value}}


def _misplaced(place: Place, found: Mapping[str, shapes.Pipeline]) -> str | None:
    pipeline = found.get(place.pipeline)
    if pipeline is None:
        return f"HubSpot has no ticket pipeline with the internal id {place.pipeline}."
    stage = next((one for one in pipeline.stages if one.id == place.stage), None)
    if stage is None:
        return f"HubSpot's ticket pipeline {place.pipeline} has no stage with the internal id {place.stage}."
    return f"HubSpot's stage {place.stage} is a closed one: tickets cannot begin there." if stage.closed else None


def _age(number: str) -> tuple[int, str]:
    """Ids grow; a longer one is newer."""
    return len(number), number
