"""What somebody has to look at."""

from typing import Protocol

from bridge.domain.health import Alarm
from bridge.domain.values import Millis


class Alarms(Protocol):
    """What somebody has to look at."""

    def start(self, site: str, alarm: Alarm) -> bool:
        """Raise it, unless one of its kind stands already; returns whether it was raised now."""
        ...

    def restate(self, site: str, alarm: Alarm) -> None:
        """Give the standing one of this kind another text and detail; since when it stands is as it was."""
        ...

    def clear(self, site: str, kind: str, at: Millis) -> bool:
        """End the standing one of this kind; returns whether there was one."""
        ...

    def purge(self, before: Millis) -> int:
        """Delete those that ended before an instant; returns how many there were."""
        ...

    def standing(self, site: str) -> list[Alarm]: ...
    def counts(self) -> dict[str, int]:
        """How many stand, by site."""
        ...
