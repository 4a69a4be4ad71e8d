"""What stands in a column of JSON, as text, on either kind of database."""

from typing import Any

from sqlalchemy import JSON, Column, cast, func


def json_text(column: Column[Any], *path: str, dialect: str) -> Any:
    """The value under these keys; NULL where there is none."""
    if dialect == "sqlite":
        return func.json_extract(column, ".".join(("$", *path)))
    return func.json_extract_path_text(cast(column, JSON), *path)
