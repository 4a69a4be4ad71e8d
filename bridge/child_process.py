"""`python -m bridge.child_process MODULE ...`: runs a module as a child, and asks it to end once its parent is gone.

A process that is killed ends nothing that it has started. So a part's standard input is a pipe whose other end its
parent alone has: the system closes that end, whatever the parent dies of. A module run by itself is not affected.
"""

import os
import runpy
import signal
import sys
import threading

STDIN = 0


def end_with_parent() -> None:
    """Send this process SIGTERM once the other end of its standard input is closed."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # the thread's own: it takes none
    threading.Thread(target=_watch, name="parent", daemon=True).start()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch() -> None:
    while os.read(STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
