"""Fixtures that several folders share: databases, and the sidecar in this process on one of them."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from support.postgres import NoPostgres, Postgres, postgres_server
from support.sidecar import Sidecar, in_process

from bridge import bootstrap
from bridge.config import Settings

REQUIRED = "ESCBRIDGE_REQUIRE_POSTGRES"
Fresh = Callable[[], str]
"""Makes a migrated database and returns its URL."""


@pytest.fixture(autouse=True)
def _collected_first(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test process has loaded is kept from the garbage collector while the clock is looked at, as it is in a
    served sidecar: walking through all of it takes longer than the bounds that are held."""
    if request.node.get_closest_marker("alone") is None:
        yield
        return
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A scratch server; where none can be had the test is skipped, or fails if ESCBRIDGE_REQUIRE_POSTGRES=1."""
    server = postgres_server()
    try:
        running = server.__enter__()
    except NoPostgres as error:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{REQUIRED}=1, and {error}")
        pytest.skip(str(error))
    yield running
    server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def fresh_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Migrates once; every database after that is a copy."""
    folder = tmp_path_factory.mktemp("sqlite")
    template = folder / "template.db"
    bootstrap.migrate(Settings(database_url=SecretStr(f"sqlite:///{template}")))
    made = iter(range(1, 1_000_000))

    def fresh() -> str:
        copy = folder / f"{next(made)}.db"
        shutil.copy(template, copy)
        return f"sqlite:///{copy}"

    return fresh


@pytest.fixture(scope="session")
def fresh_postgres(postgres: Postgres) -> Fresh:
    """Migrates once; every database after that is a copy."""
    postgres.run("createdb", "migrated")
    bootstrap.migrate(Settings(database_url=SecretStr(postgres.url("migrated"))))
    return lambda: postgres.create("migrated")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database: each test that asks for it runs on both kinds."""
    fresh: Fresh = request.getfixturevalue(f"fresh_{request.param}")
    return fresh()


@pytest.fixture
def sidecar(fresh_sqlite: Fresh) -> Iterator[Sidecar]:
    """The sidecar in this process on SQLite, with fakes outside and a clock that is set."""
    with in_process(fresh_sqlite()) as running:
        yield running


@pytest.fixture
def sidecar_on_each(database: str) -> Iterator[Sidecar]:
    """As `sidecar`, on each kind of database."""
    with in_process(database) as running:
        yield running
