"""Jobs that do not end: the log says so, and no sign of life is given while one of them holds up what was promised."""

import time
from collections.abc import Callable

import structlog

HANGS_AFTER_S = 300.0
"""Seconds after which a job that should take less than one hangs; one that works through rows stops after a minute."""
PATIENT_JOBS = {"ask_desks", "presence", "health", "wake", "reconcile", "keep_wall_times", "purge"}
"""Jobs that ask the systems of every site, or go through whole tables: nothing that was promised waits for them."""
PATIENCE_S = 3600.0
"""Seconds after which one of those is worth a line in the log."""

log = structlog.get_logger()


class Runs:
    """The runs that have begun and not ended.

    Args:
        steady: a clock that nobody sets, in seconds.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._since: dict[str, float] = {}
        self._told: set[str] = set()
        self._ended: set[str] = set()

    def watched(self, job: str, do: Callable[[], None]) -> Callable[[], None]:
        """The job, whose runs are known here as long as they last."""

        def run() -> None:
            self._since[job] = self._steady()
            try:
                do()
            finally:
                self._end(job)

        return run

    def _end(self, job: str) -> None:
        lasted = self._steady() - self._since.pop(job)
        self._ended.add(job)
        if job in self._told:
            self._told.remove(job)
            log.info("tick.goes_on", job=job, after_s=round(lasted))

    def has_ended(self, job: str) -> bool:
        """Whether a run of the job has ended since this process began."""
        return job in self._ended

    def hanging(self) -> set[str]:
        """The jobs that hang and for which promises wait; each that lasts too long is told in the log, once."""
        now = self._steady()
        ages = {job: now - since for job, since in list(self._since.items())}
        long = {job for job, age in ages.items() if age > (PATIENCE_S if job in PATIENT_JOBS else HANGS_AFTER_S)}
        for job in sorted(long - self._told):
            self._told.add(job)
            log.error("tick.hangs", job=job, for_s=round(ages[job]))
        return long - PATIENT_JOBS
