"""How an instant is said, in the words of the languages (`when:` in their `messages.yaml`), or as a locale writes it.

Instants are milliseconds UTC.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, get_timezone_name

from bridge.domain import language_files
from bridge.domain.locale_tag import closest_first
from bridge.domain.values import Millis
from bridge.domain.wall_clock import is_zone, local_time

_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "on_a_date": frozenset({"{date}", "{time}", "{zone}"}),
    "on_a_near_day": frozenset({"{day}", "{date}", "{time}", "{zone}"}),
    "today": frozenset(),
    "tomorrow": frozenset(),
    "for_you": frozenset({"{there}"}),
}
"""The texts of a language's `when`, with what must stand in each, and nothing else may."""
_AT_ONE: Final = ("before_hour", "before_one")
"""What stands before the hour, and instead of that where one o'clock is singular."""
_NEAR_DAYS: Final = {0: "today", 1: "tomorrow"}
_LONGEST: Final = 60
"""Characters of one of these texts, so that what is said stays within what a message has room for."""
_BRACES: Final = re.compile(r"\{[^{}]*\}|[{}]")

_POLISH_WEEKDAYS = ("poniedziałku", "wtorku", "środy", "czwartku", "piątku", "soboty", "niedzieli")
"""Said after "do": until Monday."""

_POLISH_ALONE = dict(
    zip(
        (*_POLISH_WEEKDAYS, "jutra"),
        ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela", "jutro"),
        strict=True,
    )
)

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


def say_when(
    due_at: Millis,
    *,
    calendar_zone: str,
    visitor_zone: str | None,
    locale: str | None,
    now: Millis,
    lasting: bool = False,
) -> str:
    """The instant of a promise as people say it: `9:15 AM EST tomorrow, Monday, November 2`.

    Time, weekday and date are the team's, with the zone's name at that instant, and with the year when it is not that
    of `now`. Today and tomorrow are named where team and visitor have the same date both now and then, so that the
    word is right for both. Where the visitor's wall clock shows something else, that follows: `(3:15 PM CET for you)`,
    with its own date where that differs. An unknown `visitor_zone` is passed over; an unknown `locale` reads as
    English.

    Args:
        due_at: the instant that is said.
        calendar_zone: the team's zone.
        visitor_zone: the visitor's, if it is known.
        locale: the visitor's.
        now: when it is said.
        lasting: it is read at any time, as a mail or a record is: tomorrow would be wrong the day after.

    Raises:
        ValueError: no such `calendar_zone`.
    """
    speech = _locale(locale)
    there = visitor_zone if is_zone(visitor_zone) else None
    ours = local_time(due_at, calendar_zone)
    with_year = ours.year != local_time(now, calendar_zone).year
    day = None if lasting else _near_day(due_at, now, {calendar_zone, there or calendar_zone}, speech.language)
    said = _said(ours, calendar_zone, speech, with_year=with_year, day=day)
    for_you = there and _for_visitor(ours, local_time(due_at, there), there, speech, with_year=with_year)
    return f"{said} ({for_you})" if for_you else said


def by_itself(said: str, locale: str | None) -> str:
    """What `say_when` said, as it stands alone, in a list or on a line of its own: Polish declines it after "do"."""
    if _locale(locale).language != "pl":
        return said
    return re.sub(r"\w+", lambda word: _POLISH_ALONE.get(word[0], word[0]), said)


def check(wording: Mapping[str, str]) -> None:
    """Check a language's `when`, where it has one.

    Raises:
        ValueError: something is missing or unknown in it, or a text does not hold just what it must.
    """
    known = (*_NEEDED, *_AT_ONE)
    unknown = sorted(wording.keys() - known)
    if unknown:
        raise ValueError(f"`when` has no {unknown[0]!r}; known are: {', '.join(known)}")
    needed = _NEEDED if wording.keys().isdisjoint(_AT_ONE) else {**_NEEDED, **dict.fromkeys(_AT_ONE, frozenset())}
    for key, placeholders in needed.items() if wording else ():
        text = wording.get(key, "")
        if not text or set(_BRACES.findall(text)) != placeholders or len(text) > _LONGEST:
            held = f"holds {' '.join(sorted(placeholders))}" if placeholders else "holds no placeholder"
            raise ValueError(f"`when` needs a text for {key} that {held}, in {_LONGEST} characters")


def _wording(language: str) -> Mapping[str, str]:
    """The `when` of a language; empty where it has none."""
    if language not in language_files.codes():
        return {}
    wording: Mapping[str, str] = language_files.message_document(language).get("when", {})
    return wording


def _near_day(due_at: Millis, now: Millis, zones: Collection[str], language: str) -> str | None:
    """`today` or `tomorrow`, if the calendars on every wall agree."""
    dates = {(local_time(now, zone).date(), local_time(due_at, zone).date()) for zone in zones}
    wording = _wording(language)
    if len(dates) > 1:
        return None
    ((today, then),) = dates
    return wording.get(_NEAR_DAYS.get((then - today).days, ""))


def _for_visitor(ours: datetime, theirs: datetime, zone: str, speech: Locale, *, with_year: bool) -> str | None:
    """What the visitor's wall clock shows, or None where that is what the team's shows."""
    if theirs.replace(tzinfo=None) == ours.replace(tzinfo=None):
        return None
    if theirs.date() == ours.date():
        there = f"{_time(theirs, speech)} {_zone_name(theirs, zone, speech)}"
    else:
        there = _said(theirs, zone, speech, with_year=with_year or theirs.year != ours.year)
    return _wording(speech.language).get("for_you", "{there}").format(there=there)


@lru_cache(maxsize=256)
def _locale(tag: str | None) -> Locale:
    """The locale of a tag such as `de`, `pt-BR` or WordPress' `de_DE_formal`; English where nothing fits."""
    for known in closest_first(tag or ""):
        try:
            return Locale.parse(known)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse("en_US")


def _said(local: datetime, zone: str, speech: Locale, *, with_year: bool, day: str | None = None) -> str:
    parts = {
        "date": _date(local, speech, with_year=with_year),
        "time": _time(local, speech),
        "zone": _zone_name(local, zone, speech),
        "day": day or "",
    }
    wording = _wording(speech.language)
    if not wording:
        return _plain(str(speech.datetime_formats["medium"]), parts)
    joined = wording["on_a_near_day" if day else "on_a_date"]
    shown_hour = local.hour % 12 if "h" in _time_pattern(speech) else local.hour
    if shown_hour == 1:
        before_hour, before_one = (wording.get(key, "") for key in _AT_ONE)
        joined = joined.replace(before_hour, before_one)
    return joined.format(**parts)


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
