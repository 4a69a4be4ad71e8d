"""`make carry`: how many turns a second each layout carries, from one file to several machines on one database.

    make carry CARRY="[--turns N]"

Sidecars, schedulers, PostgreSQL and the load share this machine, so several sidecars gain what its cores allow: CPU per
turn is the number to plan by, for it hardly depends on what else runs here. Disks are waited for as in production.
"""

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from load import Result, closed_loop
from processes import cpu_ms
from support.postgres import Postgres, postgres_server
from support.sidecar import Live, free_port, kill_group, prepare_live
from traffic import Caller, new_sessions, turns_of

LAYOUTS = (("SQLite", 1), ("PostgreSQL", 1), ("PostgreSQL", 2), ("PostgreSQL", 3))
CONNECTIONS = 16
"""Over all sidecars."""
SESSIONS = 40
SAFE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


@dataclass(frozen=True)
class Measured:
    """What one layout did: turns a second, the 99th percentile in ms, and ms of CPU a turn."""

    per_second: float
    p99: float
    sidecar_ms: float
    database_ms: float


def machines(live: Live, number: int, stack: ExitStack) -> list[Live]:
    """So many sidecars, each with its scheduler."""
    started = []
    for one in range(number):
        address, folder = f"127.0.0.1:{free_port()}", live.folder / str(one)
        folder.mkdir()
        machine = replace(live, folder=folder, url=f"http://{address}", env={**live.env, "BRIDGE_BIND": address})
        stack.callback(machine.stop)
        started.append(machine.serve())
        stack.callback(kill_group, machine.spawn("scheduler.log", "scheduler"))
    return started


def measure(url: str, folder: Path, number: int, turns: int, server: Postgres | None) -> Measured:
    """Warm up, then every sidecar is asked at once."""
    with ExitStack() as stack:
        live = prepare_live(folder, url, threads="16", tick="2")
        started = machines(live, number, stack)
        callers = [
            Caller(one.url.removeprefix("http://"), live.pairing.site, live.pairing.chat_secret) for one in started
        ]
        asked(callers, 1, 2)
        before, served = used(started, server), turns // (SESSIONS * number)
        results = asked(callers, 1, served)
        after = used(started, server)
    latencies = sorted(one for result in results for one in result.latencies)
    return Measured(
        sum(result.per_second for result in results),
        latencies[int(len(latencies) * 0.99)],
        (after[0] - before[0]) / len(latencies),
        (after[1] - before[1]) / len(latencies),
    )


def asked(callers: list[Caller], first: int, last: int) -> list[Result]:
    """Fresh conversations at each sidecar, so many turns of each."""

    def one(caller: Caller) -> Result:
        host, _, port = caller.host.partition(":")
        sessions = new_sessions(SESSIONS)
        address, connections = (host, int(port)), CONNECTIONS // len(callers)
        closed_loop(address, [caller.start(session) for session in sessions], connections)
        result = closed_loop(address, list(turns_of(caller, sessions, first, last)), connections)
        assert result.statuses.keys() == {200}, result.statuses
        return result

    with ThreadPoolExecutor(len(callers)) as pool:
        return list(pool.map(one, callers))


def used(started: list[Live], server: Postgres | None) -> tuple[float, float]:
    """Milliseconds of CPU so far: of the sidecars, and of the database server."""
    database = cpu_ms(server.pid) if server else 0.0
    return sum(cpu_ms(one.process.pid) for one in started if one.process), database


@contextmanager
def database(kind: str, folder: Path, server: Postgres) -> Iterator[tuple[str, Postgres | None]]:
    """An empty one."""
    yield (server.create(), server) if kind == "PostgreSQL" else (f"sqlite:///{folder / 'bridge.db'}", None)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=4000, metavar="N", help="turns of each layout")
    turns: int = parser.parse_args().turns
    busy = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; load before: {busy:.1f}\n"
    )
    print("| layout | turns/s | p99 ms | CPU ms a turn | and in the database |\n| --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as name, postgres_server(SAFE) as server:
        for kind, number in LAYOUTS:
            folder = Path(name) / f"{kind}{number}"
            folder.mkdir()
            with database(kind, folder, server) as (url, postgres):
                found = measure(url, folder, number, turns, postgres)
            layout = f"{kind}, {number} sidecar{'s' if number > 1 else ''}"
            in_database = f"{found.database_ms:.2f}" if postgres else "the same process"
            print(
                f"| {layout} | {found.per_second:.0f} | {found.p99:.0f} | {found.sidecar_ms:.2f} | {in_database} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
