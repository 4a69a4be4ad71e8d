"""`make bench`: what a turn costs beside a Flask hello-world, in the same run, against the budgets.

    make bench BENCH="[--quick] [--stored N]"

The server has one core, the load another. Requests are signed beforehand. A number without a ratio belongs to this
machine; ratios survive it. Writes build/bench.json; ends with 0 even where a budget is missed, and says so.
"""

import argparse
import compileall
import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import recorded
import seed
from judging import judge_cost_us
from load import Address, Result, closed_loop, open_loop
from processes import BIN, cores, cpu_ms, resident_mb, running, wait_until_ok
from traffic import Caller, new_sessions, turns_of

from bridge.config import Settings
from bridge.serve import gunicorn_settings

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parents[1] / "build" / "bench.json"
SPREAD = 0.15
"""Rounds that differ by more are run again."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    requests: int = 2000
    rounds: int = 3
    at_rate: int = 400
    long_sessions: int = 2
    long_turns: int = 1000
    starts: int = 3
    stored: int = 100_000
    recorded: int = 10_000


QUICK = Size(
    requests=500, rounds=2, at_rate=100, long_sessions=1, long_turns=300, starts=1, stored=20_000, recorded=2_000
)


@dataclass(frozen=True)
class Line:
    """One row of the table. `ratio` is to the hello-world, or to the other side of the comparison."""

    name: str
    budget: str
    value: str
    ratio: float | None
    met: bool | None


@dataclass(frozen=True)
class Server:
    """A running server under measurement."""

    pid: int
    address: Address
    caller: Caller

    def cpu_per_request(self, requests: Sequence[bytes], connections: int = 1) -> tuple[float, Result]:
        """Milliseconds of CPU of the server for each request, and what came back."""
        before = cpu_ms(self.pid)
        result = closed_loop(self.address, requests, connections)
        return (cpu_ms(self.pid) - before) / len(requests), result


class Bench:
    """The measurements over one hello-world and one sidecar."""

    def __init__(self, size: Size, hello: Server, sidecar: Server, database: Path) -> None:
        self.size, self.hello, self.sidecar, self.database = size, hello, sidecar, database

    def all(self) -> Iterator[Line]:
        yield from self.cost()
        yield from self.throughput()
        yield from self.at_a_rate()
        yield from self.memory()
        yield from self.long_session()
        yield from self.many_sessions()

    def cost(self) -> Iterator[Line]:
        hello = self.repeated(self.hello_cost)
        yield Line("CPU of a hello-world", "", f"{hello:.2f} ms", 1.0, None)
        turn = self.repeated(self.turn_cost)
        yield ratio_line("CPU of a turn", turn / hello, f"{turn:.2f} ms", at_most=4, aim=2.5)
        reply = self.repeated(self.reply_cost)
        yield Line("CPU of a bot's reply", "", f"{reply:.2f} ms", round(reply / hello, 2), None)
        handed = self.repeated(self.escalated_cost)
        yield Line(
            "CPU of a turn that escalates, its mail included", "", f"{handed:.2f} ms", round(handed / hello, 2), None
        )

    def repeated(self, measure: Callable[[], float]) -> float:
        """The median of the rounds; more of them while they disagree."""
        found = [measure() for _ in range(self.size.rounds)]
        while len(found) < 2 * self.size.rounds and max(found) - min(found) > SPREAD * median(found):
            found.append(measure())
        return median(found)

    def hello_cost(self) -> float:
        cost, result = self.hello.cpu_per_request([self.hello.caller.hello()] * self.size.requests)
        assert result.statuses.keys() == {200}
        return cost

    def turn_cost(self) -> float:
        cost, result = self.sidecar.cpu_per_request(self.fresh_turns())
        answered(result)
        return cost

    def reply_cost(self) -> float:
        sessions = self.started(self.size.requests // 10)
        answered(closed_loop(self.sidecar.address, list(turns_of(self.sidecar.caller, sessions, 1, 1)), 16))
        requests = [self.sidecar.caller.reply(session, 1) for session in sessions]
        cost, result = self.sidecar.cpu_per_request(requests)
        answered(result)
        return cost

    def escalated_cost(self) -> float:
        sessions = self.started(self.size.requests // 10)
        requests = [self.sidecar.caller.turn(session, 1, "Let me talk to a real person please") for session in sessions]
        cost, result = self.sidecar.cpu_per_request(requests)
        assert all(json.loads(body)["state"] == "escalated" for body in result.bodies)
        time.sleep(1)  # its mail leaves in the background
        return cost

    def fresh_turns(self, total: int | None = None) -> list[bytes]:
        """Turns 1 to 10 of new sessions."""
        sessions = self.started((total or self.size.requests) // 10)
        return list(turns_of(self.sidecar.caller, sessions, 1, 10))

    def started(self, number: int) -> list[str]:
        sessions = new_sessions(number)
        result = closed_loop(self.sidecar.address, [self.sidecar.caller.start(one) for one in sessions], 16)
        assert result.statuses.keys() == {201}, result.statuses
        return sessions

    def throughput(self) -> Iterator[Line]:
        rounds = range(self.size.rounds)
        hellos = [closed_loop(self.hello.address, [self.hello.caller.hello()] * self.size.requests, 16) for _ in rounds]
        turns = [closed_loop(self.sidecar.address, self.fresh_turns(), 16) for _ in rounds]
        for result in turns:
            answered(result)
        hello, turn = (median(result.per_second for result in results) for results in (hellos, turns))
        worst = median(max(result.latencies) for result in turns)
        share = turn / hello
        yield Line("hello-worlds a second, 16 connections", "", f"{hello:.0f}", 1.0, None)
        value = f"{turn:.0f}"
        yield Line("turns a second, 16 connections", ">= 0.25 x (aim 0.40)", value, round(share, 2), share >= 0.25)
        yield Line("slowest answer, 16 connections", "<= 50 ms", f"{worst:.0f} ms", None, worst <= 50)

    def at_a_rate(self) -> Iterator[Line]:
        hello = open_loop(self.hello.address, [self.hello.caller.hello()] * self.size.at_rate, 50)
        turn = open_loop(self.sidecar.address, self.fresh_turns(self.size.at_rate), 50)
        answered(turn)
        late, usual = turn.percentile(0.99), turn.percentile(0.5)
        share = round(late / hello.percentile(0.99), 2)
        yield Line("p99 at 50 turns a second", "<= 25 ms", f"{late:.1f} ms (p50 {usual:.1f})", share, late <= 25)

    def memory(self) -> Iterator[Line]:
        hello, sidecar = resident_mb(self.hello.pid), resident_mb(self.sidecar.pid)
        share = round(sidecar / hello, 2)
        yield Line("memory of the sidecar", "<= 90 MB", f"{sidecar:.0f} MB", share, sidecar <= 90)

    def long_session(self) -> Iterator[Line]:
        """Turns 11 to 30 of new sessions against the last ones of long sessions."""
        caller, last = self.sidecar.caller, self.size.long_turns
        long = self.started(self.size.long_sessions)
        answered(closed_loop(self.sidecar.address, list(turns_of(caller, long, 1, last)), 1))
        early, late = [], []
        for step in range(self.size.rounds + 1):
            short = self.started(20)
            answered(closed_loop(self.sidecar.address, list(turns_of(caller, short, 1, 10)), 1))
            early.append(self.sidecar.cpu_per_request(list(turns_of(caller, short, 11, 30)))[0])
            first = last + 1 + step * (400 // len(long))
            late.append(
                self.sidecar.cpu_per_request(list(turns_of(caller, long, first, first + 400 // len(long) - 1)))[0]
            )
        value = f"{median(early):.2f} -> {median(late):.2f} ms"
        yield ratio_line(f"CPU of turn {last} to that of turn 10", median(late) / median(early), value, at_most=1.05)

    def many_sessions(self) -> Iterator[Line]:
        """The same turns before and after many other sessions were stored."""
        before = self.repeated(self.turn_cost)
        known = seed.sessions(self.database, self.sidecar.caller.site, self.size.stored)
        after = self.repeated(self.turn_cost)
        name = f"CPU of a turn, {known:,} sessions stored to few"
        yield ratio_line(name, after / before, f"{before:.2f} -> {after:.2f} ms", at_most=1.05)


def answered(result: Result) -> None:
    """Every turn was taken, and none escalated.

    Raises:
        AssertionError: the measurement would be of something else.
    """
    assert result.statuses.keys() == {200}, result.statuses
    others = [body for body in result.bodies if b'"action":"answer"' not in body]
    assert not others, others[0]


def ratio_line(name: str, ratio: float, value: str, *, at_most: float, aim: float | None = None) -> Line:
    budget = f"<= {at_most:g} x" + (f" (aim {aim:g})" if aim else "")
    return Line(name, budget, value, round(ratio, 2), ratio <= at_most)


def judging() -> Line:
    cost = judge_cost_us()
    return Line("judging one message", "<= 300 us", f"{cost:.0f} us", None, cost <= 300)


def replaying(folder: Path, core: set[int], size: Size) -> Line:
    """`bridge replay` over recorded conversations of eight turns, on two cores."""
    os.sched_setaffinity(0, core)
    with (folder / "recorded.jsonl").open("wb") as record:
        record.writelines(recorded.lines(size.recorded))
    command = (str(BIN / "bridge"), "replay", "--input", "recorded.jsonl", "--output", "decided.jsonl")
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    took = (time.perf_counter() - began) * 10_000 / size.recorded
    return Line("10,000 recorded conversations", "<= 60 s", f"{took:.0f} s", None, took <= 60)


def starting(folder: Path, env: dict[str, str], core: set[int], size: Size) -> Iterator[Line]:
    """From the start of `bridge serve` to its first answer, and of `bridge up` to ready."""
    address = env["BRIDGE_BIND"]
    answers = median(_start(("serve",), f"http://{address}/healthz", folder, env, core) for _ in range(size.starts))
    yield Line("start of the sidecar to its first answer", "<= 2 s", f"{answers:.2f} s", None, answers <= 2)
    every = set(range(os.cpu_count() or 1))
    ready = median(_start(("up",), f"http://{address}/readyz", folder, env, every) for _ in range(size.starts))
    yield Line("start of both to ready", "<= 2 s", f"{ready:.2f} s", None, ready <= 2)


def _start(command: tuple[str, ...], url: str, folder: Path, env: dict[str, str], core: set[int]) -> float:
    seed.forget_beats(folder / "bridge.db")
    began = time.perf_counter()
    with running((str(BIN / "bridge"), *command), folder, env, core):
        wait_until_ok(url)
        return time.perf_counter() - began


def scheduler_memory(folder: Path, env: dict[str, str], core: set[int]) -> Line:
    with running((sys.executable, "-m", "scheduler"), folder, env, core) as pid:
        time.sleep(6)  # a few ticks
        used = resident_mb(pid)
    return Line("memory of the scheduler", "<= 80 MB", f"{used:.0f} MB", None, used <= 80)


def follow_up_cost(folder: Path, env: dict[str, str], core: set[int]) -> Line:
    """Let the rehearsal clock jump by a week, and the scheduler do what has become due: promises that nobody kept."""
    clock = folder / "clock"
    clock.write_text("0")
    rehearsal = {**env, "BRIDGE_CLOCK": f"file:{clock}"}
    with running((sys.executable, "-m", "scheduler"), folder, rehearsal, core) as pid:
        time.sleep(4)  # what is due by now
        done, used = seed.follow_ups_done(folder / "bridge.db"), cpu_ms(pid)
        clock.write_text(str(7 * 24 * 3600))
        seed.wait_until_nothing_is_due(folder / "bridge.db", 7 * 24 * 3600)
        done, used = seed.follow_ups_done(folder / "bridge.db") - done, cpu_ms(pid) - used
    cost = used / max(done, 1)
    name = "CPU of a due follow-up, its mails included"
    return Line(name, "<= 0.5 ms", f"{cost:.2f} ms (of {done})", None, cost <= 0.5)


def free_address() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host, port = taken.getsockname()
    return host, port


def same_settings(bind: str) -> str:
    """The sidecar's settings of gunicorn for another address, as JSON; its logger and worker are ours and stay out."""
    settings = gunicorn_settings(Settings(bind=bind))
    return json.dumps({name: value for name, value in settings.items() if name not in ("logger_class", "worker_class")})


