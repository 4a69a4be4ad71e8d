"""Settings without which a system cannot be used."""

from collections.abc import Sequence

from pydantic import SecretStr

from bridge.config import SettingsRefused, SiteSettings, variable


def need(own: SiteSettings, chosen: str, names: Sequence[str]) -> None:
    """Refuse a choice whose settings are not all there.

    Args:
        own: the site's settings.
        chosen: the choice, as the owner wrote it: `BRIDGE_CRM=hubspot`.
        names: fields of the settings.

    Raises:
        SettingsRefused: one of them is empty; all are named.
    """
    if any(getattr(own, name) in ("", SecretStr("")) for name in names):
        *most, last = map(variable, names)
        listed = f"{', '.join(most)} and {last}" if most else last
        raise SettingsRefused(f"{chosen} needs {listed}")
