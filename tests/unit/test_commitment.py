"""When a promise is due, and how its instant is said."""

import re

import pytest

from bridge.domain import commitment, hours, instant_in_words
from bridge.domain.calendars import Calendar
from bridge.domain.instants import DAY, HOUR, MINUTE, from_rfc3339, to_rfc3339

NEW_YORK = Calendar(timezone="America/New_York", week={"mon-fri": ("09:00-17:00",)})
SATURDAY_NIGHT = from_rfc3339("2026-11-01T01:00:00Z")
MONDAY_MORNING = from_rfc3339("2026-11-02T14:15:00Z")


def said(
    instant: str | int = MONDAY_MORNING,
    *,
    zone: str = "America/New_York",
    visitor: str | None = None,
    locale: str | None = "en_US",
    now: str | int = SATURDAY_NIGHT,
    lasting: bool = False,
) -> str:
    due_at = from_rfc3339(instant) if isinstance(instant, str) else instant
    at = from_rfc3339(now) if isinstance(now, str) else now
    return instant_in_words.say_when(
        due_at, calendar_zone=zone, visitor_zone=visitor, locale=locale, now=at, lasting=lasting
    )


# -- when --------------------------------------------------------------------------------------------------------------


def test_a_saturday_nights_promise_is_due_a_quarter_past_nine_on_monday() -> None:
    due = commitment.due(NEW_YORK, SATURDAY_NIGHT, 15 * MINUTE, live=False)
    assert to_rfc3339(due) == "2026-11-02T14:15:00Z"
    assert commitment.wall(due, "America/New_York") == "2026-11-02T09:15"
    assert said(due) == "9:15 AM EST on Monday, November 2"


@pytest.mark.parametrize("live", [True, False])
def test_the_time_runs_only_while_the_team_is_there_also_with_a_person_at_hand(live: bool) -> None:
    five_to_five = from_rfc3339("2026-11-02T21:55:00Z")
    due = commitment.due(NEW_YORK, five_to_five, 15 * MINUTE, live=live)
    assert to_rfc3339(due) == "2026-11-03T14:10:00Z"


def test_zero_with_a_person_at_hand_is_a_minute() -> None:
    noon = from_rfc3339("2026-11-02T17:00:00Z")
    assert commitment.due(NEW_YORK, noon, 0, live=True) == noon + MINUTE


def test_time_that_ends_with_the_day_is_due_at_closing() -> None:
    due = commitment.due(NEW_YORK, from_rfc3339("2026-11-02T21:00:00Z"), HOUR, live=False)
    assert to_rfc3339(due) == "2026-11-02T22:00:00Z"


def test_zero_means_the_next_opening_never_the_present_one() -> None:
    nine, noon = from_rfc3339("2026-11-02T14:00:00Z"), from_rfc3339("2026-11-02T17:00:00Z")
    tuesday = from_rfc3339("2026-11-03T14:00:00Z")
    assert commitment.due(NEW_YORK, SATURDAY_NIGHT, 0, live=False) == nine
    assert commitment.due(NEW_YORK, nine, 0, live=False) == tuesday
    assert commitment.due(NEW_YORK, noon, 0, live=False) == tuesday


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("within", [0, 1, MINUTE, 30 * DAY])
@pytest.mark.parametrize(
    "calendar",
    [
        NEW_YORK,
        Calendar(always=True),
        Calendar(timezone="UTC", week={}),
        Calendar(timezone="UTC", week={"mon": ("09:00-09:01",)}),
    ],
)
def test_there_is_always_a_promise_and_it_is_always_in_the_future(calendar: Calendar, within: int, live: bool) -> None:
    for at in (SATURDAY_NIGHT, MONDAY_MORNING, MONDAY_MORNING + 17):
        due = commitment.due(calendar, at, within, live=live)
        assert at < due <= at + hours.YEAR


