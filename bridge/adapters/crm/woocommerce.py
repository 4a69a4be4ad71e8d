"""A WooCommerce shop elsewhere as a CRM: customer and orders. The plugin itself reads the shop that it stands in.

A guest has orders but no account; WooCommerce finds those by a search only, whose hits are compared with the address.
"""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from bridge.adapters.crm import facts
from bridge.adapters.crm.facts import Fields
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Answer, Http
from bridge.adapters.json_api import JsonApi
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.domain.addresses import mailbox
from bridge.domain.customer import Account
from bridge.domain.values import Visitor
from bridge.ports import Rejected

FIELDS = Fields(tier="role")
MOST_ORDERS = 20
"""Orders that are read at most."""
SAMPLED_CUSTOMERS = 50
"""Customers among whom `check` looks for a field."""
_CART = frozenset({"checkout-draft", "trash"})
"""States of what is no order yet, or none any more."""


class _Meta(Lenient):
    key: str
    value: Any = None


class _Billing(Lenient):
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class _Customer(Lenient):
    id: Id
    email: str | None
    first_name: str | None = None
    last_name: str | None = None
    role: str | None = None
    meta_data: tuple[_Meta, ...] = ()

    def get(self, name: str) -> object:
        """The role, or what stands in the metadata."""
        return self.role if name == "role" else next((one.value for one in self.meta_data if one.key == name), None)


class _Order(Lenient):
    id: Id
    total: Any
    currency: str
    status: str
    date_created: str | None = None
    billing: _Billing = _Billing()


class _Wrong(Lenient):
    params: Mapping[str, Any] = Field(default_factory=dict)


class _Refusal(Lenient):
    data: _Wrong


_CUSTOMERS = TypeAdapter(tuple[_Customer, ...])
_ORDERS = TypeAdapter(tuple[_Order, ...])
_REFUSAL = TypeAdapter(_Refusal)


class WooCommerce:
    """Customers of a WooCommerce shop.

    Args:
        http: carries the calls; it refuses addresses that are not https, so the key never travels in the open.
        base_url: of the shop.
        key: the consumer key; one that may read is enough.
        secret: the consumer secret.
        fields: `role`, or keys of the customer's metadata.
    """

    name = "woocommerce"

    def __init__(self, http: Http, *, base_url: str, key: str, secret: str, fields: Fields = FIELDS) -> None:
        basic = base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        self._api = JsonApi(http, f"{base_url.rstrip('/')}/wp-json/wc/v3", {"Authorization": f"Basic {basic}"})
        self._fields = fields

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`. Nobody can have an account under what is no address."""
        deadline = Deadline(budget)
        email = mailbox((visitor.email or "").strip())
        return self._account(email, deadline) if email else None

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Crm`. A shop does not tell its metadata, so its newest customers are looked at."""
        deadline = Deadline(budget)
        newest = {"role": "all", "orderby": "registered_date", "order": "desc", "per_page": str(SAMPLED_CUSTOMERS)}
        customers = self._api.read(_CUSTOMERS, "customers", deadline, newest)
        self._api.read(_ORDERS, "orders", deadline, {"per_page": "1"})
        used = {"role", *(one.key for customer in customers for one in customer.meta_data)}
        return self._fields.missing(used, f"None of the shop's {SAMPLED_CUSTOMERS} newest customers")

    def _account(self, email: str, deadline: Deadline) -> Account | None:
        wanted = {"email": email, "role": "all"}  # without it the shop looks among one role only
        answer = self._api.get("customers", deadline, wanted, expect=[HTTPStatus.BAD_REQUEST])
        if answer.status == HTTPStatus.BAD_REQUEST:
            if not _refuses_address(answer):
                raise Rejected("http 400")
            return None  # WordPress takes fewer addresses than there are, and none of the others is a customer's
        found = read(_CUSTOMERS, answer)
        customer = next((one for one in found if facts.same_address(one.email, email)), None)
        if customer is None:
            return self._guest(email, deadline)
        orders = self._orders({"customer": customer.id}, deadline)
        return _compose(self._fields.read(customer.get), (customer.first_name, customer.last_name), orders)

    def _guest(self, email: str, deadline: Deadline) -> Account | None:
        found = self._orders({"search": email}, deadline)
        orders = tuple(one for one in found if facts.same_address(one.billing.email, email))
        if not orders:
            return None
        return _compose({}, (orders[0].billing.first_name, orders[0].billing.last_name), orders)

    def _orders(self, whose: Mapping[str, str], deadline: Deadline) -> tuple[_Order, ...]:
        newest = {"orderby": "date", "order": "desc", "per_page": str(MOST_ORDERS)}
        return self._api.read(_ORDERS, "orders", deadline, {**whose, **newest})


def _refuses_address(answer: Answer) -> bool:
    try:
        return "email" in _REFUSAL.validate_python(answer.json).data.params
    except ValidationError:
        return False


def _compose(told: Mapping[str, Any], name: tuple[str | None, ...], orders: tuple[_Order, ...]) -> Account:
    placed = [order for one in orders if one.status not in _CART and (order := _order(one)) is not None]
    return facts.account({**told, "name": facts.text(" ".join(filter(None, name)), 200), "orders": placed})


def _order(order: _Order) -> dict[str, Any] | None:
    return facts.order(order.id, order.total, order.currency, order.status, order.date_created)
