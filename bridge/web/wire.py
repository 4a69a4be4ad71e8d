"""What comes in over HTTP: closed, bounded, strict, without NUL, NaN or surprises. The bodies' base and fields."""

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from bridge.domain.values import NUMBERED

SESSION_ID = r"^[A-Za-z0-9_-]{16,64}$"
LONGEST_ID = 64
EARLIEST, TOO_LATE = datetime(1000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Instants are between them, so that they are dates in each time zone. WordPress knows no earlier ones."""
TURN_ID = r"^[A-Za-z0-9_.:-]{1,64}$"


class Wire(BaseModel):
    """Base of every body."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def plain(text: str) -> str:
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
    shape = re.fullmatch(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[^@\s,;:<>()\[\]\\\"]{1,253}", text)
    if not shape or "." not in text.rpartition("@")[2] or parseaddr(text)[1] != text:
        raise ValueError("expected one plain e-mail address")
    return text


def unprintable(text: str) -> bool:
    """Whether a text holds a control character."""
    return re.search(r"[\x00-\x1f\x7f]", text) is not None


def no_break(text: str) -> str:
    """Refuse control characters in one-line texts.

    Raises:
        ValueError: there is one.
    """
    if unprintable(text):
        raise ValueError("a line break or control character does not belong here")
    return text


def _url(text: str) -> str:
    """Refuse what is no web address.

    Raises:
        ValueError: another scheme.
    """
    if not text.startswith(("http://", "https://")):
        raise ValueError("expected an http or https address")
    return text


Str = Annotated[str, AfterValidator(plain)]
WORDED = r"\S"
"""Of a text that says something: white space alone is as good as nothing."""
Line = Annotated[Str, AfterValidator(no_break)]
Email = Annotated[Line, Field(min_length=3, max_length=254), AfterValidator(_one_address)]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
Key = Annotated[Line, Field(min_length=1, max_length=80)]
UserId = Annotated[Line, Field(min_length=1, max_length=64), NUMBERED]
Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=TOO_LATE)]
Url = Annotated[Line, Field(max_length=2000), AfterValidator(_url)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
"""What a policy calls something: a flow, a queue."""
LocaleTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$")]
