"""The policy reader against arbitrary documents: it finds faults, and never breaks."""

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.findings import Level, check_policy
from bridge.service.manage_policy import shipped_document

WHOLE = yaml.safe_load(shipped_document())
KEYS = sorted({key for part in (WHOLE, *(v for v in WHOLE.values() if isinstance(v, dict))) for key in part} | {
    "name", "when", "priority", "queue", "any", "all", "at_least", "of", "not", "type", "match", "week", "timezone",
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


def judge(document: str) -> None:
    policy, findings = check_policy(document)
    assert (policy is None) == any(one.level is Level.ERROR for one in findings)
    for one in findings:
        assert one.message
        assert one.line is None or one.line >= 1
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
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=80)
@given(st.sampled_from(_paths(WHOLE)), TREES)
def test_the_shipped_policy_with_any_part_replaced_is_judged(path: tuple[Any, ...], new: Any) -> None:
    judge(yaml.safe_dump(_with(WHOLE, path, new), allow_unicode=True))


@settings(max_examples=60)
@given(st.integers(0, len(shipped_document())), st.integers(0, 60), st.text(max_size=8))
def test_the_shipped_policy_with_any_stretch_of_text_replaced_is_judged(start: int, length: int, new: str) -> None:
    text = shipped_document()
    judge(text[:start] + new + text[start + length :])
