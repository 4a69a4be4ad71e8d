"""Who of the team is there."""

from collections.abc import Sequence
from typing import Protocol

from bridge.domain.escalation import Presence, Who
from bridge.domain.values import Millis


class People(Protocol):
    """Who of the team is there."""

    def note(self, site: str, presence: Presence) -> None:
        """Keep what was last heard of a person. Who was unavailable and comes back is not away any more."""
        ...

    def note_all(self, site: str, source: str, presences: Sequence[Presence]) -> None:
        """All that a source says just now: whoever it named before and names no more is not available."""
        ...

    def present(self, site: str, at: Millis) -> list[Presence]:
        """Who has said that they are there, and does not count as away."""
        ...

    def send_away(self, site: str, who: Who, name: str, until: Millis) -> None:
        """Count somebody as away, whatever is heard of them."""
        ...

    def is_away(self, site: str, who: Who, name: str, at: Millis) -> bool: ...
    def call_back(self, site: str, who: Who, name: str) -> None:
        """They are there: end their absence, if there is one."""
        ...

    def alone(self, site: str) -> None:
        """Until the transaction ends, nobody else gives away the places of this site's people.

        Raises:
            StoreBusy: somebody does just now, and does not end.
        """
        ...
