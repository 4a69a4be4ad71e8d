"""Faults at exact system calls, by strace: a process that dies at its n-th, or a disk that refuses from now on."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

ATTACH_S = 1.0

missing = None if shutil.which("strace") else "strace is not installed (Debian: strace)"
"""Why there is none, or None."""


def doomed(call: str, nth: int) -> tuple[str, ...]:
    """The command under which a program dies at the n-th such call of any of its threads.

    Without `--seccomp-bpf`, which is quicker: with it strace 6.1 strikes at the first call or not at all.
    """
    inject = f"inject={call}:signal=KILL:when={nth}"
    return ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject)


@contextmanager
def failing(call: str, error: str, *pids: int) -> Iterator[None]:
    """Until the end of the block, every such call of these processes and their threads fails; then it works again.

    Raises:
        RuntimeError: this machine lets nobody trace them.
    """
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:error={error}")
    attach = [argument for pid in pids for argument in ("-p", str(pid))]
    tracer = subprocess.Popen(("strace", "-f", "-qq", "-o", os.devnull, *inject, *attach), stderr=subprocess.DEVNULL)
    try:
        time.sleep(ATTACH_S)
        if tracer.poll() is not None:
            raise RuntimeError("strace cannot attach here")
        yield
    finally:
        tracer.terminate()  # strace detaches, and what it has traced goes on
        tracer.wait()
