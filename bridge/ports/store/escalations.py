"""Escalations, their promises, and what people answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.escalation import Agent, Commitment, CommitmentState, Delivery, Escalation, EscalationState
from bridge.domain.session import Session
from bridge.domain.values import Millis
from bridge.ports.desk import Filed

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
class Urgency:
    """Where an escalation stands among those of its site by what somebody still owes: by when that is due, then by id.

    One whose promise is `kept` comes after all others.
    """

    kept: bool
    due_at: Millis
    escalation: str


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

    def unverified(self, site: str, since: Millis) -> int:
        """How many of visitors who are not logged in were decided on since then."""
        ...

    def untold(self, site: str, since: Millis) -> list[Escalation]:
        """Those of them that are active, and that no mail of their own told the team of."""
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
