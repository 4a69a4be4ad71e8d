"""Whether a system that we send to takes anything just now: its budget, its own "not yet", and the breaker between.

A value for each site and target. The store keeps it, so that every process spares the same system.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from bridge.domain.instants import MINUTE, SECOND
from bridge.domain.values import Millis

FAILURES_TO_PAUSE: Final = 5
"""Failures in a row after which nothing is sent but one probe at a time."""
FIRST_PAUSE: Final = 30 * SECOND
LONGEST_PAUSE: Final = 10 * MINUTE
BURST_SHARE: Final = 4
"""A budget lets a so-manieth part of its minute go at once: the worst minute is above it by no more than that."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many rows a minute a system takes from us; at least one."""

    a_minute: int

    @property
    def interval(self) -> Millis:
        """Milliseconds that one row costs."""
        return -(-MINUTE // self.a_minute)

    @property
    def slack(self) -> Millis:
        """How far rows may go ahead of their time after a silence."""
        return self.interval * (max(self.a_minute // BURST_SHARE, 1) - 1)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A system that rows of a site are sent to.

    `failures` counts those of the system itself since its last success, `failing_since` is when the first of them was
    and `cause` what the last one was. `paused_until` is the breaker's: with a probe under way it is the end of the
    probe's lease. `next_at` is from when on a row may go, by the budget and by what the system itself asked for.
    """

    site: str
    target: str
    failures: int = 0
    failing_since: Millis | None = None
    cause: str | None = None
    paused_until: Millis = 0
    next_at: Millis = 0

    @property
    def paused(self) -> bool:
        """Whether the breaker is open: the system has failed so often that only probes are sent."""
        return self.failures >= FAILURES_TO_PAUSE

    def admits(self, now: Millis) -> bool:
        """Whether a row may go. The store asks the same in its claim."""
        return self.paused_until <= now and self.next_at <= now

    def admitted(self, now: Millis, until: Millis, budget: Budget | None) -> Self:
        """With a row on its way that is leased until then; the budget has paid for it."""
        next_at = max(self.next_at, now - budget.slack) + budget.interval if budget else self.next_at
        return replace(self, next_at=next_at, paused_until=until if self.paused else self.paused_until)

    def succeeded(self) -> Self:
        """It has taken a row: whatever was wrong is over. What it asked to wait for stands."""
        return replace(self, failures=0, failing_since=None, cause=None, paused_until=0)

    def failed(self, now: Millis, cause: str, *, probe: bool, spread: float = 1.0) -> Self:
        """It has failed as a system. What was on its way when the breaker opened says nothing new.

        Args:
            now: the present instant.
            cause: in a few fixed words.
            probe: whether the row was sent as a probe.
            spread: 0..1, the part of the pause that is waited for.
        """
        if self.paused and not probe:
            return self
        since = now if self.failing_since is None else self.failing_since
        failing = replace(self, failures=self.failures + 1, failing_since=since, cause=cause)
        if not failing.paused:
            return failing
        return replace(failing, paused_until=now + round(pause(failing.failures) * spread))

    def learned_nothing(self, now: Millis, *, probe: bool) -> Self:
        """The row's own fault came up. A probe that tells nothing is followed by another one soon."""
        return replace(self, paused_until=now + FIRST_PAUSE) if self.paused and probe else self

    def told_to_wait(self, now: Millis, wait: Millis, *, probe: bool) -> Self:
        """It has asked for a wait: that goes for all of its rows."""
        held = replace(self, next_at=max(self.next_at, now + wait))
        return replace(held, paused_until=now) if self.paused and probe else held


def pause(failures: int) -> Millis:
    """Milliseconds until the next probe, after so many failures in a row: doubling, up to ten minutes."""
    return min(FIRST_PAUSE << min(failures - FAILURES_TO_PAUSE, 10), LONGEST_PAUSE)
