"""How much memory a process of ours takes beside what it needs."""

import ctypes
from contextlib import suppress

ARENAS = 2
"""Parts of its memory at once that glibc gives its threads, which here allocate one at a time but for SQLite. Left to
itself it makes eight for each core, and none gives back what another could use: ten megabytes in a busy sidecar."""
_ARENA_MAX = -8
"""`M_ARENA_MAX` of `malloc.h`."""


def share_arenas() -> None:
    """Have all threads that are started from now on share a few arenas; another C library than glibc has none."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, ARENAS)
