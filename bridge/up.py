"""Sidecar and scheduler side by side, for one machine without a supervisor: what ends one ends both."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

CHILD_COMMAND = (sys.executable, "-P", "-m", "bridge.child_process")
"""`-P`: a file of that name in the current folder is not ours."""
PROCESSES = {"the sidecar": (*CHILD_COMMAND, "bridge.cli", "serve"), "the scheduler": (*CHILD_COMMAND, "scheduler")}
STOP_TIMEOUT_S = 60.0
"""Seconds from the request to end until a part is killed."""
POLL_INTERVAL_S = 0.1
CLEAN_EXIT_CODES = (0, -signal.SIGTERM)
"""How a part ends that was asked to: by itself, or by the signal where it was still starting."""

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
        for name, command in PROCESSES.items():
            running[name] = start(command)
        while not asked and all(part.poll() is None for part in running.values()):
            time.sleep(POLL_INTERVAL_S)
        ended = {name: part.returncode for name, part in running.items() if part.poll() is not None}
    finally:
        stop(running)
    if asked:
        return int(any(part.returncode not in CLEAN_EXIT_CODES for part in running.values()))
    for name, code in ended.items():
        sys.stderr.write(f"bridge up: {name} ended ({_how(code)}), so everything was stopped\n")
    return 1


def bind_fault(bind: str) -> str | None:
    """Why the sidecar cannot listen there, and what to do; None if it can."""
    try:
        if bind.startswith("unix:"):
            _try_file(Path(bind.removeprefix("unix:")))
        else:
            _try_address(bind)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"{bind} is taken: a bridge may be running already (bridge doctor says so), or set another bind"
        return f"{bind} is no place to listen: {error.strerror or error}; set another bind"
    return None


def _try_file(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(file)) == 0:  # the file of one that has ended is no hindrance
            raise OSError(errno.EADDRINUSE, "taken")
    if file.exists() and not file.is_socket():
        raise OSError(errno.ENOTSOCK, "what is there is no socket")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"this user cannot make files in {file.parent}")


def _try_address(bind: str) -> None:
    host, _, port = bind.rpartition(":")
    with socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the sidecar does
        probe.bind((host.strip("[]"), int(port)))


def start(command: tuple[str, ...]) -> Process:
    """Start a part out of reach of the terminal's signals: it would take them and ours as being asked twice.

    Its standard input tells it that we are gone.
    """
    return subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)  # noqa: S603 - our own interpreter


def stop(running: Mapping[str, Process]) -> None:
    """Ask every part to end, and kill what has not ended in time."""
    for part in running.values():
        if part.poll() is None:
            part.terminate()
    ends = time.monotonic() + STOP_TIMEOUT_S
    for part in running.values():
        try:
            part.wait(max(ends - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
