"""What the sessions of a time came to."""

from dataclasses import dataclass
from typing import Protocol

from bridge.domain.values import Millis


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
