"""Alarms: one of a kind stands at a time, whoever raises it."""

import json

from sqlalchemy import Connection, bindparam, delete, func, select, update

from bridge.domain.health import Alarm
from bridge.domain.values import Millis
from bridge.store.tables import alarm, site
from bridge.store.upsert import Upsert


class AlarmStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        standing = alarm.c.cleared_at.is_(None)
        of_site = alarm.c.site == bindparam("of_site")
        self.start = upsert(alarm).on_conflict_do_nothing().returning(alarm.c.id)
        self.clear = (
            update(alarm)
            .where(of_site, alarm.c.kind == bindparam("of_kind"), standing)
            .values(cleared_at=bindparam("at"))
        )
        self.restate = (
            update(alarm)
            .where(of_site, alarm.c.kind == bindparam("of_kind"), standing)
            .values(text=bindparam("new_text"), detail=bindparam("new_detail"))
        )
        self.purge = delete(alarm).where(alarm.c.cleared_at < bindparam("before"))
        self.standing = select(alarm).where(of_site, standing).order_by(alarm.c.raised_at, alarm.c.id)
        self.counts = (
            select(site.c.id, func.count(alarm.c.id))
            .join_from(site, alarm, (alarm.c.site == site.c.id) & standing, isouter=True)
            .group_by(site.c.id)
        )


class Alarms:
    """See `bridge.ports.Alarms`."""

    def __init__(self, connection: Connection, statements: AlarmStatements) -> None:
        self._c = connection
        self._s = statements

    def start(self, site_id: str, new: Alarm) -> bool:
        row = {
            "site": site_id,
            "id": new.id,
            "kind": new.kind,
            "text": new.text,
            "detail": json.dumps(new.detail, ensure_ascii=False),
            "raised_at": new.raised_at,
        }
        return self._c.execute(self._s.start, row).first() is not None

    def restate(self, site_id: str, new: Alarm) -> None:
        detail = json.dumps(new.detail, ensure_ascii=False)
        values = {"of_site": site_id, "of_kind": new.kind, "new_text": new.text, "new_detail": detail}
        self._c.execute(self._s.restate, values)

    def clear(self, site_id: str, kind: str, at: Millis) -> bool:
        return self._c.execute(self._s.clear, {"of_site": site_id, "of_kind": kind, "at": at}).rowcount == 1

    def purge(self, before: Millis) -> int:
        return self._c.execute(self._s.purge, {"before": before}).rowcount

    def standing(self, site_id: str) -> list[Alarm]:
        rows = self._c.execute(self._s.standing, {"of_site": site_id})
        return [Alarm(row.id, row.kind, row.text, json.loads(row.detail), row.raised_at) for row in rows]

    def counts(self) -> dict[str, int]:
        return {row[0]: row[1] for row in self._c.execute(self._s.counts)}
