"""The settings, and what each may be; a wrong one is refused in words.

`docs/settings.md` describes each of them; a test holds the two together.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator

from bridge.config.site_settings import SiteSettings, one_of
from bridge.errors import BridgeError

Model = TypeVar("Model", bound=BaseModel)

CONFIG_FILE = "bridge.toml"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - said of, not listened on
"""Hosts that are no address to call, and what this machine calls in their place."""
BIND = r"(?:[A-Za-z0-9_.-]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})"
LAST_PORT = 65535
CALLABLE = r"|https?://[A-Za-z0-9.\[\]:-]*[A-Za-z0-9\]]/?"
"""What the plugin takes from a pairing code and the sidecar answers under; or nothing."""
LEVELS = ("debug", "info", "warning", "error")
DATABASE_URL = (
    r"sqlite:///[^/]|sqlite:////[^/]|"
    r"postgresql\+psycopg://(?!/)(?:.*@)?(?:\[[^\]]*\]|[^/?:]*)(?::[0-9]{1,5})?(?:[/?]|$)"
)
DATABASE_URL_EXPECTED = "expected sqlite:///FILE or postgresql+psycopg://user:password@host/name"


class SettingsRefused(BridgeError):  # noqa: N818
    """A setting is unknown or wrong; the message names it and never its value."""


class Settings(SiteSettings):
    """Everything that can be set."""

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///bridge.db"),
        description="Where everything is kept: `sqlite:///FILE` or `postgresql+psycopg://...`.",
    )
    bind: str = Field(
        default="127.0.0.1:8765",
        description="Where the sidecar listens.",
    )
    public_url: str = Field(
        default="", description="The address under which WordPress reaches the sidecar; empty: `http://` and the bind."
    )
    policy: str = Field(
        default="", description="A policy file, imported as a version for every site when it changes; empty: as stored."
    )
    languages: str = Field(
        default="", description="A folder with languages of your own, or with phrases that add to the shipped ones."
    )
    responder_wait: Annotated[float, Field(ge=0, le=10)] = Field(
        default=1.5, description="Seconds that a turn waits for the answer; after that it comes as an event."
    )
    responder_at_once: Annotated[int, Field(ge=1, le=256)] = Field(
        default=32, description="Questions that each process asks at a time."
    )
    allow_private_upstreams: str = Field(
        default="", description="`host:port,...` of upstreams in private networks that may be called, http included."
    )
    workers: Annotated[int, Field(ge=1, le=32)] = Field(default=1, description="Processes of the sidecar.")
    threads: Annotated[int, Field(ge=2, le=256)] = Field(default=16, description="Threads of each process.")
    crm_budget: Annotated[float, Field(gt=0, le=5)] = Field(
        default=1.0, description="Seconds that a session start waits for the CRM."
    )
    crm_cache: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=600, description="Seconds for which a customer's snapshot is used again."
    )
    tick: Annotated[float, Field(ge=0.2, le=60)] = Field(
        default=2.0, description="Seconds between two looks of the scheduler at what is due."
    )
    presence_poll: Annotated[float, Field(ge=5, le=120)] = Field(
        default=30.0, description="Seconds between two looks at who is there in the helpdesk."
    )
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        default=400, description="Days after which a conversation that is over is deleted; 0: never."
    )
    log_level: str = Field(default="info", description="How much is logged.")
    clock: str = Field(
        default="system",
        description="`system`; `file:PATH` shifts decisions and due work by the seconds in the file: for rehearsals.",
    )
    sites: dict[str, dict[str, Any]] = Field(default_factory=dict, description="What differs by site.")

    @field_validator("bind")
    @classmethod
    def _known_bind(cls, value: str) -> str:
        named = re.fullmatch(BIND, value)
        if value.removeprefix("unix:/") not in (value, "") or (named and 1 <= int(named["port"]) <= LAST_PORT):
            return value
        raise ValueError(f"expected HOST:PORT, such as 127.0.0.1:8765, with a port of 1 to {LAST_PORT}, or unix:/PATH")

    @field_validator("public_url")
    @classmethod
    def _known_address(cls, value: str) -> str:
        if re.fullmatch(CALLABLE, value):
            return value
        raise ValueError("expected http://... or https://..., without user, path, query or fragment")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        return one_of(LEVELS, value)

    @field_validator("clock")
    @classmethod
    def _known_clock(cls, value: str) -> str:
        if value == "system" or value.removeprefix("file:") not in (value, ""):
            return value
        raise ValueError("expected system or file:PATH")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        if re.match(DATABASE_URL, value.get_secret_value()):
            return value
        raise ValueError(DATABASE_URL_EXPECTED)

    @property
    def local_address(self) -> str:
        """Where the sidecar can be reached from this machine."""
        host, colon, port = self.bind.rpartition(":")
        if host == "unix":
            return self.bind
        return f"http://{EVERYWHERE.get(host, host)}{colon}{port}"

    def for_site(self, site: str) -> SiteSettings:
        """The settings of one site: its own where it has some, else everybody's.

        Raises:
            SettingsRefused: its section has an unknown or wrong entry.
        """
        shared = {name: getattr(self, name) for name in SiteSettings.model_fields}
        return checked(SiteSettings, {**shared, **self.sites.get(site, {})}, f"sites.{site}")


SECRETS = [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]


EXPECTED = {
    "string_type": "text, in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "dict_type": "a section, such as [sites.shop]",
}
"""What pydantic's errors mean, as an owner would say it."""


def checked(
    model: type[Model], values: dict[str, Any], section: str, variables: Mapping[str, str] | None = None
) -> Model:
    """The settings of a section of the file, "" for what stands above them all.

    Args:
        model: which settings there are.
        values: what is set.
        section: what the section is called.
        variables: what of it the environment has set, and by which variable.

    Raises:
        SettingsRefused: an unknown name or a wrong value, by name.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise SettingsRefused("; ".join(_fault(model, one, section, variables or {}) for one in found)) from None


def _fault(model: type[BaseModel], error: Any, section: str, variables: Mapping[str, str]) -> str:
    """One of pydantic's errors in words, without the value and without a pattern."""
    name = str(error["loc"][-1])
    if error["type"] == "extra_forbidden":
        if section and name in Settings.model_fields:
            return f"{name!r} is the same for every site: move it above [{section}]"
        where = f"[{section}] of {CONFIG_FILE}" if section else CONFIG_FILE
        return f"unknown setting {name!r} in {where}: {_meant(name, model)}"
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        said = f"not of the form that docs/settings.md says: {model.model_fields[name].description}"
    if error["type"] in EXPECTED:
        said = f"expected {EXPECTED[error['type']].format(**error.get('ctx', {}))}"
    said += f" (set by {variables[name]})" if name in variables else ""
    return f"wrong setting: {'.'.join(filter(None, (section, *map(str, error['loc']))))}: {said}"


def _meant(name: str, model: type[BaseModel]) -> str:
    """What an unknown name in the file may be, which may be written as the environment has it."""
    name = name.lower().removeprefix("bridge_")
    if name.endswith("_file") and name.removesuffix("_file") in SECRETS:
        return f"only the environment names a file of it: BRIDGE_{name.upper()}"
    return near_hint(name, model.model_fields)


def near_hint(name: str, known: Iterable[str]) -> str:
    """Which of the known names may be meant, or where they stand."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a mistake alone

    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else "docs/settings.md has the names"
