"""Sites: adding, pairing, rotating and revoking."""

import base64
import json
import re
import secrets
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bridge.domain.hosts import host_of
from bridge.domain.instants import MINUTE
from bridge.domain.values import Json, Millis
from bridge.domain.wall_clock import is_zone
from bridge.ports import BridgeError, Scope, Site, Tx
from bridge.service.context import Bridge, known_site
from bridge.service.errors import SiteUnknown
from bridge.service.manage_policy import default_document

OLD_SECRET_GRACE = 10 * MINUTE
"""Milliseconds for which the former secrets verify after the new ones are in use: for calls that are on their way."""
RENEWAL_IN_HAND = 1 * MINUTE
"""Milliseconds for which a renewal is another caller's own, so that two at a time cannot take each other's secrets."""

URL_FAULTS = (
    (r"\s", "a blank"),
    (r"//[^/?#]*@", "a user"),
    (r"\?", "a query"),
    (r"#", "a fragment"),
    (r"/wp-(admin|login\.php)(/|$)", "wp-admin or wp-login.php in it"),
)
"""What an address must not have, and how it is called."""


class SiteRefused(BridgeError):  # noqa: N818
    """The site's name, address, zone or mailbox cannot be used; the message says which."""


class SiteExists(BridgeError):  # noqa: N818
    """There is a site of this name already."""


class OtherAddress(BridgeError):  # noqa: N818
    """The call comes from a WordPress at another address: a copy of the site, or the site after it has moved."""


class RenewalInHand(BridgeError):  # noqa: N818
    """Somebody else renews the secrets of this site just now."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """What the plugin needs to speak for a site. Shown once."""

    site: str
    chat_secret: str
    admin_secret: str
    pairing_code: str

    def as_json(self) -> Json:
        """As `bridge site add --json` prints it."""
        return {
            "site": self.site,
            "chat_secret": self.chat_secret,
            "admin_secret": self.admin_secret,
            "pairing_code": self.pairing_code,
        }


def add_site(bridge: Bridge, site: Site, public_url: str) -> Pairing:
    """Make a site with fresh secrets and the shipped policy in its time zone.

    Raises:
        SiteRefused: its name, address, zone or mailbox cannot be used; the message says which.
        SiteExists: there is a site of this name already.
    """
    check_site(site)
    fresh = {Scope.CHAT: new_secret(), Scope.ADMIN: new_secret()}
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        if not tx.sites.add(site, fresh, now):
            raise SiteExists(f"there is a site {site.id!r} already; bridge site rotate gives it a new pairing code")
        tx.policies.put(site.id, default_document(site.timezone), "shipped", now)
    return pairing(site.id, fresh, public_url)


def change_site(bridge: Bridge, site_id: str, **given: str) -> tuple[Site, Site]:
    """Change what a site was given when it was added; returns it as it was, and as it is now.

    Args:
        bridge: the product.
        site_id: which one.
        given: `url`, `timezone`, `team_email`; what is left out stays as it is.

    Raises:
        SiteRefused: its name, address, zone or mailbox cannot be used; the message says which.
        SiteUnknown: there is no such site.
    """
    with bridge.store.write() as tx:
        tx.sites.hold(site_id)
        was = known_site(tx, site_id)
        now = replace(was, **given)
        check_site(now)
        tx.sites.change(now)
    return was, now


def check_home(tx: Tx, site_id: str, home: str) -> None:
    """Let a WordPress that says where it is do what a copy must not do in the site's place.

    Raises:
        OtherAddress: it is another one; scheme, port and `www.` do not count.
        SiteUnknown: there is no such site.
    """
    if _place(home) != _place(known_site(tx, site_id).url):
        raise OtherAddress(site_id)


def _place(url: str) -> tuple[str, str]:
    """Host and folder; of what cannot be read neither is any site's."""
    host = host_of(url)
    return host, urlsplit(url).path.rstrip("/") if host else url


def guessed_mailbox(url: str) -> str:
    """Where the team of a site would read its mail, for want of a better word; its address has been checked."""
    return f"support@{urlsplit(url).hostname}"


def rotate_site(bridge: Bridge, site_id: str, public_url: str) -> Pairing:
    """Fresh secrets beside the old ones, which hold until `revoke_old`.

    Raises:
        SiteUnknown: there is no such site.
    """
    fresh = {Scope.CHAT: new_secret(), Scope.ADMIN: new_secret()}
    with bridge.store.write() as tx:
        known_site(tx, site_id)
        for scope, secret in fresh.items():
            tx.sites.add_secret(site_id, scope, secret, bridge.clock.now())
    return pairing(site_id, fresh, public_url)


