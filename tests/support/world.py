"""The product's processes on one database, and the witnesses outside: a Zendesk of our own, and a mail server."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

from support.checker import Said, Seen, broken_invariants
from support.contractcheck import Loopback
from support.forked import Forked
from support.loopback import listening
from support.sidecar import SHOP, Live, kill_group, looking, prepare_live
from support.smtp_server import Script
from support.waiting import PATIENCE, until
from support.zendesk_server import ZendeskVendor

from bridge.domain.values import Json
from bridge.ports import Store, Tx

WORKERS = 2
"""Of each sidecar."""
LEASE_S = 61
QUIET_S = 3.0
"""Without progress for so long, nobody alive is at work on a row: a call is answered or given up by then."""
CANARY = "on hold by 7b1d"
"""What only the CRM knows."""
CRM = f"email,tier,billing_status\nuser7@example.org,enterprise,{CANARY}\n"


@dataclass
class World:
    """Sidecar and schedulers, and what stands outside of them."""

    live: Live
    vendor: ZendeskVendor
    post: Script
    shift: Path
    schedulers: list[Forked] = field(default_factory=list)
    shifted: float = 0.0
    killed_senders: int = 0

    def start(self, schedulers: int = 1) -> None:
        for _ in range(schedulers):
            self.start_scheduler()
        self.live.serve()

    def start_scheduler(self, under: Sequence[str] = ()) -> None:
        self.schedulers.append(self.live.spawn("scheduler.log", "scheduler", under=under))

    def kill(self) -> None:
        """Everything that is ours, at once."""
        self.killed_senders += len(self.schedulers) + 1
        for scheduler in self.schedulers:
            kill_group(scheduler)
        self.schedulers.clear()
        self.live.kill()

    def kill_and_start(self, schedulers: int = 1) -> None:
        self.kill()
        self.start(schedulers)

    def replace_a_scheduler(self, chance: random.Random) -> None:
        """Kill one of them, and start another in its place."""
        self.killed_senders += 1
        kill_group(self.schedulers.pop(chance.randrange(len(self.schedulers))))
        self.start_scheduler()

    def workers(self) -> list[int]:
        """The processes that serve requests, as soon as all are there: gunicorn starts one a little after the other."""
        arbiter = self.live.process
        assert arbiter
        until(lambda: len(children(arbiter.pid)) == WORKERS, "all workers")
        return children(arbiter.pid)

    def kill_a_worker(self, chance: random.Random) -> bool:
        """SIGKILL to a process that serves requests; gunicorn starts another. False where there was none just then."""
        workers = children(self.live.process.pid) if self.live.process else []
        if not workers:
            return False
        self.killed_senders += 1
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
        return True

    def later(self, seconds: float) -> None:
        """Shift the clock of decisions and due work."""
        self.shifted += seconds
        self.shift.write_text(str(self.shifted))

    def tickets(self) -> Counter[str]:
        return Counter(str(ticket["external_id"]) for ticket in self.vendor.state.tickets)

    def notes(self) -> Counter[str]:
        """What was added to tickets, by the mark in its last line."""
        return Counter(said["body"].rsplit("[", 1)[1].rstrip("]") for said in self.vendor.state.comments)

    def mails(self, part: str = "") -> Counter[str]:
        """What the mail server has taken, by Message-ID, where that has this part."""
        taken = (str(message_from_bytes(one)["Message-ID"]) for one in self.post.messages)
        return Counter(name for name in taken if part in name)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with looking(self.live) as store, store.read() as tx:
            yield tx

    def waiting(self) -> Json:
        with self.reading() as tx:
            return unsent(tx)

    def settle(self) -> float:
        """Until nothing waits to be sent; what the dead held in lease is taken over when that has run out.

        Returns the seconds that it took, without those of the lease, which are skipped.
        """
        with looking(self.live) as store:
            return self._settle(store)

    def _settle(self, store: Store) -> float:
        began = moved = time.monotonic()
        before = look(store)
        while before:
            assert time.monotonic() < began + PATIENCE, f"never sent: {before} {self.vendor.problems()[:3]}"
            time.sleep(0.1)
            now = look(store)
            if now != before:
                moved, before = time.monotonic(), now
            if time.monotonic() > moved + QUIET_S:
                self.later(LEASE_S)
                moved = time.monotonic()
        return time.monotonic() - began

    def broken(self, said: list[Said]) -> list[str]:
        """Which of the eight invariants do not hold, now that everything is settled."""
        with self.reading() as tx:
            seen = Seen(tx, SHOP.id, said, self.tickets(), self.mails(), self.killed_senders, self.notes(), [CANARY])
            return broken_invariants(seen)


@contextmanager
def a_world(folder: Path, database: str, **settings: str) -> Iterator[World]:
    """Prepared, and not yet started; whatever runs in the end is killed.

    Args:
        folder: where processes write what they write.
        database: its URL.
        settings: more of them, without `BRIDGE_`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vendor, post, shift = ZendeskVendor(folder / "ledger.jsonl"), Script(), folder / "shift"
    shift.write_text("0")
    (folder / "crm.csv").write_text(CRM)
    with ExitStack() as stack:
        zendesk = stack.enter_context(Loopback(vendor))
        server = stack.enter_context(listening(post))
        own = {
            "workers": str(WORKERS),
            "clock": f"file:{shift}",
            "crm": f"file:{folder / 'crm.csv'}",
            "crm_budget": "0.3",  # which the start of a chat with a typed address waits out
            "mail": f"smtp://127.0.0.1:{server.port}",
            "desk": "zendesk",
            "zendesk_url": zendesk.base_url,
            "zendesk_token": "token",
            "desk_rate": "10000",  # what is shown is that nothing is lost; the budget has tests of its own
            "allow_private_upstreams": zendesk.endpoint,
        }
        world = World(prepare_live(folder, database, **{**own, **settings}), vendor, post, shift)
        try:
            yield world
        finally:
            world.kill()


def unsent(tx: Tx) -> Json:
    """How many rows of the outbox there are in each state but `sent`."""
    return {state: number for state, number in tx.ops.counts()["outbox"].items() if state != "sent"}


def look(store: Store) -> Json:
    with store.read() as tx:
        return unsent(tx)


def children(pid: int) -> list[int]:
    """The processes that one has started itself."""
    try:
        return [int(name) for name in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []
