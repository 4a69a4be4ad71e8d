"""Intercom as a desk: a ticket of the owner's type that tells the customer the promise, its packet a note for the team.

Intercom has neither a key that keeps a second ticket away nor a list of tickets, only a search, whose index may lag
behind by minutes. After an unknown outcome `settle` waits for it, and only then may a search come before another send.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.ticket_news import NEWS_LIMIT, news_of_each
from bridge.adapters.http import Answer, Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import Id, Lenient, read, read_call, read_made
from bridge.adapters.markup import as_html, as_text
from bridge.adapters.vendors.intercom import BASE_URL, DIALECT, VERSION, headers
from bridge.domain.escalation import Agent
from bridge.domain.instants import SECOND
from bridge.domain.packet import PacketCustomer, Ticket
from bridge.domain.rendering import mark, render_ticket
from bridge.domain.values import Json, Millis
from bridge.ports import AdapterError, DeskNews, Filed, Heard, HookCall, NewsKind, Strategy, TicketRef

NOTE_LIMIT = 30_000
"""Characters of the packet. Intercom names no limit; escaped they may be five times as many."""
PAGE_SIZE = 20

SIGNATURE = "x-hub-signature"
CUSTOMER_ROLE = "Customer"
TEXT_TYPE = "string"
RESOLVED_CATEGORY = "resolved"

Seconds = Annotated[int, Field(ge=0, le=10**11)]
T = TypeVar("T")


class _Asked(Lenient):
    """The frozen body: the ticket, and the contact who has to be made for it where there is no address."""

    ticket: dict[str, Json]
    contact: dict[str, Json] | None = None


class _Named(Lenient):
    id: Id
    name: str | None = None

    @property
    def agent(self) -> Agent:
        return Agent(f"intercom:{self.id}", self.name or "Intercom")


class _State(Lenient):
    category: str = ""


class _Author(Lenient):
    id: Id | None = None
    type: str = ""
    name: str | None = None


class _Part(Lenient):
    id: Id
    part_type: str = ""
    body: str | None = None
    created_at: Seconds = 0
    author: _Author | None = None
    redacted: bool | None = None
    app_package_code: str | None = None

    @property
    def writer(self) -> Agent | None:
        """Who of the team typed it for the customer; None for notes, bots, customers, and what came in by the API."""
        typed = self.part_type == "comment" and not self.redacted and self.app_package_code is None
        if not typed or self.author is None or self.author.type != "admin" or self.author.id is None:
            return None
        return _Named(id=self.author.id, name=self.author.name).agent


class _Parts(Lenient):
    ticket_parts: tuple[_Part, ...] = ()


class _Ticket(Lenient):
    id: Id
    ticket_attributes: dict[str, Json] | None = None
    ticket_state: _State | None = None
    ticket_parts: _Parts | None = None
    admin_assignee_id: Id | None = None
    created_at: Seconds = 0
    updated_at: Seconds = 0

    @property
    def parts(self) -> tuple[_Part, ...]:
        return self.ticket_parts.ticket_parts if self.ticket_parts else ()


class _Pages(Lenient):
    next: Json = None


class _Found(Lenient):
    tickets: tuple[_Ticket | None, ...]
    pages: _Pages | None = None


class _Attribute(Lenient):
    id: Id
    name: str
    data_type: str = TEXT_TYPE
    visible_to_contacts: bool | None = None
    archived: bool | None = None


class _Attributes(Lenient):
    data: tuple[_Attribute | None, ...] = ()


class _Type(Lenient):
    id: Id
    category: str = CUSTOMER_ROLE
    archived: bool | None = None
    ticket_type_attributes: _Attributes | None = None

    def attribute(self, name: str) -> _Attribute | None:
        """The one of this name that is in use."""
        listed = self.ticket_type_attributes.data if self.ticket_type_attributes else ()
        return next((one for one in listed if one and one.name == name and not one.archived), None)


class _Types(Lenient):
    data: tuple[_Type | None, ...]


class _Admins(Lenient):
    admins: tuple[_Named | None, ...]


class _Teams(Lenient):
    teams: tuple[_Named | None, ...]


class _Item(Lenient):
    id: Id | None = None
    type: str = ""
    ticket: _Named | None = None


class _Data(Lenient):
    item: _Item


class _Called(Lenient):
    data: _Data
    first_sent_at: Seconds | None = None

    @property
    def ref(self) -> str | None:
        """The ticket's id: some topics have the ticket on top, some beside the part that they are about."""
        item = self.data.item
        if item.ticket is not None:
            return item.ticket.id
        return item.id if item.type == "ticket" else None


_TICKET, _FOUND, _TYPES = TypeAdapter(_Ticket), TypeAdapter(_Found), TypeAdapter(_Types)
_ADMINS, _TEAMS = TypeAdapter(_Admins), TypeAdapter(_Teams)
_NAMED, _CALLED = TypeAdapter(_Named), TypeAdapter(_Called)


