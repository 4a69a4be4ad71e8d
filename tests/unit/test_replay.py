"""Recorded conversations, judged again: what a line may hold, and what it is taken for."""

import json
from typing import Any

import pytest

from bridge.domain.backtest import MOST_EXAMPLES, Backtest, Difference, Named, Tally, as_json
from bridge.domain.instants import MINUTE, from_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import BadLine, Outcome, instants, read_line, replay, unknown_keys
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.values import Json

ASKING = "I want to talk to a human"
SHIPPED = read_policy(shipped_document())
QUEUE = {"hours": "always", "respond_within": {"normal": "1h"}, "ladder": ["email"]}


def policy(trigger: Json, **more: Json) -> Policy:
    """One trigger, one rule."""
    document = {
        "triggers": {"it": trigger},
        "rules": [{"name": "it-is", "when": "it", "priority": "high"}],
        "queues": {"team": QUEUE},
        "hours": {"always": {"always": True, "timezone": "UTC"}},
        **more,
    }
    return read_policy(json.dumps(document))


def turn(visitor: str, bot: str | None = "Could you tell me more?", **more: Any) -> Json:
    at = {"at": more.pop("at")} if "at" in more else {}
    return {"visitor": visitor, "bot": None if bot is None else {"text": bot, **more}, **at}


def outcome(*turns: Json, of: Policy = SHIPPED, **session: Any) -> Outcome:
    return replay(of, read_line(json.dumps({"session_id": "s", "turns": turns, **session}).encode()))


def fault(line: bytes) -> str:
    with pytest.raises(BadLine) as bad:
        read_line(line)
    return str(bad.value)


# -- what is decided ---------------------------------------------------------------------------------------------------


def test_a_decision_names_the_turn_from_0_its_rule_and_where_it_goes() -> None:
    found = outcome(turn("hello"), turn(ASKING), turn("hello?"), locale="en_US")
    assert found.as_json() == {
        "session_id": "s",
        "escalated": True,
        "turn": 1,
        "rule": "explicit_request",
        "reason": 'explicit_request: the visitor asked for a person: "want to talk to a human"',
        "priority": "normal",
        "queue": "support",
    }


def test_without_a_decision_everything_is_null() -> None:
    found = outcome(turn("Where is my order?")).as_json()
    assert found.pop("session_id") == "s"
    assert found.pop("escalated") is False
    assert set(found.values()) == {None}


def test_the_message_is_judged_before_the_reply_to_it() -> None:
    rules = [{"name": n, "when": n, "priority": "normal"} for n in ("b", "a")]
    tried = policy(
        {"type": "human_requested"},
        triggers={"a": {"type": "human_requested"}, "b": {"type": "bot_failed"}},
        rules=rules,
    )
    assert outcome(turn(ASKING, "", failed=True), of=tried, locale="en").rule == "a"
    assert outcome(turn("hello", "", failed=True), of=tried, locale="en").rule == "b"


def test_a_message_without_a_reply_is_followed_by_the_next_one() -> None:
    assert outcome(turn("hello", None), turn(ASKING, None), locale="en").turn == 1


def test_a_yes_takes_up_the_offer_of_the_reply_before_it() -> None:
    offer = "Would you like me to connect you with a human agent?"
    assert outcome(turn("My order is late", offer), turn("yes", None), locale="en").turn == 1
    assert not outcome(turn("My order is late", offer), turn("hm", None), turn("yes"), locale="en").escalated


@pytest.mark.parametrize(
    ("customer", "fires"),
    [
        (None, False),
        ({"fetch": "not_found"}, False),
        ({"fetch": "not_found", "tier": "enterprise"}, False),
        ({"fetch": "found", "tier": "Enterprise"}, True),
        ({"fetch": "found", "tier": "of another world"}, False),
        ({"fetch": "found"}, False),
        ({"fetch": "failed"}, True),
        ({"fetch": "failed", "tier": "free"}, True),
    ],
)
def test_the_tier_follows_from_the_look_up(customer: Json, fires: bool) -> None:
    assert (
        outcome(turn("hi"), of=policy({"type": "tier_at_least", "tier": "business"}), customer=customer).escalated
        is fires
    )


