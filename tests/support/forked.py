"""Processes of the product that are forked from one that has loaded it, for that takes longer than most tests.

Each begins as `python -m` would have it begin, in a group, a folder and an environment of its own. The one is started
with the first of them and ends with the tests.
"""

import os
import runpy
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver, get_context
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Final
from unittest.mock import patch

LOADED: Final = (
    "bridge.serve",
    "bridge.commands.running",
    "bridge.patient_worker",
    "scheduler.__main__",
    "support.warmed",
)
TESTS: Final = Path(__file__).resolve().parents[1]

_processes: Final = get_context("forkserver")
_processes.set_forkserver_preload(list(LOADED))


class Forked:
    """As `subprocess.Popen`, for what tests do with a process.

    Args:
        command: a module and its arguments; where `under` is given, that program runs it, with a Python of its own.
        folder: where it runs.
        env: its environment.
        log: the file that takes what it writes.
        under: another program and its arguments.
        out: the file that takes what it writes to standard output, where that is another one.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        log: Path,
        under: Sequence[str] = (),
        out: Path | None = None,
    ) -> None:
        _started()
        given = (command, folder, dict(env), log, under, out or log)
        self._process = _processes.Process(target=_become, args=given, daemon=True)
        self._process.start()
        assert self._process.pid
        self.pid: Final = self._process.pid
        with suppress(ProcessLookupError):
            while os.getpgid(self.pid) != self.pid:  # until then a signal to its group is one to nobody
                time.sleep(0.001)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise TimeoutExpired(self._process.name, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@cache
def _started() -> None:
    """Start the one; of the path it is told nothing else."""
    with patch.dict(os.environ, PYTHONPATH=str(TESTS)):
        forkserver.ensure_running()


def completed(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> CompletedProcess[str]:
    """As `subprocess.run` with what it writes captured."""
    with TemporaryDirectory() as scratch:
        out, log = Path(scratch) / "out", Path(scratch) / "log"
        code = Forked(command, folder, env, log, out=out).wait()
        return CompletedProcess(command, code, out.read_text("utf-8"), log.read_text("utf-8"))


def _become(
    command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path, under: Sequence[str], out: Path
) -> None:
    os.chdir(folder)
    for path, number in ((out, 1), (log, 2)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), number)
    os.setsid()
    if under:
        os.execvpe(under[0], [*under, sys.executable, "-P", "-m", *command], env)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = command[1:]
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
