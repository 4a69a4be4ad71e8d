"""The shadow policy: a document that is tried on the live traffic since it was set, and acts on none of it.

A turn knows nothing of it and costs nothing more. Whoever asks for the report has the sessions that began since judged
again, under the policy in force and the shadow in one pass.
"""

from bridge.domain.backtest import Backtest, Named
from bridge.domain.policy_check import stored_policy
from bridge.ports import BridgeError, ShadowPolicy, Tx
from bridge.service.context import Bridge
from bridge.service.manage_policy import Accepted, current_policy
from bridge.service.replay_sessions import StoredSessions, named_in_force


class NoShadow(BridgeError):  # noqa: N818
    """This site has no shadow policy."""


def set_shadow(bridge: Bridge, tx: Tx, site: str, accepted: Accepted, author: str) -> ShadowPolicy:
    """Try a document from now on; the one that is tried already goes on with what it has seen.

    Raises:
        SiteUnknown: there is no such site.
    """
    current_policy(tx, site)
    known = tx.shadows.get(site)
    if known and known.document == accepted.document:
        return known
    shadow = ShadowPolicy(accepted.document, author, bridge.clock.now())
    tx.shadows.put(site, shadow)
    return shadow


def read_shadow(tx: Tx, site: str) -> ShadowPolicy:
    """The document that is tried.

    Raises:
        NoShadow: the site has no shadow policy.
    """
    known = tx.shadows.get(site)
    if known is None:
        raise NoShadow
    return known


def drop_shadow(tx: Tx, site: str) -> None:
    """Try it no longer.

    Raises:
        NoShadow: the site has no shadow policy.
    """
    if not tx.shadows.drop(site):
        raise NoShadow


def begin_report(bridge: Bridge, tx: Tx, site: str, most: int | None = None) -> tuple[Backtest, StoredSessions]:
    """The report that is still empty, and the sessions that it is about: those since the shadow was set.

    Args:
        bridge: the product.
        tx: a transaction; judging itself needs none.
        site: whose shadow.
        most: of many sessions, only the newest so many.

    Raises:
        NoShadow: the site has no shadow policy.
        SiteUnknown: there is no such site.
        PolicyRefused: this release no longer reads the document.
    """
    shadow = read_shadow(tx, site)
    report = Backtest(Named("the shadow policy", stored_policy(shadow.document)), named_in_force(bridge, tx, site))
    return report, StoredSessions(bridge, site, shadow.since, bridge.clock.now() + 1, most)
