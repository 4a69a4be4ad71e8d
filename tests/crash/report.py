"""One table of what was done and what came of it: for a terminal, as JSON, and in the README."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bridge.domain.values import Json

ROOT: Final = Path(__file__).resolve().parents[2]
OUTPUT: Final = ROOT / "build" / "crash.json"
LAST_RUN: Final = Path(__file__).with_name("last_run.json")
README: Final = ROOT / "README.md"
BEGIN, END = "<!-- make crash: begin -->", "<!-- make crash: end -->"
HEADINGS: Final = ("case", "points", "kills", "LOST", "DUP", "seed")


@dataclass(frozen=True)
class Result:
    """One row. `points` counts the sessions, or the places at which something was broken; `lost` what was acknowledged
    and is gone or has no ticket; `dup` what was made twice. `more` is not in the table."""

    case: str
    points: int
    kills: int
    lost: int
    dup: int
    seed: int | None = None
    seconds: int = 0
    more: Json = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return self.lost == self.dup == 0 and not self.more.get("broken")

    def cells(self) -> tuple[str, ...]:
        """What a row of the table shows."""
        return (self.case, *map(str, (self.points, self.kills, self.lost, self.dup)), _or_dash(self.seed))


def _or_dash(seed: int | None) -> str:
    return "-" if seed is None else str(seed)


def line(cells: Sequence[str]) -> str:
    """One aligned line of the table."""
    case, *numbers = cells
    return f"{case:<58}" + "".join(f"{number:>8}" for number in numbers)


def markdown(results: Iterable[Result]) -> str:
    """The results as a Markdown table."""
    lines = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1)), *(one.cells() for one in results)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def as_json(results: Iterable[Result], skipped: Json) -> str:
    """The results, and why cases were skipped."""
    return json.dumps({"results": [asdict(one) for one in results], "skipped": skipped}, indent=2) + "\n"


def read_json(path: Path) -> list[Result]:
    return [Result(**one) for one in json.loads(path.read_text("utf-8"))["results"]]


def put_in_readme(text: str, table: str) -> str:
    """The README with the table between its two marks."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL)


def table_of_readme(text: str) -> list[tuple[str, ...]]:
    """The cells of the table between the marks, without its head."""
    between = text.partition(BEGIN)[2].partition(END)[0]
    rows = [line for line in between.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[2:]]
