"""Times for a call that a customer may choose from. Instants are milliseconds UTC."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bridge.domain import hours, wall_clock
from bridge.domain.calendars import Calendar
from bridge.domain.callback import Callback
from bridge.domain.instants import DAY
from bridge.domain.queues import Callbacks, Queue
from bridge.domain.values import Channel, Millis
from bridge.domain.wall_clock import Span


def slots(calls: Callbacks, calendar: Calendar, at: Millis) -> Iterator[Span]:
    """The slots that lie wholly inside staffed hours, from `lead` to `ahead` after `at`, in order.

    Where there is none, for the team is away for longer, they are those of the day on which it comes back.

    They begin at the round times of the calendar's wall clock (10:00, 10:30, ...), so that a slot stays the same one
    whenever it is asked for, and whatever else is opened or closed beside it.
    """
    since = at + calls.lead
    until = since + calls.ahead
    if found := next(_between(calls, calendar, since, until), None):
        yield from _between(calls, calendar, found[0], until)
    elif (opens := hours.next_open(calendar, until)) is not None:
        yield from _between(calls, calendar, opens, opens + DAY)


def _between(calls: Callbacks, calendar: Calendar, since: Millis, until: Millis) -> Iterator[Span]:
    for start, end in hours.open_runs(calendar, since, until):
        begins = _round_up(calendar, start, calls.slot)
        while begins + calls.slot <= end:
            yield begins, begins + calls.slot
            begins = _round_up(calendar, begins + calls.slot, calls.slot)


def free(calls: Callbacks, calendar: Calendar, at: Millis, booked: Sequence[Callback]) -> Iterator[Span]:
    """The slots in which the queue can make one more call.

    Args:
        calls: what the queue says of its calls.
        calendar: when its people are there.
        at: now.
        booked: the queue's calls, by their start.
    """
    starts = [one.starts_at for one in booked]
    longest = max((one.ends_at - one.starts_at for one in booked), default=0)
    for start, end in slots(calls, calendar, at):
        beside = booked[bisect_left(starts, start - longest) : bisect_left(starts, end)]
        if free_seat((start, end), beside, calls.capacity) is not None:
            yield start, end


def free_seat(slot: Span, booked: Sequence[Callback], capacity: int) -> int | None:
    """The first seat that no call holds while the slot lasts.

    The seats in use are counted, and not the calls at each instant: so there are never more calls at once than the
    capacity, whatever the length of a slot or the capacity was when the others were booked.
    """
    start, end = slot
    used = {one.seat for one in booked if one.starts_at < end and one.ends_at > start}
    return next(seat for seat in range(capacity) if seat not in used) if len(used) < capacity else None


def bookable(queue: Queue, calendar: Calendar, at: Millis) -> bool:
    """Whether the queue makes calls at all, and has a time for one; who has booked it already is not asked."""
    return Channel.CALLBACK in queue.ladder and next(slots(queue.callbacks, calendar, at), None) is not None


def _round_up(calendar: Calendar, at: Millis, step: Millis) -> Millis:
    """The first instant from `at` on at which the wall clock shows a multiple of the step."""
    wall = at + wall_clock.offset_at(calendar.timezone, at)
    return at + -wall % step
