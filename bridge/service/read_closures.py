"""The scheduler reads the feeds of closures, so that no decision ever waits for one.

The last good reading stays in force until the next. What fails is kept beside it, and alarms the team after a while.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import structlog

from bridge.domain import hours
from bridge.domain.closures import NOTHING_READ, Feed, load_reading
from bridge.domain.health import Alarm
from bridge.domain.instants import DAY, MINUTE, in_the_last, to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.policy_check import PolicyRefused
from bridge.domain.values import Millis
from bridge.ports import AdapterError, Tx
from bridge.service import alarms
from bridge.service.context import Bridge, new_id
from bridge.service.each_site import each_site, on_its_own
from bridge.service.errors import SiteUnknown
from bridge.service.hours_in_force import HoursInForce

READ_INTERVAL: Final = 30 * MINUTE
"""Milliseconds between two readings of a feed."""
FULL_READ_INTERVAL: Final = 7 * DAY
"""An unchanged feed is read whole as often: its repetitions are worked out for a time that begins with the reading."""
FAILURES_UNTIL_ALARM: Final = 6
"""Failures in a row after which the team is alarmed."""
STALE_AFTER: Final = DAY
"""So long after the last good reading it is, too."""
FEED_ALARM: Final = "closure_feed"
CLOSED_ALARM: Final = "never_open"

log = structlog.get_logger()


def read_closures(bridge: Bridge, *, limit: int) -> int:
    """Read the feeds that are due, and return how many were."""
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        due = [one for site in tx.sites.all() for one in _due(bridge, tx, site.id, now)][:limit]
    for site, feed in due:
        with on_its_own(site, "closures"):
            _try(bridge, site, feed, now)
    return len(due)


def _due(bridge: Bridge, tx: Tx, site: str, now: Millis) -> Iterator[tuple[str, Feed]]:
    known = {feed.url: feed for feed in tx.hours.feeds(site)}
    policy = _policy(bridge, tx, site)
    for url in sorted(_wanted(policy)) if policy else ():
        feed = known.get(url)
        if feed is None or not in_the_last(READ_INTERVAL, feed.tried_at, now):
            yield site, feed or Feed(url, NOTHING_READ, None, None, now)


def _policy(bridge: Bridge, tx: Tx, site: str) -> Policy | None:
    """The site's policy in force; None where it is one that this release cannot read, which stops no other site."""
    try:
        return bridge.policies.current(tx, site).document
    except (PolicyRefused, SiteUnknown):
        return None


def _wanted(policy: Policy) -> set[str]:
    return {calendar.feed for calendar in policy.hours.values() if calendar.feed}


def _try(bridge: Bridge, site: str, feed: Feed, now: Millis) -> None:
    """Keep the feed as one more try leaves it, whatever that comes to: it must not be the first again at once."""
    fresh = _failed(feed, now, "unreadable")
    try:
        fresh = _read(bridge, site, feed, now)
    finally:
        with bridge.store.write() as tx:
            tx.hours.keep_feed(site, fresh)


def _failed(feed: Feed, now: Millis, why: str) -> Feed:
    return replace(feed, tried_at=now, error=why, failures=feed.failures + 1)


def _read(bridge: Bridge, site: str, feed: Feed, now: Millis) -> Feed:
    """The feed as it stands after one more try."""
    whole = not in_the_last(FULL_READ_INTERVAL, load_reading(feed.reading).read_at, now)
    try:
        found = bridge.closures.fetch(feed.url, etag=None if whole else feed.etag, at=now)
    except AdapterError as error:
        log.warning("closures.not_read", site=site, cause=error.detail, in_a_row=feed.failures + 1)
        return _failed(feed, now, error.detail)
    log.info("closures.read", site=site, changed=found.reading is not None)
    reading = found.reading.dump() if found.reading else feed.reading
    return Feed(feed.url, reading, found.etag, read_at=now, tried_at=now)


# -- what somebody has to look at --------------------------------------------------------------------------------------


def watch_closures(bridge: Bridge) -> None:
    """Raise, restate and clear the alarms about feeds and openings, and forget feeds that no policy names any more."""
    each_site(bridge, "closures", lambda site: _watch(bridge, site.id))


def _watch(bridge: Bridge, site: str) -> None:
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        policy = _policy(bridge, tx, site)
        if policy is None:
            return
        found = HoursInForce(tx, site, policy, now)
        texts = {FEED_ALARM: _unread(policy, found.feeds, now), CLOSED_ALARM: _closed(policy, found, now)}
        standing = alarms.standing_texts(tx, site)
        left = found.feeds.keys() - _wanted(policy)
    told = [Alarm(new_id("alm"), kind, text, {}, now) for kind, text in texts.items()]
    alarms.tell(bridge, site, told, standing, raised="closures.alarm", ended="closures.cleared")
    if left:
        with bridge.store.write() as tx:
            for url in left:
                tx.hours.drop_feed(site, url)


def _unread(policy: Policy, feeds: dict[str, Feed], now: Millis) -> str:
    """What is to be said of feeds that have not been read for too long."""
    failing = {url: feed for url, feed in feeds.items() if _fails(feed, now)}
    told = [_told(name, failing[one.feed]) for name, one in policy.hours.items() if one.feed in failing]
    return f"A feed of closures cannot be read: {'; '.join(told)}." if told else ""


def _fails(feed: Feed, now: Millis) -> bool:
    return feed.failures >= FAILURES_UNTIL_ALARM or bool(
        feed.failures and feed.read_at and feed.read_at + STALE_AFTER <= now
    )


def _told(calendar: str, feed: Feed) -> str:
    last = f"last read {to_rfc3339(feed.read_at)}" if feed.read_at else "never read, so it closes nothing"
    return f"calendar {calendar}, {feed.error}, {last}"


def _closed(policy: Policy, found: HoursInForce, now: Millis) -> str:
    """What is to be said of queues that feeds and commands leave without an opening."""
    never = [name for name in policy.queues if not _opens(policy, found, name, now)]
    queues = "queue " + never[0] if len(never) == 1 else "queues " + ", ".join(never)
    return f"Nobody comes within a year to {queues}: see bridge hours list." if never else ""


def _opens(policy: Policy, found: HoursInForce, name: str, now: Millis) -> bool:
    calendars = {policy.queues[name].for_tier(tier).hours for tier in policy.tiers}
    return all(hours.opening_in_year(found.calendar(name, calendar), now) for calendar in calendars)
