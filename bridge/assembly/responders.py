"""The responder that `BRIDGE_RESPONDER` names, and what it may cost. Its adapter is imported when it is named."""

from collections.abc import Callable
from pathlib import Path

from bridge.adapters.http import Http
from bridge.assembly.needs import need
from bridge.config import Settings, SettingsRefused, SiteSettings
from bridge.ports import Responder
from bridge.service.responder_threads import Assistant, Caps

NEEDS = {"claude": ("claude_token",), "openai": ("openai_model",)}
"""What each of them cannot be asked without."""


class Assistants:
    """The responder of each site, made when it is first asked for.

    Args:
        settings: those of this process.
        http: makes what speaks HTTP to one system.
    """

    def __init__(self, settings: Settings, http: Callable[[], Http]) -> None:
        self._settings = settings
        self._http = http
        self._made: dict[str, Assistant | None] = {}

    def __call__(self, site: str) -> Assistant | None:
        """That of a site; None where its own bot answers.

        Raises:
            SettingsRefused: a setting that it needs is empty, or its script cannot be used.
        """
        if site not in self._made:
            self._made[site] = self._make(self._settings.for_site(site))
        return self._made[site]

    def _make(self, own: SiteSettings) -> Assistant | None:
        made = responder(own, self._http)
        caps = Caps(own.responder_per_session, own.responder_per_visitor, own.responder_per_site)
        return Assistant(made, own.responder_budget, caps) if made else None


def responder(own: SiteSettings, http: Callable[[], Http]) -> Responder | None:
    """The responder of a site; None where there is none.

    Raises:
        SettingsRefused: a setting that it needs is empty, or its script cannot be used.
    """
    if own.responder == "none":
        return None
    if own.responder.startswith("scripted:"):
        return _scripted(Path(own.responder.removeprefix("scripted:")))
    need(own, f"BRIDGE_RESPONDER={own.responder}", NEEDS[own.responder])
    return _claude(own, http()) if own.responder == "claude" else _openai(own, http())


def _claude(own: SiteSettings, http: Http) -> Responder:
    from bridge.adapters.responder.claude import Claude

    return Claude(
        http,
        token=own.claude_token.get_secret_value(),
        model=own.claude_model,
        base_url=own.claude_url,
        version=own.claude_version,
    )


def _openai(own: SiteSettings, http: Http) -> Responder:
    from bridge.adapters.responder.openai import OpenAi

    token = own.openai_token.get_secret_value()
    return OpenAi(http, model=own.openai_model, base_url=own.openai_url, token=token)


def _scripted(path: Path) -> Responder:
    from bridge.adapters.responder.scripted import Scripted, ScriptRefused

    try:
        return Scripted(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused("the script that BRIDGE_RESPONDER names cannot be read") from None
    except ScriptRefused as error:
        raise SettingsRefused(f"the script that BRIDGE_RESPONDER names: {error}") from None
