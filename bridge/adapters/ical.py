"""iCalendar (RFC 5545) read for one purpose: when is closed? What it does not need it does not look at.

Zone definitions in the file are left out: a zone goes by its IANA or Windows name, because a definition may hold a
rule that takes for ever to work out, and the library would keep it for the next feed of somebody else.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any, Final

from bridge.domain.closures import Closing, Reading
from bridge.domain.instants import DAY, MILLISECOND, from_datetime, to_datetime
from bridge.domain.recurrence import Every, Rule, begin, dates
from bridge.domain.values import Millis

READ_AHEAD: Final = 400 * DAY
"""Milliseconds for which closures are read ahead: no promise looks further."""
READ_BEHIND: Final = 2 * DAY
MOST_EVENTS: Final = 5_000
MOST_CLOSURES: Final = 2_000
"""Closures that are kept of a feed."""
MOST_DAYS: Final = 200_000
"""Days that are looked at for all rules of a feed together, some five hundred rules: a second or so."""
LONGEST_WHY: Final = 120

_NEEDED = re.compile(
    r"(UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|TRANSP|SUMMARY|X-MICROSOFT-CDO-ALLDAYEVENT)[;:]",
    re.IGNORECASE,
)
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST", "SKIP"})
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock's


class NoFeed(Exception):  # noqa: N818
    """What was read is no feed; the text says why in a few fixed words."""


@dataclass(frozen=True, slots=True)
class _Happening:
    """An event as it is read: its start and length on the wall clock of its zone, None being the calendar's own."""

    uid: str
    start: datetime
    length: timedelta
    zone: tzinfo | None
    why: str
    closes: bool
    replaces: datetime | None
    rule: Rule | None
    more: frozenset[datetime]
    without: frozenset[datetime]


def read_feed(body: bytes, at: Millis) -> Reading:
    """What a feed closes from `at` on.

    Raises:
        NoFeed: it is none, it is cut short, or it holds more events than are read.
    """
    happenings, passed_over = _happenings(_lines(body))
    replaced: dict[str, set[datetime]] = defaultdict(set)
    for one in happenings:
        if one.replaces is not None:
            replaced[one.uid].add(one.replaces)
    found: list[Closing] = []
    window = _Window(at - READ_BEHIND, at + READ_AHEAD)
    for one in happenings:
        gone = replaced[one.uid] if one.replaces is None else set()
        try:
            found += window.closings(one, gone) if one.closes else []
        except (ValueError, OverflowError):
            passed_over += 1
    found.sort(key=lambda one: (one.from_, one.to))
    return Reading(tuple(found[:MOST_CLOSURES]), at, passed_over, max(0, len(found) - MOST_CLOSURES))


# -- lines and events --------------------------------------------------------------------------------------------------


def _lines(body: bytes) -> list[str]:
    """The lines as they were before they were folded, which may have been in the middle of a letter."""
    try:
        text = re.sub(rb"\r?\n[ \t]", b"", body).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoFeed("not UTF-8") from None
    lines = [line for line in text.replace("\r", "\n").split("\n") if line]
    if not lines or lines[0].strip().upper() != "BEGIN:VCALENDAR":
        raise NoFeed("not a calendar")
    if lines[-1].strip().upper() != "END:VCALENDAR":
        raise NoFeed("cut short")
    return lines


def _events(lines: list[str]) -> Iterator[list[str]]:
    """The needed lines of each event, without what is nested in it."""
    event: list[str] | None = None
    nested = 0
    for line in lines:
        if event is None:
            event = [] if line.upper() == "BEGIN:VEVENT" else None
        elif line[:6].upper() == "BEGIN:":
            nested += 1
        elif line[:4].upper() == "END:" and not nested:
            yield event
            event = None
        elif line[:4].upper() == "END:":
            nested -= 1
        elif not nested and _NEEDED.match(line):
            event.append(line)


def _happenings(lines: list[str]) -> tuple[list[_Happening], int]:
    """The events that can be read, and how many cannot."""
    from icalendar import Event  # noqa: PLC0415 - 7 MB and 130 ms that a site without a feed never needs

    events = list(islice(_events(lines), MOST_EVENTS + 1))
    if len(events) > MOST_EVENTS:
        raise NoFeed("too many events")
    found, passed_over = [], 0
    for event in events:
        try:
            found.append(_happening(Event.from_ical("\r\n".join(["BEGIN:VEVENT", *event, "END:VEVENT"]))))
        except (
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            OverflowError,
            OSError,
        ):  # the library's, by kind of nonsense
            passed_over += 1
    return found, passed_over


# -- one event ---------------------------------------------------------------------------------------------------------


def _happening(event: Any) -> _Happening:
    start = _moment(event["DTSTART"])
    zone = start.tzinfo if isinstance(start, datetime) and not _lasts_whole_days(event) else None
    wall = _on_wall(start, zone)
    replaces = event.get("RECURRENCE-ID")
    return _Happening(
        uid=str(event.get("UID", "")),
        start=wall,
        length=_length(event, start, zone),
        zone=zone,
        why=_line(str(event.get("SUMMARY", ""))),
        closes=str(event.get("STATUS", "")).upper() != "CANCELLED"
        and str(event.get("TRANSP", "")).upper() != "TRANSPARENT",
        replaces=_on_wall(_moment(replaces), zone) if replaces is not None else None,
        rule=_rule(event["RRULE"], wall, zone) if "RRULE" in event else None,
        more=_moments(event.get("RDATE"), zone),
        without=_moments(event.get("EXDATE"), zone),
    )


