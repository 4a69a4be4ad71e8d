"""`INSERT ... ON CONFLICT`, which both databases have and SQLAlchemy spells per dialect."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

Upsert = Callable[[Table], Any]


def upsert_of(dialect: str) -> Upsert:
    """The dialect's insert; both have `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert if dialect == "sqlite" else postgresql.insert
