"""What is to be said about the queues and the hours of a policy that fits the schema."""

from collections.abc import Iterator, Mapping
from typing import Final

from bridge.domain import hours
from bridge.domain.calendars import DAY_MINUTES, Calendar, window_of
from bridge.domain.finding import Finding, error, unknown, warning
from bridge.domain.instants import SECOND
from bridge.domain.policy import Policy
from bridge.domain.queues import ForTier, Queue
from bridge.domain.values import Channel, Millis, Priority
from bridge.domain.wall_clock import local_date

LEAST_PICKUP: Final = 30 * SECOND
LONGEST_SHIFT: Final = 16 * 60
"""Minutes for which a window is open at most without being asked about, but for a whole day."""


def review_queues(policy: Policy, now: Millis) -> Iterator[Finding]:
    """What is to be said about queues and hours, without its line; `now`: see `policy_review.review`."""
    for name, queue in policy.queues.items():
        yield from _own_ways(policy, f"/queues/{name}", queue)
        for tier, own in queue.by_tier.items():
            yield from _own_ways(policy, f"/queues/{name}/by_tier/{tier}", own)
        for index, other in enumerate(queue.overflow):
            if other not in policy.queues:
                yield unknown(f"/queues/{name}/overflow/{index}", "queue", other, policy.queues)
            if other == name:
                yield error(f"/queues/{name}/overflow/{index}", "a queue cannot help itself out", "name another one")
        yield from _slow_pickups(f"/queues/{name}", queue)
    for name, calendar in policy.hours.items():
        yield from _slips(f"/hours/{name}", calendar, now)
    yield from _openings(policy, now)


def _slow_pickups(path: str, queue: Queue) -> Iterator[Finding]:
    """Live chats that wait for longer than an answer by other ways may take; for tiers where it is not so for all."""
    each = {f"{path}/by_tier/{tier}": queue.for_tier(tier) for tier in queue.by_tier}
    hint = "shorten it, such as 3m: whoever is there comes before an answer that is promised for later"
    for where, own in ({path: queue} if _slow_to_pick_up(queue) else each).items():
        if _slow_to_pick_up(own):
            yield warning(f"{where}/pickup_within", "it is longer than the shortest time in respond_within", hint)


def _slow_to_pick_up(queue: Queue) -> bool:
    shortest = min(filter(None, queue.respond_within.values()), default=queue.pickup_within)
    return Channel.LIVE in queue.ladder and queue.pickup_within > shortest


def _slips(path: str, calendar: Calendar, now: Millis) -> Iterator[Finding]:
    """What a calendar may say without its owner having meant it."""
    if "timezone" not in calendar.model_fields_set:
        hint = "add the timezone that your customers know you by, such as America/New_York"
        yield warning(path, "promises by it are told in UTC, for it names no time zone", hint)
    for where, window in _windows(path, calendar):
        start, end = window_of(window)
        if start and end - start == DAY_MINUTES:
            hint = "give it another end; a whole day is 00:00-24:00"
            yield warning(where, f"{window} is open for 24 hours", hint)
        elif LONGEST_SHIFT < end - start < DAY_MINUTES:
            hint = "is its end mistyped, such as 05:00 for 17:00? a whole day is 00:00-24:00"
            yield warning(where, f"{window} is open for more than 16 hours", hint)
    today = local_date(calendar.timezone, now)
    ends = {"closed": [one.to for one in calendar.closed], "extra": [one.date for one in calendar.extra]}
    for key, days in ends.items():
        if days and max(days) < today:
            yield warning(f"{path}/{key}", "all its dates are over", "name those to come, or take it out")


def _windows(path: str, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """Every window of a calendar, and where it stands."""
    for key, windows in calendar.week.items():
        yield from ((f"{path}/week/{key}/{n}", window) for n, window in enumerate(windows))
    for index, extra in enumerate(calendar.extra):
        yield from ((f"{path}/extra/{index}/open/{n}", window) for n, window in enumerate(extra.open))


def _openings(policy: Policy, now: Millis) -> Iterator[Finding]:
    """Calendars that hold no open time, or too little for what is promised by them."""
    users = [(path, queue) for path, queue in _as_for_each(policy) if queue.hours in policy.hours]
    for name, calendar in policy.hours.items():
        mine = [(path, queue) for path, queue in users if queue.hours == name]
        if not hours.opening_in_year(calendar, now):
            by = f"; by it go {', '.join(path for path, _ in mine)}" if mine else ""
            yield error(f"/hours/{name}", f"it never opens within a year{by}", "nothing could be promised")
            continue
        if not hours.opening_in_year(calendar, now + hours.YEAR):
            hint = "is a date mistyped, such as 2926 for 2026?"
            yield warning(f"/hours/{name}", "from a year on it never opens", hint)
        for path, queue in mine:
            if not _holds(calendar, now, queue):
                hint = "shorten it: it runs only while the team is there"
                yield error(f"{path}/respond_within", f"the hours {name!r} hold less open time in a year", hint)


def _as_for_each(policy: Policy) -> Iterator[tuple[str, Queue]]:
    """Every queue, and as it is for each tier with something of its own."""
    for name, queue in policy.queues.items():
        yield f"/queues/{name}", queue
        yield from ((f"/queues/{name}/by_tier/{tier}", queue.for_tier(tier)) for tier in queue.by_tier)


def _holds(calendar: Calendar, now: Millis, queue: Queue) -> bool:
    longest = max(queue.respond_within.values())
    return hours.add_business_time(calendar, now, longest) is not None


def _own_ways(policy: Policy, path: str, own: Queue | ForTier) -> Iterator[Finding]:
    """The calendar, the times and the ladder of a queue, or what it has of its own for a tier."""
    if own.hours is not None and own.hours not in policy.hours:
        yield unknown(f"{path}/hours", "calendar", own.hours, policy.hours)
    if own.pickup_within is not None and own.pickup_within < LEAST_PICKUP:
        hint = "30s at least: what is done in a helpdesk is heard of every half minute"
        yield error(f"{path}/pickup_within", "nobody can pick up a chat that soon", hint)
    for priority, within in (own.respond_within or {}).items():
        if not within:
            fault = "it promises the opening itself: nobody has had time to answer by then"
            yield warning(f"{path}/respond_within/{priority}", fault, "15m gives the team time from the opening on")
    yield from _upside_down(f"{path}/respond_within", own.respond_within or {})
    if own.ladder is None:
        return
    if own.ladder[-1] is not Channel.EMAIL:
        hint = "end it with email: a person may be away, a mailbox is not"
        yield error(f"{path}/ladder", "its last rung can fail", hint)
    if len(set(own.ladder)) != len(own.ladder):
        yield error(f"{path}/ladder", "a rung stands twice", "name each way once")


def _upside_down(path: str, respond_within: Mapping[Priority, Millis]) -> Iterator[Finding]:
    """Priorities that are promised an answer later than a calmer one."""
    named = [priority for priority in Priority if respond_within.get(priority)]
    for n, priority in enumerate(named):
        sooner = [calmer for calmer in named[:n] if respond_within[calmer] < respond_within[priority]]
        if sooner:
            hint = "give what is more urgent the shorter time"
            yield warning(f"{path}/{priority}", f"it is answered later than {', '.join(sooner)}", hint)
