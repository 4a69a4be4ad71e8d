"""Staffed hours as they are in force: the policy's calendars, with the feeds of closures and the team's commands."""

from collections.abc import Sequence
from functools import cached_property

from bridge.domain import calendars, wall_clock
from bridge.domain.calendars import Calendar
from bridge.domain.closures import Closing, Command, Feed, closed_spans, load_reading, overrides
from bridge.domain.policy import Policy
from bridge.domain.values import Json, Millis
from bridge.domain.wall_clock import Span
from bridge.domain.week import Said
from bridge.ports import Tx


class HoursInForce:
    """A site's hours at one instant. What the database says of them is read when first asked for, and once."""

    def __init__(self, tx: Tx, site: str, policy: Policy, at: Millis) -> None:
        self._tx = tx
        self._site = site
        self._policy = policy
        self._at = at

    @cached_property
    def commands(self) -> list[Command]:
        """Those that hold now or later."""
        return self._tx.hours.commands(self._site, self._at)

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """By address."""
        return {feed.url: feed for feed in self._tx.hours.feeds(self._site)}

    def calendar(self, queue: str, name: str) -> Calendar:
        """When the people of a queue are there.

        Args:
            queue: its name, for the commands that are about it.
            name: the calendar that it has for the customer's tier.
        """
        return self.calendar_with(name, self._said_of(queue))

    def calendar_with(self, name: str, commands: Sequence[Command]) -> Calendar:
        """A calendar with its feed, and with these commands alone."""
        plain = self._policy.hours[name]
        return calendars.overridden(plain, feed=_closes(plain, self._feed_of(name)), commands=overrides(commands))

    def frozen(self, queue: str, name: str, until: Millis) -> Json:
        """What of all this a decision rests on whose promise is due at `until`: for its trace."""
        spans = _closes(self._policy.hours[name], self._feed_of(name))
        return {
            "name": name,
            "commands": [[one.id, one.open, one.from_, one.until] for one in self._said_of(queue)],
            "feed": [list(span) for span in spans if span[0] < until and span[1] > self._at],
        }

    def said(self, queue: str, name: str) -> list[Said]:
        """What feed and commands say of a queue's calendar, in words for the team."""
        feed = self._feed_of(name)
        closings = load_reading(feed.reading).closings if feed else ()
        zone = self._policy.hours[name].timezone
        fed = [Said(*span, f"closed: {one.why or 'by the feed'}") for one in closings for span in _spans(one, zone)]
        return fed + [Said(one.from_, one.until, _told(one)) for one in self._said_of(queue)]

    def _said_of(self, queue: str) -> list[Command]:
        return [one for one in self.commands if one.concerns(queue)]

    def _feed_of(self, name: str) -> Feed | None:
        url = self._policy.hours[name].feed
        return self.feeds.get(url) if url else None


def _closes(calendar: Calendar, feed: Feed | None) -> tuple[Span, ...]:
    return closed_spans(feed.reading, calendar.timezone) if feed else ()


def _spans(closing: Closing, zone: str) -> list[Span]:
    span = closing.from_, closing.to
    return wall_clock.wall_spans(zone, [span]) if closing.wall else [span]


def _told(command: Command) -> str:
    """Such as `closed by ann: the heating is out`."""
    return f"{'opened' if command.open else 'closed'} by {command.author}: {command.why}"
