"""The settings that may differ by site, and what each may be."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

CRMS = ("hubspot", "pipedrive", "salesforce", "woocommerce", "zendesk", "http")
DESKS = ("zendesk", "freshdesk", "hubspot", "linear", "chatwoot", "intercom", "zammad", "email", "webhook")
"""Helpdesks beside the built-in desk, which keeps its record in any case."""
RESPONDERS = ("claude", "openai")
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ADDRESS = r"[^@\s,;<>\"]+@[^@\s,;<>\"]+"
QUEUE = r"[A-Za-z][\w-]{0,63}"
"""What a policy may call a queue."""
PRESENCE = ("api", "zendesk", "freshdesk", "chatwoot", "intercom")


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
        return one_of(PRESENCE, value)

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


def one_of(known: Sequence[str], value: str) -> str:
    """The value, where it is one of these.

    Raises:
        ValueError: it is none; which there are.
    """
    if value in known:
        return value
    raise ValueError(f"expected {', '.join(known[:-1])} or {known[-1]}")


def _pairs(each: str, value: str, form: str) -> str:
    if not value or all(re.fullmatch(each, pair) for pair in value.split(",")):
        return value
    raise ValueError(f"expected {form}")
