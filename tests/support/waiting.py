"""Waiting for what another thread or process has still to do."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

Seen = TypeVar("Seen")

PATIENCE: Final = 90.0
"""Seconds for what has to come on a machine that is busy; nothing is held to it."""


def until(look: Callable[[], Seen], what: str, *, every: float = 0.02) -> Seen:
    """The first true value that is seen; `what` names it where it never comes."""
    ends = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < ends, f"waited in vain: {what}"
        time.sleep(every)
    return seen
