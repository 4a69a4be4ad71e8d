"""Recorded conversations, judged again: a line in, a decision out. No clock, no model, nothing outside.

What live would refuse is made fit instead of failing a whole record: longer texts are cut at the live limits, an empty
message counts as a turn that says nothing, an unpaired surrogate becomes a question mark.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bridge.domain import judging
from bridge.domain import policy as policies
from bridge.domain.customer import Account, Customer, Fetch, OpenTicket, Order, judge_tier
from bridge.domain.instants import MINUTE, SECOND, from_rfc3339
from bridge.domain.judging import LONGEST_MESSAGE, LONGEST_REPLY, Reply
from bridge.domain.policy import Policy
from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.signals import MessageSignals, ReplySignals
from bridge.domain.values import (
    NUMBERED,
    OR_NULL,
    QUOTED,
    Amount,
    AnyCaseCurrency,
    Identity,
    Json,
    Millis,
    State,
    Text80,
    Text200,
    Visitor,
)

MOST_ORDERS: Final = 50
MOST_TICKETS: Final = 50
SHORT: Final = 160
"""Characters of a message that is shown."""
LATEST: Final = from_rfc3339("2999-12-31T23:59:59Z")
AN_INSTANT: Final = "expected a date and time with a zone, or seconds or milliseconds since 1970"
SECONDS: Final = range(10**9, 10**11)
"""Numbers that are an instant in seconds, of 2001 to 5138: as milliseconds they would be of 1970 to March 1973."""


class BadLine(ValueError):  # noqa: N818 - it names what it is
    """A line that holds no conversation; the message says why, without repeating it."""


class Recorded(BaseModel):
    """Base of what is read: strict in what it knows; what it does not know is passed over, and can be named."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class RecordedOrder(Recorded):
    """One order of the customer."""

    id: Annotated[Text80, NUMBERED, OR_NULL] = ""
    total: Amount
    currency: AnyCaseCurrency
    status: Annotated[Text80, OR_NULL] = ""
    created_at: Any = None

    def value(self) -> Order:
        """The order as a session keeps it."""
        return Order(id=self.id, total=self.total, currency=self.currency, status=self.status)


class RecordedTicket(Recorded):
    """A ticket that the customer already had with the team."""

    id: Annotated[Text80, NUMBERED, OR_NULL] = ""
    subject: Annotated[Text200, OR_NULL] = ""
    status: Annotated[Text80, OR_NULL] = ""

    def value(self) -> OpenTicket:
        """The ticket as a session keeps it."""
        return OpenTicket(id=self.id, subject=self.subject, status=self.status)


class RecordedCustomer(Recorded):
    """What the look-up at session start had said."""

    fetch: Annotated[Fetch, OR_NULL] = Fetch.FOUND
    tier: Text80 | None = None
    orders: tuple[RecordedOrder, ...] | None = None
    open_tickets: tuple[RecordedTicket, ...] | None = None
    sla_minutes_left: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None


def instant_of(value: str | int | None) -> int | None:
    """An instant that is recorded as RFC 3339, as seconds or as milliseconds.

    Raises:
        ValueError: neither; the message says what is expected.
    """
    try:
        at = from_rfc3339(value) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        raise ValueError(AN_INSTANT) from None
    if isinstance(value, int) and value in SECONDS:
        return value * SECOND
    if at is not None and not 0 <= at <= LATEST:
        raise ValueError(AN_INSTANT)
    return at


At = Annotated[str | int | None, AfterValidator(instant_of)]
"""An instant as records have it; milliseconds UTC once it is read."""


class RecordedReply(Recorded):
    """What the bot said, and what its host said about it. `at`: when it came, if that was after a later message."""

    text: str
    at: At = None
    confidence: Annotated[float, *QUOTED, Field(ge=0, le=1)] | None = None
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
    at: At = None


class Conversation(Recorded):
    """One recorded session. `handed_over`: the record ends there because a person took over."""

    session_id: Annotated[str, Field(min_length=1, max_length=200), NUMBERED]
    locale: str | None = None
    page_url: str | None = None
    flow: str | None = None
    customer: RecordedCustomer | None = None
    turns: tuple[RecordedTurn, ...]
    handed_over: Annotated[bool, OR_NULL] = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a conversation came to: the turn (from 0) that led to the hand-over and its rule, or None throughout.

    `said` is the visitor's message of that turn, shortened; `at` is when it was taken, where instants are recorded.
    """

    session_id: str
    turn: int | None = None
    rule: str | None = None
    reason: str | None = None
    priority: str | None = None
    queue: str | None = None
    said: str | None = field(default=None, compare=False)
    at: Millis | None = field(default=None, compare=False)

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
        raise BadLine(first_fault(error)) from None
    except UnicodeDecodeError:
        raise BadLine("not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None


def _mended(text: str) -> str:
    """The line without unpaired surrogates: they come from texts that were cut through an emoji."""
    if "\\ud" not in text.lower():
        return text
    return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def first_fault(error: ValidationError) -> str:
    """The first fault of a line: where it is, and what is wrong there."""
    fault = error.errors(include_url=False, include_input=False)[0]
    where = "/".join(str(part) for part in fault["loc"])
    said = fault["msg"].removeprefix("Value error, ").replace(" at line 1 column ", " at column ")
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
    """What the conversation comes to under a policy: each message and each reply is judged as it came, as live does."""
    return replay_under((policy,), conversation)[0]


def replay_under(tried: Sequence[Policy], conversation: Conversation) -> list[Outcome]:
    """What the conversation comes to under each of several policies; what is said is measured once for all of them."""
    courses = [Course(policy, begin(policy, conversation)) for policy in tried]
    for step in _steps(conversation.turns):
        going = [course for course in courses if course.decision.rule is None]
        if not going:
            break
        measured = _measure(going[0].session, step)
        for course in going:
            course.take(step, measured)
    return [course.outcome(conversation) for course in courses]


@dataclass(frozen=True, slots=True)
class Step:
    """What came: a visitor's message, or the reply to it. `seq` is the number of the turn, from 1."""

    seq: int
    at: Millis
    said: str | RecordedReply


