"""Reading a policy: every fault is a finding with its path, its line and a hint; an error refuses the document."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice
from typing import Any, ClassVar, Final, get_args

import yaml
from pydantic import BaseModel, ValidationError

from bridge.domain import calendars
from bridge.domain.conditions import All, Any_, AtLeast, Not, names
from bridge.domain.customer_triggers import CURRENCY
from bridge.domain.finding import Finding, Level, PolicyRefused, did_you_mean
from bridge.domain.host import Host
from bridge.domain.instants import from_rfc3339
from bridge.domain.pointers import pointer, pointer_of
from bridge.domain.policy import Flow, Match, Policy, ResponderRules, Rule, Thresholds
from bridge.domain.policy_review import review
from bridge.domain.queues import ADDRESS, NAME, Callbacks, ForTier, Queue
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.triggers import Trigger
from bridge.domain.values import Json, Millis

__all__ = ["Finding", "Level", "PolicyRefused", "check_policy", "read_policy", "stored_policy"]

LARGEST = 256 * 1024
"""Characters of a policy document."""
DEEPEST_NESTING = 40
MOST_FINDINGS = 200
"""Faults against the schema that are told of one document."""
NOT_YAML = "a key, a colon and a space, then the value; indent with spaces"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_policy(document: str, *, now: Millis | None = None) -> Policy:
    """The policy of a document, YAML or JSON; `now` as in `check_policy`.

    Raises:
        PolicyRefused: it has at least one error.
    """
    policy, findings = check_policy(document, now=now)
    if policy is None:
        raise PolicyRefused(findings)
    return policy


def stored_policy(document: str) -> Policy:
    """The policy of a document that was accepted when it was put: what a newer release finds in it refuses it no more.

    Raises:
        PolicyRefused: it does not fit the schema.
    """
    policy, _, findings = _read(document)
    if policy is None:
        raise PolicyRefused(findings)
    return policy


def check_policy(
    document: str, *, now: Millis | None = None, host: Host | None = None
) -> tuple[Policy | None, list[Finding]]:
    """The policy, unless it has an error, and everything that is to be said about it: errors first, then by line.

    Args:
        document: YAML or JSON text.
        now: the instant from which "no opening within a year" is looked for; the year 2026 when left out.
        host: who will feed the triggers, as far as that is known.
    """
    policy, lines, findings = _read(document)
    if policy is None:
        return None, findings
    at = now if now is not None else from_rfc3339("2026-01-01T00:00:00Z")
    found = [lines.located(finding) for finding in review(policy, at, host or Host())]
    found.sort(key=lambda finding: (finding.level is not Level.ERROR, finding.line))
    refused_at_all = any(finding.level is Level.ERROR for finding in found)
    return (None if refused_at_all else policy), found


def _read(document: str) -> "tuple[Policy | None, _Lines, list[Finding]]":
    """The policy as far as the schema goes, and where its parts stand."""
    root, data, refused = _parse(document)
    if refused:
        return None, _Lines(None), [refused]  # what was refused may hold itself, or stand for far more than it is
    lines = _Lines(root)
    try:
        return _completed(Policy.model_validate(data)), lines, []
    except ValidationError as error:
        return None, lines, [_of_schema(one, data, lines) for one in islice(_causes(error), MOST_FINDINGS)]


def _completed(policy: Policy) -> Policy:
    """Where no triggers are defined, the shipped ones that the rules name: they need not be written out again."""
    if "triggers" in policy.model_fields_set:
        return policy
    asked = {name for rule in policy.rules for name, _ in names(rule.when)}
    shipped = {name: trigger for name, trigger in _shipped_triggers().items() if name in asked}
    return policy.model_copy(update={"triggers": shipped})


@cache
def _shipped_triggers() -> Mapping[str, Trigger]:
    """The triggers of the policy that ships, by name."""
    return stored_policy(shipped_document()).triggers


def _parse(document: str) -> tuple[yaml.Node | None, Json, Finding | None]:
    if len(document) > LARGEST:
        return None, None, _refusal(f"longer than {LARGEST} characters", "leave out what is not needed")
    try:
        if deep := _too_deep(document):
            return None, None, deep
        root = yaml.compose(document, Loader=LOADER)
        fault = _fault_of_tree(root)
        if root is None or fault:
            return root, None, fault
        return root, _Constructor().construct_document(root), None
    except yaml.MarkedYAMLError as error:
        return None, None, _not_yaml(document, error)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return None, None, _refusal("not YAML or JSON", NOT_YAML)


def _not_yaml(document: str, error: yaml.MarkedYAMLError) -> Finding:
    mark = error.problem_mark
    line = next(islice(document.split("\n"), mark.line, None), "") if mark else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return _refusal("not YAML: a tab", "indent with spaces", mark)
    return _refusal(f"not YAML: {error.problem or 'unreadable'}", NOT_YAML, mark)


def _refusal(message: str, hint: str, mark: Any = None) -> Finding:
    """A fault that leaves nothing to be read; `mark` is YAML's, counted from 0."""
    return Finding(Level.ERROR, "", message, hint, mark.line + 1 if mark else 1)


