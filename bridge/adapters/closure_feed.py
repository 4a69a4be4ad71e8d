"""Feeds of closures: fetched over HTTP, read by `bridge.adapters.ical`."""

from collections.abc import Mapping
from typing import Final

from bridge.adapters.http import Http
from bridge.adapters.ical import NoFeed, read_feed
from bridge.domain.values import Millis
from bridge.ports import Fetched, Rejected

FETCH_BUDGET_S: Final = 20.0
"""Seconds that one feed may take, from its name to its last byte."""
LONGEST_ETAG: Final = 200
NOT_MODIFIED: Final = 304


class FeedReader:
    """See `bridge.ports.Closures`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def fetch(self, url: str, *, etag: str | None, at: Millis) -> Fetched:
        asked = {"Accept": "text/calendar", **({"If-None-Match": etag} if etag else {})}
        expect = [NOT_MODIFIED] if etag else []
        address = "https" + url.removeprefix("webcal") if url.startswith("webcal:") else url
        reply = self._http.get(address, headers=asked, budget_s=FETCH_BUDGET_S, expect=expect)
        if reply.status == NOT_MODIFIED:
            return Fetched(None, etag)
        try:
            return Fetched(read_feed(reply.body, at), _etag(reply.headers))
        except NoFeed as error:
            raise Rejected(str(error)) from None


def _etag(headers: Mapping[str, str]) -> str | None:
    """What can be sent back as it is."""
    etag = headers.get("etag", "").strip()
    return etag if etag.isascii() and etag.isprintable() and 0 < len(etag) <= LONGEST_ETAG else None
