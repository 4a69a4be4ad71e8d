"""Feeds of closures, as Google, Outlook and Apple write them, and as nobody should."""

import time
from pathlib import Path

import pytest

from bridge.adapters.ical import MOST_CLOSURES, MOST_EVENTS, NoFeed, read_feed
from bridge.domain.closures import Reading, closed_spans, load_reading
from bridge.domain.instants import DAY, from_rfc3339, to_rfc3339

FEEDS = Path(__file__).resolve().parents[1] / "feeds"
NOW = from_rfc3339("2026-11-26T02:00:00Z")


def feed(*events: str) -> bytes:
    """A calendar of these events, each given as its lines after UID."""
    inside = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n".encode()


def dialect(name: str) -> Reading:
    return read_feed((FEEDS / f"{name}.ics").read_bytes(), NOW)


def closed(reading: Reading, zone: str, until: str = "2027-01-03T00:00:00Z") -> list[tuple[str, str]]:
    spans = closed_spans(reading.dump(), zone)
    return [(to_rfc3339(a), to_rfc3339(b)) for a, b in spans if a < from_rfc3339(until)]


def closed_by(event: str, zone: str = "Europe/Berlin", until: str = "2027-01-03T00:00:00Z") -> list[tuple[str, str]]:
    return closed(read_feed(feed(event), NOW), zone, until)


# -- dialects ----------------------------------------------------------------------------------------------------------


def test_google_dates_zones_exceptions_moved_and_free_events() -> None:
    assert closed(dialect("google"), "Europe/Berlin") == [
        ("2026-12-01T12:00:00Z", "2026-12-01T13:30:00Z"),
        ("2026-12-09T08:00:00Z", "2026-12-09T09:00:00Z"),  # moved from Tuesday the 8th
        ("2026-12-10T08:00:00Z", "2026-12-10T10:00:00Z"),
        ("2026-12-22T12:00:00Z", "2026-12-22T13:30:00Z"),  # the 15th is taken out
        ("2026-12-23T23:00:00Z", "2026-12-26T23:00:00Z"),
        ("2026-12-29T12:00:00Z", "2026-12-29T13:30:00Z"),
    ]
    assert dialect("google").passed_over == 0


def test_a_weekly_closure_keeps_its_wall_time_over_the_change_of_the_clock() -> None:
    spring = [
        span for span in closed(dialect("google"), "Europe/Berlin", "2027-04-01T00:00:00Z") if "2027-03" in span[0]
    ]
    assert spring[-1] == ("2027-03-30T11:00:00Z", "2027-03-30T12:30:00Z")


def test_the_reason_is_that_of_the_event_and_not_of_its_alarm() -> None:
    whys = {one.why for one in dialect("google").closings}
    assert whys == {"Winter break, all desks", "Team meeting", "Team meeting (moved)", "Fire drill 🧯"}


def test_outlook_whole_days_in_a_windows_zone_close_the_dates_of_the_calendar() -> None:
    assert closed(dialect("outlook"), "America/Los_Angeles", "2026-12-31T00:00:00Z") == [
        ("2026-11-26T08:00:00Z", "2026-11-27T08:00:00Z"),
        ("2026-11-30T20:00:00Z", "2026-11-30T22:00:00Z"),
    ]


def test_outlook_the_last_weekday_of_each_month_as_often_as_it_says() -> None:
    stocktaking = [one for one in dialect("outlook").closings if one.why == "Stocktaking"]
    assert [to_rfc3339(one.from_)[:10] for one in stocktaking] == ["2026-11-30", "2026-12-31", "2027-01-29"]


def test_an_event_in_a_zone_that_only_the_file_defines_is_passed_over_and_counted() -> None:
    assert dialect("outlook").passed_over == 1


def test_apple_floating_times_and_dates_are_those_of_the_calendar() -> None:
    assert closed(dialect("apple"), "Asia/Tokyo") == [
        ("2026-11-29T15:00:00Z", "2026-11-30T15:00:00Z"),
        ("2026-12-01T15:00:00Z", "2026-12-02T15:00:00Z"),
        ("2026-12-03T15:00:00Z", "2026-12-04T15:00:00Z"),
        ("2026-12-24T15:00:00Z", "2026-12-25T15:00:00Z"),
        ("2026-12-31T03:00:00Z", "2026-12-31T15:00:00Z"),
    ]


# -- finer points ------------------------------------------------------------------------------------------------------


def test_a_whole_day_is_as_long_as_the_date_is_there() -> None:
    assert closed_by("DTSTART;VALUE=DATE:20270328", until="2028-01-01T00:00:00Z") == [
        ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z")
    ]


