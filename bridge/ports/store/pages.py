"""The site's own pages."""

from collections.abc import Collection, Sequence
from typing import Protocol

from bridge.domain.answering import Passage
from bridge.domain.passages import Page
from bridge.domain.relevance import Piece


class Pages(Protocol):
    """The site's own pages, as the plugin has sent them."""

    def put(self, site: str, page: Page, pieces: Sequence[Piece]) -> None:
        """Keep a page, in place of what was kept of it before; `pieces` are those of its text, in their order."""
        ...

    def drop(self, site: str, ids: Collection[str]) -> int:
        """Forget pages; how many of them were known."""
        ...

    def keep_only(self, site: str, ids: Collection[str]) -> int:
        """Forget all others; how many these were."""
        ...

    def known(self, site: str) -> dict[str, str]:
        """The digest of each page by its id."""
        ...

    def all(self, site: str) -> list[Page]:
        """Every page, by title."""
        ...

    def count(self, site: str) -> int: ...
    def search(self, site: str, text: str, language: str, limit: int) -> list[Passage]:
        """What the pages say about a visitor's message, the best first; nothing where none has enough of it.

        Args:
            site: whose pages.
            text: as the visitor wrote it.
            language: a code such as "de"; empty has it guessed.
            limit: how many passages there may be.
        """
        ...
