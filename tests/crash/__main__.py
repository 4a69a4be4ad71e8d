"""`make crash`: kill, cut, fill and break, count what was lost or doubled, and write one table of it.

    make crash CRASH="[--only R01,R03,...] [--write]"

Writes build/crash.json after each case, and keeps there what an earlier run has said of the others. With `--write` the
table goes into the README and into tests/crash/last_run.json, where the other cases stay as they stand. Ends with 1
where anything was lost or doubled, or where the negative control was not caught.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from crash import report
from crash.control import naive_storm
from crash.disks import disk_full, disk_refuses
from crash.powercut import power_cut
from crash.report import Result
from crash.storm import storm
from crash.sweep import PATHS, points, sweep
from pydantic import SecretStr
from support import disks, strace
from support.postgres import NoPostgres, binaries, postgres_server

from bridge import bootstrap
from bridge.config import Settings

SESSIONS: Final = 300
CUT_SESSIONS: Final = 200
SEEDS: Final = (1, 2, 3)

Missing = Callable[[], str | None]
Run = Callable[[Path], Result]


@dataclass(frozen=True)
class Case:
    """A row of the table: its name and seed, what makes it, and why it cannot be made here."""

    name: str
    seed: int | None
    run: Run
    missing: Missing = lambda: None


def cases() -> Iterator[Case]:
    """All of them, in the order of the table."""
    for name, senders in (("R01 workers killed", False), ("R02 workers and senders killed", True)):
        for seed in SEEDS:
            yield on_sqlite(f"{name} (SQLite)", seed, senders=senders)
        yield on_postgres(f"{name} (PostgreSQL)", SEEDS[0], senders=senders)
    for path in PATHS:
        name = f"R03 dies at each system call ({path} path)"
        yield Case(name, None, partial(swept, name, path), lambda: strace.missing)
    for seed in SEEDS:
        name = "R04 power cut over HTTP"
        yield Case(name, seed, partial(power_cut, name, sessions=CUT_SESSIONS, seed=seed), disks.missing)
    yield Case("R05 disk full", None, partial(disk_full, "R05 disk full"), disks.missing)
    name = "R06 disk refuses to sync (EIO)"
    yield Case(name, None, partial(disk_refuses, name), lambda: strace.missing)
    yield Case(report.CONTROL, 1, partial(naive_storm, report.CONTROL, sessions=SESSIONS, seed=1))


def on_sqlite(name: str, seed: int, *, senders: bool) -> Case:
    def run(folder: Path) -> Result:
        return storm(name, folder, sqlite(folder), sessions=SESSIONS, seed=seed, senders=senders)

    return Case(name, seed, run)


def on_postgres(name: str, seed: int, *, senders: bool) -> Case:
    def run(folder: Path) -> Result:
        with postgres_server() as server:
            return storm(name, folder, server.create(), sessions=SESSIONS, seed=seed, senders=senders)

    return Case(name, seed, run, no_postgres)


def no_postgres() -> str | None:
    """Why there is none, or None."""
    try:
        binaries()
    except NoPostgres as error:
        return str(error)
    return None


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/bridge.db"


def swept(name: str, path: str, folder: Path) -> Result:
    """All points of a path, each on a copy of one migrated database."""
    bootstrap.migrate(Settings(database_url=SecretStr(sqlite(folder))))
    copies = (folder / f"{number}.db" for number in count())

    def fresh() -> str:
        return f"sqlite:///{shutil.copy(folder / 'bridge.db', next(copies))}"

    return sweep(name, path, points(path), folder, fresh)


def main() -> int:
    options = _options()
    began, commit, skipped = time.monotonic(), report.current_commit(), dict[str, str]()
    print(report.line(report.HEADINGS), flush=True)
    for case in cases():
        if not case.name.startswith(tuple(options.only)):
            continue
        if why := case.missing():
            skipped[case.name] = why
            print(f"skipped: {case.name}: {why}", flush=True)
            continue
        with TemporaryDirectory(prefix="crash") as folder:
            result = replace(case.run(Path(folder)), commit=commit)
        print(report.line(result.cells()), *result.more.get("broken", ()), sep="\n  ", flush=True)
        report.keep(result)
    known, rows = report.read_json(report.OUTPUT), [(case.name, case.seed) for case in cases()]
    if options.write:
        report.write(report.in_order([*report.read_json(report.LAST_RUN), *known], rows))
    bad = [result for result in known if not result.good]
    print(f"\n{len(bad)} of {len(known)} cases are wrong; {time.monotonic() - began:.0f} s; build/crash.json")
    return 1 if bad else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[""], help="cases by how they begin")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
