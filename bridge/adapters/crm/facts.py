"""Reads single facts out of what CRMs and exports hold: text that fits, numbers that are numbers."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import astuple, dataclass
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from bridge.adapters.http import Answer
from bridge.domain.customer import Account
from bridge.ports import AdapterError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class Unreadable(AdapterError):  # noqa: N818 - it says what the value is
    """A value is there and is not of its kind. It holds the field's name, never the value."""

    def __init__(self, field: str) -> None:
        super().__init__(f"malformed: {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Fields:
    """Under which names a CRM keeps what is not the same in every account. An empty name is not asked for."""

    tier: str = "tier"
    billing_status: str = ""
    sla: str = ""
    sla_minutes_left: str = ""

    def names(self) -> tuple[str, ...]:
        """Those that are asked for, each once."""
        return tuple(dict.fromkeys(filter(None, astuple(self))))

    def read(self, value: Callable[[str], object]) -> dict[str, Any]:
        """The facts of an account, each from what stands under its name.

        Raises:
            Unreadable: there stands something else than a text or a number.
        """
        return {
            "tier": text(self._plain(value, self.tier), 80),
            "billing_status": text(self._plain(value, self.billing_status), 80),
            "sla": text(self._plain(value, self.sla), 200),
            "sla_minutes_left": minutes(self._plain(value, self.sla_minutes_left), self.sla_minutes_left),
        }

    def missing(self, known: Collection[str], crm: str) -> list[str]:
        """One sentence for each name that the CRM does not know."""
        return [unknown_field(crm, name) for name in self.names() if name not in known]

    @staticmethod
    def _plain(value: Callable[[str], object], name: str) -> object:
        found = value(name) if name else None
        if found is not None and not isinstance(found, str | int | float):
            raise Unreadable(name)
        return found


def unknown_field(crm: str, name: str) -> str:
    """The sentence that says so."""
    return f"{crm} has no field {name}. BRIDGE_CRM_FIELDS says which fields are read."


def nobody(answer: Answer) -> bool:
    """Whether the answer says that there is no such record.

    Raises:
        AdapterError: it is a page of something else: a wrong address answers like this, and knows no customers.
    """
    if answer.status != HTTPStatus.NOT_FOUND:
        return False
    if answer.json is None and not answer.empty:
        raise AdapterError("malformed: 404 page")
    return True


def same_address(one: str | None, other: str | None) -> bool:
    """Whether two e-mail addresses are one; systems write them in any case."""
    return (one or "").strip().casefold() == (other or "").strip().casefold() != ""


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


def order(
    key: str, total: object, currency_code: object, status: object, created_at: object, *, default: str | None = None
) -> dict[str, Any] | None:
    """An order of an account, or None: a deal without a worth is no order yet.

    Args:
        key: its id in the CRM.
        total: its worth, as the CRM writes it.
        currency_code: of the worth, as the CRM writes it.
        status: in the CRM's words.
        created_at: as the CRM writes it.
        default: the currency where the CRM names none.

    Raises:
        Unreadable: the worth is no number.
    """
    worth = number(total, "total")
    if worth is None or worth < 0:
        return None
    return {
        "id": text(key, 80),
        "total": worth,
        "currency": currency(currency_code, default),
        "status": text(status, 80) or "unknown",
        "created_at": text(created_at, 80),
    }


def ticket(key: str, subject: object, status: object) -> dict[str, Any]:
    """An open ticket of an account."""
    return {
        "id": text(key, 80),
        "subject": text(subject, 200) or "(no subject)",
        "status": text(status, 80) or "unknown",
    }


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
