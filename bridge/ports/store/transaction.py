"""The store itself, and its transactions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from bridge.ports.store.alarms import Alarms
from bridge.ports.store.answers import Answers
from bridge.ports.store.callbacks import Callbacks
from bridge.ports.store.escalations import Escalations
from bridge.ports.store.hours import Hours
from bridge.ports.store.labels import Labels
from bridge.ports.store.mails import Mails
from bridge.ports.store.ops import Ops
from bridge.ports.store.pages import Pages
from bridge.ports.store.people import People
from bridge.ports.store.policies import Policies, Shadows
from bridge.ports.store.privacy import Privacy
from bridge.ports.store.records import Records
from bridge.ports.store.repairs import Repairs
from bridge.ports.store.sessions import Sessions
from bridge.ports.store.sites import Sites
from bridge.ports.store.stats import Stats
from bridge.ports.store.upstreams import Upstreams
from bridge.ports.store.work import Work


class Tx(Protocol):
    """One transaction, by aggregate."""

    @property
    def sites(self) -> Sites: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def shadows(self) -> Shadows: ...
    @property
    def records(self) -> Records: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def escalations(self) -> Escalations: ...
    @property
    def callbacks(self) -> Callbacks: ...
    @property
    def work(self) -> Work: ...
    @property
    def upstreams(self) -> Upstreams: ...
    @property
    def repairs(self) -> Repairs: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def people(self) -> People: ...
    @property
    def ops(self) -> Ops: ...
    @property
    def stats(self) -> Stats: ...
    @property
    def labels(self) -> Labels: ...
    @property
    def alarms(self) -> Alarms: ...
    @property
    def hours(self) -> Hours: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def privacy(self) -> Privacy: ...
    @property
    def pages(self) -> Pages: ...

    def after_commit(self, do: Callable[[], object]) -> None:
        """Have something done once the transaction is through; not at all if it fails."""
        ...


class Store(Protocol):
    """The database, as the use cases see it."""

    def write(self, *, together: bool = False) -> AbstractContextManager[Tx]:
        """A transaction that commits at the end of the block, or leaves nothing.

        Args:
            together: it may be committed at once with others that allow it, too. It sees what they wrote; one that
                fails takes nothing of the others along, and a commit that fails has failed for all.

        Raises:
            StoreBusy: the database could not take it in time.
        """
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """A transaction that cannot write."""
        ...

    def scrub(self) -> None:
        """Have what was deleted leave the files of the database, where that is in our hands."""
        ...
