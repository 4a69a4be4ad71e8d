"""The policy document: what it may say, and how each fault is named with its place."""

import json
import re
import time
from collections.abc import Callable
from importlib.resources import files

import pytest

from bridge.domain import languages
from bridge.domain.finding import did_you_mean
from bridge.domain.instants import from_rfc3339
from bridge.domain.policy import (
    Policy,
    Queue,
    flow_at_start,
    flow_of_intent,
    flow_of_message,
)
from bridge.domain.policy_check import LARGEST, Finding, Level, PolicyRefused, check_policy, read_policy, stored_policy
from bridge.domain.queues import read_duration
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Channel, Json, Priority
from bridge.service.manage_policy import default_document

SMALL = """\
triggers:
  asked: {type: human_requested}
  unsure: {type: confidence_below}
rules:
  - {name: ask, when: asked, priority: normal}
queues:
  team: {hours: office, respond_within: {normal: 1h}, ladder: [live, email]}
hours:
  office: {timezone: UTC, week: {mon-fri: ["09:00-17:00"]}}
"""


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) == 1, f"{old!r} has to stand once"
    return SMALL.replace(old, new)


def errors(document: str) -> list[Finding]:
    policy, found = check_policy(document)
    assert (policy is None) == any(one.level is Level.ERROR for one in found)
    return [one for one in found if one.level is Level.ERROR]


def the_error(document: str) -> Finding:
    found = errors(document)
    assert len(found) == 1, [str(one) for one in found]
    return found[0]


# ------------------------------------------------------------------------------------------------- what ships


def test_the_shipped_policy_has_nothing_to_be_said_about_it() -> None:
    policy, found = check_policy(shipped_document())
    assert policy is not None
    assert found == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "UTC"])
def test_the_shipped_policy_follows_the_teams_zone(zone: str) -> None:
    assert read_policy(default_document(zone)).hours["office"].timezone == zone


def test_the_shipped_policy_is_what_the_package_holds() -> None:
    assert shipped_document() == (files("bridge") / "data" / "policy.yaml").read_text("utf-8")


def test_a_document_of_rules_queues_and_hours_is_enough() -> None:
    """Its rules may name the triggers that ship."""
    policy, found = check_policy(SMALL[SMALL.index("rules:") :].replace("asked", "{any: [wants_a_person, big_order]}"))
    assert policy is not None
    assert found == []
    shipped = read_policy(shipped_document()).triggers
    assert policy.triggers == {name: shipped[name] for name in ("wants_a_person", "big_order")}
    assert policy.tiers == ("free", "standard", "business", "enterprise")
    assert policy.default_tier == "standard"
    assert policy.confidence_threshold("default", "standard") == 0.55


def test_a_shipped_trigger_is_there_only_where_no_triggers_are_defined() -> None:
    assert "no trigger 'wants_a_person'" in the_error(changed("when: asked", "when: wants_a_person")).message
    assert "no trigger 'asked'" in the_error(SMALL[SMALL.index("rules:") :]).message


def test_yaml_and_json_are_one_schema() -> None:
    json = (
        '{"rules": [{"name": "ask", "when": "asked", "priority": "normal"}], "triggers": {"asked": {"type": '
        '"human_requested"}, "unsure": {"type": "confidence_below"}}, "queues": {"team": {"hours": "office", '
        '"respond_within": {"normal": "1h"}, "ladder": ["live", "email"]}}, "hours": {"office": {"timezone": "UTC", '
        '"week": {"mon-fri": ["09:00-17:00"]}}}}'
    )
    assert read_policy(json) == read_policy(SMALL)


# ------------------------------------------------------------------------------------------------- each finding

TIER_TRIGGER = changed("{type: human_requested}", "{type: tier_at_least, tier: gold}")

