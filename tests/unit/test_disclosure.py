"""What a model is told of a customer: what the policy names, of a verified one, and nothing else."""

from typing import get_args

import pytest

from bridge.domain.customer import Account, Customer, Fetch, OpenTicket, Order
from bridge.domain.disclosure import MOST_TOLD, facts_for
from bridge.domain.policy import Fact
from bridge.domain.policy_check import check_policy, read_policy, stored_policy
from bridge.domain.values import Identity, Visitor

EVERYTHING: tuple[Fact, ...] = get_args(Fact)
ORDER = Order(id="10233", total=1200, currency="EUR", status="shipped")
ACCOUNT = Account(
    tier="enterprise", name="Ada", orders=(ORDER,) * 9,
    open_tickets=(OpenTicket(id="7", subject="Lamp", status="open"),), billing_status="paid", sla="gold",
)  # fmt: skip
CUSTOMER = Customer(identity=Identity.VERIFIED, fetch=Fetch.FOUND, tier="enterprise", account=ACCOUNT)
REST = """
rules: [{name: r, when: t, priority: normal}]
triggers: {t: {type: human_requested}}
queues: {q: {hours: h, respond_within: {normal: 1h, high: 1h, urgent: 1h}, ladder: [email]}}
hours: {h: {always: true, timezone: UTC}}
"""


def visitor(identity: Identity) -> Visitor:
    return Visitor(identity=identity, email="ada@shop.example", name="Ada")


def test_what_is_allowed_is_told_in_a_word_each() -> None:
    assert dict(facts_for(("open_tickets", "tier", "name"), visitor(Identity.VERIFIED), CUSTOMER)) == {
        "open_tickets": "ticket 7: Lamp, open",
        "tier": "enterprise",
        "name": "Ada",
    }


def test_of_many_orders_the_newest_five_are_told() -> None:
    ((name, told),) = facts_for(("orders",), visitor(Identity.VERIFIED), CUSTOMER)
    assert (name, told.split("; ")) == ("orders", ["order 10233: 1,200.00 EUR, shipped"] * MOST_TOLD)


@pytest.mark.parametrize("identity", [Identity.CLAIMED, Identity.ANONYMOUS])
def test_nothing_is_told_of_whoever_is_not_logged_in(identity: Identity) -> None:
    assert facts_for(EVERYTHING, visitor(identity), CUSTOMER) == ()


def test_an_assumed_tier_and_what_is_not_known_are_not_told() -> None:
    unknown = Customer(identity=Identity.VERIFIED, fetch=Fetch.FAILED, tier="enterprise", tier_assumed=True)
    assert facts_for(EVERYTHING, Visitor(identity=Identity.VERIFIED), unknown) == ()


def test_a_policy_tells_nothing_unless_it_names_it() -> None:
    assert read_policy(REST).responder.facts == ()


def test_a_fact_that_there_is_not_is_refused_with_its_place() -> None:
    policy, (finding,) = check_policy("responder: {facts: [orders, password]}" + REST)
    assert policy is None
    assert (finding.path, finding.line) == ("/responder/facts/1", 1)


def test_a_key_that_there_is_not_is_refused_with_what_was_meant() -> None:
    _, (finding,) = check_policy("responder: {fact: [orders]}" + REST)
    assert (finding.path, "facts" in finding.hint) == ("/responder/fact", True)


def test_a_calibration_that_falls_is_refused() -> None:
    policy, found = check_policy("responder: {calibration: [[0.5, 0.6], [0.9, 0.4]]}" + REST)
    assert policy is None
    assert [(one.path, one.message) for one in found] == [
        ("/responder/calibration", "a higher rating must not be worth less")
    ]


def test_a_fact_named_twice_is_a_warning() -> None:
    policy, (finding,) = check_policy("responder: {facts: [tier, tier]}" + REST)
    assert policy is not None
    assert (finding.level.value, finding.path) == ("warning", "/responder/facts/1")


def test_a_policy_of_an_earlier_release_is_read_as_one_that_tells_nothing() -> None:
    assert stored_policy(REST).responder.calibration == ()
