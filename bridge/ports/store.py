"""The database, by aggregate, as the use cases see it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bridge.domain.answering import Answer, AnswerState, Owed, Passage, Said
from bridge.domain.callback import Callback
from bridge.domain.closures import Command, Feed
from bridge.domain.customer import Account
from bridge.domain.escalation import (
    Agent,
    Commitment,
    CommitmentState,
    Delivery,
    Escalation,
    EscalationState,
    Event,
    FollowUp,
    OutboxRow,
    Presence,
    Who,
)
from bridge.domain.forgetting import Person
from bridge.domain.health import Alarm
from bridge.domain.labels import Label
from bridge.domain.passages import Page
from bridge.domain.relevance import Piece
from bridge.domain.session import Session, Turn
from bridge.domain.upstream import Upstream
from bridge.domain.values import Json, Millis
from bridge.ports.systems import Filed, Site, TicketRef


class Scope(StrEnum):
    """What a secret is good for."""

    CHAT = "chat"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A stored policy document, as its author wrote it."""

    version: int
    document: str
    author: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class PolicyMark:
    """That there is a version: who put it in force, and when."""

    version: int
    author: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """A document that is tried on the sessions that begin after `since`, and acts on none of them."""

    document: str
    author: str
    since: Millis


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session stands among those of its site: by when it began, then by id."""

    started_at: Millis
    session: str


@dataclass(frozen=True, slots=True)
class Urgency:
    """Where an escalation stands among those of its site by what somebody still owes: by when that is due, then by id.

    One whose promise is `kept` comes after all others.
    """

    kept: bool
    due_at: Millis
    escalation: str


@dataclass(frozen=True, slots=True)
class Aged:
    """A session that began long ago; `over` when nobody needs it any more."""

    place: Place
    over: bool


TEAM_NOTE = "/note"
"""Instead of a reply's id: what was said is for the team alone. No caller can send it as an id."""


@dataclass(frozen=True, slots=True)
class AgentReply:
    """What a person answered through the built-in desk; `reply_id` makes a repeat harmless."""

    reply_id: str
    agent: Agent
    text: str
    at: Millis

    @property
    def shown(self) -> bool:
        """Whether it is for the customer, too."""
        return self.reply_id != TEAM_NOTE


@dataclass(frozen=True, slots=True)
class Counted:
    """So many sessions that began in one quarter of an hour, alike in flow, tier and the rule that decided, if any.

    `quarter` is the instant at which it begins: fine enough to tell the local days of every zone.
    """

    quarter: Millis
    flow: str
    tier: str
    rule: str | None
    sessions: int


@dataclass(frozen=True, slots=True)
class SiteSecret:
    """A secret that verifies. The two of a pairing code were made at the same instant."""

    scope: Scope
    secret: str = field(repr=False)
    made_at: Millis


class Sites(Protocol):
    """The sites and their secrets."""

    def add(self, site: Site, secrets: dict[Scope, str], at: Millis) -> bool: ...
    def change(self, site: Site) -> None: ...
    def get(self, site: str) -> Site | None: ...
    def all(self) -> list[Site]: ...
    def hold(self, site: str) -> None:
        """Until the transaction ends, nobody else changes this site or its secrets so."""
        ...

    def secrets(self, site: str, at: Millis) -> list[SiteSecret]:
        """Those that verify at this instant, oldest first."""
        ...

    def add_secret(self, site: str, scope: Scope, secret: str, at: Millis) -> None: ...
    def drop_secrets(self, site: str, *, keep_newest: bool) -> int: ...
    def end_secrets(self, site: str, before: Millis, until: Millis) -> int:
        """Those made before an instant verify until then, at the latest; how many have got their end so."""
        ...

    def keep_nonce(self, site: str, nonce: str, at: Millis) -> bool: ...
    def purge_nonces(self, before: Millis) -> int: ...
    def silent(self, since: Millis) -> list[Site]:
        """The sites from which no signed call with an effect has come since an instant of the machine's clock."""
        ...


