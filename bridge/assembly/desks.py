"""The helpdesk that `BRIDGE_DESK` names, made from its settings."""

from collections.abc import Callable

from bridge.adapters.addresses import mailbox
from bridge.adapters.desk.freshdesk import Freshdesk
from bridge.adapters.desk.zammad import Zammad
from bridge.adapters.desk.zendesk import Zendesk
from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.config import SettingsRefused, SiteSettings
from bridge.domain.values import Priority
from bridge.ports import Desk

NEEDS = {
    "zendesk": ("zendesk_url", "zendesk_token"),
    "freshdesk": ("freshdesk_url", "freshdesk_token"),
    "zammad": ("zammad_url", "zammad_token", "zammad_customer"),
}
"""What each helpdesk cannot be used without."""


def desk(own: SiteSettings, http: Callable[[], Http]) -> Desk | None:
    """The helpdesk of a site; None where tickets stay in the built-in desk.

    Raises:
        SettingsRefused: a setting that it needs is empty, or cannot be used by it.
    """
    if own.desk == "builtin":
        return None
    need(own, f"BRIDGE_DESK={own.desk}", NEEDS[own.desk])
    return _MAKERS[own.desk](own, http())


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


def _freshdesk(own: SiteSettings, http: Http) -> Desk:
    return Freshdesk(
        http,
        base_url=own.freshdesk_url,
        token=own.freshdesk_token.get_secret_value(),
        groups=numbers_of(own.desk_queues),
        id_field=own.freshdesk_id_field,
        solved=[int(number) for number in own.freshdesk_solved.split(",") if number.strip()],
        webhook_secret=own.freshdesk_webhook_secret.get_secret_value(),
    )


def _zammad(own: SiteSettings, http: Http) -> Desk:
    if mailbox(own.zammad_customer) is None:
        raise SettingsRefused("BRIDGE_ZAMMAD_CUSTOMER: expected one e-mail address")
    return Zammad(
        http,
        base_url=own.zammad_url,
        token=own.zammad_token.get_secret_value(),
        customer=own.zammad_customer,
        group=own.zammad_group,
        groups=groups_of(own.desk_queues),
        id_attribute=own.zammad_id_attribute,
        priorities={Priority(name): called for name, called in groups_of(own.zammad_priorities).items()},
        solved=[name.strip() for name in own.zammad_solved.split(",") if name.strip()],
        webhook_secret=own.zammad_webhook_secret.get_secret_value(),
    )


_MAKERS: dict[str, Callable[[SiteSettings, Http], Desk]] = {
    "zendesk": _zendesk,
    "freshdesk": _freshdesk,
    "zammad": _zammad,
}