def test_one_occurrence_that_is_cancelled_is_open() -> None:
    weekly = "DTSTART;VALUE=DATE:20261201\r\nRRULE:FREQ=WEEKLY;COUNT=3"
    gone = "RECURRENCE-ID;VALUE=DATE:20261208\r\nDTSTART;VALUE=DATE:20261208\r\nSTATUS:CANCELLED"
    both = feed(weekly, gone).replace(b"UID:1", b"UID:0")
    assert [span[0][:10] for span in closed(read_feed(both, NOW), "UTC")] == ["2026-12-01", "2026-12-15"]


def test_what_began_before_and_still_lasts_is_closed() -> None:
    assert closed_by("DTSTART:20260101T000000Z\r\nDTEND:20261201T000000Z") == [
        ("2026-11-24T02:00:00Z", "2026-12-01T00:00:00Z")
    ]


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20261201T090000Z",
        "DTSTART:20261201T090000Z\r\nDTEND:20261201T080000Z",
        "DTSTART;VALUE=DATE:20200101",
        "DTSTART;VALUE=DATE:20290101",
        "DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY;UNTIL=20251231",
    ],
)
def test_what_has_no_length_or_lies_elsewhere_closes_nothing(event: str) -> None:
    assert read_feed(feed(event), NOW) == Reading((), NOW)


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART;VALUE=DATE:2026122X",
        "SUMMARY:no start",
        "DTSTART;VALUE=DATE:20261201\r\nRRULE:FREQ=SOMETIMES",
        "DTSTART;VALUE=DATE:20261201\r\nRRULE:FREQ=SECONDLY",
        "DTSTART:20261201T000000Z\r\nDURATION:PT1S\r\nRRULE:FREQ=DAILY;BYHOUR=1,2,3",
        "DTSTART;VALUE=DATE:20261201\r\nRRULE:FREQ=YEARLY;BYEASTER=0",
        "DTSTART;TZID=Mars/Olympus:20261201T000000\r\nDURATION:PT1H",
        "DTSTART;TZID=Europe:20261201T000000\r\nDURATION:PT1H",
        "DTSTART;VALUE=DATE:20261201\r\nDURATION:forever",
    ],
)
def test_an_event_that_cannot_be_read_is_passed_over_and_spoils_no_other(event: str) -> None:
    found = read_feed(feed(event, "DTSTART;VALUE=DATE:20261225"), NOW)
    assert (found.passed_over, [to_rfc3339(one.from_)[:10] for one in found.closings]) == (1, ["2026-12-25"])


def test_a_reading_is_kept_as_text_and_read_back() -> None:
    found = dialect("google")
    assert load_reading(found.dump()) == found


def test_a_feed_that_was_never_read_closes_nothing() -> None:
    assert closed_spans("", "UTC") == ()


# -- what is no feed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not a calendar"),
        (b"<!doctype html><title>Sign in</title>", "not a calendar"),
        (b'{"error": "gone"}', "not a calendar"),
        (feed("SUMMARY:caf\xe9").replace("é".encode(), b"\xe9"), "not UTF-8"),
        (feed("DTSTART;VALUE=DATE:20261225")[:-30], "cut short"),
        (feed(*["SUMMARY:x"] * (MOST_EVENTS + 1)), "too many events"),
    ],
)
def test_what_is_no_feed_is_refused_in_a_few_words(body: bytes, why: str) -> None:
    with pytest.raises(NoFeed, match=why):
        read_feed(body, NOW)


def test_a_letter_that_was_folded_in_the_middle_is_whole_again() -> None:
    body = feed("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Öffnung").replace("Ö".encode(), b"\xc3\r\n \x96")
    assert read_feed(body, NOW).closings[0].why == "Öffnung"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
        "FREQ=WEEKLY;INTERVAL=999999999;COUNT=999999999",
    ],
)
def test_rules_by_the_thousand_that_never_end_are_done_with_in_time(rule: str) -> None:
    bomb = feed(*[f"DTSTART;VALUE=DATE:19000101\r\nRRULE:{rule}"] * 1500)
    began = time.process_time()
    found = read_feed(bomb, NOW)
    assert time.process_time() - began < 10
    assert len(found.closings) <= MOST_CLOSURES
    assert all(one.to - one.from_ <= DAY for one in found.closings)


def test_more_closures_than_are_kept_are_counted() -> None:
    found = read_feed(feed(*["DTSTART;VALUE=DATE:20261201\r\nRRULE:FREQ=DAILY"] * 10), NOW)
    assert (len(found.closings), found.cut > 1000) == (MOST_CLOSURES, True)