FAULTS: dict[str, tuple[str, str, int, str]] = {
    "an unknown key": (SMALL + "tresholds: {}\n", "/tresholds", 10, "no such key"),
    "a missing part": (SMALL.partition("hours:\n")[0], "/hours", 1, "required"),
    "a rule without a priority": (changed(", priority: normal", ""), "/rules/0/priority", 5, "required"),
    "an unknown priority": (changed("priority: normal", "priority: asap"), "/rules/0/priority", 5, "normal"),
    "a rule's unknown trigger": (changed("when: asked", "when: askd"), "/rules/0/when", 5, "no trigger 'askd'"),
    "a nested unknown trigger": (
        changed("when: asked", "when: {all: [asked, {not: askd}]}"),
        "/rules/0/when",
        5,
        "no trigger 'askd'",
    ),
    "a rule's unknown queue": (
        changed("priority: normal", "priority: normal, queue: sales"),
        "/rules/0/queue",
        5,
        "no queue 'sales'",
    ),
    "a rule's unknown flow": (
        changed("priority: normal", "priority: normal, flows: [x]"),
        "/rules/0/flows",
        5,
        "no flow 'x'",
    ),
    "a rule's unknown tier": (
        changed("priority: normal", "priority: normal, tiers: [x]"),
        "/rules/0/tiers",
        5,
        "no tier 'x'",
    ),
    "a condition that is none": (changed("when: asked", "when: {some: [asked]}"), "/rules/0/when", 5, "trigger's name"),
    "an empty any": (changed("when: asked", "when: {any: []}"), "/rules/0/when/any", 5, "at least 1"),
    "a rule that stands twice": (
        changed("queues:", "  - {name: ask, when: unsure, priority: high}\nqueues:"),
        "/rules/1/name",
        6,
        "twice",
    ),
    "a rule that can never decide": (
        changed("queues:", "  - {name: b, when: asked, priority: high}\nqueues:"),
        "/rules/1",
        6,
        "never decide",
    ),
    "a trigger's unknown type": (changed("human_requested", "telepathy"), "/triggers/asked", 2, "telepathy"),
    "a trigger's unknown tier": (TIER_TRIGGER, "/triggers/asked/tier", 2, "no tier 'gold'"),
    "a trigger's unknown word list": (
        changed("{type: human_requested}", "{type: words, list: nope}"),
        "/triggers/asked/list",
        2,
        "no such word list",
    ),
    "a share above one": (
        changed("{type: confidence_below}", "{type: confidence_below, below: 55}"),
        "/triggers/unsure/below",
        3,
        "less",
    ),
    "an unknown default tier": (SMALL + "default_tier: gold\n", "/default_tier", 10, "no tier 'gold'"),
    "a queue's unknown tier": (
        changed("ladder:", "tiers: [gold], ladder:"),
        "/queues/team/tiers/0",
        7,
        "no tier 'gold'",
    ),
    "a queue without a calendar": (changed("hours: office", "hours: night"), "/queues/team/hours", 7, "no calendar"),
    "a ladder whose last rung can fail": (
        changed("[live, email]", "[email, live]"),
        "/queues/team/ladder",
        7,
        "can fail",
    ),
    "a rung that stands twice": (changed("[live, email]", "[email, live, email]"), "/queues/team/ladder", 7, "twice"),
    "an unknown rung": (changed("[live, email]", "[pigeon, email]"), "/queues/team/ladder/0", 7, "live"),
    "an unreadable duration": (
        changed("normal: 1h", "normal: soon"),
        "/queues/team/respond_within/normal",
        7,
        "duration",
    ),
    "a promise of nothing": (changed("{normal: 1h}", "{}"), "/queues/team/respond_within", 7, "at least 1"),
    "a zone that does not exist": (changed("timezone: UTC", "timezone: Mars/Phobos"), "/hours/office", 9, "zone"),
    "a calendar that never opens": (
        changed('mon-fri: ["09:00-17:00"]', "mon-fri: []"),
        "/hours/office",
        9,
        "never opens",
    ),
    "a message with an unknown place": (
        SMALL + "messages: {en: {after_hours: 'by {when}'}}\n",
        "/messages/en/after_hours",
        10,
        "placeholder",
    ),
    "a promise that is too long to be told whole": (
        SMALL + f"messages: {{en: {{broken: '{'x' * 500} {{due}}'}}}}\n",
        "/messages/en/broken",
        10,
        "may come to 701 characters",
    ),
    "a rule's unknown message": (
        changed("priority: normal", "priority: normal, message: vip"),
        "/rules/0/message",
        5,
        "no message 'vip'",
    ),
    "a rule's message that is a standard one": (
        changed("priority: normal", "priority: normal, message: after_hours"),
        "/rules/0/message",
        5,
        "standard message",
    ),
    "a rule's message without its instant": (
        changed("priority: normal", "priority: normal, message: vip") + "messages: {en: {vip: Soon.}}\n",
        "/messages/en/vip",
        10,
        "{due} is missing",
    ),
    "a threshold of an unknown tier": (
        SMALL + "thresholds: {tiers: {gold: 0.7}}\n",
        "/thresholds/tiers/gold",
        10,
        "no tier 'gold'",
    ),
    "a flow's threshold of an unknown tier": (
        SMALL + "flows: {x: {match: {words: [y]}, thresholds: {tiers: {gold: 0.7}}}}\n",
        "/flows/x/thresholds/tiers/gold",
        10,
        "no tier 'gold'",
    ),
    "a flow that an earlier one takes all of": (
        SMALL + "flows:\n  a: {match: {intents: ['bill*']}}\n  b: {match: {intents: ['billing_*', bill]}}\n",
        "/flows/b/match",
        12,
        "no one can enter it",
    ),
    "a rule that words of fraud decide": (
        changed("{type: human_requested}", "{type: words, list: fraud}"),
        "/rules/0/when",
        5,
        "fraud alone",
    ),
    "an order value of nothing": (
        changed("{type: human_requested}", "{type: order_value_at_least, amount: 0, currency: USD}"),
        "/triggers/asked/amount",
        2,
        "greater than 0",
    ),
    "a rule behind one that holds for every customer": (
        changed("{type: human_requested}", "{type: tier_at_least, tier: free}").replace(
            "queues:", "  - {name: b, when: unsure, priority: high}\nqueues:"
        ),
        "/rules/1",
        6,
        "'ask' has decided",
    ),
    "a rule for nobody": (
        changed("{type: human_requested}", "{type: tier_at_least, tier: free}").replace(
            "when: asked", "when: {not: asked}"
        ),
        "/rules/0/when",
        5,
        "never hold",
    ),
    "a trigger that is asked for twice": (
        changed("when: asked", "when: {at_least: 2, of: [asked, unsure, asked]}"),
        "/rules/0/when/of/2",
        5,
        "'asked' stands twice",
    ),
    "a condition that stands twice in a nested one": (
        changed("when: asked", "when: {all: [asked, {not: {any: [{not: unsure}, {not: unsure}]}}]}"),
        "/rules/0/when/all/1/not/any/1",
        5,
        "a condition stands twice",
    ),
    "a nested condition that contradicts itself": (
        changed("when: asked", "when: {any: [asked, {all: [unsure, {not: unsure}]}]}"),
        "/rules/0/when/any/1/all",
        5,
        "'unsure' and its opposite never hold together",
    ),
    "a tier that stands twice": (SMALL + "tiers: [free, standard, Free]\n", "/tiers/2", 10, "'Free' stands twice"),
    "no time to pick a chat up": (
        changed("ladder:", "pickup_within: 0, ladder:"),
        "/queues/team/pickup_within",
        7,
        "nobody can pick up",
    ),
    "no time to pick a chat of one tier up": (
        changed("ladder:", "by_tier: {free: {pickup_within: 29s}}, ladder:"),
        "/queues/team/by_tier/free/pickup_within",
        7,
        "nobody can pick up",
    ),
    "a date that there is not": (
        changed("timezone: UTC", "timezone: UTC, closed: [{from: 2026-02-30, to: 2026-03-01}]"),
        "/hours/office/closed/0/from",
        9,
        "day is out of range for month",
    ),
    "an order value in two notations": (
        changed("{type: human_requested}", "{type: order_value_at_least, amount: 5, amounts: {USD: 5}}"),
        "/triggers/asked",
        2,
        "either `amount` with `currency`, or `amounts`",
    ),
    "a message for nothing": (SMALL + "messages: {en: {hello: Hi}}\n", "/messages/en/hello", 10, ""),
}


