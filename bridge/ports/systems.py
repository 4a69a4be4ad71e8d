"""The systems that are asked and told: CRM, presence, mail, channels, WordPress, feeds, the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.answering import Answer, Question
from bridge.domain.closures import Reading
from bridge.domain.customer import Account
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
