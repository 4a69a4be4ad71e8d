"""Escalations, commitments and agents' replies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from bridge.domain.escalation import (
    ACTIVE,
    PLANNED_FOLLOW_UPS,
    Agent,
    Commitment,
    CommitmentState,
    Delivery,
    Escalation,
    EscalationState,
    FollowUpKind,
    FollowUpState,
    OutboxKind,
    OutboxState,
)
from bridge.domain.packet import Packet
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis, Priority
from bridge.ports import AgentReply, Filed, Urgency
from bridge.store.advisory_lock import locked_with_customer
from bridge.store.tables import ACTIVE as IS_ACTIVE
from bridge.store.tables import PENDING, agent_reply, commitment, escalation, follow_up, outbox
from bridge.store.upsert import Upsert

ACTIVE_STATES = [state.value for state in ACTIVE]
OF_SITE = escalation.c.site == bindparam("of_site")
ACTIVE_BY_INDEX = escalation.c.state.in_(bindparam("active", ACTIVE_STATES, expanding=True, literal_execute=True))
"""Written out in the statement, so that SQLite sees that the index over what is active answers."""
NEW_MAIL = ".team.new"
"""What the mail that tells the team of an escalation is called, behind the escalation's id."""
PROMISE = [column.label(f"promise_{column.name}") for column in commitment.c if column.name != "site"]


class EscalationStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        self._of_one(upsert, dialect)
        self._of_pages()
        self._of_promises()
        self._of_replies(upsert)
        self._of_tickets()
        self._of_work()

    def _of_one(self, upsert: Upsert, dialect: str) -> None:
        this = and_(OF_SITE, escalation.c.id == bindparam("of_escalation"))
        self.open = upsert(escalation).on_conflict_do_nothing().returning(escalation.c.id)
        self.get = _with_promise().where(this)
        # "no key": others may still write rows that refer to it. Read by another statement, for this one, which may
        # have waited, has seen the promises from before
        mine = locked_with_customer(select(escalation.c.id), escalation, this, key_share=True)
        self.hold = None if dialect == "sqlite" else mine
        # each way with the whole condition of the index over it: what is ended is not read
        self.active_of = _with_promise().where(
            or_(
                and_(OF_SITE, ACTIVE_BY_INDEX, escalation.c.session_id == bindparam("of_session")),
                and_(OF_SITE, ACTIVE_BY_INDEX, escalation.c.customer_key == bindparam("of_customer")),
            )
        )
        names = ("state", "queue", "channel", "claimed_by", "claimed_by_name", "answered_at")
        self.set_state = update(escalation).where(this).values({name: bindparam(f"new_{name}") for name in names})
        # over the index on the time of the decision: a session is handed over after it began
        self.decided_in = (
            select(escalation.c.id)
            .where(
                OF_SITE,
                escalation.c.session_id == bindparam("of_session"),
                escalation.c.decided_at >= bindparam("since"),
            )
            .limit(1)
        )

    def _of_pages(self) -> None:
        last = escalation.alias("last")
        known = bindparam("before", type_=Text)  # PostgreSQL does not guess the type in "IS NULL"
        before = select(last.c.decided_at).where(last.c.id == known).scalar_subquery()
        self.page = (
            _with_promise()
            .where(
                OF_SITE,
                escalation.c.state.in_(bindparam("states", expanding=True)),
                or_(
                    known.is_(None),
                    escalation.c.decided_at < before,
                    and_(escalation.c.decided_at == before, escalation.c.id < known),
                ),
            )
            .order_by(escalation.c.decided_at.desc(), escalation.c.id.desc())
            .limit(bindparam("most"))
        )
        owed = (case((commitment.c.state == CommitmentState.KEPT, 1), else_=0), commitment.c.due_at, escalation.c.id)
        place = tuple_(*(bindparam(f"after_{name}") for name in ("kept", "due_at", "id")))
        # over the index of what is active: what is ended is not read, and what waits is few enough to be sorted
        self.due_first = (
            _with_promise()
            .where(
                OF_SITE,
                ACTIVE_BY_INDEX,
                escalation.c.state.in_(bindparam("states", expanding=True)),
                tuple_(*owed) > place,
            )
            .order_by(*owed)
            .limit(bindparam("most"))
        )

    def _of_promises(self) -> None:
        self.promise = insert(commitment)
        this_promise = commitment.c.id == bindparam("of_commitment")
        self.correct = update(commitment).where(this_promise).values(state=bindparam("new_state"))
        self.settle = self.correct.where(commitment.c.state == CommitmentState.PENDING)
        stands = commitment.c.state == CommitmentState.PENDING  # see `_with_promise`
        of_this = commitment.c.escalation_id == bindparam("of_escalation")
        self.commitments = select(commitment).where(of_this).order_by(commitment.c.made_at, stands, commitment.c.id)
        self.standing = (
            select(commitment)
            .where(PENDING, commitment.c.escalation_id > bindparam("after"))
            .order_by(commitment.c.escalation_id)
            .limit(bindparam("most"))
        )
        self.move = (
            update(commitment)
            .where(commitment.c.id == bindparam("of_commitment"), commitment.c.due_at == bindparam("was"), PENDING)
            .values(due_at=bindparam("new_due_at"))
        )

    def _of_replies(self, upsert: Upsert) -> None:
        self.keep_reply = upsert(agent_reply).on_conflict_do_nothing().returning(agent_reply.c.reply_id)
        replied = agent_reply.c.escalation_id == bindparam("of_escalation")
        self.replies = select(agent_reply).where(replied).order_by(agent_reply.c.at, agent_reply.c.reply_id)

    def _of_tickets(self) -> None:
        self.delivery = select(outbox.c.target, outbox.c.state, outbox.c.ref, outbox.c.url).where(
            outbox.c.escalation_id == bindparam("of_escalation"), outbox.c.kind == "ticket"
        )
        self.filed_as = select(outbox.c.escalation_id, outbox.c.ref).where(
            outbox.c.site == bindparam("of_site"),
            outbox.c.kind == OutboxKind.TICKET,
            outbox.c.target == bindparam("desk"),
            outbox.c.ref.in_(bindparam("refs", expanding=True)),
        )
        self.filed = (
            select(escalation.c.id, outbox.c.ref)
            .join(outbox, outbox.c.escalation_id == escalation.c.id)
            .where(
                OF_SITE,
                ACTIVE_BY_INDEX,
                escalation.c.id > bindparam("after"),
                outbox.c.kind == OutboxKind.TICKET,
                outbox.c.target == bindparam("desk"),
                outbox.c.ref.is_not(None),
            )
            .order_by(escalation.c.id)
            .limit(bindparam("most"))
        )

    def _of_work(self) -> None:
        broken = select(commitment.c.escalation_id).where(
            commitment.c.escalation_id == escalation.c.id, commitment.c.state == CommitmentState.BROKEN
        )
        self.active = select(func.count()).select_from(escalation).where(OF_SITE, IS_ACTIVE)
        self.let_down = select(func.count()).where(
            OF_SITE, IS_ACTIVE, escalation.c.answered_at.is_(None), broken.exists()
        )
        # over the index on the state and time of follow-ups; one that was cancelled has been answered
        self.waiting = (
            _with_promise()
            .join(follow_up, follow_up.c.commitment_id == commitment.c.id)
            .where(
                follow_up.c.state.in_((*PLANNED_FOLLOW_UPS, FollowUpState.DONE, FollowUpState.FAILED)),
                follow_up.c.due_at == bindparam("opening"),
                follow_up.c.kind == FollowUpKind.OPENING.value,
                OF_SITE,
                escalation.c.queue == bindparam("of_queue"),
                ACTIVE_BY_INDEX,
                commitment.c.state == CommitmentState.PENDING.value,
            )
        )
        unverified = (OF_SITE, escalation.c.customer_key.is_(None), escalation.c.decided_at >= bindparam("since"))
        self.unverified = select(func.count()).where(*unverified)
        told = select(outbox.c.id).where(outbox.c.target == "mail", outbox.c.external_id == escalation.c.id + NEW_MAIL)
        self.untold = (
            _with_promise()
            .where(*unverified, ACTIVE_BY_INDEX, ~told.exists())
            .order_by(escalation.c.decided_at, escalation.c.id)
        )
        self.load = (
            select(escalation.c.claimed_by, func.count())
            .where(OF_SITE, escalation.c.state == EscalationState.CLAIMED)
            .group_by(escalation.c.claimed_by)
        )
        self.offered = (
            select(escalation.c.queue, func.count())
            .where(
                OF_SITE,
                escalation.c.claimed_by.is_(None),
                escalation.c.state == EscalationState.OPEN,
                escalation.c.channel == Channel.LIVE,
            )
            .group_by(escalation.c.queue)
        )


