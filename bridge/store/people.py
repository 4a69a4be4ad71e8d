"""Who of the team is there, and who counts as away."""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, select, update

from bridge.domain.escalation import Agent, Presence, Who
from bridge.domain.instants import HOUR
from bridge.domain.values import Json, Millis
from bridge.store.advisory_lock import AdvisoryLock
from bridge.store.tables import absence, presence
from bridge.store.upsert import Upsert

LOCK_TIMEOUT = "2s"
LONGEST = 2 * HOUR
"""No presence and no absence holds for so long: one that ends later was noted by a clock that was ahead."""


class PeopleStatements:
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
            _lasts(presence.c.expires_at),
            presence.c.available,
            ~exists().where(
                absence.c.site == presence.c.site,
                absence.c.who == Who.AGENT,
                absence.c.id == presence.c.agent_id,
                _lasts(absence.c.until_at),
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
        self.away = select(absence.c.until_at).where(*this, _lasts(absence.c.until_at))
        self.call_back = delete(absence).where(*this)
        self.come_back = delete(absence).where(
            *this,
            exists().where(
                presence.c.site == absence.c.site, presence.c.agent_id == absence.c.id, ~presence.c.available
            ),
        )
        self.alone = AdvisoryLock(dialect, LOCK_TIMEOUT)


class People:
    """See `bridge.ports.People`."""

    def __init__(self, connection: Connection, statements: PeopleStatements) -> None:
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
        return self._c.execute(self._s.away, {**_one(site, who, name), **_span(at)}).first() is not None

    def call_back(self, site: str, who: Who, name: str) -> None:
        self._c.execute(self._s.call_back, _one(site, who, name))

    def alone(self, site: str) -> None:
        self._s.alone.take(self._c, f"places of {site}")

    def present(self, site: str, at: Millis) -> list[Presence]:
        rows = self._c.execute(self._s.present, {"of_site": site, **_span(at)})
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


def _lasts(ends: ColumnElement[Millis]) -> ColumnElement[bool]:
    return and_(ends > bindparam("at"), ends <= bindparam("longest"))


def _span(at: Millis) -> Json:
    return {"at": at, "longest": at + LONGEST}


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
