"""Sessions, turns and events: the rows of the hot path."""

import json
from collections import namedtuple
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from bridge.domain import signals
from bridge.domain.customer import Customer, Shop
from bridge.domain.escalation import Event, EventKind
from bridge.domain.session import Session, Turn, customer_key, folded
from bridge.domain.signals import TurnSignals
from bridge.domain.values import Millis, State, Visitor
from bridge.store.advisory_lock import AdvisoryLock, locked_with_customer
from bridge.store.compiled_statement import CompiledStatement
from bridge.store.tables import event, session, turn
from bridge.store.upsert import Upsert

LOCK_TIMEOUT = "2s"


class SessionStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        self._of_sessions(upsert, dialect)
        self._of_turns(upsert, dialect)
        self._of_events(upsert)

    def _of_sessions(self, upsert: Upsert, dialect: str) -> None:
        this = and_(session.c.site == bindparam("of_site"), session.c.id == bindparam("of_session"))
        self.start = upsert(session).on_conflict_do_nothing().returning(session.c.id)
        self.get = select(session).where(this)
        self.hold = CompiledStatement(
            self.get if dialect == "sqlite" else locked_with_customer(select(session), session, this), dialect
        )
        self.digest = select(session.c.digest).where(this)
        changes = (
            "state",
            "flow",
            "window",
            "turns",
            "last_event",
            "visitor",
            "email",
            "phone",
            "locale",
            "escalation_id",
        )
        save = update(session).where(this).values({name: bindparam(f"new_{name}") for name in changes})
        self.save = CompiledStatement(save, dialect)
        # nothing that is indexed: SQLite writes each index anew whose columns are set, the value be the same or not
        judged: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("flow", "window", "turns", "locale")}
        self.save_judged = CompiledStatement(update(session).where(this).values(judged), dialect)
        self.lock = (
            update(session)
            .where(this, session.c.state == State.OPEN)
            .values(state=State.ESCALATED.value, escalation_id=bindparam("escalation"))
        )
        self.alone = AdvisoryLock(dialect, LOCK_TIMEOUT)
        self.join = (
            update(session)
            .where(
                session.c.site == bindparam("of_site"),
                session.c.customer_key == bindparam("key"),
                session.c.state == State.OPEN,
            )
            .values(state=State.ESCALATED.value, escalation_id=bindparam("escalation"))
            .returning(session.c.id)
        )
        # unordered: to have them in order SQLite would read every session of the site, over the index on their start
        self.of_escalation = select(session).where(
            session.c.site == bindparam("of_site"), session.c.escalation_id == bindparam("escalation")
        )
        self.set_customer = update(session).where(this).values(customer=bindparam("new_customer"))

    def _of_turns(self, upsert: Upsert, dialect: str) -> None:
        self.keep_turn = CompiledStatement(upsert(turn).on_conflict_do_nothing().returning(turn.c.seq), dialect)
        of_session = and_(turn.c.site == bindparam("of_site"), turn.c.session_id == bindparam("of_session"))
        self.turn = CompiledStatement(select(turn).where(of_session, turn.c.turn_id == bindparam("of_turn")), dialect)
        self.turns = select(turn).where(of_session).order_by(turn.c.seq)
        self.last_said = select(func.max(turn.c.at), func.max(turn.c.reply_at)).where(of_session)
        self.recent_signals = (
            select(turn.c.signals)
            .join(session, and_(turn.c.site == session.c.site, turn.c.session_id == session.c.id))
            .where(session.c.site == bindparam("of_site"))
            .order_by(session.c.started_at.desc(), session.c.id, turn.c.seq.desc())
            .limit(bindparam("most"))
        )
        self.amend_verdict = (
            update(turn).where(of_session, turn.c.seq == bindparam("of_seq")).values(verdict=bindparam("new_verdict"))
        )
        reply = ("reply_text", "reply_at", "reply_digest", "reply_verdict", "reply_trace", "reply_shown")
        keep_reply = update(turn).where(of_session, turn.c.seq == bindparam("of_seq"))
        names: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("signals", *reply)}
        self.keep_reply = CompiledStatement(keep_reply.values(names), dialect)

    def _of_events(self, upsert: Upsert) -> None:
        self.keep_event = upsert(event)
        self.released_since = (
            select(event.c.n)
            .where(
                event.c.site == bindparam("of_site"),
                event.c.session_id == bindparam("of_session"),
                event.c.kind == EventKind.RELEASED.value,
                event.c.at >= bindparam("since"),
            )
            .limit(1)
        )
        self.events = (
            select(event)
            .where(
                event.c.site == bindparam("of_site"),
                event.c.session_id == bindparam("of_session"),
                event.c.n > bindparam("after"),
            )
            .order_by(event.c.n)
            .limit(200)
        )


