"""What every use case is given: store, clock, policies, and the way to a site's systems."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.domain.policy import Policy
from bridge.domain.policy_check import stored_policy
from bridge.domain.values import Millis
from bridge.ports import (
    BridgeError,
    Clock,
    Closures,
    Crm,
    Desk,
    Mailer,
    Notifier,
    Presences,
    Site,
    Store,
    StoreBusy,
    Tx,
    WordPress,
)
from bridge.service.errors import SiteUnknown
from bridge.service.heartbeat import Heartbeat
from bridge.service.hours_in_force import HoursInForce
from bridge.service.language_reading import LanguageReading
from bridge.service.leases import Leases
from bridge.service.responder_threads import Assistant, ResponderThreads

T = TypeVar("T")

MOST_ATTEMPTS = 3
"""Attempts to store what must not be lost to a busy database."""
POLICY_TTL_S = 2.0
"""Seconds for which a process trusts the policy and the secrets that it has read: a change takes effect within it."""


@dataclass(frozen=True, slots=True)
class Roster:
    """A helpdesk that says who is there, and which of our queues its groups serve: group id to queue names.

    Without any queue named, everybody serves all of them.
    """

    presences: Presences
    queues: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Systems:
    """A site's outside: CRM, the desk beside the built-in one, mail with its sender's address, the team's channels."""

    crm: Crm | None
    desk: Desk | None
    mailer: Mailer
    sender: str
    roster: Roster | None = None
    notifiers: tuple[Notifier, ...] = ()
    rates: Mapping[str, int] = field(default_factory=dict)
    """Rows a minute that a target of the outbox takes; one that is not in it takes any number."""
    wordpress: WordPress | None = None
    """The site itself, where it is known how to ask it."""


@dataclass(frozen=True, slots=True)
class CurrentPolicy:
    """A policy with its version number."""

    version: int
    document: Policy


class PolicyBook:
    """The policies in force, read from the store and kept for `POLICY_TTL_S` seconds; compiled once a version."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: dict[str, tuple[float, CurrentPolicy]] = {}

    def current(self, tx: Tx, site: str) -> CurrentPolicy:
        """The site's policy in force.

        Raises:
            SiteUnknown: the site has none, so it does not exist.
        """
        known = self._current.get(site)
        if known and known[0] > time.monotonic():
            return known[1]
        stored = tx.policies.current(site)
        if stored is None:
            raise SiteUnknown(site)
        same = known and known[1].version == stored.version
        current = known[1] if known and same else CurrentPolicy(stored.version, stored_policy(stored.document))
        with self._lock:
            self._current[site] = (time.monotonic() + POLICY_TTL_S, current)
        return current

    def forget(self) -> None:
        """Read everything anew at the next use."""
        self._current.clear()


@dataclass(frozen=True, slots=True)
class Bridge:
    """The assembled product, as the use cases see it."""

    store: Store
    clock: Clock
    policies: PolicyBook
    systems: Callable[[Site], Systems]
    background: Executor
    lookups: Executor
    """For calls of a CRM, which a visitor waits for; whatever else is sent has `background`."""
    closures: Closures
    leases: Leases
    heartbeat: Heartbeat
    languages: LanguageReading
    asking: ResponderThreads
    assistants: Callable[[str], Assistant | None]
    """The responder of each site, by its id; None where the site's own bot answers. Every turn asks this."""
    crm_wait: float = 1.0
    """Seconds that a session start waits for the CRM."""
    crm_behind: float = 10.0
    """Seconds for which a late CRM call may run on."""
    crm_cache_ms: int = 600_000
    deliver_at_once: bool = True
    """Whether this process tries the outbox right after a decision, instead of leaving it to the scheduler."""
    pause: Callable[[float], None] = time.sleep
    """Waits for so many seconds."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the work on a site's escalations needs, within one transaction and at one instant."""

    tx: Tx
    site: Site
    systems: Systems
    current: CurrentPolicy
    at: Millis
    hours: HoursInForce

    @property
    def policy(self) -> Policy:
        """The document in force."""
        return self.current.document


def known_site(tx: Tx, site_id: str) -> Site:
    """The site of this id.

    Raises:
        SiteUnknown: there is no such site.
    """
    site = tx.sites.get(site_id)
    if site is None:
        raise SiteUnknown(site_id)
    return site


def open_case(bridge: Bridge, tx: Tx, site_id: str) -> Case:
    """The case of a site, now.

    Raises:
        SiteUnknown: there is no such site.
    """
    site = known_site(tx, site_id)
    current, at = bridge.policies.current(tx, site_id), bridge.clock.now()
    hours = HoursInForce(tx, site_id, current.document, at)
    return Case(tx, site, bridge.systems(site), current, at, hours)


def write_patiently(bridge: Bridge, do: Callable[[Tx], T]) -> T:
    """What is done in a transaction that is begun anew while the database is busy: nobody will ask for it once more.

    Raises:
        StoreBusy: it was so each time; nothing was stored.
    """
    for tries_left in reversed(range(MOST_ATTEMPTS)):
        try:
            with bridge.store.write() as tx:
                return do(tx)
        except StoreBusy:
            if not tries_left:
                raise
    raise AssertionError("there is a last try")


def usable_systems(bridge: Bridge, site: Site) -> Systems | None:
    """The site's systems; None where its settings cannot be used."""
    try:
        return bridge.systems(site)
    except BridgeError:
        return None


def new_id(prefix: str) -> str:
    """A fresh id with 128 random bits."""
    return f"{prefix}_{secrets.token_urlsafe(16)}"
