"""PostgreSQL's advisory locks: being alone with something until the transaction ends."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, true


class AdvisoryLock:
    """A lock on a name: PostgreSQL's advisory one. On SQLite whoever writes is alone anyway.

    Args:
        dialect: `sqlite` or `postgresql`.
        wait: for how long one transaction waits for another, in PostgreSQL's words.
    """

    def __init__(self, dialect: str, wait: str) -> None:
        limit = func.set_config("lock_timeout", bindparam("wait"), True)
        self._sqlite = dialect == "sqlite"
        self._wait = wait
        self._taken = select(func.current_setting("lock_timeout"), limit, advisory_lock(bindparam("name")))
        self._as_before = select(limit)

    def take(self, connection: Connection, name: str) -> None:
        """Wait for the lock.

        Raises:
            OperationalError: somebody else does not give it back.
        """
        if self._sqlite:
            return
        before = connection.execute(self._taken, {"wait": self._wait, "name": name}).scalar_one()
        connection.execute(self._as_before, {"wait": before})


def locked_with_customer(
    rows: Select[Any], of: Table, this: ColumnElement[bool], *, key_share: bool = False
) -> Select[Any]:
    """The row of a session or escalation for oneself, and before it the customer whom it is of: for PostgreSQL.

    Who is first with the customer is alone with all that is theirs: a hand-over locks their other sessions as well, and
    two of them, each with a session of its own in hand, would wait for one another. PostgreSQL locks the rows of a
    query last, when everything that it joins has been worked out.
    """
    customer = advisory_lock(of.c.site + " " + of.c.customer_key).label("customer")
    alone = select(customer).where(this, of.c.customer_key.is_not(None)).cte("alone")
    return rows.select_from(of.outerjoin(alone, true())).where(this).with_for_update(of=of, key_share=key_share)


def advisory_lock(name: ColumnElement[Any]) -> ColumnElement[Any]:
    """PostgreSQL's lock on a name, as a part of a statement that takes it."""
    return func.pg_advisory_xact_lock(func.hashtextextended(name, 0))
