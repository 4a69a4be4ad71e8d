"""Finds vendor contracts: those that the project carries, and further ones where a developer keeps them."""

import os
from pathlib import Path

import pytest

CARRIED = Path(__file__).resolve().parents[1] / "contracts"

PIPEDRIVE = "pipedrive/pipedrive-v2-subset.own.openapi.json"
SALESFORCE = "salesforce/salesforce-rest-subset.own.openapi.json"
WOOCOMMERCE = "woocommerce/woocommerce-wc-v3-subset.own.openapi.json"
WOOCOMMERCES_OWN = "woocommerce/woocommerce-wc-v3-read.derived.openapi.json"
HUBSPOT_DESK = "hubspot/hubspot-desk.own.openapi.json"
HUBSPOT_PROPERTIES = "hubspot/hubspot-properties.own.openapi.json"
ZENDESK = "zendesk/zendesk-support-v2-subset.own.openapi.json"
FRESHDESK = "freshdesk/freshdesk-v2-subset.own.openapi.json"
ZAMMAD = "zammad/zammad-subset.own.openapi.json"
CHATWOOT = "chatwoot/chatwoot-application-subset.own.openapi.json"
INTERCOM = "intercom/intercom-subset.own.openapi.json"
CHATWOOTS_OWN = "chatwoot/chatwoot-application.cut.json"
INTERCOMS_OWN = "intercom/api.intercom.io-2.16.cut.json"
LINEAR = "linear/schema.own.graphql"
LINEARS_OWN = "linear/schema.graphql"
CLAUDE = "anthropic/messages-create.{}.derived.schema.json"
CLAUDE_ERROR = "anthropic/error.derived.schema.json"
OPENAI = "openai/chat-completions.own.openapi.json"
OPENAIS_OWN = "openai/openapi.cut.json"
HUBSPOT = "hubspot/hubspot-crm-v3-subset.derived.openapi.json"


def contract(relative: str) -> Path:
    """A contract's path; a skip that names the file when neither the project nor BRIDGE_SHARED_DIR has it."""
    shared = os.environ.get("BRIDGE_SHARED_DIR")
    for base in (CARRIED, *([Path(shared) / "contracts"] if shared else [])):
        if (base / relative).is_file():
            return base / relative
    if os.environ.get("BRIDGE_REQUIRE_SHARED"):
        pytest.fail(f"contract missing: {relative}")
    pytest.skip(f"contract not present: {relative}")
