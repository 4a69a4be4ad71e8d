"""Processes under measurement: started on a core of their own, their CPU and memory read from /proc."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

TICK = os.sysconf("SC_CLK_TCK")
BIN = Path(sys.executable).parent


def cores() -> tuple[set[int], set[int]]:
    """The server's core and the load's; the same ones where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return ({usable[0]}, {usable[1]}) if len(usable) > 1 else (set(usable), set(usable))


@contextmanager
def running(command: Sequence[str], folder: Path, env: Mapping[str, str], on: set[int]) -> Iterator[int]:
    """A process and its children on the given cores; its id."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.sched_setaffinity(process.pid, on)  # it has not started a thread or a child yet
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ok(url: str, limit: float = 20.0) -> None:
    """Return when the address answers 200.

    Raises:
        TimeoutError: it did not within `limit` seconds.
    """
    ends = time.monotonic() + limit
    while time.monotonic() < ends:
        try:
            with urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(f"no answer from {url}")


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(one for task in tasks for child in task.read_text().split() for one in tree(int(child)))]


def cpu_ms(pid: int) -> float:
    """Milliseconds of CPU that a process and all that it started have used so far."""
    return sum(_ticks(one) for one in tree(pid)) * 1000 / TICK


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def resident_mb(pid: int) -> float:
    """Megabytes in memory, shared pages counted once."""
    return sum(_share_kb(one) for one in tree(pid)) / 1024


def _share_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
