"""Policies: the shipped one, and new versions of a site's own."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bridge.domain.findings import Finding, PolicyRefused, check_policy
from bridge.ports import PolicyVersion, Tx
from bridge.service.context import Bridge, SiteUnknown

ZONE_IN_SHIPPED = "timezone: America/New_York"


@cache
def shipped_document() -> str:
    """The policy that ships with the product."""
    return (files("bridge") / "data" / "policy.yaml").read_text("utf-8")


def default_document(timezone: str) -> str:
    """The shipped policy, its staffed hours in the given zone."""
    return shipped_document().replace(ZONE_IN_SHIPPED, f"timezone: {timezone}")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document without an error, and what else was found in it."""

    document: str
    findings: list[Finding]


def accept(bridge: Bridge, document: str) -> Accepted:
    """Judge a document; outside any transaction, for a very long one takes seconds.

    Raises:
        PolicyRefused: it has an error.
    """
    policy, findings = check_policy(document, now=bridge.clock.now())
    if policy is None:
        raise PolicyRefused(findings)
    return Accepted(document, findings)


def put_policy(bridge: Bridge, tx: Tx, site: str, accepted: Accepted, author: str) -> int:
    """Make a document the site's policy, and return its version; the one in force already makes no new one.

    Raises:
        SiteUnknown: see there.
    """
    known = current_policy(tx, site)
    if known.document == accepted.document:
        return known.version
    version = tx.policies.put(site, accepted.document, author, bridge.clock.now())
    bridge.policies.forget()
    return version


def current_policy(tx: Tx, site: str) -> PolicyVersion:
    """The version in force.

    Raises:
        SiteUnknown: see there.
    """
    known = tx.policies.current(site)
    if known is None:
        raise SiteUnknown(site)
    return known


def import_policy(bridge: Bridge, document: str, name: str) -> int:
    """Make a file's document the policy of every site that has not had it yet; returns how many sites changed.

    A file that has not changed since its last import is left alone, so that an edit made elsewhere stays.

    Raises:
        PolicyRefused: see `accept`.
    """
    changed = 0
    accepted = accept(bridge, document)
    with bridge.store.write() as tx:
        for site in tx.sites.all():
            imported = tx.policies.last_by(site.id, name)
            if imported is None or imported.document != document:
                put_policy(bridge, tx, site.id, accepted, name)
                changed += 1
    return changed
