"""Small value types that every decision is made of."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Json = Any
"""A JSON value: null, bool, number, text, list or object."""

Millis = int
"""An instant: milliseconds since 1970-01-01T00:00:00Z."""


class Frozen(BaseModel):
    """Base of every checked value: immutable, closed, no NaN, and its errors never repeat the input."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class Identity(StrEnum):
    """How sure WordPress is of who is writing."""

    VERIFIED = "verified"
    CLAIMED = "claimed"
    ANONYMOUS = "anonymous"


class Priority(StrEnum):
    """How soon a person has to look, lowest first."""

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Channel(StrEnum):
    """A rung of a queue's ladder: the way in which a person will reach the customer."""

    LIVE = "live"
    CALLBACK = "callback"
    EMAIL = "email"


class State(StrEnum):
    """Where a session stands. Only a person leads it out of `escalated`."""

    OPEN = "open"
    ESCALATED = "escalated"
    CLOSED = "closed"


Text80 = Annotated[str, Field(max_length=80)]
Text200 = Annotated[str, Field(max_length=200)]


class Visitor(Frozen):
    """Who is writing, as far as WordPress knows. `email` of a claimed identity is only what somebody typed.

    `email_identity`: how sure the address is where it is less so than the visitor, as one that a user typed who has
    none in WordPress.
    """

    identity: Identity
    user_id: str | None = Field(default=None, min_length=1, max_length=64)
    email: str | None = Field(default=None, max_length=254)
    email_identity: Identity | None = None
    name: Text200 | None = None

    @property
    def vouched_for(self) -> bool:
        """Whether WordPress knows who it is, and their address, where there is one."""
        return (self.email_identity or self.identity) is Identity.VERIFIED
