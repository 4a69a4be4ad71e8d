"""What judging a message costs without HTTP and database: signals, triggers and rules of the shipped policy."""

import gc
import time

from traffic import MESSAGES, REPLIES

from bridge.domain import judging
from bridge.domain.policy_check import read_policy
from bridge.domain.replay import Conversation, begin
from bridge.domain.shipped_policy import shipped_document


def judge_cost_us(messages: int = 3000) -> float:
    """Microseconds of CPU for a message and its reply, both judged, with a full window of answered turns behind it."""
    policy = read_policy(shipped_document())
    session = begin(policy, Conversation(session_id="bench", locale="en", turns=()))
    replies = [judging.Reply(text, confidence=0.9, intent_matched=True) for text in REPLIES]
    gc.collect()
    gc.freeze()  # as `bridge serve` does: what is loaded is not looked through again and again
    began = 0
    for number in range(-100, messages):
        if number == 0:
            began = time.process_time_ns()
        session = judging.hear(policy, session, MESSAGES[number % len(MESSAGES)], number)
        judging.judge(policy, session)
        session = judging.answer(policy, session, session.turns, replies[number % len(replies)])
        judging.judge(policy, session)
    return (time.process_time_ns() - began) / messages / 1000
