"""Reads single facts out of what CRMs and exports hold: text that fits, numbers that are numbers."""

import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bridge.domain.customer import Account
from bridge.ports import AdapterError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class Unreadable(ValueError):  # noqa: N818 - it says what the value is
    """A value is there and is not of its kind. The text is the field's name, never the value."""


def text(value: object, limit: int) -> str | None:
    """One line of at most `limit` characters; None when there is nothing in it."""
    if value is None:
        return None
    return _CONTROL.sub(" ", str(value)).strip()[:limit].rstrip() or None


def number(value: object, name: str) -> float | None:
    """A finite number, also when it comes as text; None when there is nothing in it.

    Raises:
        Unreadable: it is something else.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unreadable(name)
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise Unreadable(name) from None
    if not math.isfinite(found):
        raise Unreadable(name)
    return found


def minutes(value: object, name: str) -> int | None:
    """Whole minutes, rounded down; None when there is nothing in it."""
    found = number(value, name)
    return None if found is None else math.floor(found)


def currency(value: object, default: str | None) -> str | None:
    """A currency code in capitals, or the default."""
    found = text(value, 3)
    return found.upper() if found else default


def account(facts: Mapping[str, Any], *, where: str = "malformed") -> Account:
    """The checked account.

    Raises:
        AdapterError: a fact does not fit; `where` and the field's place are its detail.
    """
    try:
        return Account.model_validate(facts)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors(include_input=False)[0]["loc"])
    raise AdapterError(f"{where}: {place}")
