"""Presence, the CRM cache, heartbeats and the numbers on the dashboard."""

import json
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, delete, exists, func, select, update

from bridge.domain.customer import Account
from bridge.domain.escalation import Agent, Presence, Who
from bridge.domain.upstream import FAILURES
from bridge.domain.values import Json, Millis
from bridge.store.alone import Alone
from bridge.store.tables import (
    absence,
    answer,
    closure_feed,
    commitment,
    crm_cache,
    escalation,
    follow_up,
    heartbeat,
    outbox,
    presence,
    repair,
    session,
    turn,
    upstream,
)
from bridge.store.upsert import Upsert

ALONE_WAIT = "2s"


class OpsStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        note = upsert(presence)
        fields = ("name", "available", "queues", "capacity", "expires_at", "source")
        self.note = note.on_conflict_do_update(
            index_elements=["site", "agent_id"], set_={name: note.excluded[name] for name in fields}
        )
        of_source = (presence.c.site == bindparam("of_site"), presence.c.source == bindparam("of_source"))
        self.nobody_of = update(presence).where(*of_source).values(available=False)
        self.present = select(presence).where(
            presence.c.site == bindparam("of_site"),
            presence.c.expires_at > bindparam("at"),
            presence.c.available,
            ~exists().where(
                absence.c.site == presence.c.site,
                absence.c.who == Who.AGENT,
                absence.c.id == presence.c.agent_id,
                absence.c.until_at > bindparam("at"),
            ),
        )
        away = upsert(absence)
        self.send_away = away.on_conflict_do_update(
            index_elements=["site", "who", "id"], set_={"until_at": away.excluded.until_at}
        )
        this = (
            absence.c.site == bindparam("of_site"),
            absence.c.who == bindparam("of_who"),
            absence.c.id == bindparam("of_name"),
        )
        self.away = select(absence.c.until_at).where(*this, absence.c.until_at > bindparam("at"))
        self.call_back = delete(absence).where(*this)
        self.come_back = delete(absence).where(
            *this,
            exists().where(
                presence.c.site == absence.c.site, presence.c.agent_id == absence.c.id, ~presence.c.available
            ),
        )
        self.alone = Alone(dialect, ALONE_WAIT)
        beat = upsert(heartbeat)
        self.beat = beat.on_conflict_do_update(index_elements=["name"], set_={"at": beat.excluded.at})
        self.last_beat = select(heartbeat.c.at).where(heartbeat.c.name == bindparam("of_name"))
        cache = upsert(crm_cache)
        self.cache = cache.on_conflict_do_update(
            index_elements=["site", "key"],
            set_={"account": cache.excluded.account, "fetched_at": cache.excluded.fetched_at},
        )
        self.cached = select(crm_cache.c.account).where(
            crm_cache.c.site == bindparam("of_site"),
            crm_cache.c.key == bindparam("of_key"),
            crm_cache.c.fetched_at >= bindparam("since"),
        )
        self.counts = {
            "sessions": select(session.c.state, func.count()).group_by(session.c.state),
            "escalations": select(escalation.c.state, func.count()).group_by(escalation.c.state),
            "commitments": select(commitment.c.state, func.count()).group_by(commitment.c.state),
            "follow_ups": select(follow_up.c.state, func.count()).group_by(follow_up.c.state),
            "outbox": select(outbox.c.state, func.count()).group_by(outbox.c.state),
        }
        overdue = func.min(outbox.c.due_at)
        self.signs = {
            "outbox_oldest_due_at": select(outbox.c.kind, overdue)
            .where(outbox.c.state.in_(("due", "unknown", "leased")))
            .group_by(outbox.c.kind),
        }
        feed = closure_feed.c
        failing, oldest = func.sum((feed.failures > 0).cast(Integer)), func.min(feed.read_at)
        self.signs |= {
            "closure_feeds_failing": select(feed.site, failing).group_by(feed.site),
            "closure_feed_oldest_read_at": select(feed.site, oldest)
            .where(feed.read_at.is_not(None))
            .group_by(feed.site),
        }
        paused = func.sum((upstream.c.failures >= FAILURES).cast(Integer))
        self.signs |= {
            "upstreams_paused": select(upstream.c.target, paused).group_by(upstream.c.target),
            "repairs": select(repair.c.what, repair.c.times),
        }
        self.counts |= {
            "answers": select(answer.c.state, func.count()).group_by(answer.c.state),
            "answer_failures": select(answer.c.failure, func.count())
            .where(answer.c.failure.is_not(None))
            .group_by(answer.c.failure),
            "answer_seconds": select(answer.c.state, func.sum(answer.c.answered_at - answer.c.asked_at) / 1000.0)
            .where(answer.c.answered_at.is_not(None))
            .group_by(answer.c.state),
        }
        self.turns = select(func.count()).select_from(turn)


