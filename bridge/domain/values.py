"""Small value types that every decision is made of."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import PydanticUseDefault
from pydantic_core.core_schema import CoreSchema, no_info_after_validator_function, nullable_schema

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


def _no_truth(value: object) -> object:
    """Refuse what would be read as 1 or 0.

    Raises:
        ValueError: it is true or false.
    """
    if isinstance(value, bool):
        raise ValueError("expected a number")  # noqa: TRY004 - pydantic wants it so
    return value


def _written_out(value: object) -> object:
    """The text of an id that is a whole number; everything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _OrNull:
    """Takes null beside what the field takes, and puts the field's default in its place."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(_default_for_null, nullable_schema(handler(source)))


def _default_for_null(value: object) -> object:
    if value is None:
        raise PydanticUseDefault
    return value


OR_NULL = _OrNull()
"""Of fields from outside that have a default: null is as good as left out."""
QUOTED = (BeforeValidator(_no_truth), Field(strict=False))
"""Of numbers that come from outside: shops and filters of WordPress write them with and without quotes."""
NUMBERED = BeforeValidator(_written_out)
"""Of ids that come from outside: WordPress numbers users, orders and people of the team, and text is what is kept."""
Amount = Annotated[float, *QUOTED, Field(ge=0, le=1e12)]
AnyCaseCurrency = Annotated[str, Field(pattern=r"^[A-Za-z]{3}$"), AfterValidator(str.upper)]
"""A currency's code from outside, in whatever case a shop writes it; in capitals once it is read."""


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
