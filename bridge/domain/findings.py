"""Reading a policy: every fault is a finding with its path, its line and a hint; an error refuses the document."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml
from pydantic import ValidationError

from bridge.domain import hours, messages
from bridge.domain.instants import from_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.reach import unreachable
from bridge.domain.rules import names
from bridge.domain.values import Channel, Json, Millis

LARGEST = 256 * 1024
"""Characters of a policy document."""
DEEPEST = 40
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Level(StrEnum):
    """Whether the document is refused or only commented on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a document. `path` is a JSON pointer; `line` counts from 1, where it is known."""

    level: Level
    path: str
    message: str
    hint: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.level.value}: {where}{self.path or '/'}: {self.message}{hint}"


class PolicyRefused(ValueError):  # noqa: N818 - it names what happened
    """The document has errors; `findings` names them."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


def read_policy(document: str) -> Policy:
    """The policy of a document, YAML or JSON.

    Raises:
        PolicyRefused: it has at least one error.
    """
    policy, findings = check_policy(document)
    if policy is None:
        raise PolicyRefused(findings)
    return policy


def check_policy(document: str, *, now: Millis | None = None) -> tuple[Policy | None, list[Finding]]:
    """The policy, unless it has an error, and everything that is to be said about it.

    Args:
        document: YAML or JSON text.
        now: the instant from which "no opening within a year" is looked for; the year 2026 when left out.
    """
    root, data, refused = _parse(document)
    if refused:
        return None, [refused]
    lines = _Lines(root)
    try:
        policy = Policy.model_validate(data)
    except ValidationError as error:
        return None, [_of_schema(one, lines) for one in _causes(error)]
    at = now if now is not None else from_rfc3339("2026-01-01T00:00:00Z")
    found = [lines.located(finding) for finding in _review(policy, at)]
    refused_at_all = any(finding.level is Level.ERROR for finding in found)
    return (None if refused_at_all else policy), found


def _parse(document: str) -> tuple[yaml.Node | None, Json, Finding | None]:
    if len(document) > LARGEST:
        return None, None, Finding(Level.ERROR, "", f"longer than {LARGEST} characters")
    try:
        if deep := _too_deep(document):
            return None, None, deep
        root = yaml.compose(document, Loader=LOADER)
        fault = _fault_of_tree(root)
        if root is None or fault:
            return root, None, fault
        return root, yaml.constructor.SafeConstructor().construct_document(root), None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        return None, None, Finding(Level.ERROR, "", f"not YAML: {error.problem or 'unreadable'}", "", line)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return None, None, Finding(Level.ERROR, "", "not YAML or JSON")


