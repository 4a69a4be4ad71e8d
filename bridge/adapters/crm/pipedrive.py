"""Pipedrive as a CRM: person by e-mail, the organization, and the deals that are not lost as orders.

Custom fields have no names there but keys of forty hexadecimal digits, which belong to an account. Pipedrive knows no
tickets. Every call costs tokens of a daily budget, so that what was not asked for is not fetched.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar

from pydantic import Field, TypeAdapter

from bridge.adapters.crm import facts
from bridge.adapters.crm.facts import Fields
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Dialect, Http
from bridge.adapters.json_api import NOT_THERE, JsonApi
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.domain.customer import Account
from bridge.domain.values import Visitor

BASE_URL = "https://api.pipedrive.com/api/v2"
FIELDS = Fields(tier="")
MOST_DEALS = 20
"""Deals that are read at most."""
LARGEST_PAGE = 500
"""The largest page that Pipedrive gives."""

DIALECT = Dialect(waits=(("x-ratelimit-reset", "seconds"),))
_ORDERED = frozenset({"open", "won"})
"""States of a deal that is or may become an order."""


class _Found(Lenient):
    id: Id
    emails: tuple[str, ...] = ()


class _Item(Lenient):
    item: _Found


class _Items(Lenient):
    items: tuple[_Item, ...]


class _Record(Lenient):
    id: Id
    name: str | None = None
    org_id: Id | None = None
    custom_fields: Mapping[str, Any] | None = None

    def get(self, key: str) -> object:
        """What stands in a custom field."""
        return _plain((self.custom_fields or {}).get(key))


class _Deal(Lenient):
    id: Id
    value: Any = None
    currency: str | None = None
    status: str
    add_time: str | None = None


class _Known(Lenient):
    field_code: str
    field_name: str = ""


class _Good(Lenient):
    success: Literal[True]


class _Search(_Good):
    data: _Items


class _One(_Good):
    data: _Record


class _Deals(_Good):
    data: tuple[_Deal, ...]


class _KnownFields(_Good):
    data: tuple[_Known, ...] = Field(default=())


_Kind = TypeVar("_Kind", bound=_Good)


class Pipedrive:
    """Customers in Pipedrive.

    Args:
        http: carries the calls.
        token: an API token.
        fields: the keys of custom fields, of organizations or people. Each is looked for at the organization first.
        currency: of deals that name none.
        base_url: another address for tests and proxies.
    """

    name = "pipedrive"

    def __init__(
        self, http: Http, *, token: str, fields: Fields = FIELDS, currency: str = "USD", base_url: str = BASE_URL
    ) -> None:
        self._api = JsonApi(http, base_url.rstrip("/"), {"x-api-token": token}, DIALECT)
        self._fields = fields
        self._currency = currency

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        person = self._person(visitor.email.strip(), deadline) if visitor.email else None
        if person is None:
            return None
        with ThreadPoolExecutor(max_workers=2) as pool:
            organization = pool.submit(self._organization, person, deadline)
            deals = pool.submit(self._deals, person, deadline)
        return self._compose(person, organization.result(), deals.result())

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        known = [*self._known("personFields", deadline), *self._known("organizationFields", deadline)]
        by_label = {field.field_name.casefold(): field.field_code for field in known}
        hints = [
            f"{name} is a field's name: its key is {by_label[name.casefold()]}."
            for name in self._fields.names()
            if name.casefold() in by_label
        ]
        unset = [] if self._fields.tier else ["BRIDGE_CRM_FIELDS names no field for the tier."]
        return [*unset, *self._fields.missing([field.field_code for field in known], "Pipedrive"), *hints]

    def _person(self, email: str, deadline: Deadline) -> _Record | None:
        params = {"term": email, "fields": "email", "exact_match": "true", "limit": str(LARGEST_PAGE)}
        found = self._get("persons/search", params, _Search, deadline).data.items
        theirs = (one.item.id for one in found if any(facts.same_address(email, own) for own in one.item.emails))
        first = next(theirs, None)
        return self._record(f"persons/{first}", deadline) if first else None

    def _organization(self, person: _Record, deadline: Deadline) -> _Record | None:
        wanted = person.org_id and self._fields.names()
        return self._record(f"organizations/{person.org_id}", deadline) if wanted else None

    def _record(self, path: str, deadline: Deadline) -> _Record | None:
        names = self._fields.names()
        params = {"custom_fields": ",".join(names), "include_option_labels": "true"} if names else {}
        answer = self._api.get(path, deadline, params, expect=NOT_THERE)
        return None if facts.nobody(answer) else read(TypeAdapter(_One), answer).data

    def _deals(self, person: _Record, deadline: Deadline) -> tuple[_Deal, ...]:
        params = {"person_id": person.id, "sort_by": "update_time", "sort_direction": "desc", "limit": str(MOST_DEALS)}
        return self._get("deals", params, _Deals, deadline).data

    def _known(self, path: str, deadline: Deadline) -> tuple[_Known, ...]:
        return self._get(path, {"limit": str(LARGEST_PAGE)}, _KnownFields, deadline).data

    def _get(self, path: str, params: Mapping[str, str], kind: type[_Kind], deadline: Deadline) -> _Kind:
        return self._api.read(TypeAdapter(kind), path, deadline, params)

    def _compose(self, person: _Record, organization: _Record | None, deals: tuple[_Deal, ...]) -> Account:
        def fact(key: str) -> object:
            return (organization and organization.get(key)) or person.get(key)

        return facts.account(
            {
                **self._fields.read(fact),
                "name": facts.text(person.name, 200),
                "orders": [order for deal in deals if (order := self._order(deal)) is not None],
            }
        )

    def _order(self, deal: _Deal) -> dict[str, Any] | None:
        if deal.status not in _ORDERED:
            return None
        return facts.order(deal.id, deal.value, deal.currency, deal.status, deal.add_time, default=self._currency)


def _plain(value: Any) -> object:
    """A custom field's value as people see it: an option's label, an amount; of several the first."""
    if isinstance(value, list):
        return _plain(value[0]) if value else None
    if isinstance(value, dict):
        return value.get("label", value.get("value"))
    return value or None
