"""What the CRM and the shop know about a customer, and the tier that follows from it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bridge.domain.values import Frozen, Identity, Text80, Text200


class Fetch(StrEnum):
    """How the CRM look-up at session start ended. `failed` is not `not_found`."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    SKIPPED = "skipped"


class Order(Frozen):
    """One order of the customer; `total` in units of `currency`, `created_at` as the source wrote it."""

    id: Text80
    total: Annotated[float, Field(ge=0, le=1e12)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    status: Text80
    created_at: Text80 | None = None


class OpenTicket(Frozen):
    """A ticket that the customer already has with the team."""

    id: Text80
    subject: Text200
    status: Text80


class Account(Frozen):
    """A CRM's usable answer about one customer. Absent facts are None or empty, never invented."""

    tier: Text80 | None = None
    name: Text200 | None = None
    orders: Annotated[tuple[Order, ...], Field(max_length=50)] = ()
    open_tickets: Annotated[tuple[OpenTicket, ...], Field(max_length=50)] = ()
    billing_status: Text80 | None = None
    sla: Text200 | None = None
    sla_minutes_left: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None


class Shop(Frozen):
    """The summary that the plugin reads from WooCommerce for a logged-in customer."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    lifetime_value: Annotated[float, Field(ge=0, le=1e12)] = 0
    orders: Annotated[tuple[Order, ...], Field(max_length=50)] = ()


class Claim(Frozen):
    """What the CRM says of an address that a visitor typed: told to the team, and neither judged by nor promised by."""

    tier: Text80
    account: Account


class Customer(Frozen):
    """The snapshot that a session is judged with: who, what the look-up said, and the tier that follows."""

    identity: Identity = Identity.ANONYMOUS
    fetch: Fetch = Fetch.SKIPPED
    cause: Text200 | None = None
    tier: Text80
    tier_assumed: bool = False
    account: Account = Account()
    claim: Claim | None = None

    @property
    def at_their_word(self) -> "Customer":
        """As the team is told of them: as if the address that they typed were theirs."""
        claim = self.claim
        return self.model_copy(update={"tier": claim.tier, "account": claim.account}) if claim else self


def judge_tier(account: Account | None, fetch: Fetch, *, tiers: Sequence[str], default_tier: str) -> tuple[str, bool]:
    """The customer's tier, and whether it is assumed.

    A failed look-up means the highest tier, assumed: a valuable customer must not be treated as nobody because a
    system was down. `not_found` and `skipped` mean the policy's default. A tier name the policy does not know
    (compared without case) is no tier.
    """
    if fetch is Fetch.FAILED:
        return tiers[-1], True
    named = (account.tier or "").casefold() if account else ""
    known = {tier.casefold(): tier for tier in tiers}
    return known.get(named, default_tier), False


def merge_shop(account: Account, shop: Shop | None) -> Account:
    """The account with the shop's orders added; an order that both know counts once, as the shop has it."""
    if shop is None:
        return account
    ours = {order.id for order in shop.orders}
    orders = (*shop.orders, *(order for order in account.orders if order.id not in ours))
    return account.model_copy(update={"orders": orders[:50]})