@pytest.mark.parametrize(("total", "currency", "fires"), [(499, "USD", False), (500, "USD", True), (900, "EUR", False)])
def test_orders_count(total: float, currency: str, fires: bool) -> None:
    orders = [{"id": "1", "total": total, "currency": currency, "status": "paid", "created_at": "2026-01-01"}]
    tried = policy({"type": "order_value_at_least", "amount": 500, "currency": "USD"})
    assert outcome(turn("hi"), of=tried, customer={"fetch": "found", "orders": orders}).escalated is fires


def test_ids_and_totals_count_with_and_without_quotes_as_live() -> None:
    tried = policy({"type": "order_value_at_least", "amount": 500, "currency": "USD"})
    reasons = {
        outcome(turn("hi"), of=tried, customer={"orders": [{"id": key, "total": total, "currency": "USD"}]}).reason
        for key in ("8821", 8821)
        for total in (500, "500.00")
    }
    assert reasons == {"it-is: order 8821 is worth 500 USD, at or above 500"}


def test_the_flow_of_the_record_counts() -> None:
    unsure = turn("hello", confidence=0.6)
    tried = policy({"type": "confidence_below"}, flows={"default": {}, "picky": {"thresholds": {"confidence": 0.9}}})
    assert outcome(unsure, of=tried, flow="picky").escalated
    assert not outcome(unsure, of=tried, flow="unknown").escalated


def test_the_page_leads_into_its_flow() -> None:
    flows = {"default": {}, "picky": {"match": {"pages": ["/account"]}, "thresholds": {"confidence": 0.9}}}
    tried = policy({"type": "confidence_below"}, flows=flows)
    unsure = turn("hello", confidence=0.6)
    assert outcome(unsure, of=tried, page_url="https://shop.example/account/billing").escalated
    assert not outcome(unsure, of=tried, page_url="https://shop.example/").escalated


def test_open_tickets_and_the_service_level_count() -> None:
    known = {"open_tickets": [{"id": "1", "subject": "late", "status": "open"}], "sla_minutes_left": 30}
    for trigger in ({"type": "open_ticket"}, {"type": "sla_at_risk", "minutes_left": 60}):
        assert outcome(turn("it is late again"), of=policy(trigger), customer=known).escalated
        assert not outcome(turn("it is late again"), of=policy(trigger), customer={"fetch": "found"}).escalated


def test_the_queue_follows_the_tier() -> None:
    queues = {"team": QUEUE, "vip": {**QUEUE, "tiers": ["enterprise"]}}
    tried = policy({"type": "human_requested"}, queues=queues)
    assert outcome(turn(ASKING), of=tried, locale="en").queue == "team"
    assert outcome(turn(ASKING), of=tried, locale="en", customer={"fetch": "failed"}).queue == "vip"


def test_long_conversations_are_judged_by_their_last_turns_and_counted_in_full() -> None:
    tried = policy({"type": "turns_without_resolution", "turns": 12})
    assert outcome(*[turn(f"question {n}") for n in range(40)], of=tried).turn == 11


# -- time --------------------------------------------------------------------------------------------------------------


def times(*given: Any) -> list[int]:
    turns = [{"visitor": "x", **({} if at is None else {"at": at})} for at in given]
    return list(instants(read_line(json.dumps({"session_id": "s", "turns": turns}).encode()).turns))


def test_turns_lie_a_minute_apart_where_nothing_is_recorded() -> None:
    start = from_rfc3339("2026-11-02T15:00:00Z")
    assert times(None, None, None) == [0, MINUTE, 2 * MINUTE]
    assert times(None, "2026-11-02T16:00:00+01:00", None) == [start - MINUTE, start, start + MINUTE]
    assert times(start, None, start + 7) == [start, start + MINUTE, start + 7]


def test_recorded_times_count() -> None:
    tried = policy({"type": "bot_failed", "at_least": 2, "within_minutes": 10})
    first, soon, late = (f"2026-11-02T15:{minute}:00Z" for minute in ("00", "09", "11"))
    assert outcome(turn("a", "", at=first), turn("b", "", at=soon), of=tried).turn == 1
    assert not outcome(turn("a", "", at=first), turn("b", "", at=late), of=tried).escalated


