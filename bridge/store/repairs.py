"""Looking for rows that do not fit together, in pages over indexes, and the few changes that make them fit."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    select,
    update,
)

from bridge.domain.escalation import (
    PLANNED_FOLLOW_UPS,
    WAITING_ROWS,
    CommitmentState,
    EscalationState,
    FollowUpKind,
    FollowUpState,
    OutboxKind,
    OutboxState,
)
from bridge.domain.values import Millis, State
from bridge.ports import EscalationCheck, LockedSession
from bridge.store.tables import ACTIVE, LOCKED, commitment, escalation, follow_up, outbox, repair, session, upstream
from bridge.store.upsert import Upsert

IS_SENT = outbox.c.state.concat("") == OutboxState.SENT
"""Written so that the index over escalations answers, and not the one over states, in which most rows are sent."""


class RepairStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        looked = _looked_at()
        self.look = looked.where(escalation.c.id == bindparam("of_escalation"))
        self.page = (
            looked.where(escalation.c.session_id > bindparam("after"))
            .order_by(escalation.c.session_id)
            .limit(bindparam("most"))
        )
        ended = (
            select(escalation.c.state)
            .where(escalation.c.site == session.c.site, escalation.c.id == session.c.escalation_id)
            .scalar_subquery()
        )
        self.locked = (
            select(session.c.id, ended.label("ended"))
            .where(session.c.site == bindparam("of_site"), LOCKED, session.c.id > bindparam("after"))
            .order_by(session.c.id)
            .limit(bindparam("most"))
        )
        self.doubt = (
            update(outbox)
            .where(
                outbox.c.escalation_id == bindparam("of_escalation"),
                outbox.c.kind == OutboxKind.TICKET,
                IS_SENT,
                outbox.c.ref.is_(None),
            )
            .values(
                state=OutboxState.UNKNOWN,
                unsure_since=bindparam("now"),
                attempts=0,
                due_at=bindparam("now"),
                first_sent_at=func.coalesce(outbox.c.first_sent_at, outbox.c.created_at),
            )
        )
        now, beyond = bindparam("now", type_=BigInteger), bindparam("beyond", type_=BigInteger)
        far = and_(outbox.c.state.in_(WAITING_ROWS), outbox.c.due_at > beyond)
        postponed = and_(follow_up.c.state == FollowUpState.DUE, follow_up.c.attempts > 0)
        self.free: dict[str, Update] = {
            "lease": _freed(outbox, now, beyond),
            "follow_up_lease": _freed(follow_up, now, beyond),
            "due": update(outbox).where(far).values(due_at=now),
            "postponed": update(follow_up).where(postponed, follow_up.c.due_at > beyond).values(due_at=now),
            "wait": update(upstream).where(upstream.c.next_at > beyond).values(next_at=now),
            "pause": update(upstream).where(upstream.c.paused_until > beyond).values(paused_until=now),
        }
        count = upsert(repair)
        self.count = count.on_conflict_do_update(
            index_elements=["what"],
            set_={"times": repair.c.times + count.excluded.times, "last_at": count.excluded.last_at},
        )


def _looked_at() -> Select[Any]:
    """Active escalations of a site, over the index on their sessions, with what does not fit."""
    ticket = and_(outbox.c.escalation_id == escalation.c.id, outbox.c.kind == OutboxKind.TICKET)
    no_ref = exists().where(ticket, IS_SENT, outbox.c.ref.is_(None))
    watched = exists().where(
        follow_up.c.commitment_id == commitment.c.id,
        follow_up.c.kind == FollowUpKind.PROMISE,
        follow_up.c.state.in_(PLANNED_FOLLOW_UPS),
    )
    unwatched = exists().where(
        commitment.c.escalation_id == escalation.c.id, commitment.c.state == CommitmentState.PENDING, ~watched
    )
    locked = exists().where(session.c.escalation_id == escalation.c.id, session.c.state == State.ESCALATED)
    return select(
        escalation.c.id,
        escalation.c.session_id,
        (~exists().where(ticket)).label("unfiled"),
        no_ref.label("no_ref"),
        unwatched.label("unwatched"),
        (~locked).label("deserted"),
    ).where(escalation.c.site == bindparam("of_site"), ACTIVE)


def _freed(table: Any, now: Any, beyond: Any) -> Update:
    return (
        update(table)
        .where(table.c.state == OutboxState.LEASED, table.c.lease_until > beyond)
        .values(lease_until=now - 1)
    )


class Repairs:
    """See `bridge.ports.Repairs`."""

    def __init__(self, connection: Connection, statements: RepairStatements) -> None:
        self._c = connection
        self._s = statements

    def page(self, site: str, after: str, limit: int) -> list[EscalationCheck]:
        rows = self._c.execute(self._s.page, {"of_site": site, "after": after, "most": limit})
        return [EscalationCheck(*row) for row in rows]

    def look(self, site: str, escalation_id: str) -> EscalationCheck | None:
        row = self._c.execute(self._s.look, {"of_site": site, "of_escalation": escalation_id}).first()
        return EscalationCheck(*row) if row else None

    def locked(self, site: str, after: str, limit: int) -> list[LockedSession]:
        rows = self._c.execute(self._s.locked, {"of_site": site, "after": after, "most": limit})
        return [LockedSession(row.id, EscalationState(row.ended) if row.ended else None) for row in rows]

    def doubt(self, escalation_id: str, now: Millis) -> bool:
        return self._c.execute(self._s.doubt, {"of_escalation": escalation_id, "now": now}).rowcount > 0

    def free(self, now: Millis, farthest: Mapping[str, Millis]) -> dict[str, int]:
        return {
            what: self._c.execute(self._s.free[what], {"now": now, "beyond": now + far}).rowcount
            for what, far in farthest.items()
        }

    def count(self, what: str, times: int, at: Millis) -> None:
        self._c.execute(self._s.count, {"what": what, "times": times, "last_at": at})
