"""Clocks: the machine's, and one that a rehearsal shifts."""

import time
from pathlib import Path

from bridge.domain.values import Millis


def machine_now() -> Millis:
    """The machine's own clock, whatever a rehearsal shifts, in milliseconds UTC."""
    return time.time_ns() // 1_000_000


def steady_now() -> Millis:
    """A clock that nobody sets, in milliseconds since some moment."""
    return time.monotonic_ns() // 1_000_000


class SystemClock:
    """The operating system's clock."""

    def now(self) -> Millis:
        """The present instant, in milliseconds UTC."""
        return machine_now()


class ShiftedClock:
    """The operating system's clock, shifted by the seconds that a file holds: "what would happen on Saturday night?".

    It moves decisions, promises and due work. Signatures are always checked against the machine's own clock.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last = 0.0

    def now(self) -> Millis:
        """The shifted instant, in milliseconds UTC; not shifted while the file is missing or unreadable."""
        return machine_now() + round(self._shift() * 1000)

    def _shift(self) -> float:
        """As the file says; as it last did while it holds no number, for whoever writes it anew empties it first."""
        try:
            self._last = float(self._file.read_text("ascii"))
        except OSError:
            return 0.0
        except ValueError:
            return self._last
        return self._last


def clock_of(setting: str) -> SystemClock | ShiftedClock:
    """The clock that `BRIDGE_CLOCK` names."""
    return SystemClock() if setting == "system" else ShiftedClock(Path(setting.removeprefix("file:")))
