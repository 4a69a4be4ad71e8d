"""Stored sessions as a record, to be judged again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.session import Session, Turn
from bridge.domain.values import Millis


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session stands among those of its site: by when it began, then by id."""

    started_at: Millis
    session: str


class Records(Protocol):
    """Stored sessions in the order in which they began, `since` <= start < `until`."""

    def count(self, site: str, since: Millis, until: Millis) -> int: ...
    def before_newest(self, site: str, since: Millis, until: Millis, number: int) -> Place | None:
        """The place after which the newest so many stand; None where there are no more than that."""
        ...

    def page(self, site: str, since: Millis, until: Millis, after: Place, number: int) -> list[Session]: ...
    def turns(self, site: str, sessions: Sequence[str]) -> dict[str, list[Turn]]: ...