def _too_deep(document: str) -> Finding | None:
    """Looked for before a tree is made of it: libyaml makes trees by recursion, and runs out of the process' stack."""
    depth = 0
    for event in yaml.parse(document, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_NESTING:
            return _refusal("nested too deeply", f"{DEEPEST_NESTING} levels are read", event.start_mark)
    return None


def _fault_of_tree(root: yaml.Node | None) -> Finding | None:
    """No document, an alias (one short text can stand for a very long one) or a key that stands twice."""
    if not isinstance(root, yaml.MappingNode):
        return _refusal("expected a mapping with rules, queues and hours", "bridge policy show prints a whole one")
    seen: set[int] = set()
    stack: list[yaml.Node] = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            return _refusal("aliases (& and *) are not read", "write it out", node.start_mark)
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if double := next((key for key, times in Counter(keys).items() if times > 1), None):
                return _refusal(f"the key {double[:40]!r} stands twice", "keep one of them", node.start_mark)
            stack.extend(child for pair in node.value for child in pair)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
    return None


class _Constructor(yaml.constructor.SafeConstructor):
    """Leaves a date the text that it is in JSON: the schema reads it, and knows where a wrong one stands."""

    yaml_constructors: ClassVar = {
        **yaml.constructor.SafeConstructor.yaml_constructors,
        "tag:yaml.org,2002:timestamp": yaml.constructor.SafeConstructor.construct_yaml_str,
    }


class _Lines:
    """Where each path of the document stands."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._of: dict[str, int] = {}
        if root is not None:
            self._walk(root, "")

    def _walk(self, node: yaml.Node, path: str) -> None:
        self._of.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = path + pointer(key.value)
                self._of[below] = key.start_mark.line + 1
                self._walk(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, f"{path}/{index}")

    def of(self, path: str) -> int:
        while path and path not in self._of:
            path = path.rpartition("/")[0]
        return self._of.get(path, 1)

    def located(self, finding: Finding) -> Finding:
        return replace(finding, line=self.of(finding.path))


def _causes(error: ValidationError) -> Iterator[Any]:
    """The schema's errors, without "too few" of a list that is short only because one of its items was refused."""
    found = error.errors(include_input=False, include_url=False)
    for one in found:
        loc = one["loc"]
        below = (other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in found)
        if one["type"] != "too_short" or not any(below):
            yield one


def _of_schema(error: Any, data: Json, lines: _Lines) -> Finding:
    path = pointer_of(error["loc"], data, missing=error["type"] == "missing")
    return Finding(Level.ERROR, path, _message(error), _hint(error, path), lines.of(path))


_KEYED = "expected keys and values, as in {{key: value}}"
_PLAIN = {
    "extra_forbidden": "there is no such key here",
    "tuple_type": "expected a list, as in [one, two]",
    "dict_type": _KEYED,
    "model_type": _KEYED,
    "model_attributes_type": _KEYED,
    "too_short": "expected at least {min_length}",
}
"""What the schema says with words of Python, for who writes a policy."""


def _message(error: Any) -> str:
    match error["type"]:
        case kind if kind in _PLAIN:
            return _PLAIN[kind].format(**error.get("ctx", {}))
        case "union_tag_invalid":
            return f"there is no trigger type {error['ctx']['tag'][:64]!r}"
        case "string_pattern_mismatch" if error["ctx"]["pattern"] in WORDS_FOR_PATTERN:
            return f"expected {WORDS_FOR_PATTERN[error['ctx']['pattern']]}"
        case _:
            message = str(error["msg"]).removeprefix("Value error, ")
            return message[0].lower() + message[1:]


def _hint(error: Any, path: str) -> str:
    match error["type"]:
        case "missing":
            return "add it"
        case "extra_forbidden":
            key, known = str(error["loc"][-1]), _keys_at(path, error["loc"])
            return "one of any, all, at_least, not: nest the others in it" if key in known else did_you_mean(key, known)
        case "union_tag_invalid":
            return did_you_mean(str(error["ctx"]["tag"]), TRIGGERS)
        case _:
            return "docs/policy.md has every key with an example"


def _keys_at(path: str, loc: tuple[Any, ...]) -> Iterable[str]:
    """The keys that are known where a key is not."""
    above = path.rpartition("/")[0]
    if fnmatchcase(above, "/triggers/*"):
        return _keys_of(*(TRIGGERS[part] for part in loc[2:3] if part in TRIGGERS))
    return next((_keys_of(*models) for pattern, models in PLACES if fnmatchcase(above, pattern)), ())


def _keys_of(*models: type[BaseModel]) -> list[str]:
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


WORDS_FOR_PATTERN: Final = {
    NAME: "a letter, and then letters, digits, _ and -",
    ADDRESS: "one e-mail address",
    CURRENCY: "three capital letters, such as EUR",
    calendars.FEED: "an address that begins with https://, http:// or webcal://",
}
"""What each pattern of a policy's texts asks for, in words."""
TRIGGERS: Final[dict[str, type[BaseModel]]] = {
    model.model_fields["type"].default: model for model in get_args(get_args(Trigger)[0])
}
PLACES: Final[tuple[tuple[str, tuple[type[BaseModel], ...]], ...]] = (
    ("", (Policy,)),
    ("/thresholds", (Thresholds,)),
    ("/responder", (ResponderRules,)),
    ("/flows/*/thresholds", (Thresholds,)),
    ("/flows/*/match", (Match,)),
    ("/flows/*", (Flow,)),
    ("/rules/*/when*", (Any_, All, AtLeast, Not)),
    ("/rules/*", (Rule,)),
    ("/queues/*/by_tier/*", (ForTier,)),
    ("/queues/*/callbacks", (Callbacks,)),
    ("/queues/*", (Queue,)),
    ("/hours/*/holidays", (calendars.Holidays,)),
    ("/hours/*/closed/*", (calendars.Closure,)),
    ("/hours/*/extra/*", (calendars.Extra,)),
    ("/hours/*", (calendars.Calendar,)),
)
"""Which models have their keys at a path, the first pattern that fits."""
