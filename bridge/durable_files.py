"""Files that are whole and on the disk, or not there: for whoever writes what must not be lost half way."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def in_place_of(target: Path) -> Iterator[Path]:
    """A new file beside the target, its owner's alone, that takes its place once it is written and on the disk.

    Where the block fails, it is removed, and what stood at the target stands there still.
    """
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        yield part
        os.fsync(handle)
        part.replace(target)
        _sync(target.parent)
    finally:
        os.close(handle)
        with suppress(OSError):
            part.unlink()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
