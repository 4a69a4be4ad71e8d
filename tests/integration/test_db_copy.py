"""`bridge db copy`: a populated database of one kind becomes one of the other, and work goes on there."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, func, insert, make_url, select, text
from support.postgres import Postgres
from support.sidecar import AFTER_HOURS, IN_HOURS, Sidecar, in_process
from support.terminal import Terminal

from bridge import bootstrap
from bridge.config import Settings
from bridge.domain.values import Json
from bridge.ports import NotDone, OutcomeUnknown, Rejected, Scope
from bridge.service.manage_sites import Pairing
from bridge.store import migrate as schema
from bridge.store.copy import TABLES
from bridge.store.tables import nonce, session, site


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


@dataclass(frozen=True)
class Filled:
    """A database with something in it: its sessions by what became of them."""

    url: str
    pairing: Pairing
    sessions: dict[str, str]


def populate(url: str) -> Filled:
    """Conversations in every state, and a ticket in each state of the outbox."""
    with in_process(url, at=IN_HOURS) as sidecar:
        sessions = {name: play(sidecar, fault) for name, fault in FAULTS.items()}
        quiet = sidecar.chat()
        quiet.verified("900", shop={"currency": "EUR", "lifetime_value": "12.50", "orders": []}, locale="de_DE")
        quiet.says("Wo ist mein Päckchen? 🎁")
        quiet.bot("Unterwegs.", confidence=0.9)
        sidecar.team.is_there()
        number = escalation_of(sidecar, sessions["sent"])
        sidecar.team.does("claim", number)
        sidecar.team.does("reply", number, text="Here I am.", reply_id="r1")
        sidecar.team.does("label", number, verdict="needed")
        sidecar.clock.set(AFTER_HOURS)
        asleep = sidecar.chat()
        asleep.verified("901")
        asleep.says("I want to talk to a human")
        return Filled(url, sidecar.pairing, {**sessions, "quiet": quiet.id, "asleep": asleep.id})


FAULTS: dict[str, Exception | None] = {
    "sent": None,
    "parked": Rejected("http 422"),
    "unknown": OutcomeUnknown("timeout"),
    "waiting": NotDone("http 429", retry_after=3600),
}


def play(sidecar: Sidecar, fault: Exception | None) -> str:
    chat = sidecar.chat()
    chat.verified(str(100 + len(sidecar.outbox())))
    chat.says("I want to talk to a human")
    sidecar.desk.fault = fault
    sidecar.work()
    sidecar.desk.fault = None
    return chat.id


def escalation_of(sidecar: Sidecar, session_id: str) -> str:
    return next(one["id"] for one in sidecar.team.list() if one["session_id"] == session_id)


def rows_of(url: str) -> dict[str, int]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in
                    TABLES}  # fmt: skip
    finally:
        engine.dispose()


@pytest.fixture
def filled(fresh_sqlite: Any) -> Filled:
    return populate(fresh_sqlite())


AGED = {"outbox": "age_s", "due": "late_s"}
"""What a listing counts to the instant of asking, as statistics end there: it is another one on each database."""


def said_on(run: Terminal, monkeypatch: pytest.MonkeyPatch, url: str, *command: str) -> Json:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", url)
    ended = run(*command, "--json")
    assert ended.code == 0, ended.err
    said = json.loads(ended.out)
    if command[0] == "stats":
        del said["now"]["until"]
    if command[0] in AGED:
        said = [{name: value for name, value in row.items() if name != AGED[command[0]]} for row in said]
    return said


# -- there and back ----------------------------------------------------------------------------------------------------


def test_a_file_becomes_postgresql_and_every_command_says_the_same_of_both(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, filled: Filled, postgres: Any
) -> None:
    source = filled.url
    target = postgres.create()  # without a schema yet
    copied = said_on(run, monkeypatch, source, "db", "copy", "--to", target)
    assert {one["table"]: one["rows"] for one in copied} == rows_of(source) == rows_of(target)
    assert {"session", "turn", "event", "escalation", "commitment", "follow_up", "outbox", "label"} <= {
        one["table"] for one in copied if one["rows"]
    }
    states = {row["state"] for row in said_on(run, monkeypatch, source, "outbox", "list", "--all")}
    assert states == {"sent", "parked", "unknown", "due"}
    for command in (
        ("outbox", "list", "--all"), ("site", "list"), ("due", "--hours", "8784"), ("stats", "--days", "90"),
        *(("explain", one) for one in filled.sessions.values()),
    ):  # fmt: skip
        assert said_on(run, monkeypatch, source, *command) == said_on(run, monkeypatch, target, *command)


def test_work_goes_on_where_the_copy_is(filled: Filled, fresh_postgres: Any) -> None:
    target: str = fresh_postgres()
    copy(filled.url, target)
    with in_process(target, known=filled.pairing) as sidecar:
        sidecar.clock.advance(hours=2)
        sidecar.work()
        assert {row["state"] for row in sidecar.outbox()} == {"sent", "parked"}
        waits = sidecar.chat(filled.sessions["waiting"])
        assert waits.says("Still there?", "t2")["action"] == "say"
        quiet = sidecar.chat(filled.sessions["quiet"])
        assert quiet.says("I want to talk to a human", "t2")["escalation"]
        assert sidecar.desk.looked_for  # the send whose outcome was unknown is still known to be so


def test_postgresql_becomes_a_file(fresh_postgres: Any, tmp_path: Path) -> None:
    source: str = fresh_postgres()
    filled = populate(source)
    target = url_of(tmp_path / "new" / "bridge.db")
    copy(source, target)
    assert rows_of(target) == rows_of(source)
    with in_process(target, known=filled.pairing) as sidecar:
        sidecar.clock.advance(hours=2)
        sidecar.work()
        assert {row["state"] for row in sidecar.outbox()} == {"sent", "parked"}


def test_there_and_back_is_the_same(filled: Filled, fresh_postgres: Any, tmp_path: Path) -> None:
    source, between, back = filled.url, fresh_postgres(), url_of(tmp_path / "back.db")
    there, again = copy(source, between), copy(between, back)
    assert there == again


def copy(source: str, target: str) -> Any:
    return bootstrap.copy_database(Settings(database_url=SecretStr(source)), None, target, silent)


@contextmanager
def silent(_length: int) -> Iterator[Any]:
    yield lambda _: None


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_a_target_with_rows_is_refused_and_left_as_it_is(shop: Terminal, fresh_postgres: Any) -> None:
    target: str = fresh_postgres()
    populate(target)
    before = rows_of(target)
    assert "the target is not empty: " in shop.fails("db", "copy", "--to", target)
    assert rows_of(target) == before


def test_a_source_that_somebody_has_open_is_refused(shop: Terminal, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as somebody:
        somebody.execute("SELECT count(*) FROM site").fetchone()
        said = shop.fails("db", "copy", "--to", url_of(tmp_path / "new.db"))
    assert said.startswith("Error: the source is in use: stop every sidecar and scheduler on it first")
    assert rows_of(url_of(tmp_path / "new.db"))["site"] == 0


def test_a_postgresql_that_somebody_is_connected_to_is_refused(
    run: Terminal, fresh_postgres: Any, tmp_path: Path
) -> None:
    source: str = fresh_postgres()
    engine = create_engine(source)
    with engine.connect():
        said = run.fails("db", "copy", "--from", source, "--to", url_of(tmp_path / "new.db"))
    engine.dispose()
    assert said.startswith("Error: the source is in use")


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("sqlite:///bridge.db", "sqlite:///bridge.db", "source and target are the same database"),
        ("sqlite:///none.db", "sqlite:///new.db", "the source: there is no database /"),
        ("sqlite:///bridge.db", "mysql://root:hunter2@host/x", "that is no address of a database"),
        ("sqlite:///bridge.db", "postgresql+psycopg://u:hunter2@127.0.0.1:1/x", "the database cannot be reached"),
    ],
)
def test_what_cannot_be_copied_is_said_in_one_line(shop: Terminal, source: str, target: str, said: str) -> None:
    line = shop.fails("db", "copy", "--from", source, "--to", target)
    assert said in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("INSERT INTO heartbeat VALUES ('x' || char(0), 1)", "heartbeat: PostgreSQL text fields cannot contain NUL"),
        ("INSERT INTO heartbeat VALUES ('x', 'soon')", "heartbeat: invalid input syntax for type bigint"),
        ("INSERT INTO label VALUES ('shop', 'gone', '', 'missed', 'a', 1)", "label: insert or update on table"),
    ],
    ids=["no text", "no number", "no parent"],
)
def test_rows_that_the_target_does_not_take_are_told_with_their_table_in_one_line(
    shop: Terminal, tmp_path: Path, fresh_postgres: Any, harm: str, said: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)) as somebody:
        somebody.execute(harm)
    target: str = fresh_postgres()
    (line,) = shop.fails("db", "copy", "--to", target).splitlines()
    assert line.startswith(f"Error: the target does not take rows of the table {said}")
    assert rows_of(target)["site"] == 0


@pytest.fixture(scope="module")
def guest(postgres: Postgres) -> str:
    """A role that owns nothing."""
    postgres.run("createuser", "guest")
    return "guest"


@pytest.fixture
def narrow(postgres: Postgres, guest: str) -> str:
    """A database in which that role may do too little: what PostgreSQL 15 and later make of every new one."""
    url = postgres.create()
    told(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    return url.replace("postgres@", f"{guest}@")


def told(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_target_in_which_the_user_may_make_no_tables_is_told_so(shop: Terminal, narrow: str) -> None:
    said = shop.fails("db", "copy", "--to", narrow)
    assert said.startswith("Error: the target: the database cannot be used, its user may do too little: make it ")


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_in_which_the_user_may_do_too_little_says_what_is_missing(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, narrow: str, command: str
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", narrow)
    assert run.fails(command) == (
        "Error: the database cannot be used, its user may do too little: "
        "make it the database's owner, or GRANT ALL ON SCHEMA public to it"
    )


@pytest.mark.parametrize("command", ["migrate", "site add shop --url https://shop.example"])
def test_a_database_that_takes_no_writes_is_called_so(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, postgres: Postgres, command: str
) -> None:
    url = postgres.create()
    told(url, f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only = on")
    monkeypatch.setenv("BRIDGE_DATABASE_URL", url)
    assert run.fails(*command.split()) == (
        "Error: the database cannot be used, it takes no writes: "
        "name its primary, or see to its default_transaction_read_only"
    )


def spoil(file: Path) -> None:
    """Overwrite the middle of a file."""
    with file.open("r+b") as opened:
        opened.seek(3 * 4096)
        opened.write(b"not a page of a database" * 8000)


def replace_by_text(file: Path) -> None:
    file.write_text("no database at all, but some words" * 100)


@pytest.mark.parametrize("harm", [spoil, replace_by_text])
@pytest.mark.parametrize("command", ["site list", "migrate", "db copy --to sqlite:///new.db", "purge", "serve"])
def test_a_damaged_file_is_called_so_with_what_to_do(
    shop: Terminal, tmp_path: Path, harm: Callable[[Path], None], command: str
) -> None:
    harm(tmp_path / "bridge.db")
    assert "is damaged, or is no SQLite database: stop everything and put a backup" in shop.fails(*command.split())


@pytest.mark.parametrize("command", ["migrate", "site list", "serve", "doctor"])
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((r".*", "postgresql+psycopg://u:hunter2@127.0.0.1:1/x"), "nothing listens there: start PostgreSQL, or "),
        ((r"/t[0-9a-f]+", "/hunter2"), "there is none of this name: createdb makes it, or "),
        ((r"postgres@", "hunter2@"), "it refuses user or password: correct them in "),
    ],
    ids=["no server", "no database", "no user"],
)
def test_a_server_that_does_not_let_us_in_is_called_so_with_what_to_do(
    run: Terminal, monkeypatch: pytest.MonkeyPatch, fresh_postgres: Any, change: tuple[str, str], why: str, command: str
) -> None:
    monkeypatch.setenv("BRIDGE_DATABASE_URL", re.sub(*change, fresh_postgres(), count=1))
    ended = run(*command.split())
    said = " ".join((ended.out + ended.err).replace("->", ":").split()).replace(" : ", ": ")
    assert f"the database cannot be reached, {why}" in said
    assert ended.code == 1
    assert "hunter2" not in said


def test_databases_of_another_release_are_not_copied(shop: Terminal, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    schema.migrate(url_of(other))
    with closing(sqlite3.connect(other)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    assert "the target: the database" in shop.fails("db", "copy", "--to", url_of(other))
    assert "the source: the database" in shop.fails("db", "copy", "--from", url_of(other), "--to", "sqlite:///new.db")


# -- what is interrupted -----------------------------------------------------------------------------------------------

MANY = 12_000
"""So many rows are several batches."""

CUT_OFF = """
import os, signal, sys, time, weakref
from sqlalchemy import Engine, event
from bridge.cli import main

