"""Which zone data count: the package `tzdata`, or those of the system where they are newer.

Python asks the system first. A stable distribution may be a year behind there, and promises in a zone whose rules have
changed since would be an hour wrong.
"""

import os
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import tzdata  # type: ignore[import-untyped, unused-ignore]

PATH_VARIABLE = "PYTHONTZPATH"
"""Python's own: where an owner has zone data looked for."""
PACKAGED: str = tzdata.IANA_VERSION
OF_THE_PACKAGE = "the package tzdata"


class ZoneData(NamedTuple):
    """A release of the zone data, such as `2026f`, or empty where it does not say; and where it lies."""

    version: str
    place: str


def take_the_newest() -> None:
    """Have this process read the newest zone data; where the owner names a place, that one."""
    if PATH_VARIABLE not in os.environ and in_use(zoneinfo.TZPATH).version <= PACKAGED:
        zoneinfo.reset_tzpath(to=())


def in_use(search_path: Sequence[str]) -> ZoneData:
    """What Python reads with this search path: the first place that has zones, and the package after all of them."""
    there = next((folder for folder in map(Path, search_path) if (folder / "UTC").is_file()), None)
    return ZoneData(_version(there), str(there)) if there else ZoneData(PACKAGED, OF_THE_PACKAGE)


def _version(folder: Path) -> str:
    """As the source says it that distributions install beside the zones."""
    source = folder / "tzdata.zi"
    if not source.is_file():
        return ""
    with source.open(encoding="utf-8") as lines:
        return lines.readline().partition("# version ")[2].strip()
