"""Settings: environment (`BRIDGE_*`, and `*_FILE` for secrets) over `bridge.toml` over defaults that run."""

from bridge.config.reading import PREFIX, checked_database_url, policy_document, read_settings, variable
from bridge.config.settings import CONFIG_FILE, SECRETS, Settings, SettingsRefused
from bridge.config.site_settings import CRMS, DESKS, UUID, SiteSettings

__all__ = [
    "CONFIG_FILE",
    "CRMS",
    "DESKS",
    "PREFIX",
    "SECRETS",
    "UUID",
    "Settings",
    "SettingsRefused",
    "SiteSettings",
    "checked_database_url",
    "policy_document",
    "read_settings",
    "variable",
]
