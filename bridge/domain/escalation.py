"""An escalation and what keeps its promise: commitment, follow-ups, outbox rows, events, presence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.packet import Packet
from bridge.domain.values import Channel, Millis, Priority


class EscalationState(StrEnum):
    """Where the ticket stands with the team."""

    OPEN = "open"
    CLAIMED = "claimed"
    RESOLVED = "resolved"
    RELEASED = "released"


ACTIVE = (EscalationState.OPEN, EscalationState.CLAIMED)


class CommitmentState(StrEnum):
    """What became of a promise."""

    PENDING = "pending"
    KEPT = "kept"
    BROKEN = "broken"
    REPLACED = "replaced"


class FollowUpKind(StrEnum):
    """What the scheduler does when it is due.

    `pickup`: nobody took the live chat, fall to the next rung. `opening`: the team is in, write to customer and team.
    `warn`: the promise is near, warn the team. `promise`: the promise is due, see whether it was kept. `remind`: a
    booked call is near, remind both sides. `call_over`: the time of a booked call is over, see whether it was made.
    """

    PICKUP = "pickup"
    OPENING = "opening"
    WARN = "warn"
    PROMISE = "promise"
    REMIND = "remind"
    CALL_OVER = "call_over"


class OutboxKind(StrEnum):
    """What an outbox row carries to another system.

    A `note` joins its escalation's ticket: it waits until that is filed, and until the notes before it are sent.
    """

    TICKET = "ticket"
    NOTE = "note"
    MAIL = "mail"
    NOTICE = "notice"


class OutboxState(StrEnum):
    """How far a row is on its way.

    `unknown`: it may have arrived, and is tried again with care. `parked`: a person has to see to it. `cancelled`: it
    was given up, and is never sent.
    """

    DUE = "due"
    LEASED = "leased"
    UNKNOWN = "unknown"
    SENT = "sent"
    PARKED = "parked"
    CANCELLED = "cancelled"


WAITING_ROWS = (OutboxState.DUE, OutboxState.UNKNOWN)
"""They go when their turn comes."""
ROWS_UNDER_WAY = (*WAITING_ROWS, OutboxState.LEASED)
"""They arrive without anybody doing anything."""
UNDELIVERED_ROWS = (*ROWS_UNDER_WAY, OutboxState.PARKED)


class FollowUpState(StrEnum):
    """How far a follow-up is. `failed`: it was given up, and a person may have it tried again."""

    DUE = "due"
    LEASED = "leased"
    DONE = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


PLANNED_FOLLOW_UPS = (FollowUpState.DUE, FollowUpState.LEASED)
"""They are still to be done."""


class Who(StrEnum):
    """Who can count as away for a while: a person who is seen, or a queue whose people are not."""

    AGENT = "agent"
    QUEUE = "queue"


class EventKind(StrEnum):
    """What the visitor's chat is told between turns."""

    REPLY = "reply"
    AGENT = "agent"
    NOTICE = "notice"
    COMMITMENT = "commitment"
    RELEASED = "released"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Agent:
    """A person of the team, as WordPress knows them."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise: the absolute instant, its zone and wall time, and the words that the customer read.

    `wall` (`YYYY-MM-DDTHH:MM` in `timezone`) is what was promised in the customer's eyes: should zone rules change,
    it stands, and the instant follows.
    """

    id: str
    escalation_id: str
    channel: Channel
    due_at: Millis
    timezone: str
    wall: str
    text: str
    state: CommitmentState
    made_at: Millis


@dataclass(frozen=True, slots=True)
class Escalation:
    """The decision and its ticket."""

    site: str
    id: str
    session_id: str
    customer_key: str | None
    state: EscalationState
    rule: str
    reason: str
    priority: Priority
    queue: str
    channel: Channel
    policy_version: int
    packet: Packet
    trace: str
    decided_at: Millis
    claimed_by: Agent | None
    answered_at: Millis | None
    commitment: Commitment


def rank_of(escalation: Escalation, tiers: Sequence[str]) -> int:
    """Whose work goes first when much of it is late: the smaller number. The tier counts before the priority.

    Args:
        escalation: whose customer it is.
        tiers: the policy's, low to high; a tier that it does not name comes last.
    """
    tier, urgencies = escalation.packet.customer.tier, list(Priority)
    above = len(tiers) - 1 - tiers.index(tier) if tier in tiers else len(tiers)
    return above * len(urgencies) + len(urgencies) - 1 - urgencies.index(escalation.priority)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A due action of the scheduler. `commitment_id` ties it to the promise it serves: a replaced promise ends it.

    `rank` is from `rank_of`.
    """

    id: str
    site: str
    escalation_id: str
    commitment_id: str
    kind: FollowUpKind
    due_at: Millis
    attempts: int = 0
    rank: int = 0


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something that must reach another system, with its frozen payload and a stable external id.

    `held` says why the row is kept from being sent until a person lets it go.
    """

    id: str
    site: str
    escalation_id: str
    kind: OutboxKind
    target: str
    external_id: str
    payload: str
    due_at: Millis
    attempts: int = 0
    first_sent_at: Millis | None = None
    unsure_since: Millis | None = None
    """When the outcome of a send was last found to be unknown: from then on an earlier attempt may have acted, and only
    the target's own strategy may follow."""
    held: str | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A line for the visitor's chat, numbered within its session."""

    n: int
    kind: EventKind
    text: str
    at: Millis
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """A person who says they are there, until `expires_at`. No queues named = all of them."""

    agent: Agent
    queues: tuple[str, ...]
    capacity: int
    available: bool
    expires_at: Millis


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the ticket of an escalation is on its way to the desk."""

    desk: str
    state: OutboxState
    ref: str | None = None
    url: str | None = None
