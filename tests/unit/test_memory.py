"""How memory is shared among threads, as glibc itself says."""

import subprocess
import sys

from bridge.memory import ARENAS

BUSY = """
import ctypes, sqlite3, sys, threading
from bridge.memory import share_arenas

if sys.argv[1] == "shared":
    share_arenas()
allocated, told = threading.Barrier(17), threading.Event()

def allocate():
    kept = sqlite3.connect(":memory:")
    kept.execute("CREATE TABLE kept (what)")
    allocated.wait()
    told.wait()

threads = [threading.Thread(target=allocate) for _ in range(16)]
for one in threads:
    one.start()
allocated.wait()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
told.set()
"""


def arenas(how: str) -> int:
    """How many there are in a process with sixteen threads."""
    told = subprocess.run((sys.executable, "-c", BUSY, how), capture_output=True, text=True, check=True).stdout
    return told.count("<heap ")


def test_threads_share_a_few_arenas() -> None:
    assert arenas("shared") <= ARENAS
    assert arenas("as it comes") > ARENAS
