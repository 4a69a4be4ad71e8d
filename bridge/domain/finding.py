"""What there is to say about a policy document: one fault, with its place and what to do about it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Final

MOST_KNOWN: Final = 12
"""Known names that a hint lists."""


class Level(StrEnum):
    """Whether the document is refused or only commented on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a document. `path` is a JSON pointer; `line` counts from 1, None before it is looked up."""

    level: Level
    path: str
    message: str
    hint: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{self.level.value}: {where}{self._what()}"

    def in_file(self, name: str) -> str:
        """The same of a document that lies in a file."""
        where = f", line {self.line}" if self.line else ""
        return f"{name}{where}: {self._what()}"

    def _what(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.path or '/'}: {self.message}{hint}"


def error(path: str, message: str, hint: str) -> Finding:
    """A fault for which the document is refused."""
    return Finding(Level.ERROR, path, message, hint)


def warning(path: str, message: str, hint: str) -> Finding:
    """What is only commented on."""
    return Finding(Level.WARNING, path, message, hint)


def unknown(path: str, kind: str, name: str, known: Iterable[str]) -> Finding:
    """A name that leads nowhere."""
    return error(path, f"there is no {kind} {name!r}", did_you_mean(name, known))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the one that was meant, where one is near, and those that are known."""
    return _meant(name[:64], tuple(known))


@lru_cache(maxsize=256)
def _meant(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    more = ", ..." if len(known) > MOST_KNOWN else ""
    return f"{meant}known: {', '.join(known[:MOST_KNOWN])}{more}" if known else "none is defined"


class PolicyRefused(ValueError):  # noqa: N818 - it names what happened
    """The document has errors; `findings` names them."""

    def __init__(self, findings: list[Finding], file: str = "") -> None:
        super().__init__("\n".join(one.in_file(file) if file else str(one) for one in findings))
        self.findings = findings


@contextmanager
def of_file(name: str) -> Iterator[None]:
    """A document that is refused in here lies in a file, and each of its faults is said with the file's name.

    Raises:
        PolicyRefused: it is refused.
    """
    try:
        yield
    except PolicyRefused as refused:
        errors = [finding for finding in refused.findings if finding.level is Level.ERROR]
        raise PolicyRefused(errors, name) from None
