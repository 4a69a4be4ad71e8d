"""The numbers of a policy that decide, the other values that may be tried, and the line of the document to change."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from bridge.domain.conditions import names
from bridge.domain.policy import DEFAULT_CONFIDENCE, Policy, Thresholds
from bridge.domain.policy_check import LOADER
from bridge.domain.triggers import Signal, Trigger

STEP_OF_KEY: Final = {"confidence": 0.05, "below": 0.05, "points": 0.5, "similarity": 5, "at_least": 1, "times": 1}
"""The numbers that are tried, by key, and how far apart the values lie."""
STEPS_TO_EITHER_SIDE: Final = 3
"""Steps to either side."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A number of the policy: the keys that lead to it, its value, and the step to the next value."""

    path: tuple[str, ...]
    value: float
    step: float

    @property
    def name(self) -> str:
        """`triggers/losing_trust/points`."""
        return "/".join(self.path)

    def turned(self, steps: int) -> float:
        """The value so many steps on; whole numbers stay whole."""
        return round(self.value + steps * self.step, 4)


def knobs(policy: Policy) -> Iterator[Knob]:
    """Every number that a rule hangs on; one that stands at its default counts like one that is written."""
    document = policy.thresholds
    standing = (
        document if document.confidence is not None else document.model_copy(update={"confidence": DEFAULT_CONFIDENCE})
    )
    yield from _of_thresholds(("thresholds",), standing)
    for name, flow in policy.flows.items():
        yield from _of_thresholds(("flows", name, "thresholds"), flow.thresholds)
    asked = {trigger for rule in policy.rules for trigger, _ in names(rule.when)}
    for name, trigger in policy.triggers.items():
        if name in asked:
            yield from _of_trigger(name, trigger)


def _of_thresholds(path: tuple[str, ...], thresholds: Thresholds) -> Iterator[Knob]:
    if thresholds.confidence is not None:
        yield Knob((*path, "confidence"), thresholds.confidence, STEP_OF_KEY["confidence"])
    for tier, confidence in thresholds.tiers.items():
        yield Knob((*path, "tiers", tier), confidence, STEP_OF_KEY["confidence"])


def _of_trigger(name: str, trigger: Trigger) -> Iterator[Knob]:
    for key, step in STEP_OF_KEY.items():
        value = getattr(trigger, key, None)
        if value is not None:
            own = isinstance(trigger, Signal)  # the host's values may be of any size
            yield Knob(("triggers", name, key), value, abs(value) / 10 or 0.1 if own else step)


@dataclass(frozen=True, slots=True)
class Edit:
    """A document with one number changed: the line (from 1) as it was, or None for a new line, and as it is to be."""

    document: str
    line: int
    before: str | None
    after: str


def with_number(document: str, path: tuple[str, ...], number: float) -> Edit:
    """The document with a number in the place that the path leads to; nothing else of it changes.

    Args:
        document: a policy that can be read, YAML or JSON.
        path: the keys; those at the end may be missing and are added.
        number: the value.
    """
    node: Any = yaml.compose(document, Loader=LOADER)
    for depth, key in enumerate(path):
        child = next((value for name, value in node.value if name.value == key), None)
        if child is None:
            return _added(document, node, path[depth:], number)
        node = child
    return _edited(document, node.start_mark.index, node.end_mark.index, f"{number:.10g}")


def _added(document: str, mapping: yaml.MappingNode, path: tuple[str, ...], number: float) -> Edit:
    """The missing keys as one flow mapping: beside the others, or on a line of their own above them."""
    quote = '"' if mapping.value and mapping.value[0][0].style == '"' else ""
    text = f"{number:.10g}"
    for depth, key in enumerate(reversed(path)):
        text = f"{quote}{key}{quote}: {{{text}}}" if depth else f"{quote}{key}{quote}: {text}"
    if not mapping.flow_style:
        at = mapping.start_mark
        return _inserted_line(document, at.line, f"{' ' * at.column}{text}")
    last = mapping.value[-1][1].end_mark.index if mapping.value else mapping.start_mark.index + 1
    return _edited(document, last, last, f", {text}" if mapping.value else text)


def _edited(document: str, begin: int, end: int, text: str) -> Edit:
    changed = document[:begin] + text + document[end:]
    line = document.count("\n", 0, begin)
    return Edit(changed, line + 1, document.split("\n")[line], changed.split("\n")[line])


def _inserted_line(document: str, line: int, text: str) -> Edit:
    lines = document.split("\n")
    return Edit("\n".join([*lines[:line], text, *lines[line:]]), line + 1, None, text)
