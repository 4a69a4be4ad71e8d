"""The site's own pages, as the plugin sends them: kept in passages, from which a responder answers."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import structlog

from bridge.domain.hosts import host_of
from bridge.domain.passages import Page
from bridge.domain.relevance import Piece, pieces
from bridge.domain.values import Json, Millis
from bridge.ports import BridgeError, Tx
from bridge.service.context import Bridge, known_site

MOST_PAGES: Final = 5_000
"""Pages of a site."""

log = structlog.get_logger()


class ForeignPage(BridgeError):  # noqa: N818 - it names what it is, as the one below does
    """A page lies on another host than the site. `number` is its place among those that were sent, from 0."""

    def __init__(self, number: int, host: str) -> None:
        super().__init__(f"expected an address on {host}")
        self.number = number


class TooManyPages(BridgeError):  # noqa: N818
    """There would be more than 5,000 pages of the site; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Published:
    """A page as it was sent; for what is not described here see `bridge.domain.passages.Page`.

    `text` is plain: paragraphs parted by an empty line, headings marked by `# `.
    """

    id: str
    kind: str
    url: str
    title: str
    text: str
    language: str | None
    modified_at: Millis

    def page(self) -> Page:
        """What is kept of it beside its text."""
        told = [self.kind, self.url, self.title, self.text, self.language]
        digest = sha256(json.dumps(told).encode()).hexdigest()
        return Page(self.id, self.kind, self.url, self.title, self.language, digest, self.modified_at)


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed of a site's pages. `only`: every page that there is; None says nothing of the others."""

    pages: Sequence[Published] = ()
    gone: Sequence[str] = ()
    only: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Changes whose pages are cut and read already: that takes longer than a visitor should wait for the database.

    A page whose pieces are None is known as it is.
    """

    pages: Mapping[str, tuple[Page, Sequence[Piece] | None]]
    gone: frozenset[str]
    only: frozenset[str] | None


def prepare(bridge: Bridge, site_id: str, changes: Changes) -> Prepared:
    """What has to be worked out before the transaction.

    Raises:
        ForeignPage: a page lies on another host than the site.
        SiteUnknown: there is no such site.
    """
    with bridge.store.read() as tx:
        _check_hosts(tx, site_id, changes.pages)
        known = tx.pages.known(site_id)
    ready: dict[str, tuple[Page, Sequence[Piece] | None]] = {}
    for sent in changes.pages:
        page = sent.page()
        ready[page.id] = (page, None if known.get(page.id) == page.digest else pieces(page.title, sent.text))
    return Prepared(ready, frozenset(changes.gone), None if changes.only is None else frozenset(changes.only))


def change_pages(tx: Tx, site_id: str, changes: Prepared) -> Json:
    """Keep what is new, forget what is gone, and leave what has not changed as it is.

    Raises:
        TooManyPages: there would be more than 5,000; nothing was changed.
    """
    known = tx.pages.known(site_id).keys()
    left = known if changes.only is None else known & changes.only
    left = (left - changes.gone) | changes.pages.keys()
    if len(left) > MOST_PAGES:
        raise TooManyPages
    removed = tx.pages.drop(site_id, known - left)
    stored = sum(_keep(tx, site_id, *changes.pages[number]) for number in sorted(changes.pages))
    log.info("pages.changed", site=site_id, stored=stored, removed=removed, pages=len(left))
    return {
        "stored": stored,
        "unchanged": len(changes.pages) - stored,
        "removed": removed,
        "pages": len(left),
        "missing": sorted((changes.only or frozenset()) - left),
    }


def _keep(tx: Tx, site_id: str, page: Page, ready: Sequence[Piece] | None) -> bool:
    if ready is None:
        return False
    tx.pages.put(site_id, page, ready)
    return True


def _check_hosts(tx: Tx, site_id: str, pages: Sequence[Published]) -> None:
    own = _host_of(known_site(tx, site_id).url)
    for number, page in enumerate(pages):
        if _host_of(page.url) != own:
            raise ForeignPage(number, own)


def _host_of(url: str) -> str:
    """The host of an address, without `www.`; empty where it has none, or people or browsers may see another in it."""
    host = host_of(url)
    misleading = host and ("@" in urlsplit(url).netloc or re.search(r"[\\\x00-\x1f\x7f-\x9f]", url))
    return "" if misleading else host
