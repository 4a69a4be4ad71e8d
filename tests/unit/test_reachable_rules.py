"""Rules that can never decide are found, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conditions import holds
from bridge.domain.policy import Rule
from bridge.domain.reachable_rules import unreachable


def rule(name: str, when: object, **more: object) -> Rule:
    return Rule.model_validate({"name": name, "when": when, "priority": "high", **more})


def found(*rules: Rule, always: frozenset[str] = frozenset()) -> list[tuple[int, str | None]]:
    return [(index, earlier.name if earlier else None) for index, earlier in unreachable(rules, always)]


def test_a_narrower_rule_behind_a_wider_one_never_decides() -> None:
    assert found(rule("wide", "a"), rule("narrow", {"all": ["a", "b"]})) == [(1, "wide")]


def test_a_wider_rule_behind_a_narrower_one_does() -> None:
    assert found(rule("narrow", {"all": ["a", "b"]}), rule("wide", "a")) == []


def test_two_of_three_behind_any_of_them_never_decides() -> None:
    assert found(rule("any", {"any": ["a", "b", "c"]}), rule("two", {"at_least": 2, "of": ["a", "b", "c"]})) == [
        (1, "any")
    ]


@pytest.mark.parametrize("when", [{"all": ["a", {"not": "a"}]}, {"at_least": 3, "of": ["a", "b"]}])
def test_a_condition_that_contradicts_itself_never_holds(when: object) -> None:
    assert found(rule("odd", when)) == [(0, None)]


def test_a_rule_that_asks_for_what_fires_for_everybody_leaves_nothing_to_the_next() -> None:
    everybody = frozenset({"a"})
    assert found(rule("all", "a"), rule("later", "b"), always=everybody) == [(1, "all")]
    assert found(rule("some", "a", flows=["billing"]), rule("later", "b"), always=everybody) == []
    assert found(rule("none", {"not": "a"}), rule("later", "b"), always=everybody) == [(0, None)]


def test_a_rule_for_one_flow_does_not_cover_another() -> None:
    assert found(rule("first", "a", flows=["billing"]), rule("second", "a", flows=["returns"])) == []
    assert found(rule("first", "a", flows=["billing"]), rule("second", "a")) == []
    assert found(rule("first", "a"), rule("second", "a", flows=["billing"])) == [(1, "first")]


def test_a_rule_that_holds_when_nothing_fires_is_no_contradiction() -> None:
    assert found(rule("quiet", {"not": "a"})) == []


def test_a_long_document_is_looked_at_for_a_bounded_time() -> None:
    wide = [rule(f"r{i}", {"all": [f"t{i}", *(f"t{j}" for j in range(9))]}) for i in range(200)]
    assert len(found(*wide)) < len(wide)


CONDITIONS = st.recursive(
    st.sampled_from(["a", "b", "c"]),
    lambda parts: st.one_of(
        st.builds(lambda of: {"any": of}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda of: {"all": of}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda n, of: {"at_least": n, "of": of}, st.integers(1, 3), st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, parts),
    ),
    max_leaves=6,
)


@given(CONDITIONS, CONDITIONS, st.frozensets(st.sampled_from("abc")))
def test_a_rule_is_called_unreachable_exactly_if_no_combination_reaches_it(
    first: object, second: object, always: frozenset[str]
) -> None:
    earlier, later = rule("earlier", first), rule("later", second)
    combinations = [{n for n, bit in zip("abc", f"{i:03b}", strict=True) if bit == "1"} | always for i in range(8)]
    reached = any(holds(later.when, c.__contains__) and not holds(earlier.when, c.__contains__) for c in combinations)
    told = found(earlier, later, always=always)
    assert ((1, "earlier") in told or (1, None) in told) is not reached
