"""What is said of staffed hours beside the policy: what feeds of closures name, and what the team commands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bridge.domain.calendars import Override
from bridge.domain.instants import DAY
from bridge.domain.values import Millis
from bridge.domain.wall_clock import Span, merged, wall_spans

LONGEST_COMMAND: Final = 366 * DAY
"""Milliseconds for which a command can hold; what is to hold for longer belongs in the policy."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What one event of a feed closes, `to` not part of it.

    `wall`: the two are no instants but times on the wall clock of whichever zone the calendar has, counted as if that
    were UTC: a whole date is from its midnight to the next.
    """

    from_: Millis
    to: Millis
    wall: bool
    why: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A feed as it was read in full at an instant.

    `passed_over` counts the events that may close something and could not be read, `cut` those beyond what is kept.
    """

    closings: tuple[Closing, ...]
    read_at: Millis
    passed_over: int = 0
    cut: int = 0

    def dump(self) -> str:
        """The reading as JSON text, as the database keeps it."""
        closings = [[one.from_, one.to, one.wall, one.why] for one in self.closings]
        kept = {"read_at": self.read_at, "passed_over": self.passed_over, "cut": self.cut, "closings": closings}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


NOTHING_READ: Final = ""
"""What the database keeps of a feed that was never read."""


@lru_cache(maxsize=16)
def load_reading(text: str) -> Reading:
    """What `Reading.dump` wrote; a feed that was never read closes nothing."""
    if text == NOTHING_READ:
        return Reading((), 0)
    kept = json.loads(text)
    closings = tuple(Closing(*one) for one in kept["closings"])
    return Reading(closings, kept["read_at"], kept["passed_over"], kept["cut"])


@lru_cache(maxsize=16)
def closed_spans(text: str, zone: str) -> tuple[Span, ...]:
    """The instants that a reading, as `Reading.dump` wrote it, closes in a calendar's zone; kept, for each decides."""
    closings = load_reading(text).closings
    instants = [(one.from_, one.to) for one in closings if not one.wall]
    return tuple(merged([*instants, *wall_spans(zone, [(one.from_, one.to) for one in closings if one.wall])]))


@dataclass(frozen=True, slots=True)
class Feed:
    """A site's feed of closures as it stands.

    `reading`: see `Reading.dump`. `read_at`: when the feed last answered well, `tried_at`: when it was last asked.
    `error` and `failures`: why it has not answered since, and how often in a row.
    """

    url: str = field(repr=False)
    reading: str = field(repr=False)
    etag: str | None
    read_at: Millis | None
    tried_at: Millis
    error: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """The team's own word: open or closed from one instant to another, whatever the calendar says.

    `queue`: None is every queue. `why` is for the team and never reaches a customer.
    """

    id: str
    queue: str | None
    open: bool
    from_: Millis
    until: Millis
    why: str
    author: str
    made_at: Millis
    revoked_at: Millis | None = None

    def concerns(self, queue: str) -> bool:
        """Whether it is about this queue."""
        return self.queue in (None, queue)


def overrides(commands: Sequence[Command]) -> tuple[Override, ...]:
    """The commands as a calendar takes them, in the order in which they were given."""
    return tuple(Override(one.from_, one.until, one.open) for one in commands)
