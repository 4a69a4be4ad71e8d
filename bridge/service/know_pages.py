"""The site's own pages, as the plugin sends them: kept in passages, from which a responder answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import structlog

from bridge.domain.passages import Page, split
from bridge.domain.values import Json, Millis
from bridge.ports import BridgeError, Tx
from bridge.service.context import SiteUnknown

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


def change_pages(tx: Tx, site_id: str, changes: Changes) -> Json:
    """Keep what is new, forget what is gone, and leave what has not changed as it is.

    Raises:
        ForeignPage, TooManyPages, SiteUnknown: see there. Nothing was changed.
    """
    _check_hosts(tx, site_id, changes.pages)
    known = tx.pages.known(site_id)
    fresh = {one.id: one for one in changes.pages}
    left = known.keys() - set(changes.gone) if changes.only is None else known.keys() & set(changes.only)
    left = (left - set(changes.gone)) | fresh.keys()
    if len(left) > MOST_PAGES:
        raise TooManyPages
    removed = tx.pages.drop(site_id, known.keys() - left)
    stored = sum(_keep(tx, site_id, known, fresh[number]) for number in sorted(fresh))
    log.info("pages.changed", site=site_id, stored=stored, removed=removed, pages=len(left))
    missing = sorted(set(changes.only or ()) - left)
    return {"stored": stored, "unchanged": len(fresh) - stored, "removed": removed, "pages": len(left),
            "missing": missing}  # fmt: skip


def _keep(tx: Tx, site_id: str, known: dict[str, str], sent: Published) -> bool:
    page = sent.page()
    if known.get(page.id) == page.digest:
        return False
    tx.pages.put(site_id, page, split(sent.text) or [page.title])
    return True


def _check_hosts(tx: Tx, site_id: str, pages: Sequence[Published]) -> None:
    site = tx.sites.get(site_id)
    if site is None:
        raise SiteUnknown(site_id)
    own = _host_of(site.url)
    for number, page in enumerate(pages):
        if _host_of(page.url) != own:
            raise ForeignPage(number, own)


def _host_of(url: str) -> str:
    """The host of an address, without `www.`; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
