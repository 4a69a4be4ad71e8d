"""HubSpot as a CRM: contact by e-mail, its company, its open tickets, its deals as orders.

Names of custom properties, stages and the API version belong to an account, so they are arguments. The contact is read
by a get (no search index, no lag); the rest at the same time, so that a session start waits for two answers, not four.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from bridge.adapters.crm import facts
from bridge.adapters.crm.facts import Fields
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Lenient, read
from bridge.adapters.vendors.hubspot import BASE_URL, DIALECT, headers
from bridge.domain.customer import Account
from bridge.domain.values import Json, Visitor

MOST_LISTED = 20
"""Open tickets and deals that are read at most."""


FIELDS = Fields("tier", "billing_status", "sla", "sla_minutes_left")
"""Internal names of properties. Each is looked for at the company first, then at the contact."""


class _Record(Lenient):
    id: str = Field(min_length=1)
    properties: Mapping[str, str | None]

    def get(self, name: str) -> str | None:
        """The property's value; empty is None."""
        return self.properties.get(name) or None


class _Link(Lenient):
    id: str = Field(min_length=1)
    type: str = ""


class _Links(Lenient):
    results: tuple[_Link, ...]


class _Contact(_Record):
    associations: Mapping[str, _Links] = Field(default_factory=dict)

    def linked(self, kind: str) -> list[str]:
        """Ids of the linked records; the primary link first (HubSpot lists one record once a kind of link)."""
        links = self.associations[kind].results if kind in self.associations else ()
        by_rank = sorted(links, key=lambda link: link.type.endswith("_unlabeled"))
        return list(dict.fromkeys(link.id for link in by_rank))


class _Page(Lenient):
    results: tuple[_Record, ...]


class _Property(Lenient):
    name: str


class _Properties(Lenient):
    results: tuple[_Property, ...]


_PAGE, _PROPERTIES = TypeAdapter(_Page), TypeAdapter(_Properties)
_Model = TypeVar("_Model", bound=Lenient)


class HubSpot:
    """Customers in HubSpot.

    Args:
        http: carries the calls.
        token: of a private app that may read contacts, companies, tickets and deals.
        fields: the account's property names.
        closed_stages: ticket stages (internal ids) that count as closed.
        currency: of deals that name none.
        version: `v3`, or a date such as `2026-03`.
        base_url: another address for tests and proxies.
    """

    name = "hubspot"

    def __init__(
        self,
        http: Http,
        *,
        token: str,
        fields: Fields | None = None,
        closed_stages: tuple[str, ...] = ("4",),
        currency: str = "USD",
        version: str = "v3",
        base_url: str = BASE_URL,
    ) -> None:
        self._http = http
        self._headers = headers(token)
        self._fields = fields or FIELDS
        self._closed_stages = closed_stages
        self._currency = currency
        base = base_url.rstrip("/")
        numbered = version[:1] == "v"
        self._objects = f"{base}/crm/{version}/objects" if numbered else f"{base}/crm/objects/{version}"
        self._properties = f"{base}/crm/{version}/properties" if numbered else f"{base}/crm/properties/{version}"

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`. Any of the calls failing means that HubSpot did not answer usably."""
        deadline = Deadline(budget)
        contact = self._contact(visitor.email, deadline) if visitor.email else None
        return None if contact is None else self._account(contact, deadline)

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        known = {one.name for kind in ("companies", "contacts") for one in self._known(kind, deadline)}
        return self._fields.missing(known, "HubSpot")

    def _known(self, kind: str, deadline: Deadline) -> tuple[_Property, ...]:
        url = f"{self._properties}/{kind}"
        answer = self._http.json("GET", url, headers=self._headers, budget_s=deadline.left(), dialect=DIALECT)
        return read(_PROPERTIES, answer).results

    def _account(self, contact: _Contact, deadline: Deadline) -> Account:
        with ThreadPoolExecutor(max_workers=3) as pool:
            company = pool.submit(self._company, contact, deadline)
            tickets = pool.submit(self._tickets, contact, deadline)
            deals = pool.submit(self._deals, contact, deadline)
        return self._compose(contact, company.result(), tickets.result(), deals.result())

    def _contact(self, email: str, deadline: Deadline) -> _Contact | None:
        params = {
            "idProperty": "email",
            "properties": ",".join(("email", "firstname", "lastname", *self._fields.names())),
            "associations": "companies,deals,tickets",
        }
        return self._get(f"contacts/{quote(email.strip(), safe='')}", params, _Contact, deadline)

    def _company(self, contact: _Contact, deadline: Deadline) -> _Record | None:
        linked = contact.linked("companies")
        if not linked:
            return None
        params = {"properties": ",".join(self._fields.names())}
        return self._get(f"companies/{quote(linked[0], safe='')}", params, _Record, deadline)

    def _tickets(self, contact: _Contact, deadline: Deadline) -> tuple[_Record, ...]:
        if not contact.linked("tickets"):
            return ()
        still_open = [{"propertyName": "hs_pipeline_stage", "operator": "NOT_IN", "values": list(self._closed_stages)}]
        names = ["subject", "hs_pipeline_stage"]
        return self._search("tickets", contact, names, deadline, still_open if self._closed_stages else [])

    def _deals(self, contact: _Contact, deadline: Deadline) -> tuple[_Record, ...]:
        if not contact.linked("deals"):
            return ()
        names = ["dealname", "amount", "deal_currency_code", "dealstage", "createdate"]
        return self._search("deals", contact, names, deadline, [])

    def _search(
        self, kind: str, contact: _Contact, names: list[str], deadline: Deadline, filters: list[Json]
    ) -> tuple[_Record, ...]:
        ours = {"propertyName": "associations.contact", "operator": "EQ", "value": contact.id}
        body = {
            "filterGroups": [{"filters": [ours, *filters]}],
            "properties": names,
            "sorts": ["-hs_lastmodifieddate"],
            "limit": MOST_LISTED,
            "after": "0",
        }
        url = f"{self._objects}/{kind}/search"
        answer = self._http.json(
            "POST", url, headers=self._headers, json=body, budget_s=deadline.left(), dialect=DIALECT
        )
        return read(_PAGE, answer).results

    def _get(self, path: str, params: Mapping[str, str], model: type[_Model], deadline: Deadline) -> _Model | None:
        answer = self._http.json(
            "GET",
            f"{self._objects}/{path}",
            headers=self._headers,
            params=params,
            budget_s=deadline.left(),
            expect=[HTTPStatus.NOT_FOUND],
            dialect=DIALECT,
        )
        return None if facts.nobody(answer) else read(TypeAdapter(model), answer)

    def _compose(
        self, contact: _Contact, company: _Record | None, tickets: tuple[_Record, ...], deals: tuple[_Record, ...]
    ) -> Account:
        def fact(name: str) -> str | None:
            return (company and company.get(name)) or contact.get(name)

        full_name = " ".join(part for part in (contact.get("firstname"), contact.get("lastname")) if part)
        return facts.account(
            {
                **self._fields.read(fact),
                "name": facts.text(full_name, 200),
                "open_tickets": [
                    facts.ticket(one.id, one.get("subject"), one.get("hs_pipeline_stage")) for one in tickets
                ],
                "orders": [order for deal in deals if (order := self._order(deal)) is not None],
            }
        )

    def _order(self, deal: _Record) -> dict[str, Any] | None:
        code, status, made = deal.get("deal_currency_code"), deal.get("dealstage"), deal.get("createdate")
        return facts.order(deal.id, deal.get("amount"), code, status, made, default=self._currency)
