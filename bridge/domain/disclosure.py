"""What a model may be told of the customer: field by field as the policy allows it, and of a verified one only."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bridge.domain.customer import Customer
from bridge.domain.policy import Fact
from bridge.domain.values import Identity, Visitor

MOST_TOLD: Final = 5
"""Orders, and tickets, that are told."""


def facts_for(allowed: Iterable[Fact], visitor: Visitor, customer: Customer) -> tuple[tuple[str, str], ...]:
    """The allowed facts that there are, as name and value; none of anybody who is not logged in.

    A tier that was assumed because the CRM did not answer is no fact about the customer.
    """
    if visitor.identity is not Identity.VERIFIED:
        return ()
    told = ((fact, _TOLD[fact](visitor, customer)) for fact in allowed)
    return tuple((fact, value) for fact, value in told if value)


def _orders(_: Visitor, customer: Customer) -> str:
    newest = customer.account.orders[:MOST_TOLD]
    return "; ".join(f"order {one.id}: {one.total:,.2f} {one.currency}, {one.status}" for one in newest)


def _tickets(_: Visitor, customer: Customer) -> str:
    return "; ".join(
        f"ticket {one.id}: {one.subject}, {one.status}" for one in customer.account.open_tickets[:MOST_TOLD]
    )


_TOLD: Final[Mapping[Fact, Callable[[Visitor, Customer], str]]] = MappingProxyType(
    {
        "orders": _orders,
        "open_tickets": _tickets,
        "billing_status": lambda _, customer: customer.account.billing_status or "",
        "sla": lambda _, customer: customer.account.sla or "",
        "tier": lambda _, customer: "" if customer.tier_assumed else customer.tier,
        "name": lambda visitor, customer: visitor.name or customer.account.name or "",
    }
)
