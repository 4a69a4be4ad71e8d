"""Staffed hours as the team sees them: who is in now, what was commanded, and what the feeds of closures say."""

from bridge.domain import hours
from bridge.domain.closures import Feed, load_reading
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.values import Json, Millis
from bridge.ports import Tx
from bridge.service.command_hours import show_command
from bridge.service.context import Bridge
from bridge.service.hours_in_force import HoursInForce


def read_hours(bridge: Bridge, tx: Tx, site: str) -> Json:
    """The hours of every queue, without those of single tiers, and what stands beside the policy.

    Raises:
        SiteUnknown: there is no such site.
    """
    policy, now = bridge.policies.current(tx, site).document, bridge.clock.now()
    found = HoursInForce(tx, site, policy, now)
    return {
        "now": to_rfc3339(now),
        "queues": [_queue(found, name, queue.hours, now) for name, queue in policy.queues.items()],
        "commands": [show_command(one, now) for one in found.commands],
        "feeds": show_feeds(policy, found.feeds),
    }


def _queue(found: HoursInForce, name: str, calendar_name: str, now: Millis) -> Json:
    calendar = found.calendar(name, calendar_name)
    is_open = hours.is_open(calendar, now)
    changes_at = hours.close_after(calendar, now) if is_open else hours.next_open(calendar, now)
    return {
        "queue": name,
        "calendar": calendar_name,
        "timezone": calendar.timezone,
        "open": is_open,
        "changes_at": _instant(changes_at),
    }


def show_feeds(policy: Policy, feeds: dict[str, Feed]) -> list[Json]:
    """How each calendar's feed stands. Its address is left out: whoever knows it can read the calendar."""
    return [_feed(name, feeds.get(one.feed)) for name, one in policy.hours.items() if one.feed]


def _feed(calendar: str, feed: Feed | None) -> Json:
    reading = load_reading(feed.reading) if feed else load_reading("")
    return {
        "calendar": calendar,
        "read_at": _instant(feed.read_at) if feed else None,
        "tried_at": _instant(feed.tried_at) if feed else None,
        "error": feed.error if feed else None,
        "failures": feed.failures if feed else 0,
        "closures": len(reading.closings),
        "passed_over": reading.passed_over,
        "cut": reading.cut,
    }


def tell_feed(shown: Json) -> str:
    """One sentence about a calendar's feed, from `show_feeds`."""
    said = [f"the feed of {shown['calendar']} was {_last_read(shown)}"]
    said += [f"{shown['closures']} closures ahead"] if shown["read_at"] else ["it closes nothing"]
    said += [f"{shown['passed_over']} events cannot be read"] if shown["passed_over"] else []
    said += [f"{shown['cut']} more are left out"] if shown["cut"] else []
    said += [f"since then it failed {shown['failures']} times: {shown['error']}"] if shown["error"] else []
    line = "; ".join(said)
    return f"{line[0].upper()}{line[1:]}."


def _last_read(shown: Json) -> str:
    return f"last read {shown['read_at']}" if shown["read_at"] else "never read"


def _instant(at: Millis | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
