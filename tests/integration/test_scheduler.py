"""`python -m scheduler` as its supervisor sees it: it ticks, ends when asked, and does not linger broken."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from structlog.testing import capture_logs
from support.loopback import listening, read_head
from support.sidecar import kill_group
from support.waiting import PATIENCE, until

from bridge import bootstrap, logs
from bridge.clock import machine_now
from bridge.config import Settings, SettingsRefused, read_settings
from bridge.domain import judging
from bridge.domain.values import Identity, Visitor
from bridge.ports import Site, StoreBusy
from bridge.service import manage_sites
from bridge.service.context import Bridge
from bridge.service.start_session import Start, start_session
from bridge.service.take_turn import Message, take_turn
from scheduler.__main__ import MOST_FAILURES_IN_A_ROW, Watch, clock_for, refuse, wait_for_schema
from scheduler.clock_guard import keep_pace
from scheduler.runs import HANGS_AFTER_S, PATIENCE_S, Runs
from scheduler.ticks import MOST_ROWS_PER_TICK, NONCES_KEPT_FOR, ROWS_WITHOUT_PAUSE, Ticks, drain


def clean_environ(folder: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    database = f"sqlite:///{folder}/bridge.db"
    return {**kept, "BRIDGE_DATABASE_URL": database, "BRIDGE_TICK": "0.2", "BRIDGE_MAIL": f"folder:{folder}/m", **extra}


def settings_of(environ: dict[str, str]) -> Settings:
    return read_settings({name: value for name, value in environ.items() if name.startswith("BRIDGE_")})


class Running:
    """The scheduler's process and its log."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.log = folder / "scheduler.log"
        with self.log.open("wb") as log:
            command = (sys.executable, "-m", "scheduler")
            self.process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def said(self, event: str) -> bool:
        return any(line["event"] == event for line in self.lines())


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    begun: list[Running] = []

    def begin(**extra: str) -> Running:
        begun.append(Running(tmp_path, clean_environ(tmp_path, **extra)))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def last_beat(folder: Path) -> int | None:
    with closing(sqlite3.connect(folder / "bridge.db", timeout=30)) as database:
        found = database.execute("SELECT at FROM heartbeat WHERE name = 'scheduler'").fetchone()
    return found[0] if found else None


