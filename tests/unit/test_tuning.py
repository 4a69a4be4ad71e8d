import json
from typing import Any

import pytest
import yaml

from bridge.domain.policy_check import read_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.tuning import Knob, knobs, with_number

SHIPPED = shipped_document()


def at(document: str, *path: str) -> Any:
    found: Any = yaml.safe_load(document)
    for key in path:
        found = found[key]
    return found


def test_the_numbers_that_rules_hang_on_are_found_written_or_not() -> None:
    found = {knob.name: knob.value for knob in knobs(read_policy(SHIPPED))}
    assert found == {
        "thresholds/confidence": 0.55,
        "flows/billing/thresholds/confidence": 0.75,
        "flows/returns/thresholds/confidence": 0.40,
        "triggers/unsure/times": 1,
        "triggers/stays_unsure/times": 3,
        "triggers/losing_trust/points": 1.5,
        "triggers/displeased/points": 0.75,
        "triggers/going_round/similarity": 75,
        "triggers/going_round/at_least": 1,
        "triggers/asked_thrice/similarity": 100,
        "triggers/asked_thrice/at_least": 2,
        "triggers/bot_stuck/times": 2,
        "triggers/bot_stuck/similarity": 90,
        "triggers/bot_circles/times": 1,
        "triggers/passed_over/at_least": 1,
        "triggers/stays_stuck/times": 3,
        "triggers/stays_stuck/similarity": 90,
        "triggers/not_understood/at_least": 2,
        "triggers/could_not_help/at_least": 2,
        "triggers/bot_down/at_least": 2,
        "triggers/stays_helpless/at_least": 3,
    }


def test_thresholds_of_tiers_are_found_and_the_documents_own_where_it_is_left_out() -> None:
    by_tier = SHIPPED.replace("thresholds: {confidence: 0.55}", "thresholds: {tiers: {business: 0.7}}")
    by_tier = by_tier.replace("thresholds: {confidence: 0.75}", "thresholds: {tiers: {enterprise: 0.9}}")
    found = {knob.name: knob.value for knob in knobs(read_policy(by_tier)) if "thresholds" in knob.path}
    assert found == {
        "thresholds/confidence": 0.55,
        "thresholds/tiers/business": 0.7,
        "flows/billing/thresholds/tiers/enterprise": 0.9,
        "flows/returns/thresholds/confidence": 0.40,
    }


def test_a_trigger_that_no_rule_asks_for_has_nothing_to_turn() -> None:
    idle = SHIPPED.replace("triggers:\n", "triggers:\n  idle: {type: bot_failed, at_least: 2}\n")
    assert list(knobs(read_policy(idle))) == list(knobs(read_policy(SHIPPED)))


def test_a_hosts_own_value_is_turned_by_tenths_of_itself() -> None:
    own = SHIPPED.replace("{type: words, list: legal}", "{type: signal, name: fraud_score, at_least: 80}")
    (found,) = [knob for knob in knobs(read_policy(own)) if "legal" in knob.path]
    assert (found.value, [found.turned(n) for n in (-1, 1)]) == (80, [72, 88])


def test_whole_numbers_stay_whole_and_shares_do_not_drift() -> None:
    assert str(Knob(("a",), 2, 1).turned(2)) == "4"
    assert Knob(("a",), 0.55, 0.05).turned(1) == 0.6


@pytest.mark.parametrize("knob", list(knobs(read_policy(SHIPPED))), ids=lambda knob: knob.name)
def test_an_edit_changes_one_line_and_its_number_alone(knob: Knob) -> None:
    value = knob.turned(1)
    edit = with_number(SHIPPED, knob.path, value)
    changed = [
        (old, new) for old, new in zip(SHIPPED.split("\n"), edit.document.split("\n"), strict=True) if old != new
    ]
    assert changed == [(edit.before, edit.after)]
    assert edit.document.split("\n")[edit.line - 1] == edit.after
    assert at(edit.document, *knob.path) == value
    want = at(SHIPPED)
    inner: Any = want
    for key in knob.path[:-1]:
        inner = inner[key]
    inner[knob.path[-1]] = value
    assert at(edit.document) == want


def test_a_number_that_is_not_written_is_added_beside_the_others() -> None:
    edit = with_number(SHIPPED, ("triggers", "going_round", "similarity"), 70)
    assert edit.after == "  going_round:    {type: visitor_repeats, within_turns: 2, similarity: 70}"


def test_in_a_block_it_gets_a_line_of_its_own() -> None:
    document = "triggers:\n  stuck:\n    type: bot_repeats\nrules: []\n"
    edit = with_number(document, ("triggers", "stuck", "times"), 3)
    assert (edit.line, edit.before, edit.after) == (3, None, "    times: 3")
    assert at(edit.document) == {"triggers": {"stuck": {"type": "bot_repeats", "times": 3}}, "rules": []}


def test_parts_that_are_missing_altogether_are_added() -> None:
    edit = with_number("rules: []\n", ("thresholds", "confidence"), 0.6)
    assert edit.document == "thresholds: {confidence: 0.6}\nrules: []\n"
    empty = with_number("thresholds: {}\nrules: []\n", ("thresholds", "confidence"), 0.6)
    assert empty.document == "thresholds: {confidence: 0.6}\nrules: []\n"


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_document_stays_json(indent: int | None) -> None:
    document = json.dumps(at(SHIPPED), indent=indent)
    for path in (("triggers", "going_round", "similarity"), ("thresholds", "confidence")):
        assert json.loads(with_number(document, path, 0.5).document) == at(with_number(SHIPPED, path, 0.5).document)


def test_letters_of_any_width_before_the_number_do_not_shift_it() -> None:
    document = "# 🙏 Zażółć\r\nthresholds: {confidence: 0.55}  # 🙏\r\nrules: []\r\n"
    edit = with_number(document, ("thresholds", "confidence"), 0.6)
    assert edit.document == document.replace("0.55", "0.6")
    assert edit.line == 2
