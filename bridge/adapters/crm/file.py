"""A CRM that is a file: the CSV or JSON which the owner's system exports. Read again whenever the file changes.

Columns (CSV) or keys (JSON) are found by name, in any order and case; others are ignored:
`email`, `name`, `tier`, `billing_status`, `sla`, `sla_minutes_left`, and
`orders` as JSON or `order_id`, `order_total`, `order_currency`, `order_status`, `order_created_at`, one order a row;
`open_tickets` as JSON or `ticket_id`, `ticket_subject`, `ticket_status`, one ticket a row.
Several rows with one e-mail address are one customer: the first value that is not empty counts, orders and tickets add
up. A file that cannot be read is a failed look-up, and so is a customer whose row cannot be read; neither is "unknown".
"""

import csv
import io
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bridge.adapters.crm import facts
from bridge.domain.customer import Account
from bridge.domain.values import Json, Visitor
from bridge.ports import AdapterError

LARGEST_BYTES = 64 * 1024 * 1024
"""Bytes: a larger export is refused rather than held in memory."""
MOST_BAD_ROWS_TOLD = 10
"""Rows that cannot be read of which `check` tells."""

_SURPLUS = "\0surplus"
"""Key of a CSV row's cells beyond the last column: something before them has shifted."""
_SEPARATORS = ",;\t|"
_PLAIN = {"name": 200, "tier": 80, "billing_status": 80, "sla": 200}
_ORDER = ("id", "total", "currency", "status", "created_at")
_TICKET = ("id", "subject", "status")

Row = Mapping[str, Any]
Known = Account | str
"""A customer, or the detail of why the row cannot be read."""


class FileCrm:
    """Customers in a file.

    Args:
        path: ends in `.json` for JSON; anything else is CSV with a header row (comma, semicolon, tab or bar), UTF-8.
        currency: of orders that name none; without it such an order makes its row unreadable.
    """

    name = "file"

    def __init__(self, path: Path, *, currency: str | None = None) -> None:
        self._path = path
        self._currency = currency
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] | None = None
        self._known: dict[str, Known] = {}

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:  # noqa: ARG002 - reading does not wait
        """See `bridge.ports.Crm`."""
        if not visitor.email:
            return None
        with self._lock:
            self._refresh()
            found = self._known.get(_key(visitor.email))
        if isinstance(found, str):
            raise AdapterError(found)
        return found

    def check(self, *, budget: float) -> list[str]:  # noqa: ARG002 - reading does not wait
        """See `bridge.ports.Crm`."""
        with self._lock:
            self._refresh()
            faults = [one for one in self._known.values() if isinstance(one, str)]
            empty = [] if self._known else ["The file holds no customers."]
        return [*empty, *(f"A customer cannot be read: {fault}." for fault in faults[:MOST_BAD_ROWS_TOLD])]

    def _refresh(self) -> None:
        try:
            stat = os.stat(self._path)  # noqa: PTH116 - the same call; a Path would not make it clearer
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp == self._stamp:
                return
            self._stamp = None
            if stat.st_size > LARGEST_BYTES:
                raise AdapterError("file too large")
            content = self._path.read_bytes()
        except OSError as error:
            self._stamp = None
            raise AdapterError(f"file: {os.strerror(error.errno or 0)}") from None
        self._known = self._load(content)
        self._stamp = stamp

    def _load(self, content: bytes) -> dict[str, Known]:
        try:
            decoded = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise AdapterError("file: not UTF-8") from None
        rows = _json_rows(decoded) if self._path.suffix.lower() == ".json" else _csv_rows(decoded)
        merged: dict[str, _Customer] = {}
        for where, row in rows:
            email = row.get("email")
            if isinstance(email, str) and email.strip():
                merged.setdefault(_key(email), _Customer(self._currency)).add(where, row)
        return {key: customer.done() for key, customer in merged.items()}


class _Customer:
    """One customer while the rows are read."""

    def __init__(self, currency: str | None) -> None:
        self._currency = currency
        self._where = ""
        self._facts: dict[str, Any] = {}
        self._orders: dict[str, dict[str, Any]] = {}
        self._tickets: dict[str, dict[str, Any]] = {}
        self._fault: str | None = None

    def add(self, where: str, row: Row) -> None:
        self._where = self._where or where
        try:
            self._add(row)
        except facts.Unreadable as error:
            self._fault = self._fault or f"{where}: {error.field}"

    def _add(self, row: Row) -> None:
        if _SURPLUS in row:
            raise facts.Unreadable("more cells than columns")
        for name, limit in _PLAIN.items():
            self._keep(name, facts.text(row.get(name), limit))
        self._keep("sla_minutes_left", facts.minutes(row.get("sla_minutes_left"), "sla_minutes_left"))
        for part in (*_parts(row, "orders"), _columns(row, "order_", _ORDER)):
            self._add_order(part)
        for part in (*_parts(row, "open_tickets"), _columns(row, "ticket_", _TICKET)):
            self._add_ticket(part)

    def _keep(self, name: str, value: object) -> None:
        if value is not None:
            self._facts.setdefault(name, value)

    def _add_order(self, part: Row) -> None:
        if not any(part.values()):
            return
        key = _needed(part, "id", "order_id")
        found = {
            "id": key,
            "total": facts.number(part.get("total"), "order_total"),
            "currency": facts.currency(part.get("currency"), self._currency),
            "status": facts.text(part.get("status"), 80) or "unknown",
            "created_at": facts.text(part.get("created_at"), 80),
        }
        self._orders.setdefault(key, found)

    def _add_ticket(self, part: Row) -> None:
        if not any(part.values()):
            return
        key = _needed(part, "id", "ticket_id")
        found = {
            "id": key,
            "subject": facts.text(part.get("subject"), 200) or "(no subject)",
            "status": facts.text(part.get("status"), 80) or "open",
        }
        self._tickets.setdefault(key, found)

    def done(self) -> Known:
        if self._fault is not None:
            return self._fault
        lists = {"orders": [*self._orders.values()][:50], "open_tickets": [*self._tickets.values()][:50]}
        try:
            return facts.account({**self._facts, **lists}, where=self._where)
        except AdapterError as error:
            return error.detail


def _key(email: str) -> str:
    return email.strip().casefold()


def _needed(part: Row, key: str, name: str) -> str:
    found = facts.text(part.get(key), 80)
    if found is None:
        raise facts.Unreadable(name)
    return found


def _columns(row: Row, prefix: str, names: tuple[str, ...]) -> Row:
    return {name: row.get(prefix + name) for name in names}


def _parts(row: Row, name: str) -> list[Row]:
    value = row.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError):
            raise facts.Unreadable(name) from None
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise facts.Unreadable(name)
    return value


def _csv_rows(content: str) -> Iterator[tuple[str, Row]]:
    header = content.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if "email" not in names:
            raise AdapterError("file: no column named email")
        for cells in reader:
            row: dict[str, Any] = dict(zip(names, cells, strict=False))
            if len(cells) > len(names):
                row[_SURPLUS] = cells[len(names) :]
            yield f"line {reader.line_num}", row
    except csv.Error:
        raise AdapterError(f"file: no CSV at line {reader.line_num}") from None


def _json_rows(content: str) -> Iterator[tuple[str, Row]]:
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        raise AdapterError("file: no JSON") from None
    rows = value.get("customers") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise AdapterError("file: no list of customers")
    for number, row in enumerate(rows, 1):
        yield f"entry {number}", {str(name).strip().lower(): item for name, item in row.items()}
