"""Zammad as a desk: a ticket whose first article is internal and holds the packet.

Zammad knows no key that would make a repeat harmless, and its list has no filter: it holds all tickets that our user
may read, by growing id, a hundred a page. So a look-up goes to its end and reads back until the tickets are older than
the decision. The search is no help, for it may ask an index that lags.

Facts: https://docs.zammad.org/en/latest/api/intro.html, and the order of the list and its pages of a hundred from
https://github.com/zammad/zammad/blob/develop/app/controllers/tickets_controller.rb
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import quote

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.frozen_request import freeze, thaw
from bridge.adapters.desk.ticket_news import NEWS_LIMIT, news_of_each
from bridge.adapters.http import Answer, Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import Lenient, read_call, read_made
from bridge.adapters.markup import as_text, tag
from bridge.domain.escalation import Agent
from bridge.domain.instants import from_datetime
from bridge.domain.packet import Ticket
from bridge.domain.rendering import mark, render_ticket
from bridge.domain.values import Json, Priority
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

ARTICLE_LIMIT = 60_000
"""Characters of the packet: as many as are pleasant to read. Zammad takes one and a half million."""
PAGE_SIZE, MOST_PAGES = 100, 30
"""Tickets of a page, and pages that a look-up reads back."""
PRIORITIES = {Priority.NORMAL: "2 normal", Priority.HIGH: "3 high", Priority.URGENT: "3 high"}
SOLVED_STATES = ("closed", "merged")
UNOWNED = 1
"""The id of the user whom Zammad names as the owner of what nobody owns."""
UNSEEN = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""What our user is answered about what was deleted, or lies where they may not look."""
SIGNATURE = "x-hub-signature"


class _Made(Lenient):
    id: int = Field(ge=1)


class _Listed(_Made):
    """An attribute that an administrator has added is a key of the ticket like any other."""

    model_config = ConfigDict(extra="allow")

    title: str | None = None
    created_at: AwareDatetime

    def bears(self, external_id: str, attribute: str) -> bool:
        own = (self.model_extra or {}).get(attribute)
        return own == external_id or f"[{external_id}]" in (self.title or "")


class _Ticket(_Made):
    state: str
    owner_id: int | None = None
    updated_at: AwareDatetime


class _Kept(Lenient):
    subtype: str | None = None


class _Article(_Made):
    body: str | None = None
    content_type: str | None = None
    internal: bool
    sender: str | None = None
    type: str | None = None
    created_by_id: int | None = None
    preferences: _Kept | None = None
    created_at: AwareDatetime

    @property
    def is_answer(self) -> bool:
        """Whether somebody of the team wrote it and the customer can read it; a mail passed on goes elsewhere."""
        forwarded = self.preferences is not None and self.preferences.subtype == "forward"
        return self.sender == "Agent" and not self.internal and not forwarded

    @property
    def text(self) -> str | None:
        """What the customer was told; of a call there is only what the team noted down."""
        if self.type == "phone":
            return None
        body = self.body or ""
        return (as_text(body) if "html" in (self.content_type or "") else body.strip())[:NEWS_LIMIT]


class _Person(Lenient):
    firstname: str | None = None
    lastname: str | None = None

    @property
    def name(self) -> str:
        return f"{self.firstname or ''} {self.lastname or ''}".strip()


class _Named(Lenient):
    name: str
    active: bool | None = None


class _Called(Lenient):
    ticket: _Made | None = None


_MADE, _TICKET, _PERSON = TypeAdapter(_Made), TypeAdapter(_Ticket), TypeAdapter(_Person)
_LIST, _ARTICLES, _NAMES = (
    TypeAdapter(tuple[_Listed, ...]),
    TypeAdapter(tuple[_Article, ...]),
    TypeAdapter(tuple[_Named, ...]),
)
_CALLED = TypeAdapter(_Called)


