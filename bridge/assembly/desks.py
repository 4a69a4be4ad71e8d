"""The helpdesk that `BRIDGE_DESK` names, made from its settings.

An adapter is imported when it is named: all of them together would take a third of the time to start, and memory.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.assembly.pairs import pairs_of
from bridge.config import UUID, SettingsRefused, SiteSettings
from bridge.domain.values import Priority
from bridge.ports import Desk, Mailer, Site

NEEDS = {
    "email": ("desk_email",),
    "webhook": ("webhook_url", "webhook_secret"),
    "zendesk": ("zendesk_url", "zendesk_token"),
    "freshdesk": ("freshdesk_url", "freshdesk_token"),
    "zammad": ("zammad_url", "zammad_token", "zammad_customer"),
    "hubspot": ("hubspot_token",),
    "linear": ("linear_token", "linear_team"),
    "chatwoot": ("chatwoot_account", "chatwoot_token", "chatwoot_inbox"),
    "intercom": ("intercom_token", "intercom_ticket_type", "intercom_admin"),
}
"""What each helpdesk cannot be used without."""
RATES = {
    "zendesk": 80,
    "freshdesk": 16,
    "hubspot": 200,
    "linear": 20,
    "intercom": 60,
    "chatwoot": 300,
    "zammad": 120,
}
"""Rows a minute that each helpdesk gets unless `BRIDGE_DESK_RATE` says otherwise: at most half of what the vendor's
smallest plan takes, for a row that has lain for a while is looked up before it is made, and the account is not ours
alone. Freshdesk's smallest plan lists tickets twenty times a minute."""
RATE = 60
"""The same for any other one."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a helpdesk may be reached by, and reaches us by.

    `sender` is the address that the site's mails come from, `hooks_url` the one that the helpdesk calls.
    """

    http: Callable[[], Http]
    mailer: Mailer
    sender: str
    hooks_url: str = ""


def hooks_url_of(own: SiteSettings, site: Site) -> str:
    """The address at which the plugin takes the helpdesk's calls, where no other is set."""
    return own.hooks_url or f"{site.url.rstrip('/')}/wp-json/escalation-bridge/v1/hooks/{own.desk}"


def desk(own: SiteSettings, outside: Outside) -> Desk | None:
    """The helpdesk of a site; None where tickets stay in the built-in desk.

    Raises:
        SettingsRefused: a setting that it needs is empty, or cannot be used by it.
    """
    if own.desk == "builtin":
        return None
    need(own, f"BRIDGE_DESK={own.desk}", NEEDS[own.desk])
    return _MAKERS[own.desk](own, outside)


def rates(own: SiteSettings, desk: Desk | None) -> dict[str, int]:
    """Rows a minute that may go to each target of the outbox; one that is not named takes any number."""
    of_desk = {desk.name: own.desk_rate or RATES.get(desk.name, RATE)} if desk else {}
    return {**of_desk, "mail": own.mail_rate}


def groups_of(text: str) -> dict[str, str]:
    """The helpdesk's group of each queue, from `queue=group,...`."""
    return dict(pairs_of(text))


def numbers_of(text: str) -> dict[str, int]:
    """As `groups_of`, for a helpdesk whose groups have numbers.

    Raises:
        SettingsRefused: one is no number.
    """
    groups = groups_of(text)
    if not all(group.isascii() and group.isdecimal() for group in groups.values()):
        raise SettingsRefused("BRIDGE_DESK_QUEUES: this helpdesk's groups are named by their numbers")
    return {queue: int(group) for queue, group in groups.items()}