def test_a_team_that_never_goes_answers_within_the_time() -> None:
    assert (
        commitment.due(Calendar(always=True), SATURDAY_NIGHT, 15 * MINUTE, live=False) == SATURDAY_NIGHT + 15 * MINUTE
    )


# -- wall time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "instant", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-07-01T12:00:00Z", "2026-07-01T12:00:37Z"]
)
def test_a_wall_time_leads_back_to_its_instant_in_both_passes_of_an_autumn_hour(instant: str) -> None:
    at = from_rfc3339(instant)
    text = commitment.wall(at, "America/New_York")
    assert commitment.instant_of_wall(text, "America/New_York", near=at) == at


def test_10_the_zones_name_is_kept_because_an_offset_tells_nothing_of_the_rules() -> None:
    """`2026-11-02T09:15-05:00` is New York, Jamaica and Lima; their clocks differ in July."""
    winter, summer = MONDAY_MORNING, from_rfc3339("2026-07-06T13:15:00Z")
    assert commitment.wall(winter, "America/New_York") == commitment.wall(winter, "America/Lima") == "2026-11-02T09:15"
    assert commitment.instant_of_wall("2026-07-06T09:15", "America/New_York", near=winter) == summer
    assert commitment.instant_of_wall("2026-07-06T09:15", "America/Lima", near=winter) == summer + HOUR


def test_16_a_promise_keeps_its_wall_time_when_the_rules_change() -> None:
    promised_under_the_old_rules = from_rfc3339("2026-11-02T13:15:00Z")
    kept = commitment.instant_of_wall("2026-11-02T09:15", "America/New_York", near=promised_under_the_old_rules)
    assert to_rfc3339(kept) == "2026-11-02T14:15:00Z"


def test_a_wall_time_that_a_spring_gap_skips_is_as_much_later() -> None:
    at = commitment.instant_of_wall("2026-03-08T02:30", "America/New_York", near=0)
    assert commitment.wall(at, "America/New_York") == "2026-03-08T03:30"


def test_a_wall_time_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        commitment.wall(0, "../../etc/passwd")


# -- in words ----------------------------------------------------------------------------------------------------------


def test_the_visitors_own_time_follows_where_their_clock_differs() -> None:
    assert said(visitor="Europe/Berlin") == "9:15 AM EST on Monday, November 2 (3:15 PM CET for you)"


def test_the_visitors_own_date_follows_where_it_differs_too() -> None:
    text = said(visitor="Australia/Sydney")
    assert text == "9:15 AM EST on Monday, November 2 (1:15 AM AEDT on Tuesday, November 3 for you)"


@pytest.mark.parametrize("visitor", [None, "America/New_York", "America/Toronto", "Mars/Olympus", "", "../../etc"])
def test_a_visitor_with_the_same_clock_or_an_unknown_zone_reads_one_time(visitor: str | None) -> None:
    assert said(visitor=visitor) == "9:15 AM EST on Monday, November 2"


def test_another_year_is_named() -> None:
    assert said("2027-01-04T14:00:00Z") == "9:00 AM EST on Monday, January 4, 2027"
    assert said("2027-01-04T14:00:00Z", now="2027-01-01T12:00:00Z") == "9:00 AM EST on Monday, January 4"


def test_the_year_is_the_teams_not_that_of_utc() -> None:
    silvester = "2027-01-01T03:00:00Z"
    assert said(silvester, now="2026-12-31T20:00:00Z") == "10:00 PM EST today, Thursday, December 31"


def test_09_a_short_name_that_two_zones_share_is_said_of_one_alone_and_no_zone_is_a_bare_number() -> None:
    noon = "2026-11-02T18:00:00Z"
    assert "PM CST on" in said(noon, zone="America/Chicago")
    assert "AM GMT+8 on" in said(noon, zone="Asia/Shanghai")
    assert "PM GMT-3 on" in said(noon, zone="America/Sao_Paulo")


