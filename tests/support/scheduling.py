"""`python -m scheduler` beside a sidecar of the tests, on its database and by its clock."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.sidecar import Sidecar, kill_group
from support.waiting import PATIENCE

from bridge.domain.values import Json, Millis


@dataclass(frozen=True)
class Beside:
    """A running scheduler, its log and the mails that it sends."""

    folder: Path

    @property
    def lines(self) -> list[Json]:
        """What it has logged, over all its lives."""
        whole = (self.folder / "scheduler.log").read_text("utf-8").splitlines()
        return [json.loads(line) for line in whole if line.startswith("{") and line.endswith("}")]

    def said(self, event: str, **fields: object) -> list[Json]:
        """The lines of an event with these fields."""
        wanted = {"event": event, **fields}
        return [line for line in self.lines if wanted.items() <= line.items()]

    def set_clock(self, at: Millis) -> None:
        """Set the clock by which it decides what is due."""
        (self.folder / "clock").write_text(str(at / 1000 - time.time()))

    @property
    def mails(self) -> list[str]:
        """What it has sent, each mail as its bytes say."""
        return [file.read_text("utf-8") for file in sorted((self.folder / "mail").glob("*.eml"))]


@contextmanager
def scheduler_beside(sidecar: Sidecar, folder: Path, **environ: str) -> Iterator[Beside]:
    """The scheduler until the end of the block; `environ` adds to its environment."""
    beside = Beside(folder)
    beside.set_clock(sidecar.clock.at)
    own = {
        "BRIDGE_DATABASE_URL": sidecar.url,
        "BRIDGE_CLOCK": f"file:{folder}/clock",
        "BRIDGE_MAIL": f"folder:{folder}/mail",
        "BRIDGE_TICK": "0.2",
        **environ,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    with (folder / "scheduler.log").open("ab") as log:
        process = subprocess.Popen(
            (sys.executable, "-m", "scheduler"),
            cwd=folder,
            env=kept | own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield beside
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            kill_group(process)
