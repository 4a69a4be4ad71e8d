"""The negative control: the same storm over a naive service. A harness that finds nothing wrong there is broken."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from crash.naive import DATABASE, DESK
from crash.report import Result
from crash.storm import CLIENTS, FLAKY, GIVES_UP_S, killing
from support.contractcheck import Loopback
from support.sidecar import free_port, kill_group
from support.waiting import until
from support.world import children
from support.zendesk_server import ZendeskVendor


def naive_storm(case: str, folder: Path, *, sessions: int, seed: int) -> Result:
    """The same storm as the product's, over this."""
    began, chance, vendor = time.monotonic(), random.Random(seed), ZendeskVendor()
    vendor.state.switch({"seed": seed, **FLAKY})
    with Loopback(vendor) as desk:
        url = f"http://127.0.0.1:{free_port()}"
        process = serve(folder, url, desk.base_url)
        try:
            until(lambda: children(process.pid), "workers")
            crowd = Crowd(process, url, [f"s{number}" for number in range(sessions)])
            with killing(lambda: kill_one(process.pid, chance), lambda: len(crowd.answered), seed) as kills:
                crowd.talk()
        finally:
            kill_group(process)
    made = [str(ticket["external_id"]) for ticket in vendor.state.tickets]
    lost = sum(one not in made for one in set(crowd.answered))
    dup = sum(made.count(one) > 1 for one in set(made))
    return Result(case, sessions, len(kills), lost, dup, seed, round(time.monotonic() - began))


def serve(folder: Path, url: str, desk: str) -> "subprocess.Popen[bytes]":
    """gunicorn with two workers, in a process group of its own."""
    bind = url.removeprefix("http://")
    command = (sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "2", "-b", bind, "crash.naive:app")
    env = {**os.environ, DATABASE: str(folder / "naive.db"), DESK: desk, "PYTHONPATH": str(Path(__file__).parents[1])}
    with (folder / "naive.log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)


def kill_one(arbiter: int, chance: random.Random) -> bool:
    """SIGKILL to one of its workers."""
    workers = children(arbiter)
    if workers:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
    return bool(workers)


@dataclass
class Crowd:
    """Visitors who ask until they are answered."""

    process: "subprocess.Popen[bytes]"
    url: str
    todo: list[str]
    answered: list[str] = field(default_factory=list)

    def talk(self) -> None:
        threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self) -> None:
        with suppress(IndexError):
            while True:
                self._insist(self.todo.pop())

    def _insist(self, session: str) -> None:
        ends = time.monotonic() + GIVES_UP_S
        while time.monotonic() < ends and self.process.poll() is None:
            with suppress(requests.RequestException):
                if requests.post(f"{self.url}/turn", json={"session": session}, timeout=3).ok:
                    self.answered.append(session)
                    return
            time.sleep(0.05)
