"""The clock of a rehearsal."""

from pathlib import Path

import pytest

from bridge.clock import ShiftedClock, clock_of, machine_now

HOUR = 3_600_000


def apart(clock: ShiftedClock) -> int:
    """Whole hours between a clock and the machine's."""
    return round((clock.now() - machine_now()) / HOUR)


def test_the_file_shifts_the_clock_as_often_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = ShiftedClock(file)
    assert apart(clock) == 0
    for hours in (5, -3):
        file.write_text(f"{hours * 3600}\n")
        assert apart(clock) == hours


@pytest.mark.parametrize("content", ["", "soon"])
def test_a_file_that_is_being_written_anew_moves_nothing(tmp_path: Path, content: str) -> None:
    """Who writes a file empties it first; a clock that jumped back for that moment would promise in the past."""
    file = tmp_path / "clock"
    file.write_text("18000")
    clock = ShiftedClock(file)
    assert apart(clock) == 5
    file.write_text(content)
    assert apart(clock) == 5


def test_a_rehearsal_ends_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("18000")
    clock = ShiftedClock(file)
    assert apart(clock) == 5
    file.unlink()
    assert apart(clock) == 0


def test_a_setting_names_the_clock(tmp_path: Path) -> None:
    assert isinstance(clock_of(f"file:{tmp_path}/clock"), ShiftedClock)
    assert not isinstance(clock_of("system"), ShiftedClock)
