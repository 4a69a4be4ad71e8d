"""The systems that rows are sent to: what each process has to know of them before it sends."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from bridge.domain.upstream import Upstream
from bridge.store.tables import upstream
from bridge.store.upsert import Upsert

STATE_FIELDS = ("failures", "failing_since", "cause", "paused_until", "next_at")


class UpstreamStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        c = upstream.c
        self.get = select(upstream).where(c.site == bindparam("of_site"), c.target == bindparam("of_target"))
        self.hold = self.get.with_for_update()
        self.note = upsert(upstream).on_conflict_do_nothing()
        save = upsert(upstream)
        self.save = save.on_conflict_do_update(
            index_elements=["site", "target"], set_={name: save.excluded[name] for name in STATE_FIELDS}
        )
        self.all = select(upstream).order_by(c.site, c.target)


class Upstreams:
    """See `bridge.ports.Upstreams`."""

    def __init__(self, connection: Connection, statements: UpstreamStatements) -> None:
        self._c = connection
        self._s = statements

    def get(self, site: str, target: str) -> Upstream:
        row = self._c.execute(self._s.get, {"of_site": site, "of_target": target}).first()
        return _read(row) if row else Upstream(site, target)

    def hold(self, site: str, target: str) -> Upstream:
        which = {"of_site": site, "of_target": target}
        row = self._c.execute(self._s.hold, which).first()
        if row is None:
            self._c.execute(self._s.note, _values(Upstream(site, target)))
            row = self._c.execute(self._s.hold, which).one()
        return _read(row)

    def save(self, changed: Upstream) -> None:
        self._c.execute(self._s.save, _values(changed))

    def all(self) -> list[Upstream]:
        return [_read(row) for row in self._c.execute(self._s.all)]


def _read(row: Any) -> Upstream:
    return Upstream(row.site, row.target, *(getattr(row, name) for name in STATE_FIELDS))


def _values(one: Upstream) -> dict[str, Any]:
    return {"site": one.site, "target": one.target, **{name: getattr(one, name) for name in STATE_FIELDS}}