UNDECIDED: Final = Decision(None, "", {})


@dataclass(slots=True)
class Course:
    """A conversation on its way under one policy, up to the first decision."""

    policy: Policy
    session: Session
    decision: Decision = UNDECIDED

    def take(self, step: Step, measured: MessageSignals | ReplySignals) -> None:
        """The next step, measured, is judged."""
        if isinstance(measured, ReplySignals):
            self.session = judging.answered(self.policy, self.session, step.seq, measured)
        else:
            self.session = judging.heard(self.policy, self.session, str(step.said)[:LONGEST_MESSAGE], measured, step.at)
        self.decision = judging.judge(self.policy, self.session)

    def outcome(self, conversation: Conversation) -> Outcome:
        """What it came to."""
        rule, index = self.decision.rule, self.session.turns - 1
        if rule is None:
            return Outcome(conversation.session_id)
        return Outcome(
            session_id=conversation.session_id,
            turn=index,
            rule=rule.name,
            reason=self.decision.reason,
            priority=rule.priority.value,
            queue=self.policy.queue_for(rule, self.session.customer.tier),
            said=shortened(conversation.turns[index].visitor),
            at=self.session.window[-1].at if _dated(conversation.turns) else None,
        )


def _measure(session: Session, step: Step) -> MessageSignals | ReplySignals:
    """The same for every policy: nothing that is measured with depends on one."""
    if isinstance(step.said, str):
        return judging.measure_message(session, step.said[:LONGEST_MESSAGE])
    return judging.measure_reply(session, step.said.value())


def _steps(turns: Sequence[RecordedTurn]) -> Iterator[Step]:
    """Messages in the record's order, each reply right after its message or where its own instant puts it."""
    late: list[Step] = []
    for seq, (turn, at) in enumerate(zip(turns, instants(turns), strict=True), 1):
        in_time = [step for step in late if turn.at is None or step.at <= at]
        yield from in_time
        late = late[len(in_time) :]
        yield Step(seq, at, turn.visitor)
        if turn.bot and turn.bot.at is None:
            yield Step(seq, at, turn.bot)
        elif turn.bot:
            late = sorted([*late, Step(seq, int(turn.bot.at or 0), turn.bot)], key=lambda step: step.at)
    yield from late


def instants(turns: Sequence[RecordedTurn]) -> Iterator[Millis]:
    """When each turn was taken; where it is not recorded, a minute after the one before it."""
    first = next((index for index, turn in enumerate(turns) if turn.at is not None), None)
    at = -MINUTE if first is None else int(turns[first].at or 0) - (first + 1) * MINUTE
    for turn in turns:
        at = at + MINUTE if turn.at is None else int(turn.at)
        yield at


def _dated(turns: Sequence[RecordedTurn]) -> bool:
    return any(turn.at is not None for turn in turns)


def span(conversation: Conversation) -> tuple[Millis, Millis] | None:
    """The first and the last instant of a conversation; None where none is recorded."""
    if not _dated(conversation.turns):
        return None
    times = list(instants(conversation.turns))
    return min(times), max(times)


def shortened(text: str) -> str:
    """The text on one line, its end left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else line[: SHORT - 1].rstrip() + "…"


def begin(policy: Policy, conversation: Conversation) -> Session:
    """The session of a recorded conversation, before anything is said."""
    return Session(
        site="",
        id=conversation.session_id,
        state=State.OPEN,
        visitor=Visitor(identity=Identity.ANONYMOUS),
        customer=customer_of(policy, conversation.customer),
        locale=conversation.locale,
        timezone=None,
        page_url=None,
        flow=policies.flow_at_start(policy, conversation.flow, conversation.page_url),
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
    tickets = (recorded.open_tickets or ())[:MOST_TICKETS] if recorded else ()
    account = Account(
        tier=known,
        orders=tuple(order.value() for order in orders),
        open_tickets=tuple(ticket.value() for ticket in tickets),
        sla_minutes_left=recorded.sla_minutes_left if recorded else None,
    )
    tier, assumed = judge_tier(account, fetch, tiers=policy.tiers, default_tier=policy.default_tier)
    return Customer(fetch=fetch, tier=tier, tier_assumed=assumed, account=account)
