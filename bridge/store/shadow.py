"""The policy that is tried on live traffic without acting on it, and stored sessions as a record to be judged again."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from bridge.domain.session import Session, Turn
from bridge.domain.values import Millis
from bridge.ports import Place, ShadowPolicy
from bridge.store.sessions import read_session, read_turn
from bridge.store.tables import session, shadow_policy, turn
from bridge.store.upsert import Upsert


class ShadowStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        mine = shadow_policy.c.site == bindparam("site_id")
        put = upsert(shadow_policy)
        fields = ("document", "author", "since")
        self.get = select(shadow_policy).where(mine)
        self.put = put.on_conflict_do_update(
            index_elements=["site"], set_={name: put.excluded[name] for name in fields}
        )
        self.drop = delete(shadow_policy).where(mine)
        within = (
            session.c.site == bindparam("site_id"),
            session.c.started_at >= bindparam("since"),
            session.c.started_at < bindparam("until"),
        )
        place = (session.c.started_at, session.c.id)
        self.count = select(func.count()).select_from(session).where(*within)
        newest = [column.desc() for column in place]
        self.before_newest = select(*place).where(*within).order_by(*newest).offset(bindparam("number")).limit(1)
        beyond = tuple_(*place) > tuple_(bindparam("after_at"), bindparam("after_id"))
        self.page = select(session).where(*within, beyond).order_by(*place).limit(bindparam("number"))
        of_these = turn.c.session_id.in_(bindparam("ids", expanding=True))
        self.turns = (
            select(turn).where(turn.c.site == bindparam("site_id"), of_these).order_by(turn.c.session_id, turn.c.seq)
        )


class Shadows:
    """See `bridge.ports.Shadows`."""

    def __init__(self, connection: Connection, statements: ShadowStatements) -> None:
        self._c = connection
        self._s = statements

    def get(self, site: str) -> ShadowPolicy | None:
        row = self._c.execute(self._s.get, {"site_id": site}).first()
        return ShadowPolicy(row.document, row.author, row.since) if row else None

    def put(self, site: str, shadow: ShadowPolicy) -> None:
        row = {"site": site, "document": shadow.document, "author": shadow.author, "since": shadow.since}
        self._c.execute(self._s.put, row)

    def drop(self, site: str) -> bool:
        return self._c.execute(self._s.drop, {"site_id": site}).rowcount == 1


class Records:
    """See `bridge.ports.Records`."""

    def __init__(self, connection: Connection, statements: ShadowStatements) -> None:
        self._c = connection
        self._s = statements

    def count(self, site: str, since: Millis, until: Millis) -> int:
        values = {"site_id": site, "since": since, "until": until}
        return int(self._c.execute(self._s.count, values).scalar_one())

    def before_newest(self, site: str, since: Millis, until: Millis, number: int) -> Place | None:
        values = {"site_id": site, "since": since, "until": until, "number": number}
        row = self._c.execute(self._s.before_newest, values).first()
        return Place(row.started_at, row.id) if row else None

    def page(self, site: str, since: Millis, until: Millis, after: Place, number: int) -> list[Session]:
        values = {"site_id": site, "since": since, "until": until, "number": number}
        place = {"after_at": after.started_at, "after_id": after.session}
        return [read_session(row) for row in self._c.execute(self._s.page, values | place)]

    def turns(self, site: str, sessions: Sequence[str]) -> dict[str, list[Turn]]:
        found: dict[str, list[Turn]] = {one: [] for one in sessions}
        for row in self._c.execute(self._s.turns, {"site_id": site, "ids": list(sessions)}):
            found[row.session_id].append(read_turn(row))
        return found
