"""Look-ups that keep the service itself in sight."""

from typing import Protocol

from bridge.domain.customer import Account
from bridge.domain.values import Millis


class Ops(Protocol):
    """Look-ups that keep the service itself in sight."""

    def beat(self, name: str, at: Millis) -> None: ...
    def last_beat(self, name: str) -> Millis | None: ...
    def cached_account(self, site: str, key: str, since: Millis) -> tuple[bool, Account | None]: ...
    def cache_account(self, site: str, key: str, account: Account | None, at: Millis) -> None: ...
    def counts(self) -> dict[str, dict[str, float]]:
        """What is stored, by metric and label: whole tables are read for it."""
        ...

    def signs(self, now: Millis) -> dict[str, dict[str, float]]:
        """What tells how things are just now, likewise: little is read for it, however much is stored."""
        ...
