"""The settings, and what each may be: for everybody, and what may differ by site.

`docs/settings.md` describes each of them; a test holds the two together.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bridge.errors import BridgeError

Model = TypeVar("Model", bound=BaseModel)

CONFIG_FILE = "bridge.toml"
CRMS = ("hubspot", "pipedrive", "salesforce", "woocommerce", "zendesk", "http")
DESKS = ("zendesk", "freshdesk", "hubspot", "linear", "chatwoot", "intercom", "zammad", "email", "webhook")
"""Helpdesks beside the built-in desk, which keeps its record in any case."""
RESPONDERS = ("claude", "openai")
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - said of, not listened on
"""Hosts that are no address to call, and what this machine calls in their place."""
BIND = r"(?:[A-Za-z0-9_.-]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})"
LAST_PORT = 65535
CALLABLE = r"|https?://[A-Za-z0-9.\[\]:-]*[A-Za-z0-9\]]/?"
"""What the plugin takes from a pairing code and the sidecar answers under; or nothing."""
ADDRESS = r"[^@\s,;<>\"]+@[^@\s,;<>\"]+"
QUEUE = r"[A-Za-z][\w-]{0,63}"
"""What a policy may call a queue."""
LEVELS = ("debug", "info", "warning", "error")
PRESENCE = ("api", "zendesk", "freshdesk", "chatwoot", "intercom")
DATABASE_URL = (
    r"sqlite:///[^/]|sqlite:////[^/]|"
    r"postgresql\+psycopg://(?!/)(?:.*@)?(?:\[[^\]]*\]|[^/?:]*)(?::[0-9]{1,5})?(?:[/?]|$)"
)
DATABASE_URL_EXPECTED = "expected sqlite:///FILE or postgresql+psycopg://user:password@host/name"


class SettingsRefused(BridgeError):  # noqa: N818
    """A setting is unknown or wrong; the message names it and never its value."""


def _with_scheme(value: str) -> str:
    if not value or re.fullmatch(r"https?://\S+", value):
        return value
    raise ValueError("expected an address that starts with https://")


def _secret_with_scheme(value: SecretStr) -> SecretStr:
    return SecretStr(_with_scheme(value.get_secret_value()))


Url = Annotated[str, AfterValidator(_with_scheme)]
"""The address of another system, or nothing."""
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_with_scheme)]
"""One that whoever knows it may use."""


class SiteSettings(BaseModel):
    """What may differ by site, as `[sites.<id>]` in `bridge.toml`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    crm: str = Field(
        default="none",
        description="Where customers are known: `none`, `file:PATH`, `hubspot`, `pipedrive`, `salesforce`, "
        "`woocommerce`, `zendesk`, `http` (an address of your own).",
    )
    crm_fields: str = Field(
        default="",
        max_length=1000,
        description="`fact=field,...`: in which fields the CRM keeps `tier`, `billing_status`, `sla` and "
        "`sla_minutes_left`; empty: as docs/crm.md says of each CRM.",
    )
    crm_currency: str = Field(
        default="USD", pattern="^[A-Z]{3}$", description="The currency of deals for which the CRM names none."
    )
    crm_url: str = Field(
        default="",
        pattern=r"^(https?://[^?#\s]*)?$",
        description="With `crm = http`: the `https://` address that is asked, without a query.",
    )
    crm_secret: SecretStr = Field(
        default=SecretStr(""), description="With `crm = http`: the secret that signs each call."
    )
    desk: str = Field(
        default="builtin",
        description="Where tickets go beside the built-in desk: `builtin` (nowhere else), or one of docs/helpdesks.md.",
    )
    desk_queues: str = Field(
        default="",
        max_length=2000,
        description="`queue=group,...`: to which group, team or pipeline of the helpdesk the tickets of a queue go; "
        "what it names is said in docs/helpdesks.md.",
    )
    hooks_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="The address that the helpdesk calls, for one that signs it along; empty: the plugin's.",
    )
    desk_rate: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=0, description="Rows a minute that go to the helpdesk; 0: what suits the vendor's smallest plan."
    )
    mail: SecretStr = Field(
        default=SecretStr("folder:mail"),
        description="How mail leaves: `folder:PATH`, `smtp://user:pass@host:port`, `smtps://...`.",
    )
    mail_from: str = Field(
        default="", max_length=254, description="The sender's address; empty: `support@` and the site's host."
    )
    desk_email: str = Field(
        default="", max_length=254, description="With `desk = email`: the mailbox that tickets are sent to."
    )
    webhook_url: Url = Field(default="", description="With `desk = webhook`: the address that takes signed events.")
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="With `desk = webhook`: `whsec_...`, which signs events in both directions."
    )
    slack_webhook_url: SecretUrl = Field(
        default=SecretStr(""), description="Slack's incoming webhook: its channel is told of new and late escalations."
    )
    teams_webhook_url: SecretUrl = Field(
        default=SecretStr(""), description="The address of a workflow in Microsoft Teams, told the same."
    )
    mail_rate: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=0, description="Mails a minute that go to the mail server; 0: as many as there are."
    )
    hubspot_url: Url = Field(default="https://api.hubapi.com", description="HubSpot's address.")
    hubspot_token: SecretStr = Field(default=SecretStr(""), description="The private app's access token.")
    hubspot_pipeline: str = Field(
        default="0", pattern=r"^[A-Za-z0-9_]{1,40}$", description="The pipeline of new tickets, by its internal id."
    )
    hubspot_stage: str = Field(
        default="1", pattern=r"^[A-Za-z0-9_]{1,40}$", description="Their stage in it, by its internal id."
    )
    hubspot_id_property: str = Field(
        default="escalation_id",
        pattern=r"^[a-z][A-Za-z0-9_]{0,99}$",
        description="The ticket property with unique values that holds our id.",
    )
    hubspot_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="The app's client secret; empty: HubSpot is only polled."
    )
    pipedrive_url: Url = Field(default="https://api.pipedrive.com/api/v2", description="Pipedrive's address.")
    pipedrive_token: SecretStr = Field(default=SecretStr(""), description="A user's API token.")
    salesforce_url: Url = Field(default="", description="`https://<my domain>.my.salesforce.com`.")
    salesforce_client_id: str = Field(default="", description="The app's consumer key.")
    salesforce_client_secret: SecretStr = Field(default=SecretStr(""), description="The app's consumer secret.")
    salesforce_version: str = Field(default="v62.0", pattern=r"^v[0-9]{2}\.0$", description="The API's version.")
    woocommerce_url: Url = Field(default="", description="The address of the shop, when it is not the plugin's own.")
    woocommerce_key: SecretStr = Field(default=SecretStr(""), description="The consumer key; one that may read.")
    woocommerce_secret: SecretStr = Field(default=SecretStr(""), description="The consumer secret.")
    zendesk_url: Url = Field(default="", description="`https://<subdomain>.zendesk.com`.")
    zendesk_email: str = Field(
        default="", description="The agent's address that the API token belongs to; empty: OAuth."
    )
    zendesk_token: SecretStr = Field(default=SecretStr(""), description="The API token or OAuth access token.")
    zendesk_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="The signing secret of Zendesk's webhook; empty: Zendesk is only polled."
    )
    presence: str = Field(
        default="api",
        description="Who says who is there, beside wp-admin and the API: `api` (nobody else), `zendesk`, `freshdesk`, "
        "`chatwoot`, `intercom`.",
    )
    presence_queues: str = Field(
        default="",
        max_length=2000,
        description="`group=queue,...`: which queues the helpdesk's groups or teams, by id, serve; empty: all.",
    )
    freshdesk_url: Url = Field(default="", description="`https://<domain>.freshdesk.com`.")
    freshdesk_token: SecretStr = Field(default=SecretStr(""), description="An agent's API key.")
    freshdesk_id_field: str = Field(
        default="",
        pattern=r"^(cf_[a-z0-9_]{1,80})?$",
        description="The ticket field that has our id, such as `cf_escalation_id`; empty: a tag has it.",
    )
    freshdesk_solved: str = Field(
        default="",
        pattern=r"^( *[0-9]{1,9} *(, *[0-9]{1,9} *)*)?$",
        description="Numbers of own statuses that mean solved, as `6,9`; resolved and closed do in any case.",
    )
    freshdesk_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What the header `X-Bridge-Hook-Secret` of Freshdesk's automation rule holds; empty: it is only "
        "polled.",
    )
    zammad_url: Url = Field(default="", description="`https://<host>` of Zammad.")
    zammad_token: SecretStr = Field(default=SecretStr(""), description="An agent's access token.")
    zammad_customer: str = Field(
        default="",
        max_length=254,
        description="The address of the customer in whose name visitors without an address are filed.",
    )
    zammad_group: str = Field(
        default="Users", max_length=160, description="The group of the queues that `desk_queues` does not name."
    )
    zammad_id_attribute: str = Field(
        default="",
        pattern=r"^([a-z][a-z0-9_]{1,80})?$",
        description="The ticket attribute that has our id, beside the title; empty: none.",
    )
    zammad_priorities: str = Field(
        default="normal=2 normal,high=3 high,urgent=3 high",
        pattern=r"^( *(normal|high|urgent) *=[^,=]{1,80}(,|$))*$",
        description="`priority=name,...`: what Zammad calls our priorities.",
    )
    zammad_solved: str = Field(
        default="closed,merged", max_length=500, description="The names of the states that mean solved."
    )
    zammad_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="The webhook's HMAC SHA1 signature token; empty: Zammad is only polled."
    )
    chatwoot_url: Url = Field(default="https://app.chatwoot.com", description="Chatwoot's address.")
    chatwoot_account: str = Field(default="", pattern=r"^[0-9]{0,12}$", description="The account's number.")
    chatwoot_token: SecretStr = Field(default=SecretStr(""), description="An administrator's access token.")
    chatwoot_inbox: str = Field(
        default="", pattern=r"^[0-9]{0,12}$", description="With `desk = chatwoot`: the number of the API inbox."
    )
    chatwoot_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="The secret of Chatwoot's webhook; empty: Chatwoot is only polled."
    )
    intercom_url: Url = Field(default="https://api.intercom.io", description="Intercom's address.")
    intercom_token: SecretStr = Field(default=SecretStr(""), description="The access token.")
    intercom_ticket_type: str = Field(
        default="", pattern=r"^[0-9]{0,20}$", description="With `desk = intercom`: the id of our tickets' type."
    )
    intercom_ticket_attribute: str = Field(
        default="escalation_id", min_length=1, max_length=80, description="The type's text attribute for our id."
    )
    intercom_admin: str = Field(
        default="", pattern=r"^[0-9]{0,20}$", description="The id of the teammate under whose name our notes stand."
    )
    intercom_client_secret: SecretStr = Field(
        default=SecretStr(""), description="The app's client secret, which signs webhooks; empty: it is only polled."
    )

    linear_url: Url = Field(default="https://api.linear.app/graphql", description="Linear's address.")
    linear_token: SecretStr = Field(default=SecretStr(""), description="An API key, or an OAuth access token.")
    linear_team: str = Field(
        default="", pattern=rf"^({UUID})?$", description="The id of the team that gets the issues, a UUID."
    )
    linear_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="The signing secret of Linear's webhook; empty: Linear is only polled."
    )

    responder: str = Field(
        default="none",
        description="Who answers: `none` (the site's own bot), `claude`, `openai` (any server that speaks like it), "
        "`scripted:PATH`.",
    )
    responder_budget: Annotated[float, Field(ge=1, le=120)] = Field(
        default=20.0, description="Seconds that the model has for an answer, a second attempt included."
    )
    responder_per_session: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=40, description="Answers in one conversation; 0: any number."
    )
    responder_per_visitor: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=100, description="Answers to one logged-in visitor a day of UTC; 0: any number."
    )
    responder_per_site: Annotated[int, Field(ge=0, le=100_000_000)] = Field(
        default=2000, description="Answers of the site a day of UTC; 0: any number."
    )
    claude_url: Url = Field(default="https://api.anthropic.com", description="Claude's address.")
    claude_token: SecretStr = Field(default=SecretStr(""), description="The API key.")
    claude_model: str = Field(default="claude-haiku-5-5", min_length=1, max_length=100, description="Which model.")
    claude_version: str = Field(
        default="2026-10-21",
        pattern=r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]$",
        description="The version of the Messages API.",
    )
    openai_url: Url = Field(
        default="https://api.openai.com/v1", description="The server's address, up to `/chat/completions`."
    )
    openai_token: SecretStr = Field(
        default=SecretStr(""), description="The API key; empty for a server that asks for none."
    )
    openai_model: str = Field(default="", max_length=200, description="With `responder = openai`: which model.")

    @field_validator("crm")
    @classmethod
    def _known_crm(cls, value: str) -> str:
        if value in ("none", *CRMS) or value.startswith("file:"):
            return value
        raise ValueError(f"expected none, file:PATH, {', '.join(CRMS[:-1])} or {CRMS[-1]}")

    @field_validator("crm_fields")
    @classmethod
    def _known_facts(cls, value: str) -> str:
        facts = "tier|billing_status|sla|sla_minutes_left"
        form = f"fact=field,... where a fact is one of {facts.replace('|', ', ')}"
        return _pairs(rf"\s*({facts})\s*=\s*[\w.:-]{{0,80}}\s*", value, form)

    @field_validator("desk")
    @classmethod
    def _known_desk(cls, value: str) -> str:
        if value in ("builtin", *DESKS):
            return value
        raise ValueError(f"expected one of builtin, {', '.join(DESKS)}")

    @field_validator("desk_queues")
    @classmethod
    def _known_queues(cls, value: str) -> str:
        return _pairs(rf"\s*{QUEUE}\s*=[^,=]{{1,80}}", value, "queue=group,...")

    @field_validator("presence")
    @classmethod
    def _known_presence(cls, value: str) -> str:
        return _one_of(PRESENCE, value)

    @field_validator("presence_queues")
    @classmethod
    def _known_groups(cls, value: str) -> str:
        return _pairs(
            rf"\s*\w{{1,40}}\s*=\s*{QUEUE}\s*", value, "group=queue,... with the ids of the helpdesk's groups"
        )

    @field_validator("responder")
    @classmethod
    def _known_responder(cls, value: str) -> str:
        if value in ("none", *RESPONDERS) or value.removeprefix("scripted:") not in (value, ""):
            return value
        raise ValueError(f"expected none, {', '.join(RESPONDERS)} or scripted:PATH")

    @field_validator("mail_from")
    @classmethod
    def _known_sender(cls, value: str) -> str:
        if not value or re.fullmatch(rf"{ADDRESS}|[^<>@]*<{ADDRESS}>", value):
            return value
        raise ValueError("expected one e-mail address, such as Shop <support@shop.example>")

    @field_validator("mail")
    @classmethod
    def _known_mail(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().startswith(("folder:", "smtp://", "smtps://")):
            return value
        raise ValueError("expected folder:PATH, smtp://... or smtps://...")


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
        return _one_of(LEVELS, value)

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


def _one_of(known: Sequence[str], value: str) -> str:
    if value in known:
        return value
    raise ValueError(f"expected {', '.join(known[:-1])} or {known[-1]}")


def _pairs(each: str, value: str, form: str) -> str:
    if not value or all(re.fullmatch(each, pair) for pair in value.split(",")):
        return value
    raise ValueError(f"expected {form}")


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
