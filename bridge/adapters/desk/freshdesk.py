"""Freshdesk as a desk: a ticket whose text is the promise, with the packet as its first private note.

Freshdesk knows no key that would make a repeat harmless, so a look-up comes first: the list of the customer's tickets,
which is asked by their address. It is no index and does not lag as the search does. A visitor without an address is a
contact of their own there, whose external id is that of the escalation; the list is asked by that.

Facts: https://developers.freshdesk.com/api/
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.frozen_request import freeze, thaw
from bridge.adapters.desk.ticket_news import NEWS_LIMIT, news_of_each
from bridge.adapters.http import Answer, Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import Id, Lenient, read, read_call, read_made
from bridge.adapters.markup import as_html, as_text, tag
from bridge.adapters.vendors.freshdesk import headers
from bridge.domain.escalation import Agent
from bridge.domain.instants import SECOND, from_datetime, to_rfc3339
from bridge.domain.packet import Ticket
from bridge.domain.rendering import mark, render_ticket
from bridge.domain.values import Json, Millis, Priority
from bridge.ports import (
    AdapterError,
    DeskNews,
    Filed,
    Heard,
    HookCall,
    NewsKind,
    Rejected,
    Strategy,
    TicketRef,
)

NOTE_LIMIT = 30_000
"""Characters of the packet. Freshdesk names no limit; escaped they may be five times as many."""
TAG_LIMIT = 32
PAGE_SIZE, MOST_PAGES = 100, 10
PRIORITIES = {Priority.NORMAL: 2, Priority.HIGH: 3, Priority.URGENT: 4}
OPEN, RESOLVED, CLOSED = 2, 4, 5
CHAT_SOURCE = 7
REPLY, NOTE = 0, 2
"""The kinds of conversation that an answer can be; a forwarded mail is another, and goes to somebody else."""
FILLED_FIELDS = frozenset({"requester", "subject", "status", "priority", "description", "source"})
"""The fields that each of our tickets fills in."""
UNSEEN = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""What a key is answered that may not read a thing, or where it is gone."""
SECRET_HEADER = "x-bridge-hook-secret"  # noqa: S105 - a header's name


class _Made(Lenient):
    id: int = Field(ge=1)


class _Listed(_Made):
    tags: tuple[str, ...] | None = None
    custom_fields: Mapping[str, Any] | None = None


class _Ticket(_Made):
    status: int
    responder_id: int | None = None
    requester_id: int | None = None
    updated_at: AwareDatetime


class _Said(_Made):
    user_id: int | None = None
    incoming: bool
    private: bool
    source: int | None = None
    body: str | None = None
    body_text: str | None = None
    created_at: AwareDatetime

    @property
    def text(self) -> str:
        return as_text(self.body or "") or (self.body_text or "").strip()

    def by_staff(self, requester_id: int | None) -> bool:
        """Whether it is an answer of the team that the customer can read."""
        shown = not self.incoming and not self.private and self.source in (REPLY, NOTE)
        return shown and self.user_id not in (None, requester_id)


class _Contact(Lenient):
    name: str | None = None


class _Person(Lenient):
    contact: _Contact = _Contact()


class _Field(Lenient):
    name: str
    label: str | None = None
    type: str = ""
    required_for_agents: bool | None = None
    choices: Any = None


class _Fault(Lenient):
    field: str | None = None
    code: str | None = None


class _Faults(Lenient):
    errors: tuple[_Fault, ...] = ()


class _Hook(Lenient):
    ticket_id: Id | None = None
    freshdesk_webhook: "_Hook | None" = None

    @property
    def ref(self) -> str | None:
        return self.freshdesk_webhook.ref if self.freshdesk_webhook else self.ticket_id


T = TypeVar("T")

_MADE, _TICKET, _PERSON = TypeAdapter(_Made), TypeAdapter(_Ticket), TypeAdapter(_Person)
_LIST, _CONVERSATIONS = TypeAdapter(tuple[_Listed, ...]), TypeAdapter(tuple[_Said, ...])
_FIELDS, _FAULTS, _HOOK = TypeAdapter(tuple[_Field, ...]), TypeAdapter(_Faults), TypeAdapter(_Hook)