def test_a_reply_that_came_after_the_next_message_is_judged_after_it() -> None:
    offer = "Would you like me to connect you with a human agent?"
    turns = [turn("My order is late", offer, at=10), turn("hello?", None, at=20), turn("yes", None, at=40)]
    assert not outcome(*turns, locale="en").escalated
    stuck = policy({"type": "bot_failed", "at_least": 1})
    late = {"visitor": "a", "bot": {"text": "", "at": 30}, "at": 10}
    assert outcome(late, turn("b", None, at=20), turn("c", None, at=40), of=stuck).turn == 1
    assert outcome(late, turn("b", None, at=30), turn("c", None, at=40), of=stuck).turn == 0
    assert outcome(late, turn("b", None, at=20), of=stuck).turn == 1


def test_late_replies_are_judged_in_the_order_in_which_they_came() -> None:
    flows = {"default": {}, "a": {"match": {"intents": ["a"]}}, "b": {"match": {"intents": ["b"]}}}
    rules = [{"name": "it-is", "when": "it", "priority": "high", "flows": ["b"]}]
    tried = policy({"type": "human_requested"}, flows=flows, rules=rules)

    def said(at: int, came: int, intent: str) -> Json:
        return {"visitor": "x", "bot": {"text": "hm", "at": came, "intent": intent}, "at": at}

    asks = turn(ASKING, None, at=60)
    assert outcome(said(10, 50, "b"), said(20, 40, "a"), asks, of=tried, locale="en").turn == 2
    assert not outcome(said(10, 50, "a"), said(20, 40, "b"), asks, of=tried, locale="en").escalated


def test_a_replys_instant_says_nothing_where_the_next_message_has_none() -> None:
    stuck = policy({"type": "bot_failed", "at_least": 1})
    late = {"visitor": "a", "bot": {"text": "", "at": 30}}
    assert outcome(late, turn("b", None), of=stuck).turn == 0


# -- what a line may hold ----------------------------------------------------------------------------------------------


ODD_TEXTS = [
    *("", " ", "x" * 20_000, "help " * 4_000, "\u202eabc", "a\x00b", "😀" * 500, "\ud83d"),
    *("أريد أن أتحدث مع شخص", "אני רוצה לדבר עם נציג"),
]


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
@pytest.mark.parametrize("locale", [None, "", "xx", "klingon_KX.UTF-8@x", "en_US"])
def test_no_text_and_no_locale_is_an_error(text: str, locale: str | None) -> None:
    found = outcome(turn(text, text), turn(text, None), turn("bye"), locale=locale)
    json.dumps(found.as_json(), ensure_ascii=False).encode()


def test_a_text_beyond_the_live_limit_is_cut_at_it() -> None:
    assert not outcome(turn("x " * 2_000 + ASKING), locale="en").escalated
    assert outcome(turn("x " * 1_900 + "\n" + ASKING), locale="en").escalated


def test_an_empty_conversation_does_not_escalate() -> None:
    assert not outcome().escalated


def test_what_is_absent_may_be_null() -> None:
    bot = {"text": "hm", "confidence": None, "intent": None, "intent_matched": None, "failed": None, "signals": None}
    outcome({"visitor": "hi", "bot": bot, "at": None}, locale=None, flow=None, customer=None)
    outcome({"visitor": "hi"}, customer={"fetch": "found", "tier": None, "orders": None})
    order = {"id": None, "total": 1, "currency": "eur", "status": None}
    ticket = dict.fromkeys(["id", "subject", "status"])
    unsaid = {"fetch": None, "orders": [order], "open_tickets": [ticket]}
    assert not outcome({"visitor": "hi"}, customer=unsaid, handed_over=None).escalated


