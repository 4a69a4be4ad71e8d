"""What judging a message costs without HTTP and database: signals, triggers and rules of the shipped policy."""

import time

from traffic import MESSAGES, REPLY

from bridge.domain import rules, session, signals
from bridge.domain.customer import Customer
from bridge.domain.findings import read_policy
from bridge.domain.signals import TurnSignals
from bridge.domain.triggers import Situation
from bridge.service.manage_policy import shipped_document


def judge_cost_us(messages: int = 3000) -> float:
    """Microseconds of CPU for a message with a full window of answered turns behind it."""
    policy = read_policy(shipped_document())
    reply = signals.measure_reply(REPLY, language="en", confidence=0.9, intent_matched=True)
    window: tuple[TurnSignals, ...] = ()
    began = 0
    for number in range(-100, messages):
        if number == 0:
            began = time.process_time_ns()
        message = signals.measure_message(MESSAGES[number % len(MESSAGES)], language="en", previous=reply)
        window = session.append(window, TurnSignals(seq=number, at=number, message=message, reply=None))
        situation = Situation(window, number, "default", 0.55, policy.tiers, Customer(tier="standard"))
        rules.judge(policy, situation)
        window = (*window[:-1], TurnSignals(seq=number, at=number, message=message, reply=reply))
    return (time.process_time_ns() - began) / messages / 1000
