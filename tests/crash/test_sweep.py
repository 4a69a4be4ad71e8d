"""R03: a process dies at exactly its n-th system call. `make crash` does all points; here are a few of each path."""

from collections.abc import Callable
from pathlib import Path

import pytest
from crash.sweep import Point, sweep
from support import strace

FEW = {
    "turn": [("fdatasync", 2), ("sendto", 1), ("recvfrom", 2)],
    "sender": [("fdatasync", 3), ("connect", 1), ("sendto", 1), ("recvfrom", 1)],
}

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
