"""Times for a call that a customer may choose from. Instants are milliseconds UTC."""

from collections.abc import Iterator

from bridge.domain import hours
from bridge.domain.hours import Calendar, Span
from bridge.domain.queues import Callbacks, Queue
from bridge.domain.values import Channel, Millis


def slots(calls: Callbacks, calendar: Calendar, at: Millis) -> Iterator[Span]:
    """The slots that lie wholly inside staffed hours, from `lead` to `ahead` after `at`, in order.

    They begin at the round times of the calendar's wall clock (10:00, 10:30, ...), so that a slot stays the same one
    whenever it is asked for, and whatever else is opened or closed beside it.
    """
    for start, end in hours.open_runs(calendar, at + calls.lead, at + calls.lead + calls.ahead):
        begins = _round_up(calendar, start, calls.slot)
        while begins + calls.slot <= end:
            yield begins, begins + calls.slot
            begins = _round_up(calendar, begins + calls.slot, calls.slot)


def bookable(queue: Queue, calendar: Calendar, at: Millis) -> bool:
    """Whether the queue makes calls at all, and has a time for one; who has booked it already is not asked."""
    return Channel.CALLBACK in queue.ladder and next(slots(queue.callbacks, calendar, at), None) is not None


def _round_up(calendar: Calendar, at: Millis, step: Millis) -> Millis:
    """The first instant from `at` on at which the wall clock shows a multiple of the step."""
    wall = at + hours.offset_at(calendar.timezone, at)
    return at + -wall % step
