"""What is due: follow-ups and outbox rows, claimed by lease.

A claim is one UPDATE, so two schedulers never hold the same row. A lease that has run out is claimed again: its
holder died, and what it did is unknown. So is a lease that ends later than any that could be given now: the clock
that set it was ahead.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)

from bridge.domain.escalation import (
    PLANNED_FOLLOW_UPS,
    ROWS_UNDER_WAY,
    UNDELIVERED_ROWS,
    WAITING_ROWS,
    FollowUp,
    FollowUpKind,
    FollowUpState,
    OutboxKind,
    OutboxRow,
    OutboxState,
)
from bridge.domain.values import Json, Millis
from bridge.ports import TicketRef, Undelivered, Undone
from bridge.store.json_text import json_text
from bridge.store.tables import OPEN, escalation, follow_up, outbox, upstream
from bridge.store.upsert import Upsert

LEASED = OutboxState.LEASED
"""As follow-ups call it, too."""
BY_HAND = (OutboxState.PARKED, *WAITING_ROWS)
"""Rows that a person may have sent anew, or given up."""
NOT_DONE = (*PLANNED_FOLLOW_UPS, FollowUpState.FAILED)


class WorkStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        self._of_follow_ups(upsert)
        self._of_delivery(upsert)
        self._by_hand()
        self.outbox = _listed()
        self.undelivered = _undelivered()
        planned = _listed_follow_ups(dialect)
        self.due = planned.where(follow_up.c.state.in_(PLANNED_FOLLOW_UPS), follow_up.c.due_at <= bindparam("until"))
        self.given_up = planned.where(follow_up.c.state == FollowUpState.FAILED)
        self.undone = _undone()
        self.oldest_due = select(func.min(follow_up.c.due_at)).where(follow_up.c.state.in_(PLANNED_FOLLOW_UPS))

    def _of_follow_ups(self, upsert: Upsert) -> None:
        self.plan = upsert(follow_up).on_conflict_do_nothing()
        anew = upsert(follow_up)
        self.plan_anew = anew.on_conflict_do_update(
            index_elements=["commitment_id", "kind"],
            set_={name: anew.excluded[name] for name in ("due_at", "state", "attempts", "rank")},
        )
        self.cancel = (
            update(follow_up)
            .where(
                follow_up.c.escalation_id == bindparam("of_escalation"),
                follow_up.c.state.in_(NOT_DONE),
            )
            .values(state=FollowUpState.CANCELLED)
        )
        self.shift = (
            update(follow_up)
            .where(follow_up.c.commitment_id == bindparam("of_commitment"), OPEN)
            .values(due_at=follow_up.c.due_at + bindparam("ahead", type_=BigInteger))
        )
        self.claim_follow_ups = _claim(follow_up).returning(*follow_up.c)
        self.finish_follow_up = _held(follow_up).values(
            state=bindparam("new_state"), done_at=bindparam("at", type_=BigInteger), error=bindparam("new_error")
        )
        self.postpone_follow_up = _held(follow_up).values(
            state=FollowUpState.DUE, due_at=bindparam("new_due_at"), error=bindparam("new_error")
        )

    def _of_delivery(self, upsert: Upsert) -> None:
        self.post = upsert(outbox).on_conflict_do_nothing().returning(outbox.c.id)
        self.claim_outbox = (
            _claim(outbox, and_(_may_go(), _its_turn()))
            .values(
                first_sent_at=func.coalesce(outbox.c.first_sent_at, bindparam("now")),
                unsure_since=_in_doubt_since(),
            )
            .returning(*outbox.c)
        )
        self.sent = _held(outbox).values(
            state=OutboxState.SENT, error=None, ref=bindparam("new_ref"), url=bindparam("new_url")
        )
        self.not_sent = _held(outbox).values(
            state=bindparam("new_state"),
            due_at=bindparam("new_due_at"),
            attempts=bindparam("new_attempts"),
            error=bindparam("new_error"),
            first_sent_at=bindparam("new_first_sent_at", type_=BigInteger),
            unsure_since=bindparam("new_unsure_since", type_=BigInteger),
        )

    def _by_hand(self) -> None:
        """What a person does with rows that are not delivered, or not done."""
        self.try_given_up = (
            update(follow_up)
            .where(follow_up.c.state == FollowUpState.FAILED, _if_named(follow_up.c.id, "of_id"))
            .values(state=FollowUpState.DUE, due_at=bindparam("now", type_=BigInteger), attempts=0)
        )
        this = outbox.c.id == bindparam("of_id")
        self.retry = (
            update(outbox)
            .where(this, outbox.c.state.in_(BY_HAND))
            .values(due_at=bindparam("now"), attempts=0, state=OutboxState.DUE)
            .returning(outbox.c.site, outbox.c.target)
        )
        held = and_(outbox.c.first_sent_at.is_(None), outbox.c.error.is_not(None), outbox.c.state == OutboxState.PARKED)
        self.retry_all = (
            update(outbox)
            .where(outbox.c.state.in_(BY_HAND), ~held, _if_named(outbox.c.target, "of_target"))
            .values(due_at=bindparam("now"), attempts=0, state=OutboxState.DUE)
            .returning(outbox.c.site, outbox.c.target)
        )
        self.park = update(outbox).where(this, outbox.c.state.in_(WAITING_ROWS)).values(state=OutboxState.PARKED)
        self.drop = (
            update(outbox)
            .where(this, outbox.c.state == OutboxState.PARKED)
            .values(state=OutboxState.CANCELLED)
            .returning(outbox.c.escalation_id, outbox.c.target, outbox.c.kind)
        )
        self.drop_notes = (
            update(outbox)
            .where(
                outbox.c.escalation_id == bindparam("of_escalation"),
                outbox.c.target == bindparam("of_target"),
                outbox.c.kind == "note",
                outbox.c.state.in_(BY_HAND),
            )
            .values(state=OutboxState.CANCELLED)
        )


def _in_doubt_since() -> ColumnElement[Millis]:
    """Whoever held the lease died, and what they did is unknown from now on.

    So is what became of a row that the release before calls unknown, which does not always say since when.
    """
    c, now = outbox.c, bindparam("now", type_=BigInteger)
    unknown = (c.state == OutboxState.UNKNOWN, func.coalesce(c.unsure_since, now))
    return case((c.state == LEASED, now), unknown, else_=c.unsure_since)


def _listed() -> Select[Any]:
    """Rows without what they carry. What waits for a person comes before all that goes by itself, or has gone."""
    c = outbox.c
    parked, sent = c.state == OutboxState.PARKED, c.state == OutboxState.SENT
    asked = c.state.in_(bindparam("states", expanding=True))
    return (
        select(*(column for column in c if column.name != "payload"))
        .where(asked, _if_named(c.site, "of_site"), _if_named(c.target, "of_target"))
        .order_by(case((parked, 0), (sent, 2), else_=1), case((sent, -c.due_at), else_=c.due_at), c.id)
        .limit(bindparam("most"))
    )


def _if_named(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Of this value, or of any where none is given. PostgreSQL does not guess the type in "IS NULL"."""
    known = bindparam(name, type_=Text)
    return or_(known.is_(None), column == known)


