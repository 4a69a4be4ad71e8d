"""Heartbeats, the CRM cache and the numbers on the dashboard."""

import math
from collections.abc import Mapping

from sqlalchemy import Connection, Executable, Integer, bindparam, case, func, literal, select, union_all

from bridge.domain.customer import Account, Fetch
from bridge.domain.upstream import FAILURES_TO_PAUSE
from bridge.domain.values import Millis
from bridge.ports import CachedAccount, Lookups
from bridge.store.tables import (
    answer,
    closure_feed,
    commitment,
    crm_cache,
    crm_tally,
    escalation,
    follow_up,
    heartbeat,
    outbox,
    repair,
    session,
    turn,
    upstream,
)
from bridge.store.upsert import Upsert

LOOKED_UP = ("found", "not_found", "failed")
"""The columns that count look-ups, named as their results are."""


class OpsStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        beat = upsert(heartbeat)
        self.beat = beat.on_conflict_do_update(index_elements=["name"], set_={"at": beat.excluded.at})
        self.last_beat = select(heartbeat.c.at).where(heartbeat.c.name == bindparam("of_name"))
        cache = upsert(crm_cache)
        self.cache = cache.on_conflict_do_update(
            index_elements=["site", "key"],
            set_={"account": cache.excluded.account, "fetched_at": cache.excluded.fetched_at},
        )
        self.cached = select(crm_cache.c.account, crm_cache.c.fetched_at).where(
            crm_cache.c.site == bindparam("of_site"), crm_cache.c.key == bindparam("of_key")
        )
        self.counts = _counts()
        self.signs = _signs()
        self.count_lookup = _count_lookup(upsert)
        self.turns = select(func.count()).select_from(turn)


def _counts() -> dict[str, Executable]:
    """How many rows there are of each kind."""
    by_state = {"sessions": session, "escalations": escalation, "commitments": commitment, "follow_ups": follow_up,
                "outbox": outbox, "answers": answer}  # fmt: skip
    return {
        **{name: select(of.c.state, func.count()).group_by(of.c.state) for name, of in by_state.items()},
        "answer_failures": select(answer.c.failure, func.count())
        .where(answer.c.failure.is_not(None))
        .group_by(answer.c.failure),
        "answer_seconds": select(answer.c.state, func.sum(answer.c.answered_at - answer.c.asked_at) / 1000.0)
        .where(answer.c.answered_at.is_not(None))
        .group_by(answer.c.state),
    }


def _signs() -> dict[str, Executable]:
    """What shows whether all that is due is done, and whether others answer."""
    feed = closure_feed.c
    failing, oldest = func.sum((feed.failures > 0).cast(Integer)), func.min(feed.read_at)
    paused = func.sum((upstream.c.failures >= FAILURES_TO_PAUSE).cast(Integer))
    return {
        "outbox_oldest_due_at": select(outbox.c.kind, func.min(outbox.c.due_at))
        .where(outbox.c.state.in_(("due", "unknown", "leased")))
        .group_by(outbox.c.kind),
        "follow_ups_oldest_due_at": select(follow_up.c.kind, func.min(follow_up.c.due_at))
        .where(follow_up.c.state.in_(("due", "leased")))
        .group_by(follow_up.c.kind),
        "closure_feeds_failing": select(feed.site, failing).group_by(feed.site),
        "closure_feed_oldest_read_at": select(feed.site, oldest).where(feed.read_at.is_not(None)).group_by(feed.site),
        "upstreams_paused": select(upstream.c.target, paused).group_by(upstream.c.target),
        "repairs": select(repair.c.what, repair.c.times),
        "crm_fetches": union_all(
            *(select(literal(name), func.coalesce(func.sum(crm_tally.c[name]), 0)) for name in LOOKED_UP)
        ),
    }


def _count_lookup(upsert: Upsert) -> Executable:
    """Add one to what its result is called; whatever did not fail ends the row of failures."""
    new, known = upsert(crm_tally), crm_tally.c
    failed = new.excluded.failed > 0
    counted: Executable = new.on_conflict_do_update(
        index_elements=["site"],
        set_={
            **{name: known[name] + new.excluded[name] for name in LOOKED_UP},
            "in_a_row": case((failed, known.in_a_row + 1), else_=0),
            "failing_since": case((failed, func.coalesce(known.failing_since, new.excluded.failing_since))),
        },
    ).returning(known.in_a_row, known.failing_since)
    return counted


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

    def cached_account(self, site: str, key: str) -> CachedAccount | None:
        row = self._c.execute(self._s.cached, {"of_site": site, "of_key": key}).first()
        if row is None:
            return None
        return CachedAccount(Account.model_validate_json(row.account) if row.account else None, row.fetched_at)

    def cache_account(self, site: str, key: str, account: Account | None, at: Millis) -> None:
        text = account.model_dump_json() if account else None
        self._c.execute(self._s.cache, {"site": site, "key": key, "account": text, "fetched_at": at})

    def count_lookup(self, site: str, result: Fetch, at: Millis) -> Lookups:
        counted = {name: int(name == result.value) for name in LOOKED_UP}
        failing_since = at if result is Fetch.FAILED else None
        row = {"site": site, **counted, "in_a_row": counted["failed"], "failing_since": failing_since}
        stands = self._c.execute(self._s.count_lookup, row).one()
        return Lookups(stands.in_a_row, stands.failing_since)

    def counts(self) -> dict[str, dict[str, float]]:
        turns = float(self._c.execute(self._s.turns).scalar_one())
        return {**self._read(self._s.counts), "turns": {"all": turns}}

    def signs(self, now: Millis) -> dict[str, dict[str, float]]:
        beat = self.last_beat("scheduler")
        age = (now - beat) / 1000 if beat is not None else math.inf
        return {**self._read(self._s.signs), "scheduler_age_seconds": {"all": age}}

    def _read(self, statements: Mapping[str, Executable]) -> dict[str, dict[str, float]]:
        return {
            name: {str(key): float(value) for key, value in self._c.execute(statement)}
            for name, statement in statements.items()
        }
