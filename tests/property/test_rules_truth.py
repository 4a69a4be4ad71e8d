"""Conditions and rules against an evaluator of a few lines that works on the document's own mappings and lists."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bridge.domain.conditions import Condition, holds, names
from bridge.domain.customer import Customer
from bridge.domain.policy import Policy
from bridge.domain.rules import judge
from bridge.domain.signals import MessageSignals, ReplySignals, TurnSignals
from bridge.domain.situation import Situation
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


# -- at least ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(TRIGGERS), min_size=1, max_size=6), FIRED)
def test_at_least_one_is_any_and_at_least_all_is_all_and_one_more_is_never(of: list[str], fired: set[str]) -> None:
    def true(condition: Json) -> bool:
        return holds(READ.validate_python(condition), fired.__contains__)

    assert true({"at_least": 1, "of": of}) == true({"any": of})
    assert true({"at_least": len(of), "of": of}) == true({"all": of})
    assert not true({"at_least": len(of) + 1, "of": of})


@given(st.lists(CONDITIONS, min_size=1, max_size=4), st.integers(1, 4), FIRED)
def test_asking_for_one_more_never_helps(of: list[Json], n: int, fired: set[str]) -> None:
    fewer, more = (READ.validate_python({"at_least": count, "of": of}) for count in (n, n + 1))
    assert holds(fewer, fired.__contains__) >= holds(more, fired.__contains__)


# -- rules: the first that holds, in its flows, for its tiers ----------------------------------------------------------

FLOWS = ["default", "billing", "returns"]
TIERS = ["free", "standard", "gold"]
RULES = st.lists(
    st.fixed_dictionaries(
        {"when": CONDITIONS, "priority": st.sampled_from(["normal", "high", "urgent"])},
        optional={
            "flows": st.lists(st.sampled_from(FLOWS), max_size=2, unique=True),
            "tiers": st.lists(st.sampled_from(TIERS), max_size=2, unique=True),
        },
    ),
    min_size=1,
    max_size=5,
)


def made(rules: list[Json], **more: Json) -> Policy:
    """A policy whose trigger `x` fires when the host sends a signal of that name."""
    return Policy.model_validate({
        "tiers": TIERS,
        "flows": {flow: {} for flow in FLOWS},
        "triggers": {name: {"type": "signal", "name": name, "equals": True} for name in TRIGGERS},
        "rules": [{"name": f"r{n}", **rule} for n, rule in enumerate(rules)],
        "queues": {"team": {"hours": "always", "respond_within": {"normal": "1h"}, "ladder": ["email"]}},
        "hours": {"always": {"always": True}},
        **more,
    })  # fmt: skip


def seen(fired: set[str], flow: str, tier: str) -> Situation:
    turn = TurnSignals(1, 0, MessageSignals(), ReplySignals(values=dict.fromkeys(fired, True)))
    return Situation((turn,), 1, flow, None, tuple(TIERS), Customer(tier=tier))


def first_that_holds(rules: list[Json], fired: set[str], flow: str, tier: str) -> str | None:
    for n, rule in enumerate(rules):
        if rule.get("flows") and flow not in rule["flows"]:
            continue
        if rule.get("tiers") and tier not in rule["tiers"]:
            continue
        if naive(rule["when"], fired):
            return f"r{n}"
    return None


@given(RULES, FIRED, st.sampled_from(FLOWS), st.sampled_from(TIERS))
def test_the_rule_that_decides_is_the_naive_evaluators(
    rules: list[Json], fired: set[str], flow: str, tier: str
) -> None:
    decided = judge(made(rules), seen(fired, flow, tier)).rule
    assert (decided.name if decided else None) == first_that_holds(rules, fired, flow, tier)


@given(RULES, FIRED, st.sampled_from(FLOWS), st.sampled_from(TIERS))
def test_rules_behind_the_one_that_decides_change_nothing(
    rules: list[Json], fired: set[str], flow: str, tier: str
) -> None:
    whole = judge(made(rules), seen(fired, flow, tier)).rule
    if whole:
        assert judge(made(rules[: int(whole.name[1:]) + 1]), seen(fired, flow, tier)).rule == whole
    else:
        assert first_that_holds(rules, fired, flow, tier) is None


# -- the closest threshold ---------------------------------------------------------------------------------------------

SHARES = st.none() | st.floats(0, 1)
THRESHOLDS = st.fixed_dictionaries(
    {}, optional={"confidence": SHARES, "tiers": st.dictionaries(st.sampled_from(TIERS), st.floats(0, 1))}
)


@given(THRESHOLDS, st.dictionaries(st.sampled_from(FLOWS), THRESHOLDS), st.sampled_from(FLOWS), st.sampled_from(TIERS))
def test_the_closest_threshold_is_the_naive_evaluators(document: Json, flows: Json, flow: str, tier: str) -> None:
    own = flows.get(flow, {})
    ladder = [own.get("tiers", {}).get(tier), own.get("confidence"), document.get("tiers", {}).get(tier)]
    ladder += [document.get("confidence"), 0.55]
    policy = made(
        [{"when": "a", "priority": "high"}],
        flows={name: {"thresholds": given_} for name, given_ in flows.items()},
        thresholds=document,
    )
    assert policy.confidence_threshold(flow, tier) == next(one for one in ladder if one is not None)
