"""Rules decide: the first that holds, with one reason and a trace."""

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from bridge.domain.conditions import Condition, Not, holds, names
from bridge.domain.customer import Customer
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.rules import Decision, explain, judge, rests_on_customer
from bridge.domain.signals import ReplySignals, TurnSignals, measure_message, measure_reply
from bridge.domain.situation import Firing, Situation
from bridge.domain.values import Json

REST = """
queues: {team: {hours: always, respond_within: {normal: 1h}, ladder: [email]}}
hours: {always: {always: true}}
"""
TRIGGERS = """
triggers:
  asked: {type: human_requested}
  unsure: {type: confidence_below, below: 0.5}
  vip: {type: tier_at_least, tier: business}
  fraud: {type: signal, name: fraud_score, at_least: 0.8}
"""


def policy(rules: str) -> Policy:
    return read_policy(f"{TRIGGERS}{REST}rules:\n{rules}")


def reply(**signals: Any) -> ReplySignals:
    given: dict[str, Any] = {"confidence": None, "intent": None, "intent_matched": None, "failed": False, "values": {}}
    return measure_reply("Here is what I found.", language="en", **{**given, **signals})


def situation(
    text: str = "Where is my order?",
    *,
    tier: str = "standard",
    flow: str = "default",
    answer: ReplySignals | None = None,
) -> Situation:
    message = measure_message(text, language="en", previous=None)
    return Situation(
        turns=(TurnSignals(seq=1, at=0, message=message, reply=answer),),
        turn_count=1,
        flow=flow,
        confidence_threshold=None,
        tiers=("free", "standard", "business", "enterprise"),
        customer=Customer(tier=tier),
    )


def decided(rules: str, seen: Situation) -> str | None:
    rule = judge(policy(rules), seen).rule
    return rule.name if rule else None


ASKING = "I want to talk to a human"


def test_no_rule_that_holds_means_that_the_ai_goes_on() -> None:
    decision = judge(policy("  - {name: r, when: asked, priority: normal}"), situation())
    assert decision == Decision(None, "", {})


def test_a_session_whose_turns_were_all_forgotten_is_left_as_it_is() -> None:
    document = policy("  - {name: r, when: {not: asked}, priority: normal}")
    assert judge(document, replace(situation(), turns=())) == Decision(None, "", {})


def test_the_first_rule_that_holds_decides() -> None:
    rules = "  - {name: never, when: fraud, priority: urgent}\n  - {name: one, when: asked, priority: normal}\n"
    rules += "  - {name: two, when: {any: [asked, fraud]}, priority: urgent}\n"
    assert decided(rules, situation(ASKING)) == "one"


def test_a_trigger_alone_decides_nothing() -> None:
    decision = judge(policy("  - {name: r, when: {all: [asked, vip]}, priority: normal}"), situation(ASKING))
    assert decision.rule is None
    assert "asked" in decision.fired


def test_a_rule_for_flows_holds_in_them_alone() -> None:
    document = policy(
        "  - {name: r, when: asked, priority: normal, flows: [billing]}\nflows: {default: {}, billing: {}}"
    )
    assert judge(document, situation(ASKING, flow="billing")).rule
    assert judge(document, situation(ASKING)).rule is None


def test_a_rule_for_tiers_holds_for_them_alone() -> None:
    rules = "  - {name: r, when: asked, priority: normal, tiers: [free, business]}"
    assert decided(rules, situation(ASKING, tier="free")) == "r"
    assert decided(rules, situation(ASKING, tier="standard")) is None


def test_not_holds_where_the_trigger_has_not_fired() -> None:
    rules = "  - {name: r, when: {all: [asked, {not: vip}]}, priority: normal}"
    assert decided(rules, situation(ASKING)) == "r"
    assert decided(rules, situation(ASKING, tier="enterprise")) is None


@pytest.mark.parametrize(
    "when",
    [
        "{not: vip}",
        "{not: {all: [asked, vip]}}",
        "{any: [asked, {not: vip}]}",
        "{all: [{not: vip}, {not: fraud}]}",
        "{at_least: 1, of: [asked, {all: [{not: vip}]}]}",
    ],
)
def test_a_rule_may_hold_while_no_trigger_has_fired(when: str) -> None:
    rules = f"  - {{name: first, when: asked, priority: normal}}\n  - {{name: r, when: {when}, priority: normal}}"
    assert decided(rules, situation()) == "r"


@pytest.mark.parametrize(("at_least", "holds_then"), [(1, True), (2, True), (3, False)])
def test_at_least_counts_its_parts(at_least: int, *, holds_then: bool) -> None:
    rules = f"  - {{name: r, when: {{at_least: {at_least}, of: [asked, vip, fraud]}}, priority: normal}}"
    assert (decided(rules, situation(ASKING, tier="business")) is not None) == holds_then


def test_a_part_that_stands_twice_counts_twice() -> None:
    condition = TypeAdapter[Any](Condition).validate_python({"at_least": 2, "of": ["a", "a", "b"]})
    assert holds(condition, {"a"}.__contains__)


def test_an_input_that_is_absent_fires_nothing() -> None:
    rules = "  - {name: r, when: {any: [unsure, fraud]}, priority: normal}"
    assert decided(rules, situation(answer=reply())) is None
    assert decided(rules, situation(answer=reply(confidence=0.4))) == "r"
    assert decided(rules, situation(answer=reply(values={"fraud_score": 0.9}))) == "r"


def test_the_reason_names_the_rule_and_what_fired_of_what_it_asks_for() -> None:
    rules = "  - {name: two-signs, when: {at_least: 2, of: [asked, vip, fraud]}, priority: normal}"
    reason = judge(policy(rules), situation(ASKING, tier="business", answer=reply(confidence=0.1))).reason
    assert (
        reason
        == 'two-signs: the visitor asked for a person: "want to talk to a human"; the customer\'s tier is business'
    )


def test_the_reason_says_nothing_of_what_must_not_hold() -> None:
    rules = "  - {name: r, when: {all: [asked, {not: {all: [vip, fraud]}}]}, priority: normal}"
    assert "tier" not in judge(policy(rules), situation(ASKING, tier="business")).reason


def test_an_owners_reason_replaces_the_machine_made_one() -> None:
    rules = "  - {name: r, when: asked, priority: normal, reason: They asked.}"
    assert judge(policy(rules), situation(ASKING)).reason == "They asked."


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("{not: asked}", "quiet: not asked"),
        ("{not: {any: [asked, vip, asked]}}", "quiet: not asked, not vip"),
        ("{any: [unsure, {not: asked}]}", "quiet: not asked"),
        ("{not: {all: [fraud, {not: {any: [asked, unsure]}}]}}", "quiet: not fraud"),
    ],
)
def test_a_rule_that_held_by_absence_is_explained_by_what_did_not_fire(when: str, reason: str) -> None:
    rule = policy("  - {name: quiet, when: asked, priority: normal}").rules[0]
    condition = TypeAdapter[Any](Condition).validate_python(yaml.safe_load(when))
    assert explain(rule.model_copy(update={"when": condition}), {}) == reason


def test_of_a_trigger_that_fired_nothing_is_said_where_it_must_not_hold() -> None:
    rules = "  - {name: quiet, when: {not: {all: [asked, vip]}}, priority: normal}"
    assert judge(policy(rules), situation(ASKING)).reason == "quiet: not vip"


def test_a_reason_stays_within_what_a_packet_carries() -> None:
    rule = policy("  - {name: r, when: {any: [asked, vip]}, priority: normal}").rules[0]
    fired = {"asked": Firing(1, 1, "x" * 300), "vip": Firing(1, 1, "y" * 300)}
    assert len(explain(rule, fired)) == 400
    negated = Not.model_validate({"not": {"any": [f"{letter * 60}" for letter in "abcdefghij"]}})
    assert len(explain(rule.model_copy(update={"when": negated}), {})) == 400


def test_the_trace_says_what_was_measured_against_what() -> None:
    rules = "  - {name: r, when: unsure, priority: normal}"
    trace: Json = judge(policy(rules), situation(answer=reply(confidence=0.4))).trace()
    assert trace["rule"] == "r"
    assert trace["fired"]["unsure"]["value"] == 0.4
    assert trace["fired"]["unsure"]["threshold"] == 0.5
    assert json.loads(json.dumps(trace)) == trace


def test_the_same_situation_gives_the_same_trace_bit_for_bit() -> None:
    rules = "  - {name: r, when: {any: [asked, vip, unsure]}, priority: normal}"
    seen = situation(ASKING, tier="business", answer=reply(confidence=0.1))
    assert json.dumps(judge(policy(rules), seen).trace()) == json.dumps(judge(policy(rules), seen).trace())


@pytest.mark.parametrize(
    ("rule", "rests"),
    [
        ("when: asked", False),
        ("when: {any: [asked, unsure, fraud]}", False),
        ("when: {any: [asked, vip]}", True),
        ("when: {all: [asked, {not: vip}]}", True),
        ("when: asked, tiers: [business]", True),
    ],
)
def test_a_rule_rests_on_the_customer_where_it_asks_for_a_tier_or_a_fact_of_theirs(rule: str, *, rests: bool) -> None:
    document = policy(f"  - {{name: r, {rule}, priority: normal}}")
    assert rests_on_customer(document, document.rules[0]) is rests


def test_names_tells_which_stand_under_an_odd_number_of_nots() -> None:
    tree = {"all": ["a", {"not": {"any": ["b", {"not": "c"}]}}, {"at_least": 1, "of": ["d"]}]}
    condition = TypeAdapter[Any](Condition).validate_python(tree)
    assert list(names(condition)) == [("a", False), ("b", True), ("c", False), ("d", False)]
