"""The scheduler's sign of life, and what is said where it is missing."""

import structlog

from bridge.domain.instants import SECOND, to_rfc3339
from bridge.domain.values import Json, Millis
from bridge.ports import Clock, Tx

SHORTEST_SILENCE = 15 * SECOND
"""Silence that says nothing, however short a tick is."""

log = structlog.get_logger()


class Heartbeat:
    """Whether the scheduler lives.

    Args:
        machine: the machine's own clock, by which it beats, whatever a rehearsal shifts.
        tick: milliseconds between two beats.
    """

    def __init__(self, machine: Clock, tick: Millis) -> None:
        self._machine = machine
        self._longest = max(3 * tick, SHORTEST_SILENCE)

    def last(self, tx: Tx) -> Millis | None:
        """The last beat; None where there was never one."""
        return tx.ops.last_beat("scheduler")

    def alive(self, beat: Millis | None) -> bool:
        """Whether that beat is young enough. One from the future is none: the clock was ahead then."""
        return beat is not None and abs(self._machine.now() - beat) <= self._longest

    def show(self, tx: Tx) -> Json:
        """For people and scripts."""
        beat = self.last(tx)
        return {"alive": self.alive(beat), "last_beat": None if beat is None else to_rfc3339(beat)}

    def warn_if_scheduler_silent(self, tx: Tx, site: str, escalation: str) -> None:
        """One line in the log where something was promised and nobody is there to keep it."""
        shown = self.show(tx)
        if not shown["alive"]:
            log.warning("scheduler.silent", site=site, escalation=escalation, last_beat=shown["last_beat"])