class People:
    """See `bridge.ports.People`."""

    def __init__(self, connection: Connection, statements: OpsStatements) -> None:
        self._c = connection
        self._s = statements

    def note(self, site: str, seen: Presence) -> None:
        if seen.available:
            self._c.execute(self._s.come_back, _one(site, Who.AGENT, seen.agent.id))
        self._c.execute(self._s.note, _row(site, "api", seen))

    def note_all(self, site: str, source: str, presences: Sequence[Presence]) -> None:
        self._c.execute(self._s.nobody_of, {"of_site": site, "of_source": source})
        # in one order, so that two schedulers that poll at once wait for each other instead of locking crosswise
        rows = [_row(site, source, seen) for seen in sorted(presences, key=lambda seen: seen.agent.id)]
        if rows:
            self._c.execute(self._s.note, rows)

    def send_away(self, site: str, who: Who, name: str, until: Millis) -> None:
        self._c.execute(self._s.send_away, {"site": site, "who": who.value, "id": name, "until_at": until})

    def is_away(self, site: str, who: Who, name: str, at: Millis) -> bool:
        return self._c.execute(self._s.away, {**_one(site, who, name), "at": at}).first() is not None

    def call_back(self, site: str, who: Who, name: str) -> None:
        self._c.execute(self._s.call_back, _one(site, who, name))

    def alone(self, site: str) -> None:
        self._s.alone.take(self._c, f"places of {site}")

    def present(self, site: str, at: Millis) -> list[Presence]:
        rows = self._c.execute(self._s.present, {"of_site": site, "at": at})
        return [
            Presence(
                Agent(row.agent_id, row.name),
                tuple(json.loads(row.queues)),
                row.capacity,
                row.available,
                row.expires_at,
            )
            for row in rows
        ]


def _one(site: str, who: Who, name: str) -> Json:
    return {"of_site": site, "of_who": who.value, "of_name": name}


def _row(site: str, source: str, seen: Presence) -> dict[str, object]:
    return {
        "site": site,
        "agent_id": seen.agent.id,
        "name": seen.agent.name,
        "available": seen.available,
        "queues": json.dumps(seen.queues),
        "capacity": seen.capacity,
        "expires_at": seen.expires_at,
        "source": source,
    }


class Ops:
    """See `bridge.ports.Ops`."""

    def __init__(self, connection: Connection, statements: OpsStatements) -> None:
        self._c = connection
        self._s = statements

    def beat(self, name: str, at: Millis) -> None:
        self._c.execute(self._s.beat, {"name": name, "at": at})

    def last_beat(self, name: str) -> Millis | None:
        at: Millis | None = self._c.execute(self._s.last_beat, {"of_name": name}).scalar()
        return at

    def cached_account(self, site: str, key: str, since: Millis) -> tuple[bool, Account | None]:
        """Whether an answer is cached, and what it was; None is the cached answer "nobody of that kind"."""
        row = self._c.execute(self._s.cached, {"of_site": site, "of_key": key, "since": since}).first()
        if row is None:
            return False, None
        return True, Account.model_validate_json(row.account) if row.account else None

    def cache_account(self, site: str, key: str, account: Account | None, at: Millis) -> None:
        text = account.model_dump_json() if account else None
        self._c.execute(self._s.cache, {"site": site, "key": key, "account": text, "fetched_at": at})

    def counts(self) -> dict[str, dict[str, float]]:
        turns = float(self._c.execute(self._s.turns).scalar_one())
        return {**self._read(self._s.counts), "turns": {"all": turns}}

    def signs(self, now: Millis) -> dict[str, dict[str, float]]:
        beat = self.last_beat("scheduler")
        age = (now - beat) / 1000 if beat is not None else math.inf
        return {**self._read(self._s.signs), "scheduler_age_seconds": {"all": age}}

    def _read(self, statements: dict[str, Select[Any]]) -> dict[str, dict[str, float]]:
        return {
            name: {str(key): float(value) for key, value in self._c.execute(statement)}
            for name, statement in statements.items()
        }
