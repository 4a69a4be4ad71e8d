"""The CRM that `BRIDGE_CRM` names, made from its settings. Its adapter is imported when it is named, as in `desks`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bridge.adapters.crm.facts import Fields
from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.assembly.pairs import pairs_of
from bridge.config import SettingsRefused, SiteSettings
from bridge.ports import Crm

NEEDS = {
    "hubspot": ("hubspot_token",),
    "pipedrive": ("pipedrive_token",),
    "salesforce": ("salesforce_url", "salesforce_client_id", "salesforce_client_secret"),
    "woocommerce": ("woocommerce_url", "woocommerce_key", "woocommerce_secret"),
    "zendesk": ("zendesk_url", "zendesk_token"),
    "http": ("crm_url", "crm_secret"),
}
"""What each CRM cannot be asked without."""


def crm(own: SiteSettings, http: Callable[[], Http]) -> Crm | None:
    """The CRM of a site; None where there is none.

    Raises:
        SettingsRefused: a setting that it needs is empty, or cannot be used by it.
    """
    if own.crm == "none":
        return None
    if own.crm.startswith("file:"):
        return _file(Path(own.crm.removeprefix("file:")))
    need(own, f"BRIDGE_CRM={own.crm}", NEEDS[own.crm])
    return _MAKERS[own.crm](own, http())


def fields_of(text: str, defaults: Fields) -> Fields:
    """The names in `fact=name,...` in place of the defaults; a name may be empty, and is not asked for then."""
    return replace(defaults, **dict(pairs_of(text)))


def _file(path: Path) -> Crm:
    from bridge.adapters.crm.file import FileCrm

    return FileCrm(path)


def _hubspot(own: SiteSettings, http: Http) -> Crm:
    from bridge.adapters.crm import hubspot

    fields = fields_of(own.crm_fields, hubspot.FIELDS)
    token = own.hubspot_token.get_secret_value()
    return hubspot.HubSpot(http, token=token, fields=fields, currency=own.crm_currency, base_url=own.hubspot_url)


def _pipedrive(own: SiteSettings, http: Http) -> Crm:
    from bridge.adapters.crm import pipedrive

    fields = fields_of(own.crm_fields, pipedrive.FIELDS)
    token = own.pipedrive_token.get_secret_value()
    return pipedrive.Pipedrive(http, token=token, fields=fields, currency=own.crm_currency, base_url=own.pipedrive_url)


def _salesforce(own: SiteSettings, http: Http) -> Crm:
    from bridge.adapters.crm import salesforce

    secret = own.salesforce_client_secret.get_secret_value()
    fields = fields_of(own.crm_fields, salesforce.FIELDS)
    try:
        return salesforce.Salesforce(
            http,
            base_url=own.salesforce_url,
            access=salesforce.Access(http, own.salesforce_url, own.salesforce_client_id, secret),
            fields=fields,
            currency=own.crm_currency,
            version=own.salesforce_version,
        )
    except salesforce.BadField as error:
        raise SettingsRefused(f"BRIDGE_CRM_FIELDS: {error} is no field of Salesforce") from None


def _woocommerce(own: SiteSettings, http: Http) -> Crm:
    from bridge.adapters.crm import woocommerce

    return woocommerce.WooCommerce(
        http,
        base_url=own.woocommerce_url,
        key=own.woocommerce_key.get_secret_value(),
        secret=own.woocommerce_secret.get_secret_value(),
        fields=fields_of(own.crm_fields, woocommerce.FIELDS),
    )


def _zendesk(own: SiteSettings, http: Http) -> Crm:
    from bridge.adapters.crm import zendesk

    return zendesk.ZendeskCrm(
        http,
        base_url=own.zendesk_url,
        token=own.zendesk_token.get_secret_value(),
        email=own.zendesk_email or None,
        fields=fields_of(own.crm_fields, zendesk.FIELDS),
    )


def _endpoint(own: SiteSettings, http: Http) -> Crm:
    from bridge.adapters.crm.endpoint import EndpointCrm

    return EndpointCrm(http, url=own.crm_url, secret=own.crm_secret.get_secret_value())


_MAKERS: dict[str, Callable[[SiteSettings, Http], Crm]] = {
    "hubspot": _hubspot,
    "pipedrive": _pipedrive,
    "salesforce": _salesforce,
    "woocommerce": _woocommerce,
    "zendesk": _zendesk,
    "http": _endpoint,
}
