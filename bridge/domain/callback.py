"""A call that a customer has booked."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.values import Millis


class CallState(StrEnum):
    """What became of a booked call."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Callback:
    """A call at its time. A move keeps the row, and with it the entry in the calendars of both sides.

    `seat` numbers the calls that a queue makes at the same time. `sequence` counts the changes over all calls of the
    escalation, as iCalendar's SEQUENCE does: who names an older one has not seen the last change.
    """

    id: str
    site: str
    escalation_id: str
    queue: str
    starts_at: Millis
    ends_at: Millis
    seat: int
    state: CallState
    sequence: int
    commitment_id: str
    confirmed_at: Millis | None
    booked_at: Millis

    @property
    def waited_for_until(self) -> Millis:
        """Until when the call may still be made: who has claimed it may be speaking for as long again."""
        return 2 * self.ends_at - self.starts_at