@pytest.mark.parametrize(("document", "path", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_every_fault_is_named_with_path_and_line(document: str, path: str, line: int, words: str) -> None:
    found = the_error(document)
    assert found.path.startswith(path)
    assert found.line == line
    assert found.hint
    assert words in found.message
    assert found.message[0].islower()


PLACED: dict[str, tuple[str, str]] = {
    "a key of another trigger": (
        changed("{type: human_requested}", "{type: human_requested, within_turns: 3}"),
        "/triggers/asked/within_turns",
    ),
    "a trigger without its key": (changed("{type: human_requested}", "{type: tier_at_least}"), "/triggers/asked/tier"),
    "a trigger's key that has its type's name": (
        changed("{type: human_requested}", "{type: words, words: [12]}"),
        "/triggers/asked/words/0",
    ),
    "a value that may be of several kinds": (
        changed("{type: human_requested}", "{type: signal, name: x, equals: [1]}"),
        "/triggers/asked/equals",
    ),
    "an at_least without its of": (changed("when: asked", "when: {at_least: 2}"), "/rules/0/when/of"),
    "a part of an at_least": (changed("when: asked", "when: {at_least: 2, of: [asked, 5]}"), "/rules/0/when/of/1"),
    "a key of a condition": (changed("when: asked", "when: {any: [asked], x: 1}"), "/rules/0/when/x"),
    "a nested condition": (
        changed("when: asked", "when: {all: [asked, {any: [unsure, {not: {any: []}}]}]}"),
        "/rules/0/when/all/1/any/1/not/any",
    ),
    "a day with a slash": (changed("mon-fri:", "mon/fri:"), "/hours/office/week/mon~1fri"),
    "a key with a tilde": (SMALL + "a~b: 1\n", "/a~0b"),
}


@pytest.mark.parametrize(("document", "path"), PLACED.values(), ids=PLACED)
def test_the_path_of_a_fault_leads_to_where_it_stands(document: str, path: str) -> None:
    assert {one.path for one in errors(document)} == {path}


NEVER: dict[str, str] = {
    "confidence_below, below: 0": "below",
    "confidence_below, times: 5, within_turns: 2": "times",
    "bot_repeats, times: 5, within_turns: 3": "times",
    "bot_repeats, within_turns: 1": "within_turns",
    "intent_failures, at_least: 5, within_turns: 2": "at_least",
    "bot_failed, at_least: 2, within_turns: 1, within_minutes: 9": "at_least",
    "negative_trajectory, messages: 7": "messages",
}


@pytest.mark.parametrize(("trigger", "key"), NEVER.items(), ids=NEVER)
def test_a_trigger_that_asks_for_more_than_there_can_be_is_refused(trigger: str, key: str) -> None:
    found = the_error(changed("{type: confidence_below}", f"{{type: {trigger}}}"))
    assert (found.path, found.line) == (f"/triggers/unsure/{key}", 3)
    assert "never" in found.message


@pytest.mark.parametrize("trigger", [
    "bot_repeats, times: 3, within_turns: 3", "bot_repeats, times: 12", "confidence_below, within_turns: 1",
    "intent_failures, at_least: 12, within_minutes: 1", "visitor_repeats, within_turns: 1",
    "signal, name: x, at_least: 99", "confidence_below, below: 0.001",
])  # fmt: skip
def test_a_trigger_that_asks_for_as_much_as_there_can_be_is_not(trigger: str) -> None:
    assert errors(changed("{type: confidence_below}", f"{{type: {trigger}}}")) == []


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    assert "asked, unsure" in the_error(FAULTS["a rule's unknown trigger"][0]).hint


MISSPELT: dict[str, tuple[str, str]] = {
    "a part": (SMALL + "tresholds: {}\n", "thresholds"),
    "of a rule": (changed("priority: normal", "priority: normal, quue: team"), "queue"),
    "of a condition": (changed("when: asked", "when: {any: [asked], att_least: 1}"), "at_least"),
    "of a trigger": (changed("{type: confidence_below}", "{type: confidence_below, within_turn: 2}"), "within_turns"),
    "a trigger's type": (changed("human_requested", "human_request"), "human_requested"),
    "of a queue": (changed("hours: office, resp", "hours: office, pickup_withn: 3m, resp"), "pickup_within"),
    "of a calendar": (changed("timezone: UTC", "timezone: UTC, holiday: {country: DE}"), "holidays"),
    "of holidays": (changed("timezone: UTC", "timezone: UTC, holidays: {country: DE, subdivison: BE}"), "subdivision"),
    "of a closure": (
        changed("timezone: UTC", "timezone: UTC, closed: [{from: 2026-12-24, to: 2026-12-25, wy: rest}]"),
        "why",
    ),
    "of a flow": (SMALL + "flows: {a: {mach: {words: [b]}}}\n", "match"),
    "of a match": (SMALL + "flows: {a: {match: {word: [b]}}}\n", "words"),
    "of thresholds": (SMALL + "thresholds: {confidance: 0.5}\n", "confidence"),
    "a rule's trigger": (changed("when: asked", "when: askd"), "asked"),
    "a rule's queue": (changed("priority: normal", "priority: normal, queue: teem"), "team"),
    "a message": (SMALL + "messages: {en: {after_hour: 'by {due}'}}\n", "after_hours"),
    "an own message": (
        changed("priority: normal", "priority: normal, message: vipp") + "messages: {en: {vip: 'by {due}'}}\n",
        "vip",
    ),
}


@pytest.mark.parametrize(("document", "meant"), MISSPELT.values(), ids=MISSPELT)
def test_a_misspelt_name_is_answered_with_the_one_that_was_meant(document: str, meant: str) -> None:
    assert any(one.hint.startswith(f"did you mean {meant}?") for one in errors(document))


def test_two_ways_to_combine_side_by_side_are_told_to_be_nested() -> None:
    beside = the_error(changed("when: asked", "when: {any: [asked], all: [unsure]}"))
    assert (beside.path, "nest" in beside.hint, "did you mean" in beside.hint) == ("/rules/0/when/all", True, False)


def test_an_own_message_that_a_rule_names_is_no_fault() -> None:
    document = changed("priority: normal", "priority: normal, message: vip") + "messages: {de: {vip: 'bis {due}'}}\n"
    assert read_policy(document).own_messages == {"vip"}


# ------------------------------------------------------------------------------------------------- only commented on


def warnings(document: str) -> list[tuple[str, str]]:
    policy, found = check_policy(document)
    assert policy is not None
    assert all(one.line and one.hint for one in found)
    return [(one.path, one.message) for one in found if one.path != "/triggers/unsure"]


def test_a_trigger_that_no_rule_asks_for_is_commented_on() -> None:
    assert [(one.path, one.line) for one in check_policy(SMALL)[1]] == [("/triggers/unsure", 3)]


def test_while_a_rule_names_a_trigger_that_there_is_not_the_ones_without_a_rule_are_not_told() -> None:
    assert [one.path for one in check_policy(changed("when: asked", "when: askd"))[1]] == ["/rules/0/when"]


def test_a_flow_without_a_match_is_commented_on_for_a_host_may_name_it() -> None:
    assert warnings(SMALL + "flows: {default: {}, billing: {}, b: {match: {words: [' ']}}}\n") == [
        ("/flows/billing", "nothing leads to it but a host that names it"),
        ("/flows/b", "nothing leads to it but a host that names it"),
    ]


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ("{any: [unsure, {not: unsure}]}", "/rules/0/when/any"),
        ("{all: [asked, {any: [{not: unsure}, unsure]}]}", "/rules/0/when/all/1/any"),
        ("{at_least: 2, of: [{any: [asked, unsure]}, asked, {not: {any: [asked, unsure]}}]}", "/rules/0/when/of"),
    ],
)
def test_a_trigger_beside_its_own_opposite_is_commented_on_where_one_of_both_is_enough(when: str, path: str) -> None:
    found = dict(warnings(changed("when: asked", f"when: {when}")))
    assert found.keys() - {"/triggers/asked"} == {path}
    assert "always holds" in found[path]