class Policies(Protocol):
    """The versions of each site's policy."""

    def current(self, site: str) -> PolicyVersion | None: ...
    def get(self, site: str, version: int) -> PolicyVersion | None: ...
    def last_by(self, site: str, author: str) -> PolicyVersion | None: ...
    def marks(self, site: str, limit: int) -> list[PolicyMark]:
        """The versions without their documents, newest first."""
        ...

    def put(self, site: str, document: str, author: str, at: Millis) -> int: ...


class Shadows(Protocol):
    """The policy that each site tries on live traffic."""

    def get(self, site: str) -> ShadowPolicy | None: ...
    def put(self, site: str, shadow: ShadowPolicy) -> None: ...
    def drop(self, site: str) -> bool: ...


class Records(Protocol):
    """Stored sessions in the order in which they began, `since` <= start < `until`."""

    def count(self, site: str, since: Millis, until: Millis) -> int: ...
    def before_newest(self, site: str, since: Millis, until: Millis, number: int) -> Place | None:
        """The place after which the newest so many stand; None where there are no more than that."""
        ...

    def page(self, site: str, since: Millis, until: Millis, after: Place, number: int) -> list[Session]: ...
    def turns(self, site: str, sessions: Sequence[str]) -> dict[str, list[Turn]]: ...


class Sessions(Protocol):
    """Conversations, their turns and their events."""

    def start(self, session: Session, digest: str) -> bool: ...
    def get(self, site: str, session: str) -> Session | None: ...
    def hold(self, site: str, session: str) -> Session | None:
        """As `get`; until the transaction ends nobody else changes it, or is alone with its customer."""
        ...

    def digest(self, site: str, session: str) -> str | None: ...
    def save(self, session: Session) -> None: ...
    def save_judged(self, session: Session) -> None:
        """As `save`, for one in which judging a message or reply has changed something, and nothing was decided."""
        ...

    def lock(self, site: str, session: str, escalation: str) -> bool: ...
    def alone(self, site: str, customer_key: str) -> None:
        """Until the transaction ends, nobody else starts or hands over a session of this customer.

        Raises:
            StoreBusy: somebody does just now, and does not end.
        """
        ...

    def join(self, site: str, customer_key: str, escalation: str) -> list[str]: ...
    def of_escalation(self, site: str, escalation: str) -> list[Session]: ...
    def set_customer(self, session: Session) -> None: ...
    def keep_turn(self, session: Session, turn: Turn) -> bool: ...
    def turn(self, site: str, session: str, turn_id: str) -> Turn | None: ...
    def turns(self, site: str, session: str) -> list[Turn]: ...
    def recent_signals(self, site: str, limit: int) -> list[str]:
        """The stored signals of the site's last turns, those of the newest session first."""
        ...

    def amend_verdict(self, session: Session, seq: int, verdict: str) -> None: ...
    def keep_reply(self, session: Session, turn: Turn) -> None: ...
    def keep_event(self, session: Session, event: Event) -> None: ...
    def released_since(self, site: str, session: str, since: Millis) -> bool:
        """Whether a person has given it back to the bot at that instant or later."""
        ...

    def events(self, site: str, session: str, after: int) -> list[Event]: ...