def _undelivered() -> Select[Any]:
    c, parked = outbox.c, (outbox.c.state == OutboxState.PARKED).label("parked")
    late = func.sum(case((c.created_at <= bindparam("before", type_=BigInteger), 1), else_=0))
    rows = func.count().label("rows")
    return (
        select(c.target, parked, c.error, rows, late.label("late"), func.min(c.created_at).label("oldest"))
        .where(c.site == bindparam("of_site"), c.state.in_(UNDELIVERED_ROWS))
        .group_by(c.target, parked, c.error)
        .order_by(rows.desc(), c.target, parked, c.error)
    )


def _may_go() -> ColumnElement[bool]:
    """The row's system takes something now, as `Upstream.admits` says; one that nothing is known of does.

    The few that do not are listed once a claim, and index entries are held against them.
    """
    c, now = upstream.c, bindparam("now", type_=BigInteger)
    spared = select(c.site, c.target).where(or_(c.paused_until > now, c.next_at > now))
    return tuple_(outbox.c.site, outbox.c.target).not_in(spared)


def _its_turn() -> ColumnElement[bool]:
    """A note waits for its ticket, and for the notes before it: the team reads them in the order in which they came."""
    c, other = outbox.c, outbox.alias()
    same = and_(other.c.escalation_id == c.escalation_id, other.c.target == c.target)
    filed = select(other.c.id).where(same, other.c.kind == OutboxKind.TICKET, other.c.state == OutboxState.SENT)
    older = tuple_(other.c.created_at, other.c.external_id) < tuple_(c.created_at, c.external_id)
    still_open = other.c.state.in_(ROWS_UNDER_WAY)
    before = select(other.c.id).where(same, other.c.kind == "note", still_open, older)
    return or_(c.kind != "note", and_(filed.exists(), ~before.exists()))


