"""A table of messages, one a row, as recorded conversations.

Rows of a conversation need not stand together; their order in the file is the order in which things were said.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from bridge.domain.replay import instant_of
from bridge.domain.values import Json

NEEDED_COLUMNS: Final = ("session_id", "who", "text")
COLUMNS: Final = (*NEEDED_COLUMNS, "at", "locale", "flow", "confidence", "intent", "intent_matched", "failed")
DELIMITERS: Final = ",;\t"
TRUTH_OF_WORD: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Row = Mapping[str, str]
"""The cells of a row that are not empty, by column."""


class BadRow(ValueError):  # noqa: N818 - it names what it is
    """A row that holds no message; the message says why, without repeating it."""


@dataclass(slots=True)
class CsvRecord:
    """What was read so far: conversations in the order of their first rows, and what is to be said about them."""

    conversations: dict[str, Json] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """Where each conversation begins, by its id."""
    bad: list[tuple[int, str]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Columns that nothing reads."""
    dropped: int = 0
    """Replies before any message of the visitor: there is no turn that they belong to."""

    def take(self, number: int, row: Row) -> None:
        """Put a row into its conversation.

        Raises:
            BadRow: it holds no message.
        """
        session, who = row.get("session_id"), row.get("who", "").lower()
        if not session:
            raise BadRow("session_id: it is empty")
        if who not in ("visitor", "bot"):
            raise BadRow("who: expected visitor or bot")
        said = _visitor(row) if who == "visitor" else _bot(row)
        known = self._conversation(session, number)
        for name in ("locale", "flow"):
            if name in row:
                known.setdefault(name, row[name])
        if who == "visitor":
            known["turns"].append(said)
        elif known["turns"]:
            turn = known["turns"][-1]
            turn["bot"] = _joined(turn["bot"], said)
        else:
            self.dropped += 1

    def _conversation(self, session: str, number: int) -> Json:
        self.lines.setdefault(session, number)
        return self.conversations.setdefault(session, {"session_id": session, "turns": []})


def read_csv_record(lines: Iterable[bytes]) -> CsvRecord:
    """The conversations of a table in UTF-8 with a header, its columns parted by commas, semicolons or tabs.

    Raises:
        BadRow: the header is missing or lacks a column; nothing else can be read then.
    """
    sheet, texts = CsvRecord(), _texts(lines)
    first = next(texts, "")
    delimiter = max(DELIMITERS, key=first.count)
    rows = _rows(csv.reader(chain([first], texts), delimiter=delimiter, strict=True), sheet)
    header = [name.strip().lower() for name in next(rows, (0, []))[1]]
    if missing := [name for name in NEEDED_COLUMNS if name not in header]:
        raise BadRow(f"the header has no column {', '.join(missing)}; known: {', '.join(COLUMNS)}")
    sheet.unknown = {name for name in header if name and name not in COLUMNS}
    for number, cells in rows:
        try:
            sheet.take(number, _row(header, cells))
        except BadRow as error:
            sheet.bad.append((number, str(error)))
    return sheet


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    """The lines as text. What is no UTF-8 is told from the rest by a character that no text has."""
    for number, line in enumerate(lines):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")


def _rows(reader: Any, sheet: CsvRecord) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the number of its first line."""
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            sheet.bad.append((number, str(error)))
            continue
        if any(cell.strip() for cell in cells):
            yield number, cells


def _row(header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        raise BadRow(f"it has {len(cells)} columns, the header {len(header)}")
    if any("\udc80" <= char <= "\udcff" for cell in cells for char in cell):
        raise BadRow("not UTF-8 text")
    named = dict(zip(header, cells, strict=True))
    return {name: cell if name == "text" else cell.strip() for name, cell in named.items() if cell.strip()}


def _visitor(row: Row) -> Json:
    return {"visitor": row.get("text", ""), "bot": None, "at": _at(row)}


def _bot(row: Row) -> Json:
    _at(row)  # where a reply stands says when it came; what cannot be read is still named
    said = {
        "confidence": _share(row),
        "intent": row.get("intent"),
        "intent_matched": _truth(row, "intent_matched"),
        "failed": _truth(row, "failed"),
    }
    return {"text": row.get("text", ""), **{name: value for name, value in said.items() if value is not None}}


def _joined(before: Json, now: Json) -> Json:
    """Several rows of the bot are one reply; of what it said of itself the last word counts."""
    return {**before, **now, "text": f"{before['text']}\n{now['text']}"} if before else now


def _at(row: Row) -> int | None:
    given = row.get("at")
    if given is None:
        return None
    try:
        return instant_of(int(given) if given.isascii() and given.isdigit() else given)
    except ValueError as error:
        raise BadRow(f"at: {error}") from None


def _share(row: Row) -> float | None:
    given = row.get("confidence")
    if given is None:
        return None
    try:
        share = float(given.replace(",", "."))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise BadRow("confidence: expected a number from 0 to 1")
    return share


def _truth(row: Row, name: str) -> bool | None:
    given = row.get(name)
    if given is not None and given.lower() not in TRUTH_OF_WORD:
        raise BadRow(f"{name}: expected true or false")
    return None if given is None else TRUTH_OF_WORD[given.lower()]
