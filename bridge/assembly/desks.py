"""The helpdesk that `BRIDGE_DESK` names, made from its settings."""

import re
from collections.abc import Callable

from bridge.adapters.desk.hubspot import HubSpotTickets, Place
from bridge.adapters.desk.linear import Linear
from bridge.adapters.desk.zendesk import Zendesk
from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.config import UUID, SettingsRefused, SiteSettings
from bridge.ports import Desk

NEEDS = {
    "zendesk": ("zendesk_url", "zendesk_token"),
    "hubspot": ("hubspot_token",),
    "linear": ("linear_token", "linear_team"),
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


def _hubspot(own: SiteSettings, http: Http) -> Desk:
    return HubSpotTickets(
        http,
        token=own.hubspot_token.get_secret_value(),
        place=Place(own.hubspot_pipeline, own.hubspot_stage),
        places={queue: _place(group) for queue, group in groups_of(own.desk_queues).items()},
        id_property=own.hubspot_id_property,
        hooks_url=own.hooks_url,
        webhook_secret=own.hubspot_webhook_secret.get_secret_value(),
        base_url=own.hubspot_url,
    )


def _place(group: str) -> Place:
    pipeline, _, stage = group.partition(":")
    if not pipeline.strip() or not stage.strip():
        raise SettingsRefused("BRIDGE_DESK_QUEUES: HubSpot's are named pipeline:stage, by their internal ids")
    return Place(pipeline.strip(), stage.strip())


def _linear(own: SiteSettings, http: Http) -> Desk:
    teams = groups_of(own.desk_queues)
    if not all(re.fullmatch(UUID, team) for team in teams.values()):
        raise SettingsRefused("BRIDGE_DESK_QUEUES: Linear's teams are named by their ids, which are UUIDs")
    return Linear(
        http,
        token=own.linear_token.get_secret_value(),
        team=own.linear_team,
        teams=teams,
        webhook_secret=own.linear_webhook_secret.get_secret_value(),
        url=own.linear_url,
    )


_MAKERS: dict[str, Callable[[SiteSettings, Http], Desk]] = {
    "zendesk": _zendesk,
    "hubspot": _hubspot,
    "linear": _linear,
}
