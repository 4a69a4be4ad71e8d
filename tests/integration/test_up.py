"""`bridge up` with stand-ins for its parts: who hears of a signal, how a part's end is taken; and its own death."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest
from support.sidecar import free_port
from support.waiting import until

from bridge.up import bind_fault

PATIENCE = 30.0
RUN = """
import sys
from bridge import up
up.PROCESSES = {name: (sys.executable, "-c", sys.argv[1]) for name in ("one part", "the other")}
sys.exit(up.up())
"""
HEARS = """
import os, signal
asked = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, asked)
os.write(1, b"there\\n")
heard = [signal.sigwait(asked)]
while more := signal.sigtimedwait(asked, 0.5):
    heard.append(signal.Signals(more.si_signo))
os.write(1, " ".join(one.name for one in heard).encode() + b"\\n")
"""
"""A part that says everything that it was sent."""
STARTS = """
import os, time
os.write(1, b"there\\n")
time.sleep(60)
"""
"""A part that does not listen yet."""
FAILS = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
os.write(1, b"there\\n")
signal.pause()
"""


@contextmanager
def up(part: str) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
    """`bridge up` as a terminal's foreground group, with twice this part; and what both print."""
    running = subprocess.Popen((sys.executable, "-c", RUN, part), stdout=subprocess.PIPE, start_new_session=True)
    assert running.stdout
    with running.stdout as told:
        try:
            assert [told.readline(), told.readline()] == [b"there\n"] * 2
            yield running, told
        finally:
            running.terminate()
            running.wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_a_terminal_sends_reaches_each_part_as_one_request_to_end(number: signal.Signals) -> None:
    """A terminal sends to the whole group, and a scheduler that is asked twice leaves what it was sending behind."""
    with up(HEARS) as (running, told):
        os.killpg(running.pid, number)
        assert told.read().splitlines() == [b"SIGTERM"] * 2
        assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize(("part", "code"), [(STARTS, 0), (FAILS, 1)], ids=["still starting", "fails to end"])
def test_a_part_that_was_asked_to_end_may_end_by_the_signal_and_in_no_other_way(part: str, code: int) -> None:
    with up(part) as (running, _):
        running.terminate()
        assert running.wait(PATIENCE) == code


@contextmanager
def real_up(folder: Path, bind: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The real `bridge up`, and the end of all that it has left behind."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    environ = {**kept, "BRIDGE_BIND": bind, "BRIDGE_TICK": "0.2"}
    command = (sys.executable, "-m", "bridge.cli", "up")
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
    parts: list[str] = []
    try:
        until(lambda: {"sidecar.started", "scheduler.started"} <= events(folder), "both parts")
        parts = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        yield running
    finally:
        running.kill()
        running.wait(PATIENCE)
        for part in map(int, parts):
            with suppress(ProcessLookupError):
                os.killpg(part, signal.SIGKILL)


def events(folder: Path) -> set[str]:
    lines = (folder / "log").read_text("utf-8").splitlines()
    return {json.loads(line)["event"] for line in lines if line.startswith("{") and line.endswith("}")}


def test_when_up_itself_is_killed_its_parts_end_as_if_asked(tmp_path: Path) -> None:
    """Else they go on with nobody to look after them, and hold the address against the next one."""
    bind = f"127.0.0.1:{free_port()}"
    with real_up(tmp_path, bind) as running:
        running.kill()
        until(lambda: "scheduler.stopped" in events(tmp_path), "the scheduler's orderly end")
        until(lambda: bind_fault(bind) is None, "the sidecar's end")
