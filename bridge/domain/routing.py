"""Which rung of a queue's ladder is possible now, and what can be promised on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.domain import commitment, hours, slots
from bridge.domain.escalation import Presence
from bridge.domain.hours import Calendar
from bridge.domain.instants import MINUTE
from bridge.domain.queues import Queue
from bridge.domain.values import Channel, Millis, Priority


@dataclass(frozen=True, slots=True)
class Staffing:
    """A queue as it is for one customer at one instant: its calendar, and whether somebody can take a live chat."""

    name: str
    queue: Queue
    calendar: Calendar
    free: bool


@dataclass(frozen=True, slots=True)
class Route:
    """A rung of a queue with its promise. `opens_at` is the next opening when nobody is in now, else None."""

    queue: str
    channel: Channel
    due_at: Millis
    timezone: str
    opens_at: Millis | None


def someone_free(queue_name: str, present: Sequence[Presence], load: Mapping[str, int], at: Millis) -> bool:
    """Whether a person is there for the queue and has room: presence that has not expired, and capacity."""
    return any(
        person.available
        and person.expires_at > at
        and (not person.queues or queue_name in person.queues)
        and load.get(person.agent.id, 0) < person.capacity
        for person in present
    )


def route(staffing: Staffing, priority: Priority, at: Millis, *, below: Channel | None = None) -> Route:
    """The first possible rung of the queue's ladder, or of what lies below `below`.

    `live` takes staffed hours and a free person. `callback` takes a time for a call inside staffed hours. `email`
    needs nothing but the database, and a ladder always ends with it.

    The promise falls on a whole minute, the first one that is not too early: the customer reads minutes, and message,
    ticket and job name the same instant.
    """
    queue, calendar = staffing.queue, staffing.calendar
    is_open = hours.is_open(calendar, at)
    possible = {
        Channel.LIVE: is_open and staffing.free,
        Channel.CALLBACK: slots.bookable(queue, calendar, at),
        Channel.EMAIL: True,
    }
    channel = next((rung for rung in _rungs_below(queue, below) if possible[rung]), Channel.EMAIL)
    exact = commitment.due(calendar, at, queue.promises_within(priority), live=channel is Channel.LIVE)
    due_at = -(-exact // MINUTE) * MINUTE
    opens_at = None if is_open else hours.next_opening(calendar, at)
    return Route(staffing.name, channel, due_at, calendar.timezone, opens_at)


def _rungs_below(queue: Queue, below: Channel | None) -> tuple[Channel, ...]:
    if below is None or below not in queue.ladder:
        return queue.ladder if below is None else ()
    return queue.ladder[queue.ladder.index(below) + 1 :]
