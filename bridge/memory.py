"""How much memory a process of ours takes beside what it needs."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ARENAS = 2
"""Parts of its memory at once that glibc gives its threads, which here allocate one at a time but for SQLite. Left to
itself it makes eight for each core, and none gives back what another could use: ten megabytes in a busy sidecar."""
_ARENA_MAX = -8
"""`M_ARENA_MAX` of `malloc.h`."""


def share_arenas() -> None:
    """Have all threads that are started from now on share a few arenas; another C library than glibc has none."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, ARENAS)


@contextmanager
def loading() -> Iterator[None]:
    """Nothing that is loaded inside is looked through for garbage: it stays, and a fifth of the time went into that."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
