"""Being alone with something until the transaction ends."""

from sqlalchemy import Connection, bindparam, func, select


class Alone:
    """A lock on a name: PostgreSQL's advisory one. On SQLite whoever writes is alone anyway.

    Args:
        dialect: `sqlite` or `postgresql`.
        wait: for how long one transaction waits for another, in PostgreSQL's words.
    """

    def __init__(self, dialect: str, wait: str) -> None:
        limit = func.set_config("lock_timeout", bindparam("wait"), True)
        lock = func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))
        self._statements = [] if dialect == "sqlite" else [(select(limit, lock), wait), (select(limit), "0")]

    def take(self, connection: Connection, name: str) -> None:
        """Wait for the lock.

        Raises:
            OperationalError: somebody else does not give it back.
        """
        for statement, wait in self._statements:
            connection.execute(statement, {"wait": wait, "name": name})
