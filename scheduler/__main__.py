"""`python -m scheduler`: does what is due, until SIGTERM or SIGINT."""

import logging
import os
import signal
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.schedulers.blocking import BlockingScheduler

from bridge import bootstrap, logs
from bridge.config import Settings, read_settings
from bridge.domain.instants import DAY
from bridge.memory import share_arenas
from bridge.ports import BridgeError, StoreBusy, Unusable
from bridge.service.poll_presence import PresencePoll
from scheduler.clock_guard import keep_pace
from scheduler.ticks import Ticks, fresh

SCHEMA_TIMEOUT_S = 30.0
"""Seconds that it waits for the schema: the sidecar may be bringing it in just now."""
MOST_FAILURES_IN_A_ROW = 5
"""Failures of one job in a row after which the process ends, for its supervisor to start it anew. A database that
takes nothing is waited for instead: a new process would find the same one."""
START_DELAY_S = {"wake": 10, "reconcile": 30, "purge": 60}
"""Seconds after which a job begins that goes through whole tables, for what became due while nothing ran comes first,
or that has sites call the sidecar, which may be starting, too."""
END_SIGNALS = {signal.SIGTERM, signal.SIGINT}
SAME_REQUEST_S = 1.0
"""Seconds within which a second request is the first one: a supervisor asks every process, and so does `bridge up`."""

log = structlog.get_logger()


def main() -> int:
    """Run the scheduler; returns the exit code: 0 when it was asked to end, 1 when it could not start."""
    os.umask(0o077)
    share_arenas()
    stop = threading.Event()
    try:
        settings = read_settings()
        logs.configure(settings.log_level)
        clock = clock_for()
        ended = end_on_signal(clock, stop)
        if fault := wait_for_schema(settings, stop):
            return refuse(fault)
        return run(settings, clock, stop, ended)
    except BridgeError as error:
        return refuse(error)


def refuse(why: BridgeError | Unusable) -> int:
    """Say in one line why it does not run."""
    sys.stderr.write(f"scheduler: {why}\n")
    return 1


def run(settings: Settings, clock: BlockingScheduler, stop: threading.Event, ended: threading.Event) -> int:
    """Tick until asked to end, and close the database once no job uses it any more.

    Raises:
        SettingsRefused: a site's systems lack a setting.
    """
    if stop.is_set():
        return 0
    assembly = bootstrap.build(settings, deliver_at_once=False)
    bootstrap.make_systems(assembly)
    ticks = Ticks(assembly.bridge, stop, settings.retention_days * DAY)
    now = datetime.now(UTC)
    for name, do, factor in ticks.all():
        first = now + timedelta(seconds=START_DELAY_S.get(name, 0))
        job = ticks.runs.watched(name, fresh(do))
        clock.add_job(job, "interval", seconds=settings.tick * factor, id=name, next_run_time=first)
    poll = PresencePoll(assembly.bridge, settings.presence_poll, stop)
    job = ticks.runs.watched("presence", fresh(poll))
    clock.add_job(job, "interval", seconds=settings.presence_poll, id="presence", next_run_time=now)
    threading.Thread(target=keep_pace, args=(clock, stop), name="pace", daemon=True).start()
    log.info("scheduler.started", tick=settings.tick)
    clock.start()  # returns as soon as it is told to end, whatever its jobs still do
    ended.wait()
    assembly.close()
    log.info("scheduler.stopped")
    return 0


def clock_for() -> BlockingScheduler:
    """APScheduler as a clock: no job store, no missed tick made up for, never two of one job at once."""
    logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)  # `Watch` says it, with our fields
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)  # `Runs` says which job does not end
    defaults = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    clock = BlockingScheduler(timezone=UTC, job_defaults=defaults)
    clock.add_listener(Watch(), EVENT_JOB_ERROR | EVENT_JOB_EXECUTED)
    return clock


class Watch:
    """Counts the failures of each job in a row. An exception in a job cannot stop the process, so this does."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()
        self._waiting: set[str] = set()

    def __call__(self, event: JobExecutionEvent) -> None:
        """Called by APScheduler after each run of a job."""
        if isinstance(event.exception, StoreBusy):
            self._wait(event.job_id, event.exception)
        elif event.exception:
            self._count(event.job_id, event.exception)
        else:
            self._clear(event.job_id)

    def _wait(self, job: str, error: StoreBusy) -> None:
        if job not in self._waiting:  # said once: an outage may last for hours
            self._waiting.add(job)
            log.warning("tick.waits", job=job, why=str(error))

    def _count(self, job: str, error: BaseException) -> None:
        self._failed[job] += 1
        log.error("tick.failed", job=job, in_a_row=self._failed[job], exc_info=error)
        if self._failed[job] >= MOST_FAILURES_IN_A_ROW:
            log.critical("scheduler.gave_up", job=job, in_a_row=self._failed[job])
            sys.stderr.flush()
            os._exit(1)

    def _clear(self, job: str) -> None:
        self._failed.pop(job, None)
        if job in self._waiting:
            self._waiting.remove(job)
            log.info("tick.goes_on", job=job)


def end_on_signal(clock: BlockingScheduler, stop: threading.Event) -> threading.Event:
    """Have a thread of its own wait for signals: a handler could interrupt the main thread while it holds a lock.

    Returns what is set once the clock has stopped and no job runs any more.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    ended = threading.Event()

    def wait() -> None:
        signal.sigwait(END_SIGNALS)
        log.info("scheduler.stopping")
        stop.set()
        threading.Thread(target=end, name="ending", daemon=True).start()
        time.sleep(SAME_REQUEST_S)
        for echo in signal.sigpending() & END_SIGNALS:
            signal.sigwait({echo})
        signal.sigwait(END_SIGNALS)
        os._exit(1)  # asked twice: the row at hand hangs, and its lease will run out

    def end() -> None:
        while not clock.running:  # it may be about to start; if it never does, the process ends and this thread too
            time.sleep(0.05)
        clock.shutdown(wait=True)
        ended.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return ended


def wait_for_schema(settings: Settings, stop: threading.Event, patience: float = SCHEMA_TIMEOUT_S) -> Unusable | None:
    """Why the database cannot be used, once patience (in seconds) is over; None when it can be, or asked to end."""
    ends = time.monotonic() + patience
    if fault := bootstrap.schema_fault(settings):
        log.info("scheduler.waits", why=str(fault))
    while fault := bootstrap.schema_fault(settings):
        if stop.wait(0.5):
            return None
        if time.monotonic() >= ends:
            return fault
    return None


if __name__ == "__main__":
    sys.exit(main())
