"""Policies: the shipped one, and new versions of a site's own."""

import json
from dataclasses import dataclass
from functools import cache

from bridge.domain import signals
from bridge.domain.host import Host
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.policy_check import Finding, PolicyRefused, check_policy, stored_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Json
from bridge.ports import BridgeError, PolicyVersion, Tx
from bridge.service.context import Bridge, known_site
from bridge.service.errors import SiteUnknown

ZONE_IN_SHIPPED = "timezone: America/New_York"
MOST_VERSIONS = 500
RECENT_TURNS = 500
"""Turns in which is looked for what the host sends."""


class PolicyVersionUnknown(BridgeError):  # noqa: N818
    """The site's policy never had this version."""


@cache
def default_document(timezone: str) -> str:
    """The shipped policy, its staffed hours in the given zone."""
    return shipped_document().replace(ZONE_IN_SHIPPED, f"timezone: {timezone}")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document without an error, its policy, and what else was found in it."""

    document: str
    policy: Policy
    findings: list[Finding]


def accept(bridge: Bridge, document: str) -> Accepted:
    """Judge a document; outside any transaction, for a very long one takes seconds.

    Raises:
        PolicyRefused: it has an error.
    """
    policy, findings = check_policy(document, now=bridge.clock.now())
    if policy is None:
        raise PolicyRefused(findings)
    return Accepted(document, policy, findings)


def put_policy(bridge: Bridge, tx: Tx, site: str, accepted: Accepted, author: str) -> int:
    """Make a document the site's policy, and return its version; the one in force already makes no new one.

    Raises:
        SiteUnknown: there is no such site.
    """
    tx.sites.hold(site)
    known = current_policy(tx, site)
    if known.document == accepted.document:
        return known.version
    version = tx.policies.put(site, accepted.document, author, bridge.clock.now())
    tx.after_commit(bridge.policies.forget)
    return version


def current_policy(tx: Tx, site: str) -> PolicyVersion:
    """The version in force.

    Raises:
        SiteUnknown: there is no such site.
    """
    known = tx.policies.current(site)
    if known is None:
        raise SiteUnknown(site)
    return known


def policy_version(tx: Tx, site: str, version: int | None) -> PolicyVersion:
    """A version of the site's policy; the one in force where none is named.

    Raises:
        PolicyVersionUnknown: the site's policy never had this version.
        SiteUnknown: there is no such site.
    """
    current = current_policy(tx, site)
    found = tx.policies.get(site, version) if version is not None else current
    if found is None:
        raise PolicyVersionUnknown(f"{site} has no version {version}; the newest is {current.version}")
    return found


def roll_back(bridge: Bridge, site: str, version: int | None, author: str) -> PolicyVersion:
    """Put an earlier version's document in force again, as a new version; by default the one before that in force.

    Raises:
        PolicyVersionUnknown: the site's policy never had this version.
        SiteUnknown: there is no such site.
        PolicyRefused: this release finds an error in it.
    """
    with bridge.store.read() as tx:
        target = _version_before(tx, site) if version is None else policy_version(tx, site, version)
    accepted = accept(bridge, target.document)
    with bridge.store.write() as tx:
        put_policy(bridge, tx, site, accepted, f"{author}, rolled back to {target.version}")
        return current_policy(tx, site)


def _version_before(tx: Tx, site: str) -> PolicyVersion:
    current = current_policy(tx, site)
    if current.version == 1:
        raise PolicyVersionUnknown(f"{site} has no version before 1")
    return policy_version(tx, site, current.version - 1)


def list_versions(tx: Tx, site: str) -> list[Json]:
    """Version, author and instant of the last versions, newest first; the first one is in force."""
    return [
        {
            "version": mark.version,
            "author": mark.author,
            "created_at": to_rfc3339(mark.created_at),
            "in_force": newer == 0,
        }
        for newer, mark in enumerate(tx.policies.marks(site, MOST_VERSIONS))
    ]


class Versions:
    """The versions of a site's policy, each read once."""

    def __init__(self, tx: Tx, site: str) -> None:
        self._tx = tx
        self._site = site
        self._read: dict[int, Policy | None] = {}

    def policy(self, version: int) -> Policy | None:
        """The policy of a version; None where there is none that this release can read."""
        if version not in self._read:
            self._read[version] = self._find(version)
        return self._read[version]

    def _find(self, version: int) -> Policy | None:
        stored = self._tx.policies.get(self._site, version)
        try:
            return stored_policy(stored.document) if stored else None
        except PolicyRefused:
            return None


def host_of(bridge: Bridge, tx: Tx, site_id: str) -> Host:
    """What the site's host feeds: a CRM by its settings, its bot by its last turns, where there are any.

    Raises:
        SiteUnknown: there is no such site.
    """
    crm = bridge.systems(known_site(tx, site_id)).crm is not None
    taken = [json.loads(one) for one in tx.sessions.recent_signals(site_id, RECENT_TURNS)]
    if not taken:
        return Host(crm=crm)
    return Host.of_record([reply for one in taken if one and (reply := signals.load(one).reply)], crm=crm)


def import_policy(bridge: Bridge, document: str, name: str) -> int:
    """Make a file's document the policy of every site that has not had it yet; returns how many sites changed.

    A file that has not changed since its last import is left alone, so that an edit made elsewhere stays.

    Raises:
        PolicyRefused: the document has an error.
    """
    changed = 0
    accepted = accept(bridge, document)
    with bridge.store.write() as tx:
        for site in tx.sites.all():
            tx.sites.hold(site.id)
            imported = tx.policies.last_by(site.id, name)
            if imported is None or imported.document != document:
                put_policy(bridge, tx, site.id, accepted, name)
                changed += 1
    return changed
