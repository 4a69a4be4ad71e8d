"""Sidecar and scheduler side by side, for one machine without a supervisor: what ends one ends both."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from types import FrameType

PARTS = {
    "the sidecar": (sys.executable, "-P", "-m", "bridge.cli", "serve"),
    "the scheduler": (sys.executable, "-P", "-m", "scheduler"),
}
"""`-P`: a file of that name in the current folder is not ours."""
PATIENCE = 60.0
"""Seconds from the request to end until a part is killed."""
LOOK = 0.1

Process = subprocess.Popen[bytes]


def up() -> int:
    """Run both until a signal comes or one of them ends; returns 0 if both ended well and because they were asked."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, ask)
    running: dict[str, Process] = {}
    try:
        for name, command in PARTS.items():
            running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own interpreter
        while not asked and all(part.poll() is None for part in running.values()):
            time.sleep(LOOK)
        ended = {name: part.returncode for name, part in running.items() if part.poll() is not None}
    finally:
        stop(running)
    if asked:
        return int(any(part.returncode != 0 for part in running.values()))
    for name, code in ended.items():
        sys.stderr.write(f"bridge up: {name} ended ({_how(code)}), so everything was stopped\n")
    return 1


def stop(running: Mapping[str, Process]) -> None:
    """Ask every part to end, and kill what has not ended in time."""
    for part in running.values():
        if part.poll() is None:
            part.terminate()
    ends = time.monotonic() + PATIENCE
    for part in running.values():
        try:
            part.wait(max(ends - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
