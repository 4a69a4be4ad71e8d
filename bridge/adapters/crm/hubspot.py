"""HubSpot as a CRM: contact by e-mail, its company, its open tickets, its deals as orders.

Names of custom properties, stages and the API version belong to an account, so they are arguments. The contact is read
by a get (no search index, no lag); the rest at the same time, so that a session start waits for two answers, not four.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.adapters.crm import facts
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Answer, Http
from bridge.domain.customer import Account
from bridge.domain.values import Json, Visitor
from bridge.ports import AdapterError

BASE_URL = "https://api.hubapi.com"
PAGE = 20
"""Open tickets and deals that are read at most."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Internal names of the account's properties. Each is looked for at the company first, then at the contact."""

    tier: str = "tier"
    billing_status: str = "billing_status"
    sla: str = "sla"
    sla_minutes_left: str = "sla_minutes_left"

    def names(self) -> tuple[str, ...]:
        """All of them, as HubSpot wants them asked for."""
        return (self.tier, self.billing_status, self.sla, self.sla_minutes_left)


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, coerce_numbers_to_str=True)


class _Record(_Lenient):
    id: str = Field(min_length=1)
    properties: Mapping[str, str | None]

    def get(self, name: str) -> str | None:
        """The property's value; empty is None."""
        return self.properties.get(name) or None


class _Link(_Lenient):
    id: str = Field(min_length=1)
    type: str = ""


class _Links(_Lenient):
    results: tuple[_Link, ...]


class _Contact(_Record):
    associations: Mapping[str, _Links] = Field(default_factory=dict)

    def linked(self, kind: str) -> list[str]:
        """Ids of the linked records; the primary link first (HubSpot lists one record once a kind of link)."""
        links = self.associations[kind].results if kind in self.associations else ()
        by_rank = sorted(links, key=lambda link: link.type.endswith("_unlabeled"))
        return list(dict.fromkeys(link.id for link in by_rank))


class _Page(_Lenient):
    results: tuple[_Record, ...]


_Model = TypeVar("_Model", bound=BaseModel)


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
        self._headers = {"Authorization": f"Bearer {token}"}
        self._fields = fields or Fields()
        self._closed_stages = closed_stages
        self._currency = currency
        base = base_url.rstrip("/")
        self._objects = f"{base}/crm/{version}/objects" if version[:1] == "v" else f"{base}/crm/objects/{version}"

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`. Any of the calls failing means that HubSpot did not answer usably."""
        deadline = Deadline(budget)
        contact = self._contact(visitor.email, deadline) if visitor.email else None
        if contact is None:
            return None
        try:
            return self._account(contact, deadline)
        except facts.Unreadable as error:
            detail = f"malformed: {error}"
        raise AdapterError(detail)

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
            "limit": PAGE,
            "after": "0",
        }
        url = f"{self._objects}/{kind}/search"
        answer = self._http.json("POST", url, headers=self._headers, json=body, budget_s=deadline.left())
        return _parse(_Page, answer).results

    def _get(self, path: str, params: Mapping[str, str], model: type[_Model], deadline: Deadline) -> _Model | None:
        answer = self._http.json(
            "GET",
            f"{self._objects}/{path}",
            headers=self._headers,
            params=params,
            budget_s=deadline.left(),
            expect=[HTTPStatus.NOT_FOUND],
        )
        if answer.status != HTTPStatus.NOT_FOUND:
            return _parse(model, answer)
        if answer.json is None and not answer.empty:
            raise AdapterError("malformed: 404 page")  # a wrong address answers like this; it knows no customers
        return None

    def _compose(
        self, contact: _Contact, company: _Record | None, tickets: tuple[_Record, ...], deals: tuple[_Record, ...]
    ) -> Account:
        def fact(name: str) -> str | None:
            return (company and company.get(name)) or contact.get(name)

        names = self._fields
        full_name = " ".join(part for part in (contact.get("firstname"), contact.get("lastname")) if part)
        return facts.account(
            {
                "tier": facts.text(fact(names.tier), 80),
                "name": facts.text(full_name, 200),
                "billing_status": facts.text(fact(names.billing_status), 80),
                "sla": facts.text(fact(names.sla), 200),
                "sla_minutes_left": facts.minutes(fact(names.sla_minutes_left), names.sla_minutes_left),
                "open_tickets": [_ticket(record) for record in tickets],
                "orders": [order for deal in deals if (order := self._order(deal)) is not None],
            }
        )

    def _order(self, deal: _Record) -> dict[str, Any] | None:
        total = facts.number(deal.get("amount"), "amount")
        if total is None or total < 0:
            return None  # a deal without a worth is no order yet
        return {
            "id": facts.text(deal.id, 80),
            "total": total,
            "currency": facts.currency(deal.get("deal_currency_code"), self._currency),
            "status": facts.text(deal.get("dealstage"), 80) or "unknown",
            "created_at": facts.text(deal.get("createdate"), 80),
        }


def _ticket(record: _Record) -> dict[str, Any]:
    return {
        "id": facts.text(record.id, 80),
        "subject": facts.text(record.get("subject"), 200) or "(no subject)",
        "status": facts.text(record.get("hs_pipeline_stage"), 80) or "unknown",
    }


def _parse(model: type[_Model], answer: Answer) -> _Model:
    try:
        return model.model_validate(answer.json)
    except ValidationError:
        pass
    raise AdapterError("malformed")
