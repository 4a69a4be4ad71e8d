"""Five CRMs of our own: each knows the same `customers`, answers in its vendor's words and refuses as that one does."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

from support.contractcheck import OpenApi, Request, Vendor
from support.contracts import CARRIED, PIPEDRIVE, SALESFORCE, WOOCOMMERCE, ZENDESK

from bridge.adapters.crm.endpoint import sign
from bridge.adapters.http import Http
from bridge.assembly.crms import crm
from bridge.config import SiteSettings
from bridge.ports import Crm

ENDPOINT = Path(__file__).resolve().parents[2] / "docs" / "crm-endpoint.openapi.json"
FACTS = ("tier", "billing_status", "sla", "sla_minutes_left")
WORDPRESS_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])+[A-Za-z0-9-]+"
)
"""What WordPress takes for one: ASCII alone, and a domain of two parts at least."""


@dataclass(frozen=True)
class Known:
    """One customer, as every CRM can tell it."""

    email: str = "Ann+1@Example.org"
    name: str = "Ann Lee"
    tier: str | None = "business"
    billing_status: str | None = "past due"
    sla: str | None = "24x7"
    sla_minutes_left: int | None = 45
    bought: float | None = 1299.5
    trouble: str | None = "Broken"

    def fact(self, name: str) -> Any:
        return getattr(self, name)


class CrmVendor(Vendor):
    """A CRM with its customers."""

    name: str
    file: Path
    first: str
    """The operation of a look-up by which it finds somebody."""
    fields: ClassVar[Mapping[str, str]]
    """From our facts to the account's own names."""
    has_orders = True
    has_tickets = True

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(OpenApi(contract or self.file))
        self.customers: list[Known] = [Known()]

    def crm(self, http: Http, base_url: str, **more: str) -> Crm:
        """The adapter that asks it."""
        made = crm(SiteSettings.model_validate({**self.settings(base_url), **more}), lambda: http)
        assert made is not None
        return made

    def settings(self, base_url: str) -> dict[str, str]:
        """What an owner sets to have it asked, without `BRIDGE_`."""
        fields = ",".join(f"{fact}={name}" for fact, name in self.fields.items())
        return {"crm": self.name, "crm_fields": fields, **self.access(base_url)}

    def access(self, base_url: str) -> dict[str, str]:
        return {f"{self.name}_url": base_url, f"{self.name}_token": "t"}

    def throttle(self, wait: str) -> None:
        """Say from now on that there were too many calls, as this vendor says it."""
        self.on(self.first, lambda _request: (429, {"error": "too many"}, {"Retry-After": wait}))

    def _by_email(self, email: str | None) -> list[Known]:
        return [one for one in self.customers if one.email.casefold() == (email or "").casefold()]

    def _told(self, one: Known) -> dict[str, Any]:
        return {name: one.fact(fact) for fact, name in self.fields.items()}


class PipedriveCrm(CrmVendor):
    name, file = "pipedrive", CARRIED / PIPEDRIVE
    first = "GET /persons/search"
    fields: ClassVar[Mapping[str, str]] = {fact: f"{number:040x}" for number, fact in enumerate(FACTS, 1)}
    has_tickets = False

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(contract)
        self.on(self.first, self.search)
        self.on("GET /persons/{id}", self.person)
        self.on("GET /organizations/{id}", self.organization)
        self.on("GET /deals", self.deals)
        self.on("GET /personFields", lambda _request: _good([_field("name", "Name")]))
        keys = [_field(key, f"Our {fact}") for fact, key in self.fields.items()]
        self.on("GET /organizationFields", lambda _request: _good(keys))

    def throttle(self, wait: str) -> None:
        self.on(self.first, lambda _r: (429, {"success": False, "error": "limit"}, {"x-ratelimit-reset": wait}))

    def search(self, request: Request) -> tuple[int, Any]:
        start = (request.param("term") or "").casefold()
        alike = [(n, one) for n, one in enumerate(self.customers, 1) if start in one.email.casefold()]
        items = [{"result_score": 0.5, "item": {"id": n, "emails": [one.email]}} for n, one in alike]
        return _good({"items": items})

    def person(self, request: Request) -> tuple[int, Any]:
        number = int(request.last_segment)
        custom = dict.fromkeys((request.param("custom_fields") or "").split(","))
        return _good({"id": number, "name": self.customers[number - 1].name, "org_id": number, "custom_fields": custom})

    def organization(self, request: Request) -> tuple[int, Any]:
        number = int(request.last_segment)
        custom = self._told(self.customers[number - 1])
        tier = self.fields["tier"]
        return _good({"id": number, "custom_fields": {**custom, tier: {"id": 11, "label": custom[tier]}}})

    def deals(self, request: Request) -> tuple[int, Any]:
        bought = self.customers[int(request.param("person_id") or 0) - 1].bought
        deal = {"id": 30, "value": bought, "currency": "EUR", "status": "won", "add_time": "2026-10-01T00:00:00Z"}
        lost = {"id": 31, "value": 9e6, "currency": "EUR", "status": "lost", "add_time": "2026-10-01T00:00:00Z"}
        return _good([deal, lost] if bought is not None else [])


