"""The policy reader against arbitrary documents: it finds faults, and never breaks."""

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.host import Host, bot_inputs
from bridge.domain.policy_check import Level, check_policy
from bridge.domain.shipped_policy import shipped_document

WHOLE = yaml.safe_load(shipped_document())
"""The shipped policy."""
RICH: dict[str, Any] = {
    **WHOLE,
    "thresholds": {"confidence": 0.55, "tiers": {"enterprise": 0.7}},
    "flows": {
        **WHOLE["flows"],
        "vip": {"match": {"pages": ["/vip"]}, "thresholds": {"confidence": 0.6, "tiers": {"free": 0.2}}},
    },
    "triggers": {
        **WHOLE["triggers"],
        "worth": {"type": "order_value_at_least", "amounts": {"USD": 500, "EUR": 450}},
        "known": {"type": "open_ticket", "about": "this"},
        "fraud": {"type": "words", "list": "fraud"},
        "score": {"type": "signal", "name": "fraud_score", "at_least": 0.8},
    },
    "rules": [
        {"name": "known", "when": {"all": ["known", {"not": "fraud"}]}, "priority": "high", "message": "vip"},
        {"name": "scored", "when": {"at_least": 2, "of": ["fraud", "score", "worth"]}, "priority": "urgent",
         "flows": ["vip"], "tiers": ["business"]},
        *WHOLE["rules"],
    ],
    "messages": {"en": {"vip": "We call you before {due}."}},
}  # fmt: skip
"""With every part that the shipped one does without."""
KEYS = sorted({key for part in (WHOLE, *(v for v in WHOLE.values() if isinstance(v, dict))) for key in part} | {
    "name", "when", "priority", "queue", "any", "all", "at_least", "of", "not", "type", "match", "week", "timezone",
    "amounts", "about", "message", "thresholds", "tiers", "confidence", "intents", "pages", "flows", "vip",
    "respond_within", "ladder", "hours", "holidays", "closed", "extra", "from", "to", "always",
})  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(KEYS)
    | st.sampled_from(["15m", "09:00-17:00", "mon-fri", "UTC", "email", "live", "urgent", "human_requested", "words"])
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=25,
)


HOSTS = (
    Host(),
    Host(crm=False),
    Host(bot_inputs(["none"]), crm=True),
    Host(bot_inputs(["confidence"]), crm=False),
    Host.of_record([], crm=False),
)


def judge(document: str) -> None:
    for host in HOSTS:
        policy, findings = check_policy(document, host=host)
        assert (policy is None) == any(one.level is Level.ERROR for one in findings)
        for one in findings:
            assert one.message
            assert one.hint
            assert one.line is not None
            assert one.line >= 1
            assert one.path == "" or one.path.startswith("/")
            assert str(one)


@given(st.text(max_size=400))
def test_any_text_is_judged(document: str) -> None:
    judge(document)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=8))
def test_any_tree_is_judged_as_yaml_and_as_json(tree: dict[str, Any]) -> None:
    judge(yaml.safe_dump(tree, allow_unicode=True))
    judge(json.dumps(tree))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, inner in below for found in _paths(inner, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new) if path[1:] else new
    return copy


def test_the_rich_policy_has_nothing_to_be_said_about_it() -> None:
    assert check_policy(yaml.safe_dump(RICH))[1] == []


@settings(max_examples=80)
@given(st.sampled_from(_paths(RICH)), TREES)
def test_a_rich_policy_with_any_part_replaced_is_judged(path: tuple[Any, ...], new: Any) -> None:
    judge(yaml.safe_dump(_with(RICH, path, new), allow_unicode=True))


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(value[path[0]], path[1:])
    return copy


@settings(max_examples=80)
@given(st.sampled_from(_paths(RICH)[1:]))
def test_a_rich_policy_with_any_part_left_out_is_judged(path: tuple[Any, ...]) -> None:
    judge(yaml.safe_dump(_without(RICH, path), allow_unicode=True))


@settings(max_examples=80)
@given(st.sampled_from([path for path in _paths(RICH) if path and isinstance(path[-1], str)]), st.integers(0, 20))
def test_a_rich_policy_with_any_key_misspelt_is_judged(path: tuple[Any, ...], at: int) -> None:
    key = path[-1]
    spelt = key[: at % len(key)] + "x" + key[at % len(key) + 1 :]
    value = RICH
    for part in path:
        value = value[part]
    above = _without(RICH, path)
    judge(yaml.safe_dump(_with(above, (*path[:-1], spelt), value) if spelt != key else above, allow_unicode=True))


@settings(max_examples=60)
@given(st.integers(0, len(shipped_document())), st.integers(0, 60), st.text(max_size=8))
def test_the_shipped_policy_with_any_stretch_of_text_replaced_is_judged(start: int, length: int, new: str) -> None:
    text = shipped_document()
    judge(text[:start] + new + text[start + length :])