class Zammad:
    """Tickets in Zammad.

    Args:
        http: carries the calls.
        base_url: `https://<host>`.
        token: an access token of an agent, with the permission `ticket.agent`.
        customer: the address of the customer in whose name whoever has none is filed.
        group: the name of the group of each queue that is not in `groups`.
        groups: from our queue names to Zammad's group names.
        id_attribute: the ticket attribute for our id, beside the title, which has it in any case; empty: none.
        priorities: Zammad's names of our priorities, where they differ from those that it comes with.
        solved: the names of the states that mean solved.
        webhook_secret: the webhook's signature token; without it no call is believed.
        tags: put on every ticket.
        budget_s: seconds for one call, and for a look-up.
    """

    name = "zammad"
    strategy = Strategy.LOOKUP_FIRST
    key_window = timedelta(0)
    settle = timedelta(minutes=5)
    """How long a Zammad that is slow may still be at work on what it was sent."""

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        token: str,
        customer: str,
        group: str = "Users",
        groups: Mapping[str, str] | None = None,
        id_attribute: str = "",
        priorities: Mapping[Priority, str] | None = None,
        solved: Collection[str] = SOLVED_STATES,
        webhook_secret: str = "",
        tags: Sequence[str] = ("ai-escalation",),
        budget_s: float = 20.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._api = JsonApi(http, f"{self._base}/api/v1", {"Authorization": f"Token token={token}"})
        self._customer = customer
        self._group = group
        self._groups = dict(groups or {})
        self._id_attribute = id_attribute
        self._priorities = {**PRIORITIES, **(priorities or {})}
        self._solved = frozenset(solved)
        self._webhook_secret = webhook_secret
        self._tags = tuple(tags)
        self._budget_s = budget_s

    # -- one ticket ----------------------------------------------------------------------------------------------------

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. The title, which the customer may see, holds nothing that only staff may know."""
        address = ticket.packet.customer.mailbox or self._customer
        request: dict[str, Json] = {
            "title": f"Chat hand-off: {ticket.queue} [{ticket.external_id}]",
            "group": self._groups.get(ticket.queue, self._group),
            "customer_id": f"guess:{address}",
            "priority": self._priorities[ticket.priority],
            "tags": ",".join([*self._tags, tag(f"queue-{ticket.queue}"), tag(f"by-{ticket.channel.value}")]),
            "article": _internal(render_ticket(ticket, limit=ARTICLE_LIMIT)),
        }
        if self._id_attribute:
            request[self._id_attribute] = ticket.external_id
        return freeze(ticket, request)

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The ticket's first article is internal already."""
        return None

    def create(self, external_id: str, body: str) -> TicketRef:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. An address that Zammad refuses must not cost us the ticket."""
        request, deadline = dict(thaw(body).request), Deadline(self._budget_s)
        answer = self._api.post("tickets", request, deadline, expect=[HTTPStatus.UNPROCESSABLE_ENTITY])
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            instead = f"guess:{self._customer}"
            if request["customer_id"] == instead or not _refuses_address(answer):
                raise Rejected("http 422")
            answer = self._api.post("tickets", {**request, "customer_id": instead}, deadline)
        return self._ref(read_made(_MADE, answer.json))

    def find(self, external_id: str, body: str) -> TicketRef | None:
        """See `bridge.ports.Desk`. From the end of the list back to the first page that is older than the decision."""
        since, deadline = thaw(body).since, Deadline(self._budget_s)
        last = self._last_page(deadline)
        ours: list[_Listed] = []
        for number in range(last, max(last - MOST_PAGES, 0), -1):
            page = self._page(number, deadline)
            ours += [one for one in page if one.bears(external_id, self._id_attribute)]
            if page and from_datetime(page[0].created_at) < since:
                break
        else:
            if last > MOST_PAGES and not ours:
                raise AdapterError("too many pages")
        return self._ref(min(ours, key=lambda one: one.id)) if ours else None

    def _last_page(self, deadline: Deadline) -> int:
        """The number of the last page that has something on it, 0 where none has: doubled, then halved towards it."""
        full, empty = 0, 1
        while self._page(empty, deadline):
            full, empty = empty, empty * 2
        while empty - full > 1:
            middle = (full + empty) // 2
            full, empty = (middle, empty) if self._page(middle, deadline) else (full, middle)
        return full

    def _page(self, number: int, deadline: Deadline) -> tuple[_Listed, ...]:
        page = self._api.read(_LIST, "tickets", deadline, {"page": str(number), "per_page": str(PAGE_SIZE)})
        if any(one.id >= another.id for one, another in pairwise(page)):
            raise AdapterError("list not in order")  # then its end is not where the new tickets are
        return page

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. A ticket is whole when it is made."""

    # -- notes ---------------------------------------------------------------------------------------------------------

    def append(self, ref: str, note_id: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`."""
        article = {"ticket_id": int(ref), **_internal(text)}
        read_made(_MADE, self._api.post("ticket_articles", article, Deadline(self._budget_s)).json)

    def has_note(self, ref: str, note_id: str) -> bool:
        """See `bridge.ports.Desk`."""
        articles = self._articles(ref, Deadline(self._budget_s))
        return any(mark(note_id) in (one.body or "") for one in articles)

    # -- what people do ------------------------------------------------------------------------------------------------

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. Zammad signs the body and no instant; a repeat only asks about the ticket again.

        https://admin-docs.zammad.org/en/latest/manage/webhook/payload.html
        """
        signature = call.headers.get(SIGNATURE, "").removeprefix("sha1=")
        webhook_auth.verify(self._webhook_secret, call.body, signature, digest="sha1", spelling="hex")
        called = read_call(_CALLED, call.body)
        return Heard(refs=(str(called.ticket.id),) if called and called.ticket else ())

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. Two calls a ticket."""
        deadline = Deadline(budget)
        people: dict[int, Agent] = {}
        return news_of_each(filed, lambda one: self._of_ticket(one, people, deadline), deadline)

    def _of_ticket(self, filed: Filed, people: dict[int, Agent], deadline: Deadline) -> Iterator[DeskNews]:
        path, in_words = f"tickets/{quote(filed.ref)}", {"expand": "true"}
        ticket = self._api.read_if_there(_TICKET, path, deadline, in_words, absent=UNSEEN)
        if ticket is None:
            return
        at = from_datetime(ticket.updated_at)
        owned = ticket.owner_id is not None and ticket.owner_id != UNOWNED
        holder = self._agent(ticket.owner_id, people, deadline) if owned else NOBODY
        if owned:
            yield DeskNews(NewsKind.PICKED_UP, filed.escalation_id, holder, at)
        for article in self._articles(filed.ref, deadline):
            if article.is_answer:
                who, written = self._agent(article.created_by_id, people, deadline), from_datetime(article.created_at)
                message = f"zammad:{article.id}"
                yield DeskNews(NewsKind.ANSWERED, filed.escalation_id, who, written, message, article.text)
        if ticket.state in self._solved:
            yield DeskNews(NewsKind.SOLVED, filed.escalation_id, holder, at)

    def _articles(self, ref: str, deadline: Deadline) -> tuple[_Article, ...]:
        return self._api.read(_ARTICLES, f"ticket_articles/by_ticket/{quote(ref)}", deadline)

    def _agent(self, number: int | None, people: dict[int, Agent], deadline: Deadline) -> Agent:
        """By name; whom our user may not read, or who was deleted, has none."""
        if number is None:
            return NOBODY
        if number not in people:
            person = self._api.read_if_there(_PERSON, f"users/{number}", deadline, absent=UNSEEN) or _Person()
            people[number] = Agent(f"zammad:{number}", person.name or NOBODY.name)
        return people[number]

    # -- how it is set up ----------------------------------------------------------------------------------------------

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: that the token reads tickets; names of the settings that Zammad does not know."""
        deadline = Deadline(budget)
        tickets = self._api.read(_LIST, "tickets", deadline, {"page": "1", "per_page": "1"})
        return [
            *self._check_attribute(tickets),
            *self._check_names("priority", "ticket_priorities", {*self._priorities.values()}, deadline),
            *self._check_names("state", "ticket_states", self._solved, deadline),
            *self._check_names("group", "groups", {self._group, *self._groups.values()}, deadline),
        ]

    def _check_attribute(self, tickets: Sequence[_Listed]) -> Iterator[str]:
        if self._id_attribute and any(self._id_attribute not in (one.model_extra or {}) for one in tickets):
            yield (
                f"Zammad's tickets have no attribute {self._id_attribute}. Make it under System > Objects, "
                "or leave BRIDGE_ZAMMAD_ID_ATTRIBUTE empty: the title has our id in any case."
            )

    def _check_names(self, kind: str, path: str, wanted: Collection[str], deadline: Deadline) -> Iterator[str]:
        """Groups can be read by administrators alone; a user who may not is none the worse for it."""
        listed = self._api.read_if_there(_NAMES, path, deadline, absent=[HTTPStatus.FORBIDDEN])
        if listed is None:
            return
        there = {one.name for one in listed if one.active is not False}
        for name in sorted({*wanted} - there):
            yield f"Zammad has no {kind} {name}, which {SETTING_OF[kind]} names. It has {', '.join(sorted(there))}."

    def _ref(self, ticket: _Made) -> TicketRef:
        return TicketRef(str(ticket.id), f"{self._base}/#ticket/zoom/{ticket.id}")


NOBODY = Agent("zammad:1", "Zammad")
"""Who solved a ticket that has no owner."""
SETTING_OF = {
    "priority": "BRIDGE_ZAMMAD_PRIORITIES",
    "state": "BRIDGE_ZAMMAD_SOLVED",
    "group": "BRIDGE_ZAMMAD_GROUP or BRIDGE_DESK_QUEUES",
}
"""Where the names of each kind come from."""


def _internal(text: str) -> dict[str, Json]:
    """An article that only the team reads; as plain text, nothing in it is a tag or a mention."""
    return {"body": text, "type": "note", "internal": True, "content_type": "text/plain"}


def _refuses_address(answer: Answer) -> bool:
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    return isinstance(error, str) and error.startswith("Invalid email")
