"""Leases on due work, and when the end of one may be believed."""

from collections.abc import Callable

from bridge.domain.instants import MINUTE, SECOND
from bridge.domain.values import Millis
from bridge.ports import Clock

LEASE = MINUTE
"""Milliseconds for which a claimed row is its holder's; well above the deadline of any call."""
CLOCK_JUMP = 5 * SECOND
"""How far the wall clock may leave the steady one between two looks before that is a jump."""


class Leases:
    """Tells whether work whose lease is over may be taken from its holder.

    Leases end by the wall clock, for several machines read them. Where that clock jumps, each of them looks as if it
    were over, or as if it never ended, while its holder is still at work: taken over now, a mail would go out twice. So
    whoever sees a jump takes nothing over for as long as a lease lasts; what is due and free is done meanwhile.

    Args:
        clock: by which leases end; a rehearsal may shift it, and ends them by that.
        machine: the machine's own wall clock.
        steady: a clock that never jumps, in milliseconds; only differences count.
    """

    def __init__(self, clock: Clock, machine: Clock, steady: Callable[[], Millis]) -> None:
        self._clock = clock
        self._machine = machine
        self._steady = steady
        self._apart = machine.now() - steady()
        self._believed_from = steady()

    def now(self) -> tuple[Millis, bool]:
        """The present instant, and whether the end of a lease may be believed."""
        machine, steady = self._machine.now(), self._steady()
        if abs(machine - steady - self._apart) > CLOCK_JUMP:
            self._believed_from = steady + LEASE
        self._apart = machine - steady
        return self._clock.now(), steady >= self._believed_from
