"""Which queue takes over, on which rung of its ladder, and what can be promised there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.domain import commitment, hours, slots
from bridge.domain.calendars import Calendar
from bridge.domain.escalation import Presence
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
    """A rung of a queue with its promise. `opens_at`: when the team comes next, if not after the promise is due."""

    queue: str
    channel: Channel
    due_at: Millis
    timezone: str
    opens_at: Millis | None


# -- who is there ------------------------------------------------------------------------------------------------------


def free_people(queue_name: str, present: Sequence[Presence], load: Mapping[str, int], at: Millis) -> list[Presence]:
    """Who is there for the queue and has room: presence that has not expired, and capacity."""
    return [
        person
        for person in present
        if person.available
        and person.expires_at > at
        and (not person.queues or queue_name in person.queues)
        and load.get(person.agent.id, 0) < person.capacity
    ]


def someone_free(
    queue_name: str, present: Sequence[Presence], load: Mapping[str, int], offered: Mapping[str, int], at: Millis
) -> bool:
    """Whether one more live chat finds a person.

    A chat that was offered and is not taken yet holds a place of somebody who works for its queue. Who will take it is
    open, so the offered chats are seated in the way that leaves a place, if there is one.

    Args:
        queue_name: the queue of the chat.
        present: who has said that they are there.
        load: chats that each agent has taken.
        offered: chats by queue that nobody has taken yet.
        at: now.
    """
    seats = _Seats(present, load, at)
    for name, chats in offered.items():
        for _ in range(chats):
            if not seats.take(name):
                break
    return seats.take(queue_name)


@dataclass(slots=True)
class _Seats:
    """The places of the people who are there, taken by chats of queues."""

    present: Sequence[Presence]
    load: Mapping[str, int]
    at: Millis
    taken: dict[str, Counter[str]] = field(default_factory=dict)

    def take(self, queue_name: str) -> bool:
        """Seat a chat, moving others to colleagues where that makes room; False when it cannot be done."""
        return self._seat(queue_name, set())

    def _seat(self, queue_name: str, asked: set[str]) -> bool:
        for person in free_people(queue_name, self.present, self.load, self.at):
            agent = person.agent.id
            if agent in asked:
                continue
            asked.add(agent)
            mine = self.taken.setdefault(agent, Counter())
            if self.load.get(agent, 0) + mine.total() < person.capacity or self._moves_one(mine, asked):
                mine[queue_name] += 1
                return True
        return False

    def _moves_one(self, mine: Counter[str], asked: set[str]) -> bool:
        moved = next((name for name in list(+mine) if self._seat(name, asked)), None)
        if moved is not None:
            mine[moved] -= 1
        return moved is not None


# -- which queue, which rung -------------------------------------------------------------------------------------------


def choose(own: Staffing, others: Iterable[Staffing], at: Millis) -> Staffing:
    """The queue that takes over: `own`, unless nobody there is free for a live chat and one of `others` has somebody.

    Nobody is asked for help where the ladder has no `live`, or the hours are closed. `others` are looked at in turn,
    and no further than needed.
    """
    wanted = own.queue.ladder[: own.queue.ladder.index(rung(own, at))]
    if Channel.LIVE not in wanted or not hours.is_open(own.calendar, at):
        return own
    return next((other for other in others if rung(other, at) is Channel.LIVE), own)


def rung(staffing: Staffing, at: Millis, *, below: Channel | None = None) -> Channel:
    """The first rung of the queue's ladder that is possible now, or the first of what lies below `below`.

    `live` takes staffed hours and a free person. `callback` takes a time for a call inside staffed hours. `email`
    needs nothing but the database, and a ladder always ends with it.
    """
    return next((one for one in _rungs_below(staffing.queue, below) if _possible(one, staffing, at)), Channel.EMAIL)


def route(
    staffing: Staffing, priority: Priority, at: Millis, *, below: Channel | None = None, patience: Millis = 0
) -> Route:
    """The promise on the first possible rung of the queue's ladder, or of what lies below `below`.

    The time to answer begins `patience` milliseconds after `at`.

    It falls on a whole minute, the first one that is not too early: the customer reads minutes, and message, ticket
    and job name the same instant.
    """
    queue, calendar = staffing.queue, staffing.calendar
    channel = rung(staffing, at, below=below)
    exact = commitment.due(calendar, at + patience, queue.promises_within(priority), live=channel is Channel.LIVE)
    due_at = -(-exact // MINUTE) * MINUTE
    return Route(staffing.name, channel, due_at, calendar.timezone, opening_before(calendar, at, due_at))


def opening_before(calendar: Calendar, at: Millis, due_at: Millis) -> Millis | None:
    """When the team comes next after `at`, if that is not after the promise is due."""
    found = hours.next_opening(calendar, at)
    return found if found is not None and found <= due_at else None


def _possible(channel: Channel, staffing: Staffing, at: Millis) -> bool:
    if channel is Channel.LIVE:
        return staffing.free and hours.is_open(staffing.calendar, at)
    return channel is Channel.EMAIL or slots.bookable(staffing.queue, staffing.calendar, at)


def _rungs_below(queue: Queue, below: Channel | None) -> tuple[Channel, ...]:
    if below is None:
        return queue.ladder
    return queue.ladder[queue.ladder.index(below) + 1 :] if below in queue.ladder else ()
