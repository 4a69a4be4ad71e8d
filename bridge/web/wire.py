"""What comes in over HTTP: closed, bounded, strict, without NUL, NaN or surprises."""

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from bridge.domain.customer import Order, Shop
from bridge.domain.escalation import Agent
from bridge.domain.forgetting import Person
from bridge.domain.host import Host, bot_inputs
from bridge.domain.instants import from_datetime
from bridge.domain.judging import LONGEST_MESSAGE, LONGEST_REPLY
from bridge.domain.passages import LONGEST_TEXT
from bridge.domain.policy_check import LARGEST
from bridge.domain.replay import Conversation
from bridge.domain.values import NUMBERED, OR_NULL, QUOTED, Amount, AnyCaseCurrency, Identity, Visitor
from bridge.service.call_page import CHOOSES, Action
from bridge.service.index_pages import MOST_PAGES, Changes, Published

SESSION_ID = r"^[A-Za-z0-9_-]{16,64}$"
LONGEST_ID = 64
EARLIEST, TOO_LATE = datetime(1000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Instants are between them, so that they are dates in each time zone. WordPress knows no earlier ones."""
TURN_ID = r"^[A-Za-z0-9_.:-]{1,64}$"


class Wire(BaseModel):
    """Base of every body."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def _plain(text: str) -> str:
    """Refuse what PostgreSQL cannot store and no person types.

    Raises:
        ValueError: a NUL or a lone surrogate.
    """
    if "\x00" in text or (not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)):
        raise ValueError("a NUL or an unpaired surrogate is no text")
    return text


def _one_address(text: str) -> str:
    """Refuse everything that is not exactly one plain address.

    Raises:
        ValueError: lists, names, line breaks, spaces.
    """
    plain = re.fullmatch(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[^@\s,;:<>()\[\]\\\"]{1,253}", text)
    if not plain or "." not in text.rpartition("@")[2] or parseaddr(text)[1] != text:
        raise ValueError("expected one plain e-mail address")
    return text


def unprintable(text: str) -> bool:
    """Whether a text holds a control character."""
    return re.search(r"[\x00-\x1f\x7f]", text) is not None


def _no_break(text: str) -> str:
    """Refuse control characters in one-line texts.

    Raises:
        ValueError: there is one.
    """
    if unprintable(text):
        raise ValueError("a line break or control character does not belong here")
    return text


def _slot(text: str) -> str:
    """Refuse what is no date and time, or out of bounds.

    Raises:
        ValueError: such as a thirteenth month.
    """
    try:
        known = EARLIEST <= datetime.fromisoformat(text) < TOO_LATE
    except ValueError:
        known = False
    if not known:
        raise ValueError("expected the id of a slot")
    return text


def _url(text: str) -> str:
    """Refuse what is no web address.

    Raises:
        ValueError: another scheme.
    """
    if not text.startswith(("http://", "https://")):
        raise ValueError("expected an http or https address")
    return text


Str = Annotated[str, AfterValidator(_plain)]
WORDED = r"\S"
"""Of a text that says something: white space alone is as good as nothing."""
Line = Annotated[Str, AfterValidator(_no_break)]
Email = Annotated[Line, Field(min_length=3, max_length=254), AfterValidator(_one_address)]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
Key = Annotated[Line, Field(min_length=1, max_length=80)]
UserId = Annotated[Line, Field(min_length=1, max_length=64), NUMBERED]
Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=TOO_LATE)]


class VisitorIn(Wire):
    identity: Annotated[Identity, Field(strict=False)]
    user_id: UserId | None = None
    email: Email | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.identity is Identity.VERIFIED and not self.user_id:
            raise ValueError("a verified visitor has a user_id")
        if self.identity is Identity.CLAIMED and not self.email:
            raise ValueError("a claimed visitor has an email")
        if self.identity is not Identity.VERIFIED and self.user_id:
            raise ValueError("only a verified visitor has a user_id")
        return self

    def value(self) -> Visitor:
        return Visitor(identity=self.identity, user_id=self.user_id, email=self.email, name=self.name)


class OrderIn(Wire):
    id: Annotated[Key, NUMBERED]
    total: Amount
    currency: AnyCaseCurrency
    status: Key
    created_at: Key | None = None

    def value(self) -> Order:
        return Order(
            id=self.id, total=self.total, currency=self.currency, status=self.status, created_at=self.created_at
        )


class ShopIn(Wire):
    currency: AnyCaseCurrency
    lifetime_value: Annotated[Amount, OR_NULL] = 0.0
    orders: Annotated[list[OrderIn], Field(max_length=50), OR_NULL] = []

    def value(self) -> Shop:
        return Shop(
            currency=self.currency,
            lifetime_value=self.lifetime_value,
            orders=tuple(order.value() for order in self.orders),
        )


class SessionIn(Wire):
    session_id: Annotated[str, Field(pattern=SESSION_ID)]
    visitor: VisitorIn
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$")] | None = None
    timezone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+:/-]{1,64}$")] | None = None
    page_url: Annotated[Line, Field(max_length=2000), AfterValidator(_url)] | None = None
    flow: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")] | None = None
    shop: ShopIn | None = None


class TurnIn(Wire):
    turn_id: Annotated[str, Field(pattern=TURN_ID)]
    text: Annotated[Str, Field(min_length=1, max_length=LONGEST_MESSAGE)]
    sent_at: Annotated[Instant, Field(strict=False)] | None = None


SignalValue = Annotated[float, Field(strict=True, ge=-1e12, le=1e12)] | bool | Annotated[Str, Field(max_length=200)]


