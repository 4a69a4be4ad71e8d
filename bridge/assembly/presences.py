"""The helpdesk that `BRIDGE_PRESENCE` names, made from its settings: it says who is there.

Its adapter is imported when it is named, as in `desks`.
"""

from collections.abc import Callable

from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.assembly.pairs import pairs_of
from bridge.config import SiteSettings
from bridge.ports import Presences
from bridge.service.context import Roster

NEEDS = {
    "zendesk": ("zendesk_url", "zendesk_token"),
    "freshdesk": ("freshdesk_url", "freshdesk_token"),
    "chatwoot": ("chatwoot_account", "chatwoot_token"),
    "intercom": ("intercom_token",),
}
"""What each helpdesk cannot be asked without."""


def roster(own: SiteSettings, http: Callable[[], Http]) -> Roster | None:
    """The helpdesk that `BRIDGE_PRESENCE` names, and what `BRIDGE_PRESENCE_QUEUES` says of its groups.

    Raises:
        SettingsRefused: a setting that it needs is empty.
    """
    if own.presence == "api":
        return None
    need(own, f"BRIDGE_PRESENCE={own.presence}", NEEDS[own.presence])
    queues = queues_of_groups(own.presence_queues)
    return Roster(presences(own, http(), tuple(queues)), queues)


def presences(own: SiteSettings, http: Http, groups: tuple[str, ...]) -> Presences:
    """The helpdesk that `BRIDGE_PRESENCE` names."""
    return _MAKERS[own.presence](own, http, groups)


def queues_of_groups(text: str) -> dict[str, tuple[str, ...]]:
    """The queues of each group, from `group=queue,...`; a group may stand there several times."""
    queues: dict[str, tuple[str, ...]] = {}
    for group, queue in pairs_of(text):
        queues[group] = (*queues.get(group, ()), queue)
    return queues


def _zendesk(own: SiteSettings, http: Http, _groups: tuple[str, ...]) -> Presences:
    from bridge.adapters.presence.zendesk import ZendeskPresences

    token = own.zendesk_token.get_secret_value()
    return ZendeskPresences(http, base_url=own.zendesk_url, token=token, email=own.zendesk_email or None)


def _freshdesk(own: SiteSettings, http: Http, _groups: tuple[str, ...]) -> Presences:
    from bridge.adapters.presence.freshdesk import FreshdeskPresences

    return FreshdeskPresences(http, base_url=own.freshdesk_url, token=own.freshdesk_token.get_secret_value())


def _intercom(own: SiteSettings, http: Http, _groups: tuple[str, ...]) -> Presences:
    from bridge.adapters.presence.intercom import IntercomPresences

    return IntercomPresences(http, base_url=own.intercom_url, token=own.intercom_token.get_secret_value())


def _chatwoot(own: SiteSettings, http: Http, groups: tuple[str, ...]) -> Presences:
    from bridge.adapters.presence.chatwoot import ChatwootPresences

    token, account = own.chatwoot_token.get_secret_value(), own.chatwoot_account
    return ChatwootPresences(http, base_url=own.chatwoot_url, account=account, token=token, teams=groups)


_MAKERS: dict[str, Callable[[SiteSettings, Http, tuple[str, ...]], Presences]] = {
    "zendesk": _zendesk,
    "freshdesk": _freshdesk,
    "chatwoot": _chatwoot,
    "intercom": _intercom,
}
