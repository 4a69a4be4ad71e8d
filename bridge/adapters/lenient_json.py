"""The JSON answers of other systems: read leniently, and only as far as is needed."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bridge.adapters.http import Answer
from bridge.domain.values import Json
from bridge.ports import AdapterError, OutcomeUnknown

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""Another system's id of a person or a thing, whether it writes it as number or as text."""
WebAddress = Annotated[str | None, AfterValidator(lambda url: url if url and url.startswith("https://") else None)]
"""Where people find a thing in their browser; what is no https address is left out."""

T = TypeVar("T")


class Lenient(BaseModel):
    """Knows the fields that are used; all others may come and go."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, coerce_numbers_to_str=True)


def read(kind: TypeAdapter[T], answer: Answer) -> T:
    """The answer's body as a value of this kind.

    Raises:
        AdapterError: it is none.
    """
    try:
        return kind.validate_python(answer.json)
    except ValidationError:
        pass
    raise AdapterError("malformed")


def read_made(kind: TypeAdapter[T], made: Json) -> T:
    """What was made, from what the call that made it was answered.

    Raises:
        OutcomeUnknown: it cannot be read, so that nobody knows what was made.
    """
    try:
        return kind.validate_python(made)
    except ValidationError:
        pass
    raise OutcomeUnknown("malformed")


def read_call(kind: TypeAdapter[T], body: bytes) -> T | None:
    """What another system's call to us says; None where that cannot be read."""
    try:
        return kind.validate_json(body)
    except ValidationError:
        return None
