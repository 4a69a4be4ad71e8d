"""What a host feeds: what is said of it, what its record shows, and what follows for a policy."""

import pytest

from bridge.domain.host import Host, bot_inputs
from bridge.domain.policy_check import Level, check_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.signals import ReplySignals

DOCUMENT = """\
tiers: [trial, standard, gold]
triggers:
  asked: {type: human_requested}
  unsure: {type: confidence_below}
  missed: {type: intent_failures}
  stuck: {type: bot_repeats}
  score: {type: signal, name: fraud_score, at_least: 0.8}
  gold: {type: tier_at_least, tier: gold}
  known: {type: tier_at_least, tier: standard}
  sla: {type: sla_at_risk, minutes_left: 60}
  ticket: {type: open_ticket}
  down: {type: crm_unavailable}
  worth: {type: order_value_at_least, amounts: {USD: 500}}
rules:
  - {name: ask, when: asked, priority: normal}
  - {name: signs, when: {at_least: 2, of: [unsure, missed, stuck]}, priority: normal}
  - {name: scored, when: score, priority: normal}
  - {name: valued, when: {all: [{any: [gold, sla, ticket]}, {not: down}]}, priority: normal}
  - {name: worthy, when: {all: [worth, known]}, priority: normal}
  - {name: gold-alone, when: {not: asked}, priority: normal, tiers: [gold]}
queues: {team: {hours: always, respond_within: {normal: 1h}, ladder: [email]}}
hours: {always: {always: true, timezone: UTC}}
"""


def found(host: Host, document: str = DOCUMENT) -> dict[str, str]:
    policy, findings = check_policy(document, host=host)
    assert policy is not None
    for one in findings:
        assert one.level is Level.WARNING
        assert one.line
        assert one.hint
    return {one.path: one.message for one in findings}


def test_nothing_is_said_about_a_host_that_nobody_knows() -> None:
    assert found(Host()) == {}


def test_nothing_is_said_about_a_host_that_feeds_everything() -> None:
    assert found(Host(bot_inputs(["confidence", "intent", "signal:fraud_score"]), crm=True)) == {}


def test_without_a_crm_what_needs_one_cannot_fire_and_rules_of_nothing_else_never_decide() -> None:
    said = found(Host(crm=False))
    dead = {path for path in said if path.startswith("/triggers")}
    assert dead == {f"/triggers/{name}" for name in ("gold", "sla", "ticket", "down")}
    assert said["/triggers/gold"] == "it cannot fire here: no CRM is configured"
    assert said["/rules/3"] == "it can never decide here: no CRM is configured"
    assert said["/rules/5"] == "it can never decide here: no CRM is configured, so everybody has the tier standard"
    assert len(said) == 6


def test_a_tier_that_everybody_has_by_default_needs_no_crm() -> None:
    assert "/triggers/known" not in found(Host(crm=False))


def test_orders_may_come_from_the_shop_so_nobody_misses_a_crm_for_them() -> None:
    assert "/triggers/worth" not in found(Host(crm=False))


def test_a_bot_that_sends_only_its_replies() -> None:
    said = found(Host(bot_inputs(["reply"])))
    assert said == {
        "/triggers/unsure": "it cannot fire here: the bot sends no confidence",
        "/triggers/missed": "it cannot fire here: the bot sends no intent_matched",
        "/triggers/score": "it cannot fire here: the bot sends no signal fraud_score",
        "/rules/1": "it can never decide here: the bot sends no confidence; the bot sends no intent_matched",
        "/rules/2": "it can never decide here: the bot sends no signal fraud_score",
    }


def test_a_rule_that_can_still_decide_without_the_missing_input_is_left_alone() -> None:
    assert "/rules/1" not in found(Host(bot_inputs(["confidence"])))


def test_a_record_shows_what_was_never_sent() -> None:
    replies = [ReplySignals(confidence=0.4), ReplySignals(values={"mood": 1.0})]
    said = found(Host.of_record(replies, crm=True))
    assert said["/triggers/score"] == "it cannot fire here: no signal fraud_score came with the last 2 replies"
    assert said["/triggers/missed"] == "it cannot fire here: no intent_matched came with the last 2 replies"
    assert not {"/triggers/unsure", "/triggers/stuck"} & said.keys()


def test_a_record_without_a_reply_says_so() -> None:
    said = found(Host.of_record([], crm=True))
    assert said["/triggers/stuck"] == "it cannot fire here: no reply of the bot has come yet"
    assert "/rules/0" not in said


def test_the_shipped_policy_keeps_every_rule_on_a_site_without_a_crm() -> None:
    assert found(Host(crm=False), shipped_document()).keys() == {"/triggers/big_account"}


def test_any_input_means_that_the_replies_come_too() -> None:
    assert bot_inputs(["confidence", " intent "]) == {"reply", "confidence", "intent"}
    assert bot_inputs(["signal:x"]) == {"reply", "signal:x"}
    assert bot_inputs(["none"]) == bot_inputs([""]) == frozenset()


@pytest.mark.parametrize("name", ["confidense", "signal", "signal:", "crm"])
def test_another_input_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"signal:NAME"):
        bot_inputs([name])
