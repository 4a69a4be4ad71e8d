"""`bridge up` with stand-ins for its parts: who hears of a signal, and how the end of a part is taken."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

PATIENCE = 30.0
RUN = """
import sys
from bridge import up
up.PARTS = {name: (sys.executable, "-c", sys.argv[1]) for name in ("one part", "the other")}
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
