"""Conditions against an evaluator of a few lines that works on the document's own mappings and lists."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bridge.domain.policy import Condition
from bridge.domain.rules import holds, names
from bridge.domain.values import Json

TRIGGERS = ["a", "b", "c", "d"]
READ = TypeAdapter[Any](Condition)


def _parts(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[list[Json]]:
    return st.lists(inner, min_size=1, max_size=4)


CONDITIONS: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(TRIGGERS),
    lambda inner: st.one_of(
        _parts(inner).map(lambda parts: {"any": parts}),
        _parts(inner).map(lambda parts: {"all": parts}),
        st.builds(lambda n, parts: {"at_least": n, "of": parts}, st.integers(1, 5), _parts(inner)),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=12,
)
FIRED = st.sets(st.sampled_from(TRIGGERS))


def naive(condition: Json, fired: set[str]) -> bool:
    if isinstance(condition, str):
        return condition in fired
    if "not" in condition:
        return not naive(condition["not"], fired)
    parts = condition.get("any") or condition.get("all") or condition["of"]
    true = len([part for part in parts if naive(part, fired)])
    return bool(true >= {"any": 1, "all": len(parts)}.get(next(iter(condition)), condition.get("at_least", 0)))


@given(CONDITIONS, FIRED)
def test_a_condition_holds_when_the_naive_evaluator_says_so(condition: Json, fired: set[str]) -> None:
    assert holds(READ.validate_python(condition), fired.__contains__) == naive(condition, fired)


@given(CONDITIONS, FIRED)
def test_a_condition_means_the_same_after_a_round_through_yaml(condition: Json, fired: set[str]) -> None:
    again = yaml.safe_load(yaml.safe_dump(condition))
    assert holds(READ.validate_python(again), fired.__contains__) == naive(condition, fired)


@given(CONDITIONS, FIRED)
def test_not_turns_it_round(condition: Json, fired: set[str]) -> None:
    assert holds(READ.validate_python({"not": condition}), fired.__contains__) != naive(condition, fired)


@given(CONDITIONS, FIRED, st.sampled_from(TRIGGERS))
def test_what_is_never_under_a_not_can_only_help(condition: Json, fired: set[str], more: str) -> None:
    read = READ.validate_python(condition)
    if any(negated for _, negated in names(read)):
        return
    assert holds(read, (fired | {more}).__contains__) >= holds(read, fired.__contains__)
