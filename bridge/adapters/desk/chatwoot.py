"""Chatwoot as a desk: a conversation in an API inbox, whose packet is its first private message.

An API inbox writes to nobody: the customer sees nothing of the conversation but what our chat shows of it. We leave no
public message there, because Chatwoot would count it as the team's first reply. Chatwoot has no key that keeps a second
conversation away, so an unknown outcome is looked up in the contact's own list, which does not lag.

https://developers.chatwoot.com/api-reference and https://github.com/chatwoot/chatwoot
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.ticket_news import NEWS_LIMIT, news_of_each
from bridge.adapters.http import Answer, Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import Lenient, read, read_call, read_made
from bridge.adapters.vendors.chatwoot import account_url, headers
from bridge.domain.escalation import Agent
from bridge.domain.instants import SECOND
from bridge.domain.packet import PacketCustomer, Ticket
from bridge.domain.rendering import mark, render_ticket
from bridge.domain.values import Json, Millis, Priority
from bridge.ports import (
    DeskNews,
    Filed,
    Heard,
    HookCall,
    NewsKind,
    NotDone,
    Rejected,
    Strategy,
    TicketRef,
)

PACKET_LIMIT = 60_000
"""Characters of the packet: with every one of them escaped it stays below the 150,000 of a message."""
PAGE_SIZE = 100
"""Messages that Chatwoot lists at a time, from a given one on."""

SIGNATURE = "x-chatwoot-signature"
SIGNED_AT = "x-chatwoot-timestamp"
ID_ATTRIBUTE = "escalation_id"
API_INBOX = "Channel::Api"
OUTGOING_MESSAGE = 1
PERSON_SENDER = "User"
RESOLVED_STATUS = "resolved"
CODE_INDENT = "    "
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")

PRIORITIES = {Priority.URGENT: "urgent", Priority.HIGH: "high", Priority.NORMAL: "medium"}

Number = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0, le=1e11)]


class _Asked(Lenient):
    """The frozen body: one part for each call that a conversation takes."""

    contact: dict[str, str]
    conversation: dict[str, Json]
    priority: str
    team: int | None = None

    @property
    def known_by(self) -> tuple[str, str]:
        """The field by which the contact is found, and what has to stand in it."""
        field = "email" if "email" in self.contact else "identifier"
        return field, self.contact[field]


class _Contact(Lenient):
    id: Number
    email: str | None = None
    identifier: str | None = None


class _Contacts(Lenient):
    payload: tuple[_Contact, ...]


class _Person(Lenient):
    id: int = 0
    name: str | None = None
    available_name: str | None = None
    type: str = ""

    @property
    def agent(self) -> Agent:
        return Agent(f"chatwoot:{self.id}", self.available_name or self.name or "Chatwoot")


class _Meta(Lenient):
    assignee: _Person | None = None
    assignee_type: str | None = None

    @property
    def person(self) -> Agent | None:
        """Who has it; a bot that has it is nobody. Older versions assign to people alone, and name no type."""
        return self.assignee.agent if self.assignee and self.assignee_type in (None, PERSON_SENDER) else None


class _Conversation(Lenient):
    id: Number
    status: str = "open"
    custom_attributes: dict[str, Json] | None = None
    last_activity_at: Seconds = 0
    first_reply_created_at: Seconds | None = -1
    meta: _Meta = _Meta()

    @property
    def untouched(self) -> bool:
        """Whether it is sure that nobody did anything; versions that do not tell of a reply leave it open."""
        return self.status != RESOLVED_STATUS and self.meta.person is None and not self.first_reply_created_at


class _Conversations(Lenient):
    payload: tuple[_Conversation, ...]


class _Message(Lenient):
    id: Number
    content: str | None = None
    message_type: int | str
    private: bool = False
    created_at: Seconds
    content_attributes: dict[str, Json] | None = None
    sender: _Person | None = None

    @property
    def author(self) -> _Person | None:
        """The person of the team who wrote it to the customer; None for all else, such as notes, bots and rules."""
        deleted = (self.content_attributes or {}).get("deleted")
        if self.message_type != OUTGOING_MESSAGE or self.private or deleted:
            return None
        return self.sender if self.sender and self.sender.type == "user" else None


class _Messages(Lenient):
    payload: tuple[_Message, ...]


class _Inbox(Lenient):
    channel_type: str


class _Bot(Lenient):
    agent_bot: dict[str, Json] | None = None


class _Team(Lenient):
    id: Number


class _Subject(Lenient):
    id: Number


class _Called(Lenient):
    event: str = ""
    id: Number | None = None
    conversation: _Subject | None = None

    @property
    def ref(self) -> int | None:
        """The conversation's number: its own event has it on top, that of a message below."""
        if self.conversation is not None:
            return self.conversation.id
        return self.id if self.event.startswith("conversation_") else None


