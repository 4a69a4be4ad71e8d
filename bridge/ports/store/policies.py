"""The versions of each site's policy, and the one that is tried beside it."""

from dataclasses import dataclass
from typing import Protocol

from bridge.domain.values import Millis


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A stored policy document, as its author wrote it."""

    version: int
    document: str
    author: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class PolicyMark:
    """That there is a version: who put it in force, and when."""

    version: int
    author: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """A document that is tried on the sessions that begin after `since`, and acts on none of them."""

    document: str
    author: str
    since: Millis


class Policies(Protocol):
    """The versions of each site's policy."""

    def current(self, site: str) -> PolicyVersion | None: ...
    def get(self, site: str, version: int) -> PolicyVersion | None: ...
    def last_by(self, site: str, author: str) -> PolicyVersion | None: ...
    def marks(self, site: str, limit: int) -> list[PolicyMark]:
        """The versions without their documents, newest first."""
        ...

    def put(self, site: str, document: str, author: str, at: Millis) -> int: ...


class Shadows(Protocol):
    """The policy that each site tries on live traffic."""

    def get(self, site: str) -> ShadowPolicy | None: ...
    def put(self, site: str, shadow: ShadowPolicy) -> None: ...
    def drop(self, site: str) -> bool: ...
