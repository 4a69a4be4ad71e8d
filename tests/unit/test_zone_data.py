"""The newest zone data count: those of the package `tzdata`, or of the system where they are newer."""

import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.service.diagnose import Light
from bridge.service.diagnostic_checks import look_at_zone_data
from bridge.zone_data import OF_THE_PACKAGE, PACKAGED, PATH_VARIABLE, ZoneData, in_use, take_the_newest

OLDER, NEWER = "2019a", "2999z"
WHERE_ZONES_ARE_READ = "import {module}, zoneinfo; print(*zoneinfo.TZPATH)"


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A system with zones, which Python asks first, as it does by itself."""
    monkeypatch.delenv(PATH_VARIABLE, raising=False)
    (tmp_path / "UTC").touch()
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[tmp_path])
    yield tmp_path
    zoneinfo.reset_tzpath(to=before)


def says(system: Path, version: str) -> None:
    (system / "tzdata.zi").write_text(f"# version {version}\n# This zic input file is in the public domain.\n")


@pytest.mark.parametrize("version", [OLDER, "2025b", PACKAGED])
def test_the_package_wins_over_a_system_that_is_no_newer(system: Path, version: str) -> None:
    says(system, version)
    assert in_use(zoneinfo.TZPATH) == ZoneData(version, str(system))
    take_the_newest()
    assert in_use(zoneinfo.TZPATH) == ZoneData(PACKAGED, OF_THE_PACKAGE)


@pytest.mark.parametrize("first_line", [None, "", "Zone data of somebody's own\n"])
def test_the_package_wins_over_a_system_that_does_not_say_how_old_it_is(system: Path, first_line: str | None) -> None:
    if first_line is not None:
        (system / "tzdata.zi").write_text(first_line)
    take_the_newest()
    assert in_use(zoneinfo.TZPATH) == ZoneData(PACKAGED, OF_THE_PACKAGE)


def test_a_newer_system_wins_over_the_package(system: Path) -> None:
    says(system, NEWER)
    take_the_newest()
    assert in_use(zoneinfo.TZPATH) == ZoneData(NEWER, str(system))


def test_what_the_owner_names_counts_however_old_it_is(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says(system, OLDER)
    monkeypatch.setenv(PATH_VARIABLE, str(system))
    take_the_newest()
    assert in_use(zoneinfo.TZPATH) == ZoneData(OLDER, str(system))


@pytest.mark.parametrize("module", ["bridge.cli", "bridge.serve", "scheduler.__main__", "bridge.demo"])
def test_every_process_reads_the_newest(module: str) -> None:
    """The newest of this very machine: its own, or the package."""
    env = {name: value for name, value in os.environ.items() if name != PATH_VARIABLE}
    command = (sys.executable, "-c", WHERE_ZONES_ARE_READ.format(module=module))
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert in_use(ended.stdout.split()).version >= PACKAGED


def test_the_doctor_names_the_release_and_warns_of_an_old_one() -> None:
    (newest,) = look_at_zone_data(ZoneData(PACKAGED, OF_THE_PACKAGE), PACKAGED)
    assert (newest.light, newest.said) == (Light.GREEN, f"{PACKAGED}, from the package tzdata")
    (old,) = look_at_zone_data(ZoneData(OLDER, "/zones"), PACKAGED)
    assert (old.light, old.said) == (Light.YELLOW, f"{OLDER}, from /zones")
    assert old.do == f"take PYTHONTZPATH out of the environment: the package tzdata has {PACKAGED}"
