"""Why no rule decided: the one that came nearest, and what it lacked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bridge.domain.conditions import Condition, holds, names
from bridge.domain.nearest_rule import nearest
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Json
from bridge.service.explain import near

SHIPPED = read_policy(shipped_document())


def told(policy: Policy, *fired: str, flow: str = "default", tier: str = "standard") -> str | None:
    found = nearest(policy, fired, flow=flow, tier=tier)
    return near(found.as_json()) if found else None


def rules(*when: Json, **more: object) -> Policy:
    made = [{"name": f"r{n}", "when": one, "priority": "high", **more} for n, one in enumerate(when)]
    return SHIPPED.model_copy(update={"rules": TypeAdapter(Policy).validate_python({
        "rules": made, "queues": {"q": {"hours": "h", "respond_within": {"high": "1h"}}},
        "hours": {"h": {"always": True}},
    }).rules})  # fmt: skip


def test_one_sign_of_two_is_told_with_what_was_lacking() -> None:
    said = told(SHIPPED, "unsure")
    assert said is not None
    assert said.startswith("two-signs: 1 of 2 (unsure); lacks one of displeased, going_round, ")


def test_a_rule_that_lacks_what_a_customer_is_is_farther_than_one_that_lacks_what_may_still_be_said() -> None:
    said = told(SHIPPED, "big_order")
    assert said is not None
    assert said == "valuable-request: 1 of 2 (big_order); lacks wants_a_person"
    assert told(rules({"all": ["a", "big_account"]}, {"all": ["a", "b", "c"]}), "a") == "r1: 1 of 3 (a); lacks b and c"


def test_of_two_rules_that_are_as_near_the_first_is_told() -> None:
    assert told(rules({"all": ["a", "b"]}, {"all": ["a", "c"]}), "a") == "r0: 1 of 2 (a); lacks b"


def test_the_rule_with_less_missing_is_told() -> None:
    assert told(rules({"all": ["a", "b", "c"]}, {"all": ["a", "d"]}), "a") == "r1: 1 of 2 (a); lacks d"


def test_a_rule_of_which_nothing_has_fired_is_not_near() -> None:
    assert told(rules("a", {"all": ["b", "c"]}), "x") is None
    assert told(SHIPPED) is None


@pytest.mark.parametrize(
    ("when", "fired", "said"),
    [
        ({"at_least": 3, "of": ["a", "b", "c", "d"]}, ["a"], "1 of 3 (a); lacks 2 of b, c, d"),
        ({"at_least": 2, "of": ["a", "b"]}, ["a"], "1 of 2 (a); lacks b"),
        ({"all": [{"any": ["a", "b"]}, {"any": ["c", "d"]}]}, ["a", "b"], "1 of 2 (a, b); lacks one of c, d"),
        ({"all": ["a", {"not": "b"}]}, ["a", "b"], "1 of 2 (a); lacks that not b"),
        ({"all": ["a", {"not": {"any": ["b", "c"]}}]}, ["a", "c"], "1 of 2 (a); lacks that not (b, c)"),
        ({"all": ["a", {"not": {"not": "b"}}]}, ["a"], "1 of 2 (a); lacks that not not b"),
    ],
)
def test_what_a_rule_lacks_is_said_as_it_is_built(when: Json, fired: list[str], said: str) -> None:
    assert told(rules(when), *fired) == f"r0: {said}"


def test_a_rule_that_holds_elsewhere_lacks_its_flow_and_tier() -> None:
    assert told(rules("a", flows=["billing", "returns"]), "a") == "r0: 1 of 2 (a); lacks the flow billing or returns"
    assert told(rules("a", flows=["default"], tiers=["gold"]), "a") == "r0: 1 of 2 (a); lacks the tier gold"
    assert told(rules({"all": ["a", "b"]}, tiers=["gold"]), "a") == "r0: 1 of 3 (a); lacks b and the tier gold"


NAMES = ["a", "b", "c", "d"]
MONOTONE: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"at_least": 2, "of": parts}),
    ),
    max_leaves=8,
)


@given(MONOTONE, st.sets(st.sampled_from(NAMES)))
def test_a_rule_of_which_something_fired_is_near_exactly_if_it_does_not_hold(when: Json, fired: set[str]) -> None:
    condition = TypeAdapter[Condition](Condition).validate_python(when)
    found = nearest(rules(when), sorted(fired), flow="default", tier="standard")
    if found:
        assert (found.missing == 0) == holds(condition, fired.__contains__)
        assert (found.lacks == "") == (found.missing == 0)
        assert set(found.has) <= fired
    else:
        assert fired.isdisjoint(name for name, _ in names(condition))
