"""Rows that do not fit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.escalation import EscalationState
from bridge.domain.values import Millis


@dataclass(frozen=True, slots=True)
class EscalationCheck:
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
class LockedSession:
    """A locked session, and the state of the escalation that it names; None where there is none."""

    session_id: str
    state: EscalationState | None


class Repairs(Protocol):
    """Rows that do not fit together, as a crash, a restored copy or a hand may leave them."""

    def page(self, site: str, after: str, limit: int) -> list[EscalationCheck]:
        """Active escalations by session, those behind `after`, whether anything is wrong or not."""
        ...

    def look(self, site: str, escalation: str) -> EscalationCheck | None:
        """One of them; None where it is not active."""
        ...

    def locked(self, site: str, after: str, limit: int) -> list[LockedSession]:
        """Locked sessions by id, those behind `after`, whether anything is wrong or not."""
        ...

    def doubt(self, escalation: str, now: Millis) -> bool:
        """Have a ticket that was sent without an id sent again, as one that may have been made already."""
        ...

    def free(self, now: Millis, farthest: Mapping[str, Millis]) -> dict[str, int]:
        """Bring back what lies further ahead than it ever could; how many rows of each.

        Args:
            now: the present instant.
            farthest: milliseconds ahead for each of `lease`, `follow_up_lease`, `due`, `postponed`, `wait`, `pause`.
        """
        ...

    def count(self, what: str, times: int, at: Millis) -> None:
        """Count a repair."""
        ...
