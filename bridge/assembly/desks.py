"""The helpdesk that `BRIDGE_DESK` names, made from its settings."""

from collections.abc import Callable

from bridge.adapters.desk.zendesk import Zendesk
from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.config import SettingsRefused, SiteSettings
from bridge.ports import Desk

NEEDS = {
    "zendesk": ("zendesk_url", "zendesk_token"),
}
"""What each helpdesk cannot be used without."""
RATES = {
    "zendesk": 100,
    "freshdesk": 40,
    "hubspot": 200,
    "linear": 20,
    "intercom": 60,
    "chatwoot": 300,
    "zammad": 120,
}
"""Rows a minute that each helpdesk gets unless `BRIDGE_DESK_RATE` says otherwise: about half of what the vendor's
smallest plan takes, for a row may be several calls, and the account is not ours alone."""
RATE = 60
"""The same for any other one."""


def desk(own: SiteSettings, http: Callable[[], Http]) -> Desk | None:
    """The helpdesk of a site; None where tickets stay in the built-in desk.

    Raises:
        SettingsRefused: a setting that it needs is empty, or cannot be used by it.
    """
    if own.desk == "builtin":
        return None
    need(own, f"BRIDGE_DESK={own.desk}", NEEDS[own.desk])
    return _MAKERS[own.desk](own, http())


def rates(own: SiteSettings, desk: Desk | None) -> dict[str, int]:
    """Rows a minute that may go to each target of the outbox; one that is not named takes any number."""
    of_desk = {desk.name: own.desk_rate or RATES.get(desk.name, RATE)} if desk else {}
    return {**of_desk, "mail": own.mail_rate}


def groups_of(text: str) -> dict[str, str]:
    """The helpdesk's group of each queue, from `queue=group,...`."""
    pairs = (pair.split("=", 1) for pair in text.split(",") if pair.strip())
    return {queue.strip(): group.strip() for queue, group in pairs}


def numbers_of(text: str) -> dict[str, int]:
    """As `groups_of`, for a helpdesk whose groups have numbers.

    Raises:
        SettingsRefused: one is no number.
    """
    groups = groups_of(text)
    if not all(group.isascii() and group.isdecimal() for group in groups.values()):
        raise SettingsRefused("BRIDGE_DESK_QUEUES: this helpdesk's groups are named by their numbers")
    return {queue: int(group) for queue, group in groups.items()}


def _zendesk(own: SiteSettings, http: Http) -> Desk:
    return Zendesk(
        http,
        base_url=own.zendesk_url,
        token=own.zendesk_token.get_secret_value(),
        email=own.zendesk_email or None,
        groups=numbers_of(own.desk_queues),
        webhook_secret=own.zendesk_webhook_secret.get_secret_value(),
    )


_MAKERS: dict[str, Callable[[SiteSettings, Http], Desk]] = {
    "zendesk": _zendesk,
}
