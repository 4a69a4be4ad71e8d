"""What HubSpot answers about tickets, and tells of them, as far as it is used."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import AwareDatetime, TypeAdapter

from bridge.adapters.lenient_json import Id, Lenient, WebAddress
from bridge.domain.escalation import Agent
from bridge.ports import TicketRef

TICKET_OBJECT_TYPE = "0-5"
"""HubSpot's number of this kind of record."""

Item = TypeVar("Item")


class Next(Lenient):
    after: str


class Paging(Lenient):
    next: Next | None = None


class Page(Lenient, Generic[Item]):
    results: tuple[Item, ...]
    paging: Paging | None = None

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging and self.paging.next else None


class Record(Lenient):
    id: Id
    properties: Mapping[str, str | None] = {}
    url: WebAddress = None

    @property
    def ref(self) -> TicketRef:
        return TicketRef(self.id, self.url)

    def get(self, name: str) -> str | None:
        """The property's value; empty is None."""
        return self.properties.get(name) or None


class Problem(Lenient):
    category: str | None = None


class Made(Page[Record]):
    errors: tuple[Problem, ...] = ()


class Work(Record):
    createdAt: AwareDatetime  # noqa: N815 - HubSpot's name
    updatedAt: AwareDatetime  # noqa: N815


class Link(Lenient):
    toObjectId: Id  # noqa: N815


class Stage(Lenient):
    id: Id
    metadata: Mapping[str, Any] | None = None

    @property
    def closed(self) -> bool:
        return (self.metadata or {}).get("ticketState") == "CLOSED"


class Pipeline(Lenient):
    id: Id
    stages: tuple[Stage, ...] = ()


class Owner(Lenient):
    id: Id
    userId: Id | None = None  # noqa: N815
    firstName: str | None = None  # noqa: N815
    lastName: str | None = None  # noqa: N815

    def agent(self) -> Agent:
        """By the number of the user, which the conversations name, too."""
        name = " ".join(part for part in (self.firstName, self.lastName) if part)
        return Agent(f"hubspot:{self.userId or self.id}", name or "HubSpot")


class Thread(Lenient):
    id: Id


class Sender(Lenient):
    name: str | None = None


class Status(Lenient):
    statusType: str | None = None  # noqa: N815


class Message(Lenient):
    id: str
    type: str | None = None
    direction: str | None = None
    createdBy: str | None = None  # noqa: N815
    createdAt: AwareDatetime  # noqa: N815
    text: str | None = None
    senders: tuple[Sender, ...] | None = None
    status: Status | None = None

    @property
    def answer(self) -> bool:
        """Whether a person said it to the customer: no comment, no bot, no other program, and it went out."""
        sent = self.status is None or self.status.statusType != "FAILED"
        return sent and (self.type, self.direction) == ("MESSAGE", "OUTGOING") and self._by.startswith("A-")

    @property
    def _by(self) -> str:
        return self.createdBy or ""

    def agent(self) -> Agent:
        name = next((one.name for one in self.senders or () if one.name), "HubSpot")
        return Agent(f"hubspot:{self._by.removeprefix('A-')}", name)


class Property(Lenient):
    hasUniqueValue: bool = False  # noqa: N815


class Event(Lenient):
    subscriptionType: str | None = None  # noqa: N815
    objectTypeId: str | None = None  # noqa: N815
    objectId: str | None = None  # noqa: N815

    @property
    def ticket(self) -> str | None:
        """The ticket that it is about, where it is about one."""
        of_tickets = (self.subscriptionType or "").startswith("ticket.") or self.objectTypeId == TICKET_OBJECT_TYPE
        return self.objectId if of_tickets else None


MADE, RECORD, PROPERTY = TypeAdapter(Made), TypeAdapter(Record), TypeAdapter(Property)
NOTES, WORK, OWNER = TypeAdapter(Page[Record]), TypeAdapter(Page[Work]), TypeAdapter(Owner)
LINKS, PIPELINES = TypeAdapter(Page[Link]), TypeAdapter(Page[Pipeline])
THREADS, MESSAGES = TypeAdapter(Page[Thread]), TypeAdapter(Page[Message])
EVENTS, INSTANT = TypeAdapter(tuple[Event, ...]), TypeAdapter(AwareDatetime)
