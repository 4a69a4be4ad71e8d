"""Policies: the shipped one, and new versions of a site's own."""

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


def put_policy(bridge: Bridge, tx: Tx, site: str, document: str, author: str) -> tuple[int, list[Finding]]:
    """Make a document the site's policy; one that is in force already makes no new version.

    Raises:
        PolicyRefused: the document has an error; nothing was changed.
        SiteUnknown: see there.
    """
    now = bridge.clock.now()
    policy, findings = check_policy(document, now=now)
    if policy is None:
        raise PolicyRefused(findings)
    known = current_policy(tx, site)
    if known.document == document:
        return known.version, findings
    version = tx.policies.put(site, document, author, now)
    bridge.policies.forget()
    return version, findings


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
        PolicyRefused: see `put_policy`.
    """
    changed = 0
    with bridge.store.write() as tx:
        for site in tx.sites.all():
            imported = tx.policies.last_by(site.id, name)
            if imported is None or imported.document != document:
                put_policy(bridge, tx, site.id, document, name)
                changed += 1
    return changed