def test_17_the_teams_tomorrow_is_named_with_weekday_and_zone_where_it_is_the_visitors_too() -> None:
    sunday_noon = "2026-11-01T17:00:00Z"
    assert said(now=sunday_noon) == "9:15 AM EST tomorrow, Monday, November 2"
    in_berlin = said(now=sunday_noon, visitor="Europe/Berlin")
    assert in_berlin == "9:15 AM EST tomorrow, Monday, November 2 (3:15 PM CET for you)"
    assert said(now="2026-11-02T14:00:00Z") == "9:15 AM EST today, Monday, November 2"


@pytest.mark.parametrize(
    ("visitor", "now"),
    [
        ("Asia/Tokyo", "2026-11-01T17:00:00Z"),  # Monday there already: the team's tomorrow is their today
        ("Europe/Berlin", "2026-11-01T23:30:00Z"),
        ("Australia/Sydney", "2026-11-01T17:00:00Z"),  # tomorrow for both, but of another date
        ("America/Los_Angeles", "2026-11-02T06:00:00Z"),  # today for the team, still Sunday there
    ],
)
def test_17_where_team_and_visitor_differ_the_weekday_says_it_alone(visitor: str, now: str) -> None:
    assert said(visitor=visitor, now=now).startswith("9:15 AM EST on Monday, November 2 (")


def test_18_tomorrow_said_at_ten_past_midnight_is_the_next_calendar_day() -> None:
    ten_past, ten_to = "2026-11-01T04:10:00Z", "2026-11-01T03:50:00Z"
    sunday, monday = "2026-11-01T14:15:00Z", "2026-11-02T14:15:00Z"
    assert said(monday, now=ten_past) == "9:15 AM EST tomorrow, Monday, November 2"
    assert said(sunday, now=ten_past) == "9:15 AM EST today, Sunday, November 1"
    assert said(monday, now=ten_to) == "9:15 AM EST on Monday, November 2"
    assert said(sunday, now=ten_to) == "9:15 AM EST tomorrow, Sunday, November 1"
    assert said(monday, now=ten_past, visitor="America/Chicago").startswith("9:15 AM EST on Monday, November 2 (")


def test_what_is_past_is_neither_today_nor_tomorrow_unless_it_is_today() -> None:
    assert said(now="2026-11-03T15:00:00Z") == "9:15 AM EST on Monday, November 2"
    assert said(now="2026-11-02T20:00:00Z") == "9:15 AM EST today, Monday, November 2"


def test_what_is_read_at_any_time_names_neither_today_nor_tomorrow() -> None:
    for now in ("2026-11-01T17:00:00Z", "2026-11-02T14:00:00Z"):
        assert said(now=now, lasting=True) == "9:15 AM EST on Monday, November 2"


@pytest.mark.parametrize(
    ("locale", "tomorrow", "today"),
    [
        ("en_US", "9:15 AM EST tomorrow, Monday, November 2", "9:15 AM EST today, Monday, November 2"),
        ("en_GB", "09:15 EST tomorrow, Monday, 2 November", "09:15 EST today, Monday, 2 November"),
        ("de_DE", "morgen, Montag, 2. November, 09:15 Uhr EST", "heute, Montag, 2. November, 09:15 Uhr EST"),
        ("es_ES", "lunes 2 de noviembre (mañana) a las 9:15 EST", "lunes 2 de noviembre (hoy) a las 9:15 EST"),
        ("fr_FR", "lundi 2 novembre (demain) à 09:15 HNE", "lundi 2 novembre (aujourd’hui) à 09:15 HNE"),
        ("it_IT", "domani, lunedì 2 novembre, alle 09:15 EST", "oggi, lunedì 2 novembre, alle 09:15 EST"),
        ("nl_NL", "maandag 2 november (morgen) om 09:15 EST", "maandag 2 november (vandaag) om 09:15 EST"),
        (
            "pl_PL",
            "jutra, poniedziałku, 2 listopada, godz. 09:15 EST",
            "dziś, poniedziałku, 2 listopada, godz. 09:15 EST",
        ),
        (
            "pt_BR",
            "segunda-feira, 2 de novembro (amanhã), às 09:15 EST",
            "segunda-feira, 2 de novembro (hoje), às 09:15 EST",
        ),
        ("sv_SE", "måndag 2 november 09:15 EST", "måndag 2 november 09:15 EST"),
    ],
)
def test_each_language_has_its_own_place_for_the_word(locale: str, tomorrow: str, today: str) -> None:
    assert said(locale=locale, now="2026-11-01T17:00:00Z") == tomorrow
    assert said(locale=locale, now="2026-11-02T14:00:00Z") == today


