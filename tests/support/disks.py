"""Small disks of our own, for root on Linux: one that fills up, and one whose power can be cut."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

GONE_S = 20.0


def missing() -> str | None:
    """Why no disk can be made here, or None."""
    if os.geteuid() != 0:
        return "only root can mount a disk"
    lacking = [name for name in ("mkfs.ext4", "mount") if not shutil.which(name, path=PATH)]
    if lacking:
        return f"{lacking[0]} is not installed (Debian: e2fsprogs, mount)"
    return None if Path("/dev/loop-control").exists() else "this machine has no loop devices"


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, env={**os.environ, "PATH": PATH})


@contextmanager
def _mounted(folder: Path, *options: object) -> Iterator[Path]:
    folder.mkdir()
    _run("mount", *options, folder)
    try:
        yield folder
    finally:
        _take_away(folder)


def _take_away(folder: Path) -> None:
    """Unmount it, as soon as the last of the processes that were killed on it is gone."""
    ends = time.monotonic() + GONE_S
    while True:
        try:
            _run("umount", folder)
        except subprocess.CalledProcessError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system in memory that holds so much, such as `2m`."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs") as disk:
        yield disk


def enlarge(disk: Path, size: str) -> None:
    """Make room on it, while it is in use."""
    _run("mount", "-o", f"remount,size={size}", disk)


@dataclass(frozen=True)
class Disk:
    """An ext4 disk in a file. What was written and not synced is in the memory of the machine, and not in the file."""

    image: Path
    folder: Path

    def cut(self, copy: Path) -> None:
        """What is on the disk at this moment, as it is found when the power comes back. Nobody may be writing."""
        _run("cp", "--sparse=always", self.image, copy)


@contextmanager
def disk(folder: Path, name: str) -> Iterator[Disk]:
    """A new one, of 64 MB. Its journal is written when somebody syncs, and else not for five minutes."""
    image = folder / f"{name}.img"
    with image.open("wb") as file:
        file.truncate(64 * 2**20)
    _run("mkfs.ext4", "-q", "-F", image)
    with _mounted(folder / name, "-o", "loop,commit=300", image) as mounted:
        yield Disk(image, mounted)


@contextmanager
def disk_after(copy: Path, folder: Path) -> Iterator[Path]:
    """The disk of a copy, as the machine that starts again mounts it."""
    with _mounted(folder, "-o", "loop", copy) as mounted:
        yield mounted