def _moment(value: Any) -> date | datetime:
    """The date, or date and time, of a property."""
    found: Any = value.dt
    if not isinstance(found, date):
        raise TypeError("not a date")
    if isinstance(found, datetime) and found.tzinfo is None and "TZID" in value.params:
        raise ValueError("unknown zone")
    return found


def _length(event: Any, start: date | datetime, zone: tzinfo | None) -> timedelta:
    """How long it lasts: until its end, else its duration, else its day. Where it has a zone, by the real clock."""
    if "DTEND" in event:
        return _steady(_moment(event["DTEND"]), zone) - _steady(start, zone)
    if "DURATION" in event:
        lasts: timedelta = event["DURATION"].dt
        return lasts
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _lasts_whole_days(event: Any) -> bool:
    """Outlook writes a whole day as from midnight to midnight, and says so apart."""
    return str(event.get("X-MICROSOFT-CDO-ALLDAYEVENT", "")).upper() == "TRUE"


def _on_wall(moment: date | datetime, zone: tzinfo | None) -> datetime:
    """The moment on the wall clock of a zone; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return (moment.astimezone(zone) if zone and moment.tzinfo else moment).replace(tzinfo=None)


def _steady(moment: date | datetime, zone: tzinfo | None) -> datetime:
    """The moment on a clock that never jumps, where there is a zone."""
    return _on_wall(moment, UTC if zone else None)


def _moments(value: Any, zone: tzinfo | None) -> frozenset[datetime]:
    """All moments of a property that may stand several times with several values each."""
    lists = value if isinstance(value, list) else [value] if value is not None else []
    return frozenset(_on_wall(_moment(one), zone) for each in lists for one in each.dts)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_WHY]


def _rule(recur: Any, start: datetime, zone: tzinfo | None) -> Rule:
    """A rule of repetition.

    Raises:
        ValueError: it repeats within a day, or uses a part that no calendar of closures needs.
    """
    parts = {str(key).upper(): value if isinstance(value, list) else [value] for key, value in recur.items()}
    if unknown := parts.keys() - _PARTS:
        raise ValueError(f"{len(unknown)} unknown parts")
    return Rule(
        Every(str(parts["FREQ"][0]).upper()),
        interval=max(1, int(parts.get("INTERVAL", [1])[0])),
        count=int(parts["COUNT"][0]) if "COUNT" in parts else None,
        until=_last_date(parts["UNTIL"][0], start, zone) if "UNTIL" in parts else None,
        months=frozenset(map(int, parts.get("BYMONTH", []))),
        month_days=frozenset(map(int, parts.get("BYMONTHDAY", []))),
        weekdays=frozenset(map(_weekday, parts.get("BYDAY", []))),
        places=tuple(map(int, parts.get("BYSETPOS", []))),
        week_start=_WEEKDAYS.index(str(parts.get("WKST", ["MO"])[0]).upper()),
    )


def _weekday(value: Any) -> tuple[int, int]:
    found = _WEEKDAY.fullmatch(str(value).upper())
    if found is None:
        raise ValueError("not a weekday")
    return _WEEKDAYS.index(found[2]), int(found[1] or 0)


def _last_date(until: date | datetime, start: datetime, zone: tzinfo | None) -> date:
    """The last date on which the event may still begin."""
    if not isinstance(until, datetime):
        return until
    wall = _on_wall(until, zone)
    return wall.date() if start.time() <= wall.time() else wall.date() - timedelta(days=1)


# -- what it closes ----------------------------------------------------------------------------------------------------


class _Window:
    """The span that closures are wanted for. Looks at so many days for all rules, and then at none any more."""

    def __init__(self, from_: Millis, to: Millis) -> None:
        self._from, self._to = from_, to
        self._days_left = MOST_DAYS

    def closings(self, one: _Happening, gone: set[datetime]) -> Iterator[Closing]:
        """What an event closes, but for the times at which another one stands in its place.

        Raises:
            ValueError, OverflowError: its rule asks for too much.
        """
        starts = {one.start, *one.more, *self._repeated(one)} - one.without - gone
        return (closing for start in sorted(starts) if (closing := self._closing(one, start)))

    def _repeated(self, one: _Happening) -> Iterator[datetime]:
        if one.rule is None:
            return iter(())
        since = (to_datetime(self._from) - one.length).date() - timedelta(days=1)
        before = to_datetime(self._to).date() + timedelta(days=1)
        first = one.start.date()
        self._days_left -= max(0, (before - begin(one.rule, first, since)).days)
        if self._days_left < 0:
            raise ValueError("too many days to look at")
        return (datetime.combine(day, one.start.time()) for day in dates(one.rule, first, since, before))

    def _closing(self, one: _Happening, start: datetime) -> Closing | None:
        from_ = from_datetime(start.replace(tzinfo=one.zone)) if one.zone else (start - _WALL_EPOCH) // MILLISECOND
        to = from_ + one.length // MILLISECOND
        from_, to = max(from_, self._from), min(to, self._to)
        return Closing(from_, to, wall=one.zone is None, why=one.why) if from_ < to else None
