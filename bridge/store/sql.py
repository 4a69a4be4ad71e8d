"""The store behind `bridge.ports.Store`: transactions, by aggregate."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import structlog
from sqlalchemy import Connection

from bridge.store.alarms import Alarms, AlarmStatements
from bridge.store.answers import Answers, AnswerStatements
from bridge.store.callbacks import Callbacks, CallbackStatements
from bridge.store.database import Database
from bridge.store.escalations import Escalations, EscalationStatements
from bridge.store.hours import Hours, HoursStatements
from bridge.store.labels import Labels, LabelStatements
from bridge.store.mails import Mails, MailStatements
from bridge.store.ops import Ops, OpsStatements
from bridge.store.pages import Pages, PageStatements
from bridge.store.people import People, PeopleStatements
from bridge.store.privacy import Privacy, PrivacyStatements
from bridge.store.repairs import Repairs, RepairStatements
from bridge.store.sessions import Sessions, SessionStatements
from bridge.store.shadow import Records, Shadows, ShadowStatements
from bridge.store.sites import Policies, Sites, SiteStatements
from bridge.store.stats import Stats, StatsStatements
from bridge.store.upsert import upsert_of
from bridge.store.upstreams import Upstreams, UpstreamStatements
from bridge.store.work import Work, WorkStatements

log = structlog.get_logger()


class Statements:
    """Every statement of the product, built once for a dialect."""

    def __init__(self, dialect: str) -> None:
        upsert = upsert_of(dialect)
        self.sites = SiteStatements(upsert, dialect)
        self.shadows = ShadowStatements(upsert)
        self.sessions = SessionStatements(upsert, dialect)
        self.escalations = EscalationStatements(upsert, dialect)
        self.callbacks = CallbackStatements(upsert, dialect)
        self.work = WorkStatements(upsert, dialect)
        self.upstreams = UpstreamStatements(upsert)
        self.repairs = RepairStatements(upsert)
        self.mails = MailStatements(upsert)
        self.people = PeopleStatements(upsert, dialect)
        self.ops = OpsStatements(upsert)
        self.stats = StatsStatements(dialect)
        self.labels = LabelStatements(upsert)
        self.alarms = AlarmStatements(upsert)
        self.hours = HoursStatements(upsert)
        self.answers = AnswerStatements(upsert)
        self.privacy = PrivacyStatements()
        self.pages = PageStatements(upsert, dialect)


statements_of = cache(Statements)
"""The statements of a dialect, which every store of the process shares."""


class SqlTx:
    """One transaction, by aggregate; see `bridge.ports.Tx`."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._c = connection
        self._s = statements
        self.afterwards: list[Callable[[], object]] = []

    def after_commit(self, do: Callable[[], object]) -> None:
        self.afterwards.append(do)

    @property
    def sites(self) -> Sites:
        return Sites(self._c, self._s.sites)

    @property
    def policies(self) -> Policies:
        return Policies(self._c, self._s.sites)

    @property
    def shadows(self) -> Shadows:
        return Shadows(self._c, self._s.shadows)

    @property
    def records(self) -> Records:
        return Records(self._c, self._s.shadows)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self._c, self._s.sessions)

    @property
    def escalations(self) -> Escalations:
        return Escalations(self._c, self._s.escalations)

    @property
    def callbacks(self) -> Callbacks:
        return Callbacks(self._c, self._s.callbacks)

    @property
    def work(self) -> Work:
        return Work(self._c, self._s.work)

    @property
    def upstreams(self) -> Upstreams:
        return Upstreams(self._c, self._s.upstreams)

    @property
    def repairs(self) -> Repairs:
        return Repairs(self._c, self._s.repairs)

    @property
    def mails(self) -> Mails:
        return Mails(self._c, self._s.mails)

    @property
    def people(self) -> People:
        return People(self._c, self._s.people)

    @property
    def ops(self) -> Ops:
        return Ops(self._c, self._s.ops)

    @property
    def stats(self) -> Stats:
        return Stats(self._c, self._s.stats)

    @property
    def labels(self) -> Labels:
        return Labels(self._c, self._s.labels)

    @property
    def alarms(self) -> Alarms:
        return Alarms(self._c, self._s.alarms)

    @property
    def hours(self) -> Hours:
        return Hours(self._c, self._s.hours)

    @property
    def answers(self) -> Answers:
        return Answers(self._c, self._s.answers)

    @property
    def privacy(self) -> Privacy:
        return Privacy(self._c, self._s.privacy)

    @property
    def pages(self) -> Pages:
        return Pages(self._c, self._s.pages)


class SqlStore:
    """See `bridge.ports.Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._statements = statements_of(database.dialect)

    @contextmanager
    def write(self, *, together: bool = False) -> Iterator[SqlTx]:
        with self._database.write(together=together) as connection:
            tx = SqlTx(connection, self._statements)
            yield tx
        for do in tx.afterwards:
            _attempt(do)

    @contextmanager
    def read(self) -> Iterator[SqlTx]:
        with self._database.read() as connection:
            yield SqlTx(connection, self._statements)

    def scrub(self) -> None:
        self._database.scrub()

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()


def _attempt(do: Callable[[], object]) -> None:
    """What was to follow a commit may fail: the caller's work is stored, and must not look as if it were not."""
    try:
        do()
    except Exception:
        log.exception("after_commit.failed")