def _email(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.email import EmailDesk

    boxes = groups_of(own.desk_queues)
    return EmailDesk(outside.mailer, sender=outside.sender, to=own.desk_email, boxes=boxes)


def _webhook(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.webhook import BadSecret, WebhookDesk

    try:
        return WebhookDesk(outside.http(), url=own.webhook_url, secret=own.webhook_secret.get_secret_value())
    except BadSecret as error:
        raise SettingsRefused(f"BRIDGE_WEBHOOK_SECRET: {error.__doc__}") from None


def _zendesk(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.zendesk import Zendesk

    return Zendesk(
        outside.http(),
        base_url=own.zendesk_url,
        token=own.zendesk_token.get_secret_value(),
        email=own.zendesk_email or None,
        groups=numbers_of(own.desk_queues),
        webhook_secret=own.zendesk_webhook_secret.get_secret_value(),
    )


def _freshdesk(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.freshdesk import Freshdesk

    return Freshdesk(
        outside.http(),
        base_url=own.freshdesk_url,
        token=own.freshdesk_token.get_secret_value(),
        groups=numbers_of(own.desk_queues),
        id_field=own.freshdesk_id_field,
        solved=[int(number) for number in own.freshdesk_solved.split(",") if number.strip()],
        webhook_secret=own.freshdesk_webhook_secret.get_secret_value(),
    )


def _zammad(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.zammad import Zammad
    from bridge.domain.addresses import mailbox

    if mailbox(own.zammad_customer) is None:
        raise SettingsRefused("BRIDGE_ZAMMAD_CUSTOMER: expected one e-mail address")
    return Zammad(
        outside.http(),
        base_url=own.zammad_url,
        token=own.zammad_token.get_secret_value(),
        customer=own.zammad_customer,
        group=own.zammad_group,
        groups=groups_of(own.desk_queues),
        id_attribute=own.zammad_id_attribute,
        priorities={Priority(name): called for name, called in pairs_of(own.zammad_priorities)},
        solved=[name.strip() for name in own.zammad_solved.split(",") if name.strip()],
        webhook_secret=own.zammad_webhook_secret.get_secret_value(),
    )


def _hubspot(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.hubspot import HubSpotTickets, Place

    return HubSpotTickets(
        outside.http(),
        token=own.hubspot_token.get_secret_value(),
        place=Place(own.hubspot_pipeline, own.hubspot_stage),
        places={queue: Place(*_place(group)) for queue, group in groups_of(own.desk_queues).items()},
        id_property=own.hubspot_id_property,
        hooks_url=outside.hooks_url,
        webhook_secret=own.hubspot_webhook_secret.get_secret_value(),
        base_url=own.hubspot_url,
    )


def _place(group: str) -> tuple[str, str]:
    pipeline, _, stage = group.partition(":")
    if not pipeline.strip() or not stage.strip():
        raise SettingsRefused("BRIDGE_DESK_QUEUES: HubSpot's are named pipeline:stage, by their internal ids")
    return pipeline.strip(), stage.strip()


def _linear(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.linear import Linear

    teams = groups_of(own.desk_queues)
    if not all(re.fullmatch(UUID, team) for team in teams.values()):
        raise SettingsRefused("BRIDGE_DESK_QUEUES: Linear's teams are named by their ids, which are UUIDs")
    return Linear(
        outside.http(),
        token=own.linear_token.get_secret_value(),
        team=own.linear_team,
        teams=teams,
        webhook_secret=own.linear_webhook_secret.get_secret_value(),
        url=own.linear_url,
    )


def _chatwoot(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.chatwoot import Chatwoot

    return Chatwoot(
        outside.http(),
        base_url=own.chatwoot_url,
        account=own.chatwoot_account,
        token=own.chatwoot_token.get_secret_value(),
        inbox=int(own.chatwoot_inbox),
        teams=numbers_of(own.desk_queues),
        webhook_secret=own.chatwoot_webhook_secret.get_secret_value(),
    )


def _intercom(own: SiteSettings, outside: Outside) -> Desk:
    from bridge.adapters.desk.intercom import Intercom

    return Intercom(
        outside.http(),
        base_url=own.intercom_url,
        token=own.intercom_token.get_secret_value(),
        ticket_type=own.intercom_ticket_type,
        admin=own.intercom_admin,
        attribute=own.intercom_ticket_attribute,
        teams=numbers_of(own.desk_queues),
        client_secret=own.intercom_client_secret.get_secret_value(),
    )


_MAKERS: dict[str, Callable[[SiteSettings, Outside], Desk]] = {
    "zendesk": _zendesk,
    "freshdesk": _freshdesk,
    "hubspot": _hubspot,
    "linear": _linear,
    "chatwoot": _chatwoot,
    "intercom": _intercom,
    "zammad": _zammad,
    "email": _email,
    "webhook": _webhook,
}
