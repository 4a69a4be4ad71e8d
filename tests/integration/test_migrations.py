"""Upgrades: the release before goes on working on a schema that says so, and nothing ever takes a schema back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, Integer, MetaData, Table, Text, insert, inspect, select, update
from support.sidecar import in_process

from bridge.store import migrate as schema
from bridge.store.copy import TABLES
from bridge.store.database import migration_engine

NEWER = "9998"


@contextmanager
def changing(url: str) -> Iterator[Connection]:
    engine = migration_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def newest() -> Any:
    with changing("sqlite://") as connection:
        return ScriptDirectory.from_config(schema.config(connection)).get_revision(schema.SCHEMA_HEAD)


@pytest.fixture(params=["sqlite", "postgres"])
def earlier(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A database with the oldest schema that the newest migration says it serves."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").create()
    with changing(url) as connection:
        schema.alone(connection)
        command.upgrade(schema.config(connection), newest().module.compatible_from)
    return url


def tables_of(connection: Connection) -> dict[str, Table]:
    found = MetaData()
    found.reflect(connection)
    return {name: table for name, table in found.tables.items() if name not in ("alembic_version", "schema_mark")}


def unique_of(connection: Connection, table: str) -> set[str]:
    found = inspect(connection)
    indexes = [one["name"] for one in found.get_indexes(table) if one["unique"]]
    return {str(name) for name in (*indexes, *(one["name"] for one in found.get_unique_constraints(table)))}


# -- the rule, held against the newest migration -----------------------------------------------------------------------


def test_the_newest_migration_only_adds_what_older_code_need_not_know(earlier: str) -> None:
    with changing(earlier) as connection:
        before = tables_of(connection)
        unique = {name: unique_of(connection, name) for name in before}
    schema.migrate(earlier)
    with changing(earlier) as connection:
        after = tables_of(connection)
        assert before.keys() <= after.keys()
        for name, table in before.items():
            assert {c.name: str(c.type) for c in table.columns}.items() <= {
                c.name: str(c.type) for c in after[name].columns}.items()  # fmt: skip
            added = [c for c in after[name].columns if c.name not in table.columns]
            assert [c.name for c in added if not c.nullable and c.server_default is None] == []
            assert unique_of(connection, name) <= unique[name], (
                "what is unique from now on refuses what older code writes"
            )
            assert {c.name for c in table.columns if c.nullable} <= {c.name for c in after[name].columns if c.nullable}


def test_what_the_release_before_writes_and_reads_works_on_the_new_schema(earlier: str) -> None:
    """Its own tables, as they were: rows made by it before the upgrade and after, read and changed by it."""
    with changing(earlier) as connection:
        old = tables_of(connection)
        fill(connection, old, "before")
    schema.migrate(earlier)
    with changing(earlier) as connection:
        fill(connection, old, "after")
        for name in (table.name for table in TABLES if table.name in old):
            assert len(connection.execute(select(old[name])).all()) == 2, name
            changed = {c.name: c for c in old[name].columns}
            if "state" in changed:
                connection.execute(update(old[name]).values(state="done"))


def fill(connection: Connection, old: dict[str, Table], word: str) -> None:
    """A row in each table; its references are all to rows of the same word."""
    for table in (old[one.name] for one in TABLES if one.name in old):
        row = {column.name: value(column, word) for column in table.columns}
        connection.execute(insert(table), row)


def value(column: Any, word: str) -> Any:
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Text):
        return word
    assert isinstance(column.type, Integer), column
    return 1 if word == "before" else 2


def test_each_migration_from_now_on_says_whom_it_serves() -> None:
    with changing("sqlite://") as connection:
        scripts = list(ScriptDirectory.from_config(schema.config(connection)).walk_revisions())
    revisions = sorted(script.revision for script in scripts)
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]  # they sort as they follow
    for script in scripts:
        if script.revision >= "0004":
            assert script.module.compatible_from in revisions
            assert script.module.compatible_from <= script.revision


# -- a database that is newer than the code ----------------------------------------------------------------------------


def upgrade_beyond(url: str, compatible_from: str) -> None:
    """What a release to come might do."""
    with changing(url) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{NEWER}'")
        connection.exec_driver_sql(
            f"UPDATE schema_mark SET revision = '{NEWER}', compatible_from = '{compatible_from}'"
        )
        connection.exec_driver_sql("ALTER TABLE outbox ADD COLUMN news TEXT")
        connection.exec_driver_sql("CREATE TABLE newcomer (id TEXT PRIMARY KEY)")


def test_a_newer_schema_that_serves_this_release_is_worked_on_and_left_as_it_is(database: str) -> None:
    with in_process(database) as sidecar:
        upgrade_beyond(database, schema.SCHEMA_HEAD)
        assert schema.pending(database) is None
        schema.migrate(database)
        chat = sidecar.chat()
        chat.verified()
        assert chat.says("I want to talk to a human")["action"] == "say"
        sidecar.work()
        assert {row["state"] for row in sidecar.outbox()} == {"sent"}
    with changing(database) as connection:
        assert schema.revision_of(connection) == NEWER


def test_a_newer_schema_that_does_not_is_refused_in_a_clear_sentence_and_never_taken_back(database: str) -> None:
    upgrade_beyond(database, NEWER)
    said = str(schema.pending(database))
    assert said == (
        f"the database has schema {NEWER} of a newer release, and this one works on {schema.SCHEMA_HEAD}: install the "
        "newer release here too, or restore a backup from before the upgrade; a schema is never taken back"
    )
    with pytest.raises(schema.SchemaNewer) as refused:
        schema.migrate(database)
    assert str(refused.value) == said
    with changing(database) as connection:
        assert schema.revision_of(connection) == NEWER


def test_a_newer_schema_without_a_mark_is_refused(database: str) -> None:
    with changing(database) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{NEWER}'")
        connection.exec_driver_sql("DROP TABLE schema_mark")
    assert "of a newer release" in str(schema.pending(database))


def test_an_older_schema_asks_for_the_migration(earlier: str) -> None:
    assert f"this release needs {schema.SCHEMA_HEAD}: run bridge migrate" in str(schema.pending(earlier))
    schema.migrate(earlier)
    assert schema.pending(earlier) is None
