"""The few fixed jobs of the scheduler. Each looks for due rows and works through them; the rows carry the promises.

A tick ends early when it is told to stop: the row at hand is finished, and the rest stays due.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import structlog

from bridge.clock import machine_now
from bridge.domain.instants import MINUTE
from bridge.domain.values import Millis
from bridge.service.answer_turn import answer_overdue
from bridge.service.ask_desks import Desks
from bridge.service.context import Bridge
from bridge.service.deliver import deliver_due
from bridge.service.keep_wall_times import keep_wall_times
from bridge.service.purge import purge, purge_stale
from bridge.service.read_closures import read_closures, watch_closures
from bridge.service.reconcile import Reconciler
from bridge.service.wake_sites import wake_silent_sites
from bridge.service.watch_broken import watch_broken
from bridge.service.watch_calls import watch_calls
from bridge.service.watch_crm import watch_crm
from bridge.service.watch_floods import watch_floods
from bridge.service.watch_follow_ups import watch_follow_ups
from bridge.service.watch_health import watch_health
from bridge.service.watch_outbox import watch_outbox
from bridge.service.watch_promises import follow_up_due
from bridge.service.watch_spending import watch_spending
from scheduler.runs import Runs

MOST_ROWS_PER_TICK = 500
"""Rows of one tick, so that a flood of due ones leaves the other jobs their turn."""
LONGEST_TICK_S = 60.0
"""Seconds after which no more rows are begun in a tick: a run that lasts for minutes hangs, see `Runs`."""
ROWS_WITHOUT_PAUSE = 5
"""Rows that are done one after the other without a pause: more than that are a flood."""
PAUSE_PER_ROW_S = 0.03
"""Seconds of pause for each row of a flood. SQLite has one writer at a time: in the pauses a visitor's turn finds it
free. They are taken for `ROWS_WITHOUT_PAUSE` rows together, for the first row after one costs up to twice the CPU."""
PARALLEL_DELIVERIES = 4
"""Rows that are on their way to other systems at once: a desk that hangs must not hold up the mail."""
NONCES_KEPT_FOR = 15 * MINUTE
"""Milliseconds; a nonce has to be remembered for ten minutes."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """The scheduler's work over an assembled product. `stop` is set when the process is asked to end."""

    bridge: Bridge
    stop: threading.Event = field(default_factory=threading.Event)
    retention: Millis = 0
    """Milliseconds for which conversations that are over are kept; 0: for ever."""
    runs: Runs = field(default_factory=Runs)

    def deliver(self) -> None:
        """Send what is due to other systems, one row a claim: a lease never waits behind another row's call."""
        if self.stop.is_set() or deliver_due(self.bridge, limit=1) == 0:
            return
        more = [self.bridge.background.submit(self._deliver_more) for _ in range(PARALLEL_DELIVERIES - 1)]
        self._deliver_more()
        for lane in more:
            lane.result()

    def _deliver_more(self) -> None:
        drain(partial(deliver_due, self.bridge, limit=1), self.stop, PAUSE_PER_ROW_S * PARALLEL_DELIVERIES)

    def follow_up(self) -> None:
        """Keep, warn about or renew the promises that are due."""
        drain(partial(follow_up_due, self.bridge, limit=1), self.stop, PAUSE_PER_ROW_S)

    def answers(self) -> None:
        """Answer for whoever has asked a responder and is no more."""
        drain(partial(answer_overdue, self.bridge, limit=1), self.stop, PAUSE_PER_ROW_S)

    def beat(self) -> None:
        """Leave a sign of life, by the machine's own clock; none while a job hangs for which promises wait."""
        if self.runs.hanging():
            return
        with self.bridge.store.write() as tx:
            tx.ops.beat("scheduler", machine_now())

    def tidy(self) -> None:
        """Forget nonces that can no longer be replayed."""
        with self.bridge.store.write() as tx:
            gone = tx.sites.purge_nonces(machine_now() - NONCES_KEPT_FOR)
        structlog.get_logger().debug("nonces.purged", rows=gone)

    def late(self) -> None:
        """Raise and clear the alarms about follow-ups that fail, or that nobody does.

        What became late while nothing ran is no alarm before somebody had the time to do it.
        """
        if self.runs.has_ended("follow_up") or "follow_up" in self.runs.hanging():
            watch_follow_ups(self.bridge)

    def closures(self) -> None:
        """Read the feeds of closures that are due, and see to the alarms about them."""
        drain(partial(read_closures, self.bridge, limit=1), self.stop, 0)
        watch_closures(self.bridge)

    def purge(self) -> None:
        """Delete what is older than it may be kept."""
        purge_stale(self.bridge, self._pause)
        if self.retention:
            purge(self.bridge, self.retention, self._pause)

    def _pause(self) -> bool:
        return self.stop.wait(PAUSE_PER_ROW_S)

    def all(self) -> Iterator[tuple[str, Callable[[], object], float]]:
        """Each job: its name, what it does, and its interval as a multiple of the tick."""
        yield "beat", self.beat, 1
        yield "follow_up", self.follow_up, 1
        yield "answers", self.answers, 1
        yield "deliver", self.deliver, 1
        yield "ask_desks", Desks(self.bridge, self.stop.is_set).ask_all, 15
        yield "broken", partial(watch_broken, self.bridge), 5
        yield "late", self.late, 15
        yield "outbox", partial(watch_outbox, self.bridge), 15
        yield "crm", partial(watch_crm, self.bridge), 150
        yield "floods", partial(watch_floods, self.bridge), 15
        yield "spending", partial(watch_spending, self.bridge), 15
        yield "closures", self.closures, 30
        yield "calls", partial(watch_calls, self.bridge), 30
        yield "health", partial(watch_health, self.bridge), 150
        yield "wake", partial(wake_silent_sites, self.bridge, self.stop), 150
        yield "reconcile", Reconciler(self.bridge, self.stop.is_set), 450
        yield "tidy", self.tidy, 600
        yield "keep_wall_times", partial(keep_wall_times, self.bridge, self._pause), 43_200
        yield "purge", self.purge, 43_200


def drain(do: Callable[[], int], stop: threading.Event, pause_s: float) -> None:
    """Do row after row until none is left, `MOST_ROWS_PER_TICK` and `LONGEST_TICK_S` at most, and not after `stop`.

    Args:
        do: does one row, and returns 0 where there was none.
        stop: set when the process is asked to end.
        pause_s: that are waited for each row of a flood.
    """
    ends = time.monotonic() + LONGEST_TICK_S
    for row in range(MOST_ROWS_PER_TICK):
        if stop.is_set() or time.monotonic() > ends or not do():
            return
        if row and row % ROWS_WITHOUT_PAUSE == 0:
            stop.wait(pause_s * ROWS_WITHOUT_PAUSE)


def fresh(do: Callable[[], object]) -> Callable[[], None]:
    """The job without the log context that an earlier one has left on the thread."""

    def run() -> None:
        structlog.contextvars.clear_contextvars()
        do()

    return run