class Escalations(Protocol):
    """Escalations, their promises and what people answered."""

    def open(self, escalation: Escalation) -> bool: ...
    def get(self, site: str, escalation: str) -> Escalation | None: ...
    def hold(self, site: str, escalation: str) -> Escalation | None:
        """As `get`; until the transaction ends nobody else changes it, or is alone with its customer."""
        ...

    def active_of(self, site: str, session: str, customer_key: str | None) -> Escalation | None: ...
    def page(
        self, site: str, states: Sequence[EscalationState], limit: int, before: str | None
    ) -> list[Escalation]: ...
    def due_first(self, site: str, states: Sequence[EscalationState], limit: int, after: Urgency) -> list[Escalation]:
        """A page of the active ones, those due soonest first; no other state is listed."""
        ...

    def set_state(self, escalation: Escalation) -> None: ...
    def promise(self, site: str, commitment: Commitment) -> None: ...
    def settle(self, commitment: str, state: CommitmentState) -> bool:
        """Say what became of a standing promise; returns whether it was standing."""
        ...

    def correct(self, commitment: str, state: CommitmentState) -> None:
        """Put right what became of a promise, standing or not."""
        ...

    def commitments(self, escalation: str) -> list[Commitment]: ...
    def standing(self, after: str, limit: int) -> list[tuple[str, Commitment]]:
        """The pending promises of every site with the site of each, by escalation, those behind `after`."""
        ...

    def move(self, kept: Commitment, *, was_due_at: Millis) -> bool:
        """Put the promise at its new instant, unless it was settled or moved meanwhile."""
        ...

    def keep_reply(self, site: str, escalation: str, reply: AgentReply) -> bool: ...
    def replies(self, escalation: str) -> list[AgentReply]: ...
    def delivery(self, escalation: str) -> Delivery | None: ...
    def active(self, site: str) -> int:
        """How many wait for a person or are being worked on."""
        ...

    def let_down(self, site: str) -> int:
        """How many customers wait for a first answer although a promise to them was broken."""
        ...

    def waiting(self, site: str, queue: str, opening: Millis) -> list[Escalation]:
        """Those that nobody has answered, in a queue that was closed until then when they were promised an answer."""
        ...

    def filed_as(self, site: str, desk: str, refs: Sequence[str]) -> list[Filed]:
        """The tickets of ours, over or not, that the desk has under these ids."""
        ...

    def filed(self, site: str, desk: str, after: str, limit: int) -> list[Filed]:
        """Tickets of active escalations that the desk has, by escalation, those behind `after`."""
        ...

    def load(self, site: str) -> dict[str, int]:
        """Chats that each agent has taken and not ended."""
        ...

    def offered(self, site: str) -> dict[str, int]:
        """Live chats by queue that nobody has taken yet."""
        ...

    def decided_in(self, session: Session) -> bool:
        """Whether a rule has ever handed this session over; one that only joined an escalation was not."""
        ...