_CONTACTS = TypeAdapter(_Contacts)
_CONVERSATION = TypeAdapter(_Conversation)
_CONVERSATIONS = TypeAdapter(_Conversations)
_MESSAGES = TypeAdapter(_Messages)
_INBOX = TypeAdapter(_Inbox)
_BOT = TypeAdapter(_Bot)
_TEAMS = TypeAdapter(tuple[_Team, ...])
_SUBJECT, _CALLED = TypeAdapter(_Subject), TypeAdapter(_Called)


class Chatwoot:
    """Conversations in an API inbox of a Chatwoot account.

    Args:
        http: carries the calls.
        base_url: `https://<host>`.
        account: the account's number, as in the address of its dashboard.
        token: the access token of an agent who belongs to the inbox.
        inbox: the inbox's number.
        teams: from our queue names to the ids of Chatwoot's teams; a queue that is not in it gets no team.
        webhook_secret: with which Chatwoot signs its calls to us; without it none is believed.
        budget_s: seconds for one of our steps, which may take several calls.
    """

    name = "chatwoot"
    strategy = Strategy.LOOKUP_FIRST
    key_window = timedelta(0)
    settle = timedelta(0)

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        account: str,
        token: str,
        inbox: int,
        teams: Mapping[str, int] | None = None,
        webhook_secret: str = "",
        budget_s: float = 20.0,
    ) -> None:
        self._api = JsonApi(http, account_url(base_url, account), headers(token))
        self._pages = f"{base_url.rstrip('/')}/app/accounts/{quote(account, safe='')}/conversations"
        self._inbox = inbox
        self._teams = dict(teams or {})
        self._webhook_secret = webhook_secret
        self._budget_s = budget_s

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`.

        The escalation's id as source id keeps an inbox that allows one conversation a contact from joining two of them.
        """
        attributes = {ID_ATTRIBUTE: ticket.external_id, "queue": ticket.queue, "channel": ticket.channel.value}
        asked = _Asked(
            contact=_contact(ticket.packet.customer, ticket.external_id),
            conversation={
                "inbox_id": self._inbox,
                "source_id": ticket.external_id,
                "status": "open",
                "custom_attributes": attributes,
            },
            priority=PRIORITIES[ticket.priority],
            team=self._teams.get(ticket.queue),
        )
        return json.dumps(asked.model_dump(), ensure_ascii=False)

    def private_note(self, ticket: Ticket) -> str | None:
        """See `bridge.ports.Desk`."""
        return render_ticket(ticket, limit=PACKET_LIMIT)

    def create(self, external_id: str, body: str) -> TicketRef:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. A contact that is made and then not used does no harm: it is found the next time."""
        asked, deadline = _Asked.model_validate_json(body), Deadline(self._budget_s)
        contact = self._find_contact(asked, deadline) or self._make_contact(asked, deadline)
        made = self._api.post("conversations", {**asked.conversation, "contact_id": contact}, deadline)
        return self._ref(_made(made))

    def find(self, external_id: str, body: str) -> TicketRef | None:
        """See `bridge.ports.Desk`: among the twenty newest conversations of the contact."""
        asked, deadline = _Asked.model_validate_json(body), Deadline(self._budget_s)
        contact = self._find_contact(asked, deadline)
        if contact is None:
            return None
        listed = self._api.read(_CONVERSATIONS, f"contacts/{contact}/conversations", deadline).payload
        ours = [one.id for one in listed if (one.custom_attributes or {}).get(ID_ATTRIBUTE) == external_id]
        return self._ref(min(ours)) if ours else None

    def _find_contact(self, asked: _Asked, deadline: Deadline) -> int | None:
        """The oldest contact with this address or identifier. It is asked by POST: addresses stay out of logs."""
        field, value = asked.known_by
        condition: Json = {"attribute_key": field, "filter_operator": "equal_to", "values": [value]}
        found = read(_CONTACTS, self._api.post("contacts/filter", {"payload": [condition]}, deadline)).payload
        same = [one.id for one in found if (getattr(one, field) or "").casefold() == value.casefold()]
        return min(same, default=None)

    def _make_contact(self, asked: _Asked, deadline: Deadline) -> int:
        """A contact, whoever made it: another process may have been quicker, which Chatwoot answers by 422."""
        placed = {name: asked.conversation[name] for name in ("inbox_id", "source_id")} | asked.contact
        answer = self._api.post("contacts", placed, deadline, expect=[HTTPStatus.UNPROCESSABLE_ENTITY])
        contact = self._find_contact(asked, deadline)
        if contact is not None:
            return contact
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise Rejected("http 422")
        raise NotDone("contact not listed")

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`: priority and team."""
        asked, deadline = _Asked.model_validate_json(body), Deadline(self._budget_s)
        self._api.post(f"conversations/{quote(ref)}/toggle_priority", {"priority": asked.priority}, deadline)
        if asked.team is not None:
            self._api.post(f"conversations/{quote(ref)}/assignments", {"team_id": asked.team}, deadline)

    def append(self, ref: str, note_id: str, text: str) -> None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`."""
        note: Json = {"content": markdown(text), "message_type": "outgoing", "private": True}
        _made(self._api.post(f"conversations/{quote(ref)}/messages", note, Deadline(self._budget_s)))

    def has_note(self, ref: str, note_id: str) -> bool:
        """See `bridge.ports.Desk`."""
        wanted = markdown(mark(note_id))
        return any(wanted in (one.content or "") for one in self._messages(ref, Deadline(self._budget_s)))

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. Signed since 4.11.2 for an account's webhooks, 4.13.0 for those of an API inbox.

        https://github.com/chatwoot/chatwoot/pull/13573 and https://github.com/chatwoot/chatwoot/issues/13862
        """
        stamp = call.headers.get(SIGNED_AT, "")
        given = call.headers.get(SIGNATURE, "").removeprefix("sha256=")
        webhook_auth.verify(self._webhook_secret, stamp.encode() + b"." + call.body, given, spelling="hex")
        webhook_auth.fresh(webhook_auth.of_seconds(stamp), call.at)
        called = read_call(_CALLED, call.body)
        return Heard(refs=(str(called.ref),) if called and called.ref else ())

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: the inbox, and the teams of the queues."""
        deadline = Deadline(budget)
        return [*self._check_inbox(deadline), *self._check_teams(deadline)]

    def _check_inbox(self, deadline: Deadline) -> Iterator[str]:
        inbox = self._api.read_if_there(_INBOX, f"inboxes/{self._inbox}", deadline)
        if inbox is None:
            yield f"Chatwoot has no inbox {self._inbox}: set BRIDGE_CHATWOOT_INBOX to the number of an API inbox."
            return
        if inbox.channel_type != API_INBOX:
            yield f"Inbox {self._inbox} is no API inbox: make one in Chatwoot, and set BRIDGE_CHATWOOT_INBOX to it."
        if self._api.read(_BOT, f"inboxes/{self._inbox}/agent_bot", deadline).agent_bot:
            yield f"A bot is connected to inbox {self._inbox}, so its conversations wait unseen: disconnect the bot."

    def _check_teams(self, deadline: Deadline) -> Iterator[str]:
        if not self._teams:
            return
        known = {team.id for team in self._api.read(_TEAMS, "teams", deadline)}
        for queue, team in self._teams.items():
            if team not in known:
                yield f"Chatwoot has no team {team}, which BRIDGE_DESK_QUEUES names for the queue {queue}."

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. A conversation that nobody has touched costs one call, any other two."""
        deadline = Deadline(budget)
        return news_of_each(filed, lambda one: self._of_conversation(one, deadline), deadline)

    def _of_conversation(self, one: Filed, deadline: Deadline) -> Iterator[DeskNews]:
        """Nothing of a conversation that was deleted, which must not keep the others' news away."""
        seen = self._api.read_if_there(_CONVERSATION, f"conversations/{quote(one.ref)}", deadline)
        if seen is None or seen.untouched:
            return
        person, at = seen.meta.person, _millis(seen.last_activity_at)
        if person:
            yield DeskNews(NewsKind.PICKED_UP, one.escalation_id, person, at)
        yield from _answers(one.escalation_id, self._messages(one.ref, deadline))
        if seen.status == RESOLVED_STATUS:
            yield DeskNews(NewsKind.SOLVED, one.escalation_id, person or NOBODY, at)

    def _messages(self, ref: str, deadline: Deadline) -> Iterator[_Message]:
        """All messages, oldest first. A version that knows no `after` answers with the newest twenty."""
        path, last = f"conversations/{quote(ref)}/messages", 0
        while True:
            page = self._api.read(_MESSAGES, path, deadline, {"after": str(last)}).payload
            yield from page
            newest = max((one.id for one in page), default=last)
            if len(page) < PAGE_SIZE or newest <= last:
                return
            last = newest

    def _ref(self, number: int) -> TicketRef:
        return TicketRef(str(number), f"{self._pages}/{number}")


