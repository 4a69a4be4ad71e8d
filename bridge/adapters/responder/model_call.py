"""What asking a model has in common, whoever serves it: one repeat within the budget, and what a failure means."""

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Answer as Got
from bridge.domain.answering import Answer, Failure
from bridge.ports import AdapterError, Fault, Rejected

LONGEST_ANSWER: Final = 1500
"""Tokens of a model's answer."""
SHORTEST_ATTEMPT_S: Final = 1.0
"""Seconds without which no second attempt is made: no model answers in less."""
RETRY_PAUSE_S: Final = 0.5
"""Seconds before a second attempt, where the server does not say how long."""

RETRIED_FAILURES: Final = frozenset({Failure.MALFORMED, Failure.UNAVAILABLE})
_LATE: Final = frozenset({"timeout", "connect timeout", "no time left", "no free line"})
_OURS_TO_MEND: Final = frozenset(
    {
        "http 401",
        "http 402",
        "http 403",
        "http 404",
        "bad address",
        "password in the address",
        "not https",
        "private address",
        "name not resolved",
    }
)

Ask = Callable[[float, bool], Answer]
"""Asks within so many seconds; whether it is the second time."""


def ask_twice(ask: Ask, budget: float) -> Answer:
    """Ask; and once more where the answer was malformed, or the server could not, and time is left.

    Args:
        ask: one call; its `AdapterError` becomes an answer that has failed.
        budget: seconds for both calls together.
    """
    deadline = Deadline(budget)
    first, pause = _tried(ask, deadline, again=False)
    if first.failure not in RETRIED_FAILURES or deadline.left() < pause + SHORTEST_ATTEMPT_S:
        return first
    time.sleep(pause)
    second, _ = _tried(ask, deadline, again=True)
    return second


def _tried(ask: Ask, deadline: Deadline, *, again: bool) -> tuple[Answer, float]:
    """The answer, and how long to wait before the next attempt."""
    try:
        return ask(deadline.left(), again), 0.0
    except AdapterError as error:
        return Answer(failure=failure_of(error)), RETRY_PAUSE_S if error.retry_after is None else error.retry_after


def failure_of(error: AdapterError) -> Failure:
    """What a failed call means for the conversation."""
    if error.detail in _LATE:
        return Failure.TIMEOUT
    if error.detail in _OURS_TO_MEND:
        return Failure.MISCONFIGURED
    return Failure.MALFORMED if error.detail in ("not json", "malformed") else Failure.UNAVAILABLE


def check_found(got: Got, model: str) -> None:
    """Say what is not there: a server that has no such model names it, one that has no such address does not.

    Raises:
        Rejected: the answer is a 404.
    """
    if got.status == HTTPStatus.NOT_FOUND:
        raise Rejected("no such model" if model in json.dumps(got.json) else "http 404", fault=Fault.SYSTEM)