class Callbacks(Protocol):
    """Calls that customers have booked."""

    def alone(self, site: str, queue: str) -> None:
        """Until the transaction ends, nobody else books or moves a call of this queue.

        Raises:
            StoreBusy: somebody does just now, and does not end.
        """
        ...

    def latest(self, site: str, escalation: str) -> Callback | None:
        """The escalation's last call, booked or not any more."""
        ...

    def booked(self, site: str, queue: str, since: Millis, until: Millis) -> list[Callback]:
        """The queue's booked calls that take place within this time, by their start."""
        ...

    def book(self, call: Callback) -> bool:
        """Keep a new one; False if its seat is taken, or its escalation has one."""
        ...

    def change(self, call: Callback) -> None: ...


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Rows of a site that have not arrived, alike in where they go, whether they are parked, and why.

    `late` of them were written before the instant that was asked about, `oldest` when the first of all was.
    """

    target: str
    parked: bool
    cause: str | None
    rows: int
    late: int
    oldest: Millis


class Work(Protocol):
    """What is due: follow-ups and outbox rows, claimed by lease."""

    def plan(self, follow_up: FollowUp) -> None: ...
    def plan_anew(self, follow_up: FollowUp) -> None:
        """As `plan`, but one of its kind and promise that is planned or done already is to be done at the new time."""
        ...

    def cancel(self, escalation: str) -> int: ...
    def shift(self, commitment: str, by: Millis) -> int:
        """Move what is still to be done for a promise; returns how many follow-ups that were."""
        ...

    def claim_follow_ups(
        self, owner: str, now: Millis, until: Millis, limit: int, *, take_over: bool = True
    ) -> list[FollowUp]:
        """Lease what is due, most urgent first; rows whose lease is over only where `take_over`."""
        ...

    def finish_follow_up(
        self, follow_up: str, owner: str, *, state: str, at: Millis | None = None, error: str | None = None
    ) -> bool: ...
    def postpone_follow_up(self, follow_up: str, owner: str, due_at: Millis, error: str) -> bool: ...
    def post(self, row: OutboxRow, at: Millis) -> bool: ...
    def claim_outbox(
        self, owner: str, now: Millis, until: Millis, limit: int, *, take_over: bool = True
    ) -> list[OutboxRow]:
        """Lease what is due and may go to its system now; see `Upstreams` for what has to be noted of the latter."""
        ...

    def sent(self, row: str, owner: str, ref: TicketRef | None) -> bool: ...
    def not_sent(self, row: OutboxRow, owner: str, *, state: str, due_at: Millis, error: str, open_sends: int) -> bool:
        """Give a row back. The attempts that `row` has are kept: those that do not count against it are taken off."""
        ...

    def outbox(
        self, states: Sequence[str], limit: int, *, site: str | None = None, target: str | None = None
    ) -> list[Json]:
        """Rows in these states: those that are parked, those that wait, then what was sent, the newest first."""
        ...

    def undelivered(self, site: str, before: Millis) -> list[Undelivered]:
        """What has not arrived, the most rows first; `before` is the instant from which on nothing counts as late."""
        ...

    def retry(self, row: str, now: Millis) -> tuple[str, str] | None:
        """Have a parked or waiting row sent anew; its site and target, or None where it is sent or being sent."""
        ...

    def retry_all(self, now: Millis, *, target: str | None = None) -> list[tuple[str, str]]:
        """The same for every row, of a target or of all, but for mails that are held back by a rule.

        Returns site and target of each.
        """
        ...

    def park(self, row: str) -> bool: ...
    def drop(self, row: str) -> bool:
        """Give up a parked row for good, a ticket with its notes: it is never sent, and no longer undelivered."""
        ...

    def due(self, until: Millis, limit: int, *, now: Millis = 0) -> list[Json]:
        """What is still to be done until then: what is late at `now` as it will be done, then the rest by time."""
        ...


class Upstreams(Protocol):
    """What is known of the systems that rows are sent to."""

    def get(self, site: str, target: str) -> Upstream: ...
    def hold(self, site: str, target: str) -> Upstream:
        """As `get`, and nobody else changes it before this transaction ends."""
        ...

    def save(self, upstream: Upstream) -> None: ...
    def all(self) -> list[Upstream]: ...


@dataclass(frozen=True, slots=True)
class Untidy:
    """An active escalation, and what does not fit about it.

    `unfiled`: no ticket row of any helpdesk. `no_ref`: a ticket that was sent, and nobody knows its id there.
    `unwatched`: a standing promise that no follow-up waits for. `deserted`: no session is locked by it.
    """

    escalation_id: str
    session_id: str
    unfiled: bool
    no_ref: bool
    unwatched: bool
    deserted: bool


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked session, and the state of the escalation that it names; None where there is none."""

    session_id: str
    state: EscalationState | None


class Mending(Protocol):
    """Rows that do not fit together, as a crash, a restored copy or a hand may leave them."""

    def page(self, site: str, after: str, limit: int) -> list[Untidy]:
        """Active escalations by session, those behind `after`, whether anything is wrong or not."""
        ...

    def look(self, site: str, escalation: str) -> Untidy | None:
        """One of them; None where it is not active."""
        ...

    def locked(self, site: str, after: str, limit: int) -> list[Locked]:
        """Locked sessions by id, those behind `after`, whether anything is wrong or not."""
        ...

    def doubt(self, escalation: str, now: Millis) -> bool:
        """Have a ticket that was sent without an id sent again, as one that may have been made already."""
        ...

    def free(self, now: Millis, farthest: Mapping[str, Millis]) -> dict[str, int]:
        """Bring back what lies further ahead than it ever could; how many rows of each.

        Args:
            now: the present instant.
            farthest: milliseconds ahead for each of `lease`, `follow_up_lease`, `due`, `wait`, `pause`.
        """
        ...

    def count(self, what: str, times: int, at: Millis) -> None:
        """Count a repair."""
        ...


