"""R23: an upgrade with work on its way, machine by machine, and a downgrade that is refused; with real processes."""

import subprocess
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import requests
from alembic import command
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import MetaData, insert, select
from support.contractcheck import Loopback
from support.sidecar import Chat, FakeMailer, Live, free_port, in_process, kill_group, prepare_live, with_systems
from support.waiting import PATIENCE, until
from support.zendesk_server import ZendeskVendor

from bridge import bootstrap
from bridge.adapters.http import Http
from bridge.assembly.desks import Outside, desk
from bridge.clock import machine_now
from bridge.config import Settings, SiteSettings
from bridge.domain.instants import to_rfc3339
from bridge.store import migrate as schema
from bridge.store.copy import TABLES
from bridge.store.database import migration_engine

PENDING = 50
NEWER = "9998"

pytestmark = pytest.mark.slow


def change(url: str, *statements: str) -> None:
    engine = migration_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def as_the_release_before_has_it(url: str, old: str) -> None:
    """The same rows in a database of the oldest schema that the newest migration serves."""
    source, target = migration_engine(url), migration_engine(old)
    with source.begin() as reading, target.begin() as writing:
        schema.alone(writing)
        config = schema.config(writing)
        newest = ScriptDirectory.from_config(config).get_revision(schema.SCHEMA_HEAD)
        assert newest is not None
        command.upgrade(config, newest.module.compatible_from)
        known = MetaData()
        known.reflect(writing)
        for table in (known.tables[one.name] for one in TABLES if one.name in known.tables):
            rows = reading.execute(select(*(table.c))).mappings().all()
            if rows:
                writing.execute(insert(table), [dict(row) for row in rows])
    source.dispose()
    target.dispose()


def live_on(folder: Path, url: str, zendesk: Loopback) -> Live:
    """Processes on a database of which there is nothing yet."""
    live = prepare_live(
        folder, f"sqlite:///{folder / 'unused.db'}", desk="zendesk", zendesk_url=zendesk.base_url,
        zendesk_token="token", allow_private_upstreams=zendesk.endpoint,
    )  # fmt: skip
    return replace(live, env={**live.env, "BRIDGE_DATABASE_URL": url})


def states(url: str) -> dict[str, float]:
    assembly = bootstrap.build(Settings(database_url=SecretStr(url)))
    try:
        with assembly.bridge.store.read() as tx:
            return tx.ops.counts()["outbox"]
    finally:
        assembly.close()


def test_r23_what_was_pending_before_the_upgrade_is_sent_once_after_it(fresh_sqlite: object, tmp_path: Path) -> None:
    url, old = fresh_sqlite(), f"sqlite:///{tmp_path / 'old.db'}"  # type: ignore[operator]
    vendor = ZendeskVendor(tmp_path / "ledger.jsonl")
    with Loopback(vendor) as zendesk:
        outside = Outside(partial(Http, allow=[zendesk.endpoint]), FakeMailer(), "support@shop.example")
        chosen = SiteSettings(desk="zendesk", zendesk_url=zendesk.base_url, zendesk_token=SecretStr("token"))
        with in_process(url, at=to_rfc3339(machine_now())) as running:
            sidecar = with_systems(running, desk=desk(chosen, outside))
            for _ in range(PENDING):
                chat = sidecar.chat()
                chat.start()
                chat.says("I want to talk to a human")
            assert {row["state"] for row in sidecar.outbox()} == {"due"}
        as_the_release_before_has_it(url, old)
        assert "run bridge migrate" in str(schema.pending(old))
        live = live_on(tmp_path, old, zendesk)
        both = [live.spawn(f"migrate{number}.log", "bridge.cli", "migrate") for number in (1, 2)]
        assert [one.wait(PATIENCE) for one in both] == [0, 0]
        schedulers = [live.spawn(f"scheduler{number}.log", "scheduler") for number in (1, 2)]
        try:
            until(lambda: states(old).keys() == {"sent"}, "everything sent")
        finally:
            for one in schedulers:
                kill_group(one)
    tickets = Counter(str(ticket["external_id"]) for ticket in vendor.state.tickets)
    assert (len(tickets), set(tickets.values())) == (PENDING, {1})
    assert states(old) == {"sent": 2 * PENDING}
    assert len(list((tmp_path / "mail").glob("*team.new*.eml"))) == PENDING


def ready(live: Live) -> tuple[int, str]:
    answer = requests.get(f"{live.url}/readyz", timeout=10)
    return answer.status_code, answer.json()["checks"]["schema"]


def ended(live: Live, *arguments: str) -> tuple[int, str]:
    process = live.spawn("ended.log", "bridge.cli", *arguments)
    try:
        code = process.wait(PATIENCE)
    finally:
        with suppress(subprocess.SubprocessError):
            kill_group(process)
    return code, (live.folder / "ended.log").read_text()


def test_r23_a_machine_of_the_release_before_serves_while_the_others_are_upgraded_and_a_downgrade_is_refused(
    database: str, tmp_path: Path
) -> None:
    live = prepare_live(tmp_path, database)
    address = f"127.0.0.1:{free_port()}"
    second = replace(live, url=f"http://{address}", env={**live.env, "BRIDGE_BIND": address})
    scheduler = None
    try:
        live.serve()
        scheduler = live.spawn("scheduler.log", "scheduler")
        change(
            database,
            f"UPDATE alembic_version SET version_num = '{NEWER}'",
            f"UPDATE schema_mark SET revision = '{NEWER}', compatible_from = '{schema.SCHEMA_HEAD}'",
            "ALTER TABLE outbox ADD COLUMN news TEXT",
            "CREATE TABLE newcomer (id TEXT PRIMARY KEY)",
        )
        second.serve()  # of this release too: it starts on the newer schema
        for one in (live, second):
            assert ready(one)[1] == "ok"
            chat: Chat = one.chat()
            chat.start()
            assert chat.says("I want to talk to a human")["action"] == "say"
        until(lambda: states(database) == {"sent": 2}, "the mails")
        assert ended(live, "migrate")[0] == 0
        change(database, f"UPDATE schema_mark SET compatible_from = '{NEWER}'")
        assert ready(live) == (503, str(schema.pending(database)))
        for arguments in (("migrate",), ("serve",)):
            code, said = ended(live, *arguments)
            assert code == 1
            assert said.strip().endswith("a schema is never taken back")
        assert "of a newer release" in str(schema.pending(database))
    finally:
        if scheduler:
            kill_group(scheduler)
        for one in (live, second):
            one.kill()
