"""What the sessions of a time came to, counted by the database.

Sessions are found over the index on site and start, escalations over that on site and decision: what lies outside the
time that is asked for is not read, however much of it there is.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    true,
    union_all,
)

from bridge.domain.instants import MINUTE
from bridge.domain.values import Millis
from bridge.ports import Counted
from bridge.store.json_text import json_text
from bridge.store.tables import commitment, escalation, outbox, session

QUARTER_HOUR = 15 * MINUTE


class StatsStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, dialect: str) -> None:
        first = _numbered()
        self.count = _grouped(union_all(_went_on(dialect), _handed_over(first, dialect)))
        of_session = and_(session.c.site == escalation.c.site, session.c.id == escalation.c.session_id)
        name = _fired(dialect)
        self.triggers = (
            select(name, func.count())
            .select_from(first)
            .join(escalation, escalation.c.id == first.c.id)
            .join(session, of_session)
            .join(name.table, true())
            .where(first.c.nth == 1, *_begun())
            .group_by(name)
        )
        decided = [escalation.c.site == bindparam("of_site"), escalation.c.decided_at.between(*_span())]
        self.commitments = (
            select(commitment.c.state, func.count())
            .join_from(escalation, commitment, commitment.c.escalation_id == escalation.c.id)
            .where(*decided)
            .group_by(commitment.c.state)
        )
        self.deliveries = (
            select(outbox.c.state, func.count())
            .join_from(escalation, outbox, outbox.c.escalation_id == escalation.c.id)
            .where(*decided)
            .group_by(outbox.c.state)
        )


def _numbered() -> CTE:
    """The site's escalations since `since`, each with its number within its session, from 1.

    A session that began since then was first handed over since then.
    """
    within = func.row_number().over(
        partition_by=escalation.c.session_id, order_by=(escalation.c.decided_at, escalation.c.id)
    )
    return (
        select(escalation.c.id, escalation.c.session_id, escalation.c.rule, within.label("nth"))
        .where(escalation.c.site == bindparam("of_site"), escalation.c.decided_at >= bindparam("since"))
        .cte("numbered")
    )


def _span() -> tuple[Any, Any]:
    return bindparam("since"), bindparam("until")


def _begun() -> tuple[Any, ...]:
    return session.c.site == bindparam("of_site"), session.c.started_at.between(*_span()), session.c.turns > 0


def _went_on(dialect: str) -> Select[Any]:
    """The sessions that nobody took over, a row each; one that only joined an escalation is not among them."""
    handed_over = select(escalation.c.session_id).where(
        escalation.c.site == bindparam("of_site"), escalation.c.decided_at >= bindparam("since")
    )
    return select(*_keys(dialect), null().label("rule")).where(
        *_begun(), session.c.escalation_id.is_(None), session.c.id.not_in(handed_over)
    )


def _handed_over(first: CTE, dialect: str) -> Select[Any]:
    """The sessions that were handed over, a row each, with the rule that did it first."""
    of_session = and_(session.c.site == bindparam("of_site"), session.c.id == first.c.session_id)
    return (
        select(*_keys(dialect), first.c.rule).join_from(first, session, of_session).where(first.c.nth == 1, *_begun())
    )


def _keys(dialect: str) -> tuple[Any, ...]:
    tier = json_text(session.c.customer, "tier", dialect=dialect)
    return (session.c.started_at // QUARTER_HOUR).label("quarter"), session.c.flow, tier.label("tier")


def _grouped(rows: CompoundSelect[Any]) -> Select[Any]:
    c = rows.subquery("sessions").c
    keys = (c.quarter, c.flow, c.tier, c.rule)
    return select(*keys, func.count().label("sessions")).group_by(*keys)


def _fired(dialect: str) -> Any:
    """The column that names the triggers that had fired, a row each."""
    if dialect == "sqlite":
        return func.json_each(escalation.c.trace, "$.fired").table_valued("key").alias("fired").c.key
    keys = func.json_object_keys(func.json_extract_path(cast(escalation.c.trace, JSON), "fired"))
    return keys.table_valued("key").alias("fired").render_derived().c.key


class Stats:
    """See `bridge.ports.Stats`."""

    def __init__(self, connection: Connection, statements: StatsStatements) -> None:
        self._c = connection
        self._s = statements

    def count(self, site: str, since: Millis, until: Millis) -> list[Counted]:
        rows = self._c.execute(self._s.count, _values(site, since, until))
        return [Counted(row.quarter * QUARTER_HOUR, row.flow, row.tier, row.rule, row.sessions) for row in rows]

    def triggers(self, site: str, since: Millis, until: Millis) -> dict[str, int]:
        return self._counts(self._s.triggers, site, since, until)

    def commitments(self, site: str, since: Millis, until: Millis) -> dict[str, int]:
        return self._counts(self._s.commitments, site, since, until)

    def deliveries(self, site: str, since: Millis, until: Millis) -> dict[str, int]:
        return self._counts(self._s.deliveries, site, since, until)

    def _counts(self, statement: Select[Any], site: str, since: Millis, until: Millis) -> dict[str, int]:
        return {row[0]: row[1] for row in self._c.execute(statement, _values(site, since, until))}


def _values(site: str, since: Millis, until: Millis) -> dict[str, Any]:
    return {"of_site": site, "since": since, "until": until}
