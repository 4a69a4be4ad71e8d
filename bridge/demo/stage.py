"""The stage of the demo: a temporary folder, the real sidecar and the real scheduler in it, and a clock to turn."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.error import URLError

from bridge.clock import ShiftedClock
from bridge.demo.client import OPENER, Client
from bridge.domain.instants import from_rfc3339
from bridge.domain.values import Json, Millis
from bridge.up import CHILD_COMMAND

Found = TypeVar("Found")

SITE, ZONE = "demo-shop", "America/New_York"
TIMEOUT_S = 30.0
"""Seconds that anything may take before the demo calls itself broken."""
POLL_INTERVAL_S = 0.05
TAIL_LINES = 15
BRIDGE = (sys.executable, "-P", "-m", "bridge.cli")


class DemoBroken(RuntimeError):  # noqa: N818
    """Something did not happen that should have; the message says what."""


@dataclass(slots=True)
class Stage:
    """The folder with everything in it, and the two processes."""

    folder: Path
    base: str
    environ: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def command(self, *arguments: str) -> str:
        """What a `bridge` command prints.

        Raises:
            DemoBroken: it failed.
        """
        done = subprocess.run(
            [*BRIDGE, *arguments], cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoBroken(f"bridge {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def start(self, name: str, *module: str) -> None:
        """Start one of the two; its log goes into the folder."""
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                (*CHILD_COMMAND, *module),
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """What is looked for, once it is there.

        Raises:
            DemoBroken: it did not come in time, or one of the processes has ended.
        """
        ends = time.monotonic() + TIMEOUT_S
        while (found := look()) is None:
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise DemoBroken(f"the {name} ended with exit code {process.returncode}")
            if time.monotonic() > ends:
                raise DemoBroken(f"waited {TIMEOUT_S:.0f} seconds in vain for {what}")
            time.sleep(POLL_INTERVAL_S)
        return found

    def ready(self) -> bool | None:
        """Whether the sidecar says that schema, store and scheduler are well."""
        try:
            with OPENER.open(f"{self.base}/readyz", timeout=2) as answer:
                return True if answer.status == 200 else None  # noqa: PLR2004 - HTTP's OK
        except (URLError, OSError):
            return None

    def turn_clock(self, instant: str) -> None:
        """Have sidecar and scheduler believe that it is the given instant; from there time runs on."""
        shift = from_rfc3339(instant) / 1000 - time.time() + 0.002  # rounding must not leave it before the hour
        fresh = self.folder / "clock.new"
        fresh.write_text(f"{shift:.3f}", "ascii")
        fresh.replace(self.folder / "clock")

    def now(self) -> Millis:
        """What the clock of sidecar and scheduler says."""
        return ShiftedClock(self.folder / "clock").now()

    def mails(self, to: str) -> list[EmailMessage]:
        """The mails to an address, as they lie in the folder, oldest first."""
        found = [
            (path.stat().st_mtime_ns, message_from_bytes(path.read_bytes(), EmailMessage, policy=modern))
            for path in (self.folder / "mail").glob("*.eml")
        ]
        return [mail for _, mail in sorted(found, key=lambda pair: pair[0]) if to in str(mail["To"])]

    def wait_for_mail(self, to: str, kind: str) -> EmailMessage:
        """The mail of a kind (the start of what its Message-ID says after the escalation) to an address."""
        return self.wait_for(
            f"a mail of the kind {kind}",
            lambda: next((mail for mail in self.mails(to) if f".{kind}" in str(mail["Message-ID"])), None),
        )

    def quiet(self) -> bool | None:
        """Whether everything that was to be sent is sent: the clock may be turned."""
        return True if self.command("outbox", "list", "--json").strip() == "[]" else None

    def tails(self) -> str:
        """The ends of both logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"-- {log.name}\n" + "\n".join(log.read_text("utf-8", "replace").splitlines()[-TAIL_LINES:]) for log in logs
        )

    def stop(self) -> None:
        """End both processes."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage with nothing running yet; whatever runs in the end is stopped, and the folder removed."""
    with TemporaryDirectory(prefix="bridge-demo-") as name:
        folder, address = Path(name), f"127.0.0.1:{free_port()}"
        made = Stage(folder, f"http://{address}", environment(folder, address))
        try:
            yield made
        finally:
            made.stop()


def environment(folder: Path, address: str) -> dict[str, str]:
    """The machine's environment without any setting of ours, and the demo's settings."""
    customers = folder / "customers.csv"
    customers.write_bytes((files("bridge") / "demo" / "customers.csv").read_bytes())
    others = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    return {
        **others,
        "BRIDGE_BIND": address,
        "BRIDGE_DATABASE_URL": f"sqlite:///{folder}/bridge.db",
        "BRIDGE_CRM": f"file:{customers}",
        "BRIDGE_MAIL": f"folder:{folder}/mail",
        "BRIDGE_CLOCK": f"file:{folder}/clock",
        "BRIDGE_TICK": "0.3",
    }


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def open_stage(made: Stage) -> tuple[Client, Client]:
    """Add the site, start both processes and wait until they are well; the chat's client and the team's."""
    arguments = ("site", "add", SITE, "--url", "https://shop.example.com", "--timezone", ZONE, "--json")
    pairing: Json = json.loads(made.command(*arguments))
    made.start("sidecar", "bridge.cli", "serve")
    made.start("scheduler", "scheduler")
    made.wait_for("the sidecar and the scheduler to be ready", made.ready)
    return Client(made.base, SITE, pairing["chat_secret"]), Client(made.base, SITE, pairing["admin_secret"])