NOBODY = Agent("chatwoot:0", "Chatwoot")
"""Who resolved a conversation that has no assignee."""


def _contact(customer: PacketCustomer, external_id: str) -> dict[str, str]:
    """By address; without one that Chatwoot would take, a contact of this escalation alone."""
    address = customer.mailbox
    name = customer.called or address or "Visitor"
    return {"name": name, "email": address.lower()} if address else {"name": name, "identifier": external_id}


def _answers(escalation_id: str, messages: Iterable[_Message]) -> Iterator[DeskNews]:
    for message in messages:
        author = message.author
        if author:
            text, at = (message.content or "").strip()[:NEWS_LIMIT], _millis(message.created_at)
            message_id = f"chatwoot:{message.id}"
            # an API inbox writes to nobody
            yield DeskNews(NewsKind.ANSWERED, escalation_id, author.agent, at, message_id, text, delivered=False)


def _made(answer: Answer) -> int:
    """The number of what was made."""
    return read_made(_SUBJECT, answer.json).id


def _millis(seconds: float) -> Millis:
    return round(seconds * SECOND)


def markdown(text: str) -> str:
    """Plain text as Chatwoot's Markdown shows it unchanged: what is set in becomes a quotation, nothing becomes more.

    With every mark escaped there is no link, mention, image or heading in it, and none of the `{{variables}}` that
    Chatwoot fills in.
    """
    lines: list[str] = []
    for line in text.splitlines():
        quoted = line.startswith(CODE_INDENT)
        if line and not quoted and lines and lines[-1].startswith("> "):
            lines.append("")  # else the line would belong to the quotation
        lines.append(("> " if quoted else "") + PUNCTUATION.sub(r"\\\g<0>", line.strip()))
    return "\n".join(lines)
