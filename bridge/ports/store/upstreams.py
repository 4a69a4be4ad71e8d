"""The systems that rows are sent to."""

from typing import Protocol

from bridge.domain.upstream import Upstream


class Upstreams(Protocol):
    """What is known of the systems that rows are sent to."""

    def get(self, site: str, target: str) -> Upstream: ...
    def hold(self, site: str, target: str) -> Upstream:
        """As `get`, and nobody else changes it before this transaction ends."""
        ...

    def save(self, upstream: Upstream) -> None: ...
    def all(self) -> list[Upstream]: ...