class Sessions:
    """See `bridge.ports.Sessions`."""

    def __init__(self, connection: Connection, statements: SessionStatements) -> None:
        self._c = connection
        self._s = statements

    def start(self, new: Session, digest: str) -> bool:
        row = {
            "site": new.site,
            "id": new.id,
            "state": new.state.value,
            "visitor": write_visitor(new.visitor),
            "customer": new.customer.model_dump_json(),
            "customer_key": customer_key(new.visitor),
            "email": folded(new.visitor.email),
            "locale": new.locale,
            "timezone": new.timezone,
            "page_url": new.page_url,
            "flow": new.flow,
            "shop": new.shop.model_dump_json() if new.shop else None,
            "window": "",
            "turns": 0,
            "escalation_id": new.escalation_id,
            "last_event": new.last_event,
            "phone": new.phone,
            "digest": digest,
            "started_at": new.started_at,
        }
        return self._c.execute(self._s.start, row).first() is not None

    def get(self, site: str, session_id: str) -> Session | None:
        row = self._c.execute(self._s.get, {"of_site": site, "of_session": session_id}).first()
        return read_session(row) if row else None

    def hold(self, site: str, session_id: str) -> Session | None:
        """As `get`, and nobody else changes it, or is alone with its customer, before this transaction ends."""
        row = self._s.hold.first(self._c, {"of_site": site, "of_session": session_id})
        return read_session(SessionRow(*row)) if row else None

    def digest(self, site: str, session_id: str) -> str | None:
        found: str | None = self._c.execute(self._s.digest, {"of_site": site, "of_session": session_id}).scalar()
        return found

    def save(self, changed: Session) -> None:
        row = {
            "of_site": changed.site,
            "of_session": changed.id,
            "new_state": changed.state.value,
            "new_flow": changed.flow,
            "new_window": write_window(changed.window),
            "new_turns": changed.turns,
            "new_last_event": changed.last_event,
            "new_visitor": write_visitor(changed.visitor),
            "new_email": folded(changed.visitor.email),
            "new_phone": changed.phone,
            "new_locale": changed.locale,
            "new_escalation_id": changed.escalation_id,
        }
        self._s.save.run(self._c, row)

    def save_judged(self, changed: Session) -> None:
        row = {
            "of_site": changed.site,
            "of_session": changed.id,
            "new_flow": changed.flow,
            "new_window": write_window(changed.window),
            "new_turns": changed.turns,
            "new_locale": changed.locale,
        }
        self._s.save_judged.run(self._c, row)

    def lock(self, site: str, session_id: str, escalation: str) -> bool:
        values = {"of_site": site, "of_session": session_id, "escalation": escalation}
        return self._c.execute(self._s.lock, values).rowcount == 1

    def alone(self, site: str, key: str) -> None:
        self._s.alone.take(self._c, f"{site} {key}")

    def join(self, site: str, key: str, escalation: str) -> list[str]:
        values = {"of_site": site, "key": key, "escalation": escalation}
        return list(self._c.execute(self._s.join, values).scalars())

    def of_escalation(self, site: str, escalation: str) -> list[Session]:
        values = {"of_site": site, "escalation": escalation}
        found = (read_session(row) for row in self._c.execute(self._s.of_escalation, values))
        return sorted(found, key=lambda one: (one.started_at, one.id))

    def set_customer(self, changed: Session) -> None:
        row = {"of_site": changed.site, "of_session": changed.id, "new_customer": changed.customer.model_dump_json()}
        self._c.execute(self._s.set_customer, row)

    def keep_turn(self, of: Session, new: Turn) -> bool:
        row = {
            "site": of.site,
            "session_id": of.id,
            "seq": new.seq,
            "turn_id": new.turn_id,
            "text": new.text,
            "at": new.at,
            "digest": new.digest,
            "verdict": new.verdict,
            "signals": new.signals,
            "trace": new.trace,
            "reply_text": None,
            "reply_at": None,
            "reply_digest": None,
            "reply_verdict": None,
            "reply_trace": None,
            "reply_shown": True,
        }
        return self._s.keep_turn.first(self._c, row) is not None

    def turn(self, site: str, session_id: str, turn_id: str) -> Turn | None:
        values = {"of_site": site, "of_session": session_id, "of_turn": turn_id}
        row = self._s.turn.first(self._c, values)
        return read_turn(TurnRow(*row)) if row else None

    def turns(self, site: str, session_id: str) -> list[Turn]:
        rows = self._c.execute(self._s.turns, {"of_site": site, "of_session": session_id})
        return [read_turn(row) for row in rows]

    def last_said(self, site: str, session_id: str) -> Millis:
        found = self._c.execute(self._s.last_said, {"of_site": site, "of_session": session_id}).one()
        return max(at or 0 for at in found)

    def recent_signals(self, site: str, limit: int) -> list[str]:
        return list(self._c.execute(self._s.recent_signals, {"of_site": site, "most": limit}).scalars())

    def amend_verdict(self, of: Session, seq: int, verdict: str) -> None:
        values = {"of_site": of.site, "of_session": of.id, "of_seq": seq, "new_verdict": verdict}
        self._c.execute(self._s.amend_verdict, values)

    def keep_reply(self, of: Session, changed: Turn) -> None:
        row = {
            "of_site": of.site,
            "of_session": of.id,
            "of_seq": changed.seq,
            "new_signals": changed.signals,
            "new_reply_text": changed.reply_text,
            "new_reply_at": changed.reply_at,
            "new_reply_digest": changed.reply_digest,
            "new_reply_verdict": changed.reply_verdict,
            "new_reply_trace": changed.reply_trace,
            "new_reply_shown": changed.reply_shown,
        }
        self._s.keep_reply.run(self._c, row)

    def keep_event(self, of: Session, new: Event) -> None:
        row = {
            "site": of.site,
            "session_id": of.id,
            "n": new.n,
            "kind": new.kind.value,
            "text": new.text,
            "author": new.author,
            "at": new.at,
        }
        self._c.execute(self._s.keep_event, row)

    def released_since(self, site: str, session_id: str, since: Millis) -> bool:
        values = {"of_site": site, "of_session": session_id, "since": since}
        return self._c.execute(self._s.released_since, values).first() is not None

    def events(self, site: str, session_id: str, after: int) -> list[Event]:
        values = {"of_site": site, "of_session": session_id, "after": after}
        rows = self._c.execute(self._s.events, values)
        return [Event(row.n, EventKind(row.kind), row.text, row.at, row.author) for row in rows]


