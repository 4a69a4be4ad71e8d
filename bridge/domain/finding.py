"""What there is to say about a policy document: one fault, with its place and what to do about it."""

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
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.level.value}: {where}{self.path or '/'}: {self.message}{hint}"


class PolicyRefused(ValueError):  # noqa: N818 - it names what happened
    """The document has errors; `findings` names them."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings
