"""Triggers nominate, rules decide: the first rule whose condition holds.

`judge` is pure and quick; its trace says what fired, what was measured against what, and which rule decided, so that
the same decision can be explained later and judged again from its stored inputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.domain.conditions import holds, names
from bridge.domain.policy import Policy, Rule
from bridge.domain.situation import Firing, Situation
from bridge.domain.triggers import OF_CUSTOMER, inputs_of
from bridge.domain.values import Json


@dataclass(frozen=True, slots=True)
class Decision:
    """What a turn came to. `rule` is None when the AI may go on; `reason` is one sentence for a person."""

    rule: Rule | None
    reason: str
    fired: Mapping[str, Firing]

    def trace(self) -> Json:
        """The decision as it is stored beside the turn."""
        return {
            "rule": self.rule.name if self.rule else None,
            "reason": self.reason,
            "fired": {n: {"value": f.value, "threshold": f.threshold, "why": f.why} for n, f in self.fired.items()},
        }


def judge(policy: Policy, situation: Situation) -> Decision:
    """Which rule, if any, hands the conversation over now; none where no turn is in sight (all were forgotten)."""
    if not situation.turns:
        return Decision(None, "", {})
    fired = {name: firing for name, trigger in policy.triggers.items() if (firing := trigger.fires(situation))}
    if not (fired or policy.decides_unasked):
        return Decision(None, "", fired)
    for rule in policy.rules:
        if rule.may_hold(fired) and _applies(rule, situation) and holds(rule.when, fired.__contains__):
            return Decision(rule, explain(rule, fired), fired)
    return Decision(None, "", fired)


def _applies(rule: Rule, situation: Situation) -> bool:
    in_flow = not rule.flows or situation.flow in rule.flows
    in_tier = not rule.tiers or situation.customer.tier in rule.tiers
    return in_flow and in_tier


def rests_on_customer(policy: Policy, rule: Rule) -> bool:
    """Whether the rule asks for anything that a CRM or a shop says of the customer."""
    asked = (policy.triggers[name] for name, _ in names(rule.when))
    return bool(rule.tiers) or any(inputs_of(trigger) & OF_CUSTOMER for trigger in asked)


def explain(rule: Rule, fired: Mapping[str, Firing]) -> str:
    """One reason in plain words: the rule, and what fired of what it asks for; where nothing did, what is absent."""
    if rule.reason:
        return rule.reason
    asked = dict.fromkeys(names(rule.when))
    said = (fired[name].why for name, negated in asked if not negated and name in fired)
    absent = (f"not {name}" for name, negated in asked if negated and name not in fired)
    why = "; ".join(said) or ", ".join(absent)
    return f"{rule.name}: {why}"[:400] if why else rule.name