def _too_deep(document: str) -> Finding | None:
    """Looked for before a tree is made of it: libyaml makes trees by recursion, and runs out of the process' stack."""
    depth = 0
    for event in yaml.parse(document, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            mark = event.start_mark
            return Finding(Level.ERROR, "", "nested too deeply", "", mark.line + 1 if mark else None)
    return None


def _fault_of_tree(root: yaml.Node | None) -> Finding | None:
    """No document, an alias (one short text can stand for a very long one) or a key that stands twice."""
    if not isinstance(root, yaml.MappingNode):
        return Finding(Level.ERROR, "", "expected a mapping with rules, queues and hours")
    seen: set[int] = set()
    stack: list[yaml.Node] = [root]
    while stack:
        node = stack.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            return Finding(Level.ERROR, "", "aliases (& and *) are not read", "write it out", line)
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if double := next((key for key, times in Counter(keys).items() if times > 1), None):
                return Finding(Level.ERROR, "", f"the key {double[:40]!r} stands twice", "keep one of them", line)
            stack.extend(child for pair in node.value for child in pair)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
    return None


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
                below = f"{path}/{key.value}"
                self._of[below] = key.start_mark.line + 1
                self._walk(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._walk(value, f"{path}/{index}")

    def __contains__(self, path: str) -> bool:
        return path in self._of

    def of(self, path: str) -> int | None:
        while path and path not in self._of:
            path = path.rpartition("/")[0]
        return self._of.get(path)

    def located(self, finding: Finding) -> Finding:
        return Finding(finding.level, finding.path, finding.message, finding.hint, self.of(finding.path))


def _causes(error: ValidationError) -> Iterator[Any]:
    """The schema's errors, without "too few" of a list that is short only because one of its items was refused."""
    found = error.errors(include_input=False, include_url=False)
    for one in found:
        loc = one["loc"]
        below = (other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in found)
        if one["type"] != "too_short" or not any(below):
            yield one


def _of_schema(error: Any, lines: _Lines) -> Finding:
    """A schema error without the names that pydantic gives to the branches of a union."""
    path = ""
    for part in error["loc"]:
        candidate = f"{path}/{part}"
        if isinstance(part, int) or error["type"] in ("missing", "extra_forbidden") or candidate in lines:
            path = candidate
    message = str(error["msg"]).removeprefix("Value error, ")
    hint = "check the spelling; the documentation lists every key" if error["type"] == "extra_forbidden" else ""
    return Finding(Level.ERROR, path, message[0].lower() + message[1:], hint, lines.of(path))


def _review(policy: Policy, now: Millis) -> Iterator[Finding]:
    yield from _tiers(policy)
    yield from _rules(policy)
    yield from _queues(policy, now)
    for path, fault, hint in messages.faults(policy.messages):
        yield Finding(Level.ERROR, f"/messages/{path}", fault, hint)


def _unknown(path: str, kind: str, name: str, known: object) -> Finding:
    choice = ", ".join(map(str, list(known)[:12])) if isinstance(known, dict | tuple) else ""
    return Finding(
        Level.ERROR, path, f"there is no {kind} {name!r}", f"known: {choice}" if choice else "none is defined"
    )


def _tiers(policy: Policy) -> Iterator[Finding]:
    if policy.default_tier not in policy.tiers:
        yield _unknown("/default_tier", "tier", policy.default_tier, policy.tiers)
    for name, trigger in policy.triggers.items():
        tier = getattr(trigger, "tier", None)
        if tier is not None and tier not in policy.tiers:
            yield _unknown(f"/triggers/{name}/tier", "tier", tier, policy.tiers)
    for name, queue in policy.queues.items():
        for index, tier in enumerate(queue.tiers):
            if tier not in policy.tiers:
                yield _unknown(f"/queues/{name}/tiers/{index}", "tier", tier, policy.tiers)


def _rules(policy: Policy) -> Iterator[Finding]:
    for index, rule in enumerate(policy.rules):
        path = f"/rules/{index}"
        for trigger in dict.fromkeys(name for name, _ in names(rule.when)):
            if trigger not in policy.triggers:
                yield _unknown(f"{path}/when", "trigger", trigger, policy.triggers)
        if rule.queue and rule.queue not in policy.queues:
            yield _unknown(f"{path}/queue", "queue", rule.queue, policy.queues)
        for flow in set(rule.flows) - policy.flows.keys():
            yield _unknown(f"{path}/flows", "flow", flow, policy.flows)
        for tier in set(rule.tiers) - set(policy.tiers):
            yield _unknown(f"{path}/tiers", "tier", tier, policy.tiers)
        yield from _twice(policy, index)
    yield from _unreachable(policy)


def _twice(policy: Policy, index: int) -> Iterator[Finding]:
    name = policy.rules[index].name
    if any(earlier.name == name for earlier in policy.rules[:index]):
        hint = "give each its own name"
        yield Finding(Level.ERROR, f"/rules/{index}/name", f"the rule {name!r} stands twice", hint)


def _unreachable(policy: Policy) -> Iterator[Finding]:
    for index, earlier in unreachable(policy.rules):
        if earlier is None:
            hint = "its condition contradicts itself, or asks for more triggers than it names"
            yield Finding(Level.ERROR, f"/rules/{index}/when", "it can never hold", hint)
        else:
            hint = "the first rule that holds decides; put the narrower one first"
            said = f"it can never decide: whenever it holds, {earlier.name!r} has decided"
            yield Finding(Level.ERROR, f"/rules/{index}", said, hint)


def _queues(policy: Policy, now: Millis) -> Iterator[Finding]:
    for name, queue in policy.queues.items():
        if queue.hours not in policy.hours:
            yield _unknown(f"/queues/{name}/hours", "calendar", queue.hours, policy.hours)
        if queue.ladder[-1] is not Channel.EMAIL:
            hint = "end it with email: a person may be away, a mailbox is not"
            yield Finding(Level.ERROR, f"/queues/{name}/ladder", "its last rung can fail", hint)
        if len(set(queue.ladder)) != len(queue.ladder):
            yield Finding(Level.ERROR, f"/queues/{name}/ladder", "a rung stands twice", "name each way once")
    for name, calendar in policy.hours.items():
        if not hours.opening_in_year(calendar, now):
            yield Finding(Level.ERROR, f"/hours/{name}", "it never opens within a year", "nothing could be promised")
