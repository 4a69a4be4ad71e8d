"""Recorded conversations, judged again: a line in, a decision out. No clock, no model, nothing outside.

What live would refuse is made fit instead of failing a whole record: longer texts are cut at the live limits, an empty
message counts as a turn that says nothing, an unpaired surrogate becomes a question mark.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bridge.domain import judging
from bridge.domain import policy as policies
from bridge.domain.customer import Account, Customer, Fetch, Order, judge_tier
from bridge.domain.instants import MINUTE, from_rfc3339
from bridge.domain.judging import LONGEST_MESSAGE, LONGEST_REPLY, Reply
from bridge.domain.policy import Policy
from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.values import Identity, Json, Millis, State, Text80, Visitor

MOST_ORDERS = 50
LATEST = from_rfc3339("9999-12-31T23:59:59Z")


class BadLine(ValueError):  # noqa: N818 - it names what it is
    """A line that holds no conversation; the message says why, without repeating it."""


class Recorded(BaseModel):
    """Base of what is read: strict in what it knows; what it does not know is passed over, and can be named."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class RecordedOrder(Recorded):
    """One order of the customer."""

    id: Text80 = ""
    total: Annotated[float, Field(ge=0, le=1e12)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    status: Text80 = ""
    created_at: Any = None

    def value(self) -> Order:
        """The order as a session keeps it."""
        return Order(id=self.id, total=self.total, currency=self.currency, status=self.status)


class RecordedCustomer(Recorded):
    """What the look-up at session start had said."""

    fetch: Fetch = Fetch.FOUND
    tier: Text80 | None = None
    orders: tuple[RecordedOrder, ...] | None = None


class RecordedReply(Recorded):
    """What the bot said, and what its host said about it."""

    text: str
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    intent: str | None = None
    intent_matched: bool | None = None
    failed: bool | None = None
    signals: dict[str, float | bool | str] | None = None

    def value(self) -> Reply:
        """The reply as live would have taken it."""
        return Reply(
            text=self.text[:LONGEST_REPLY],
            confidence=self.confidence,
            intent=self.intent,
            intent_matched=self.intent_matched,
            failed=bool(self.failed),
            signals=tuple((self.signals or {}).items()),
        )


class RecordedTurn(Recorded):
    """A visitor's message, and the reply to it unless the visitor wrote again before there was one."""

    visitor: str
    bot: RecordedReply | None = None
    at: str | Annotated[int, Field(ge=0, le=LATEST)] | None = None

    @field_validator("at")
    @classmethod
    def _instant(cls, value: str | int | None) -> int | None:
        """Read RFC 3339.

        Raises:
            ValueError: not a date and time with a zone.
        """
        if not isinstance(value, str):
            return value
        try:
            return from_rfc3339(value)
        except (ValueError, OverflowError):
            raise ValueError("expected a date and time with a zone, or milliseconds since 1970") from None


class Conversation(Recorded):
    """One recorded session."""

    session_id: Annotated[str, Field(min_length=1, max_length=200)]
    locale: str | None = None
    flow: str | None = None
    customer: RecordedCustomer | None = None
    turns: tuple[RecordedTurn, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a conversation came to: the turn (from 0) that led to the hand-over and its rule, or None throughout."""

    session_id: str
    turn: int | None = None
    rule: str | None = None
    reason: str | None = None
    priority: str | None = None
    queue: str | None = None

    @property
    def escalated(self) -> bool:
        """Whether a person takes over."""
        return self.turn is not None

    def as_json(self) -> Json:
        """The decision as it is written."""
        return {
            "session_id": self.session_id,
            "escalated": self.escalated,
            "turn": self.turn,
            "rule": self.rule,
            "reason": self.reason,
            "priority": self.priority,
            "queue": self.queue,
        }


def read_line(line: bytes) -> Conversation:
    """The conversation of a line.

    Raises:
        BadLine: it holds none.
    """
    try:
        return Conversation.model_validate_json(_mended(line.decode("utf-8")))
    except ValidationError as error:
        raise BadLine(_first_fault(error)) from None
    except UnicodeDecodeError:
        raise BadLine("not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None


def _mended(text: str) -> str:
    """The line without unpaired surrogates: they come from texts that were cut through an emoji."""
    if "\\ud" not in text.lower():
        return text
    return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = "/".join(str(part) for part in fault["loc"])
    said = fault["msg"].replace(" at line 1 column ", " at column ")
    return f"{where}: {said}" if where else said


def unknown_keys(conversation: Conversation) -> set[str]:
    """The keys that were passed over: labels of a data set, or a misspelt name."""
    found = set(conversation.model_extra or ())
    for turn in conversation.turns:
        found.update(f"turns/{key}" for key in turn.model_extra or ())
        found.update(f"turns/bot/{key}" for key in (turn.bot.model_extra if turn.bot else None) or ())
    if conversation.customer:
        found.update(f"customer/{key}" for key in conversation.customer.model_extra or ())
    return found


def replay(policy: Policy, conversation: Conversation) -> Outcome:
    """What the conversation comes to under a policy: each message is judged, then the reply to it, as live does it."""
    session = _begin(policy, conversation)
    for index, (turn, at) in enumerate(zip(conversation.turns, instants(conversation.turns), strict=True)):
        session, decision = _take(policy, session, turn, at)
        if decision.rule:
            return Outcome(
                session_id=conversation.session_id,
                turn=index,
                rule=decision.rule.name,
                reason=decision.reason,
                priority=decision.rule.priority.value,
                queue=policy.queue_for(decision.rule, session.customer.tier),
            )
    return Outcome(conversation.session_id)


def _take(policy: Policy, session: Session, turn: RecordedTurn, at: Millis) -> tuple[Session, Decision]:
    session = judging.hear(policy, session, turn.visitor[:LONGEST_MESSAGE], at)
    decision = judging.judge(policy, session)
    if decision.rule or turn.bot is None:
        return session, decision
    session = judging.answer(policy, session, session.turns, turn.bot.value())
    return session, judging.judge(policy, session)


def instants(turns: tuple[RecordedTurn, ...]) -> Iterator[Millis]:
    """When each turn was taken; where it is not recorded, a minute after the one before it."""
    first = next((index for index, turn in enumerate(turns) if turn.at is not None), None)
    at = -MINUTE if first is None else _at(turns[first]) - (first + 1) * MINUTE
    for turn in turns:
        at = at + MINUTE if turn.at is None else _at(turn)
        yield at


def _at(turn: RecordedTurn) -> Millis:
    return int(turn.at or 0)


def _begin(policy: Policy, conversation: Conversation) -> Session:
    return Session(
        site="",
        id=conversation.session_id,
        state=State.OPEN,
        visitor=Visitor(identity=Identity.ANONYMOUS),
        customer=customer_of(policy, conversation.customer),
        locale=conversation.locale,
        timezone=None,
        page_url=None,
        flow=policies.flow_at_start(policy, conversation.flow, None),
        shop=None,
        window=(),
        turns=0,
        escalation_id=None,
        last_event=0,
        phone=None,
        started_at=0,
    )


def customer_of(policy: Policy, recorded: RecordedCustomer | None) -> Customer:
    """The snapshot that is judged with; without a record a neutral one: no CRM, the policy's default tier.

    Orders count however the look-up ended: the shop knows them, too.
    """
    fetch = recorded.fetch if recorded else Fetch.SKIPPED
    orders = (recorded.orders or ())[:MOST_ORDERS] if recorded else ()
    known = recorded.tier if recorded and fetch is Fetch.FOUND else None
    account = Account(tier=known, orders=tuple(order.value() for order in orders))
    tier, assumed = judge_tier(account, fetch, tiers=policy.tiers, default_tier=policy.default_tier)
    return Customer(fetch=fetch, tier=tier, tier_assumed=assumed, account=account)
