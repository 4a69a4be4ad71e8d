"""APScheduler waits by the wall clock: set back by an hour, it would sleep through that hour. This wakes it."""

import threading
from datetime import UTC, datetime

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.blocking import BlockingScheduler

CHECK_INTERVAL_S = 1.0
"""Seconds between two looks."""


def keep_pace(clock: BlockingScheduler, stop: threading.Event) -> None:
    """Look, by a clock that nobody sets, whether the jobs keep their pace, until `stop` is set."""
    while not stop.wait(CHECK_INTERVAL_S):
        hurry(clock, datetime.now(UTC))


def hurry(clock: BlockingScheduler, now: datetime) -> None:
    """Have a job run now that would wait for longer than its interval."""
    for job in clock.get_jobs():
        if job.next_run_time - now > job.trigger.interval:
            try:
                clock.modify_job(job.id, next_run_time=now)
            except JobLookupError:
                return  # the clock has just been stopped
