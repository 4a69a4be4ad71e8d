"""A queue: people who answer, when they are there, how fast they promise to be, and the ways to reach them."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bridge.domain.instants import DAY, HOUR, MINUTE, SECOND
from bridge.domain.values import Channel, Frozen, Millis, Priority

NAME = r"^[A-Za-z][A-Za-z0-9_-]*$"
ADDRESS = r"^[^@\s,;<>]+@[^@\s,;<>]+$"
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=NAME)]
Address = Annotated[str, Field(max_length=254, pattern=ADDRESS)]
LONGEST = 30 * DAY
UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def read_duration(value: Any) -> Any:
    """`90s`, `15m`, `4h`, `1d` or 0, as milliseconds.

    Raises:
        ValueError: another notation; the message says what is expected.
    """
    if value == 0 and not isinstance(value, bool):
        return 0
    found = re.fullmatch(r"(\d{1,5})\s*([smhd])", value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("expected a duration such as 90s, 15m, 4h or 1d (0 means the next opening)")
    return int(found[1]) * UNITS[found[2]]


def _check_longest(value: Millis) -> Millis:
    if value > LONGEST:
        raise ValueError("expected 30d at most")
    return value


def _check_slot(value: Millis) -> Millis:
    if value < 5 * MINUTE or DAY % value:
        raise ValueError("expected a length that fits a day without a rest, such as 10m, 15m, 20m, 30m or 1h")
    return value


Duration = Annotated[Millis, BeforeValidator(read_duration), AfterValidator(_check_longest)]
SlotLength = Annotated[Duration, AfterValidator(_check_slot)]
Ladder = Annotated[tuple[Channel, ...], Field(min_length=1, max_length=3)]
Promised = Annotated[dict[Priority, Duration], Field(min_length=1)]


class Callbacks(Frozen):
    """The times for a call that customers may choose from: inside staffed hours, on the wall clock's round times.

    `lead`: how long before its start a slot can still be booked. `ahead`: how far into the future it can be; where the
    team is away for longer, it is on the day of its return. `capacity`: calls that the queue makes at the same time.
    `remind`: how long before the call both sides are reminded.
    """

    slot: SlotLength = 30 * MINUTE
    capacity: Annotated[int, Field(ge=1, le=100)] = 1
    lead: Duration = HOUR
    ahead: Duration = 7 * DAY
    remind: Duration = 15 * MINUTE


class ForTier(Frozen):
    """What a queue does otherwise for the customers of one tier."""

    hours: Name | None = None
    respond_within: Promised | None = None
    ladder: Ladder | None = None
    pickup_within: Duration | None = None


class Queue(Frozen):
    """People who answer.

    `staffing`: `presence` asks for a person who is seen to be there before a chat goes live, `schedule` believes the
    hours. `overflow`: queues that are asked in turn when nobody here can take a live chat. `warn_before`: how long
    before a promise is due the team is warned. `promises`: how often one customer is promised an answer, until
    `in_charge` hears of it (the queue's own address where there is none).
    """

    hours: Name
    respond_within: Promised
    ladder: Ladder = (Channel.LIVE, Channel.EMAIL)
    pickup_within: Duration = 3 * MINUTE
    tiers: tuple[Name, ...] = ()
    by_tier: Annotated[dict[Name, ForTier], Field(max_length=20)] = Field(default_factory=dict)
    overflow: Annotated[tuple[Name, ...], Field(max_length=10)] = ()
    staffing: Literal["presence", "schedule"] = "presence"
    callbacks: Callbacks = Callbacks()
    warn_before: Duration = 10 * MINUTE
    promises: Annotated[int, Field(ge=1, le=20)] = 3
    email: Address | None = None
    in_charge: Address | None = None

    def for_tier(self, tier: str) -> "Queue":
        """The queue as it is for the customers of a tier."""
        own = self.by_tier.get(tier)
        return self.model_copy(update=own.model_dump(exclude_none=True)) if own else self

    def promises_within(self, priority: Priority) -> Millis:
        """The time to answer for a priority; where it is not named, that of the next calmer one that is."""
        order = list(Priority)
        known = [
            self.respond_within[p] for p in reversed(order[: order.index(priority) + 1]) if p in self.respond_within
        ]
        return known[0] if known else min(self.respond_within.values())