class Mails(Protocol):
    """What keeps mails from being too many."""

    def posted(self, external_id: str) -> bool:
        """Whether a mail of this id lies in the outbox, sent or not."""
        ...

    def take_slot(self, site: str, address: str, slot: int, at: Millis, free_since: Millis) -> bool:
        """Take one of an address' numbered slots, if it was never taken, or last at `free_since` or before."""
        ...


class People(Protocol):
    """Who of the team is there."""

    def note(self, site: str, presence: Presence) -> None:
        """Keep what was last heard of a person. Who was unavailable and comes back is not away any more."""
        ...

    def note_all(self, site: str, source: str, presences: Sequence[Presence]) -> None:
        """All that a source says just now: whoever it named before and names no more is not available."""
        ...

    def present(self, site: str, at: Millis) -> list[Presence]:
        """Who has said that they are there, and does not count as away."""
        ...

    def send_away(self, site: str, who: Who, name: str, until: Millis) -> None:
        """Count somebody as away, whatever is heard of them."""
        ...

    def is_away(self, site: str, who: Who, name: str, at: Millis) -> bool: ...
    def call_back(self, site: str, who: Who, name: str) -> None:
        """They are there: end their absence, if there is one."""
        ...

    def alone(self, site: str) -> None:
        """Until the transaction ends, nobody else gives away the places of this site's people.

        Raises:
            StoreBusy: somebody does just now, and does not end.
        """
        ...


class Ops(Protocol):
    """Look-ups that keep the service itself in sight."""

    def beat(self, name: str, at: Millis) -> None: ...
    def last_beat(self, name: str) -> Millis | None: ...
    def cached_account(self, site: str, key: str, since: Millis) -> tuple[bool, Account | None]: ...
    def cache_account(self, site: str, key: str, account: Account | None, at: Millis) -> None: ...
    def counts(self) -> dict[str, dict[str, float]]:
        """What is stored, by metric and label: whole tables are read for it."""
        ...

    def signs(self, now: Millis) -> dict[str, dict[str, float]]:
        """What tells how things are just now, likewise: little is read for it, however much is stored."""
        ...


class Stats(Protocol):
    """What the sessions came to that began in `since` <= start <= `until`: only their rows are read.

    A session counts by its first escalation. One in which nothing was said does not count, nor does one that only
    joined the open escalation of its customer: nobody decided there.
    """

    def count(self, site: str, since: Millis, until: Millis) -> list[Counted]: ...
    def triggers(self, site: str, since: Millis, until: Millis) -> dict[str, int]:
        """In how many escalated sessions each trigger had fired."""
        ...

    def commitments(self, site: str, since: Millis, until: Millis) -> dict[str, int]:
        """Promises by state, of the escalations that were decided in this time."""
        ...

    def deliveries(self, site: str, since: Millis, until: Millis) -> dict[str, int]:
        """Outbox rows by state, of the escalations that were decided in this time."""
        ...


class Labels(Protocol):
    """What people say of decisions."""

    def put(self, site: str, label: Label) -> None:
        """Keep it, in place of what was said of the same thing before."""
        ...

    def of_escalation(self, site: str, session: str, escalation: str) -> Label | None: ...
    def of_sessions(self, site: str, since: Millis, until: Millis) -> list[Label]:
        """The labels of the sessions that began in this time, oldest label first."""
        ...


