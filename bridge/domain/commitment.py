"""When a promise is due, and how its instant is said. Instants are milliseconds UTC."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, get_timezone_name

from bridge.domain import hours
from bridge.domain.hours import Calendar
from bridge.domain.instants import DAY, MINUTE, from_datetime, to_datetime
from bridge.domain.values import Millis

# -- when --------------------------------------------------------------------------------------------------------------


def due(calendar: Calendar, at: Millis, respond_within_ms: int, *, live: bool) -> Millis:
    """The instant before which a person answers; always after `at`.

    Args:
        calendar: when the queue's people are there.
        at: the instant of the decision.
        respond_within_ms: the time to answer; 0 means the next opening.
        live: a person is at hand: the time runs on the wall clock. Else it runs only while the team is there.

    There is an answer even where the calendar has none, because a customer without a promise is worse: a team that
    never goes has no next opening, and a calendar that ran out (see `hours.opening_in_year`) has no open time. Both
    promise a day, or `respond_within_ms` where that is more.
    """
    if live:
        return at + (respond_within_ms or MINUTE)
    if respond_within_ms:
        found = hours.add_open_time(calendar, at, respond_within_ms)
    else:
        found = hours.next_opening(calendar, at)
    return found if found is not None else at + max(respond_within_ms, DAY)


def wall(at: Millis, zone: str) -> str:
    """The wall time of an instant in a zone, such as `2026-11-02T09:15`; seconds only where there are any.

    Raises:
        ValueError: no such zone.
    """
    local = _local(at, zone).replace(tzinfo=None)
    return local.isoformat(timespec="auto" if at % MINUTE else "minutes")


def instant_of_wall(text: str, zone: str, *, near: Millis) -> Millis:
    """The instant at which the wall clock of a zone shows what `wall` wrote.

    So a promise keeps its wall time when the zone's rules change after it was made.

    Args:
        text: from `wall`.
        zone: an IANA name.
        near: the instant as it was: it chooses between the two passes of an autumn fold. A time that a spring gap
            skips is as much later as the gap is long.

    Raises:
        ValueError: no such zone, or not a wall time.
    """
    local = datetime.fromisoformat(text).replace(tzinfo=_zone(zone))
    passes = {from_datetime(local.replace(fold=fold).astimezone(UTC)) for fold in (0, 1)}
    shown = [at for at in passes if wall(at, zone) == text]
    return min(shown, key=lambda at: abs(at - near)) if shown else max(passes)


def _zone(key: str) -> ZoneInfo:
    if not hours.is_zone(key):
        raise ValueError("not a time zone")
    return ZoneInfo(key)


def _local(at: Millis, zone: str) -> datetime:
    return to_datetime(at).astimezone(_zone(zone))


# -- in words ----------------------------------------------------------------------------------------------------------

_JOINED = {
    "de": "{date}, {time} Uhr {zone}",
    "en": "{time} {zone} on {date}",
    "es": "{date} a las {time} {zone}",
    "fr": "{date} à {time} {zone}",
    "it": "{date} alle {time} {zone}",
    "nl": "{date} om {time} {zone}",
    "pl": "{date}, godz. {time} {zone}",
    "pt": "{date}, às {time} {zone}",
}
_JOINED_AT_ONE = {"es": "{date} a la {time} {zone}", "pt": "{date}, à {time} {zone}"}
_FOR_YOU = {
    "de": "bei Ihnen {there}",
    "en": "{there} for you",
    "es": "{there} en su zona",
    "fr": "{there} chez vous",
    "it": "{there} da Lei",
    "nl": "{there} bij u",
    "pl": "{there} w Twojej strefie",
    "pt": "{there} no seu fuso horário",
}
_POLISH_WEEKDAYS = ("poniedziałku", "wtorku", "środy", "czwartku", "piątku", "soboty", "niedzieli")
"""Said after "do": until Monday."""

_ABBREVIATIONS = {
    "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180,
    "SAST": 120, "JST": 540, "KST": 540, "HKT": 480, "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660,
    "NZST": 720, "NZDT": 780, "HST": -600, "AKST": -540, "AKDT": -480, "PST": -480, "PDT": -420, "MST": -420,
    "MDT": -360, "CST": -360, "CDT": -300, "EST": -300, "EDT": -240, "AST": -240, "ADT": -180, "NST": -210, "NDT": -150,
}  # fmt: skip
"""Short names that people read rightly, with their minutes ahead of UTC. `CST` is Chicago's here, not Shanghai's."""

_UTC_KEYS = frozenset({"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Universal", "Etc/Universal", "Zulu", "Etc/Zulu"})
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " "))
_YEAR = re.compile(r"(?:,?\s+(?:'[^']*'\s*)?)?y+(?:\s*'[^']*'\.?|[.年년]\s*)?")
_SHORT_NAME = re.compile(r"[^\W\d_]{2,5}")


def say_when(due_at: Millis, *, calendar_zone: str, visitor_zone: str | None, locale: str | None, now: Millis) -> str:
    """The instant of a promise as people say it: `9:15 AM EST on Monday, November 2`.

    Time, weekday and date are the team's, with the zone's name at that instant, and with the year when it is not that
    of `now`. Where the visitor's wall clock shows something else, that follows: `(3:15 PM CET for you)`, with its own
    date where that differs. An unknown `visitor_zone` is passed over; an unknown `locale` reads as English.

    Raises:
        ValueError: no such `calendar_zone`.
    """
    speech = _locale(locale)
    ours = _local(due_at, calendar_zone)
    with_year = ours.year != _local(now, calendar_zone).year
    said = _said(ours, calendar_zone, speech, with_year=with_year)
    if visitor_zone is None or not hours.is_zone(visitor_zone):
        return said
    theirs = _local(due_at, visitor_zone)
    if theirs.replace(tzinfo=None) == ours.replace(tzinfo=None):
        return said
    if theirs.date() == ours.date():
        there = f"{_time(theirs, speech)} {_zone_name(theirs, visitor_zone, speech)}"
    else:
        there = _said(theirs, visitor_zone, speech, with_year=with_year or theirs.year != ours.year)
    return f"{said} ({_FOR_YOU.get(speech.language, '{there}').format(there=there)})"


@lru_cache(maxsize=256)
def _locale(tag: str | None) -> Locale:
    """The locale of a tag such as `de`, `pt-BR` or WordPress' `de_DE_formal`; English where nothing fits."""
    parts = (tag or "").split(".")[0].replace("-", "_").split("_")[:4]
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("_".join(parts[:length]))
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse("en_US")


