"""The answers that a responder owes: rows that outlive the process that has asked; and what asking has cost."""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from bridge.domain.answering import Answer, AnswerState, Owed, Said
from bridge.domain.escalation import EventKind
from bridge.domain.values import Millis
from bridge.store.tables import answer, event, spent, turn
from bridge.store.upsert import Upsert

ASKED = AnswerState.ASKED.value


class AnswerStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        self._of_an_answer(upsert)
        self._of_many()
        self._of_what_was_said()
        self._of_spending(upsert)

    def _of_an_answer(self, upsert: Upsert) -> None:
        c = answer.c
        of_session = and_(c.site == bindparam("of_site"), c.session_id == bindparam("of_session"), c.state == ASKED)
        this = and_(of_session, c.seq == bindparam("of_seq"))
        self.ask = upsert(answer)
        self.owes = select(c.seq).where(of_session).limit(1)
        self.waits = select(c.seq).where(this)
        fields = ("state", "answered_at", "failure", "confidence", "intent", "sources", "summary")
        self.settle = update(answer).where(this).values({name: bindparam(f"new_{name}") for name in fields})
        self.postpone = update(answer).where(this).values(due_at=bindparam("new_due_at"))
        self.drop = (
            update(answer)
            .where(of_session)
            .values(state=AnswerState.DROPPED.value, answered_at=bindparam("new_answered_at"))
        )
        self.summary = (
            select(c.summary)
            .where(c.site == bindparam("of_site"), c.session_id == bindparam("of_session"), c.summary != "")
            .order_by(c.seq.desc())
            .limit(1)
        )

    def _of_many(self) -> None:
        c, rated = answer.c, answer.alias("rated")
        last = select(func.max(rated.c.seq)).where(
            rated.c.site == c.site, rated.c.session_id == c.session_id, rated.c.confidence.is_not(None)
        )
        self.ratings = select(c.session_id, c.confidence).where(
            c.site == bindparam("of_site"),
            c.session_id.in_(bindparam("of_sessions", expanding=True)),
            c.seq == last.scalar_subquery(),
        )
        of_turn = and_(turn.c.site == c.site, turn.c.session_id == c.session_id, turn.c.seq == c.seq)
        self.overdue = (
            select(c.site, c.session_id, c.seq, turn.c.turn_id, c.asked_at, c.due_at)
            .join(turn, of_turn)
            .where(c.state == ASKED, c.due_at <= bindparam("at"))
            .order_by(c.due_at)
            .limit(bindparam("most"))
        )

    def _of_what_was_said(self) -> None:
        """What the model is told of the conversation."""
        self.turns = (
            select(turn.c.text, turn.c.at, turn.c.reply_text, turn.c.reply_at, turn.c.reply_shown)
            .where(
                turn.c.site == bindparam("of_site"),
                turn.c.session_id == bindparam("of_session"),
                turn.c.seq < bindparam("of_seq"),
            )
            .order_by(turn.c.seq.desc())
            .limit(bindparam("most"))
        )
        self.agents = (
            select(event.c.text, event.c.at)
            .where(
                event.c.site == bindparam("of_site"),
                event.c.session_id == bindparam("of_session"),
                event.c.kind == EventKind.AGENT.value,
            )
            .order_by(event.c.n.desc())
            .limit(bindparam("most"))
        )

    def _of_spending(self, upsert: Upsert) -> None:
        spend = upsert(spent)
        self.spend = spend.on_conflict_do_update(
            index_elements=["site", "day", "who"],
            set_={"times": spent.c.times + 1},
            where=spent.c.times < bindparam("most"),
        ).returning(spent.c.times)
        self.spent = select(spent.c.times).where(
            spent.c.site == bindparam("of_site"), spent.c.day == bindparam("of_day"), spent.c.who == bindparam("of_who")
        )


class Answers:
    """See `bridge.ports.Answers`."""

    def __init__(self, connection: Connection, statements: AnswerStatements) -> None:
        self._c = connection
        self._s = statements

    def ask(self, owed: Owed) -> None:
        row = {
            "site": owed.site,
            "session_id": owed.session_id,
            "seq": owed.seq,
            "state": ASKED,
            "asked_at": owed.asked_at,
            "due_at": owed.due_at,
            "sources": "[]",
            "summary": "",
        }
        self._c.execute(self._s.ask, row)

    def owes(self, site: str, session_id: str) -> bool:
        return self._c.execute(self._s.owes, {"of_site": site, "of_session": session_id}).first() is not None

    def waits(self, owed: Owed) -> bool:
        return self._c.execute(self._s.waits, _key(owed)).first() is not None

    def postpone(self, owed: Owed, due_at: Millis) -> None:
        self._c.execute(self._s.postpone, {**_key(owed), "new_due_at": due_at})

    def settle(self, owed: Owed, state: AnswerState, said: Answer, at: Millis) -> None:
        row = {
            "new_state": state.value,
            "new_answered_at": at,
            "new_failure": said.failure.value if said.failure else None,
            "new_confidence": None if said.confidence is None else round(said.confidence * 1000),
            "new_intent": said.intent,
            "new_sources": json.dumps(said.sources),
            "new_summary": said.summary,
        }
        self._c.execute(self._s.settle, {**_key(owed), **row})

    def drop(self, site: str, session_id: str, at: Millis) -> None:
        self._c.execute(self._s.drop, {"of_site": site, "of_session": session_id, "new_answered_at": at})

    def overdue(self, at: Millis, limit: int) -> list[Owed]:
        return [Owed(*row) for row in self._c.execute(self._s.overdue, {"at": at, "most": limit})]

    def said_before(self, owed: Owed, limit: int) -> tuple[Said, ...]:
        values = {**_key(owed), "most": limit}
        lines: list[tuple[Millis, Said]] = []
        for row in reversed(self._c.execute(self._s.turns, values).all()):
            lines.append((row.at, Said("visitor", row.text)))
            if row.reply_text and row.reply_shown:
                lines.append((row.reply_at or row.at, Said("bot", row.reply_text)))
        agents = reversed(self._c.execute(self._s.agents, values).all())
        lines += [(row.at, Said("agent", row.text)) for row in agents]
        lines.sort(key=itemgetter(0))  # what was said at one instant keeps its order
        return tuple(said for _, said in lines[-limit:])

    def summary(self, site: str, session_id: str) -> str:
        found = self._c.execute(self._s.summary, {"of_site": site, "of_session": session_id}).scalar()
        return str(found or "")

    def ratings(self, site: str, sessions: Sequence[str]) -> dict[str, float]:
        rows = self._c.execute(self._s.ratings, {"of_site": site, "of_sessions": list(sessions)})
        return {row.session_id: row.confidence / 1000 for row in rows}

    def spend(self, site: str, day: int, who: str, most: int) -> bool:
        row: dict[str, Any] = {"site": site, "day": day, "who": who, "times": 1, "most": most}
        return self._c.execute(self._s.spend, row).first() is not None

    def spent(self, site: str, day: int, who: str) -> int:
        return int(self._c.execute(self._s.spent, {"of_site": site, "of_day": day, "of_who": who}).scalar() or 0)


def _key(owed: Owed) -> dict[str, Any]:
    return {"of_site": owed.site, "of_session": owed.session_id, "of_seq": owed.seq}