@contextmanager
def servers(folder: Path, core: set[int]) -> Iterator[tuple[Server, Server, dict[str, str]]]:
    """The hello-world and the sidecar, both on the same core, the sidecar with default settings and one site."""
    hello, sidecar = free_address(), free_address()
    env = {"BRIDGE_BIND": f"{sidecar[0]}:{sidecar[1]}"}
    command = (str(BIN / "bridge"), "site", "add", "bench", "--url", "http://127.0.0.1", "--timezone", "UTC", "--json")
    made = subprocess.run(command, cwd=folder, env={**os.environ, **env}, capture_output=True, check=True)
    secret = json.loads(made.stdout)["chat_secret"]
    greet = (sys.executable, str(HERE / "hello.py"), same_settings(f"{hello[0]}:{hello[1]}"))
    with (
        running(greet, folder, {}, core) as hello_pid,
        running((str(BIN / "bridge"), "serve"), folder, env, core) as sidecar_pid,
    ):
        wait_until_ok(f"http://{hello[0]}:{hello[1]}/")
        wait_until_ok(f"http://{sidecar[0]}:{sidecar[1]}/healthz")
        yield (
            Server(hello_pid, hello, Caller("bench", "", "")),
            Server(sidecar_pid, sidecar, Caller("bench", "bench", secret)),
            env,
        )


