"""The sidecar with its scheduler, started as its users start it: `bridge up`, with its data in one folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import requests
from loopback import direct_session, free_port
from support.forked import completed

BRIDGE = Path(sys.executable).with_name("bridge")
READY_LIMIT_S = 60
STOP_LIMIT_S = 15


class SidecarError(RuntimeError):
    """The bridge did not start, or a command of it failed; the message holds its own words."""


class Sidecar:
    """One bridge on a free loopback port, with a fresh SQLite database.

    Args:
        folder: where database and log go.
        smtp: HOST:PORT of the server that takes its mail.
        env: further BRIDGE_* settings; the caller's own environment is below them.
        upstreams: HOST:PORT of what it may call on this machine, beside the mail server.
        program: the bridge program, where commands are not to be forked from this environment's own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        smtp: str,
        env: Mapping[str, str] | None = None,
        upstreams: Sequence[str] = (),
        program: Path | None = None,
    ) -> None:
        self.folder, self.program = folder, program
        self.log = folder / "bridge.log"
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self.env = {
            **os.environ,
            "BRIDGE_DATABASE_URL": f"sqlite:///{folder.resolve() / 'bridge.db'}",
            "BRIDGE_BIND": address,
            "BRIDGE_MAIL": f"smtp://{smtp}",
            "BRIDGE_ALLOW_PRIVATE_UPSTREAMS": ",".join((smtp, *upstreams)),
            **(env or {}),
        }

    def command(self, *arguments: str) -> str:
        """Run `bridge ...` with this sidecar's settings, return what it prints."""
        done = (
            self._run(self.program, arguments)
            if self.program
            else completed(("bridge.cli", *arguments), self.folder, self.env)
        )
        if done.returncode:
            words = (done.stderr + done.stdout).strip()[-1500:]
            raise SidecarError(f"bridge {' '.join(arguments)} ended with {done.returncode}: {words}")
        return done.stdout

    def _run(self, program: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        command = (program, *arguments)
        try:
            return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise SidecarError(f"{program} is not there: run `make install` first") from error

    def add_site(self, name: str, url: str) -> dict[str, Any]:
        """Register a site in the time zone of `boot/`; the answer holds its secrets and the pairing code."""
        added = self.command("site", "add", name, "--url", url, "--timezone", "America/New_York", "--json")
        site: dict[str, Any] = json.loads(added)
        return site

    @contextmanager
    def running(self) -> Iterator[Self]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                (self.program or BRIDGE, "up"),
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is not for it
            )
        try:
            self._await(process)
            yield self
        finally:
            _end(process)

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + READY_LIMIT_S
        while process.poll() is None and time.monotonic() < ends:
            with suppress(requests.ConnectionError, requests.Timeout), direct_session() as session:
                if session.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            time.sleep(0.05)
        raise SidecarError(f"the bridge is not ready at {self.url}: {self.log.read_text()[-1500:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask for an orderly end; what is left of its process group after that is killed."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_LIMIT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