TurnRow = namedtuple("TurnRow", [column.name for column in turn.c])  # type: ignore[misc]  # noqa: PYI024
SessionRow = namedtuple("SessionRow", [column.name for column in session.c])  # type: ignore[misc]  # noqa: PYI024
"""Rows of the tables, whichever way they were read."""


@lru_cache(maxsize=2048)
def read_visitor(text: str) -> Visitor:
    """The visitor of a stored text; a conversation says the same at every turn."""
    return Visitor.model_validate_json(text)


def write_visitor(visitor: Visitor) -> str:
    """The text to be stored. It names nothing that is as usual, so that the release before reads it, too."""
    return visitor.model_dump_json(exclude_defaults=True)


@lru_cache(maxsize=2048)
def read_customer(text: str) -> Customer:
    """The customer of a stored text, likewise."""
    return Customer.model_validate_json(text)


class Lines:
    """The signals of turns and the lines they are stored as: each turn reads and writes a window, and one line is new.

    Args:
        most: lines that are remembered.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._read: dict[str, TurnSignals] = {}
        self._written: dict[int, tuple[TurnSignals, str]] = {}

    def read(self, line: str) -> TurnSignals:
        """The signals that the line holds."""
        known = self._read.get(line)
        if known is None:
            known = signals.load(json.loads(line))
            self._keep(known, line)
        return known

    def write(self, one: TurnSignals) -> str:
        """The line that holds the signals."""
        known = self._written.get(id(one))  # kept with the object itself, so that no other one has its id
        if known is not None:
            return known[1]
        line = json.dumps(signals.dump(one), separators=(",", ":"))
        self._keep(one, line)
        return line

    def _keep(self, one: TurnSignals, line: str) -> None:
        if len(self._written) >= self._most:
            self._read.clear()
            self._written.clear()
        self._read[line] = one
        self._written[id(one)] = one, line


WINDOW_LINES = Lines(4096)


def read_window(text: str) -> tuple[TurnSignals, ...]:
    """The window of a stored text."""
    return tuple(map(WINDOW_LINES.read, text.splitlines()))


def write_window(window: tuple[TurnSignals, ...]) -> str:
    """The text to be stored, likewise."""
    return "\n".join(map(WINDOW_LINES.write, window))


def read_session(row: Any) -> Session:
    """A session from its row."""
    return Session(
        site=row.site,
        id=row.id,
        state=State(row.state),
        visitor=read_visitor(row.visitor),
        customer=read_customer(row.customer),
        locale=row.locale,
        timezone=row.timezone,
        page_url=row.page_url,
        flow=row.flow,
        shop=Shop.model_validate_json(row.shop) if row.shop else None,
        window=read_window(row.window),
        turns=row.turns,
        escalation_id=row.escalation_id,
        last_event=row.last_event,
        phone=row.phone,
        started_at=row.started_at,
        erased=not row.digest,
    )


def read_turn(row: Any) -> Turn:
    """A turn from its row."""
    return Turn(
        seq=row.seq,
        turn_id=row.turn_id,
        text=row.text,
        at=row.at,
        digest=row.digest,
        verdict=row.verdict,
        signals=row.signals,
        trace=row.trace,
        reply_text=row.reply_text,
        reply_at=row.reply_at,
        reply_digest=row.reply_digest,
        reply_verdict=row.reply_verdict,
        reply_trace=row.reply_trace,
        reply_shown=bool(row.reply_shown),
    )
