"""A whole installation in separate processes, each of which can be killed and started again: WordPress with plugin
and echo bot, the sidecar, the scheduler, a CRM export, a Zendesk and a mail server, and a clock that can be moved."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import requests
from loopback import direct_session
from mailcatcher import MailCatcher
from sidecar import Sidecar
from support.forked import Forked
from support.sidecar import kill_group
from wordpress_site import ECHO_BOT, Site, build_plugin_zip

TESTS = Path(__file__).parents[1]
NEW_YORK = ZoneInfo("America/New_York")
CUSTOMERS = "email,name,tier,billing_status,sla\nanna@example.test,Anna Schmidt,enterprise,past due,4 h response\n"
READY_LIMIT_S = 60
HOOK_SECRET = "hook-secret"


class Installation:
    """Everything that one shop runs, on loopback, in one folder.

    Args:
        core: a WordPress from `wordpress_core`.
        folder: for databases, ledgers and logs.
        php: what WordPress is run with, see `Site`.
        paired: whether the environment has the pairing code, or nobody has set it yet.
    """

    def __init__(self, core: Path, folder: Path, *, php: Sequence[str] | None = None, paired: bool = True) -> None:
        self.folder = folder
        self.ledger = folder / "zendesk.jsonl"
        self._core = core
        self._php = php
        self._paired = paired
        self._clock = folder / "clock"
        self._running: dict[str, Forked | subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self) -> Iterator[Self]:
        (self.folder / "customers.csv").write_text(CUSTOMERS)
        with MailCatcher(self.folder / "mail.jsonl").running() as self.mail:
            self.site = Site(self._core, plugins=[build_plugin_zip(self.folder), ECHO_BOT], php=self._php)
            try:
                self._start_all()
                yield self
            finally:
                for name in [*self._running]:
                    self.kill(name)
                self.site.stop()

    def _start_all(self) -> None:
        self.zendesk = zendesk = self._start_zendesk()
        self.sidecar = Sidecar(
            self.folder,
            smtp=self.mail.address,
            env={
                "BRIDGE_CLOCK": f"file:{self._clock}",
                "BRIDGE_CRM": f"file:{self.folder / 'customers.csv'}",
                "BRIDGE_DESK": "zendesk",
                "BRIDGE_ZENDESK_URL": f"http://{zendesk}",
                "BRIDGE_ZENDESK_TOKEN": "a-token-for-tests",
                "BRIDGE_ZENDESK_WEBHOOK_SECRET": HOOK_SECRET,
                "BRIDGE_ALLOW_PRIVATE_UPSTREAMS": zendesk,
                "BRIDGE_TICK": "0.3",
            },
        )
        self.pairing = json.loads(
            self.sidecar.command(
                "site", "add", "shop", "--url", self.site.url, "--timezone", "America/New_York",
                "--team-email", "team@example.test", "--json",
            )
        )  # fmt: skip
        if self._paired:
            self.site.env["ESCBRIDGE_PAIRING"] = self.pairing["pairing_code"]
        self.start("scheduler")
        self.start("sidecar")
        self.site.start()

    def _start_zendesk(self) -> str:
        command = (sys.executable, "-m", "support.zendesk_server", "0", self.ledger)
        process = subprocess.Popen(
            command, cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._running["zendesk"] = process
        assert process.stdout
        with process.stdout as told:
            return told.readline().decode().strip()

    # The clock

    def move_clock_to(self, wall: str) -> None:
        """Make it so late in New York, for decisions and due work."""
        at = datetime.fromisoformat(wall).replace(tzinfo=NEW_YORK)
        scratch = self._clock.with_suffix(".new")
        scratch.write_text(str(at.timestamp() - time.time()))
        scratch.replace(self._clock)

    # Processes

    def start(self, name: str) -> None:
        command = {"sidecar": ("bridge.cli", "serve"), "scheduler": ("scheduler",)}[name]
        self._running[name] = Forked(command, self.folder, self.sidecar.env, self.sidecar.log)
        if name == "sidecar":
            self._await_sidecar()

    def kill(self, name: str) -> None:
        """kill -9, its workers with it."""
        kill_group(self._running.pop(name))

    def kill_and_start(self) -> None:
        """kill -9 sidecar and scheduler, and start them as a supervisor would."""
        for name in ("sidecar", "scheduler"):
            self.kill(name)
        for name in ("scheduler", "sidecar"):  # the one begins while the other is waited for
            self.start(name)

    def _await_sidecar(self) -> None:
        ends = time.monotonic() + READY_LIMIT_S
        while time.monotonic() < ends:
            with suppress(requests.ConnectionError, requests.Timeout), direct_session() as session:
                if session.get(f"{self.sidecar.url}/healthz", timeout=5).ok:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the sidecar does not answer: {self.sidecar.log.read_text()[-1500:]}")

    # Witnesses outside the system under test

    def tickets(self) -> list[dict[str, Any]]:
        """What Zendesk's own ledger holds."""
        return [json.loads(line) for line in self.ledger.read_text().splitlines()] if self.ledger.exists() else []

    def mails_to(self, address: str) -> list[Any]:
        return [mail for mail in self.mail.mails() if address in mail.recipients]


def eventually(look: Any, *, seconds: float = 60) -> Any:
    """What `look` returns as soon as that is true; fails when it never is."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.1)
    return found
