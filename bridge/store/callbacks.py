"""Calls that customers have booked."""

from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bridge.domain.callback import Callback, CallState
from bridge.domain.values import Millis
from bridge.store.advisory_lock import AdvisoryLock
from bridge.store.tables import callback
from bridge.store.upsert import Upsert

LOCK_TIMEOUT = "4s"
"""Many may book calls of one queue at once, and each takes milliseconds."""
CHANGED_FIELDS = ("queue", "starts_at", "ends_at", "seat", "state", "sequence", "commitment_id", "confirmed_at")


class CallbackStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert, dialect: str) -> None:
        of_site = callback.c.site == bindparam("of_site")
        of_escalation = callback.c.escalation_id == bindparam("of_escalation")
        self.alone = AdvisoryLock(dialect, LOCK_TIMEOUT)
        self.latest = select(callback).where(of_site, of_escalation).order_by(callback.c.sequence.desc()).limit(1)
        self.booked = (
            select(callback)
            .where(
                of_site,
                callback.c.state == CallState.BOOKED,
                callback.c.starts_at < bindparam("until"),
                callback.c.ends_at > bindparam("since"),
            )
            .order_by(callback.c.starts_at, callback.c.seat)
        )
        self.book = upsert(callback).on_conflict_do_nothing().returning(callback.c.id)
        this = callback.c.id == bindparam("of_id")
        self.change = update(callback).where(this).values({name: bindparam(f"new_{name}") for name in CHANGED_FIELDS})


class Callbacks:
    """See `bridge.ports.Callbacks`."""

    def __init__(self, connection: Connection, statements: CallbackStatements) -> None:
        self._c = connection
        self._s = statements

    def alone(self, site: str, queue: str) -> None:
        self._s.alone.take(self._c, f"calls {site} {queue}")

    def latest(self, site: str, escalation: str) -> Callback | None:
        row = self._c.execute(self._s.latest, {"of_site": site, "of_escalation": escalation}).first()
        return _read(row) if row else None

    def booked(self, site: str, since: Millis, until: Millis) -> list[Callback]:
        values = {"of_site": site, "since": since, "until": until}
        return [_read(row) for row in self._c.execute(self._s.booked, values)]

    def book(self, new: Callback) -> bool:
        row = {
            "id": new.id,
            "site": new.site,
            "escalation_id": new.escalation_id,
            "booked_at": new.booked_at,
            **_changes(new),
        }
        return self._c.execute(self._s.book, row).first() is not None

    def change(self, changed: Callback) -> None:
        row = {f"new_{name}": value for name, value in _changes(changed).items()}
        self._c.execute(self._s.change, {"of_id": changed.id, **row})


def _changes(call: Callback) -> dict[str, Any]:
    return {**{name: getattr(call, name) for name in CHANGED_FIELDS}, "state": call.state.value}


def _read(row: Any) -> Callback:
    return Callback(
        id=row.id,
        site=row.site,
        escalation_id=row.escalation_id,
        queue=row.queue,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        seat=row.seat,
        state=CallState(row.state),
        sequence=row.sequence,
        commitment_id=row.commitment_id,
        confirmed_at=row.confirmed_at,
        booked_at=row.booked_at,
    )