number, batches = int(sys.argv.pop(1)), 0

@event.listens_for(Engine, "after_cursor_execute")
def cut_off(connection, cursor, statement, *_):
    global batches
    batches += statement.startswith("INSERT INTO nonce")
    if batches == 2:
        cut(set())
        time.sleep(20)

def cut(forgotten):
    calls_when_it_is_gone = weakref.ref(forgotten, lambda _: os.kill(os.getpid(), number))
    del forgotten

main()
"""
"""`bridge` with a signal to itself behind the second batch that is written: in the midst of the rows on any machine.
It comes in a callback, where Python itself drops a KeyboardInterrupt."""


def many_rows(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(site), {"id": "shop", "url": "https://x", "timezone": "UTC", "team_email": "a@b.c",
                                          "created_at": 0})  # fmt: skip
        connection.execute(insert(nonce), [{"site": "shop", "nonce": str(n), "seen_at": n} for n in range(MANY)])
    engine.dispose()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_copy_that_is_cut_off_leaves_the_target_empty_and_can_be_made_again(
    fresh_sqlite: Any, request: pytest.FixtureRequest, kind: str, number: signal.Signals
) -> None:
    source, target = fresh_sqlite(), request.getfixturevalue(f"fresh_{kind}")()
    many_rows(source)
    command = [sys.executable, "-P", "-c", CUT_OFF, str(int(number)), "db", "copy", "--from", source, "--to", target]
    done = subprocess.run(command, capture_output=True, timeout=15, check=False)
    assert done.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130), done
    assert set(rows_of(target).values()) == {0}
    copied = {one.table: one.rows for one in copy(source, target)}
    assert (copied[nonce.name], copied[session.name]) == (MANY, 0)


def test_ids_go_on_behind_those_that_came_along(filled: Filled, fresh_postgres: Any) -> None:
    target: str = fresh_postgres()
    copy(filled.url, target)
    assembly = bootstrap.build(Settings(database_url=SecretStr(target)))
    try:
        with assembly.bridge.store.write() as tx:
            tx.sites.add_secret("shop", Scope.CHAT, "another secret", 1)
            assert len(tx.sites.secrets("shop", 0)) == 3
    finally:
        assembly.close()


# -- a backup while it is in use ---------------------------------------------------------------------------------------


def test_a_backup_is_whole_while_others_write_and_it_is_one_file_of_its_owners(
    shop: Terminal, fresh_sqlite: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url: str = fresh_sqlite()
    monkeypatch.setenv("BRIDGE_DATABASE_URL", url)
    with in_process(url) as sidecar:
        chat = sidecar.chat()
        chat.start()
        with sidecar.bridge.store.write() as tx:
            tx.ops.beat("half done", 1)
            assert shop("db", "backup", "copy.db").code == 0
        chat.says("I want to talk to a human")
    kept = rows_of(url_of(tmp_path / "copy.db"))
    assert (kept["session"], kept["turn"], kept["heartbeat"]) == (1, 0, 0)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*copy.db*")] == ["copy.db"]


def test_a_backup_that_cannot_be_made_leaves_the_last_one(run: Terminal, monkeypatch: pytest.MonkeyPatch,
                                                          tmp_path: Path, fresh_postgres: Any) -> None:  # fmt: skip
    (tmp_path / "copy.db").write_text("the last one")
    assert f"there is no database {tmp_path / 'bridge.db'}" in run.fails("db", "backup", "copy.db")
    (tmp_path / "bridge.db").write_bytes(b"no database at all, but some bytes" * 100)
    assert "cannot be read" in run.fails("db", "backup", "copy.db")
    monkeypatch.setenv("BRIDGE_DATABASE_URL", fresh_postgres())
    assert "pg_dump" in run.fails("db", "backup", "copy.db")
    assert (tmp_path / "copy.db").read_text() == "the last one"
    assert [path.name for path in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize("file", ["bridge.db", "bridge.db-wal", "folder/../bridge.db-shm"])
def test_a_backup_never_takes_the_place_of_what_it_copies(shop: Terminal, tmp_path: Path, file: str) -> None:
    (tmp_path / "folder").mkdir()
    before = (tmp_path / "bridge.db").stat().st_ino
    assert "is the database itself, or its log" in shop.fails("db", "backup", file)
    assert (tmp_path / "bridge.db").stat().st_ino == before
    assert not (tmp_path / "bridge.db-wal").exists()


@pytest.mark.parametrize("named", ["pipe", "link"])
def test_a_backup_never_takes_the_place_of_what_is_no_file(shop: Terminal, tmp_path: Path, named: str) -> None:
    """As root it would have made a file of /dev/null, and of /dev/stdout, for everybody on the machine."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    assert "is not a file that can be replaced" in shop.fails("db", "backup", named)
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "link").is_symlink()


def test_a_backup_into_no_folder_is_refused(shop: Terminal) -> None:
    assert shop.fails("db", "backup", "nowhere/copy.db") == "Error: nowhere: there is no such folder"
