"""Bringing the schema to the head, under a lock; and looking, without touching, whether it is there.

While machines are upgraded one after the other, code of the release before works on the new schema: each migration says
in `compatible_from` the oldest revision whose code does, and the database keeps that word. A schema is never taken
back.
"""

import os
import pwd
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, event, func, insert, inspect, make_url, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from bridge.ports import BridgeError, StoreBusy, StoreDamaged, StoreUnreachable, Unusable
from bridge.store.database import engine_for, migration_engine, named
from bridge.store.tables import schema_mark

SCHEMA_HEAD = "0005"
"""The revision that this code works on; a test holds it equal to the scripts' head. Revisions sort as they follow."""

ADVISORY_KEY = 0x65736362
"""The PostgreSQL advisory lock that migrations of this product take."""


class MigrationBroken(BridgeError):  # noqa: N818
    """The migration left rows without their parents; it was rolled back."""


class NotWritable(BridgeError):  # noqa: N818
    """The database is a file that this user may not write, or in such a folder."""


class SchemaNewer(BridgeError):  # noqa: N818
    """The database has the schema of a newer release, on which this one cannot work. Nothing was changed."""


@named()
def migrate(url: str) -> None:
    """Bring the database to the schema's head, creating it if need be; several callers at once take turns.

    A newer schema that this code works on is left as it is.

    Raises:
        NotWritable: this user may not write the file, or in its folder.
        SchemaNewer: the schema is that of a newer release, on which this one cannot work.
        MigrationBroken: rows were left without their parents; it was rolled back.
        StoreBusy: the database did not take it in time.
        StoreDamaged: the file is damaged, or is no SQLite database.
    """
    from alembic import command  # noqa: PLC0415 - a quarter of a second that only this command pays

    ensure_folder(url)
    if fault := locked_out(url):
        raise NotWritable(str(fault))
    engine = migration_engine(url)
    with engine.begin() as connection:
        alone(connection)
        found = revision_of(connection)
        if found <= SCHEMA_HEAD:
            command.upgrade(config(connection), "head")
            mark(connection)
        elif fault := fault_of(connection, found):
            raise SchemaNewer(str(fault))
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            raise MigrationBroken
    engine.dispose()


def alone(connection: Connection) -> None:
    """Wait until nobody else migrates or fills this database; it lasts until the transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_KEY)))


def mark(connection: Connection) -> None:
    """Keep in the database what the newest migration says of older code."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see `migrate`

    script = ScriptDirectory.from_config(config(connection)).get_revision(SCHEMA_HEAD)
    connection.execute(delete(schema_mark))
    row = {"revision": SCHEMA_HEAD, "compatible_from": script.module.compatible_from}
    connection.execute(insert(schema_mark), row)


def pending(url: str) -> Unusable | None:
    """Why the database cannot be used as it is, or None. It is only looked at: nothing is created or changed."""
    if fault := file_fault(url):
        return fault
    engine = _looking(url)
    try:
        with named(), engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
            return fault_of(connection, found)
    except (StoreUnreachable, StoreDamaged) as error:
        return error.why
    except (StoreBusy, OperationalError, ProgrammingError):
        return Unusable("the database cannot be reached or has no schema", "run bridge migrate")
    finally:
        engine.dispose()


def _looking(url: str) -> Engine:
    """An engine that changes nothing, not even how a SQLite file keeps its log, as connecting to work on it does."""
    engine = engine_for(url, poolclass=NullPool, execution_options={"postgresql_readonly": True})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA query_only=1"))
    return engine


def revision_of(connection: Connection) -> str:
    """The revision that the database is at; empty where it has no schema."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def fault_of(connection: Connection, found: str) -> Unusable | None:
    """Why this code cannot work on the revision that was found, or None."""
    if found == SCHEMA_HEAD:
        return None
    if found < SCHEMA_HEAD:
        has = f"the database has schema {found or 'none'}, and this release needs {SCHEMA_HEAD}"
        return Unusable(has, "run bridge migrate")
    serves = None
    if inspect(connection).has_table(schema_mark.name):
        serves = connection.execute(
            select(schema_mark.c.compatible_from).where(schema_mark.c.revision == found)
        ).scalar()
    if serves is not None and serves <= SCHEMA_HEAD:
        return None
    return Unusable(
        f"the database has schema {found} of a newer release, and this one works on {SCHEMA_HEAD}",
        "install the newer release here too, or restore a backup from before the upgrade; a schema is never taken back",
    )


def unborn(url: str) -> bool:
    """Whether there is no table at all: nothing was ever set up here. One that cannot be reached is not known to be."""
    if absent(url):
        return True
    engine = _looking(url)
    try:
        return not inspect(engine).get_table_names()
    except OperationalError:
        return False
    finally:
        engine.dispose()


def absent(url: str) -> bool:
    """Whether the database is a file that does not exist yet."""
    file = file_of(url)
    return file is not None and not _there(file)


def file_fault(url: str) -> Unusable | None:
    """Why the file of a SQLite database cannot be used, and what to do; None where it can be."""
    file = file_of(url)
    if file is None or _there(file):
        return locked_out(url)
    return Unusable(
        f"there is no database {file.absolute()}; settings are read in the current folder",
        "cd to where bridge.toml is, or bridge init and bridge site add NAME --url URL",
    )


def locked_out(url: str) -> Unusable | None:
    """That a SQLite database is no file, or that this user may not write it, or its folder, in which its log lies."""
    file = file_of(url)
    if file and file.is_dir():
        return Unusable(f"{file} is a folder, not a database", "name a file in it in BRIDGE_DATABASE_URL")
    if file is None or not any(_there(one) and not _writable(one) for one in (file, file.parent)):
        return None
    return Unusable(
        f"{file.name}: this user ({_own_name()}) may not write it, or its folder {file.absolute().parent}",
        "chown both to the user that runs the bridge",
    )


def _there(path: Path) -> bool:
    """Whether it exists; what this user may not even look at is taken to."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=True)


def _own_name() -> str:
    """This user's name, or number where it has none, as in a container."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None of any other."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def config(connection: Connection) -> Any:
    """Alembic's configuration, with the connection that it is to use."""
    from alembic.config import Config  # noqa: PLC0415 - see `migrate`

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def ensure_folder(url: str) -> None:
    """Make the folder of a SQLite file, readable by its owner alone."""
    if file := file_of(url):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