def migrated(folder: Path) -> None:
    bootstrap.migrate(settings_of(clean_environ(folder)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_with_exit_code_0(
    tmp_path: Path, start: Callable[..., Running], number: signal.Signals
) -> None:
    migrated(tmp_path)
    running = start()
    until(lambda: running.said("scheduler.started"), "the start")
    running.process.send_signal(number)
    assert running.process.wait(PATIENCE) == 0
    assert running.said("scheduler.stopped")


LIVES = 12
ONE_AFTER_THE_OTHER = f"""
import os, sys
from scheduler.__main__ import main
for _ in range({LIVES}):
    if not (child := os.fork()):
        sys.exit(main())
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""The scheduler again and again, as processes that need not load it each by itself: their ids, and how each ended."""


def test_a_signal_that_comes_while_its_first_jobs_run_lets_them_end(tmp_path: Path) -> None:
    """The database must not be closed under a job: that ended the process with SIGSEGV, one time in six."""
    migrated(tmp_path)
    log = tmp_path / "scheduler.log"
    with log.open("wb") as file:
        lives = subprocess.Popen(
            (sys.executable, "-c", ONE_AFTER_THE_OTHER),
            env=clean_environ(tmp_path), stdout=subprocess.PIPE, stderr=file, text=True, start_new_session=True,
        )  # fmt: skip
    assert lives.stdout
    with lives.stdout as told:
        try:
            for life in range(1, LIVES + 1):
                child = int(told.readline())
                until(lambda life=life: log.read_text("utf-8").count("scheduler.started") == life, "the next start")
                os.kill(child, signal.SIGTERM)
                assert int(told.readline()) == 0
        finally:
            kill_group(lives)


def test_its_heartbeat_follows_the_machines_clock_even_when_a_rehearsal_shifts_it(
    tmp_path: Path, start: Callable[..., Running]
) -> None:
    migrated(tmp_path)
    (tmp_path / "clock").write_text("-86400")
    began = machine_now()
    start(BRIDGE_CLOCK=f"file:{tmp_path}/clock")
    first = until(lambda: last_beat(tmp_path), "the first beat")
    assert began <= first <= machine_now()
    until(lambda: (last_beat(tmp_path) or 0) > first, "the next beat")


def test_it_waits_for_the_schema_and_starts_once_it_is_there(tmp_path: Path, start: Callable[..., Running]) -> None:
    running = start()
    until(lambda: running.said("scheduler.waits"), "it to wait for the schema")
    assert running.process.poll() is None
    migrated(tmp_path)
    until(lambda: running.said("scheduler.started"), "the start")


def test_it_can_be_stopped_while_it_waits_for_the_schema(tmp_path: Path, start: Callable[..., Running]) -> None:
    running = start()
    until(lambda: running.said("scheduler.waits"), "it to wait for the schema")
    running.process.terminate()
    assert running.process.wait(PATIENCE) == 0


def test_without_a_schema_it_gives_up_with_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fault = wait_for_schema(settings_of(clean_environ(tmp_path)), threading.Event(), 0.1)
    assert fault is not None
    assert refuse(fault) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"scheduler: there is no database {tmp_path / 'bridge.db'}; ")
    assert said.count("\n") == 1


def test_a_site_whose_systems_cannot_be_made_is_one_line_and_exit_code_1(
    tmp_path: Path, start: Callable[..., Running]
) -> None:
    """As the sidecar refuses it: its one good line must not be buried under ours."""
    migrated(tmp_path)
    assembly = bootstrap.build(settings_of(clean_environ(tmp_path)), deliver_at_once=False)
    manage_sites.add_site(assembly.bridge, Site("shop", "https://shop.example", "UTC", "team@shop.example"), "http://x")
    assembly.close()
    running = start(BRIDGE_DESK="zendesk")
    assert running.process.wait(PATIENCE) == 1
    assert running.log.read_text() == (
        "scheduler: site shop: BRIDGE_DESK=zendesk needs BRIDGE_ZENDESK_URL and BRIDGE_ZENDESK_TOKEN\n"
    )


def test_settings_that_are_refused_later_are_logged_without_frames(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    refused = SettingsRefused("BRIDGE_DESK=zendesk needs BRIDGE_ZENDESK_URL")
    structlog.get_logger().error("tick.failed", exc_info=refused)
    try:
        raise refused
    except SettingsRefused:
        structlog.get_logger().exception("outbox.broken")
    for line in capsys.readouterr().err.splitlines():
        assert json.loads(line)["why"] == str(refused)
        assert "exception" not in json.loads(line)


def test_a_wrong_setting_is_one_line_and_exit_code_1(tmp_path: Path, start: Callable[..., Running]) -> None:
    running = start(BRIDGE_TICK="often")
    assert running.process.wait(PATIENCE) == 1
    said = running.log.read_text("utf-8")
    assert said.startswith("scheduler: wrong setting: tick: ")
    assert said.count("\n") == 1
    assert "often" not in said


def test_a_job_that_fails_five_times_in_a_row_ends_the_process(tmp_path: Path, start: Callable[..., Running]) -> None:
    migrated(tmp_path)
    running = start()
    until(lambda: last_beat(tmp_path) is not None, "the first beat")
    with sqlite3.connect(tmp_path / "bridge.db") as database:
        database.execute("ALTER TABLE follow_up RENAME TO gone")
    database.close()
    assert running.process.wait(PATIENCE) == 1
    assert running.lines()[-1]["event"] == "scheduler.gave_up"
    assert running.lines()[-1]["in_a_row"] == 5
    assert "locals" not in running.log.read_text("utf-8")


def test_a_database_that_takes_nothing_is_waited_for_and_that_is_said_once() -> None:
    """A new process would find the same one; and `bridge up` would end the chat with its scheduler."""
    watch, ran = Watch(), ("follow_up", "default", datetime.now(UTC))
    with capture_logs() as lines:
        for _ in range(2 * MOST_FAILURES_IN_A_ROW):
            watch(JobExecutionEvent(EVENT_JOB_ERROR, *ran, exception=StoreBusy()))
        watch(JobExecutionEvent(EVENT_JOB_EXECUTED, *ran))
    assert [line["event"] for line in lines] == ["tick.waits", "tick.goes_on"]


def test_a_helpdesk_that_hangs_holds_up_neither_beat_nor_mail(tmp_path: Path, start: Callable[..., Running]) -> None:
    migrated(tmp_path)
    assembly = bootstrap.build(settings_of(clean_environ(tmp_path)), deliver_at_once=False)
    manage_sites.add_site(assembly.bridge, Site("shop", "https://shop.example", "UTC", "team@shop.example"), "http://x")
    judging.warm()  # the helpdesk is given up after ten seconds: the visitor's turn must not take some of them
    with listening(never_answers) as silent:
        endpoint = f"127.0.0.1:{silent.port}"
        where = {"BRIDGE_FRESHDESK_URL": f"http://{endpoint}", "BRIDGE_ALLOW_PRIVATE_UPSTREAMS": endpoint}
        running = start(BRIDGE_PRESENCE="freshdesk", BRIDGE_FRESHDESK_TOKEN="t", **where)
        until(lambda: silent.connections > 0, "its call of the helpdesk")
        escalate(assembly.bridge, "session-of-visitor-1")
        beat = last_beat(tmp_path) or 0
        until(lambda: list((tmp_path / "m").glob("*.eml")) and (last_beat(tmp_path) or 0) > beat, "the mail and a beat")
        assert not running.said("presence.failed")
        until(lambda: running.said("presence.failed"), "the helpdesk to be given up")
        assembly.close()


def never_answers(connection: socket.socket) -> None:
    read_head(connection)
    connection.recv(1)


def test_old_nonces_are_forgotten_and_young_ones_are_not(tmp_path: Path) -> None:
    migrated(tmp_path)
    assembly = bootstrap.build(settings_of(clean_environ(tmp_path)), deliver_at_once=False)
    now = time.time_ns() // 1_000_000
    try:
        with sqlite3.connect(tmp_path / "bridge.db") as database:
            database.execute("INSERT INTO site VALUES ('shop', 'https://s.example', 'UTC', 'a@s.example', 0)")
        database.close()
        with assembly.bridge.store.write() as tx:
            tx.sites.keep_nonce("shop", "old-old-old-old-old", now - NONCES_KEPT_FOR - 1000)
            tx.sites.keep_nonce("shop", "new-new-new-new-new", now)
        Ticks(assembly.bridge).tidy()
        with assembly.bridge.store.write() as tx:
            assert tx.sites.keep_nonce("shop", "old-old-old-old-old", now)
            assert not tx.sites.keep_nonce("shop", "new-new-new-new-new", now)
    finally:
        assembly.close()


def test_one_tick_sends_everything_that_is_due_and_each_row_once(tmp_path: Path) -> None:
    migrated(tmp_path)
    assembly = bootstrap.build(settings_of(clean_environ(tmp_path)), deliver_at_once=False)
    product = assembly.bridge
    try:
        manage_sites.add_site(product, Site("shop", "https://shop.example", "UTC", "team@shop.example"), "http://x")
        for number in range(9):
            escalate(product, f"session-of-visitor-{number}")
        Ticks(product).deliver()
        with product.store.read() as tx:
            rows = tx.work.outbox(["due", "leased", "unknown", "parked", "sent"], 100)
        assert [(row["state"], row["attempts"]) for row in rows] == [("sent", 1)] * 9
        assert len(list((tmp_path / "m").glob("*.eml"))) == 9
    finally:
        assembly.close()


def escalate(product: Bridge, session: str) -> None:
    start_session(product, "shop", Start(session, Visitor(identity=Identity.ANONYMOUS)), lambda _: None)
    with product.store.write() as tx:
        take_turn(product, tx, "shop", session, Message("t1", "I want to talk to a human."))


def counting(answers: list[int]) -> Callable[[], int]:
    return lambda: answers.pop(0) if answers else 99


def test_a_clock_that_is_set_back_by_an_hour_does_not_put_the_jobs_to_sleep_for_an_hour() -> None:
    """So it looks to the jobs: their next run is an hour away, which is none of their intervals."""
    clock, ran, stop = clock_for(), threading.Event(), threading.Event()
    clock.add_job(ran.set, "interval", seconds=2, id="beat", next_run_time=datetime.now(UTC) + timedelta(hours=1))
    clock.add_job(print, "interval", days=1, id="daily", next_run_time=datetime.now(UTC) + timedelta(hours=1))
    threads = [
        threading.Thread(target=clock.start),
        threading.Thread(target=keep_pace, args=(clock, stop)),
    ]
    try:
        for thread in threads:
            thread.start()
        assert ran.wait(PATIENCE)
        waits = {job.id: job.next_run_time - datetime.now(UTC) for job in clock.get_jobs()}
        assert waits["beat"] <= timedelta(seconds=2)
        assert waits["daily"] > timedelta(minutes=50)
    finally:
        stop.set()
        clock.shutdown()
        for thread in threads:
            thread.join()


class Steps:
    """A clock in seconds that is set."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_job_that_hangs_is_told_once_and_ends_the_sign_of_life_until_it_goes_on(tmp_path: Path) -> None:
    migrated(tmp_path)
    assembly = bootstrap.build(settings_of(clean_environ(tmp_path)), deliver_at_once=False)
    clock, let_go, began = Steps(), threading.Event(), threading.Event()
    ticks = Ticks(assembly.bridge, runs=Runs(clock))

    def hang() -> None:
        began.set()
        let_go.wait(PATIENCE)

    def beats() -> bool:
        with assembly.bridge.store.write() as tx:
            tx.ops.beat("scheduler", 1)
        ticks.beat()
        return last_beat(tmp_path) != 1

    thread = threading.Thread(target=ticks.runs.watched("follow_up", hang))
    try:
        thread.start()
        assert began.wait(PATIENCE)
        clock.at = HANGS_AFTER_S
        assert beats()
        clock.at += 1
        with capture_logs() as lines:
            assert [beats(), beats()] == [False, False]
            let_go.set()
            thread.join()
            assert beats()
        assert [(line["event"], line["job"]) for line in lines] == [
            ("tick.hangs", "follow_up"), ("tick.goes_on", "follow_up")]  # fmt: skip
    finally:
        let_go.set()
        thread.join()
        assembly.close()


def test_a_job_that_goes_through_whole_tables_may_take_its_time_and_then_is_told_all_the_same() -> None:
    clock, seen = Steps(), list[set[str]]()
    runs = Runs(clock)

    def purge() -> None:
        for clock.at in (HANGS_AFTER_S + 1, PATIENCE_S + 1):
            seen.append(runs.hanging())

    with capture_logs() as lines:
        runs.watched("purge", purge)()
    assert seen == [set(), set()]
    assert [line["event"] for line in lines] == ["tick.hangs", "tick.goes_on"]


def test_what_is_late_is_no_alarm_before_the_first_run_for_follow_ups_has_ended_or_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated(tmp_path)
    assembly = bootstrap.build(settings_of(clean_environ(tmp_path)), deliver_at_once=False)
    clock, looks = Steps(), list[Bridge]()
    monkeypatch.setattr("scheduler.ticks.watch_follow_ups", looks.append)
    try:
        ticks = Ticks(assembly.bridge, runs=Runs(clock))

        def hang() -> None:
            ticks.late()
            assert looks == []
            clock.at = HANGS_AFTER_S + 1
            ticks.late()
            assert len(looks) == 1

        ticks.runs.watched("follow_up", hang)()
        ticks.late()
        assert len(looks) == 2
    finally:
        assembly.close()


def test_a_job_that_fails_is_no_longer_running() -> None:
    clock = Steps()
    runs = Runs(clock)
    with pytest.raises(ZeroDivisionError):
        runs.watched("follow_up", lambda: print(1 / 0))()
    clock.at = 10 * HANGS_AFTER_S
    assert runs.hanging() == set()


def test_a_drain_begins_no_row_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.ticks.LONGEST_TICK_S", -1.0)
    rows = [1]
    drain(counting(rows), threading.Event(), 0)
    assert rows == [1]


def test_a_drain_ends_when_nothing_is_left() -> None:
    answers = [1, 1, 0, 1]
    drain(counting(answers), threading.Event(), 0)
    assert answers == [1]


def test_a_drain_does_not_go_on_for_ever() -> None:
    answers = [1] * (MOST_ROWS_PER_TICK + 10)
    drain(counting(answers), threading.Event(), 0)
    assert len(answers) == 10


def test_a_drain_takes_a_breath_for_each_row_of_a_flood() -> None:
    began = time.monotonic()
    drain(counting([1] * ROWS_WITHOUT_PAUSE + [0]), threading.Event(), 5)
    assert time.monotonic() - began < 5
    drain(counting([1] * (ROWS_WITHOUT_PAUSE + 3) + [0]), threading.Event(), 0.05)
    assert time.monotonic() - began > 0.15


def test_a_drain_starts_nothing_once_it_is_to_stop() -> None:
    stop, answers = threading.Event(), [5, 5]
    stop.set()
    drain(counting(answers), stop, 0)
    assert answers == [5, 5]


BUSY = """
import threading, time
from bridge import logs
from scheduler.__main__ import end_on_signal

class Clock:
    running = True
    def shutdown(self, wait):
        time.sleep(3)  # as long as what is being sent takes

logs.configure("info")
ended = end_on_signal(Clock(), threading.Event())
print("there", flush=True)
ended.wait()
"""


@pytest.mark.parametrize(("again_after", "code"), [(0.0, 0), (2.0, 1)], ids=["an echo", "once more"])
def test_what_is_being_sent_is_given_up_when_asked_again_but_not_for_an_echo(again_after: float, code: int) -> None:
    """A supervisor that asks every process of a unit asks it too, in the moment in which `bridge up` does."""
    with subprocess.Popen((sys.executable, "-c", BUSY), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as busy:
        assert busy.stdout
        assert busy.stderr
        assert busy.stdout.readline() == b"there\n"
        busy.terminate()
        assert b"scheduler.stopping" in busy.stderr.readline()
        time.sleep(again_after)
        busy.terminate()
        assert busy.wait(PATIENCE) == code
