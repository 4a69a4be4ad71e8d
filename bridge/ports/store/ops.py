"""Look-ups that keep the service itself in sight."""

from dataclasses import dataclass
from typing import Protocol

from bridge.domain.customer import Account, Fetch
from bridge.domain.values import Millis


@dataclass(frozen=True, slots=True)
class Lookups:
    """So many look-ups in a row have failed at a site's CRM, the first of them at `failing_since`."""

    failures: int
    failing_since: Millis | None


@dataclass(frozen=True, slots=True)
class CachedAccount:
    """An answer of the CRM; an account of None is the answer that it knows nobody of that kind."""

    account: Account | None
    fetched_at: Millis


class Ops(Protocol):
    """Look-ups that keep the service itself in sight."""

    def beat(self, name: str, at: Millis) -> None: ...
    def last_beat(self, name: str) -> Millis | None: ...
    def cached_account(self, site: str, key: str) -> CachedAccount | None:
        """What the CRM last said of a customer, however long ago; None where that was never asked."""
        ...

    def cache_account(self, site: str, key: str, account: Account | None, at: Millis) -> None: ...
    def count_lookup(self, site: str, result: Fetch, at: Millis) -> Lookups:
        """Note how a look-up at the CRM ended, and return how those before it stand with it."""
        ...

    def counts(self) -> dict[str, dict[str, float]]:
        """What is stored, by metric and label: whole tables are read for it."""
        ...

    def signs(self, now: Millis) -> dict[str, dict[str, float]]:
        """What tells how things are just now, likewise: little is read for it, however much is stored."""
        ...
