"""A helpdesk: tickets are filed there, notes are added to them, and it tells what people do to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from bridge.domain.escalation import Agent
from bridge.domain.packet import Ticket
from bridge.domain.values import Millis


class Strategy(StrEnum):
    """How a desk is kept from making a second ticket after an unknown outcome."""

    NATIVE_KEY = "native_key"
    UPSERT = "upsert"
    CLIENT_ID = "client_id"
    LOOKUP_FIRST = "lookup_first"


@dataclass(frozen=True, slots=True)
class TicketRef:
    """Where the vendor keeps the ticket: its id there and, if known, the page a person opens.

    `others` are ids of further tickets with our id, where a look-up has seen them.
    """

    id: str
    url: str | None = None
    others: tuple[str, ...] = ()


class NewsKind(StrEnum):
    """What a helpdesk can tell of a ticket."""

    PICKED_UP = "picked_up"
    ANSWERED = "answered"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class DeskNews:
    """Something that a person did to a ticket in the helpdesk, at `at`.

    `message_id` is the desk's name and its own id of an answer: it makes a repeat harmless. `text` is what the
    customer was answered; None where the desk does not tell. `delivered` is False where the desk brings the answer to
    nobody, so that it is ours to mail.
    """

    kind: NewsKind
    escalation_id: str
    agent: Agent
    at: Millis
    message_id: str = ""
    text: str | None = None
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class Filed:
    """A ticket of ours as the desk keeps it: the escalation, and the id there."""

    escalation_id: str
    ref: str


@dataclass(frozen=True, slots=True)
class HookCall:
    """A helpdesk's own call to us, as it came: header names in lower case, the body unread."""

    headers: Mapping[str, str]
    body: bytes
    at: Millis


@dataclass(frozen=True, slots=True)
class Heard:
    """What an authentic call of a helpdesk is about.

    `refs` are tickets, by the desk's own ids, that something happened to: they are asked about, which is right in
    whatever order calls arrive, and tells what people did from what we wrote ourselves. `news` is for a desk that
    cannot be asked.
    """

    refs: tuple[str, ...] = ()
    news: tuple[DeskNews, ...] = ()


class DeskFiling(Protocol):
    """How a desk is given a ticket, once, whatever happens on the way."""

    name: str
    strategy: Strategy
    key_window: timedelta
    """For `native_key`: how long after the first send the same key is honoured; zero for the others."""
    settle: timedelta
    """How long after a send of unknown outcome a look-up may still miss what it made; zero where it never does."""

    def render(self, ticket: Ticket) -> str:
        """The request body, as text. Made once, at the decision, and sent unchanged ever after."""
        ...

    def create(self, external_id: str, body: str) -> TicketRef:
        """Send the frozen body.

        Raises:
            NotDone: the other side certainly did nothing; it may be sent again later.
            Rejected: the other side refused, and will refuse the same again.
            OutcomeUnknown: the other side may have acted.
        """
        ...

    def find(self, external_id: str, body: str) -> TicketRef | None:
        """The ticket that carries our id, by a list or get call (never a search index); the oldest of several.

        Args:
            external_id: the escalation's.
            body: what was sent, for what the list is asked by, such as the customer's address.

        Raises:
            AdapterError: the look-up itself failed; nothing is known.
        """
        ...

    def complete(self, ref: str, body: str) -> None:
        """Set what a ticket can only be given once it exists. It may be repeated, and is, until it has succeeded.

        Raises:
            AdapterError: it was not set; the ticket exists all the same.
        """
        ...


class DeskNotes(Protocol):
    """How the team is told more in a ticket that is there."""

    name: str

    def private_note(self, ticket: Ticket) -> str | None:
        """The packet as a first note for the team, where the customer can read the ticket itself; else None."""
        ...

    def append(self, ref: str, note_id: str, text: str) -> None:
        """Add a note to the ticket that only the team reads. `text` has the mark of `note_id` in it.

        Raises:
            NotDone: the other side certainly did nothing; it may be sent again later.
            Rejected: the other side refused, and will refuse the same again.
            OutcomeUnknown: the other side may have acted.
        """
        ...

    def has_note(self, ref: str, note_id: str) -> bool:
        """Whether the ticket has this note (`bridge.domain.rendering.mark`): asked before a note is sent again.

        Raises:
            AdapterError: the look-up itself failed; nothing is known.
        """
        ...


class DeskActivity(Protocol):
    """How a desk tells what people do to our tickets: when it is asked, and by calls of its own."""

    name: str

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """What people have done to these tickets, oldest first; told again each time, ids make that harmless.

        What we wrote ourselves is no news, nor is what the customer writes.

        Args:
            filed: at most 100 tickets.
            budget: seconds that all calls together may take; what does not fit is told the next time.

        Raises:
            AdapterError: the desk did not answer usably.
        """
        ...

    def hear(self, call: HookCall) -> Heard:
        """What a call of the helpdesk to our own address says, once it is shown to be the helpdesk's.

        Raises:
            HookRefused: it is not signed as it has to be, or no secret is set.
        """
        ...


class Desk(DeskFiling, DeskNotes, DeskActivity, Protocol):
    """A system where tickets live, beside the built-in one."""

    def check(self, *, budget: float) -> list[str]:
        """What is wrong with how the system is set up for us, such as a field that it does not have: sentences.

        Args:
            budget: seconds that all calls together may take.

        Raises:
            AdapterError: the system did not answer usably.
        """
        ...