class Alarms(Protocol):
    """What somebody has to look at."""

    def start(self, site: str, alarm: Alarm) -> bool:
        """Raise it, unless one of its kind stands already; returns whether it was raised now."""
        ...

    def restate(self, site: str, alarm: Alarm) -> None:
        """Give the standing one of this kind another text and detail; since when it stands is as it was."""
        ...

    def clear(self, site: str, kind: str, at: Millis) -> bool:
        """End the standing one of this kind; returns whether there was one."""
        ...

    def standing(self, site: str) -> list[Alarm]: ...
    def counts(self) -> dict[str, int]:
        """How many stand, by site."""
        ...


class Hours(Protocol):
    """What is said of staffed hours beside the policy."""

    def order(self, site: str, command: Command) -> None: ...
    def revoke(self, site: str, command: str, at: Millis) -> bool:
        """End it; False where there is no such one, or it was revoked already."""
        ...

    def commands(self, site: str, at: Millis) -> list[Command]:
        """Those that hold at this instant or later, and are not revoked, in the order in which they were given."""
        ...

    def feeds(self, site: str) -> list[Feed]: ...
    def keep_feed(self, site: str, feed: Feed) -> None: ...
    def drop_feed(self, site: str, url: str) -> None: ...


class Answers(Protocol):
    """The answers that a responder owes, and how often it was asked."""

    def ask(self, owed: Owed) -> None:
        """Note that an answer is owed. The session is held."""
        ...

    def owes(self, site: str, session: str) -> bool: ...
    def waits(self, owed: Owed) -> bool:
        """Whether this answer is still owed. The session is held, so that it stays so."""
        ...

    def settle(self, owed: Owed, state: AnswerState, answer: Answer, at: Millis) -> None: ...
    def postpone(self, owed: Owed, due_at: Millis) -> None:
        """The answer is owed still, and overdue only from this instant on."""
        ...

    def drop(self, site: str, session: str, at: Millis) -> None:
        """Nothing is owed in this session any more."""
        ...

    def overdue(self, at: Millis, limit: int) -> list[Owed]:
        """Those that were due at this instant or before, of every site, the oldest first."""
        ...

    def said_before(self, owed: Owed, limit: int) -> tuple[Said, ...]:
        """The last lines before the owed answer's message that were shown, oldest first."""
        ...

    def summary(self, site: str, session: str) -> str:
        """What the model last said that the customer wants, unchecked; empty where it has said nothing."""
        ...

    def ratings(self, site: str, sessions: Sequence[str]) -> dict[str, float]:
        """The model's rating of its last rated answer, 0 to 1, of each of these sessions that has one."""
        ...

    def spend(self, site: str, day: int, who: str, most: int) -> bool:
        """Count one more call of the model on a day of UTC; False, and nothing counted, where `most` were made."""
        ...

    def spent(self, site: str, day: int, who: str) -> int:
        """How many calls of the model were counted on a day of UTC."""
        ...