def test_both_passes_of_the_autumn_hour_are_told_apart() -> None:
    assert said("2026-11-01T05:30:00Z") == "1:30 AM EDT tomorrow, Sunday, November 1"
    assert said("2026-11-01T06:30:00Z") == "1:30 AM EST tomorrow, Sunday, November 1"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_US", "9:15 AM EST on Monday, November 2 (3:15 PM CET for you)"),
        ("en_GB", "09:15 EST on Monday, 2 November (15:15 CET for you)"),
        ("de_DE_formal", "Montag, 2. November, 09:15 Uhr EST (bei Ihnen 15:15 MEZ)"),
        ("es_ES", "lunes 2 de noviembre a las 9:15 EST (15:15 CET en su zona)"),
        ("es-MX", "lunes 2 de noviembre a las 9:15 a.m. EST (3:15 p.m. CET en su zona)"),
        ("fr_FR", "lundi 2 novembre à 09:15 HNE (15:15 CET chez vous)"),
        ("it_IT", "lunedì 2 novembre alle 09:15 EST (15:15 CET da Lei)"),
        ("nl_NL", "maandag 2 november om 09:15 EST (15:15 CET bij u)"),
        ("pl_PL", "poniedziałku, 2 listopada, godz. 09:15 EST (15:15 CET w Twojej strefie)"),
        ("pt_BR", "segunda-feira, 2 de novembro, às 09:15 EST (15:15 CET no seu fuso horário)"),
        ("sv_SE", "måndag 2 november 09:15 EST (15:15 CET)"),
        ("hu_HU", "november 2., hétfő 9:15 EST (15:15 CET)"),
        ("ja", "11月2日月曜日 9:15 EST (15:15 CET)"),
    ],
)
def test_each_language_says_it_its_own_way(locale: str, text: str) -> None:
    assert said(visitor="Europe/Berlin", locale=locale) == text


@pytest.mark.parametrize("locale", [None, "", "xx", "../etc", "en_US.UTF-8", "_" * 500, "en-Latn-US-x-y-z"])
def test_an_unknown_locale_reads_as_english(locale: str | None) -> None:
    assert said(locale=locale) == "9:15 AM EST on Monday, November 2"


@pytest.mark.parametrize(
    "locale",
    ["de_DE_formal", "de-CH-informal", "de_XX", "de_DE_ao90", "de_XX_ao90", "de_DE_a1b2_x", "de_DE.UTF-8", "de"],
)
def test_a_locale_that_is_not_known_whole_is_as_much_of_it_as_is_known(locale: str) -> None:
    assert said(locale=locale) == "Montag, 2. November, 09:15 Uhr EST"


def test_one_oclock_is_feminine_and_single_in_spanish_and_portuguese() -> None:
    assert "a la 1:15" in said("2026-11-02T18:15:00Z", locale="es_MX")
    assert "(hoy) a la 1:15" in said("2026-11-02T18:15:00Z", locale="es_MX", now=MONDAY_MORNING)
    assert "a las 13:15" in said("2026-11-02T18:15:00Z", locale="es_ES")
    assert "à 01:15" in said("2026-11-02T06:15:00Z", locale="pt_BR")


