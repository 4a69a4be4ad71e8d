"""What is due: follow-ups and outbox rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.escalation import FollowUp, FollowUpState, OutboxRow, OutboxState
from bridge.domain.values import Json, Millis
from bridge.ports.desk import TicketRef


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


@dataclass(frozen=True, slots=True)
class Undone:
    """Follow-ups of a site that ought to have been done, by kind.

    `failing` of them were given up, or have failed as often and are still tried; `late` were due before the instant
    that was asked about, the first of those at `oldest`.
    """

    site: str
    kind: str
    failing: int
    late: int
    oldest: Millis | None


class Work(Protocol):
    """What is due: follow-ups and outbox rows, claimed by lease."""

    def plan(self, follow_up: FollowUp) -> None: ...
    def plan_anew(self, follow_up: FollowUp) -> None:
        """As `plan`, but one of its kind and promise that is planned or done already is to be done at the new time."""
        ...

    def cancel(self, escalation: str) -> int:
        """Take off what is still to be done for an escalation, and what was given up; returns how many that were."""
        ...

    def shift(self, commitment: str, by: Millis) -> int:
        """Move what is still to be done for a promise; returns how many follow-ups that were."""
        ...

    def claim_follow_ups(
        self, owner: str, now: Millis, until: Millis, limit: int, *, take_over: bool = True
    ) -> list[FollowUp]:
        """Lease what is due, most urgent first; rows whose lease is over only where `take_over`."""
        ...

    def finish_follow_up(
        self, follow_up: str, owner: str, *, state: FollowUpState, at: Millis | None = None, error: str | None = None
    ) -> bool:
        """End a follow-up; False where its lease is somebody else's by now, and nothing was written."""
        ...

    def postpone_follow_up(self, follow_up: str, owner: str, due_at: Millis, error: str) -> bool:
        """Have a follow-up done later; False as in `finish_follow_up`."""
        ...

    def post(self, row: OutboxRow, at: Millis) -> bool:
        """Keep a row to be sent; False where its target has one of that external id already, which stays as it is."""
        ...

    def claim_outbox(
        self, owner: str, now: Millis, until: Millis, limit: int, *, take_over: bool = True
    ) -> list[OutboxRow]:
        """Lease what is due and may go to its system now; see `Upstreams` for what has to be noted of the latter."""
        ...

    def sent(self, row: str, owner: str, ref: TicketRef | None) -> bool:
        """Note that a row has arrived; False where its lease is somebody else's by now, and nothing was written."""
        ...

    def not_sent(self, row: OutboxRow, owner: str, *, state: OutboxState, due_at: Millis, error: str) -> bool:
        """Give a row back; False as in `sent`.

        The attempts that `row` has are kept: those that do not count against it are taken off.
        """
        ...

    def outbox(
        self, states: Sequence[OutboxState], limit: int, *, site: str | None = None, target: str | None = None
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

    def park(self, row: str) -> bool:
        """Have a waiting row sent no more; False where it does not wait."""
        ...

    def drop(self, row: str) -> bool:
        """Give up a parked row for good, a ticket with its notes: it is never sent, and no longer undelivered."""
        ...

    def due(self, until: Millis, limit: int, *, now: Millis = 0) -> list[Json]:
        """What is still to be done until then: what is late at `now` as it will be done, then the rest by time."""
        ...

    def given_up(self, limit: int) -> list[Json]:
        """Follow-ups that failed too often, as `due` has them: nobody does them until they are tried again."""
        ...

    def undone(self, before: Millis, attempts: int) -> list[Undone]:
        """What was due before then, was given up, or was tried as often as `attempts`, of all sites."""
        ...

    def oldest_due(self) -> Millis | None:
        """When the follow-up is due that is due first; None where there is none."""
        ...

    def try_given_up(self, now: Millis, *, follow_up: str | None = None) -> int:
        """Have what was given up done after all, all of it or one; returns how many that are."""
        ...
