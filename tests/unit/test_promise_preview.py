"""What would be promised at an instant, nobody present."""

import json
from typing import Any

import pytest

from bridge.domain.policy import Policy
from bridge.domain.policy_check import read_policy
from bridge.domain.promise_preview import preview_promise, read_question
from bridge.domain.replay import BadLine

POLICY = read_policy("""
triggers: {asked: {type: human_requested}}
rules: [{name: ask, when: asked, priority: normal}]
queues:
  support:
    hours: office
    respond_within: {urgent: 15m, normal: 0}
    by_tier: {enterprise: {hours: always, respond_within: {normal: 1h}}}
  calls: {hours: office, respond_within: {normal: 1h}, ladder: [live, callback, email]}
  believed: {hours: office, respond_within: {normal: 5m}, staffing: schedule}
hours:
  office: {timezone: America/New_York, week: {mon-fri: ["09:00-17:00"]}}
  always: {always: true, timezone: Europe/Berlin}
""")
NIGHT = "2026-10-31T21:00:00-04:00"


def asked(policy: Policy = POLICY, **question: Any) -> Any:
    line = json.dumps({"queue": "support", "priority": "urgent", "at": NIGHT} | question)
    return preview_promise(policy, read_question(line.encode(), policy), lambda _, name: policy.hours[name])


def test_the_promise_of_a_saturday_night() -> None:
    assert asked() == {
        "channel": "email",
        "due_at": "2026-11-02T14:15:00Z",
        "timezone": "America/New_York",
        "text": "A support agent will contact you before 9:15 AM EST on Monday, November 2.",
    }


def test_the_tier_matters() -> None:
    assert asked(priority="normal")["due_at"] == "2026-11-02T14:00:00Z"
    of_enterprise = asked(priority="normal", tier="enterprise")
    assert (of_enterprise["due_at"], of_enterprise["timezone"]) == ("2026-11-01T02:00:00Z", "Europe/Berlin")


@pytest.mark.parametrize("at", [1793494800000, 1793494800])
def test_an_instant_may_be_counted_from_1970_in_milliseconds_or_seconds(at: int) -> None:
    assert asked(at=at) == asked()


def test_a_ladder_with_calls_promises_one() -> None:
    assert asked(queue="calls", priority="normal")["channel"] == "callback"


def test_a_queue_that_believes_its_hours_has_somebody_while_it_is_open_and_nobody_else() -> None:
    monday = asked(queue="believed", priority="normal", at="2026-11-02T10:00:00-05:00")
    assert (monday["channel"], monday["due_at"]) == ("live", "2026-11-02T15:05:00Z")
    assert "9:00 AM" not in monday["text"]
    assert asked(queue="believed", priority="normal")["channel"] == "email"


NO_INSTANT = ("true", "null", "-1", "1.5", "[]", "99999999999999999", '"2026-11-02T10:00:00"', '"9999-12-31T00:00:00Z"')


def of_line(**question: str) -> bytes:
    """A line whose values are JSON already; an empty one is left out."""
    parts = {"queue": '"support"', "priority": '"high"', "at": "1"} | question
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in parts.items() if value) + "}").encode()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "Invalid JSON"),
        (b"\xff", "Invalid JSON"),
        (b"[]", "Input should be an object"),
        (of_line(queue=""), "queue: Field required"),
        (of_line(queue='"x"'), "queue: there is no such queue; known: support, calls, believed"),
        (of_line(priority='"asap"'), "priority: Input should be 'normal', 'high' or 'urgent'"),
        (of_line(tier='"gold"'), "tier: there is no such tier; known: free"),
        (of_line(at=""), "at: Field required"),
        *((of_line(at=value), "at: expected a date and time with a zone") for value in NO_INSTANT),
    ],
)
def test_a_line_that_cannot_be_answered_says_why(line: bytes, fault: str) -> None:
    with pytest.raises(BadLine, match=f"^{fault}"):
        read_question(line, POLICY)