def _with_promise() -> Select[Any]:
    """Escalations with their latest promise: the standing one, or the last one that was settled.

    Two may be made in the same millisecond, so the standing one is asked for by its state.
    """
    newest = commitment.alias("newest")
    latest = (
        select(newest.c.id)
        .where(newest.c.escalation_id == escalation.c.id)
        .order_by(newest.c.state != CommitmentState.PENDING, newest.c.made_at.desc(), newest.c.id.desc())
        .limit(1)
        .correlate(escalation)
        .scalar_subquery()
    )
    return select(*escalation.c, *PROMISE).select_from(escalation.join(commitment, commitment.c.id == latest))


class Escalations:
    """See `bridge.ports.Escalations`."""

    def __init__(self, connection: Connection, statements: EscalationStatements) -> None:
        self._c = connection
        self._s = statements

    def open(self, new: Escalation) -> bool:
        row = {
            "site": new.site,
            "id": new.id,
            "session_id": new.session_id,
            "customer_key": new.customer_key,
            "state": new.state.value,
            "rule": new.rule,
            "reason": new.reason,
            "priority": new.priority.value,
            "queue": new.queue,
            "channel": new.channel.value,
            "policy_version": new.policy_version,
            "packet": write_packet(new.packet),
            "trace": new.trace,
            "decided_at": new.decided_at,
        }
        if not self._c.execute(self._s.open, row).first():
            return False
        self.promise(new.site, new.commitment)
        return True

    def get(self, site: str, escalation_id: str) -> Escalation | None:
        row = self._c.execute(self._s.get, {"of_site": site, "of_escalation": escalation_id}).mappings().first()
        return read_escalation(row) if row else None

    def hold(self, site: str, escalation_id: str) -> Escalation | None:
        """As `get`, and nobody else changes it, or is alone with its customer, before this transaction ends."""
        if self._s.hold is not None:
            self._c.execute(self._s.hold, {"of_site": site, "of_escalation": escalation_id})
        return self.get(site, escalation_id)

    def active_of(self, site: str, session: str, customer_key: str | None) -> Escalation | None:
        values = {"of_site": site, "of_session": session, "of_customer": customer_key}
        row = self._c.execute(self._s.active_of, values).mappings().first()
        return read_escalation(row) if row else None

    def page(self, site: str, states: Sequence[EscalationState], limit: int, before: str | None) -> list[Escalation]:
        values = {"of_site": site, "states": [state.value for state in states], "most": limit, "before": before}
        return [read_escalation(row) for row in self._c.execute(self._s.page, values).mappings()]

    def due_first(self, site: str, states: Sequence[EscalationState], limit: int, after: Urgency) -> list[Escalation]:
        place = {"after_kept": int(after.kept), "after_due_at": after.due_at, "after_id": after.escalation}
        values = {"of_site": site, "states": [state.value for state in states], "most": limit, **place}
        return [read_escalation(row) for row in self._c.execute(self._s.due_first, values).mappings()]

    def set_state(self, changed: Escalation) -> None:
        agent = changed.claimed_by
        row = {
            "of_site": changed.site,
            "of_escalation": changed.id,
            "new_state": changed.state.value,
            "new_queue": changed.queue,
            "new_channel": changed.channel.value,
            "new_claimed_by": agent.id if agent else None,
            "new_claimed_by_name": agent.name if agent else None,
            "new_answered_at": changed.answered_at,
        }
        self._c.execute(self._s.set_state, row)

    def promise(self, site: str, new: Commitment) -> None:
        row = {
            "site": site,
            "id": new.id,
            "escalation_id": new.escalation_id,
            "channel": new.channel.value,
            "due_at": new.due_at,
            "timezone": new.timezone,
            "wall": new.wall,
            "text": new.text,
            "state": new.state.value,
            "made_at": new.made_at,
        }
        self._c.execute(self._s.promise, row)

    def settle(self, commitment_id: str, state: CommitmentState) -> bool:
        values = {"of_commitment": commitment_id, "new_state": state.value}
        return self._c.execute(self._s.settle, values).rowcount == 1

    def correct(self, commitment_id: str, state: CommitmentState) -> None:
        self._c.execute(self._s.correct, {"of_commitment": commitment_id, "new_state": state.value})

    def commitments(self, escalation_id: str) -> list[Commitment]:
        rows = self._c.execute(self._s.commitments, {"of_escalation": escalation_id}).mappings()
        return [_promise_of(row) for row in rows]

    def standing(self, after: str, limit: int) -> list[tuple[str, Commitment]]:
        rows = self._c.execute(self._s.standing, {"after": after, "most": limit}).mappings()
        return [(row["site"], _promise_of(row)) for row in rows]

    def move(self, kept: Commitment, *, was_due_at: Millis) -> bool:
        values = {"of_commitment": kept.id, "was": was_due_at, "new_due_at": kept.due_at}
        return self._c.execute(self._s.move, values).rowcount == 1

    def keep_reply(self, site: str, escalation_id: str, reply: AgentReply) -> bool:
        row = {
            "site": site,
            "escalation_id": escalation_id,
            "reply_id": reply.reply_id,
            "agent_id": reply.agent.id,
            "agent_name": reply.agent.name,
            "text": reply.text,
            "at": reply.at,
        }
        return self._c.execute(self._s.keep_reply, row).first() is not None

    def replies(self, escalation_id: str) -> list[AgentReply]:
        rows = self._c.execute(self._s.replies, {"of_escalation": escalation_id})
        return [AgentReply(row.reply_id, Agent(row.agent_id, row.agent_name), row.text, row.at) for row in rows]

    def delivery(self, escalation_id: str) -> Delivery | None:
        row = self._c.execute(self._s.delivery, {"of_escalation": escalation_id}).first()
        return Delivery(row.target, OutboxState(row.state), row.ref, row.url) if row else None

    def filed_as(self, site: str, desk: str, refs: Sequence[str]) -> list[Filed]:
        values = {"of_site": site, "desk": desk, "refs": list(refs)}
        return [Filed(*row) for row in self._c.execute(self._s.filed_as, values)]

    def filed(self, site: str, desk: str, after: str, limit: int) -> list[Filed]:
        values = {"of_site": site, "desk": desk, "after": after, "most": limit}
        return [Filed(*row) for row in self._c.execute(self._s.filed, values)]

    def active(self, site: str) -> int:
        found: int = self._c.execute(self._s.active, {"of_site": site}).scalar_one()
        return found

    def let_down(self, site: str) -> int:
        found: int = self._c.execute(self._s.let_down, {"of_site": site}).scalar_one()
        return found

    def waiting(self, site: str, queue: str, opening: Millis) -> list[Escalation]:
        values = {"of_site": site, "of_queue": queue, "opening": opening}
        return [read_escalation(row) for row in self._c.execute(self._s.waiting, values).mappings()]

    def unverified(self, site: str, since: Millis) -> int:
        found: int = self._c.execute(self._s.unverified, {"of_site": site, "since": since}).scalar_one()
        return found

    def untold(self, site: str, since: Millis) -> list[Escalation]:
        values = {"of_site": site, "since": since}
        return [read_escalation(row) for row in self._c.execute(self._s.untold, values).mappings()]

    def load(self, site: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._c.execute(self._s.load, {"of_site": site})}

    def offered(self, site: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._c.execute(self._s.offered, {"of_site": site})}

    def decided_in(self, session: Session) -> bool:
        values = {"of_site": session.site, "of_session": session.id, "since": session.started_at}
        return self._c.execute(self._s.decided_in, values).first() is not None