class Privacy(Protocol):
    """What is stored about one person, and what is too old to be kept."""

    def sessions(self, site: str, person: Person, after: str, limit: int) -> list[str]:
        """The ids of the person's sessions at this site beyond `after`, in their order."""
        ...

    def escalations(self, site: str, session: str) -> list[str]:
        """The ids of those that were decided in the session, oldest first."""
        ...

    def labels(self, site: str, session: str) -> list[Json]: ...
    def answers(self, site: str, session: str) -> list[Json]: ...
    def calls(self, escalation: str) -> list[Json]: ...
    def mails(self, escalation: str) -> list[Json]:
        """Payload, state and `created_at` of each."""
        ...

    def tickets(self, escalation: str) -> list[Json]:
        """Target, external id, ref and url of those that a helpdesk has, or may have."""
        ...

    def empty_session(self, blank: Session) -> dict[str, int]:
        """Delete what was said in a session and put the blank one in its place; returns how many rows, by kind."""
        ...

    def empty_escalation(self, blank: Escalation) -> dict[str, int]:
        """Likewise an escalation; what is still to be sent for it is cancelled."""
        ...

    def empty_messages(self, escalation: str, session: str, said: Sequence[str]) -> dict[str, int]:
        """Empty what a session has added to the ticket of another one, and what names an address or number of it."""
        ...

    def openings(self, escalation: str) -> list[Millis]:
        """The openings for which it has waited."""
        ...

    def empty_mails(self, external_ids: Sequence[str]) -> int:
        """Empty mails that speak of several people, and cancel those that are not sent."""
        ...

    def drop_address(self, site: str, email: str, digest: str) -> None:
        """Forget what the CRM said of an address, and how many mails went to it."""
        ...

    def drop_spent(self, site: str, who: Sequence[str]) -> None:
        """Forget how often the responder was asked for them; see `Answers.spend`."""
        ...

    def aged(self, site: str, before: Millis, after: Place, limit: int) -> list[Aged]:
        """A page of the sessions that began before an instant, oldest first."""
        ...

    def purge(self, site: str, before: Millis, sessions: Sequence[str]) -> int:
        """Delete those of the sessions that are over still, with everything that belongs to them; how many there were.

        They began before the instant; one in which something was said since then is not over.
        """
        ...

    def purge_stale(self, before: Millis, limit: int) -> int:
        """Delete some of the CRM's answers, slots for mails and counts that are older than an instant; how many."""
        ...


class Pages(Protocol):
    """The site's own pages, as the plugin has sent them."""

    def put(self, site: str, page: Page, pieces: Sequence[Piece]) -> None:
        """Keep a page, in place of what was kept of it before; `pieces` are those of its text, in their order."""
        ...

    def drop(self, site: str, ids: Collection[str]) -> int:
        """Forget pages; how many of them were known."""
        ...

    def keep_only(self, site: str, ids: Collection[str]) -> int:
        """Forget all others; how many these were."""
        ...

    def known(self, site: str) -> dict[str, str]:
        """The digest of each page by its id."""
        ...

    def all(self, site: str) -> list[Page]:
        """Every page, by title."""
        ...

    def count(self, site: str) -> int: ...
    def search(self, site: str, text: str, language: str, limit: int) -> list[Passage]:
        """What the pages say about a visitor's message, the best first; nothing where none has enough of it.

        Args:
            site: whose pages.
            text: as the visitor wrote it.
            language: a code such as "de"; empty has it guessed.
            limit: how many passages there may be.
        """
        ...


class Tx(Protocol):
    """One transaction, by aggregate."""

    @property
    def sites(self) -> Sites: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def shadows(self) -> Shadows: ...
    @property
    def records(self) -> Records: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def escalations(self) -> Escalations: ...
    @property
    def callbacks(self) -> Callbacks: ...
    @property
    def work(self) -> Work: ...
    @property
    def upstreams(self) -> Upstreams: ...
    @property
    def mending(self) -> Mending: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def people(self) -> People: ...
    @property
    def ops(self) -> Ops: ...
    @property
    def stats(self) -> Stats: ...
    @property
    def labels(self) -> Labels: ...
    @property
    def alarms(self) -> Alarms: ...
    @property
    def hours(self) -> Hours: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def privacy(self) -> Privacy: ...
    @property
    def pages(self) -> Pages: ...

    def after_commit(self, do: Callable[[], object]) -> None:
        """Have something done once the transaction is through; not at all if it fails."""
        ...


class Store(Protocol):
    """The database, as the use cases see it."""

    def write(self, *, together: bool = False) -> AbstractContextManager[Tx]:
        """A transaction that commits at the end of the block, or leaves nothing.

        Args:
            together: it may be committed at once with others that allow it, too. It sees what they wrote; one that
                fails takes nothing of the others along, and a commit that fails has failed for all.

        Raises:
            StoreBusy: the database could not take it in time.
        """
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """A transaction that cannot write."""
        ...

    def scrub(self) -> None:
        """Have what was deleted leave the files of the database, where that is in our hands."""
        ...
