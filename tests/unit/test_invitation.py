"""The entry for a calendar: read back by the library that wrote it, and by one that did not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from icalendar import Calendar

from bridge.domain import invitation
from bridge.domain.instants import MINUTE, from_rfc3339
from bridge.domain.invitation import Invitation

TITLE = "Rückruf; von \\shop.example, heute\nnoch " + "ä€😀" * 30
STARTS, ENDS = datetime(2026, 11, 3, 15, tzinfo=UTC), datetime(2026, 11, 3, 15, 30, tzinfo=UTC)
CALL = Invitation(
    uid="call_x-Y_1@shop.escalation-bridge",
    sequence=3,
    at=from_rfc3339("2026-11-02T15:00:00Z") + 123,
    starts_at=from_rfc3339("2026-11-03T15:00:00Z"),
    ends_at=from_rfc3339("2026-11-03T15:30:00Z"),
    summary=TITLE,
    organizer="support@shop.example",
    attendee="ann@example.org",
    remind=15 * MINUTE,
)


def by_icalendar(text: str) -> dict[str, Any]:
    calendar = Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    assert not calendar.errors
    assert not event.errors
    triggers = [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")]
    return {
        "method": str(calendar["METHOD"]),
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "starts": event["DTSTART"].dt,
        "ends": event["DTEND"].dt,
        "summary": str(event["SUMMARY"]),
        "status": str(event["STATUS"]),
        "organizer": str(event["ORGANIZER"]),
        "attendee": str(event["ATTENDEE"]),
        "triggers": triggers,
    }


def by_vobject(text: str) -> dict[str, Any]:
    calendar = vobject.readOne(text)
    calendar.validate(raiseException=True)
    event = calendar.vevent
    return {
        "method": calendar.method.value,
        "uid": event.uid.value,
        "sequence": int(event.sequence.value),
        "starts": event.dtstart.value.astimezone(UTC),
        "ends": event.dtend.value.astimezone(UTC),
        "summary": event.summary.value,
        "status": event.status.value,
        "organizer": event.organizer.value,
        "attendee": event.attendee.value,
        "triggers": [alarm.trigger.value for alarm in event.contents.get("valarm", [])],
    }


@pytest.mark.parametrize("read", [by_icalendar, by_vobject])
def test_a_request_says_the_call_to_every_reader(read: Any) -> None:
    assert read(invitation.request(CALL)) == {
        "method": "REQUEST",
        "uid": CALL.uid,
        "sequence": 3,
        "starts": STARTS,
        "ends": ENDS,
        "summary": TITLE,
        "status": "CONFIRMED",
        "organizer": "mailto:support@shop.example",
        "attendee": "mailto:ann@example.org",
        "triggers": [timedelta(minutes=-15)],
    }


@pytest.mark.parametrize("read", [by_icalendar, by_vobject])
def test_a_cancellation_names_the_same_call_and_rings_no_alarm(read: Any) -> None:
    read_back = read(invitation.cancel(replace(CALL, sequence=4)))
    assert {name: read_back[name] for name in ("method", "uid", "sequence", "status", "triggers")} == {
        "method": "CANCEL",
        "uid": CALL.uid,
        "sequence": 4,
        "status": "CANCELLED",
        "triggers": [],
    }


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    text = invitation.request(CALL)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_the_same_call_is_the_same_text() -> None:
    assert invitation.request(CALL) == invitation.request(CALL)


def test_what_every_calendar_must_hold_is_there() -> None:
    text = invitation.request(CALL)
    for line in ("VERSION:2.0", "DTSTAMP:20261102T150000Z", "DTSTART:20261103T150000Z", "DTEND:20261103T153000Z"):
        assert f"\r\n{line}\r\n" in text
