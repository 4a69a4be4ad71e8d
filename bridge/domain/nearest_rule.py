"""Why no rule decided: the rule that came nearest, and what it lacked."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain.conditions import All, Any_, AtLeast, Condition, Not, holds, names
from bridge.domain.policy import Policy, Rule
from bridge.domain.triggers import OF_CUSTOMER, inputs_of
from bridge.domain.values import Json

Fired = Callable[[str], bool]
FAR: Final = 1_000


@dataclass(frozen=True, slots=True)
class Nearest:
    """A rule that did not decide. `has` fired of what it asks for, `met` of the `needed` signs; `lacks` is the rest."""

    rule: str
    has: tuple[str, ...]
    met: int
    needed: int
    lacks: str

    @property
    def missing(self) -> int:
        """How many signs more would have been enough."""
        return self.needed - self.met

    def as_json(self) -> Json:
        """The answer for scripts."""
        return {
            "rule": self.rule,
            "has": list(self.has),
            "met": self.met,
            "needed": self.needed,
            "lacks": self.lacks,
        }


def nearest(policy: Policy, fired: Sequence[str], *, flow: str, tier: str) -> Nearest | None:
    """The rule with the least missing of those for which anything has fired, the first of several; None without one.

    What a customer is does not change while they talk: a rule that lacks that is farther than any that does not.

    Args:
        policy: the version that was judged with.
        fired: the triggers that had fired.
        flow: the session's at that time.
        tier: the customer's.
    """
    lasting = {name for name, trigger in policy.triggers.items() if inputs_of(trigger) & OF_CUSTOMER}
    near = [(_distance(rule, fired, tier, lasting), rule) for rule in policy.rules if _wanted(rule, fired)]
    closest = min(near, key=lambda one: one[0], default=None)
    return _told(closest[1], fired, flow, tier) if closest else None


def _wanted(rule: Rule, fired: Sequence[str]) -> tuple[str, ...]:
    wanted = [name for name, negated in names(rule.when) if not negated]
    return tuple(name for name in fired if name in wanted)


def _distance(rule: Rule, fired: Sequence[str], tier: str, lasting: Container[str]) -> int:
    other_tier = FAR if rule.tiers and tier not in rule.tiers else 0
    return other_tier + _missing(rule.when, fired.__contains__, lasting)


def _told(rule: Rule, fired: Sequence[str], flow: str, tier: str) -> Nearest:
    elsewhere = [f"the flow {' or '.join(rule.flows)}"] if rule.flows and flow not in rule.flows else []
    elsewhere += [f"the tier {' or '.join(rule.tiers)}"] if rule.tiers and tier not in rule.tiers else []
    lacks = [said for said in (_lacks(rule.when, fired.__contains__), *elsewhere) if said]
    missing = _missing(rule.when, fired.__contains__)
    met = max(1, _missing(rule.when, frozenset().__contains__) - missing)
    return Nearest(rule.name, _wanted(rule, fired), met, met + missing + len(elsewhere), " and ".join(lacks))


def _missing(condition: Condition, fired: Fired, lasting: Container[str] = frozenset()) -> int:
    """How many triggers must fire, or must not have fired, for the condition to hold; a lasting one counts as far."""
    match condition:
        case str():
            return 0 if fired(condition) else FAR if condition in lasting else 1
        case Any_():
            return min(_missing(part, fired, lasting) for part in condition.any)
        case All():
            return sum(_missing(part, fired, lasting) for part in condition.all)
        case AtLeast():
            return sum(sorted(_missing(part, fired, lasting) for part in condition.of)[: condition.at_least])
        case Not():
            return 1 if holds(condition.not_, fired) else 0


def _lacks(condition: Condition, fired: Fired) -> str:
    """What would have to be different, in words; nothing where the condition holds."""
    if holds(condition, fired):
        return ""
    match condition:
        case str():
            return condition
        case Any_():
            return _some(1, condition.any, fired)
        case All():
            return " and ".join(filter(None, (_lacks(part, fired) for part in condition.all)))
        case AtLeast():
            met = sum(holds(part, fired) for part in condition.of)
            return _some(condition.at_least - met, condition.of, fired)
        case Not():
            return f"that not {_said(condition.not_)}"


def _some(count: int, parts: Sequence[Condition], fired: Fired) -> str:
    open_ = [_lacks(part, fired) for part in parts if not holds(part, fired)]
    if len(open_) == count:
        return " and ".join(open_)
    return f"{'one' if count == 1 else count} of {', '.join(open_)}"


def _said(condition: Condition) -> str:
    match condition:
        case str():
            return condition
        case Not():
            return f"not {_said(condition.not_)}"
        case _:
            return f"({', '.join(dict.fromkeys(name for name, _ in names(condition)))})"