def test_a_session_may_be_numbered_as_databases_do() -> None:
    line = json.dumps({"session_id": 4711, "turns": [turn(ASKING)]}).encode()
    assert replay(SHIPPED, read_line(line)).as_json()["session_id"] == "4711"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"nonsense", "Invalid JSON"),
        (b"[]", "object"),
        (b'{"turns": []}', "session_id: Field required"),
        (b'{"session_id": "s"}', "turns: Field required"),
        (b'{"session_id": "s", "turns": [{"bot": null}]}', "turns/0/visitor: Field required"),
        (b'{"session_id": "s", "turns": [{"visitor": 7}]}', "turns/0/visitor"),
        (b'{"session_id": "s", "turns": [{"visitor": "a", "bot": {"text": "b", "confidence": 87}}]}', "bot/confidence"),
        (b'{"session_id": "s", "turns": [{"visitor": "a", "bot": {"text": "b", "confidence": NaN}}]}', "confidence"),
        (b'{"session_id": "s", "turns": [{"visitor": "a", "at": "2026-11-02T15:00:00"}]}', "with a zone"),
        (b'{"session_id": "s", "turns": [{"visitor": "a", "at": "9999-12-31T23:59:59Z"}]}', "with a zone"),
        (b'{"session_id": "s", "turns": [{"visitor": "a", "at": -1}]}', "since 1970"),
        (b'{"session_id": "s", "turns": [], "customer": {"fetch": "maybe"}}', "customer/fetch"),
        (b'{"session_id": "s", "turns": [], "customer": {"orders": [{"total": true, "currency": "USD"}]}}', "total"),
        (b'{"session_id": "s", "turns": [], "customer": {"open_tickets": [{"id": 1.5}]}}', "open_tickets/0/id"),
        (b'{"session_id": "\xff", "turns": []}', "not UTF-8"),
        (b"[" * 100_000, "JSON"),
        (rb'{"x": "\ud800", ' + b"[" * 100_000, "JSON"),
    ],
)
def test_a_bad_line_says_what_is_wrong_with_it(line: bytes, said: str) -> None:
    assert said in fault(line)
    assert len(fault(line)) < 200


def test_a_fault_does_not_repeat_what_a_customer_wrote() -> None:
    assert "hunter2" not in fault(b'{"session_id": "s", "turns": "hunter2"}')


def test_keys_that_nothing_reads_are_passed_over_and_can_be_named() -> None:
    bot = {"text": "hm", "confidense": 0.1}
    line = {"session_id": "s", "turns": [{"visitor": "hi", "bot": bot, "mood": 1}], "calm": 1, "customer": {"age": 3}}
    found = unknown_keys(read_line(json.dumps(line).encode()))
    assert found == {"calm", "turns/mood", "turns/bot/confidense", "customer/age"}


# -- the report --------------------------------------------------------------------------------------------------------


def decided(number: int, rule: str | None = "a", queue: str = "q", reason: str = "why") -> Outcome:
    return Outcome(str(number), 0, rule, reason, "high", queue) if rule else Outcome(str(number))


TRIED = Named("tried", SHIPPED)


def test_reasons_are_counted_by_rule_the_most_frequent_first() -> None:
    tally = Tally()
    for n, (rule, reason) in enumerate([("b", "x"), ("a", "y"), ("b", "z"), ("b", "z"), (None, "")]):
        tally.add(decided(n, rule, reason=reason))
    assert tally.by_rule() == [("b", 3, [("z", 2), ("x", 1)]), ("a", 1, [("y", 1)])]
    shown = as_json(Backtest(TRIED, tally=tally))
    assert (shown["sessions"], shown["escalated"], shown["rate"], shown["band"]) == (5, 4, 0.8, "too_high")
    assert shown["alarm"] is True
    assert shown["difference"] is None


def test_the_difference_names_the_first_few_of_each_kind() -> None:
    difference = Difference()
    for n in range(MOST_EXAMPLES + 3):
        difference.add(decided(n, None), decided(n))
    difference.add(decided(20), decided(20, None))
    difference.add(decided(21), decided(21, queue="other"))
    difference.add(decided(22), decided(22, rule="b", reason="another"))
    difference.add(decided(23, None), decided(23, None))
    shown = as_json(Backtest(TRIED, TRIED, difference=difference))["difference"]
    counts = {kind: shown[kind]["count"] for kind in shown if kind != "present"}
    assert counts == {"newly_escalated": MOST_EXAMPLES + 3, "no_longer_escalated": 1, "other_queue_or_priority": 1}
    assert [one["session_id"] for one in shown["newly_escalated"]["examples"]] == ["0", "1", "2", "3", "4"]
    assert shown["no_longer_escalated"]["examples"][0]["tried"] is None
    assert shown["present"]["escalated"] == 3


def test_a_report_on_nothing_has_no_rate() -> None:
    shown = as_json(Backtest(TRIED))
    assert (shown["sessions"], shown["rate"], shown["interval"], shown["band"]) == (0, None, None, None)
