"""What is stored about one person, or is too old to be kept: found by index, shown, emptied, deleted.

Rows that figures are made of are emptied: states, counts, instants and the names of rules stay. The rest is deleted.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Delete,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    union,
    update,
)

from bridge.domain.answering import CONVERSATION
from bridge.domain.escalation import Escalation, FollowUpState, OutboxState
from bridge.domain.forgetting import Person
from bridge.domain.instants import DAY
from bridge.domain.session import Session, folded, verified_key
from bridge.domain.values import Json, Millis
from bridge.ports import Aged, Place
from bridge.store.escalations import ACTIVE_STATES, write_packet
from bridge.store.sessions import write_visitor
from bridge.store.tables import (
    agent_reply,
    answer,
    callback,
    commitment,
    crm_cache,
    escalation,
    event,
    follow_up,
    label,
    mail_slot,
    outbox,
    session,
    spent,
    turn,
)

OVER = (OutboxState.SENT, OutboxState.CANCELLED)
"""Rows that nothing becomes of any more."""
DONE_OR_OVER = (FollowUpState.DONE, FollowUpState.FAILED, FollowUpState.CANCELLED)
"""States of an outbox row of which nothing will be sent any more."""
SESSION_TABLES = (label, event, answer, turn)
ESCALATION_TABLES = (agent_reply, callback, follow_up, outbox, commitment)
"""What refers to a session, or to an escalation, and goes before it."""


class PrivacyStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self) -> None:
        self._of_a_person()
        self._of_an_escalation()
        self._to_empty()
        self._to_drop()
        self._to_purge()

    def _of_a_person(self) -> None:
        site: Any = bindparam("of_site")
        this: Any = bindparam("of_session")
        self.sessions = (
            select(session.c.id)
            .where(session.c.site == site, _theirs(), session.c.id > bindparam("after"))
            .order_by(session.c.id)
            .limit(bindparam("most"))
        )
        self.escalations = (
            select(escalation.c.id)
            .where(escalation.c.site == site, escalation.c.session_id == this)
            .order_by(escalation.c.decided_at, escalation.c.id)
        )
        self.labels = select(label).where(label.c.site == site, label.c.session_id == this)
        self.answers = select(answer).where(answer.c.site == site, answer.c.session_id == this).order_by(answer.c.seq)

    def _of_an_escalation(self) -> None:
        of_escalation: Any = bindparam("of_escalation")
        self.calls = select(callback).where(callback.c.escalation_id == of_escalation).order_by(callback.c.booked_at)
        mine = outbox.c.escalation_id == of_escalation
        self.mails = (
            select(outbox.c.payload, outbox.c.state, outbox.c.created_at)
            .where(mine, outbox.c.kind == "mail")
            .order_by(outbox.c.created_at, outbox.c.id)
        )
        # one that is on its way, or whose answer never came, may be there as well
        abroad = or_(
            outbox.c.ref.is_not(None), outbox.c.unsure_since.is_not(None), outbox.c.state == OutboxState.LEASED
        )
        self.tickets = select(outbox.c.target, outbox.c.external_id, outbox.c.ref, outbox.c.url).where(
            mine, outbox.c.kind == "ticket", abroad
        )
        self.messages = select(outbox.c.id, outbox.c.external_id, outbox.c.payload, outbox.c.state).where(
            mine, outbox.c.kind != "ticket"
        )

    def _to_empty(self) -> None:
        """What keeps its place without what it said."""
        self.empty_session = _empty_session()
        self.empty_escalation = _empty_escalation()
        self.empty_messages = (
            update(outbox)
            .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
            .values(payload="", error=None, external_id=outbox.c.id, state=_ended(outbox, OVER))
        )
        shared = and_(
            outbox.c.target == "mail",
            outbox.c.site == bindparam("of_site"),
            outbox.c.external_id.startswith(bindparam("beginning")),
            outbox.c.payload.contains(bindparam("of_escalation")),
        )
        self.empty_shared = update(outbox).where(shared).values(payload="", state=_ended(outbox, OVER))

    def _to_drop(self) -> None:
        """What is kept of a person beside their conversations."""
        site: Any = bindparam("of_site")
        self.drop_account = delete(crm_cache).where(crm_cache.c.site == site, crm_cache.c.key == bindparam("email"))
        self.drop_slots = delete(mail_slot).where(mail_slot.c.site == site, mail_slot.c.address == bindparam("digest"))
        self.drop_spent = delete(spent).where(
            spent.c.site == site, spent.c.who.in_(bindparam("spenders", expanding=True))
        )

    def _to_purge(self) -> None:
        """What is older than it may become."""
        site: Any = bindparam("of_site")
        self.aged = _aged()
        self.hold = _hold()
        self.over = _over()
        gone: Any = bindparam("gone", expanding=True)
        self.escalations_of_all = select(escalation.c.id).where(
            escalation.c.site == site, escalation.c.session_id.in_(gone)
        )
        self.purge_sessions = [
            *(
                delete(one).where(one.c.site == site, one.c.session_id.in_(gone))
                for one in (*SESSION_TABLES, escalation)
            ),
            delete(session).where(session.c.site == site, session.c.id.in_(gone)),
        ]
        self.purge_spent = delete(spent).where(
            spent.c.site == site,
            spent.c.day.in_(bindparam("days", expanding=True)),
            spent.c.who.in_(bindparam("spenders", expanding=True)),
        )
        self.purge_escalations = [delete(one).where(one.c.escalation_id.in_(gone)) for one in ESCALATION_TABLES]
        self.purge_stale = [
            _few(crm_cache, crm_cache.c.fetched_at),
            _few(mail_slot, mail_slot.c.taken_at),
            # the count of a conversation goes with it: with its cap it would begin anew
            _few(spent, spent.c.day.cast(BigInteger) * DAY, spent.c.who.not_like(f"{CONVERSATION}%")),
        ]


def _theirs() -> ColumnElement[bool]:
    """A verified visitor's address stands for the account: its sessions are theirs under whatever address.

    One that was typed may be anybody's: it stands for the session that it was typed in. Quotes in a name are escaped in
    the stored text, so that no name can pass for the mark. One that was replaced since stands in what was handed over
    until then; there it is found by reading every packet of the site, some five kilobytes each.
    """
    accounts = select(session.c.customer_key).where(
        session.c.site == bindparam("of_site"),
        session.c.email == bindparam("email"),
        session.c.customer_key.is_not(None),
        ~session.c.visitor.contains('"email_identity":'),
    )
    handed_over = select(escalation.c.session_id).where(
        escalation.c.site == bindparam("of_site"),
        func.lower(escalation.c.packet).like(bindparam("in_packet"), escape="\\"),
    )
    known = select(session.c.id).where(session.c.site == bindparam("of_site"))
    return session.c.id.in_(
        union(
            known.where(session.c.email == bindparam("email")),
            known.where(session.c.customer_key == bindparam("key")),
            known.where(session.c.customer_key.in_(accounts)),
            handed_over,
        )
    )


def _ended(table: Table, done: Sequence[str]) -> Any:
    return case((table.c.state.in_(done), table.c.state), else_=OutboxState.CANCELLED.value)


def _empty_session() -> dict[str, Delete | Update]:
    """By what is counted."""
    site: Any = bindparam("of_site")
    this: Any = bindparam("of_session")
    blank = ("state", "visitor", "customer")
    return {
        "turns": delete(turn).where(turn.c.site == site, turn.c.session_id == this),
        "events": delete(event).where(event.c.site == site, event.c.session_id == this),
        "answers": delete(answer).where(answer.c.site == site, answer.c.session_id == this),
        "sessions": update(session)
        .where(session.c.site == site, session.c.id == this)
        .values(
            **{name: bindparam(f"new_{name}") for name in blank},
            **dict.fromkeys(("customer_key", "email", "phone", "locale", "timezone", "page_url", "shop")),
            window="",
            digest="",  # of the user's number, which is soon guessed; without it the session counts as erased
        ),
    }


def _empty_escalation() -> dict[str, Delete | Update]:
    """By what is counted."""
    this: Any = bindparam("of_escalation")
    blank = ("customer_key", "reason", "packet", "trace")
    sent, follow_ups = outbox.c.escalation_id == this, follow_up.c.escalation_id == this
    return {
        "replies": delete(agent_reply).where(agent_reply.c.escalation_id == this),
        "promises": update(commitment).where(commitment.c.escalation_id == this).values(text=""),
        "follow_ups": update(follow_up).where(follow_ups).values(error=None, state=_ended(follow_up, DONE_OR_OVER)),
        "cancelled": update(outbox).where(sent, outbox.c.state.not_in(OVER)).values(state=OutboxState.CANCELLED),
        "messages": update(outbox)
        .where(sent)
        .values(
            payload="",
            error=None,
            # that of a mail may hold a digest of what the customer typed
            external_id=case((outbox.c.kind == "ticket", outbox.c.external_id), else_=outbox.c.id),
        ),
        "escalations": update(escalation)
        .where(escalation.c.site == bindparam("of_site"), escalation.c.id == this)
        .values({name: bindparam(f"new_{name}") for name in blank}),
    }


def _aged() -> Select[Any]:
    """Sessions that began before an instant, in that order, and whether each is over in every respect."""
    return (
        select(session.c.started_at, session.c.id, (~_needed()).label("over"))
        .where(
            session.c.site == bindparam("of_site"),
            session.c.started_at < bindparam("before"),
            tuple_(session.c.started_at, session.c.id) > tuple_(bindparam("after_at"), bindparam("after_id")),
        )
        .order_by(session.c.started_at, session.c.id)
        .limit(bindparam("most"))
    )


def _hold() -> Select[Any]:
    """Those of the sessions that nobody else holds."""
    return _these().with_for_update(skip_locked=True)


def _over() -> Select[Any]:
    """Those of the sessions that are over still: asked once they are held, for somebody may have written until then."""
    return _these().where(~_needed())


def _these() -> Select[Any]:
    return select(session.c.id, session.c.started_at).where(
        session.c.site == bindparam("of_site"), session.c.id.in_(bindparam("ids", expanding=True))
    )


def _needed() -> ColumnElement[bool]:
    """Somebody answers for the session, something was said in it of late, or a later one joined its escalation."""
    before: Any = bindparam("before")
    own = and_(escalation.c.site == session.c.site, escalation.c.session_id == session.c.id)
    active = escalation.c.state.in_(ACTIVE_STATES)
    joined = and_(escalation.c.site == session.c.site, escalation.c.id == session.c.escalation_id)
    other = session.alias("other")
    followed = exists().where(own, other.c.escalation_id == escalation.c.id, other.c.started_at >= before)
    heard = exists().where(
        turn.c.site == session.c.site,
        turn.c.session_id == session.c.id,
        or_(turn.c.at >= before, turn.c.reply_at >= before),
    )
    told = exists().where(event.c.site == session.c.site, event.c.session_id == session.c.id, event.c.at >= before)
    return or_(exists().where(own, active), exists().where(joined, active), followed, heard, told)


def _few(table: Table, since: ColumnElement[Any], *more: ColumnElement[bool]) -> Delete:
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(since < bindparam("before"), *more).limit(bindparam("most"))
    return delete(table).where(key.in_(old))


def _in_packet(email: str | None) -> str | None:
    """The pattern that a packet of this address fits, in small letters."""
    if email is None:
        return None
    stored = f'"email":{json.dumps(email, ensure_ascii=False)}'
    return "%" + re.sub(r"([%_\\])", r"\\\1", stored) + "%"


class Privacy:
    """See `bridge.ports.Privacy`."""

    def __init__(self, connection: Connection, statements: PrivacyStatements) -> None:
        self._c = connection
        self._s = statements

    def sessions(self, site: str, person: Person, after: str, limit: int) -> list[str]:
        key = verified_key(person.user_id) if person.user_id else None
        email = folded(person.email)
        whose = {"email": email, "in_packet": _in_packet(email), "key": key}
        values = {"of_site": site, **whose, "after": after, "most": limit}
        return list(self._c.execute(self._s.sessions, values).scalars())

    def escalations(self, site: str, session_id: str) -> list[str]:
        return list(self._c.execute(self._s.escalations, {"of_site": site, "of_session": session_id}).scalars())

    def labels(self, site: str, session_id: str) -> list[Json]:
        return self._rows(self._s.labels, {"of_site": site, "of_session": session_id})

    def answers(self, site: str, session_id: str) -> list[Json]:
        return self._rows(self._s.answers, {"of_site": site, "of_session": session_id})

    def calls(self, escalation_id: str) -> list[Json]:
        return self._rows(self._s.calls, {"of_escalation": escalation_id})

    def mails(self, escalation_id: str) -> list[Json]:
        return self._rows(self._s.mails, {"of_escalation": escalation_id})

    def tickets(self, escalation_id: str) -> list[Json]:
        return self._rows(self._s.tickets, {"of_escalation": escalation_id})

    def _rows(self, statement: Select[Any], values: dict[str, Any]) -> list[Json]:
        return [dict(row) for row in self._c.execute(statement, values).mappings()]

    def empty_session(self, blank: Session) -> dict[str, int]:
        values = {
            "of_site": blank.site,
            "of_session": blank.id,
            "new_state": blank.state.value,
            "new_visitor": write_visitor(blank.visitor),
            "new_customer": blank.customer.model_dump_json(),
        }
        return self._run(self._s.empty_session, values)

    def empty_escalation(self, blank: Escalation) -> dict[str, int]:
        values = {
            "of_site": blank.site,
            "of_escalation": blank.id,
            "new_customer_key": blank.customer_key,
            "new_reason": blank.reason,
            "new_packet": write_packet(blank.packet),
            "new_trace": blank.trace,
        }
        return self._run(self._s.empty_escalation, values)

    def _run(self, statements: dict[str, Delete | Update], values: dict[str, Any]) -> dict[str, int]:
        return {what: self._c.execute(statement, values).rowcount for what, statement in statements.items()}

    def empty_messages(self, escalation_id: str, session_id: str, said: Sequence[str]) -> dict[str, int]:
        rows = self._c.execute(self._s.messages, {"of_escalation": escalation_id}).all()
        of_session = re.compile(rf"{re.escape(escalation_id)}\.(turn|joined|crm)\.{re.escape(session_id)}(\.|$)")
        theirs = [
            row
            for row in rows
            if of_session.match(row.external_id) or any(one.casefold() in row.payload.casefold() for one in said)
        ]
        self._c.execute(self._s.empty_messages, {"ids": [row.id for row in theirs]})
        return {
            "messages": len(theirs),
            "cancelled": sum(row.state not in OVER for row in theirs),
        }

    def empty_shared(self, site: str, beginning: str, escalation_id: str) -> int:
        values = {"of_site": site, "beginning": beginning, "of_escalation": escalation_id}
        return self._c.execute(self._s.empty_shared, values).rowcount

    def drop_address(self, site: str, email: str, digest: str) -> None:
        self._c.execute(self._s.drop_account, {"of_site": site, "email": folded(email)})
        self._c.execute(self._s.drop_slots, {"of_site": site, "digest": digest})

    def drop_spent(self, site: str, who: Sequence[str]) -> None:
        self._c.execute(self._s.drop_spent, {"of_site": site, "spenders": list(who)})

    def aged(self, site: str, before: Millis, after: Place, limit: int) -> list[Aged]:
        place = {"after_at": after.started_at, "after_id": after.session}
        rows = self._c.execute(self._s.aged, {"of_site": site, "before": before, **place, "most": limit})
        return [Aged(Place(row.started_at, row.id), bool(row.over)) for row in rows]

    def purge(self, site: str, before: Millis, sessions: Sequence[str]) -> int:
        held = list(self._c.execute(self._s.hold, {"of_site": site, "ids": list(sessions)}).scalars())
        these = {"of_site": site, "before": before, "ids": held}
        over = self._c.execute(self._s.over, these).all()
        values = {"of_site": site, "gone": [one.id for one in over]}
        escalations = list(self._c.execute(self._s.escalations_of_all, values).scalars())
        for statement in self._s.purge_escalations:
            self._c.execute(statement, {"gone": escalations})
        for statement in self._s.purge_sessions:
            self._c.execute(statement, values)
        counted = {"days": [one.started_at // DAY for one in over], "spenders": [CONVERSATION + one.id for one in over]}
        self._c.execute(self._s.purge_spent, {"of_site": site, **counted})
        return len(over)

    def purge_stale(self, before: Millis, limit: int) -> int:
        return sum(self._c.execute(one, {"before": before, "most": limit}).rowcount for one in self._s.purge_stale)