def _said(local: datetime, zone: str, speech: Locale, *, with_year: bool) -> str:
    parts = {
        "date": _date(local, speech, with_year=with_year),
        "time": _time(local, speech),
        "zone": _zone_name(local, zone, speech),
    }
    joined = _JOINED.get(speech.language)
    if joined is None:
        return _plain(str(speech.datetime_formats["medium"]), parts)
    shown_hour = local.hour % 12 if "h" in _time_pattern(speech) else local.hour
    return (_JOINED_AT_ONE.get(speech.language, joined) if shown_hour == 1 else joined).format(**parts)


def _plain(pattern: str, parts: dict[str, str]) -> str:
    """A language without a sentence of ours: date and time in the order of the locale."""
    return pattern.replace("{1}", parts["date"]).replace("{0}", f"{parts['time']} {parts['zone']}").replace("'", "")


def _time_pattern(speech: Locale) -> str:
    return str(speech.time_formats["short"].pattern)


def _time(local: datetime, speech: Locale) -> str:
    return format_datetime(local, _time_pattern(speech), locale=speech).translate(_SPACES)


def _date(local: datetime, speech: Locale, *, with_year: bool) -> str:
    pattern = str(speech.date_formats["full"].pattern)
    if not with_year:
        pattern = _YEAR.sub("", pattern).strip(" ,")
    if speech.language == "es":
        pattern = pattern.replace("EEEE, ", "EEEE ")
    if speech.language == "pl":
        pattern = pattern.replace("EEEE", f"'{_POLISH_WEEKDAYS[local.weekday()]}'")
    return format_datetime(local, pattern, locale=speech).translate(_SPACES)


def _zone_name(local: datetime, zone: str, speech: Locale) -> str:
    """The zone's short name at that instant in the language; else one that people know; else `GMT+2`."""
    if zone in _UTC_KEYS:
        return "UTC"
    variant = "daylight" if _in_summer_time(local) else "standard"
    named = get_timezone_name(local, width="short", locale=speech, zone_variant=variant)  # type: ignore[arg-type]
    if _SHORT_NAME.fullmatch(named):
        return named
    minutes = _minutes(local)
    abbreviation = local.tzname() or ""
    if _ABBREVIATIONS.get(abbreviation) == minutes:
        return abbreviation
    sign, (whole, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    offset = f"{sign}{whole}" + (f":{rest:02}" if rest else "") if minutes else ""
    return str(speech.zone_formats["gmt"]).replace("%s", offset)


def _minutes(local: datetime) -> int:
    return (local.utcoffset() or timedelta()) // timedelta(minutes=1)


def _in_summer_time(local: datetime) -> bool:
    """Whether the clock is ahead of the year's other half. `dst()` alone says the reverse of Dublin."""
    halves = [local.replace(month=month, day=1, hour=12, fold=0) for month in (1, 7)]
    if not any(half.dst() for half in halves):
        return False
    return _minutes(local) > min(map(_minutes, halves))
