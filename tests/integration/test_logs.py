"""Logs say what went wrong, and nothing that people wrote."""

from collections.abc import Callable

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.terminal import Terminal

from bridge import logs
from bridge.store.database import Database

ADDRESS = "alice@example.com"


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_an_error_of_the_database_is_logged_without_the_values_that_it_is_about(
    run: Terminal, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, backend: str
) -> None:
    fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres") if backend == "postgres" else sqlite
    database = Database(fresh())
    with database.write() as connection:
        connection.execute(text("CREATE TABLE once (address TEXT PRIMARY KEY)"))
    logs.configure("info")
    for attempt in range(2):
        try:
            with database.write() as connection:
                connection.execute(text("INSERT INTO once VALUES (:address)"), {"address": ADDRESS})
        except IntegrityError:
            assert attempt == 1
            structlog.get_logger().exception("it.broke")
    database.close()
    said = capsys.readouterr().err
    assert "INSERT INTO once" in said
    assert ADDRESS not in said


def sqlite() -> str:
    return "sqlite:///of-logs.db"
