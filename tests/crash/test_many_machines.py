"""Three sidecars and three schedulers on one PostgreSQL, as on several machines: two die, nobody is lost or doubled.

ESCBRIDGE_MACHINES is how many visitors ask for a person; `make crash` has a thousand of them.
"""

import itertools
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from support.contractcheck import Loopback
from support.forked import Forked
from support.sidecar import Caller, Chat, Live, free_port, kill_group, over_http, prepare_live
from support.zendesk_server import ZendeskVendor

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain.values import Json

VISITORS = int(os.environ.get("ESCBRIDGE_MACHINES", "150"))
MACHINES = 3
CALLERS = 12
PATIENCE = 60.0
LEASE_S = 61

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass
class Fleet:
    """The processes of all machines, and what stands in front of them: whoever answers is as good as any other."""

    live: Live
    shift: Path
    sidecars: list[Live]
    schedulers: list[Forked] = field(default_factory=list)
    shifted: float = 0.0

    def start(self) -> None:
        for number, one in enumerate(self.sidecars):
            one.serve()
            self.schedulers.append(one.spawn(f"scheduler{number}.log", "scheduler"))

    def kill(self, number: int) -> None:
        """The sidecars come first, the schedulers after them."""
        if number < MACHINES:
            self.sidecars[number].kill()
        else:
            kill_group(self.schedulers[number - MACHINES])

    def stop(self) -> None:
        for number in range(MACHINES + len(self.schedulers)):
            self.kill(number)

    def front(self) -> Caller:
        """Each call goes to the next sidecar, whether it answers or not."""
        turns = itertools.cycle([over_http(one.url) for one in self.sidecars])

        def send(*call: Any) -> Any:
            return next(turns)(*call)

        return replace(self.live.caller(), transport=send)

    def numbers(self) -> dict[str, dict[str, float]]:
        assembly = bootstrap.build(Settings(database_url=SecretStr(self.live.env["BRIDGE_DATABASE_URL"])))
        try:
            with assembly.bridge.store.read() as tx:
                return tx.ops.counts()
        finally:
            assembly.close()

    def settle(self) -> None:
        """Until everything is sent. Where nothing moves any more, the leases of the dead are let run out."""
        ends, left = time.monotonic() + PATIENCE, self.unsent()
        while left:
            assert time.monotonic() < ends, f"never sent: {left}"
            time.sleep(1)
            before, left = left, self.unsent()
            if left == before:
                self.shifted += LEASE_S
                self.shift.write_text(str(self.shifted))

    def unsent(self) -> dict[str, float]:
        return {state: rows for state, rows in self.numbers()["outbox"].items() if state != "sent"}


@contextmanager
def fleet_on(folder: Path, url: str, zendesk: Loopback) -> Iterator[Fleet]:
    shift = folder / "shift"
    shift.write_text("0")
    live = prepare_live(
        folder, url, clock=f"file:{shift}", threads="8", desk="zendesk", zendesk_url=zendesk.base_url,
        zendesk_token="token", desk_rate="10000", mail_rate="10000", allow_private_upstreams=zendesk.endpoint,
    )  # fmt: skip
    fleet = Fleet(live, shift, [machine(live, number) for number in range(MACHINES)])
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()


def machine(live: Live, number: int) -> Live:
    folder, address = live.folder / f"machine{number}", f"127.0.0.1:{free_port()}"
    folder.mkdir()
    return replace(live, folder=folder, url=f"http://{address}", env={**live.env, "BRIDGE_BIND": address})


@dataclass
class Visitor:
    """Asks for a person, and writes once more; every call is made until it is answered."""

    chat: Chat
    escalation: str = ""
    after_the_lock: str = ""

    def play(self) -> None:
        customer = {"identity": "verified", "user_id": self.chat.id}  # so many who are not logged in are a flood
        self.insist("/v1/sessions", {"session_id": self.chat.id, "visitor": customer})
        decided = self.insist(f"/v1/sessions/{self.chat.id}/turns", {"turn_id": "t1", "text": "I want a human"})
        self.escalation = decided["escalation"]["id"]
        later = self.insist(f"/v1/sessions/{self.chat.id}/turns", {"turn_id": "t2", "text": "Is anybody there?"})
        self.after_the_lock = later["action"]

    def insist(self, target: str, body: Json) -> Json:
        """Each attempt is signed anew: one whose answer was lost may have been taken, and its nonce with it."""
        while True:
            with suppress(requests.RequestException):
                answer = self.chat.caller.send("POST", target, body)
                if answer.status != 503:
                    assert answer.status in (200, 201), (answer.status, answer.body)
                    return answer.json
            time.sleep(0.05)


def test_two_of_six_processes_die_and_every_visitor_has_one_ticket(postgres: Any, fresh_postgres: Any,
                                                                   tmp_path: Path) -> None:  # fmt: skip
    seed = secrets.randbelow(2**32)
    print(f"seed: {seed}")
    chance = random.Random(seed)
    vendor = ZendeskVendor(tmp_path / "ledger.jsonl")
    vendor.state.switch({"seed": seed, "drop_after": 0.1, "fail": 0.1})
    with Loopback(vendor) as zendesk, fleet_on(tmp_path, fresh_postgres(), zendesk) as fleet:
        began = time.monotonic()
        visitors = [Visitor(Chat(fleet.front())) for _ in range(VISITORS)]
        dying = play(fleet, visitors, chance)
        played = time.monotonic() - began
        fleet.settle()
        numbers = fleet.numbers()
        settled = time.monotonic() - began
    tickets = Counter(str(ticket["external_id"]) for ticket in vendor.state.tickets)
    wanted = {one.escalation for one in visitors}
    lost, doubled = len(wanted - tickets.keys()), sum(number - 1 for number in tickets.values())
    print(f"{VISITORS} visitors, killed {dying}: {played:.1f} s until all were answered, {settled:.1f} s until all "
          f"was sent; lost {lost}, doubled {doubled}")  # fmt: skip
    assert (lost, doubled) == (0, 0)
    assert (len(wanted), tickets.keys()) == (VISITORS, wanted)
    assert "answer" not in {one.after_the_lock for one in visitors}
    assert numbers["escalations"] == {"open": VISITORS}
    assert numbers["commitments"] == {"pending": VISITORS}
    assert numbers["outbox"] == {"sent": 3 * VISITORS}  # the ticket, the second message as its note, the team's mail
    assert len(list((tmp_path / "mail").glob("*team.new*.eml"))) == VISITORS


def play(fleet: Fleet, visitors: list[Visitor], chance: random.Random) -> list[str]:
    """All visitors at once, as far as there are hands; two processes die on the way. Returns which ones."""
    names = [f"{what} {number}" for what in ("sidecar", "scheduler") for number in range(1, MACHINES + 1)]
    dying = chance.sample(range(2 * MACHINES), 2)
    moments = sorted(chance.randrange(VISITORS // 10, VISITORS * 9 // 10) for _ in dying)
    served, deaths = itertools.count(1), dict(zip(moments, dying, strict=False))
    lock = threading.Lock()

    def one(visitor: Visitor) -> None:
        visitor.play()
        with lock:
            victim = deaths.pop(next(served), None)
        if victim is not None:
            fleet.kill(victim)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(one, visitors))
    return [names[number] for number in dying]
