"""Logs say what went wrong, and nothing that people wrote."""

import json
import logging
import re
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


def test_whatever_a_value_holds_a_line_of_the_log_stays_one_line_that_says_what_happened(
    run: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = 'x"}\r\n{"event": "site.revoked", "level": "info"}\n\x1b[2J\x00'
    logs.configure("info")
    structlog.get_logger().info("turn.taken", session=forged, **{f"a{forged}": 1})
    logging.getLogger("library").warning("%s", forged)
    lines = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert [json.loads(line)["event"] for line in lines] == ["turn.taken", forged]
    assert json.loads(lines[0])["session"] == forged
    assert not re.search(r"[\x00-\x1f]", "".join(lines))


def sqlite() -> str:
    return "sqlite:///of-logs.db"
