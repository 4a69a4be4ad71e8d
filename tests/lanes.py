"""Every test, in lanes side by side, for most of them wait: `python tests/lanes.py`. What it finds is in build/.

A part is one run of pytest, over some files of one folder. Each lane takes the next part when it is done with one, the
longest ones first. Tests marked `alone` hold the clock on the wall to a bound: they come last, with nothing beside
them. Of a part that is green its last line is shown, of any other one everything. Ends with 1 where a test failed.
"""

import compileall
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

TESTS: Final = Path(__file__).resolve().parent
BUILD: Final = TESTS.parent / "build"
LANES: Final = min(max(os.cpu_count() or 1, 2), 4)
"""As many as there are cores, up to four: each has databases, sites and browsers of its own."""
FOLDERS: Final = {"wordpress": 4, "integration": 4, "crash": 2, "unit": 1, "property": 2, "contract": 1, "browser": 1}
"""In how many parts each folder is run, in the order in which they are taken."""
COMPILED: Final = ("bridge", "scheduler")
"""What the many processes that tests start would each compile anew, where the environment forbids to keep it."""
KEPT: Final = {"PYTHONDONTWRITEBYTECODE": ""}
"""Each part would compile its tests and pytest's plugins anew, where the environment forbids to keep it."""
NOTHING_TO_RUN: Final = 5
"""What pytest ends with where every test was left out."""


@dataclass(frozen=True)
class Part:
    """Some files for one run of pytest, and which of their tests."""

    name: str
    files: tuple[Path, ...]
    marked: str = "not alone"

    @property
    def report(self) -> Path:
        return BUILD / "tests" / f"{self.name}.xml"

    @property
    def log(self) -> Path:
        return self.report.with_suffix(".log")


def main() -> int:
    BUILD.joinpath("tests").mkdir(parents=True, exist_ok=True)
    for package in COMPILED:
        compileall.compile_dir(TESTS.parent / package, quiet=1)
    together, last = list(parts()), alone()
    with ThreadPoolExecutor(LANES) as lanes:
        ended = list(lanes.map(run, together))
    ended.append(run(last))
    merge([part.report for part in (*together, last)], BUILD / "tests.xml")
    return int(not all(ended))


def parts() -> Iterator[Part]:
    for folder, times in FOLDERS.items():
        files = sorted(TESTS.joinpath(folder).glob("test_*.py"))
        for nth in range(times):
            yield Part(f"{folder}-{nth + 1}" if times > 1 else folder, tuple(files[nth::times]))


def alone() -> Part:
    every = sorted(file for folder in FOLDERS for file in TESTS.joinpath(folder).glob("test_*.py"))
    return Part("alone", tuple(file for file in every if "mark.alone" in file.read_text("utf-8")), marked="alone")


def run(part: Part) -> bool:
    """Whether all of it is green; what pytest says is kept beside its report."""
    part.report.unlink(missing_ok=True)
    began = time.monotonic()
    how = ("-p", "no:cacheprovider", "--tb=short", "-m", part.marked, f"--junitxml={part.report}")
    with part.log.open("wb") as log:
        command = (sys.executable, "-m", "pytest", *how, *part.files)
        code = subprocess.run(command, env=os.environ | KEPT, stdout=log, stderr=log, check=False).returncode
    tell(part, round(time.monotonic() - began), green := code in (0, NOTHING_TO_RUN))
    return green


def tell(part: Part, seconds: int, green: bool) -> None:
    said = part.log.read_text("utf-8", "replace")
    last = next((line for line in reversed(said.splitlines()) if line.startswith("=")), "it ended early")
    print(
        f"{part.name}, {seconds} s: {last.strip('= ')}" if green else f"{part.name}, {seconds} s, RED:\n{said}",
        flush=True,
    )


def merge(reports: list[Path], whole: Path) -> None:
    """One report of them all; of a part that never came to write one there is nothing to read."""
    root = ET.Element("testsuites")
    for report in reports:
        if report.is_file():
            root.extend(ET.parse(report).getroot())
    ET.ElementTree(root).write(whole, "utf-8", xml_declaration=True)


if __name__ == "__main__":
    sys.exit(main())
