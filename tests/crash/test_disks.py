"""R04, R05, R06: disks that lose their power, are full, or refuse. The first two want root, else they are skipped."""

import os
from pathlib import Path

import pytest
from crash.disks import disk_full, disk_refuses
from crash.powercut import power_cut
from support import disks, strace
from support.disks import disk, disk_after

pytestmark = pytest.mark.slow
needs_disks = pytest.mark.skipif(disks.missing() is not None, reason=str(disks.missing()))
needs_strace = pytest.mark.skipif(strace.missing is not None, reason=str(strace.missing))


@needs_disks
def test_r04_after_a_power_cut_everything_is_there_that_was_acknowledged(tmp_path: Path) -> None:
    result = power_cut("R04", tmp_path, sessions=60, seed=1)
    print(result)
    assert result.more["broken"] == []
    assert (result.lost, result.dup) == (0, 0)
    assert result.more["answers"] > 60


@needs_disks
def test_a_power_cut_of_ours_does_lose_what_nobody_synced(tmp_path: Path) -> None:
    with disk(tmp_path, "before") as live:
        with (live.folder / "synced").open("wb") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        (live.folder / "unsynced").write_bytes(b"x")
        live.cut(tmp_path / "cut.img")
        with disk_after(tmp_path / "cut.img", tmp_path / "after") as after:
            assert (after / "synced").exists()
            assert not (after / "unsynced").exists()


@needs_disks
def test_r05_a_full_disk_is_a_503_until_there_is_room_and_no_answer_without_its_row(tmp_path: Path) -> None:
    result = disk_full("R05", tmp_path)
    print(result)
    assert result.more["broken"] == []
    assert (result.lost, result.dup) == (0, 0)


@needs_strace
def test_r06_a_disk_that_refuses_to_sync_is_a_503_and_a_red_probe_until_it_does(tmp_path: Path) -> None:
    result = disk_refuses("R06", tmp_path)
    print(result)
    assert result.more["broken"] == []
    assert (result.lost, result.dup) == (0, 0)
