"""The few statements that every turn runs, compiled once to the driver's own text.

SQLAlchemy's work around one execution costs more than SQLite's own (`make bench` shows it), so on SQLite these go
straight to the driver. The text is compiled from the Core statement, never typed; on PostgreSQL, where the network
costs more than either, Core runs them as it runs everything else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement


class CompiledStatement:
    """A statement that is run often.

    Args:
        statement: a Core statement whose values are all named parameters.
        dialect: `sqlite` or `postgresql`.
    """

    def __init__(self, statement: Any, dialect: str) -> None:
        self._statement: Executable = statement
        self._text = ""
        self._names: Sequence[str] = ()
        if dialect == "sqlite":
            self._compile(statement)

    def _compile(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        self._text = str(compiled)
        self._names = compiled.positiontup
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Run it; the first row, or None."""
        if not self._text:
            return connection.execute(self._statement, values).first()
        row: Sequence[Any] | None = self._cursor(connection, values).fetchone()
        return row

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run it; how many rows it changed."""
        if not self._text:
            return int(connection.execute(self._statement, values).rowcount)
        return int(self._cursor(connection, values).rowcount)

    def _cursor(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        driver: Any = connection.connection.driver_connection
        fixed = self._fixed
        return driver.execute(self._text, [values[name] if name in values else fixed[name] for name in self._names])
