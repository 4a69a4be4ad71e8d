"""An address of the owner's own as a CRM: one signed GET, answered with the JSON that docs/crm.md describes."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import TypeAdapter

from bridge.adapters.crm import facts
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Answer, Http
from bridge.adapters.lenient_json import Lenient, read
from bridge.domain.customer import Account
from bridge.domain.values import Visitor
from bridge.ports import AdapterError

MOST_LISTED = 50
"""Orders and open tickets that are read at most."""
NOBODYS_ADDRESS = "nobody@example.invalid"
"""An address that belongs to nobody: `check` asks about it."""

_REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class _Order(Lenient):
    id: str
    total: Any
    currency: str
    status: str
    created_at: str | None = None


class _Ticket(Lenient):
    id: str
    subject: str
    status: str


class _Customer(Lenient):
    email: str
    name: str | None = None
    tier: str | None = None
    billing_status: str | None = None
    sla: str | None = None
    sla_minutes_left: Any = None
    orders: tuple[_Order, ...] | None = None
    open_tickets: tuple[_Ticket, ...] | None = None


_CUSTOMER = TypeAdapter(_Customer)


def sign(secret: str, target: str, timestamp: int) -> str:
    """What goes into `X-Bridge-Signature`.

    Args:
        secret: the shared one.
        target: path and query, exactly as in the request line.
        timestamp: seconds since 1970.
    """
    text = f"v1\nGET\n{target}\n{timestamp}"
    return "v1=" + hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class EndpointCrm:
    """Customers whom the owner's own software knows.

    Args:
        http: carries the calls.
        url: of the endpoint, without a query.
        secret: signs each call.
        now: seconds since 1970.
    """

    name = "http"

    def __init__(self, http: Http, *, url: str, secret: str, now: Callable[[], float] = time.time) -> None:
        self._http = http
        self._url = url
        self._path = _path_of(url)
        self._secret = secret
        self._now = now

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`."""
        if not visitor.email:
            return None
        email = visitor.email.strip()
        answer = self._ask(email, self._secret, budget)
        if facts.nobody(answer):
            return None
        customer = read(_CUSTOMER, answer)
        if not facts.same_address(customer.email, email):
            raise AdapterError("malformed: answered about another address")
        return _account(customer)

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        knows = not facts.nobody(self._ask(NOBODYS_ADDRESS, self._secret, deadline.left()))
        forged = self._ask(NOBODYS_ADDRESS, self._secret + "?", deadline.left(), expect=_REFUSALS)
        wrong = {
            "The endpoint knows a customer whom nobody can be: it answers 404 for nobody.": knows,
            "The endpoint answers a call whose signature is wrong: it has to refuse it with 401.": (
                forged.status not in _REFUSALS
            ),
        }
        return [sentence for sentence, holds in wrong.items() if holds]

    def _ask(self, email: str, secret: str, budget: float, expect: frozenset[HTTPStatus] = frozenset()) -> Answer:
        params = {"email": email}
        return self._http.json(
            "GET",
            self._url,
            headers=self._signature(secret, params),
            params=params,
            budget_s=budget,
            expect=[HTTPStatus.NOT_FOUND, *expect],
        )

    def _signature(self, secret: str, params: Mapping[str, str]) -> dict[str, str]:
        timestamp = int(self._now())
        signature = sign(secret, f"{self._path}?{urlencode(params)}", timestamp)
        return {"X-Bridge-Timestamp": str(timestamp), "X-Bridge-Signature": signature}


def _account(customer: _Customer) -> Account:
    orders, tickets = (customer.orders or ())[:MOST_LISTED], (customer.open_tickets or ())[:MOST_LISTED]
    return facts.account(
        {
            **customer.model_dump(exclude={"email"}),
            "sla_minutes_left": facts.minutes(customer.sla_minutes_left, "sla_minutes_left"),
            "orders": [one.model_dump() | {"total": facts.number(one.total, "total")} for one in orders],
            "open_tickets": [one.model_dump() for one in tickets],
        }
    )


def _path_of(url: str) -> str:
    """What is signed of the address. One that cannot be read is refused when it is called."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"