def test_a_tier_that_everybody_has_and_a_rule_that_always_holds_are_commented_on() -> None:
    everybody = changed("{type: human_requested}", "{type: tier_at_least, tier: free}")
    fires = ("/triggers/asked/tier", "it always fires: 'free' is the lowest tier")
    holds = ("/rules/0/when", "it holds for every conversation: the bot never has a say")
    assert warnings(everybody) == [fires, holds]
    assert warnings(everybody.replace("when: asked", "when: {any: [unsure, asked]}")) == [fires, holds]
    assert warnings(everybody.replace("when: asked", "when: {all: [unsure, asked]}")) == [fires]
    assert warnings(everybody.replace("when: asked", "when: asked, tiers: [business]")) == [fires]
    assert warnings(everybody.replace("when: asked", "when: asked, flows: [default]")) == [fires]
    assert warnings(everybody.replace("tier: free", "tier: standard")) == []


@pytest.mark.parametrize(
    ("when", "always"),
    [
        ("{at_least: 1, of: [asked, {not: {all: [asked, unsure]}}]}", True),
        ("{not: {all: [asked, unsure]}}", False),
        ("{not: asked}", False),
    ],
)
def test_a_rule_holds_for_every_conversation_only_where_nothing_can_end_that(when: str, *, always: bool) -> None:
    found = [path for path, said in warnings(changed("when: asked", f"when: {when}")) if "every conversation" in said]
    assert found == ["/rules/0/when"] * always


def test_a_phrase_of_small_words_alone_is_commented_on_with_the_languages_that_never_hear_it() -> None:
    compiled = languages.language.cache_info().misses
    own = "{type: words, words: [mein Geld zurück, nicht mehr, mi dinero, d'accord]}"
    assert warnings(changed("{type: human_requested}", own)) == [
        ("/triggers/asked/words/1", "it has no content words in de: it never fires there"),
        ("/triggers/asked/words/3", "it has no content words in fr: it never fires there"),
    ]
    assert languages.language.cache_info().misses <= compiled + 1  # English, for what it refuses


def test_a_date_is_the_text_that_it_is_in_json() -> None:
    document = with_hours(
        'office: {timezone: UTC, week: {mon: ["09:00-17:00"]},'
        " closed: [{from: 2026-12-24, to: 2026-12-24, why: 2026-12-24}]}"
    )
    (closure,) = read_policy(document).hours["office"].closed
    assert (str(closure.from_), closure.why) == ("2026-12-24", "2026-12-24")


def test_errors_come_before_warnings() -> None:
    found = check_policy(SMALL.replace("hours: office", "hours: night"))[1]
    assert [one.level.value for one in found] == ["error", "warning"]


def test_a_rule_may_name_the_flow_that_every_session_begins_in() -> None:
    assert warnings(changed("priority: normal", "priority: normal, flows: [default]")) == []


LANES_TAKEN: dict[str, tuple[str, str, bool]] = {
    "the same intent": ("intents: [bill]", "intents: [bill]", True),
    "an intent that a wider pattern takes": ("intents: ['bill*']", "intents: ['billing_*']", True),
    "any intent of which the first takes every one": ("intents: ['*']", "intents: ['[ab]*', 'x?']", True),
    "an intent with one letter open": ("intents: ['bill*']", "intents: ['bill?']", True),
    "an intent with a choice, for that cannot be told": ("intents: ['b*']", "intents: ['b[ab]']", False),
    "a literal intent that a choice takes": ("intents: ['b[ab]']", "intents: [ba]", True),
    "a wider intent": ("intents: ['billing_*']", "intents: ['bill*']", False),
    "a sign that stands for any one": ("intents: ['bill?']", "intents: ['bill*']", False),
    "one of two intents": ("intents: [a]", "intents: [a, b]", False),
    "a word in other letters": ("words: [Rückgabe]", "words: [rueckgabe, RUCKGABE]", False),
    "the same word in other letters": ("words: [Rückgabe]", "words: [RUCKGABE]", True),
    "a phrase with an earlier word in it": ("words: [refund]", "words: [my refund, refund please]", True),
    "part of a word": ("words: [fund]", "words: [refund]", False),
    "a page below an earlier one": ("pages: [/shop/]", "pages: [/shop/cart]", True),
    "a page above an earlier one": ("pages: [/shop/cart]", "pages: [/shop/]", False),
    "another kind of match": ("intents: [a]", "words: [a]", False),
}


@pytest.mark.parametrize(("first", "second", "taken"), LANES_TAKEN.values(), ids=LANES_TAKEN)
def test_a_flow_that_no_one_can_enter_is_found(first: str, second: str, *, taken: bool) -> None:
    document = SMALL + f"flows:\n  a: {{match: {{{first}}}}}\n  b: {{match: {{{second}}}}}\n"
    assert bool([one for one in errors(document) if "no one can enter" in one.message]) is taken