def _good(data: Any) -> tuple[int, Any]:
    return 200, {"success": True, "data": data, "additional_data": {"next_cursor": None}}


def _field(code: str, label: str) -> dict[str, Any]:
    return {"field_code": code, "field_name": label, "field_type": "varchar"}


class SalesforceCrm(CrmVendor):
    name, file = "salesforce", CARRIED / SALESFORCE
    first = "GET /services/data/{version}/query"
    token = "POST /services/oauth2/token"
    fields: ClassVar[Mapping[str, str]] = {
        "tier": "Account.Tier__c",
        "billing_status": "Account.Billing__c",
        "sla": "Account.SLA__c",
        "sla_minutes_left": "Minutes__c",
    }

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(contract)
        self.tokens = 0
        self.refused: set[str] = set()
        self.on(self.first, self.query)
        self.on(self.token, self.issue)

    def access(self, base_url: str) -> dict[str, str]:
        return {"salesforce_url": base_url, "salesforce_client_id": "id", "salesforce_client_secret": "s&t=1"}

    def throttle(self, wait: str) -> None:  # noqa: ARG002 - it names none
        fault = [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
        self.on(self.first, lambda _request: (403, fault))

    def issue(self, request: Request) -> tuple[int, Any]:
        if parse_qs(request.body.decode())["client_secret"] != ["s&t=1"]:
            return 401, {"error": "invalid_client", "error_description": "invalid client credentials"}
        self.tokens += 1
        issued = {"access_token": f"00D!{self.tokens}", "instance_url": "https://x", "token_type": "Bearer"}
        return 200, {**issued, "issued_at": "1767225600000"}

    def query(self, request: Request) -> tuple[int, Any]:
        query = request.param("q") or ""
        if request.headers["authorization"] in self.refused:
            return 401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        unknown = next((name for name in _selected(query) if name not in self._columns()), None)
        if unknown is not None:
            return 400, [{"message": f"No such column '{unknown}'", "errorCode": "INVALID_FIELD"}]
        rows = self._opportunities(query) if "FROM Opportunity" in query else self._contacts(query)
        return 200, {"totalSize": len(rows), "done": True, "records": rows}

    def _columns(self) -> set[str]:
        return {"Id", "Email", "Name", "AccountId", "Amount", "StageName", "CreatedDate", *self.fields.values()}

    def _contacts(self, query: str) -> list[dict[str, Any]]:
        found = [(n, one) for n, one in enumerate(self.customers) if one in self._by_email(_literal(query, "Email"))]
        return [self._contact(number, one) for number, one in found]

    def _contact(self, number: int, one: Known) -> dict[str, Any]:
        account: dict[str, Any] = {"attributes": {"type": "Account"}}
        account |= {name.removeprefix("Account."): told for name, told in self._told(one).items() if "." in name}
        case = {"attributes": {"type": "Case"}, "Id": "500", "Subject": one.trouble, "Status": "New"}
        cases = {"totalSize": 1, "done": True, "records": [case]} if one.trouble else None
        return {
            "attributes": {"type": "Contact"}, "Id": f"003{number}", "Email": one.email, "Name": one.name,
            "AccountId": f"001{number}", "Account": account, "Minutes__c": one.sla_minutes_left, "Cases": cases,
        }  # fmt: skip

    def _opportunities(self, query: str) -> list[dict[str, Any]]:
        account = _literal(query, "AccountId").removeprefix("001")
        bought = self.customers[int(account)].bought if account else None
        stamp = "2026-10-01T00:00:00.000+0000"
        one = {"Id": "30", "Amount": bought, "StageName": "Closed Won", "CreatedDate": stamp}
        return [{"attributes": {"type": "Opportunity"}, **one}] if bought is not None else []


def _selected(query: str) -> list[str]:
    columns = query.removeprefix("SELECT ").partition(" FROM ")[0].partition(", (")[0]
    return columns.split(", ")


def _literal(query: str, column: str) -> str:
    """The text that a column is compared with, its escapes undone; the query has to end it where a text ends."""
    quoted = query.partition(f"{column} = '")[2]
    found, escaped = "", False
    for character in quoted:
        if character == "'" and not escaped:
            return found
        escaped = character == "\\" and not escaped
        found += "" if escaped else character
    return found


class WooCommerceShop(CrmVendor):
    name, file = "woocommerce", CARRIED / WOOCOMMERCE
    first = "GET /wp-json/wc/v3/customers"
    orders = "GET /wp-json/wc/v3/orders"
    fields: ClassVar[Mapping[str, str]] = {fact: f"_our_{fact}" for fact in FACTS}
    has_tickets = False

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(contract)
        self.guests: list[Known] = []
        self.on(self.first, self.listing)
        self.on(self.orders, self.bought)

    def access(self, base_url: str) -> dict[str, str]:
        return {"woocommerce_url": base_url, "woocommerce_key": "ck_1", "woocommerce_secret": "cs_2"}

    def throttle(self, wait: str) -> None:
        fault = {"code": "too_many_requests", "message": "Slow down."}
        self.on(self.first, lambda _request: (429, fault, {"Retry-After": wait}))

    def listing(self, request: Request) -> tuple[int, Any]:
        if request.headers["authorization"] != "Basic " + base64.b64encode(b"ck_1:cs_2").decode():
            return 401, {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 401}}
        wanted = request.param("email")
        if wanted is not None and not WORDPRESS_ADDRESS.fullmatch(wanted):
            wrong = {"status": 400, "params": {"email": "Invalid email address."}}
            return 400, {"code": "rest_invalid_param", "message": "Invalid parameter(s): email", "data": wrong}
        shown = self.customers if wanted is None else self._by_email(wanted)
        return 200, [self._customer(one) for one in shown if request.param("role") == "all"]

    def _customer(self, one: Known) -> dict[str, Any]:
        first, _, last = one.name.partition(" ")
        told = self._told(one).items()
        meta = [{"id": n, "key": key, "value": str(value)} for n, (key, value) in enumerate(told) if value is not None]
        number = self.customers.index(one) + 1
        role = {"role": "customer", "username": first.lower(), "meta_data": meta}
        return {"id": number, "email": one.email, "first_name": first, "last_name": last, **role}

    def bought(self, request: Request) -> tuple[int, Any]:
        number = request.param("customer")
        known = [self.customers[int(number) - 1]] if number else [*self.customers, *self.guests]
        searched = (request.param("search") or "").casefold()
        return 200, [_order(number, one) for one in known if one.bought and searched in one.email.casefold()]


