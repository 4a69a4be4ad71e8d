"""Which rung of a queue's ladder is possible now, and what can be promised on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain import commitment, hours
from bridge.domain.escalation import Presence
from bridge.domain.instants import MINUTE
from bridge.domain.policy import Policy, Queue
from bridge.domain.values import Channel, Millis, Priority


@dataclass(frozen=True, slots=True)
class Route:
    """A rung with its promise. `opens_at` is the next opening when nobody is in now, else None."""

    channel: Channel
    due_at: Millis
    timezone: str
    opens_at: Millis | None


def someone_free(queue_name: str, present: Sequence[Presence], load: dict[str, int], at: Millis) -> bool:
    """Whether a person is there for the queue and has room: presence that has not expired, and capacity."""
    return any(
        person.available
        and person.expires_at > at
        and (not person.queues or queue_name in person.queues)
        and load.get(person.agent.id, 0) < person.capacity
        for person in present
    )


def route(
    policy: Policy, queue_name: str, priority: Priority, at: Millis, *, free: bool, below: Channel | None = None
) -> Route:
    """The first possible rung of the queue's ladder, or of what lies below `below`.

    `live` takes staffed hours and a free person. `callback` takes a booked slot, which a decision does not have yet.
    `email` needs nothing but the database, and a ladder always ends with it.

    The promise falls on a whole minute, the first one that is not too early: the customer reads minutes, and message,
    ticket and job name the same instant.
    """
    queue = policy.queues[queue_name]
    calendar = policy.hours[queue.hours]
    is_open = hours.is_open(calendar, at)
    rungs = _rungs_below(queue, below)
    channel = Channel.LIVE if Channel.LIVE in rungs and is_open and free else Channel.EMAIL
    exact = commitment.due(calendar, at, queue.promises_within(priority), live=channel is Channel.LIVE)
    due_at = -(-exact // MINUTE) * MINUTE
    opens_at = None if is_open else hours.next_opening(calendar, at)
    return Route(channel, due_at, calendar.timezone, opens_at)


def _rungs_below(queue: Queue, below: Channel | None) -> tuple[Channel, ...]:
    if below is None or below not in queue.ladder:
        return queue.ladder if below is None else ()
    return queue.ladder[queue.ladder.index(below) + 1 :]
