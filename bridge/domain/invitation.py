"""A call as an entry of a calendar: iCalendar text (RFC 5545), sent to one side of it as iTIP (RFC 5546) asks."""

from dataclasses import dataclass
from datetime import timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress

from bridge.domain.instants import to_datetime
from bridge.domain.values import Millis

PRODUCT = "-//Escalation Bridge//Calls//EN"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One side's entry. Calendars are synchronised and shared, so nothing personal stands in it but whom it is for.

    Args:
        uid: the same for every change of the call.
        sequence: higher with every change.
        at: when this was written.
        starts_at: the start of the call.
        ends_at: its end.
        summary: the title, in the reader's language.
        organizer: the mail address that the invitation comes from.
        attendee: the mail address that it goes to.
        remind: milliseconds before the start at which the calendar reminds.
    """

    uid: str
    sequence: int
    at: Millis
    starts_at: Millis
    ends_at: Millis
    summary: str
    organizer: str
    attendee: str
    remind: Millis


def request(invitation: Invitation) -> str:
    """The call as it now is: a calendar adds it, or moves what it has."""
    event = _event(invitation, "CONFIRMED")
    event.add_component(_alarm(invitation))
    return _calendar("REQUEST", event)


def cancel(invitation: Invitation) -> str:
    """The call does not take place: a calendar takes it out."""
    return _calendar("CANCEL", _event(invitation, "CANCELLED"))


def _event(invitation: Invitation, status: str) -> Event:
    event = Event()
    event.add("UID", invitation.uid)
    event.add("SEQUENCE", invitation.sequence)
    event.add("DTSTAMP", to_datetime(invitation.at).replace(microsecond=0))
    event.add("DTSTART", to_datetime(invitation.starts_at))
    event.add("DTEND", to_datetime(invitation.ends_at))
    event.add("SUMMARY", invitation.summary)
    event.add("STATUS", status)
    event.add("TRANSP", "OPAQUE")
    event.add("ORGANIZER", vCalAddress(f"mailto:{invitation.organizer}"))
    # who is invited chose the time or offers it: nobody is asked for an answer
    event.add("ATTENDEE", vCalAddress(f"mailto:{invitation.attendee}"), parameters={"PARTSTAT": "ACCEPTED"})
    return event


def _alarm(invitation: Invitation) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", invitation.summary)
    alarm.add("TRIGGER", -timedelta(milliseconds=invitation.remind))
    return alarm


def _calendar(method: str, event: Event) -> str:
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method)
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text.decode()
