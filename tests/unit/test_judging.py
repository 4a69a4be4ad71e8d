import sys
from types import FrameType
from typing import Any

import pytest

from bridge.domain import judging
from bridge.domain.findings import read_policy
from bridge.domain.judging import Reply
from bridge.domain.replay import Conversation, begin
from bridge.domain.session import Session
from bridge.domain.signals import WINDOW
from bridge.service.manage_policy import shipped_document

POLICY = read_policy(shipped_document())


def session(locale: str | None = "en") -> Session:
    return begin(POLICY, Conversation(session_id="s", locale=locale, turns=()))


def long_session(turns: int) -> Session:
    one = session()
    for n in range(turns):
        one = judging.hear(POLICY, one, f"and what does model number {n} weigh with its box?", n * 60_000)
        one = judging.answer(POLICY, one, one.turns, Reply(f"Model {n} weighs {n} kilograms with its box.", 0.9))
    return one


def lines_run(judged: Session) -> int:
    """How many lines of the product a judgement runs through: what time is, without the clock's noise."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace if "bridge" in frame.f_code.co_filename else None

    sys.settrace(trace)
    try:
        judging.judge(POLICY, judged)
    finally:
        sys.settrace(None)
    return count


def test_a_judgement_costs_the_same_in_the_thousandth_turn_as_when_the_window_was_just_full() -> None:
    full, long = long_session(WINDOW), long_session(1000)
    assert len(long.window) == len(full.window) == WINDOW
    assert lines_run(long) == lines_run(full) > 100


def test_a_session_without_a_locale_takes_that_of_its_first_clear_message() -> None:
    unclear = judging.hear(POLICY, session(None), "ok", 0)
    assert unclear.locale is None
    told = judging.hear(POLICY, unclear, "Ich habe meine Bestellung noch nicht und weiß nicht, wo sie ist", 1)
    assert told.locale == "de"
    angry = judging.hear(POLICY, told, "Das ist eine Frechheit", 2)
    assert angry.window[-1].message.negative == 2
    assert judging.hear(POLICY, angry, "I would like to know where my order is", 3).locale == "de"


def test_a_locale_that_was_given_stays() -> None:
    text = "Ich habe meine Bestellung noch nicht und weiß nicht, wo sie ist"
    assert judging.hear(POLICY, session("en-US"), text, 0).locale == "en-US"


@pytest.mark.parametrize("when", ["displeased", "{not: displeased}"])
def test_a_rule_is_tried_while_nothing_fired_only_where_it_turns_a_part_round(when: str) -> None:
    rule = f"  - {{name: first, when: {when}, priority: normal}}\n"
    document = shipped_document().replace("rules:\n", f"rules:\n{rule}", 1)
    policy = read_policy(document)
    assert policy.silent_alone is (when == "displeased")
    calm = judging.hear(policy, session(), "hello", 0)
    decided = judging.judge(policy, calm).rule
    assert (decided is None) is (when == "displeased")