def read_escalation(row: RowMapping) -> Escalation:
    """An escalation from its row, with its latest promise."""
    return Escalation(
        site=row["site"],
        id=row["id"],
        session_id=row["session_id"],
        customer_key=row["customer_key"],
        state=EscalationState(row["state"]),
        rule=row["rule"],
        reason=row["reason"],
        priority=Priority(row["priority"]),
        queue=row["queue"],
        channel=Channel(row["channel"]),
        policy_version=row["policy_version"],
        packet=Packet.model_validate_json(row["packet"]),
        trace=row["trace"],
        decided_at=row["decided_at"],
        claimed_by=Agent(row["claimed_by"], row["claimed_by_name"]) if row["claimed_by"] else None,
        answered_at=row["answered_at"],
        commitment=_read_commitment(row),
    )


def write_packet(packet: Packet) -> str:
    """The text to be stored, see `write_visitor`."""
    return packet.model_dump_json(exclude_defaults=True)


def _promise_of(row: RowMapping) -> Commitment:
    return _read_commitment({f"promise_{name}": value for name, value in row.items()})


def _read_commitment(row: Any) -> Commitment:
    return Commitment(
        id=row["promise_id"],
        escalation_id=row["promise_escalation_id"],
        channel=Channel(row["promise_channel"]),
        due_at=row["promise_due_at"],
        timezone=row["promise_timezone"],
        wall=row["promise_wall"],
        text=row["promise_text"],
        state=CommitmentState(row["promise_state"]),
        made_at=row["promise_made_at"],
    )
