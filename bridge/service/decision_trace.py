"""How a decision and its answer are written down: JSON texts that give the same bytes for the same content."""

import json

from pydantic_core import to_json

from bridge.domain import signals
from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.values import Json
from bridge.service.context import CurrentPolicy


def as_text(value: Json) -> str:
    """JSON text as it is stored."""
    return to_json(value).decode()


def trace_of(decision: Decision, current: CurrentPolicy, session: Session) -> str:
    """The trace of a decision: its signals, triggers and rule, and what they were judged by."""
    trace = {
        **decision.trace(),
        "policy_version": current.version,
        "flow": session.flow,
        "tier": session.customer.tier,
        "tier_assumed": session.customer.tier_assumed,
    }
    return _sorted_text(trace)


def inputs_of(decision: Decision, session: Session, seen: Json) -> str:
    """Everything that a decision was made from, so that it can be made again.

    `seen`: what of it is not the session's, the policy's version, the instant and the hours in force.
    """
    frozen = {
        **decision.trace(),
        **seen,
        "flow": session.flow,
        "turns": session.turns,
        "customer": session.customer.model_dump(mode="json"),
        "window": [signals.dump(turn) for turn in session.window],
    }
    return _sorted_text(frozen)


def _sorted_text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