class ReplyIn(Wire):
    text: Annotated[Str, Field(max_length=LONGEST_REPLY)]
    confidence: Annotated[float, *QUOTED, Field(ge=0, le=1)] | None = None
    intent: Annotated[Line, Field(min_length=1, max_length=80)] | None = None
    intent_matched: bool | None = None
    failed: Annotated[bool, OR_NULL] = False
    signals: Annotated[
        dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")], SignalValue],
        Field(max_length=20),
        OR_NULL,
    ] = {}


Phone = Annotated[str, Field(pattern=r"^\+?\(?[0-9][0-9 ()./-]{3,30}[0-9]$")]
SlotId = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z$"), AfterValidator(_slot)]


class ContactIn(Wire):
    email: Email | None = None
    phone: Phone | None = None
    name: Name | None = None
    callback_slot: SlotId | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.email or self.phone or self.callback_slot):
            raise ValueError("an email, a phone or a callback_slot is needed")
        return self


class CallIn(Wire):
    action: Annotated[Action, Field(strict=False)]
    slot: SlotId | None = None
    phone: Phone | None = None
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.action in CHOOSES and self.slot is None:
            raise ValueError("a slot is needed to book or to move a call")
        return self


class CloseIn(Wire):
    pass


class AgentIn(Wire):
    id: UserId
    name: Name

    def value(self) -> Agent:
        return Agent(self.id, self.name)

    @property
    def author(self) -> str:
        """How the team is told who said something: the name for people, the id for certain."""
        return f"{self.name} ({self.id})"


class ClaimIn(Wire):
    agent: AgentIn


class AgentReplyIn(Wire):
    agent: AgentIn
    reply_id: Annotated[str, Field(pattern=TURN_ID)]
    text: Annotated[str, Field(min_length=1, max_length=8000, pattern=WORDED), AfterValidator(_plain)]


class ResolveIn(Wire):
    agent: AgentIn
    note: Annotated[Str, Field(max_length=2000)] | None = None


class ReleaseIn(Wire):
    agent: AgentIn


class CalledIn(Wire):
    agent: AgentIn


class LabelIn(Wire):
    agent: AgentIn
    verdict: Literal["needed", "unneeded"]


class MissedIn(Wire):
    agent: AgentIn
    verdict: Literal["missed"]


class HoursIn(Wire):
    agent: AgentIn
    open: bool
    queue: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")] | None = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    for_s: Annotated[int, Field(ge=60, le=366 * 86_400)] | None = None
    why: Annotated[
        str, Field(min_length=1, max_length=200, pattern=WORDED), AfterValidator(_plain), AfterValidator(_no_break)
    ]

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.until is not None and self.for_s is not None:
            raise ValueError("until and for_s are two ends: name one of them, or none for the end of the day")
        return self


class RevokeIn(Wire):
    agent: AgentIn


class PresenceIn(Wire):
    available: bool
    queues: Annotated[
        list[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]], Field(max_length=50), OR_NULL
    ] = []
    capacity: Annotated[int, Field(ge=1, le=100), OR_NULL] = 3
    name: Name
    ttl_s: Annotated[int, Field(ge=30, le=3600), OR_NULL] = 120


class PersonIn(Wire):
    email: Email | None = None
    user_id: UserId | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.email or self.user_id):
            raise ValueError("an email or a user_id is needed")
        return self

    def person(self) -> Person:
        return Person(self.email, self.user_id)


class ExportIn(PersonIn):
    after: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]{16,64})?$"), OR_NULL] = ""


class EraseIn(PersonIn):
    force: Annotated[bool, OR_NULL] = False


Document = Annotated[Str, Field(min_length=1, max_length=LARGEST)]
"""A policy."""


class PolicyIn(Wire):
    document: Document
    author: Annotated[Line, Field(min_length=1, max_length=120), OR_NULL] = "api"


class HostIn(Wire):
    bot: Annotated[list[Annotated[Line, Field(max_length=80)]], Field(max_length=50)] | None = None
    crm: bool | None = None

    @field_validator("bot")
    @classmethod
    def _known(cls, names: list[str] | None) -> list[str] | None:
        bot_inputs(names or ())
        return names

    def over(self, known: Host) -> Host:
        """The host as it is known, with what is said here in its place."""
        crm = known.crm if self.crm is None else self.crm
        return Host(known.bot, crm, known.replies) if self.bot is None else Host(bot_inputs(self.bot), crm)


class PolicyCheckIn(Wire):
    document: Document
    host: HostIn | None = None


class ReplayIn(Wire):
    policy: Document | None = None
    sessions: Annotated[list[Conversation], Field(max_length=1000)] | None = None
    days: Annotated[int, Field(ge=1, le=90)] | None = None

    @model_validator(mode="after")
    def _one_record(self) -> Self:
        if self.sessions is not None and self.days is not None:
            raise ValueError("days are said of the site's own sessions")
        return self


PageId = Annotated[Line, Field(min_length=1, max_length=LONGEST_ID)]


class PageIn(Wire):
    id: PageId
    kind: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    url: Annotated[Line, Field(max_length=2000), AfterValidator(_url)]
    title: Annotated[Line, Field(max_length=300)]
    text: Annotated[Str, Field(max_length=LONGEST_TEXT)]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$")] | None = None
    modified_at: Annotated[Instant, Field(strict=False)]

    def value(self) -> Published:
        language = re.split("[_-]", self.language)[0].lower() if self.language else None
        at = from_datetime(self.modified_at)
        return Published(self.id, self.kind, self.url, self.title, self.text, language, at)


class PagesIn(Wire):
    pages: Annotated[list[PageIn], Field(max_length=50), OR_NULL] = []
    gone: Annotated[list[PageId], Field(max_length=1000), OR_NULL] = []
    only: Annotated[list[PageId], Field(max_length=MOST_PAGES)] | None = None

    def changes(self) -> Changes:
        return Changes([page.value() for page in self.pages], self.gone, self.only)
