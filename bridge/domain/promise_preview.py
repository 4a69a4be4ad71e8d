"""Foretelling: what would be promised at an instant, nobody present."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BeforeValidator, ValidationError

from bridge.domain import messages, routing
from bridge.domain.calendars import Calendar
from bridge.domain.instant_in_words import say_when
from bridge.domain.instants import to_rfc3339
from bridge.domain.policy import Policy
from bridge.domain.replay import AN_INSTANT, BadLine, Recorded, first_fault, instant_of
from bridge.domain.values import Channel, Json, Millis, Priority


def _instant(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(AN_INSTANT)  # noqa: TRY004 - pydantic asks for it
    return instant_of(value)


class Question(Recorded):
    """Who would wait for whom, and from when on; `at` is milliseconds UTC once it is read."""

    queue: str
    priority: Priority
    tier: str | None = None
    at: Annotated[Millis, BeforeValidator(_instant)]


def read_question(line: bytes, policy: Policy) -> Question:
    """The question of a line, which the policy can answer.

    Raises:
        BadLine: it holds none; the message says why.
    """
    try:
        question = Question.model_validate_json(line)
    except ValidationError as error:
        raise BadLine(first_fault(error)) from None
    _check(question, policy)
    return question


def _check(question: Question, policy: Policy) -> None:
    if question.queue not in policy.queues:
        raise BadLine(f"queue: there is no such queue; known: {', '.join(policy.queues)}")
    if question.tier is not None and question.tier not in policy.tiers:
        raise BadLine(f"tier: there is no such tier; known: {', '.join(policy.tiers)}")


def preview_promise(policy: Policy, question: Question, calendar_of: Callable[[str, str], Calendar]) -> Json:
    """The promise, in English.

    Args:
        policy: has what the question names.
        question: when somebody asks, in which queue, with what priority.
        calendar_of: when the people of a queue are there, by its name and that of its calendar.
    """
    queue = policy.queues[question.queue].for_tier(question.tier or policy.default_tier)
    calendar = calendar_of(question.queue, queue.hours)
    free = queue.staffing == "schedule"  # such a queue is believed to have somebody whenever it is open
    staffing = routing.Staffing(question.queue, queue, calendar, free)
    route = routing.route(staffing, question.priority, question.at)
    due = say_when(route.due_at, calendar_zone=route.timezone, visitor_zone=None, locale="en", now=question.at)
    key = "escalated_live" if route.channel is Channel.LIVE else "after_hours"
    return {
        "channel": route.channel.value,
        "due_at": to_rfc3339(route.due_at),
        "timezone": route.timezone,
        "text": messages.text(policy.messages, "en", key, due=due),
    }
