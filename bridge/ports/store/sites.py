"""The sites and their secrets."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bridge.domain.values import Millis
from bridge.ports.systems import Site


class Scope(StrEnum):
    """What a secret is good for."""

    CHAT = "chat"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class SiteSecret:
    """A secret that verifies. The two of a pairing code were made at the same instant."""

    scope: Scope
    secret: str = field(repr=False)
    made_at: Millis


class Sites(Protocol):
    """The sites and their secrets."""

    def add(self, site: Site, secrets: dict[Scope, str], at: Millis) -> bool: ...
    def change(self, site: Site) -> None: ...
    def get(self, site: str) -> Site | None: ...
    def all(self) -> list[Site]: ...
    def hold(self, site: str) -> None:
        """Until the transaction ends, nobody else changes this site or its secrets so."""
        ...

    def secrets(self, site: str, at: Millis) -> list[SiteSecret]:
        """Those that verify at this instant, oldest first."""
        ...

    def add_secret(self, site: str, scope: Scope, secret: str, at: Millis) -> None: ...
    def drop_secrets(self, site: str, *, keep_newest: bool) -> int: ...
    def end_secrets(self, site: str, before: Millis, until: Millis) -> int:
        """Those made before an instant verify until then, at the latest; how many have got their end so."""
        ...

    def keep_nonce(self, site: str, nonce: str, at: Millis) -> bool: ...
    def purge_nonces(self, before: Millis) -> int: ...
    def silent(self, since: Millis) -> list[Site]:
        """The sites from which no signed call with an effect has come since an instant of the machine's clock."""
        ...
