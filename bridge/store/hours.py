"""What is said of staffed hours beside the policy: the team's commands, and the feeds of closures as last read."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bridge.domain.closures import Command, Feed
from bridge.domain.values import Millis
from bridge.store.tables import closure_feed, hours_override
from bridge.store.upsert import Upsert

EVERY_QUEUE = ""
"""How a row says that its command is about all of them."""


class HoursStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        c = hours_override.c
        of_site, standing = c.site == bindparam("of_site"), c.revoked_at.is_(None)
        self.order = insert(hours_override)
        self.revoke = (
            update(hours_override)
            .where(of_site, c.id == bindparam("of_command"), standing)
            .values(revoked_at=bindparam("at"))
        )
        self.commands = (
            select(hours_override).where(of_site, standing, c.until_at > bindparam("at")).order_by(c.made_at, c.id)
        )
        feed_of_site = closure_feed.c.site == bindparam("of_site")
        self.feeds = select(closure_feed).where(feed_of_site).order_by(closure_feed.c.url)
        keep = upsert(closure_feed)
        fields = ("closures", "etag", "read_at", "tried_at", "error", "failures")
        self.keep_feed = keep.on_conflict_do_update(
            index_elements=["site", "url"], set_={name: keep.excluded[name] for name in fields}
        )
        self.drop_feed = delete(closure_feed).where(feed_of_site, closure_feed.c.url == bindparam("of_url"))


class Hours:
    """See `bridge.ports.Hours`."""

    def __init__(self, connection: Connection, statements: HoursStatements) -> None:
        self._c = connection
        self._s = statements

    def order(self, site: str, new: Command) -> None:
        row = {
            "site": site,
            "id": new.id,
            "queue": new.queue or EVERY_QUEUE,
            "open": new.open,
            "from_at": new.from_,
            "until_at": new.until,
            "why": new.why,
            "author": new.author,
            "made_at": new.made_at,
        }
        self._c.execute(self._s.order, row)

    def revoke(self, site: str, command: str, at: Millis) -> bool:
        return self._c.execute(self._s.revoke, {"of_site": site, "of_command": command, "at": at}).rowcount == 1

    def commands(self, site: str, at: Millis) -> list[Command]:
        return [_command(row) for row in self._c.execute(self._s.commands, {"of_site": site, "at": at})]

    def feeds(self, site: str) -> list[Feed]:
        return [_feed(row) for row in self._c.execute(self._s.feeds, {"of_site": site})]

    def keep_feed(self, site: str, feed: Feed) -> None:
        row = {
            "site": site,
            "url": feed.url,
            "closures": feed.reading,
            "etag": feed.etag,
            "read_at": feed.read_at,
            "tried_at": feed.tried_at,
            "error": feed.error,
            "failures": feed.failures,
        }
        self._c.execute(self._s.keep_feed, row)

    def drop_feed(self, site: str, url: str) -> None:
        self._c.execute(self._s.drop_feed, {"of_site": site, "of_url": url})


def _command(row: Any) -> Command:
    queue = None if row.queue == EVERY_QUEUE else row.queue
    return Command(row.id, queue, row.open, row.from_at, row.until_at, row.why, row.author, row.made_at, row.revoked_at)


def _feed(row: Any) -> Feed:
    return Feed(row.url, row.closures, row.etag, row.read_at, row.tried_at, row.error, row.failures)
