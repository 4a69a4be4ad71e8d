"""The one-sentence summary: made from facts, short, and harmless whatever a visitor wrote."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import judging
from bridge.domain.packet import SUMMARY_LIMIT, Line
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import Conversation, begin
from bridge.domain.shipped_policy import shipped_document
from bridge.domain.summary import Facts, Polished, summarize
from bridge.domain.summary_facts import facts_of

NOTHING: dict[str, Any] = {
    "topic": None, "issue": None, "quoted": "", "times_raised": 1, "bot_answered": True, "bot_failures": 0,
    "asked_for_person": False, "tier": "", "tier_assumed": False, "unverified": False, "sla": None, "order_value": None,
}  # fmt: skip


def said(**known: Any) -> str:
    return summarize(Facts(**{**NOTHING, **known}))


def test_topic_issue_times_and_sla_make_the_sentence() -> None:
    sentence = said(topic="an incorrect charge", issue="invoice #8821", times_raised=2, sla="gold, 4 h")
    assert sentence == (
        "Customer reports an incorrect charge on invoice #8821, disputed twice, no resolution; SLA-eligible account"
    )


def test_an_issue_without_a_topic_is_named() -> None:
    assert said(issue="order #123_45") == "Customer writes about order #123_45, no resolution"


def test_a_topic_without_money_is_raised_not_disputed() -> None:
    assert said(topic="a missing delivery", times_raised=4) == (
        "Customer reports a missing delivery, raised 4 times, no resolution"
    )


def test_without_a_topic_the_first_message_is_quoted() -> None:
    sentence = said(quoted="My lamp came in pieces. What now?", tier="business", asked_for_person=True)
    assert sentence == (
        'Customer writes "My lamp came in pieces, What now", no resolution, asks for a person; business account'
    )


def test_before_the_bot_has_answered_nothing_is_said_of_a_resolution() -> None:
    assert said(topic="a delay", bot_answered=False) == "Customer reports a delay"


def test_without_anything_it_still_says_something() -> None:
    assert said() == "Customer asks for help, no resolution"
    assert said(quoted="???") == "Customer asks for help, no resolution"


def test_an_assumed_tier_is_said_to_be_assumed() -> None:
    assert said(topic="a refund request", tier="enterprise", tier_assumed=True).endswith(
        "; enterprise account, tier assumed"
    )


def test_what_a_typed_address_says_of_the_account_is_said_to_be_unverified() -> None:
    assert said(topic="a refund request", tier="enterprise", unverified=True).endswith(
        "; UNVERIFIED enterprise account"
    )


def test_the_bots_failures_and_the_largest_order_are_told_where_there_is_room() -> None:
    assert said(topic="a refund", bot_failures=2, order_value="900.00 USD") == (
        "Customer reports a refund, no resolution, bot failed 2 times; largest order 900.00 USD"
    )


def test_the_least_important_clause_goes_first() -> None:
    full: dict[str, Any] = {
        "topic": "an incorrect charge", "issue": "invoice #8821", "times_raised": 2, "sla": "gold",
        "tier": "enterprise", "tier_assumed": True, "bot_failures": 3, "asked_for_person": True,
        "order_value": "1,234.00 USD",
    }  # fmt: skip
    assert said(**full) == (
        "Customer reports an incorrect charge on invoice #8821, disputed twice, no resolution, asks for a person; "
        "SLA-eligible enterprise account, tier assumed"
    )
    longer = said(**{**full, "topic": "an incorrect charge for a thing that was never ordered"})
    assert longer.endswith("disputed twice, no resolution; SLA-eligible enterprise account")


def test_a_long_first_message_ends_with_a_whole_word() -> None:
    opening = " ".join(f"word{n}" for n in range(2000))
    quoted = re.search(r'"(.*) …"', said(quoted=opening))
    assert quoted
    assert opening.startswith(quoted[1] + " ")


def test_a_word_that_does_not_fit_is_left_out_whole() -> None:
    assert said(quoted="x" * 10_000) == "Customer asks for help, no resolution"
    assert said(topic="y" * 500, issue="invoice 7") == "Customer writes about invoice 7, no resolution"


def test_a_language_without_spaces_is_quoted_too() -> None:
    assert said(quoted="我的订单还没有到货。" * 100).startswith('Customer writes "我的订单还没有到货, ')


HOSTILE = [
    "see https://evil.example/login?x=1 now",
    "see HTTP://EVIL.example",
    "go to www.evil.example.",
    "evil.example/path is good",
    ".0evil.example/path is good",
    "0..0evil.example/path is good",
    "(evil.example) .evil.example @evil.example",
    "ｈｔｔｐｓ：／／evil．example",
    "htt<b>p://evil.example",
    "ht\u200btps://evil.example java\u202escript:alert(1)",
    "<script>alert(1)</script>&lt;img src=x&gt;&amp;lt;b&amp;gt;",
    "**bold** _it_ `code` ~~no~~ [a](http://evil.example) ![i](//evil.example/x) | a | # head",
    "one\r\ntwo\nthree\u2028four\u2029five\x00\x07\x1b[31m",
    "\u202eabc\u2066def\u2069\u200f\u061c",
    "write to ann@evil.example or mailto:x@evil.example",
    'say "hello". Then! What? Stop.',
    "<" * 9000,
    "a@" * 5000,
    "\ud800 lone",
    "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307a",
]  # fmt: skip


FORBIDDEN = re.compile(
    r"://|www\.|evil\.|javascript:|[<>\[\]{}`*|~]"
    r"|[\x00-\x1f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
    r"|[.!?](?:\s|$)"
)


def harmless(sentence: str) -> bool:
    return not FORBIDDEN.search(sentence) and sentence.count('"') in (0, 2) and 1 <= len(sentence) <= SUMMARY_LIMIT


@pytest.mark.parametrize("opening", HOSTILE)
@pytest.mark.parametrize("where", ["quoted", "topic", "issue", "tier", "order_value"])
def test_hostile_text_becomes_plain_words(opening: str, where: str) -> None:
    sentence = said(**{where: opening})
    assert harmless(sentence), sentence


PIECES = st.sampled_from(
    [*HOSTILE, "invoice #8821", ". ", "\n", "http", "://", "<a ", ">", "&#60;", "é", "我", "\u202e", "-" * 30]
)


@given(
    opening=st.lists(PIECES | st.text(max_size=20), max_size=12).map("".join),
    topic=st.none() | st.text(max_size=120),
    times=st.integers(0, 10**9),
    sla=st.none() | st.text(max_size=20),
)
def test_whatever_was_written_it_is_one_short_line(
    opening: str, topic: str | None, times: int, sla: str | None
) -> None:
    sentence = said(quoted=opening, topic=topic, times_raised=times, sla=sla, tier="enterprise", tier_assumed=True)
    assert harmless(sentence), sentence


# -- a model's own sentence --------------------------------------------------------------------------------------------

HEARD = frozenset({"lamp", "arrived", "broken"})
KNOWN = ("gold, 4 h", "overdue", "10233")
TIERS = ("standard", "enterprise")


def polished(sentence: str, **known: Any) -> str:
    return summarize(Facts(**{**NOTHING, **known}), Polished(sentence, HEARD, KNOWN, TIERS))


def test_a_sound_sentence_of_a_model_stands_in_front_of_the_facts() -> None:
    sentence = polished("The customer wants a new lamp because theirs arrived broken.", sla="gold", tier="business")
    assert sentence == (
        "The customer wants a new lamp because theirs arrived broken, no resolution; SLA-eligible business account"
    )


def test_facts_that_do_not_fit_behind_it_are_left_out() -> None:
    long = "The customer wants a new lamp because theirs " + "really " * 14 + "broke"
    assert polished(long, tier="business").startswith(long)
    assert len(polished(long, tier="business")) <= SUMMARY_LIMIT


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "The lamp arrived broken. The customer is angry.",
        "The lamp arrived broken\nand more",
        "The lamp is at https://evil.example",
        "The lamp of evil.example arrived broken",
        "The lamp: broken",
        "The <b>lamp</b> arrived broken",
        "The **lamp** arrived broken",
        "The lamp \u202earrived broken",
        'The customer says "lamp"',
        "The customer wants help",
        "Enterprise customer has a broken lamp",
        "Priority customer has a broken lamp",
        "Customer with overdue bills has a broken lamp",
        "The lamp of 10233 arrived broken",
        "The lamp arrived broken " * 8,
    ],
)
def test_an_odd_sentence_is_not_used(odd: str) -> None:
    assert polished(odd, topic="a broken item") == "Customer reports a broken item, no resolution"


def test_a_sentence_in_english_names_the_issue_of_a_visitor_who_wrote_otherwise_by_its_topic() -> None:
    facts = Facts(**{**NOTHING, "topic": "a refund request"})
    sentence = summarize(facts, Polished("Customer wants a refund for a lamp", frozenset({"lampe", "geld"})))
    assert sentence.startswith("Customer wants a refund for a lamp")


@given(st.text(max_size=200))
def test_whatever_a_model_says_the_summary_is_one_short_plain_line(sentence: str) -> None:
    made = summarize(
        Facts(**{**NOTHING, "quoted": sentence}), Polished(sentence, frozenset(sentence.casefold().split()))
    )
    assert 0 < len(made) <= SUMMARY_LIMIT
    assert "\n" not in made
    assert not re.search(r"https?://|www\.|[<>\[\]{}|`*~^]", made)


POLICY = read_policy(shipped_document())


def summary_of(*messages: str, answered: bool = False) -> str:
    session = begin(POLICY, Conversation(session_id="s", locale="en", turns=()))
    for at, text in enumerate(messages):
        session = judging.hear(POLICY, session, text, at)
    lines = [Line(at=at, who="visitor", text=text) for at, text in enumerate(messages)]
    reply = [Line(at=len(lines), who="bot", text="I see.")] if answered else []
    return summarize(facts_of(session, (*lines, *reply)))


def test_the_first_message_that_says_something_is_quoted() -> None:
    told = summary_of("hi", "the handle of my blue kettle wobbles", "agent", answered=True)
    assert told.startswith('Customer writes "the handle of my blue kettle wobbles", no resolution')


def test_where_none_says_much_the_last_message_is_quoted() -> None:
    assert summary_of("hi", "agent please").startswith('Customer writes "agent please", asks for a person')


def test_in_danger_the_message_that_speaks_of_it_is_quoted_whatever_else_was_reported() -> None:
    told = summary_of("my parcel still has not arrived", "I am going to kill myself", answered=True)
    assert told.startswith('Customer writes "I am going to kill myself"')
