"""The systems that are asked and told: CRM, helpdesk, presence, mail, channels, WordPress, feeds, the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from bridge.domain.answering import Answer, Question
from bridge.domain.closures import Reading
from bridge.domain.customer import Account
from bridge.domain.escalation import Agent
from bridge.domain.packet import Ticket
from bridge.domain.values import Millis, Visitor


class Clock(Protocol):
    """The one source of "now" for decisions, promises and due work."""

    def now(self) -> Millis:
        """The present instant, in milliseconds UTC."""
        ...


class Crm(Protocol):
    """A system that knows customers."""

    name: str

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """What is known about the visitor, or None when the system answered that it knows nobody of that kind.

        Args:
            visitor: has an e-mail address; identity `verified` or `claimed`.
            budget: seconds that all calls together may take.

        Raises:
            AdapterError: the system did not answer usably (transport, 4xx but "no such customer", 5xx, malformed).
        """
        ...

    def check(self, *, budget: float) -> list[str]:
        """What is wrong with how the system is set up for us, such as a field that it does not have: sentences.

        Args:
            budget: seconds that all calls together may take.

        Raises:
            AdapterError: the system did not answer usably.
        """
        ...


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


class Desk(Protocol):
    """A system where tickets live, beside the built-in one."""

    name: str
    strategy: Strategy
    key_window: timedelta
    """For `native_key`: how long after the first send the same key is honoured; zero for the others."""
    settle: timedelta
    """How long after a send of unknown outcome a look-up may still miss what it made; zero where it never does."""

    def render(self, ticket: Ticket) -> str:
        """The request body, as text. Made once, at the decision, and sent unchanged ever after."""
        ...

    def private_note(self, ticket: Ticket) -> str | None:
        """The packet as a first note for the team, where the customer can read the ticket itself; else None."""
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

    def hear(self, call: HookCall) -> Heard:
        """What a call of the helpdesk to our own address says, once it is shown to be the helpdesk's.

        Raises:
            HookRefused: it is not signed as it has to be, or no secret is set.
        """
        ...

    def check(self, *, budget: float) -> list[str]:
        """What is wrong with how the system is set up for us, such as a field that it does not have: sentences.

        Args:
            budget: seconds that all calls together may take.

        Raises:
            AdapterError: the system did not answer usably.
        """
        ...

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a helpdesk says of one of its people.

    `capacity` is how many more conversations they can take, None where the helpdesk does not say. `groups` are the
    helpdesk's own ids of groups or teams that they are in.
    """

    id: str
    name: str
    available: bool
    capacity: int | None = None
    groups: tuple[str, ...] = ()


class Presences(Protocol):
    """A helpdesk that says who of the team is there."""

    name: str

    def who(self, *, budget: float) -> list[Seen]:
        """Everybody whom the helpdesk names; whoever is missing is not there.

        Args:
            budget: seconds that all calls together may take.

        Raises:
            AdapterError: the helpdesk did not answer usably, or with more than is read. Nothing is known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address. `message_id` is stable over every attempt, so that a repeat can be recognised.

    It lies in the outbox as JSON: a new field has a default, so that what an earlier release wrote can still be sent.
    """

    message_id: str
    sender: str
    to: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    sent_at: Millis = 0
    """The Date header, milliseconds UTC: the instant at which the mail was decided on."""
    language: str | None = None
    """Of its text, such as `de` or `pt-br`."""
    in_reply_to: str | None = None
    """The Message-ID that begins the thread to which the mail belongs; that mail need not exist."""
    invitation: str | None = None
    """An iCalendar object with a METHOD of REQUEST or CANCEL, shown by the reader's calendar and attached."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A word to the team's channel that there is something to do. It is never the ticket, and may come twice.

    `why` is the occasion, `url` the page in wp-admin; `promise` is what the customer was told.
    """

    why: str
    summary: str
    queue: str
    priority: str
    promise: str
    url: str

    @property
    def headline(self) -> str:
        """What it is about, in one line."""
        return f"{self.why} \u00b7 {self.queue} \u00b7 {self.priority}"


class Notifier(Protocol):
    """A channel that the team watches."""

    name: str

    def render(self, notice: Notice) -> str:
        """The request body, as text; nothing in it may call, link or lay out what a visitor wrote."""
        ...

    def send(self, body: str) -> None:
        """Hand it over.

        Raises:
            NotDone: the other side certainly did nothing; it may be sent again later.
            Rejected: the other side refused, and will refuse the same again.
            OutcomeUnknown: the other side may have acted.
        """
        ...


class Responder(Protocol):
    """A model, or a script, that holds the conversation."""

    name: str

    def answer(self, question: Question, *, budget: float) -> Answer:
        """What it would say, validated. A malformed answer is asked for once more within the budget.

        Args:
            question: all that it is given.
            budget: seconds that all calls together may take.

        Returns:
            an answer, or one whose `failure` says why there is nothing to show: nothing that a model or its server does
            is an exception.
        """
        ...

    def check(self, *, budget: float) -> list[str]:
        """What is odd about how it is set up: sentences.

        Raises:
            AdapterError: it did not answer usably, or has no such model.
        """
        ...


class Mailer(Protocol):
    """Something that takes a mail off our hands."""

    name: str

    def send(self, mail: Mail) -> None:
        """Hand the message over.

        Raises:
            NotDone: the other side certainly did nothing; it may be sent again later.
            Rejected: the other side refused, or the address is not exactly one recipient.
            OutcomeUnknown: the other side may have acted.
        """
        ...

    def check(self, sender: str, *, budget: float) -> None:
        """Go as far as a mail of this sender goes before its recipient is named, and no further.

        Args:
            sender: the address that mails come from.
            budget: seconds.

        Raises:
            AdapterError: a mail could not leave just now.
        """
        ...


class WordPress(Protocol):
    """A site, as its visitors meet it."""

    def has_plugin(self, *, budget: float) -> bool:
        """Whether our plugin is active there.

        Args:
            budget: seconds for one call; there may be two.

        Raises:
            AdapterError: the site did not answer as a WordPress does.
        """
        ...


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a database says of itself. `size` and `free` are bytes; `ahead` is its clock before ours, in seconds.

    `file_system` and `free` are of a SQLite file, `connections_free`, `round_trip_ms` and `ahead` of PostgreSQL.
    """

    kind: str
    version: str
    size: int
    options: Mapping[str, str]
    file_system: str = ""
    free: int = 0
    connections_free: int = 0
    round_trip_ms: float = 0.0
    ahead: float | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One WordPress site. `timezone` is the team's; `team_email` is where the team reads its mail."""

    id: str
    url: str
    timezone: str
    team_email: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a feed answered: a reading, or None where it has not changed; with the mark to ask by next time."""

    reading: Reading | None
    etag: str | None


class Closures(Protocol):
    """What reads feeds of closures."""

    def fetch(self, url: str, *, etag: str | None, at: Millis) -> Fetched:
        """What the feed at this address closes from `at` on, for 400 days.

        Args:
            url: http, https or webcal.
            etag: from the last answer, so that an unchanged feed is not sent again; None asks for all of it.
            at: the present instant.

        Raises:
            AdapterError: it did not answer usably, or with something that is no feed.
        """
        ...
