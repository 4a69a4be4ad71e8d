"""What there is to say about a policy document: one fault, with its place and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


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
    except PolicyRefused as error:
        errors = [finding for finding in error.findings if finding.level is Level.ERROR]
        raise PolicyRefused(errors, name) from None