@pytest.mark.parametrize(
    ("zone", "instant", "name"),
    [
        ("Europe/Dublin", "2026-11-02T12:00:00Z", "GMT"),
        ("Europe/Dublin", "2026-07-01T12:00:00Z", "GMT+1"),
        ("Europe/London", "2026-07-01T12:00:00Z", "BST"),
        ("Europe/Berlin", "2026-07-01T12:00:00Z", "CEST"),
        ("America/Chicago", "2026-11-02T12:00:00Z", "CST"),
        ("Asia/Shanghai", "2026-11-02T12:00:00Z", "GMT+8"),
        ("Asia/Kolkata", "2026-11-02T12:00:00Z", "GMT+5:30"),
        ("America/Sao_Paulo", "2026-11-02T12:00:00Z", "GMT-3"),
        ("Asia/Almaty", "2024-01-15T12:00:00Z", "GMT+6"),
        ("Asia/Almaty", "2026-01-15T12:00:00Z", "GMT+5"),
        ("UTC", "2026-11-02T12:00:00Z", "UTC"),
        ("Etc/UTC", "2026-11-02T12:00:00Z", "UTC"),
    ],
)
def test_a_zones_name_is_one_that_is_read_rightly(zone: str, instant: str, name: str) -> None:
    assert f"M {name} on" in said(instant, zone=zone, lasting=True)


@pytest.mark.parametrize(
    ("zone", "january", "july"),
    [
        ("Europe/Lisbon", "WET", "WEST"),
        ("Europe/London", "GMT", "BST"),
        ("Europe/Berlin", "CET", "CEST"),
        ("Europe/Athens", "EET", "EEST"),
        ("Europe/Moscow", "MSK", "MSK"),
        ("Africa/Johannesburg", "SAST", "SAST"),
        ("Asia/Tokyo", "JST", "JST"),
        ("Asia/Seoul", "KST", "KST"),
        ("Asia/Hong_Kong", "HKT", "HKT"),
        ("Australia/Perth", "AWST", "AWST"),
        ("Australia/Adelaide", "ACDT", "ACST"),
        ("Australia/Sydney", "AEDT", "AEST"),
        ("Pacific/Auckland", "NZDT", "NZST"),
        ("Pacific/Honolulu", "HST", "HST"),
        ("America/Anchorage", "AKST", "AKDT"),
        ("America/Los_Angeles", "PST", "PDT"),
        ("America/Denver", "MST", "MDT"),
        ("America/Chicago", "CST", "CDT"),
        ("America/New_York", "EST", "EDT"),
        ("America/Halifax", "AST", "ADT"),
        ("America/St_Johns", "NST", "NDT"),
    ],
)
def test_a_short_name_that_people_know_is_said_where_a_language_has_none_of_its_own(
    zone: str, january: str, july: str
) -> None:
    for name, day in ((january, "2026-01-15"), (july, "2026-07-15")):
        assert said(f"{day}T12:00:00Z", zone=zone, locale="sv_SE", lasting=True).endswith(f" {name}")


def test_spaces_are_plain_and_nothing_is_left_of_a_pattern() -> None:
    for locale in ("en_US", "fr_FR", "fr_CA", "es_MX", "ko", "ar", "ru", "zh_CN"):
        assert not re.search(r"[\u00a0\u2007\u2009\u202f{}']|  ", said(locale=locale, visitor="Asia/Kathmandu")), locale


@pytest.mark.parametrize(
    ("locale", "alone"),
    [
        ("pl_PL", "poniedziałek, 2 listopada, godz. 09:15 EST"),
        ("de_DE", "Montag, 2. November, 09:15 Uhr EST"),
        (None, "9:15 AM EST on Monday, November 2"),
    ],
)
def test_an_instant_that_stands_alone_is_in_the_nominative(locale: str | None, alone: str) -> None:
    assert instant_in_words.by_itself(said(locale=locale, lasting=True), locale) == alone


def test_tomorrow_alone_is_in_the_nominative_too() -> None:
    spoken = said(locale="pl", now="2026-11-01T17:00:00Z")
    assert instant_in_words.by_itself(spoken, "pl").startswith("jutro, poniedziałek, 2 listopada")
