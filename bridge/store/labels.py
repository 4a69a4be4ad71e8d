"""Labels: what people say of decisions."""

from typing import Any

from sqlalchemy import Connection, Exists, and_, bindparam, exists, or_, select

from bridge.domain.labels import Label, Verdict
from bridge.domain.values import Millis
from bridge.store.tables import escalation, label, session
from bridge.store.upsert import Upsert

THE_SESSION = ""
"""What stands for the escalation's id in a label of the session itself."""


class LabelStatements:
    """Built once, see `SiteStatements`."""

    def __init__(self, upsert: Upsert) -> None:
        said = upsert(label)
        self.put = said.on_conflict_do_update(
            index_elements=["site", "session_id", "escalation_id"],
            set_={name: said.excluded[name] for name in ("verdict", "author", "labelled_at")},
        )
        of_site = label.c.site == bindparam("of_site")
        self.of_escalation = (
            select(*label.c, escalation.c.rule)
            .join_from(label, escalation, escalation.c.id == label.c.escalation_id)
            .where(
                of_site,
                label.c.session_id == bindparam("of_session"),
                label.c.escalation_id == bindparam("of_escalation"),
            )
        )
        of_session = and_(session.c.site == label.c.site, session.c.id == label.c.session_id)
        self.of_sessions = (
            select(*label.c, escalation.c.rule, _earlier().label("later"))
            .join_from(label, session, of_session)
            .join(escalation, escalation.c.id == label.c.escalation_id, isouter=True)
            .where(of_site, session.c.started_at.between(bindparam("since"), bindparam("until")))
            .order_by(label.c.labelled_at, label.c.session_id, label.c.escalation_id)
        )


def _earlier() -> Exists:
    """Whether the session had been handed over before the escalation that is labelled."""
    other = escalation.alias("other")
    return exists().where(
        other.c.site == label.c.site,
        other.c.session_id == label.c.session_id,
        other.c.decided_at.between(session.c.started_at, escalation.c.decided_at),
        or_(other.c.decided_at < escalation.c.decided_at, other.c.id < escalation.c.id),
    )


class Labels:
    """See `bridge.ports.Labels`."""

    def __init__(self, connection: Connection, statements: LabelStatements) -> None:
        self._c = connection
        self._s = statements

    def put(self, site: str, new: Label) -> None:
        row = {
            "site": site,
            "session_id": new.session_id,
            "escalation_id": new.escalation_id or THE_SESSION,
            "verdict": new.verdict.value,
            "author": new.author,
            "labelled_at": new.labelled_at,
        }
        self._c.execute(self._s.put, row)

    def of_escalation(self, site: str, session_id: str, escalation_id: str) -> Label | None:
        values = {"of_site": site, "of_session": session_id, "of_escalation": escalation_id}
        row = self._c.execute(self._s.of_escalation, values).first()
        return _read(row) if row else None

    def of_sessions(self, site: str, since: Millis, until: Millis) -> list[Label]:
        rows = self._c.execute(self._s.of_sessions, {"of_site": site, "since": since, "until": until})
        return [_read(row, first=not row.later) for row in rows]


def _read(row: Any, *, first: bool = True) -> Label:
    return Label(
        session_id=row.session_id,
        escalation_id=row.escalation_id or None,
        verdict=Verdict(row.verdict),
        author=row.author,
        labelled_at=row.labelled_at,
        rule=row.rule,
        first=first,
    )