class Intercom:
    """Tickets in an Intercom workspace.

    Args:
        http: carries the calls.
        token: an access token that may read and write tickets and contacts, and read teammates.
        ticket_type: the id of the type that our tickets have.
        admin: the id of the teammate under whose name our notes stand.
        attribute: the name of the type's text attribute that holds our id.
        base_url: `https://api.intercom.io`, or that of the region.
        teams: from our queue names to the ids of Intercom's teams; a queue that is not in it gets no team.
        client_secret: of the app, with which Intercom signs its calls to us; without it none is believed.
        version: of the API.
        budget_s: seconds for one of our steps, which may take two calls.
    """

    name = "intercom"
    strategy = Strategy.LOOKUP_FIRST
    key_window = timedelta(0)
    settle = timedelta(minutes=5)

    def __init__(
        self,
        http: Http,
        *,
        token: str,
        ticket_type: str,
        admin: str,
        attribute: str = "escalation_id",
        base_url: str = BASE_URL,
        teams: Mapping[str, int] | None = None,
        client_secret: str = "",
        version: str = VERSION,
        budget_s: float = 20.0,
    ) -> None:
        self._api = JsonApi(http, base_url.rstrip("/"), headers(token, version), DIALECT)
        self._type = ticket_type
        self._admin = admin
        self._attribute = attribute
        self._teams = dict(teams or {})
        self._client_secret = client_secret
        self._budget_s = budget_s

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. Title and description are read by the customer: they hold the promise alone."""
        contact, made = _contact(ticket.packet.customer, ticket.external_id)
        attributes = {
            "_default_title_": f"Chat hand-off: {ticket.queue}",
            "_default_description_": ticket.due_text,
            self._attribute: ticket.external_id,
        }
        request: dict[str, Json] = {
            "ticket_type_id": self._type,
            "contacts": [contact],
            "ticket_attributes": attributes,
            "skip_notifications": True,
        }
        if ticket.queue in self._teams:
            request["assignment"] = {"team_assignee_id": str(self._teams[ticket.queue])}
        return json.dumps(_Asked(ticket=request, contact=made).model_dump(), ensure_ascii=False)

    def private_note(self, ticket: Ticket) -> str | None:
        """See `bridge.ports.Desk`."""
        return render_ticket(ticket, limit=NOTE_LIMIT)

    def create(self, external_id: str, body: str) -> TicketRef:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. A contact with this id may be there from an earlier attempt: that is a 409."""
        asked, deadline = _Asked.model_validate_json(body), Deadline(self._budget_s)
        if asked.contact is not None:
            self._api.post("contacts", asked.contact, deadline, expect=[HTTPStatus.CONFLICT])
        return TicketRef(_made(self._api.post("tickets", asked.ticket, deadline)))

    def find(self, external_id: str, body: str) -> TicketRef | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. There is nothing but the search, which is asked by the attribute's number."""
        deadline = Deadline(self._budget_s)
        kind = self._ticket_type(deadline)
        attribute = kind.attribute(self._attribute) if kind else None
        if attribute is None:
            raise AdapterError("no attribute for our id")
        condition: Json = {"field": f"ticket_attribute.{attribute.id}", "operator": "=", "value": external_id}
        query: Json = {"query": condition, "pagination": {"per_page": PAGE_SIZE}}
        found = read(_FOUND, self._api.post("tickets/search", query, deadline))
        ours = [one for one in _some(found.tickets) if self._id_in(one) == external_id]
        if not ours and found.pages and found.pages.next:
            raise AdapterError("list not filtered")  # then its first page proves nothing
        return TicketRef(min(ours, key=lambda one: one.created_at).id) if ours else None

    def _id_in(self, ticket: _Ticket) -> Json:
        return (ticket.ticket_attributes or {}).get(self._attribute)

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. A ticket is whole when it is made; Intercom has no priority of tickets."""

    def append(self, ref: str, note_id: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`."""
        note: Json = {
            "message_type": "note",
            "type": "admin",
            "admin_id": self._admin,
            "body": as_html(text),
            "skip_notifications": True,
        }
        _made(self._api.post(f"tickets/{quote(ref)}/reply", note, Deadline(self._budget_s)))

    def has_note(self, ref: str, note_id: str) -> bool:
        """See `bridge.ports.Desk`. A ticket tells of its newest five hundred parts."""
        ticket = self._api.read(_TICKET, f"tickets/{quote(ref)}", Deadline(self._budget_s))
        return any(mark(note_id) in as_text(part.body or "") for part in ticket.parts)

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. The time is in the body, which is signed.

        https://developers.intercom.com/docs/webhooks/webhook-notifications
        """
        given = call.headers.get(SIGNATURE, "").removeprefix("sha1=")
        webhook_auth.verify(self._client_secret, call.body, given, digest="sha1", spelling="hex")
        called = read_call(_CALLED, call.body)
        if called is None:
            return Heard()
        if called.first_sent_at is not None:
            webhook_auth.fresh(_millis(called.first_sent_at), call.at)
        return Heard(refs=(called.ref,) if called.ref else ())

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: the ticket type with its attribute, the teammate who writes, the queues' teams."""
        deadline = Deadline(budget)
        return [*self._check_type(deadline), *self._check_admin(deadline), *self._check_teams(deadline)]

    def _check_type(self, deadline: Deadline) -> Iterator[str]:
        kind = self._ticket_type(deadline)
        if kind is None:
            yield f"Intercom has no ticket type {self._type}: set BRIDGE_INTERCOM_TICKET_TYPE to the id of one."
            return
        if kind.category != CUSTOMER_ROLE:
            yield f"Customers cannot be answered in tickets of type {self._type}: take one of the category Customer."
        attribute = kind.attribute(self._attribute)
        if attribute is None or attribute.data_type != TEXT_TYPE:
            yield f"Ticket type {self._type} has no text attribute {self._attribute}, which holds our id: add it."
        elif attribute.visible_to_contacts:
            yield f"Customers see the attribute {self._attribute} of ticket type {self._type}: hide it from them."

    def _check_admin(self, deadline: Deadline) -> Iterator[str]:
        if self._admin not in self._people(deadline):
            yield f"Intercom has no teammate {self._admin}: set BRIDGE_INTERCOM_ADMIN to whose name our notes bear."

    def _check_teams(self, deadline: Deadline) -> Iterator[str]:
        if not self._teams:
            return
        known = {team.id for team in _some(self._api.read(_TEAMS, "teams", deadline).teams)}
        for queue, team in self._teams.items():
            if str(team) not in known:
                yield f"Intercom has no team {team}, which BRIDGE_DESK_QUEUES names for the queue {queue}."

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. One call for the teammates, and one a ticket."""
        deadline = Deadline(budget)
        people = self._people(deadline)
        return news_of_each(filed, lambda one: self._of_ticket(one, people, deadline), deadline)

    def _of_ticket(self, one: Filed, people: Mapping[str, Agent], deadline: Deadline) -> Iterable[DeskNews]:
        ticket = self._api.read_if_there(_TICKET, f"tickets/{quote(one.ref)}", deadline)
        return () if ticket is None else _of_ticket(one.escalation_id, ticket, people)

    def _ticket_type(self, deadline: Deadline) -> _Type | None:
        kinds = _some(self._api.read(_TYPES, "ticket_types", deadline).data)
        return next((kind for kind in kinds if kind.id == self._type and not kind.archived), None)

    def _people(self, deadline: Deadline) -> dict[str, Agent]:
        return {one.id: one.agent for one in _some(self._api.read(_ADMINS, "admins", deadline).admins)}


NOBODY = Agent("intercom:0", "Intercom")
"""Who resolved a ticket that has no assignee."""


def _contact(customer: PacketCustomer, external_id: str) -> tuple[dict[str, Json], dict[str, Json] | None]:
    """Whose the ticket is, and who has to be made for it: of an address Intercom makes a contact itself."""
    if customer.mailbox:
        return {"email": customer.mailbox}, None
    name = customer.called or "Visitor"
    return {"external_id": external_id}, {"role": "user", "external_id": external_id, "name": name}


def _of_ticket(escalation_id: str, ticket: _Ticket, people: Mapping[str, Agent]) -> Iterator[DeskNews]:
    """An assignee who is no teammate is nobody, which Intercom writes as 0, or a bot."""
    at, person = _millis(ticket.updated_at), people.get(ticket.admin_assignee_id or "")
    if person:
        yield DeskNews(NewsKind.PICKED_UP, escalation_id, person, at)
    for part in ticket.parts:
        if part.writer:
            text = as_text(part.body or "")[:NEWS_LIMIT]
            written = _millis(part.created_at)
            yield DeskNews(NewsKind.ANSWERED, escalation_id, part.writer, written, f"intercom:{part.id}", text)
    if ticket.ticket_state and ticket.ticket_state.category == RESOLVED_CATEGORY:
        yield DeskNews(NewsKind.SOLVED, escalation_id, person or NOBODY, at)


def _some(listed: Iterable[T | None]) -> Iterator[T]:
    """Those that are there: Intercom's lists may hold null."""
    return (one for one in listed if one is not None)


def _made(answer: Answer) -> str:
    """The id of what was made."""
    return read_made(_NAMED, answer.json).id


def _millis(seconds: int) -> Millis:
    return seconds * SECOND