def _claim(table: Table, ready: ColumnElement[bool] | None = None) -> Update:
    """Take what is due, or was leased by somebody who never came back: the most urgent first, then the oldest.

    `take_over` is false while leases tell nothing, because the clock has just jumped. `ready` is what else must hold.
    """
    c = table.c
    lost = and_(
        bindparam("take_over", type_=Boolean),
        or_(c.lease_until < bindparam("now"), c.lease_until > bindparam("beyond", type_=BigInteger)),
    )
    due = (
        select(c.id)
        .where(OPEN, c.due_at <= bindparam("now"), or_(c.state != LEASED, lost), true() if ready is None else ready)
        .order_by(c.rank, c.due_at, c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("claimed")
    )
    return (
        update(table)
        .where(c.id.in_(select(due.c.id)))
        .values(state=LEASED, lease_owner=bindparam("owner"), lease_until=bindparam("until"), attempts=c.attempts + 1)
    )


def _undone() -> Select[Any]:
    c, before = follow_up.c, bindparam("before", type_=BigInteger)
    late = and_(c.state.in_(PLANNED_FOLLOW_UPS), c.due_at < before)
    failing = or_(c.state == FollowUpState.FAILED, c.attempts >= bindparam("attempts"))
    return (
        select(
            c.site,
            c.kind,
            func.sum(case((failing, 1), else_=0)).label("failing"),
            func.sum(case((late, 1), else_=0)).label("late"),
            func.min(case((late, c.due_at))).label("oldest"),
        )
        .where(c.state.in_(NOT_DONE), or_(late, failing))
        .group_by(c.site, c.kind)
        .order_by(c.site, c.kind)
    )


def _listed_follow_ups(dialect: str) -> Select[Any]:
    """With whom each is for: what is late at `now` in the order in which it will be done, then the rest by time."""
    kept = ("site", "id", "escalation_id", "commitment_id", "kind", "due_at", "state", "attempts", "error", "rank")
    c, tier = follow_up.c, json_text(escalation.c.packet, "customer", "tier", dialect=dialect)
    late = c.due_at <= bindparam("now", type_=BigInteger)
    return (
        select(*(c[name] for name in kept), escalation.c.queue, escalation.c.priority, tier.label("tier"))
        .join_from(follow_up, escalation, escalation.c.id == c.escalation_id)
        .order_by(late.desc(), case((late, c.rank), else_=0), c.due_at, c.id)
        .limit(bindparam("most"))
    )


def _held(table: Table) -> Update:
    """The row, if we still hold its lease; otherwise no row, and somebody else has it."""
    c = table.c
    return update(table).where(c.id == bindparam("of_id"), c.lease_owner == bindparam("owner"), c.state == LEASED)


class Work:
    """See `bridge.ports.Work`."""

    def __init__(self, connection: Connection, statements: WorkStatements) -> None:
        self._c = connection
        self._s = statements

    def plan(self, new: FollowUp) -> None:
        self._c.execute(self._s.plan, _planned(new))

    def plan_anew(self, new: FollowUp) -> None:
        self._c.execute(self._s.plan_anew, _planned(new))

    def cancel(self, escalation: str) -> int:
        return self._c.execute(self._s.cancel, {"of_escalation": escalation}).rowcount

    def shift(self, commitment: str, by: Millis) -> int:
        return self._c.execute(self._s.shift, {"of_commitment": commitment, "ahead": by}).rowcount

    def claim_follow_ups(
        self, owner: str, now: Millis, until: Millis, limit: int, *, take_over: bool = True
    ) -> list[FollowUp]:
        rows = self._c.execute(self._s.claim_follow_ups, _claim_values(owner, now, until, limit, take_over)).all()
        found = [
            FollowUp(r.id, r.site, r.escalation_id, r.commitment_id, FollowUpKind(r.kind), r.due_at, r.attempts, r.rank)
            for r in rows
        ]
        return sorted(found, key=lambda one: (one.rank, one.due_at, one.id))

    def finish_follow_up(
        self, follow_up_id: str, owner: str, *, state: FollowUpState, at: Millis | None = None, error: str | None = None
    ) -> bool:
        values = {"of_id": follow_up_id, "owner": owner, "new_state": state, "at": at, "new_error": error}
        return self._c.execute(self._s.finish_follow_up, values).rowcount == 1

    def postpone_follow_up(self, follow_up_id: str, owner: str, due_at: Millis, error: str) -> bool:
        values = {"of_id": follow_up_id, "owner": owner, "new_due_at": due_at, "new_error": error}
        return self._c.execute(self._s.postpone_follow_up, values).rowcount == 1

    def post(self, new: OutboxRow, at: Millis) -> bool:
        row = {
            "site": new.site,
            "id": new.id,
            "escalation_id": new.escalation_id,
            "kind": new.kind.value,
            "target": new.target,
            "external_id": new.external_id,
            "payload": new.payload,
            "due_at": new.due_at,
            "state": OutboxState.PARKED if new.held else OutboxState.DUE,
            "error": new.held,
            "attempts": 0,
            "created_at": at,
            "rank": new.rank,
        }
        return self._c.execute(self._s.post, row).first() is not None

    def claim_outbox(
        self, owner: str, now: Millis, until: Millis, limit: int, *, take_over: bool = True
    ) -> list[OutboxRow]:
        rows = self._c.execute(self._s.claim_outbox, _claim_values(owner, now, until, limit, take_over)).all()
        return sorted((read_outbox(row) for row in rows), key=lambda one: (one.rank, one.due_at, one.id))

    def sent(self, row_id: str, owner: str, ref: TicketRef | None) -> bool:
        values = {
            "of_id": row_id,
            "owner": owner,
            "new_ref": ref.id if ref else None,
            "new_url": ref.url if ref else None,
        }
        return self._c.execute(self._s.sent, values).rowcount == 1

    def not_sent(self, row: OutboxRow, owner: str, *, state: OutboxState, due_at: Millis, error: str) -> bool:
        values = {
            "of_id": row.id,
            "owner": owner,
            "new_state": state,
            "new_due_at": due_at,
            "new_attempts": row.attempts,
            "new_error": error,
            "new_first_sent_at": row.first_sent_at,
            "new_unsure_since": row.unsure_since,
        }
        return self._c.execute(self._s.not_sent, values).rowcount == 1

    def outbox(
        self, states: Sequence[OutboxState], limit: int, *, site: str | None = None, target: str | None = None
    ) -> list[Json]:
        values = {"states": list(states), "most": limit, "of_site": site, "of_target": target}
        return [dict(row) for row in self._c.execute(self._s.outbox, values).mappings()]

    def undelivered(self, site: str, before: Millis) -> list[Undelivered]:
        rows = self._c.execute(self._s.undelivered, {"of_site": site, "before": before})
        return [Undelivered(r.target, bool(r.parked), r.error, r.rows, r.late, r.oldest) for r in rows]

    def retry(self, row_id: str, now: Millis) -> tuple[str, str] | None:
        row = self._c.execute(self._s.retry, {"of_id": row_id, "now": now}).first()
        return (row.site, row.target) if row else None

    def retry_all(self, now: Millis, *, target: str | None = None) -> list[tuple[str, str]]:
        rows = self._c.execute(self._s.retry_all, {"of_target": target, "now": now}).all()
        return [(row.site, row.target) for row in rows]

    def park(self, row_id: str) -> bool:
        return self._c.execute(self._s.park, {"of_id": row_id}).rowcount == 1

    def drop(self, row_id: str) -> bool:
        row = self._c.execute(self._s.drop, {"of_id": row_id}).first()
        if row and row.kind == "ticket":
            self._c.execute(self._s.drop_notes, {"of_escalation": row.escalation_id, "of_target": row.target})
        return row is not None

    def due(self, until: Millis, limit: int, *, now: Millis = 0) -> list[Json]:
        rows = self._c.execute(self._s.due, {"now": now, "until": until, "most": limit}).mappings()
        return [dict(row) for row in rows]

    def given_up(self, limit: int) -> list[Json]:
        rows = self._c.execute(self._s.given_up, {"now": 0, "most": limit}).mappings()
        return [dict(row) for row in rows]

    def undone(self, before: Millis, attempts: int) -> list[Undone]:
        rows = self._c.execute(self._s.undone, {"before": before, "attempts": attempts})
        return [Undone(r.site, r.kind, r.failing, r.late, r.oldest) for r in rows]

    def oldest_due(self) -> Millis | None:
        at: Millis | None = self._c.execute(self._s.oldest_due).scalar()
        return at

    def try_given_up(self, now: Millis, *, follow_up: str | None = None) -> int:
        return self._c.execute(self._s.try_given_up, {"now": now, "of_id": follow_up}).rowcount


def _planned(new: FollowUp) -> Json:
    return {
        "site": new.site,
        "id": new.id,
        "escalation_id": new.escalation_id,
        "commitment_id": new.commitment_id,
        "kind": new.kind.value,
        "due_at": new.due_at,
        "state": FollowUpState.DUE,
        "attempts": 0,
        "rank": new.rank,
    }


def _claim_values(owner: str, now: Millis, until: Millis, limit: int, take_over: bool) -> dict[str, Any]:
    """Clocks of two machines differ a little: a lease is too long to be true only from twice its length on."""
    beyond = until + (until - now)
    return {"owner": owner, "now": now, "until": until, "beyond": beyond, "most": limit, "take_over": take_over}


def read_outbox(row: Any) -> OutboxRow:
    """An outbox row from its row."""
    return OutboxRow(
        id=row.id,
        site=row.site,
        escalation_id=row.escalation_id,
        kind=OutboxKind(row.kind),
        target=row.target,
        external_id=row.external_id,
        payload=row.payload,
        due_at=row.due_at,
        attempts=row.attempts,
        first_sent_at=row.first_sent_at,
        unsure_since=row.unsure_since,
        rank=row.rank,
    )