def test_intents_that_all_lead_elsewhere_are_commented_on_where_words_still_lead_there() -> None:
    document = SMALL + "flows:\n  a: {match: {intents: ['*']}}\n  b: {match: {intents: [x], words: [y]}}\n"
    assert warnings(document) == [("/flows/b/match/intents", "all of them lead to a")]


FRAUD = (
    "triggers:\n  said: {type: words, list: fraud}\n  more: {type: words, list: fraud}\n  other: {type: bot_failed}\n"
)


@pytest.mark.parametrize(
    ("when", "alone"),
    [
        ("said", True),
        ("{any: [said, other]}", True),
        ("{all: [said, more]}", True),
        ("{at_least: 1, of: [said, other]}", True),
        ("{all: [said, {not: other}]}", True),
        ("{all: [said, other]}", False),
        ("{at_least: 2, of: [said, other]}", False),
        ("other", False),
        ("{not: said}", False),
    ],
)
def test_a_rule_that_words_of_fraud_alone_decide_is_refused(when: str, *, alone: bool) -> None:
    document = FRAUD + SMALL[SMALL.index("rules:") :].replace("when: asked", f"when: {when}")
    assert bool([one for one in errors(document) if "fraud alone" in one.message]) is alone


def test_a_document_that_was_accepted_once_stays_readable_whatever_is_found_in_it_later() -> None:
    document = FAULTS["a rule that words of fraud decide"][0]
    assert stored_policy(document).rules[0].name == "ask"
    with pytest.raises(PolicyRefused):
        stored_policy("rules: []")


def test_all_faults_are_told_at_once() -> None:
    document = changed("hours: office", "hours: night").replace("when: asked", "when: askd").replace("email]", "live]")
    assert len(errors(document)) == 4


def test_reading_a_refused_document_raises_its_findings() -> None:
    with pytest.raises(PolicyRefused) as refused:
        read_policy(changed("when: asked", "when: askd"))
    assert str(refused.value).splitlines()[0] == (
        "error: line 5: /rules/0/when: there is no trigger 'askd' (did you mean asked? known: asked, unsure)"
    )


@pytest.mark.parametrize("name", ["/etc/passwd", "a b", "", "1st", "x" * 65])
def test_a_name_is_a_short_word(name: str) -> None:
    assert the_error(changed("name: ask", f"name: '{name}'")).path == "/rules/0/name"


# ------------------------------------------------------------------------------------------------- traps of YAML


def test_an_alias_is_refused_because_a_short_text_can_stand_for_a_very_long_one() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nrules: [*c]\n"
    assert "aliases" in the_error(bomb).message


def test_an_alias_of_itself_is_refused() -> None:
    assert "aliases" in the_error("rules: &a [*a]\n").message


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    found = the_error(SMALL + "rules: []\n")
    assert "'rules' stands twice" in found.message


def test_a_nested_key_that_stands_twice_is_refused() -> None:
    assert "stands twice" in the_error(changed("normal: 1h", "normal: 1h, normal: 2h")).message