def _order(number: str | None, one: Known) -> dict[str, Any]:
    first, _, last = one.name.partition(" ")
    billing = {"email": one.email, "first_name": first, "last_name": last}
    facts = {"total": f"{one.bought:.2f}", "currency": "EUR", "status": "on-route", "date_created": "2026-10-01"}
    return {"id": 30, "customer_id": int(number or 0), "billing": billing, **facts}


class ZendeskUsers(CrmVendor):
    name, file = "zendesk", CARRIED / ZENDESK
    first = "GET /api/v2/users/search"
    fields: ClassVar[Mapping[str, str]] = {fact: fact for fact in FACTS}
    has_orders = False

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(contract)
        self.further: dict[str, Known] = {}
        """By their further addresses, which Zendesk finds too and does not show."""
        self.on(self.first, self.search)
        self.on("GET /api/v2/users/{user_id}/identities", self.identities)
        self.on("GET /api/v2/organizations/{organization_id}", self.organization)
        self.on("GET /api/v2/search", self.tickets)
        self.on("GET /api/v2/user_fields", lambda _r: (200, {"user_fields": [{"id": 1, "key": "tier"}]}))
        others = [{"id": number, "key": key} for number, key in enumerate(FACTS[1:])]
        self.on("GET /api/v2/organization_fields", lambda _r: (200, {"organization_fields": others}))

    def search(self, request: Request) -> tuple[int, Any]:
        asked = (request.param("query") or "").casefold()
        own = [(n, one, self._addresses(one)) for n, one in enumerate(self.customers, 1)]
        alike = [(n, one) for n, one, addresses in own if any(asked in each.casefold() for each in addresses)]
        return 200, {"users": [self._user(number, one) for number, one in alike], "next_page": None}

    def identities(self, request: Request) -> tuple[int, Any]:
        addresses = self._addresses(self.customers[int(request.path.split("/")[-2]) - 1])
        known = [{"type": "email", "value": address} for address in addresses]
        all_kinds = [{"type": "phone_number", "value": "+15551234567"}, *known]
        return 200, {"identities": [{"id": n, **one} for n, one in enumerate(all_kinds)], "next_page": None}

    def _addresses(self, one: Known) -> list[str]:
        return [one.email, *(address for address, who in self.further.items() if who == one)]

    def _user(self, number: int, one: Known) -> dict[str, Any]:
        fields = {"tier": one.tier, "billing_status": None}
        return {"id": number, "name": one.name, "email": one.email, "organization_id": number, "user_fields": fields}

    def organization(self, request: Request) -> tuple[int, Any]:
        number = int(request.last_segment)
        told = {key: value for key, value in self._told(self.customers[number - 1]).items() if key != "tier"}
        return 200, {"organization": {"id": number, "name": "Lee", "organization_fields": told}}

    def tickets(self, request: Request) -> tuple[int, Any]:
        words = dict(word.split(":") for word in (request.param("query") or "").split() if ":" in word)
        trouble = self.customers[int(words["requester"]) - 1].trouble
        return 200, {"results": [{"id": 500, "subject": trouble, "status": "New"}] if trouble else []}


