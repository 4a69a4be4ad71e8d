"""R03: a process dies at exactly its n-th system call. `make crash` does all points; here are a few of each path."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crash.sweep import Point, sweep
from support import strace

FEW = {
    "turn": [("fdatasync", 2), ("sendto", 1), ("recvfrom", 2)],
    "sender": [("fdatasync", 3), ("connect", 1), ("sendto", 1), ("recvfrom", 1)],
}

WRITES = """
import os, sys, threading
def write():
    file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
    for count in range(6):
        os.fdatasync(file)
        print(count, flush=True)
thread = threading.Thread(target=write)
thread.start()
thread.join()"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(strace.missing is not None, reason=str(strace.missing))]


@pytest.mark.parametrize("path", FEW)
def test_r03_a_process_that_dies_at_any_system_call_goes_on_after_a_plain_start(
    path: str, fresh_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    result = sweep("R03", path, [Point(path, call, nth) for call, nth in FEW[path]], tmp_path, fresh_sqlite)
    print(result)
    assert result.more["broken"] == []
    assert (result.lost, result.dup) == (0, 0)
    assert result.kills > 0


@pytest.mark.parametrize("nth", [1, 3, 6])
def test_a_doomed_process_dies_at_exactly_that_call(nth: int, tmp_path: Path) -> None:
    command = (*strace.doomed("fdatasync", nth), sys.executable, "-c", WRITES, tmp_path / "file")
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.split()
    assert told == [str(count) for count in range(nth - 1)]