@pytest.mark.parametrize("depth", [60, 2_000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert the_error(changed("when: asked", "when: " + "[" * depth + "]" * depth)).message


def test_a_deeply_nested_condition_is_refused() -> None:
    assert errors(changed("when: asked", "when: " + "{not: " * 100 + "asked" + "}" * 100))


def test_a_condition_may_nest_as_deep_as_anybody_needs() -> None:
    read_policy(changed("when: asked", "when: " + "{not: " * 8 + "asked" + "}" * 8))


WRONG_SHAPES: dict[str, str] = {
    "nothing": "",
    "only a comment": "# rules\n",
    "null": "null",
    "a list": "[1, 2]",
    "a text": "rules",
    "a number": "7",
    "not YAML": "rules: [",
    "a tab": "rules:\n\t- x",
    "two documents": SMALL + "---\n" + SMALL,
    "a Python object": "rules: !!python/object/apply:os.system ['true']\n",
    "a NUL": "rules: \x00\n",
    "a lone surrogate": "rules: \ud800\n",
    "a date as a key": "2026-01-01: x\n",
    "a list as a key": "? [a, b]\n: x\n",
    "a mapping as a key": "? {a: b}\n: x\n",
    "a merge of nothing": "<<: 1\n",
    "a merge": "a: {<<: {b: c}}\n",
    "an impossible date": "a: 2026-13-45\n",
    "an infinite number": "thresholds: {confidence: .inf}\n",
    "no number": "thresholds: {confidence: .nan}\n",
    "a huge number": "thresholds: {confidence: " + "9" * 5000 + "}\n",
    "binary": "a: !!binary 'x'\n",
    "a set": "a: !!set {b}\n",
    "rules as a mapping": SMALL.replace("  - {name: ask", "  x: {name: ask"),
    "rules as a text": "rules: all\nqueues: some\nhours: never\n",
    "queues as a list": "rules: []\nqueues: []\nhours: []\n",
    "null everywhere": "rules: ~\nqueues: ~\nhours: ~\ntriggers: ~\nflows: ~\nmessages: ~\ntiers: ~\n",
    "numbers as names": "rules: [{name: 1, when: 2, priority: 3}]\nqueues: {4: 5}\nhours: {6: 7}\n",
    "booleans as names": SMALL.replace("asked", "yes"),
}


@pytest.mark.parametrize("document", WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_what_is_no_policy_is_refused_and_never_breaks_the_reader(document: str) -> None:
    assert errors(document)


def test_a_tab_is_called_by_its_name() -> None:
    fault = the_error("rules:\n\t- x")
    assert (fault.line, fault.message, fault.hint) == (2, "not YAML: a tab", "indent with spaces")


def test_an_address_that_is_none_is_said_in_words() -> None:
    fault = the_error(SMALL.replace("hours: office", "hours: office, email: the team", 1))
    assert fault.message == "expected one e-mail address"


def test_a_hint_that_leaves_out_some_of_what_is_known_says_so() -> None:
    assert did_you_mean("x", "abcdefghijkl").endswith("k, l")
    assert did_you_mean("x", "abcdefghijklm").endswith("k, l, ...")


def test_a_document_of_more_than_a_quarter_of_a_megabyte_is_not_looked_at() -> None:
    assert "longer than" in the_error("# " + "x" * 300_000).message


@pytest.mark.alone
@pytest.mark.parametrize("document", [
    "".join(f"k{n}: 1\n" for n in range(25_000)),
    "rules:\n" + "- {name: a, when: b, priority: normal}\n" * 6_500,
    "rules: [" + "{a: 1}," * 35_000 + "]",
    "a: '" + "x" * 260_000 + "'",
], ids=["many keys", "many rules", "many items", "a long text"])  # fmt: skip
def test_a_document_as_long_as_it_may_be_is_judged_soon(document: str) -> None:
    assert 230_000 < len(document) <= LARGEST
    began = time.process_time()
    assert errors(document)
    assert time.process_time() - began < 4


def test_a_finding_on_the_whole_document_has_a_readable_path() -> None:
    assert str(the_error("[]")).startswith("error: line 1: /: expected a mapping")


@pytest.mark.parametrize(
    ("part", "value", "path", "said"),
    [
        ("hours", {"h": {"timezone": "UTC", "week": {"mon": "09:00-17:00"}}}, "/hours/h/week/mon", "a list"),
        ("rules", {}, "/rules", "a list"),
        ("rules", ["asked"], "/rules/0", "keys and values"),
        ("triggers", {"asks": 3}, "/triggers/asks", "keys and values"),
        ("queues", [], "/queues", "keys and values"),
        ("tiers", [], "/tiers", "at least 1"),
        ("hours", {}, "/hours", "at least 1"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_an_owners_words(part: str, value: Json, path: str, said: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        read_policy(json.dumps({"rules": [], "queues": {}, "hours": {}, part: value}))
    told = {finding.path: finding.message for finding in refused.value.findings}
    assert said in told[path]
    assert not [message for message in told.values() if re.search("tuple|dictionary|instance|object", message)]


# ------------------------------------------------------------------------------------------------- durations


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [("90s", 90_000), ("15m", 900_000), ("4h", 14_400_000), ("1d", 86_400_000), (" 5 m ", 300_000), (0, 0), ("0s", 0)],
)
def test_a_duration_is_read_with_its_unit(written: object, milliseconds: int) -> None:
    assert read_duration(written) == milliseconds


@pytest.mark.parametrize("written", [True, False, None, 90, 1.5, "90", "-5m", "1h30m", "5 weeks", "", [], "5M"])
def test_a_duration_without_a_known_unit_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        read_duration(written)


def test_a_promise_may_reach_thirty_days_and_no_further() -> None:
    read_policy(changed("normal: 1h", "normal: 30d"))
    found = the_error(changed("normal: 1h", "normal: 31d"))
    assert found.path.endswith("/normal")
    assert found.message == "expected 30d at most"


HOURS = """\
  office: {timezone: UTC, week: {mon-fri: ["09:00-17:00"]}}
"""


def with_hours(text: str) -> str:
    return changed(HOURS, "".join(f"  {line}\n" for line in text.splitlines()))


@pytest.mark.parametrize(
    "calendar",
    [
        "office: {timezone: UTC, week: {}}",
        'office: {timezone: UTC, week: {mon-sun: ["00:00-24:00"]}, closed: [{from: 2025-12-31, to: 2027-01-03}]}',
        'office: {timezone: UTC, week: {mon-sun: ["00:00-24:00"]}, closed: [{from: 0001-01-01, to: 9999-12-31}]}',
        'office: {timezone: UTC, week: {}, extra: [{date: 2025-12-30, open: ["09:00-10:00"]}]}',
    ],
)
def test_no_opening_within_a_year_is_an_error_whatever_closes_and_names_who_goes_by_it(calendar: str) -> None:
    found = the_error(with_hours(calendar))
    assert (found.path, found.line) == ("/hours/office", 9)
    assert found.message == "it never opens within a year; by it go /queues/team"


def test_a_calendar_of_one_tier_that_never_opens_is_an_error_too() -> None:
    document = changed("ladder: [live, email]", "ladder: [live, email], by_tier: {free: {hours: never}}")
    found = the_error(document + "  never: {timezone: UTC, week: {}}\n")
    assert (found.path, found.line) == ("/hours/never", 10)
    assert found.message == "it never opens within a year; by it go /queues/team/by_tier/free"


def test_a_calendar_that_nobody_goes_by_has_to_open_as_well() -> None:
    assert the_error(SMALL + "  never: {timezone: UTC, week: {}}\n").message == "it never opens within a year"


def test_within_a_year_is_counted_from_now() -> None:
    document = with_hours('office: {timezone: UTC, week: {}, extra: [{date: 2027-06-01, open: ["09:00-17:00"]}]}')
    assert [one.path for one in errors(document)] == ["/hours/office"]
    policy, found = check_policy(document, now=from_rfc3339("2026-11-02T12:00:00Z"))
    assert policy is not None
    assert ("/hours/office", "from a year on it never opens") in [(one.path, one.message) for one in found]


def test_a_mistyped_year_that_closes_for_centuries_is_told() -> None:
    document = with_hours(
        'office: {timezone: UTC, week: {mon-fri: ["09:00-17:00"]}, closed: [{from: 2026-12-24, to: 2927-01-03}]}'
    )
    assert warnings(document) == [("/hours/office", "from a year on it never opens")]


def test_a_time_to_answer_that_a_years_open_hours_do_not_hold_is_an_error() -> None:
    rare = 'office: {timezone: UTC, week: {mon: ["09:00-09:30"]}}'
    document = with_hours(rare).replace("normal: 1h", "normal: 2d, high: 1h")
    found = the_error(document)
    assert (found.path, found.message) == (
        "/queues/team/respond_within",
        "the hours 'office' hold less open time in a year",
    )
    by_tier = "{normal: 1h}, by_tier: {free: {respond_within: {normal: 2d}}}"
    assert the_error(with_hours(rare).replace("{normal: 1h}", by_tier)).path == (
        "/queues/team/by_tier/free/respond_within"
    )


def test_a_promise_of_the_opening_itself_is_commented_on_in_a_queue_and_for_a_tier() -> None:
    document = changed("{normal: 1h}", "{normal: 1h, urgent: 0}, by_tier: {free: {respond_within: {high: 0s}}}")
    said = "it promises the opening itself: nobody has had time to answer by then"
    assert warnings(document) == [
        ("/queues/team/respond_within/urgent", said),
        ("/queues/team/by_tier/free/respond_within/high", said),
    ]


def test_a_priority_without_a_time_of_its_own_has_that_of_the_next_calmer_one() -> None:
    queue = Queue.model_validate({"hours": "x", "respond_within": {"normal": "4h", "urgent": "15m"}})
    assert queue.promises_within(Priority.HIGH) == 4 * 3_600_000
    assert queue.promises_within(Priority.URGENT) == 900_000


def test_a_priority_calmer_than_every_time_that_is_named_has_the_shortest() -> None:
    queue = Queue.model_validate({"hours": "x", "respond_within": {"high": "1h", "urgent": "15m"}})
    assert queue.promises_within(Priority.NORMAL) == 900_000


# ------------------------------------------------------------------------------------------------- flows and queues


@pytest.fixture
def shipped() -> Policy:
    return read_policy(shipped_document())


Lane = Callable[[Policy], str]

ACCENTS = read_policy(
    SMALL + "flows: {returns: {match: {words: [Devolución]}}, parcel: {match: {words: [mein päckchen, can't open]}}}\n"
)
LANES: dict[str, tuple[Lane, str]] = {
    "by a word": (lambda p: flow_of_message(p, "I want a REFUND now", "default"), "billing"),
    "by a phrase": (lambda p: flow_of_message(p, "can I send it back?", "default"), "returns"),
    "by a word in capitals, without its accent": (lambda _: flow_of_message(ACCENTS, "MI DEVOLUCION", "x"), "returns"),
    "by a word with its accent": (lambda _: flow_of_message(ACCENTS, "mi devolución", "x"), "returns"),
    "by a word whose accent is a sign of its own": (
        lambda _: flow_of_message(ACCENTS, "mi devolucio\u0301n", "x"),
        "returns",
    ),
    "by a phrase over a line's end": (lambda _: flow_of_message(ACCENTS, "wo ist mein\nPäckchen?", "x"), "parcel"),
    "by another kind of apostrophe": (lambda _: flow_of_message(ACCENTS, "it can’t open", "x"), "parcel"),
    "not by a word of other letters": (lambda _: flow_of_message(ACCENTS, "mi devaluación", "x"), "x"),
    "not by part of a word": (lambda p: flow_of_message(p, "my phone is overcharged", "default"), "default"),
    "a message that names none keeps it": (lambda p: flow_of_message(p, "hello?", "returns"), "returns"),
    "by an intent": (lambda p: flow_of_intent(p, "billing_dispute", "default"), "billing"),
    "an intent of no flow keeps it": (lambda p: flow_of_intent(p, "smalltalk", "returns"), "returns"),
    "no intent keeps it": (lambda p: flow_of_intent(p, None, "returns"), "returns"),
    "an intent's case counts": (lambda p: flow_of_intent(p, "Billing_x", "default"), "default"),
    "at the start, by the host's label": (lambda p: flow_at_start(p, "returns", None), "returns"),
    "at the start, an unknown label is none": (lambda p: flow_at_start(p, "nope", None), "default"),
}


@pytest.mark.parametrize(("lane", "flow"), LANES.values(), ids=LANES)
def test_a_turn_belongs_to_a_flow(shipped: Policy, lane: Lane, flow: str) -> None:
    assert lane(shipped) == flow


def test_a_session_starts_in_the_flow_of_its_page() -> None:
    policy = read_policy(SMALL + "flows: {default: {}, orders: {match: {pages: [/my-account/orders]}}}\n")
    assert flow_at_start(policy, None, "https://shop.example/my-account/orders/17?x=1") == "orders"
    assert flow_at_start(policy, None, "https://shop.example/") == "default"


def test_a_flow_without_a_threshold_has_the_documents(shipped: Policy) -> None:
    assert shipped.confidence_threshold("billing", "standard") == 0.75
    assert shipped.confidence_threshold("default", "standard") == 0.55
    assert shipped.confidence_threshold("gone since", "standard") == 0.55


THRESHOLDS = """\
thresholds: {confidence: 0.5, tiers: {enterprise: 0.7}}
flows:
  default: {}
  billing: {match: {words: [invoice]}, thresholds: {confidence: 0.8, tiers: {enterprise: 0.9}}}
  returns: {match: {words: [return]}, thresholds: {confidence: 0.4}}
  delivery: {match: {words: [parcel]}, thresholds: {tiers: {free: 0.3}}}
"""


@pytest.mark.parametrize(
    ("flow", "tier", "threshold"),
    [
        ("billing", "enterprise", 0.9),
        ("billing", "standard", 0.8),
        ("returns", "enterprise", 0.4),
        ("default", "enterprise", 0.7),
        ("delivery", "free", 0.3),
        ("delivery", "enterprise", 0.7),
        ("delivery", "standard", 0.5),
        ("default", "standard", 0.5),
    ],
)
def test_the_closest_threshold_counts_flow_and_tier_then_flow_then_tier_then_document(
    flow: str, tier: str, threshold: float
) -> None:
    assert read_policy(SMALL + THRESHOLDS).confidence_threshold(flow, tier) == threshold


def test_thresholds_of_tiers_alone_leave_the_rest_as_it_is() -> None:
    policy = read_policy(SMALL + "thresholds: {tiers: {enterprise: 0.7}}\n")
    assert policy.confidence_threshold("default", "enterprise") == 0.7
    assert policy.confidence_threshold("default", "standard") == 0.55


TWO_QUEUES = changed(
    "hours:\n", "  vip: {hours: office, respond_within: {normal: 5m}, ladder: [email], tiers: [enterprise]}\nhours:\n"
)


def test_the_queue_is_the_rules_or_that_of_the_tier_or_the_one_for_everybody() -> None:
    policy = read_policy(TWO_QUEUES)
    rule = policy.rules[0]
    assert policy.queue_for(rule, "enterprise") == "vip"
    assert policy.queue_for(rule, "free") == "team"
    assert policy.queue_for(rule.model_copy(update={"queue": "team"}), "enterprise") == "team"


def test_a_policy_of_nothing_but_tier_queues_still_has_one_for_everybody() -> None:
    policy = read_policy(changed("ladder:", "tiers: [enterprise], ladder:"))
    assert policy.queue_for(policy.rules[0], "free") == "team"


def test_a_ladder_that_is_left_out_ends_with_email() -> None:
    assert read_policy(changed(", ladder: [live, email]", "")).queues["team"].ladder == (Channel.LIVE, Channel.EMAIL)


# ---------------------------------------------------------------------------------------------- what a queue may say


def test_messages_in_what_is_no_language_are_commented_on() -> None:
    texts = "{after_hours: 'by {due}'}"
    found = warnings(SMALL + f"messages: {{english: {texts}, de: {texts}, pt-BR: {texts}, EN_us.UTF-8: {texts}}}\n")
    assert found == [("/messages/english", "no visitor speaks it: it is no language's code")]


def test_a_calendar_in_whose_zone_nobody_lives_is_commented_on() -> None:
    found = warnings(SMALL + "  always: {always: true}\n  utc: {always: true, timezone: UTC}\n")
    assert found == [("/hours/always", "promises by it are told in UTC, for it names no time zone")]


def test_a_window_that_ends_where_it_begins_is_commented_on_unless_it_is_a_day() -> None:
    days = 'week: {mon: ["00:00-00:00"], tue-wed: ["09:00-12:00", "17:00-17:00"]}'
    extra = 'extra: [{date: 2026-12-30, open: ["10:00-10:00"]}]'
    found = warnings(SMALL + f"  odd: {{timezone: UTC, {days}, {extra}}}\n")
    assert found == [
        ("/hours/odd/week/tue-wed/1", "17:00-17:00 is open for 24 hours"),
        ("/hours/odd/extra/0/open/0", "10:00-10:00 is open for 24 hours"),
    ]


def test_a_window_whose_end_seems_to_be_mistyped_is_commented_on_and_a_night_shift_is_not() -> None:
    days = 'week: {mon: ["09:00-05:00"], tue: ["00:00-24:00"], wed: ["22:00-06:00"], thu: ["06:00-22:00"]}'
    found = warnings(SMALL + f"  odd: {{timezone: UTC, {days}}}\n")
    assert found == [("/hours/odd/week/mon/0", "09:00-05:00 is open for more than 16 hours")]


def test_closures_and_extra_windows_that_are_all_over_are_commented_on() -> None:
    calendar = 'odd: {timezone: Asia/Tokyo, week: {mon: ["09:00-17:00"]}, '
    dates = 'closed: [{from: 2026-12-24, to: 2026-12-31}], extra: [{date: 2026-01-09, open: ["10:00-14:00"]}]}'
    document = SMALL + f"  {calendar}{dates}\n"

    def over(now: str) -> list[str]:
        found = check_policy(document, now=from_rfc3339(now))[1]
        return [one.path for one in found if one.message == "all its dates are over"]

    assert over("2026-01-09T14:59:59Z") == []
    assert over("2026-01-09T15:00:00Z") == ["/hours/odd/extra"]
    assert over("2026-12-31T15:00:00Z") == ["/hours/odd/closed", "/hours/odd/extra"]


@pytest.mark.parametrize(
    ("within", "found"),
    [
        ("{urgent: 8h, high: 1h, normal: 5m}", {"high": "normal", "urgent": "normal, high"}),
        ("{urgent: 2h, normal: 1h}", {"urgent": "normal"}),
        ("{urgent: 1h, high: 1h, normal: 1h}", {}),
        ("{urgent: 15m, high: 1h, normal: 4h}", {}),
    ],
)
def test_what_is_more_urgent_and_answered_later_is_commented_on(within: str, found: dict[str, str]) -> None:
    said = {
        f"/queues/team/respond_within/{priority}": f"it is answered later than {calmer}"
        for priority, calmer in found.items()
    }
    assert dict(warnings(changed("{normal: 1h}", within))) == said
    for_tier = warnings(changed("{normal: 1h}", f"{{normal: 1h}}, by_tier: {{free: {{respond_within: {within}}}}}"))
    assert [path.partition("/by_tier/free")[2] for path, _ in for_tier] == [path[12:] for path in said]


def test_a_live_chat_that_waits_longer_than_an_answer_takes_is_commented_on() -> None:
    said = "it is longer than the shortest time in respond_within"
    slow = changed("{normal: 1h}", "{normal: 5m, urgent: 4m}, pickup_within: 10h, by_tier: {free: {hours: office}}")
    assert warnings(slow) == [("/queues/team/pickup_within", said)]
    assert warnings(slow.replace("10h", "4m")) == []
    assert warnings(slow.replace("[live, email]", "[email]")) == []
    of_tier = changed("{normal: 1h}", "{normal: 1h}, by_tier: {free: {pickup_within: 2h}}")
    assert warnings(of_tier) == [("/queues/team/by_tier/free/pickup_within", said)]


def queue_of(more: str) -> str:
    return changed("hours: office, resp", f"{more}, hours: office, resp")


def test_a_queue_may_do_otherwise_for_a_tier() -> None:
    document = read_policy(
        queue_of("by_tier: {enterprise: {hours: always, ladder: [email], respond_within: {normal: 5m}}}")
        + "  always: {always: true}\n"
    )
    queue = document.queues["team"]
    assert queue.for_tier("standard") is queue
    own = queue.for_tier("enterprise")
    assert (own.hours, own.ladder, own.pickup_within) == ("always", (Channel.EMAIL,), queue.pickup_within)
    assert own.promises_within(Priority.URGENT) == 5 * 60_000


@pytest.mark.parametrize(
    ("more", "path"),
    {
        "a tier that there is not": ("by_tier: {gold: {hours: office}}", "/queues/team/by_tier/gold"),
        "a tier's calendar that there is not": ("by_tier: {free: {hours: nigt}}", "/queues/team/by_tier/free/hours"),
        "a tier's ladder that can fail": ("by_tier: {free: {ladder: [live]}}", "/queues/team/by_tier/free/ladder"),
        "a misspelt key of a tier": ("by_tier: {free: {hour: office}}", "/queues/team/by_tier/free/hour"),
        "an overflow that there is not": ("overflow: [tema]", "/queues/team/overflow/0"),
        "an overflow into itself": ("overflow: [team]", "/queues/team/overflow/0"),
        "a slot that does not fit the day": ("callbacks: {slot: 7m}", "/queues/team/callbacks/slot"),
        "a misspelt key of callbacks": ("callbacks: {slots: 30m}", "/queues/team/callbacks/slots"),
        "a staffing of another kind": ("staffing: hope", "/queues/team/staffing"),
    }.values(),
)
def test_what_a_queue_cannot_be_is_a_finding_where_it_stands(more: str, path: str) -> None:
    assert path in {finding.path for finding in errors(queue_of(more))}