class Freshdesk:
    """Tickets in Freshdesk.

    Args:
        http: carries the calls.
        base_url: `https://<domain>.freshdesk.com`.
        token: an agent's API key.
        groups: from our queue names to Freshdesk group ids; a queue that is not in it is left to Freshdesk's own rules.
        id_field: the account's ticket field for our id, such as `cf_escalation_id`; empty: a tag has it.
        solved: numbers of own statuses that mean solved, beside resolved and closed.
        webhook_secret: what our header in the automation rule holds; without it no call is believed.
        tags: put on every ticket.
        budget_s: seconds for one call, and for a look-up.
    """

    name = "freshdesk"
    strategy = Strategy.LOOKUP_FIRST
    key_window = timedelta(0)
    settle = timedelta(minutes=1)
    """Freshdesk does not promise that its list shows a new ticket at once."""

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        token: str,
        groups: Mapping[str, int] | None = None,
        id_field: str = "",
        solved: Collection[int] = (),
        webhook_secret: str = "",
        tags: Sequence[str] = ("ai-escalation",),
        budget_s: float = 20.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._api = JsonApi(http, f"{self._base}/api/v2", headers(token))
        self._groups = dict(groups or {})
        self._id_field = id_field
        self._solved = frozenset({RESOLVED, CLOSED, *solved})
        self._webhook_secret = webhook_secret
        self._tags = tuple(tags)
        self._budget_s = budget_s

    # -- one ticket ----------------------------------------------------------------------------------------------------

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. The customer may read all of it, and be mailed it: it holds what they know."""
        tags = [*self._tags, _tag(f"queue-{ticket.queue}"), _tag(f"by-{ticket.channel.value}")]
        fields: dict[str, Json] = {
            **_requester(ticket),
            "subject": f"Chat hand-off: {ticket.queue}",
            "description": as_html(ticket.due_text),
            "status": OPEN,
            "priority": PRIORITIES[ticket.priority],
            "source": CHAT_SOURCE,
        }
        if self._id_field:
            fields["custom_fields"] = {self._id_field: ticket.external_id}
        else:
            tags.append(id_tag(ticket.external_id))
        if ticket.queue in self._groups:
            fields["group_id"] = self._groups[ticket.queue]
        return freeze(ticket, {**fields, "tags": tags})

    def private_note(self, ticket: Ticket) -> str | None:
        """See `bridge.ports.Desk`."""
        return render_ticket(ticket, limit=NOTE_LIMIT)

    def create(self, external_id: str, body: str) -> TicketRef:
        """See `bridge.ports.Desk`. An address that Freshdesk refuses must not cost us the ticket."""
        request, deadline = dict(thaw(body).request), Deadline(self._budget_s)
        answer = self._api.post("tickets", request, deadline, expect=[HTTPStatus.BAD_REQUEST])
        if answer.status == HTTPStatus.BAD_REQUEST:
            if "email" not in request or not any(fault.field == "email" for fault in _faults(answer)):
                raise Rejected("http 400")
            answer = self._api.post("tickets", _without_address(request, external_id), deadline)
        return self._ref(read_made(_MADE, answer.json))

    def find(self, external_id: str, body: str) -> TicketRef | None:
        """See `bridge.ports.Desk`. A list comes oldest first, so the first that is ours is the oldest of several."""
        sent, deadline = thaw(body), Deadline(self._budget_s)
        by_address = {"email": sent.request["email"]} if "email" in sent.request else {}
        for by, who in {**by_address, "unique_external_id": external_id}.items():
            listed = self._tickets_of(by, who, sent.since, deadline)
            first = next((one for one in listed if _bears(one, external_id, sent.request)), None)
            if first:
                return self._ref(first)
        return None

    def _tickets_of(self, by: str, who: str, since: Millis, deadline: Deadline) -> Iterator[_Listed]:
        params = {
            by: who,
            "updated_since": to_rfc3339(since // SECOND * SECOND),
            "order_by": "created_at",
            "order_type": "asc",
        }
        return self._pages("tickets", params, _LIST, deadline, absent=partial(_no_such_contact, by))

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. A ticket is whole when it is made."""

    # -- notes ---------------------------------------------------------------------------------------------------------

    def append(self, ref: str, note_id: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`."""
        note: dict[str, Json] = {"body": as_html(text), "private": True}
        read_made(_MADE, self._api.post(f"tickets/{quote(ref)}/notes", note, Deadline(self._budget_s)).json)

    def has_note(self, ref: str, note_id: str) -> bool:
        """See `bridge.ports.Desk`."""
        said = self._conversations(ref, Deadline(self._budget_s))
        return any(mark(note_id) in (one.body_text or one.body or "") for one in said)

    # -- what people do ------------------------------------------------------------------------------------------------

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. Freshdesk signs nothing: its rule sends our own header along.

        https://support.freshdesk.com/support/solutions/articles/132589-using-webhooks-in-automation-rules
        """
        webhook_auth.same_secret(self._webhook_secret, call.headers.get(SECRET_HEADER, ""))
        called = read_call(_HOOK, call.body)
        return Heard(refs=(called.ref,) if called and called.ref else ())

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. Two calls a ticket."""
        deadline = Deadline(budget)
        people: dict[int, Agent] = {}
        return news_of_each(filed, lambda one: self._of_ticket(one, people, deadline), deadline)

    def _of_ticket(self, filed: Filed, people: dict[int, Agent], deadline: Deadline) -> Iterator[DeskNews]:
        ticket = self._api.read_if_there(_TICKET, f"tickets/{quote(filed.ref)}", deadline)
        if ticket is None:
            return  # deleted there for good
        at = from_datetime(ticket.updated_at)
        holder = self._agent(ticket.responder_id, people, deadline) if ticket.responder_id else None
        if holder:
            yield DeskNews(NewsKind.PICKED_UP, filed.escalation_id, holder, at)
        for said in self._conversations(filed.ref, deadline):
            if said.user_id and said.by_staff(ticket.requester_id):
                who, written = self._agent(said.user_id, people, deadline), from_datetime(said.created_at)
                text = said.text[:NEWS_LIMIT]
                yield DeskNews(NewsKind.ANSWERED, filed.escalation_id, who, written, f"freshdesk:{said.id}", text)
        if ticket.status in self._solved:
            yield DeskNews(NewsKind.SOLVED, filed.escalation_id, holder or NOBODY, at)

    def _conversations(self, ref: str, deadline: Deadline) -> Iterator[_Said]:
        return self._pages(f"tickets/{quote(ref)}/conversations", {}, _CONVERSATIONS, deadline)

    def _agent(self, number: int, people: dict[int, Agent], deadline: Deadline) -> Agent:
        """By name; a key that may not read it does without, and somebody who has left has none."""
        if number not in people:
            person = self._api.read_if_there(_PERSON, f"agents/{number}", deadline, absent=UNSEEN) or _Person()
            people[number] = Agent(f"freshdesk:{number}", person.contact.name or NOBODY.name)
        return people[number]

    # -- how it is set up ----------------------------------------------------------------------------------------------

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: that the key reads tickets; fields, statuses and groups that the settings name."""
        deadline = Deadline(budget)
        self._api.read(_LIST, "tickets", deadline, {"per_page": "1"})
        return [*self._check_fields(deadline), *self._check_groups(deadline)]

    def _check_fields(self, deadline: Deadline) -> Iterator[str]:
        listed = self._api.read_if_there(_FIELDS, "ticket_fields", deadline, absent=[HTTPStatus.FORBIDDEN])
        if listed is None:
            yield "The API key may not read Freshdesk's ticket fields. Let its agent, so that they can be checked."
            return
        fields = {field.name: field for field in listed}
        yield from self._check_id_field(fields.get(self._id_field))
        yield from self._check_solved(fields.get("status"))
        filled = {*FILLED_FIELDS, self._id_field, *(["group"] if self._groups else [])}
        for field in fields.values():
            if field.required_for_agents and field.name not in filled:
                yield (
                    f"Freshdesk wants agents to fill in {field.label or field.name} when they make a ticket, and will "
                    "refuse ours. Let it be required when a ticket is closed."
                )

    def _check_id_field(self, field: _Field | None) -> Iterator[str]:
        if self._id_field and (field is None or field.type not in ("custom_text", "custom_paragraph")):
            yield (
                f"Freshdesk has no ticket field {self._id_field} of single-line text. "
                "Make it, or leave BRIDGE_FRESHDESK_ID_FIELD empty: a tag then has our id."
            )

    def _check_solved(self, field: _Field | None) -> Iterator[str]:
        known = _statuses(field)
        for number in sorted(self._solved - known.keys()) if known else ():
            there = ", ".join(f"{key} {name}" for key, name in sorted(known.items()))
            yield f"Freshdesk has no status {number}, which BRIDGE_FRESHDESK_SOLVED names. It has {there}."

    def _check_groups(self, deadline: Deadline) -> Iterator[str]:
        for queue, group in self._groups.items():
            answer = self._api.get(f"groups/{group}", deadline, expect=UNSEEN)
            if answer.status == HTTPStatus.NOT_FOUND:
                yield f"Freshdesk has no group {group}, which BRIDGE_DESK_QUEUES names for the queue {queue}."

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _pages(
        self,
        path: str,
        params: Mapping[str, str],
        kind: TypeAdapter[tuple[T, ...]],
        deadline: Deadline,
        *,
        absent: Callable[[Answer], bool] | None = None,
    ) -> Iterator[T]:
        """All that a list holds; nothing where a refusal says, by `absent`, that there is nothing to list."""
        for number in range(1, MOST_PAGES + 1):
            asked = {**params, "page": str(number), "per_page": str(PAGE_SIZE)}
            answer = self._api.get(path, deadline, asked, expect=[HTTPStatus.BAD_REQUEST])
            if answer.status == HTTPStatus.BAD_REQUEST:
                if absent and absent(answer):
                    return
                raise Rejected("http 400")
            page = read(kind, answer)
            yield from page
            if len(page) < PAGE_SIZE:
                return
        raise AdapterError("too many pages")

    def _ref(self, ticket: _Made) -> TicketRef:
        return TicketRef(str(ticket.id), f"{self._base}/a/tickets/{ticket.id}")


NOBODY = Agent("freshdesk:0", "Freshdesk")
"""Who solved a ticket that has no agent."""


def id_tag(external_id: str) -> str:
    """The tag that carries our id: the id itself where it fits, else one that is made from it."""
    if len(external_id) <= TAG_LIMIT:
        return external_id
    return "esc-" + hashlib.sha256(external_id.encode()).hexdigest()[: TAG_LIMIT - 4]


def _requester(ticket: Ticket) -> dict[str, Json]:
    """Whoever has no address that Freshdesk takes is a contact known by the escalation's id, and by that alone."""
    customer = ticket.packet.customer
    address = customer.mailbox
    if address:
        return {"name": customer.called or address, "email": address}
    return {"name": customer.called or "Website visitor", "unique_external_id": ticket.external_id}


def _without_address(request: Mapping[str, Json], external_id: str) -> dict[str, Json]:
    kept = {name: value for name, value in request.items() if name != "email"}
    return {**kept, "unique_external_id": external_id}


def _bears(ticket: _Listed, external_id: str, sent: Mapping[str, Json]) -> bool:
    """Whether a listed ticket has our id where it was sent: in a field, else as a tag, whose case may not be kept."""
    if "custom_fields" in sent:
        return _told(None if ticket.custom_fields is None else ticket.custom_fields.values(), external_id)
    tags = None if ticket.tags is None else [one.lower() for one in ticket.tags]
    return _told(tags, id_tag(external_id).lower())


def _told(kept: Collection[Any] | None, wanted: str) -> bool:
    if kept is None:
        raise AdapterError("list without our id")  # then that it is not there proves nothing
    return wanted in kept


def _no_such_contact(by: str, answer: Answer) -> bool:
    """A list by a contact that does not exist is refused; a ticket of ours would have made that contact."""
    return any(fault.field == by and fault.code == "invalid_value" for fault in _faults(answer))


def _faults(answer: Answer) -> tuple[_Fault, ...]:
    """What a refusal complains about; nothing where it cannot be read."""
    try:
        return _FAULTS.validate_python(answer.json).errors
    except ValidationError:
        return ()


def _statuses(field: _Field | None) -> dict[int, str]:
    """The account's statuses by number; none where they cannot be read."""
    choices = field.choices if field and isinstance(field.choices, dict) else {}
    return {int(key): _first(names) for key, names in choices.items() if str(key).isdecimal()}


def _first(names: Json) -> str:
    return str(names[0] if isinstance(names, list) and names else names)


def _tag(text: str) -> str:
    return tag(text)[:TAG_LIMIT]
