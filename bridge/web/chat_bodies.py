"""The bodies of the chat scope."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from bridge.domain.customer import Order, Shop
from bridge.domain.judging import LONGEST_MESSAGE, LONGEST_REPLY
from bridge.domain.values import NUMBERED, OR_NULL, QUOTED, Amount, AnyCaseCurrency, Identity, Visitor
from bridge.service.call_page import CHOOSES, Action
from bridge.web.wire import (
    EARLIEST,
    SESSION_ID,
    TOO_LATE,
    TURN_ID,
    Email,
    Identifier,
    Instant,
    Key,
    Line,
    LocaleTag,
    Name,
    Str,
    Url,
    UserId,
    Wire,
)


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
    locale: LocaleTag | None = None
    timezone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+:/-]{1,64}$")] | None = None
    page_url: Url | None = None
    flow: Identifier | None = None
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
