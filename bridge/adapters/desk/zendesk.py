"""Zendesk as a desk: a ticket whose packet is a private first comment, made once by Idempotency-Key.

Zendesk forgets a key after two hours; the same request would then make a second ticket. `key_window` ends before that,
and afterwards only a look-up by external id may come before another send.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.ticket_news import NEWS_LIMIT, news_of_each
from bridge.adapters.http import Answer, Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import Lenient, read_call
from bridge.adapters.markup import tag
from bridge.adapters.vendors.zendesk import headers
from bridge.domain.escalation import Agent
from bridge.domain.instants import from_datetime
from bridge.domain.packet import PacketCustomer, Ticket
from bridge.domain.rendering import mark, render_ticket
from bridge.domain.values import Json
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

COMMENT_LIMIT = 60_000
"""Characters of a comment, below the 65,535 that Zendesk takes."""


class _Ticket(Lenient):
    id: int = Field(ge=1)
    external_id: str | None = None


class _One(Lenient):
    ticket: _Ticket


class _Many(Lenient):
    tickets: tuple[_Ticket, ...]
    next_page: str | None = None


class _User(Lenient):
    id: int
    name: str = ""
    role: str = "end-user"


class _Work(_Ticket):
    status: str = "new"
    assignee_id: int | None = None
    updated_at: AwareDatetime


class _Worked(Lenient):
    tickets: tuple[_Work, ...]
    users: tuple[_User, ...] = ()


class _Via(Lenient):
    channel: str = ""


class _Comment(Lenient):
    id: int
    author_id: int
    public: bool
    created_at: AwareDatetime
    plain_body: str | None = None
    body: str = ""
    via: _Via = _Via()

    @property
    def text(self) -> str:
        return self.plain_body or self.body


class _Comments(Lenient):
    comments: tuple[_Comment, ...]
    users: tuple[_User, ...] = ()


TicketId = Annotated[str, Field(pattern="^[0-9]{1,20}$")]
"""Zendesk writes it as a number or as text."""


class _Detail(Lenient):
    id: TicketId


class _Called(Lenient):
    ticket_id: TicketId | None = None
    detail: _Detail | None = None

    @property
    def ref(self) -> str | None:
        return self.ticket_id if self.detail is None else self.detail.id


class _Refusal(Lenient):
    details: Mapping[str, Any] = Field(default_factory=dict)


_ONE, _MANY, _REFUSAL = TypeAdapter(_One), TypeAdapter(_Many), TypeAdapter(_Refusal)
_WORKED, _COMMENTS, _CALLED = TypeAdapter(_Worked), TypeAdapter(_Comments), TypeAdapter(_Called)

SIGNATURE = "x-zendesk-webhook-signature"
SIGNED_AT = "x-zendesk-webhook-signature-timestamp"
STAFF_ROLES = ("agent", "admin")
SOLVED_STATUSES = ("solved", "closed")


class Zendesk:
    """Tickets in Zendesk Support.

    Args:
        http: carries the calls.
        base_url: `https://<subdomain>.zendesk.com`.
        token: an API token, used with `email`; without it an OAuth access token.
        email: of the agent whom the API token belongs to.
        groups: from our queue names to Zendesk group ids; a queue that is not in it is left to Zendesk's own triggers.
        webhook_secret: with which Zendesk signs its calls to us; without it none is believed.
        tags: put on every ticket.
        budget_s: seconds for one call.
    """

    name = "zendesk"
    strategy = Strategy.NATIVE_KEY
    key_window = timedelta(hours=1, minutes=45)
    settle = timedelta(0)

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        token: str,
        email: str | None = None,
        groups: Mapping[str, int] | None = None,
        webhook_secret: str = "",
        tags: Sequence[str] = ("ai-escalation",),
        budget_s: float = 20.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._api = JsonApi(http, f"{self._base}/api/v2", headers(token, email))
        self._groups = dict(groups or {})
        self._webhook_secret = webhook_secret
        self._tags = tuple(tags)
        self._budget_s = budget_s

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. The subject, which the customer may see, holds nothing that only staff may know."""
        fields: dict[str, Json] = {
            "subject": f"Chat hand-off: {ticket.queue}",
            "comment": {"body": render_ticket(ticket, limit=COMMENT_LIMIT), "public": False},
            "external_id": ticket.external_id,
            "priority": ticket.priority.value,
            "tags": [*self._tags, tag(f"queue-{ticket.queue}"), tag(f"by-{ticket.channel.value}")],
        }
        requester = _requester(ticket.packet.customer)
        if requester is not None:
            fields["requester"] = requester
        if ticket.queue in self._groups:
            fields["group_id"] = self._groups[ticket.queue]
        return json.dumps({"ticket": fields}, ensure_ascii=False)

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The ticket's own first comment is private already."""
        return None

    def create(self, external_id: str, body: str) -> TicketRef:
        """See `bridge.ports.Desk`. The external id is the key, so a repeat within the window finds the same ticket.

        An address that Zendesk refuses must not cost us the ticket. What is sent without it is another request, which
        Zendesk would not take under the same key.
        """
        deadline = Deadline(self._budget_s)
        answer = self._post(external_id, body, deadline)
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and _refuses_requester(answer):
            answer = self._post(f"{external_id}-no-requester", _without_requester(body), deadline)
        if answer.status == HTTPStatus.BAD_REQUEST:
            raise _bad_request(answer)
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise Rejected("http 422")
        made = _made(answer)
        if made is None:
            raise OutcomeUnknown("malformed")
        return self._ref(made)

    def _post(self, key: str, body: str, deadline: Deadline) -> Answer:
        refused = [HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY]
        return self._api.post("tickets", body, deadline, headers={"Idempotency-Key": key}, expect=refused)

    def find(self, external_id: str, body: str) -> TicketRef | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. External ids are not unique in Zendesk; ids grow, so the lowest is the oldest."""
        found = self._api.read(_MANY, "tickets", Deadline(self._budget_s), {"external_id": external_id})
        ours = [ticket for ticket in found.tickets if ticket.external_id == external_id]
        if not ours and found.next_page:
            raise AdapterError("list not filtered")  # then its first page proves nothing
        oldest, *others = sorted(ticket.id for ticket in ours) or [0]
        return replace(self._ref(oldest), others=tuple(map(str, others))) if ours else None

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. A ticket is whole when it is made."""

    def append(self, ref: str, note_id: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. Zendesk refuses to change a ticket that is closed; a solved one takes it."""
        comment = {"ticket": {"comment": {"body": text[:COMMENT_LIMIT], "public": False}}}
        answer = self._api.put(f"tickets/{quote(ref)}", comment, Deadline(self._budget_s))
        if str(_made(answer)) != ref:
            raise OutcomeUnknown("malformed")

    def has_note(self, ref: str, note_id: str) -> bool:
        """See `bridge.ports.Desk`. The newest hundred comments are looked at."""
        found = self._comments(ref, Deadline(self._budget_s)).comments
        return any(mark(note_id) in comment.text for comment in found)

    def _comments(self, ref: str, deadline: Deadline) -> _Comments:
        newest_first = {"include": "users", "sort_order": "desc"}
        return self._api.read(_COMMENTS, f"tickets/{quote(ref)}/comments", deadline, newest_first)

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. A trigger's webhook says `ticket_id`, an event's `detail.id`.

        https://developer.zendesk.com/documentation/webhooks/verifying/
        """
        signed = call.headers.get(SIGNED_AT, "").encode() + call.body
        webhook_auth.verify(self._webhook_secret, signed, call.headers.get(SIGNATURE, ""))
        webhook_auth.fresh(webhook_auth.of_rfc3339(call.headers.get(SIGNED_AT, "")), call.at)
        called = read_call(_CALLED, call.body)
        return Heard(refs=(called.ref,) if called and called.ref else ())

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: that the token may read tickets. Zendesk has no question about making them."""
        self._api.read(_MANY, "tickets", Deadline(budget), {"external_id": "esc_check"})
        return []

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. A ticket that nobody has touched costs no call of its own."""
        deadline = Deadline(budget)
        ours = {one.ref: one.escalation_id for one in filed}
        params = {"ids": ",".join(ours), "include": "users"}
        worked = self._api.read(_WORKED, "tickets/show_many", deadline, params)
        people = {user.id: user for user in worked.users}
        known = [one for one in worked.tickets if str(one.id) in ours]
        touched = [one for one in known if one.status != "new" or one.assignee_id is not None]
        return news_of_each(touched, lambda one: self._of_ticket(one, ours[str(one.id)], people, deadline), deadline)

    def _of_ticket(
        self, ticket: _Work, escalation_id: str, people: Mapping[int, _User], deadline: Deadline
    ) -> Iterator[DeskNews]:
        """Comments that came in by the API are ours or another program's: nobody typed them."""
        found = self._comments(str(ticket.id), deadline)
        known = {**people, **{user.id: user for user in found.users}}
        assignee = known.get(ticket.assignee_id) if ticket.assignee_id is not None else None
        at = from_datetime(ticket.updated_at)
        if assignee:
            yield DeskNews(NewsKind.PICKED_UP, escalation_id, _agent(assignee), at)
        for comment in found.comments:
            author = known.get(comment.author_id)
            if comment.public and author and author.role in STAFF_ROLES and comment.via.channel != "api":
                text = comment.text.strip()[:NEWS_LIMIT]
                written = from_datetime(comment.created_at)
                yield DeskNews(NewsKind.ANSWERED, escalation_id, _agent(author), written, f"zendesk:{comment.id}", text)
        if ticket.status in SOLVED_STATUSES:
            yield DeskNews(NewsKind.SOLVED, escalation_id, _agent(assignee or NOBODY), at)

    def _ref(self, number: int) -> TicketRef:
        return TicketRef(str(number), f"{self._base}/agent/tickets/{number}")


NOBODY = _User(id=0, name="Zendesk")
"""Who solved a ticket that has no assignee."""


def _agent(user: _User) -> Agent:
    return Agent(f"zendesk:{user.id}", user.name or "Zendesk")


def _requester(customer: PacketCustomer) -> Json:
    """Name and address, both of which Zendesk wants; an address that it would refuse must not cost us the ticket."""
    address = customer.mailbox
    return None if address is None else {"name": customer.called or address, "email": address}


def _without_requester(body: str) -> str:
    """The request in the name of our own agent."""
    ticket = {name: value for name, value in json.loads(body)["ticket"].items() if name != "requester"}
    return json.dumps({"ticket": ticket}, ensure_ascii=False)


def _refuses_requester(answer: Answer) -> bool:
    try:
        return not _REFUSAL.validate_python(answer.json).details.keys().isdisjoint(("requester", "email"))
    except ValidationError:
        return False


def _made(answer: Answer) -> int | None:
    """The id of the ticket that was made or changed, where the answer can be read."""
    try:
        return _ONE.validate_python(answer.json).ticket.id
    except ValidationError:
        return None


def _bad_request(answer: Answer) -> AdapterError:
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    if error == "IdempotentRequestError":
        return OutcomeUnknown("key in use")  # something was made by this key; only a look-up can tell what
    return Rejected("http 400")
