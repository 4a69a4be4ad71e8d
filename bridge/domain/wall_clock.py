"""What the wall clock of a time zone shows at an instant, and when it shows what. Instants are milliseconds UTC.

What is asked of dates is worked out one UTC day at a time, because local dates have 23 to 27 hours, may begin at one
o'clock, may be missing, and may even be left and entered again.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from bridge.domain.instants import DAY, EPOCH, to_datetime
from bridge.domain.values import Millis

Span = tuple[int, int]
"""Start and end; the end is not part of it. Minutes of a day or milliseconds UTC, as the place says."""


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_zone(key: object) -> bool:
    """Whether `key` is exactly a name of the IANA time zone database, such as `America/New_York`."""
    return isinstance(key, str) and key in _zone_names()


@lru_cache(maxsize=64)
def zone_of(key: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        ValueError: no such zone.
    """
    if not is_zone(key):
        raise ValueError("not a time zone")
    return ZoneInfo(key)


def local_time(at: Millis, zone: str) -> datetime:
    """An instant on the wall clock of a zone.

    Raises:
        ValueError: no such zone.
    """
    return to_datetime(at).astimezone(zone_of(zone))


def offset_at(zone: str, at: Millis) -> int:
    """How far the wall clock of `zone` is ahead of UTC at an instant, in milliseconds."""
    offset = (EPOCH + timedelta(seconds=at // 1000)).astimezone(zone_of(zone)).utcoffset()
    return int((offset or timedelta()).total_seconds() * 1000)


def local_date(zone: str, at: Millis) -> date:
    """The date on the wall of a zone at an instant."""
    return (EPOCH + timedelta(milliseconds=at + offset_at(zone, at))).date()


def day_number(day: date) -> int:
    """The days from 1970-01-01 to a date."""
    return day.toordinal() - EPOCH.toordinal()


def midnight(day: date) -> Millis:
    """The milliseconds from 1970 to the beginning of a date on a clock that shows UTC."""
    return day_number(day) * DAY


@lru_cache(maxsize=2048)
def pieces(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """A UTC day cut where the zone changes its offset, as (start, end, offset).

    No zone has changed twice within a week since 1970, so the day's two ends tell whether there is a change.
    """
    start, end = day * DAY, (day + 1) * DAY
    before, after = offset_at(zone, start), offset_at(zone, end - 1000)
    if before == after:
        return ((start, end, before),)
    low, high = start // 1000, end // 1000 - 1  # seconds; `low` is before the change, `high` is not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(zone, middle * 1000) == before else (low, middle)
    return (start, high * 1000, before), (high * 1000, end, after)


def stretches(zone: str, day: date) -> list[tuple[Millis, Millis, int]]:
    """The instants of a local date as (start, end, offset), in order: one stretch, or more where the clock changes.

    None where the zone has left the date out.
    """
    begins = midnight(day)
    found: list[tuple[Millis, Millis, int]] = []
    for utc_day in range(day_number(day) - 1, day_number(day) + 2):
        for start, end, offset in pieces(zone, utc_day):
            first, last = max(start, begins - offset), min(end, begins + DAY - offset)
            if found and found[-1][1:] == (first, offset):
                found[-1] = (found[-1][0], last, offset)
            elif first < last:
                found.append((first, last, offset))
    return found


def wall_spans(zone: str, walls: Iterable[Span]) -> list[Span]:
    """The instants at which the wall clock of a zone shows one of these times, in order.

    Args:
        zone: an IANA name.
        walls: wall times in milliseconds, counted as if the wall were UTC's. The work grows with their length.
    """
    found: list[Span] = []
    for first, last in merged(walls):
        for day in range(first // DAY - 1, (last - 1) // DAY + 2):
            found += [(max(start, first - o), min(end, last - o)) for start, end, o in pieces(zone, day)]
    return merged(span for span in found if span[0] < span[1])


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same spans in order, none touching another."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