def issue_secrets(tx: Tx, site_id: str, used: str, at: Millis) -> dict[Scope, str]:
    """Fresh secrets beside those that are in use, which hold until `settle_secrets`.

    Args:
        tx: the transaction.
        site_id: the site.
        used: the secret that its caller signs with.
        at: the machine's time, by which secrets end.

    Raises:
        RenewalInHand: newer ones than the caller's were issued less than a minute ago.
        SiteUnknown: the caller's was revoked in the meantime.
    """
    tx.sites.hold(site_id)
    own = _made(tx, site_id, used, at)
    newest = max(one.made_at for one in tx.sites.secrets(site_id, at))
    if own < newest and abs(at - newest) < RENEWAL_IN_HAND:
        raise RenewalInHand(site_id)
    fresh = {Scope.CHAT: new_secret(), Scope.ADMIN: new_secret()}
    for scope, secret in fresh.items():
        tx.sites.add_secret(site_id, scope, secret, max(at, newest + 1))
    return fresh


def settle_secrets(tx: Tx, site_id: str, used: str, at: Millis) -> int:
    """The secret that its caller signs with is in use now: older ones end after `OLD_SECRET_GRACE`; how many these are.

    Raises:
        SiteUnknown: it was revoked in the meantime.
    """
    return tx.sites.end_secrets(site_id, _made(tx, site_id, used, at), at + OLD_SECRET_GRACE)


def _made(tx: Tx, site_id: str, used: str, at: Millis) -> Millis:
    made = next((one.made_at for one in tx.sites.secrets(site_id, at) if one.secret == used), None)
    if made is None:
        raise SiteUnknown(site_id)
    return made


def revoke(bridge: Bridge, site_id: str, *, everything: bool) -> int:
    """Drop the old secrets, or all of them; returns how many are gone.

    Raises:
        SiteUnknown: there is no such site.
    """
    with bridge.store.write() as tx:
        known_site(tx, site_id)
        return tx.sites.drop_secrets(site_id, keep_newest=not everything)


def pairing(site_id: str, fresh: dict[Scope, str], public_url: str) -> Pairing:
    """One code that holds all that the plugin needs."""
    inside = {"url": public_url, "site": site_id, "chat_secret": fresh[Scope.CHAT], "admin_secret": fresh[Scope.ADMIN]}
    code = base64.urlsafe_b64encode(json.dumps(inside, separators=(",", ":")).encode()).decode().rstrip("=")
    return Pairing(site_id, fresh[Scope.CHAT], fresh[Scope.ADMIN], f"esc1.{code}")


def new_secret() -> str:
    """256 random bits, as text."""
    return secrets.token_urlsafe(32)


def sites_at(bridge: Bridge, url: str) -> list[Site]:
    """The sites that are at this address."""
    with bridge.store.read() as tx:
        return [one for one in tx.sites.all() if one.url.rstrip("/") == url.rstrip("/")]


def check_address(url: str) -> None:
    """Refuse what is not the front address of a site: what else stands in it would be called, and kept.

    Raises:
        SiteRefused: it is another address; the message says why.
    """
    try:
        parts = urlsplit(url)
        ported = parts.port != 0
    except ValueError:
        ported = False
    if not ported or parts.scheme not in ("http", "https") or not parts.hostname:
        raise SiteRefused("a site's address starts with https:// or http:// and has a host, and a port of 1 to 65535")
    found = (what for pattern, what in URL_FAULTS if re.search(pattern, url))
    if what := next(found, None):
        raise SiteRefused(f"that is not a site's front address: it has {what}; give it as https://shop.example")


def check_site(site: Site) -> None:
    """Refuse what could not work.

    Raises:
        SiteRefused: its name, address, zone or mailbox cannot be used; the message says which.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", site.id):
        raise SiteRefused("a site's name is 1 to 40 lower-case letters, digits and dashes")
    check_address(site.url)
    if not is_zone(site.timezone):
        raise SiteRefused("unknown time zone; use a name such as Europe/Berlin")
    if not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", site.team_email):
        raise SiteRefused("the team's mailbox is one plain e-mail address")
