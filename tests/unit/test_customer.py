"""Who the customer is taken for, whatever the CRM says or does not say."""

import pytest
from pydantic import ValidationError

from bridge.domain.customer import Account, Fetch, Order, Shop, judge_tier, merge_shop
from bridge.domain.session import customer_key
from bridge.domain.values import Identity, Visitor

TIERS = ("free", "standard", "business", "enterprise")


def judged(fetch: Fetch, account: Account | None = None) -> tuple[str, bool]:
    return judge_tier(account, fetch, tiers=TIERS, default_tier="standard")


def test_a_crm_that_failed_means_the_highest_tier_and_says_that_it_is_assumed() -> None:
    assert judged(Fetch.FAILED) == ("enterprise", True)


@pytest.mark.parametrize("fetch", [Fetch.NOT_FOUND, Fetch.SKIPPED])
def test_an_unknown_customer_has_the_default_tier_for_certain(fetch: Fetch) -> None:
    assert judged(fetch) == ("standard", False)


@pytest.mark.parametrize("written", ["business", "Business", "BUSINESS"])
def test_a_known_tier_is_taken_whatever_its_case(written: str) -> None:
    assert judged(Fetch.FOUND, Account(tier=written)) == ("business", False)


@pytest.mark.parametrize("written", [None, "", "platinum", "business "])
def test_a_tier_that_the_policy_does_not_know_is_no_tier(written: str | None) -> None:
    assert judged(Fetch.FOUND, Account(tier=written)) == ("standard", False)


def test_a_policy_of_one_tier_has_it_for_everybody() -> None:
    for fetch in Fetch:
        assert judge_tier(None, fetch, tiers=("all",), default_tier="all")[0] == "all"


def order(number: str, total: float = 10.0, status: str = "paid") -> Order:
    return Order(id=number, total=total, currency="USD", status=status)


def test_an_order_that_crm_and_shop_know_counts_once_as_the_shop_has_it() -> None:
    account = Account(orders=(order("1", 5.0, "old"), order("2")))
    merged = merge_shop(account, Shop(currency="USD", orders=(order("3"), order("1", 9.0, "new"))))
    assert [(one.id, one.total, one.status) for one in merged.orders] == [
        ("3", 10.0, "paid"), ("1", 9.0, "new"), ("2", 10.0, "paid")]  # fmt: skip


def test_without_a_shop_the_account_stays_as_it_is() -> None:
    account = Account(tier="free", orders=(order("1"),))
    assert merge_shop(account, None) is account


def test_a_merged_account_holds_no_more_orders_than_an_account_may() -> None:
    many = tuple(order(str(n)) for n in range(50))
    merged = merge_shop(Account(orders=tuple(order(f"c{n}") for n in range(50))), Shop(currency="USD", orders=many))
    assert merged.orders == many


@pytest.mark.parametrize("total", [-1, float("nan"), float("inf"), 1e13])
def test_an_order_has_a_worth_that_is_a_number(total: float) -> None:
    with pytest.raises(ValidationError):
        order("1", total)


@pytest.mark.parametrize(
    ("identity", "user_id", "key"),
    [
        (Identity.VERIFIED, "7", "user:7"),
        (Identity.VERIFIED, None, None),
        (Identity.CLAIMED, "7", None),
        (Identity.ANONYMOUS, "7", None),
    ],
)
def test_only_a_user_whom_wordpress_knows_joins_their_sessions(
    identity: Identity, user_id: str | None, key: str | None
) -> None:
    assert customer_key(Visitor(identity=identity, user_id=user_id, email="ada@example.com")) == key