def measure(size: Size) -> Iterator[Line]:
    server_core, load_core = cores()
    os.sched_setaffinity(0, load_core)
    yield judging()
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with servers(folder, server_core) as (hello, sidecar, env):
            yield from Bench(size, hello, sidecar, folder / "bridge.db").all()
        yield scheduler_memory(folder, env, server_core)
        yield follow_up_cost(folder, env, server_core)
        yield from starting(folder, env, server_core, size)
        yield replaying(folder, server_core | load_core, size)


def show(line: Line) -> str:
    ratio = f"{line.ratio:.2f} x" if line.ratio is not None else ""
    verdict = {None: "", True: "met", False: "MISSED"}[line.met]
    return f"{line.name:<48} {line.budget:<22} {line.value:<22} {ratio:>8}  {verdict}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: half a minute, and rougher")
    parser.add_argument("--stored", type=int, metavar="N", help="sessions that are stored for the last comparison")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    if options.stored:
        size = replace(size, stored=options.stored)
    strange = sorted(name for name in os.environ if name.startswith("BRIDGE_"))
    for name in strange:  # default settings are measured
        del os.environ[name]
    for package in ("bridge", "scheduler"):
        compileall.compile_dir(HERE.parents[1] / package, quiet=1)  # as an installation has it
    began, lines = time.monotonic(), []
    print(f"{'what':<48} {'budget':<22} {'value':<22} {'ratio':>8}")
    for line in measure(size):
        lines.append(line)
        print(show(line), flush=True)
    OUTPUT.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    OUTPUT.write_text(json.dumps({"machine": machine, "lines": [asdict(one) for one in lines]}, indent=2) + "\n")
    judged = [line.met for line in lines if line.met is not None]
    print(
        f"\n{judged.count(False)} of {len(judged)} budgets missed; {time.monotonic() - began:.0f} s; build/bench.json"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
