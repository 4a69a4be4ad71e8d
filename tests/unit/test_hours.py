"""Staffed hours: the cases that calendars are known to get wrong, each by its name."""

import pickle
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from pydantic import ValidationError

from bridge.domain import calendars, hours
from bridge.domain.calendars import Calendar, Override, overridden
from bridge.domain.instants import DAY, HOUR, MINUTE, from_rfc3339, to_rfc3339

OFFICE = {"mon-fri": ["09:00-17:00"]}


def calendar(zone: str = "America/New_York", week: dict[str, list[str]] | None = None, **more: Any) -> Calendar:
    return Calendar.model_validate({"timezone": zone, "week": OFFICE if week is None else week, **more})


def at(local: str, zone: str = "America/New_York", *, fold: int = 0) -> int:
    """The instant at which the wall clock of the zone shows `local`."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def utc(instant: int | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)


def z(text: str) -> int:
    return from_rfc3339(text)


# -- the document ------------------------------------------------------------------------------------------------------


def test_the_design_documents_calendars_are_read_as_yaml() -> None:
    document = yaml.safe_load("""
      always: {always: true}
      office:
        timezone: America/New_York
        week: {mon-thu: ["09:00-12:30", "13:00-17:00"], fri: ["09:00-17:00", "22:00-02:00"]}
        holidays: {country: US, subdivision: NY}
        closed: [{from: 2026-12-24, to: 2027-01-03, why: winter break}]
        extra: [{date: 2026-11-28, open: ["10:00-14:00"]}]
    """)
    office = Calendar.model_validate(document["office"])
    assert office.closed[0].from_ == date(2026, 12, 24)
    assert Calendar.model_validate(document["always"]).timezone == "UTC"
    assert Calendar.model_validate_json(office.model_dump_json(exclude_none=True, exclude_unset=True)) == office


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", (0,)),
        ("mon-thu", (0, 1, 2, 3)),
        ("fri-mon", (4, 5, 6, 0)),
        ("sat,sun", (5, 6)),
        ("mon-tue, fri", (0, 1, 4)),
        ("mon-sun", (0, 1, 2, 3, 4, 5, 6)),
        ("sun-sun", (6,)),
    ],
)
def test_a_key_names_days_a_range_may_wrap_and_a_comma_lists(key: str, days: tuple[int, ...]) -> None:
    assert calendars.days_of(key) == days


@pytest.mark.parametrize(
    "key", ["", "monday", "mon-", "-mon", "mon-fri-sun", "mon;tue", "MON", "mon,,tue", "1", "holiday"]
)
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="not a weekday"):
        calendar(week={key: ["09:00-17:00"]})


@pytest.mark.parametrize("day", ["mon", "fri", "sun"])
def test_a_day_named_twice_is_refused_because_it_could_mean_either(day: str) -> None:
    with pytest.raises(ValidationError, match=f"{day} is named twice"):
        calendar(week={"mon-sun": ["09:00-17:00"], day: ["09:00-13:00"]})


@pytest.mark.parametrize("written", ["20261224", "2026-W52-4", "24.12.2026", "2026-12-24T00:00:00", "", 20261224])
def test_another_date_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="not a date: use YYYY-MM-DD"):
        calendar(closed=[{"from": written, "to": "2027-01-03"}])


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("09:00-17:00", (540, 1020)),
        ("00:00-24:00", (0, 1440)),
        ("22:00-02:00", (1320, 1560)),
        ("09:00-09:00", (540, 1980)),
        ("00:00-00:00", (0, 1440)),
        ("22:00-24:00", (1320, 1440)),
    ],
)
def test_a_window_whose_end_is_not_after_its_start_runs_over_midnight(text: str, minutes: tuple[int, int]) -> None:
    assert calendars.window_of(text) == minutes


@pytest.mark.parametrize(
    "text", ["9:00-17:00", "09:00", "09:00-25:00", "24:00-02:00", "09:00-17:60", "09:00 - 17:00", "٠٩:٠٠-١٧:٠٠", ""]
)
def test_another_window_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="HH:MM-HH:MM"):
        calendar(week={"mon": [text]})


@pytest.mark.parametrize(
    "key",
    [
        "est",
        "UTC+2",
        "../../etc/passwd",
        "America",
        "america/new_york",
        "localtime",
        "posixrules",
        "",
        "a\0b",
        "/etc/passwd",
    ],
)
def test_11_only_exact_iana_keys_are_taken_and_the_input_is_not_repeated(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        calendar(key)
    [error] = caught.value.errors(include_input=False, include_url=False, include_context=False)
    assert (error["loc"], "not a time zone" in error["msg"]) == (("timezone",), True)
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"always": False},
        {"week": OFFICE},
        {"timezone": "UTC"},
        {"always": True, "week": OFFICE},
        {"always": True, "closed": []},
    ],
)
def test_a_calendar_is_either_always_open_or_has_zone_and_week(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="always"):
        Calendar.model_validate(document)


@pytest.mark.parametrize("holidays", [{"country": "XX"}, {"country": "US", "subdivision": "ZZ"}, {"country": "us"}])
def test_an_unknown_country_is_refused(holidays: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="no holidays are known"):
        calendar(holidays=holidays)


def test_norway_without_quotes_is_explained() -> None:
    with pytest.raises(ValidationError, match="Norway"):
        calendar(holidays=yaml.safe_load("{country: NO}"))


@pytest.mark.parametrize(
    "when", ["24.12.2026", "2026-13-01", "2026-02-30", 1_700_000_000, datetime(2026, 1, 1, 9, tzinfo=UTC), True]
)
def test_a_date_is_a_date_and_nothing_else(when: object) -> None:
    with pytest.raises(ValidationError):
        calendar(closed=[{"from": when, "to": "2099-01-01"}])


def test_a_closure_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match="before"):
        calendar(closed=[{"from": "2026-12-24", "to": "2026-12-23"}])


def test_equal_calendars_are_one_key_and_a_changed_copy_is_another() -> None:
    one, same = calendar(), calendar()
    assert (hash(one), one.plan) == (hash(same), same.plan)
    longer = one.model_copy(update={"week": {"mon-fri": ("09:00-18:00",)}})
    assert not hours.is_open(one, at("2026-11-02T17:30"))
    assert hours.is_open(longer, at("2026-11-02T17:30"))


# -- the named case ----------------------------------------------------------------------------------------------------


def test_saturday_night_before_the_autumn_change_opens_on_monday_at_nine_standard_time() -> None:
    assert utc(hours.next_open(calendar(), at("2026-10-31T21:00"))) == "2026-11-02T14:00:00Z"


def test_saturday_before_the_spring_change_opens_on_monday_at_nine_summer_time() -> None:
    assert utc(hours.next_open(calendar(), at("2026-03-07T21:00"))) == "2026-03-09T13:00:00Z"


# -- the hard cases ----------------------------------------------------------------------------------------------------


def test_01_a_night_over_the_spring_change_is_an_hour_shorter() -> None:
    around = calendar(week={"sat": ["17:00-09:00"]})
    assert hours.business_time_between(around, at("2026-03-07T12:00"), at("2026-03-08T12:00")) == 15 * HOUR


def test_02_the_two_passes_of_the_autumn_hour_are_told_apart() -> None:
    early = calendar(week={"sun": ["01:30-02:00"]})
    runs = hours.open_runs(early, at("2026-11-01T00:00"), at("2026-11-01T12:00"))
    assert [(utc(a), utc(b)) for a, b in runs] == [
        ("2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z"),
        ("2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"),
    ]
    assert hours.is_open(early, at("2026-11-01T01:45", fold=0))
    assert hours.is_open(early, at("2026-11-01T01:45", fold=1))


def test_02_a_window_from_the_change_on_is_open_from_the_first_pass() -> None:
    shift = calendar(week={"sun": ["01:00-03:00"]})
    assert hours.business_time_between(shift, at("2026-11-01T00:00"), at("2026-11-01T12:00")) == 3 * HOUR


def test_03_a_window_inside_the_spring_gap_has_no_instant() -> None:
    gap = calendar(week={"sun": ["02:00-03:00"]})
    assert hours.open_runs(gap, at("2026-03-08T00:00"), at("2026-03-09T00:00")) == []
    half = calendar(week={"sun": ["01:30-02:30"]})
    [(opens, closes)] = hours.open_runs(half, at("2026-03-08T00:00"), at("2026-03-09T00:00"))
    assert (utc(opens), utc(closes)) == ("2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z")


def test_03_a_window_that_the_gap_cuts_short_keeps_what_is_left_of_it() -> None:
    night = calendar(week={"sun": ["01:30-02:30"]})
    runs = hours.open_runs(night, z("2026-03-08T00:00:00Z"), z("2026-03-09T00:00:00Z"))
    assert [tuple(map(utc, run)) for run in runs] == [("2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z")]
    assert utc(hours.add_business_time(night, z("2026-03-08T00:00:00Z"), HOUR)) == "2026-03-15T06:00:00Z"


def test_02_a_window_that_the_autumn_hour_lies_in_is_open_in_both_passes() -> None:
    night = calendar(week={"sun": ["01:30-02:30"]})
    runs = hours.open_runs(night, z("2026-11-01T00:00:00Z"), z("2026-11-02T00:00:00Z"))
    assert [tuple(map(utc, run)) for run in runs] == [
        ("2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z"),
        ("2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"),
    ]


def test_04_a_change_need_not_be_an_hour() -> None:
    troll = calendar("Antarctica/Troll", {"sun": ["00:00-24:00"]})
    assert hours.business_time_between(troll, z("2026-03-28T00:00:00Z"), z("2026-03-31T00:00:00Z")) == 22 * HOUR
    assert hours.business_time_between(troll, z("2026-10-24T00:00:00Z"), z("2026-10-27T00:00:00Z")) == 26 * HOUR
    lord_howe = calendar("Australia/Lord_Howe", {"sun": ["00:00-24:00"]})
    assert (
        hours.business_time_between(lord_howe, z("2026-10-03T00:00:00Z"), z("2026-10-06T00:00:00Z"))
        == 23 * HOUR + 30 * MINUTE
    )


def test_04_an_offset_need_not_be_whole_hours() -> None:
    kathmandu = calendar("Asia/Kathmandu")
    assert utc(hours.next_open(kathmandu, z("2026-11-01T12:00:00Z"))) == "2026-11-02T03:15:00Z"


def test_04_a_change_at_midnight_utc_belongs_to_the_day_that_it_begins() -> None:
    night = calendar("Asia/Jerusalem", {"fri": ["01:00-04:00"]})
    [(start, end)] = hours.open_runs(night, z("2026-03-26T12:00:00Z"), z("2026-03-27T12:00:00Z"))
    assert (utc(start), utc(end)) == ("2026-03-26T23:00:00Z", "2026-03-27T01:00:00Z")
    spring = calendar("Asia/Jerusalem", {"fri": ["02:00-03:00"]})
    assert hours.open_runs(spring, z("2026-03-26T12:00:00Z"), z("2026-03-27T12:00:00Z")) == []


@pytest.mark.parametrize(
    ("zone", "day", "opens"),
    [
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
    ],
)
def test_05_a_day_that_begins_at_one_opens_at_one(zone: str, day: str, opens: str) -> None:
    whole = calendar(zone, {"mon-sun": []}, extra=[{"date": day, "open": ["00:00-24:00"]}])
    [(start, end)] = hours.open_runs(whole, z(opens) - DAY, z(opens) + 2 * DAY)
    assert (utc(start), end - start) == (opens, 23 * HOUR)


def test_06_apia_had_no_30_december_2011() -> None:
    apia = calendar("Pacific/Apia", {"fri": ["00:00-24:00"]})
    around = z("2011-12-28T00:00:00Z"), z("2012-01-02T00:00:00Z")
    assert hours.open_runs(apia, *around) == []
    over = calendar("Pacific/Apia", {"thu,sat": ["09:00-17:00"]})
    assert [utc(start) for start, _ in hours.open_runs(over, *around)] == [
        "2011-12-29T19:00:00Z",
        "2011-12-30T19:00:00Z",
    ]


def test_07_a_country_that_moves_its_clock_for_good() -> None:
    almaty = calendar("Asia/Almaty")
    assert utc(hours.next_open(almaty, z("2024-02-28T20:00:00Z"))) == "2024-02-29T03:00:00Z"
    assert utc(hours.next_open(almaty, z("2024-02-29T20:00:00Z"))) == "2024-03-01T04:00:00Z"


def test_08_dublin_whose_winter_is_the_exception() -> None:
    dublin = calendar("Europe/Dublin")
    assert utc(hours.next_open(dublin, z("2026-07-05T12:00:00Z"))) == "2026-07-06T08:00:00Z"
    assert utc(hours.next_open(dublin, z("2026-11-01T12:00:00Z"))) == "2026-11-02T09:00:00Z"


def test_12_days_have_23_or_25_hours() -> None:
    sunday = calendar(week={"sun": ["00:00-24:00"]})
    assert hours.business_time_between(sunday, at("2026-03-07T00:00"), at("2026-03-10T00:00")) == 23 * HOUR
    assert hours.business_time_between(sunday, at("2026-10-31T00:00"), at("2026-11-03T00:00")) == 25 * HOUR


def test_13_a_shift_over_midnight_into_a_holiday_ends_at_midnight() -> None:
    night = calendar(week={"mon-sun": ["22:00-06:00"]}, holidays={"country": "US"})
    assert utc(hours.close_after(night, at("2026-12-24T23:00"))) == utc(at("2026-12-25T00:00"))


def test_13_a_closed_date_closes_no_minute_of_another_date() -> None:
    night = calendar(week={"mon-sun": ["22:00-06:00"]}, closed=[{"from": "2026-12-25", "to": "2026-12-25"}])
    runs = hours.open_runs(night, at("2026-12-24T12:00"), at("2026-12-26T12:00"))
    assert runs == [
        (at("2026-12-24T22:00"), at("2026-12-25T00:00")),
        (at("2026-12-26T00:00"), at("2026-12-26T06:00")),
    ]


def test_14_a_close_that_is_the_next_days_open_is_one_run() -> None:
    whole_week = calendar(week={"mon-sun": ["00:00-24:00"]})
    assert hours.close_after(whole_week, at("2026-11-02T12:00")) is None
    assert hours.next_opening(whole_week, at("2026-11-02T12:00")) is None
    shifts = calendar(week={"mon": ["08:00-16:00", "16:00-24:00"], "tue": ["00:00-08:00"]})
    assert hours.close_after(shifts, at("2026-11-02T09:00")) == at("2026-11-03T08:00")


def test_15_a_shutdown_of_nineteen_days_is_seen_over() -> None:
    shut = calendar(closed=[{"from": "2026-12-19", "to": "2027-01-06"}])
    assert hours.next_open(shut, at("2026-12-18T18:00")) == at("2027-01-07T09:00")


def test_15_a_calendar_that_never_opens_says_so() -> None:
    for never in (
        calendar(week={}),
        calendar(week={"mon-sun": []}),
        calendar(closed=[{"from": "2000-01-01", "to": "2999-12-31"}]),
    ):
        now = at("2026-11-02T12:00")
        assert not hours.opening_in_year(never, now)
        assert hours.next_open(never, now) is None
        assert hours.next_opening(never, now) is None
        assert hours.add_business_time(never, now, MINUTE) is None
        assert hours.close_after(never, now) == now
        assert hours.business_time_between(never, now, now + DAY) == 0


def test_15_what_opens_only_after_a_year_does_not_open() -> None:
    far = calendar(week={}, extra=[{"date": "2028-01-01", "open": ["09:00-10:00"]}])
    assert hours.next_open(far, at("2026-11-02T12:00")) is None
    assert hours.next_open(far, at("2027-02-02T12:00")) == at("2028-01-01T09:00")


def test_19_a_holiday_counts_on_the_day_it_is_observed() -> None:
    federal = calendar(holidays={"country": "US"})
    assert not hours.is_open(federal, at("2026-07-03T12:00"))
    assert hours.next_open(federal, at("2026-07-02T17:00")) == at("2026-07-06T09:00")


def test_19_the_day_after_thanksgiving_is_no_federal_holiday() -> None:
    federal = calendar(holidays={"country": "US"})
    assert not hours.is_open(federal, at("2026-11-26T12:00"))
    assert hours.is_open(federal, at("2026-11-27T12:00"))


def test_19_a_part_of_a_country_has_its_own() -> None:
    epiphany = at("2026-01-06T12:00", "Europe/Berlin")
    assert hours.is_open(calendar("Europe/Berlin", holidays={"country": "DE"}), epiphany)
    assert not hours.is_open(calendar("Europe/Berlin", holidays={"country": "DE", "subdivision": "BY"}), epiphany)


def test_19_beyond_the_years_whose_holidays_are_known_the_week_counts() -> None:
    kolkata = calendar("Asia/Kolkata", {"mon-sun": ["09:00-17:00"]}, holidays={"country": "IN"})
    assert not hours.is_open(kolkata, at("2060-01-26T12:00", "Asia/Kolkata"))
    assert hours.is_open(kolkata, at("2060-01-27T12:00", "Asia/Kolkata"))


def test_20_the_sla_clock_counts_staffed_time_only() -> None:
    assert hours.business_time_between(calendar(), at("2026-10-30T16:00"), at("2026-11-02T10:00")) == 2 * HOUR


# -- windows, closures, extra ------------------------------------------------------------------------------------------


def test_a_window_has_its_first_instant_and_not_its_last() -> None:
    opens, closes = at("2026-11-02T09:00"), at("2026-11-02T17:00")
    assert [hours.is_open(calendar(), t) for t in (opens - 1, opens, closes - 1, closes)] == [False, True, True, False]


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    friday = calendar(week={"fri": ["22:00-02:00"]})
    assert hours.is_open(friday, at("2026-11-07T01:59"))
    assert not hours.is_open(friday, at("2026-11-06T01:59"))
    assert not hours.is_open(friday, at("2026-11-07T02:00"))


def test_sunday_night_runs_into_monday() -> None:
    assert hours.is_open(calendar(week={"sun": ["22:00-02:00"]}), at("2026-11-02T01:00"))


def test_the_lunch_break_is_closed() -> None:
    split = calendar(week={"mon": ["09:00-12:30", "13:00-17:00"]})
    assert hours.next_open(split, at("2026-11-02T12:45")) == at("2026-11-02T13:00")
    assert hours.close_after(split, at("2026-11-02T10:00")) == at("2026-11-02T12:30")


def test_windows_that_overlap_are_one() -> None:
    twice = calendar(week={"mon": ["09:00-12:00", "10:00-13:00", "11:00-11:30"]})
    assert hours.business_time_between(twice, at("2026-11-02T00:00"), at("2026-11-03T00:00")) == 4 * HOUR


def test_extra_opens_on_a_day_without_windows_and_adds_to_one_with() -> None:
    more = calendar(
        extra=[{"date": "2026-11-28", "open": ["10:00-14:00"]}, {"date": "2026-11-27", "open": ["19:00-20:00"]}]
    )
    assert hours.is_open(more, at("2026-11-28T10:00"))
    assert hours.is_open(more, at("2026-11-27T09:00"))
    assert hours.is_open(more, at("2026-11-27T19:30"))


def test_extra_wins_over_closure_and_holiday_while_the_week_stays_closed() -> None:
    christmas = calendar(
        holidays={"country": "US"},
        closed=[{"from": "2026-12-24", "to": "2026-12-26"}],
        extra=[{"date": "2026-12-25", "open": ["10:00-12:00"]}],
    )
    runs = hours.open_runs(christmas, at("2026-12-24T00:00"), at("2026-12-27T00:00"))
    assert runs == [(at("2026-12-25T10:00"), at("2026-12-25T12:00"))]


def test_extra_over_midnight_wins_on_the_closed_date_that_follows() -> None:
    night = calendar(
        closed=[{"from": "2026-12-25", "to": "2026-12-25"}], extra=[{"date": "2026-12-24", "open": ["22:00-02:00"]}]
    )
    assert hours.close_after(night, at("2026-12-24T23:00")) == at("2026-12-25T02:00")


# -- what is said beside the document ----------------------------------------------------------------------------------

MONDAY = at("2026-11-02T00:00"), at("2026-11-03T00:00")
CHRISTMAS = calendar(
    closed=[{"from": "2026-12-24", "to": "2026-12-26"}], extra=[{"date": "2026-12-25", "open": ["10:00-12:00"]}]
)


def test_nothing_said_is_the_calendar_itself() -> None:
    office = calendar()
    assert overridden(office) is office


def test_a_feed_closes_what_the_week_opens_in_any_order_and_overlapping() -> None:
    fed = overridden(
        calendar(),
        feed=(
            (at("2026-11-02T15:00"), at("2026-11-02T16:00")),
            (at("2026-11-02T08:00"), at("2026-11-02T10:00")),
            (at("2026-11-02T09:30"), at("2026-11-02T11:00")),
            (at("2026-11-02T12:00"), at("2026-11-02T12:00")),
            (at("2026-11-02T14:00"), at("2026-11-02T13:00")),  # ends before it begins
        ),
    )
    assert hours.add_business_time(fed, MONDAY[0], 5 * HOUR) == at("2026-11-02T17:00")
    assert hours.open_runs(fed, *MONDAY) == [
        (at("2026-11-02T11:00"), at("2026-11-02T15:00")),
        (at("2026-11-02T16:00"), at("2026-11-02T17:00")),
    ]


def test_extra_wins_over_the_feed() -> None:
    fed = overridden(CHRISTMAS, feed=((at("2026-12-20T00:00"), at("2027-01-04T00:00")),))
    assert hours.is_open(fed, at("2026-12-25T11:00"))
    assert hours.next_open(fed, at("2026-12-25T12:00")) == at("2027-01-04T09:00")


def test_a_feed_closes_what_is_always_open() -> None:
    fed = overridden(Calendar(always=True), feed=(MONDAY,))
    assert hours.close_after(fed, MONDAY[0] - DAY) == MONDAY[0]
    assert hours.next_opening(fed, MONDAY[0]) == MONDAY[1]
    assert hours.business_time_between(fed, MONDAY[0] - DAY, MONDAY[1] + DAY) == 2 * DAY


def test_a_command_wins_over_week_always_feed_and_extra() -> None:
    eleven, noon = at("2026-12-25T11:00"), at("2026-12-25T12:00")
    for kind in (CHRISTMAS, Calendar(always=True), overridden(CHRISTMAS, feed=((eleven, noon),))):
        for is_open in (True, False):
            said = overridden(kind, commands=(Override(eleven, noon, open=is_open),))
            assert [hours.is_open(said, t) for t in (eleven, noon - 1)] == [is_open, is_open]


def test_of_two_commands_the_later_given_wins_where_they_overlap() -> None:
    ten, noon, two = at("2026-11-02T10:00"), at("2026-11-02T12:00"), at("2026-11-02T14:00")
    shut, back = Override(ten, two, open=False), Override(noon, at("2026-11-02T18:00"), open=True)
    open_last = hours.open_runs(overridden(calendar(), commands=(shut, back)), *MONDAY)
    assert open_last == [(at("2026-11-02T09:00"), ten), (noon, at("2026-11-02T18:00"))]
    shut_last = hours.open_runs(overridden(calendar(), commands=(back, shut)), *MONDAY)
    assert shut_last == [(at("2026-11-02T09:00"), ten), (two, at("2026-11-02T18:00"))]


def test_what_is_said_twice_adds_up_in_the_order_in_which_it_was_said() -> None:
    shut, back = Override(*MONDAY, open=False), Override(*MONDAY, open=True)
    tuesday = MONDAY[1], MONDAY[1] + DAY
    at_once = overridden(calendar(), feed=(MONDAY, tuesday), commands=(shut, back))
    assert overridden(overridden(calendar(), feed=(MONDAY,), commands=(shut,)), feed=(tuesday,), commands=(back,)) == (
        at_once
    )


def test_every_question_sees_what_is_said() -> None:
    nine, ten, noon = at("2026-11-02T09:00"), at("2026-11-02T10:00"), at("2026-11-02T12:00")
    said = overridden(calendar(), feed=((nine, ten),), commands=(Override(ten, noon, open=False),))
    assert not hours.is_open(said, nine)
    assert hours.next_open(said, nine) == hours.next_opening(said, nine) == noon
    assert hours.close_after(said, nine) == nine
    assert hours.add_business_time(said, nine, HOUR) == noon + HOUR
    assert hours.business_time_between(said, *MONDAY) == 5 * HOUR
    for_good = overridden(calendar(), commands=(Override(nine, nine + 10 * 366 * DAY, open=False),))
    assert not hours.opening_in_year(for_good, nine)
    assert hours.add_business_time(for_good, nine, 1) is None


def test_a_command_without_length_says_nothing() -> None:
    noon = at("2026-11-02T12:00")
    for to in (noon, noon - HOUR):
        said = overridden(calendar(), commands=(Override(noon, to, open=False),))
        assert hours.business_time_between(said, *MONDAY) == 8 * HOUR


def test_what_is_said_makes_another_calendar_and_is_no_part_of_the_document() -> None:
    office = calendar()
    shut = Override(*MONDAY, open=False)
    said = overridden(office, commands=(shut,))
    assert said == overridden(calendar(), commands=(shut,))
    assert hash(said) == hash(overridden(calendar(), commands=(shut,)))
    assert said != office
    assert said.model_dump() == office.model_dump()
    assert pickle.loads(pickle.dumps(said)) == said
    longer = said.model_copy(update={"week": {"mon-sun": ("09:00-18:00",)}})
    assert hours.next_open(longer, MONDAY[0]) == at("2026-11-03T09:00")
    assert hours.is_open(office, at("2026-11-02T12:00"))


# -- the questions -----------------------------------------------------------------------------------------------------


def test_next_open_is_now_when_open_and_next_opening_never_is() -> None:
    noon, nine = at("2026-11-02T12:00"), at("2026-11-02T09:00")
    assert hours.next_open(calendar(), noon) == noon
    assert hours.next_opening(calendar(), noon) == at("2026-11-03T09:00")
    assert hours.next_open(calendar(), nine) == nine
    assert hours.next_opening(calendar(), nine) == at("2026-11-03T09:00")
    assert hours.next_opening(calendar(), nine - 1) == nine


def test_open_time_runs_on_only_while_open() -> None:
    friday = at("2026-10-30T16:30")
    assert hours.add_business_time(calendar(), friday, 30 * MINUTE) == at("2026-10-30T17:00")
    assert hours.add_business_time(calendar(), friday, 30 * MINUTE + 1) == at("2026-11-02T09:00") + 1
    assert hours.add_business_time(calendar(), friday, 4 * HOUR) == at("2026-11-02T12:30")
    assert hours.add_business_time(calendar(), friday, 0) == friday


def test_more_open_time_than_a_year_holds_is_none() -> None:
    rare = calendar(week={"mon": ["09:00-10:00"]})
    assert hours.add_business_time(rare, at("2026-11-02T12:00"), 30 * HOUR) is not None
    assert hours.add_business_time(rare, at("2026-11-02T12:00"), 60 * HOUR) is None


def test_always_is_always() -> None:
    always = Calendar(always=True)
    now = at("2026-11-02T12:00")
    assert hours.is_open(always, now)
    assert hours.next_open(always, now) == now
    assert hours.next_opening(always, now) is None
    assert hours.close_after(always, now) is None
    assert hours.add_business_time(always, now, HOUR) == now + HOUR
    assert hours.business_time_between(always, now, now + 3 * DAY) == 3 * DAY
    assert hours.opening_in_year(always, now)


def test_time_between_is_nothing_backwards_and_has_a_bound() -> None:
    assert hours.business_time_between(calendar(), at("2026-11-02T12:00"), at("2026-11-02T11:00")) == 0
    with pytest.raises(ValueError, match="ten years"):
        hours.business_time_between(calendar(), 0, z("2026-01-01T00:00:00Z"))


def test_the_answer_does_not_depend_on_the_machines_own_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        tokyo = calendar("Asia/Tokyo", {"fri": ["09:00-18:00"]})
        assert hours.is_open(tokyo, at("2026-11-06T09:00", "Asia/Tokyo"))
        assert hours.is_open(tokyo, at("2026-11-06T17:30", "Asia/Tokyo"))
