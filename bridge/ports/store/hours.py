"""What is said of staffed hours beside the policy."""

from typing import Protocol

from bridge.domain.closures import Command, Feed
from bridge.domain.values import Millis


class Hours(Protocol):
    """What is said of staffed hours beside the policy."""

    def order(self, site: str, command: Command) -> None: ...
    def revoke(self, site: str, command: str, at: Millis) -> bool:
        """End it; False where there is no such one, or it was revoked already."""
        ...

    def commands(self, site: str, at: Millis) -> list[Command]:
        """Those that hold at this instant or later, and are not revoked, in the order in which they were given."""
        ...

    def feeds(self, site: str) -> list[Feed]: ...
    def keep_feed(self, site: str, feed: Feed) -> None: ...
    def drop_feed(self, site: str, url: str) -> None: ...
