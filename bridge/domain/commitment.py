"""When a promise is due, what an answer makes of it, and how its instant is said. Instants are milliseconds UTC."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, get_timezone_name

from bridge.domain import hours
from bridge.domain.escalation import Commitment, CommitmentState
from bridge.domain.hours import Calendar
from bridge.domain.instants import DAY, MINUTE, from_datetime, to_datetime
from bridge.domain.values import Millis

# -- when --------------------------------------------------------------------------------------------------------------


def due(calendar: Calendar, at: Millis, respond_within_ms: int, *, live: bool) -> Millis:
    """The instant before which a person answers; always after `at`. The time runs only while the team is there.

    So it does with a person at hand: who joins a chat just before closing time may be gone before the time is over.

    Args:
        calendar: when the queue's people are there.
        at: the instant of the decision.
        respond_within_ms: the time to answer; 0 means the next opening, and a minute where a person is at hand.
        live: a person is at hand.

    There is an answer even where the calendar has none, because a customer without a promise is worse: a team that
    never goes has no next opening, and a calendar that ran out (see `hours.opening_in_year`) has no open time. Both
    promise a day, or `respond_within_ms` where that is more.
    """
    within = MINUTE if live and not respond_within_ms else respond_within_ms
    found = hours.add_business_time(calendar, at, within) if within else hours.next_opening(calendar, at)
    return found if found is not None else at + max(within, DAY)


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


# -- what an answer makes of it ----------------------------------------------------------------------------------------


def ended_by_answer(
    made: Sequence[Commitment], at: Millis, *, in_time_until: Callable[[Commitment], Millis], in_time: CommitmentState
) -> list[Commitment]:
    """What becomes of the promise that stood when a person answered, and of all that were made after it.

    Args:
        made: every promise of the escalation, oldest first; there is one.
        at: when the person answered.
        in_time_until: the last instant at which an answer keeps a promise.
        in_time: what a promise becomes that was answered in time.
    """
    stood = next((n for n in reversed(range(len(made))) if made[n].made_at <= at), 0)
    return [_answered(made[stood], at, in_time_until(made[stood]), in_time), *map(_needless, made[stood + 1 :])]


def _answered(stood: Commitment, at: Millis, until: Millis, in_time: CommitmentState) -> Commitment:
    """One that was replaced before it was due has ended: no later answer makes it broken."""
    if stood.state is CommitmentState.KEPT:
        return stood
    if at <= until:
        return replace(stood, state=in_time)
    was_replaced = stood.state is CommitmentState.REPLACED
    return stood if was_replaced else replace(stood, state=CommitmentState.BROKEN)


def _needless(later: Commitment) -> Commitment:
    """Nobody had to keep it any more."""
    return later if later.state is CommitmentState.KEPT else replace(later, state=CommitmentState.REPLACED)


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
_JOINED_NEAR = {
    "de": "{day}, {date}, {time} Uhr {zone}",
    "en": "{time} {zone} {day}, {date}",
    "es": "{date} ({day}) a las {time} {zone}",
    "fr": "{date} ({day}) à {time} {zone}",
    "it": "{day}, {date}, alle {time} {zone}",
    "nl": "{date} ({day}) om {time} {zone}",
    "pl": "{day}, {date}, godz. {time} {zone}",
    "pt": "{date} ({day}), às {time} {zone}",
}
"""With today or tomorrow; behind the date where "before tomorrow" would read as a promise of its own."""
_NEAR_DAYS = {
    "de": ("heute", "morgen"),
    "en": ("today", "tomorrow"),
    "es": ("hoy", "mañana"),
    "fr": ("aujourd’hui", "demain"),
    "it": ("oggi", "domani"),
    "nl": ("vandaag", "morgen"),
    "pl": ("dziś", "jutra"),
    "pt": ("hoje", "amanhã"),
}
_AT_ONE = {"es": (" a las ", " a la "), "pt": (" às ", " à ")}
"""One o'clock is singular."""
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
    there = visitor_zone if hours.is_zone(visitor_zone) else None
    ours = _local(due_at, calendar_zone)
    with_year = ours.year != _local(now, calendar_zone).year
    day = None if lasting else _near_day(due_at, now, {calendar_zone, there or calendar_zone}, speech.language)
    said = _said(ours, calendar_zone, speech, with_year=with_year, day=day)
    for_you = there and _for_visitor(ours, _local(due_at, there), there, speech, with_year=with_year)
    return f"{said} ({for_you})" if for_you else said


def by_itself(said: str, locale: str | None) -> str:
    """What `say_when` said, as it stands alone, in a list or on a line of its own: Polish declines it after "do"."""
    if _locale(locale).language != "pl":
        return said
    return re.sub(r"\w+", lambda word: _POLISH_ALONE.get(word[0], word[0]), said)


def _near_day(due_at: Millis, now: Millis, zones: Collection[str], language: str) -> str | None:
    """`today` or `tomorrow`, if the calendars on every wall agree."""
    dates = {(_local(now, zone).date(), _local(due_at, zone).date()) for zone in zones}
    words = _NEAR_DAYS.get(language, ())
    if len(dates) > 1:
        return None
    ((today, then),) = dates
    ahead = (then - today).days
    return words[ahead] if 0 <= ahead < len(words) else None


def _for_visitor(ours: datetime, theirs: datetime, zone: str, speech: Locale, *, with_year: bool) -> str | None:
    """What the visitor's wall clock shows, or None where that is what the team's shows."""
    if theirs.replace(tzinfo=None) == ours.replace(tzinfo=None):
        return None
    if theirs.date() == ours.date():
        there = f"{_time(theirs, speech)} {_zone_name(theirs, zone, speech)}"
    else:
        there = _said(theirs, zone, speech, with_year=with_year or theirs.year != ours.year)
    return _FOR_YOU.get(speech.language, "{there}").format(there=there)


@lru_cache(maxsize=256)
def _locale(tag: str | None) -> Locale:
    """The locale of a tag such as `de`, `pt-BR` or WordPress' `de_DE_formal`; English where nothing fits."""
    parts = (tag or "").replace("-", "_").split("_")[:4]
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("_".join(parts[:length]))
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
    joined = (_JOINED_NEAR if day else _JOINED).get(speech.language)
    if joined is None:
        return _plain(str(speech.datetime_formats["medium"]), parts)
    shown_hour = local.hour % 12 if "h" in _time_pattern(speech) else local.hour
    if shown_hour == 1 and speech.language in _AT_ONE:
        joined = joined.replace(*_AT_ONE[speech.language])
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