class OwnEndpoint(CrmVendor):
    name, file = "http", ENDPOINT
    first = "GET /customer"
    fields: ClassVar[Mapping[str, str]] = {}
    secret = "shared secret"

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(contract)
        self.on(self.first, self.answer)
        self.verify: Callable[[Request], bool] = self.signed

    def access(self, base_url: str) -> dict[str, str]:
        return {"crm_url": f"{base_url}/customer", "crm_secret": self.secret}

    def signed(self, request: Request) -> bool:
        target = f"{request.path}?{urlencode(request.query)}"
        at = int(request.headers["x-bridge-timestamp"])
        return request.headers["x-bridge-signature"] == sign(self.secret, target, at)

    def answer(self, request: Request) -> tuple[int, Any]:
        if not self.verify(request):
            return 401, {"error": "wrong signature"}
        found = self._by_email(request.param("email"))
        return (200, self._told_whole(found[0])) if found else (404, {"error": "no such customer"})

    def _told_whole(self, one: Known) -> dict[str, Any]:
        order = {"id": "30", "total": one.bought, "currency": "EUR", "status": "won", "created_at": "2026-10-01"}
        ticket = {"id": "500", "subject": one.trouble, "status": "New"}
        lists = {"orders": [order] if one.bought else [], "open_tickets": [ticket] if one.trouble else None}
        return {"email": one.email, "name": one.name, **{fact: one.fact(fact) for fact in FACTS}, **lists}


CRMS: tuple[type[CrmVendor], ...] = (PipedriveCrm, SalesforceCrm, WooCommerceShop, ZendeskUsers, OwnEndpoint)
