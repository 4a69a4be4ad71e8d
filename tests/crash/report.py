"""One table of what was done and what came of it: for a terminal, as JSON, and in the README."""

import json
import re
import subprocess
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
CONTROL: Final = "negative control: helpdesk called in the request"
"""The one row that has to find duplicates."""
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
    commit: str = ""
    """Of what it was counted."""
    more: Json = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether it is as it has to be: nothing lost, nothing doubled; but for the control, which has to be caught."""
        if self.case == CONTROL:
            return self.dup > 0
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


def caption(results: Iterable[Result]) -> str:
    """Of which commit the results are, or of which ones."""
    commits = sorted({f"commit {one.commit}" if one.commit else "a commit that was not noted" for one in results})
    return f"Counted on {', '.join(commits)}."


def current_commit() -> str:
    """The commit that is checked out, with `-dirty` where files differ from it."""
    command = ("git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def as_json(results: Iterable[Result]) -> str:
    return json.dumps([asdict(one) for one in results], indent=2) + "\n"


def read_json(path: Path) -> list[Result]:
    """The results of a file; none where there is no such file."""
    return [Result(**one) for one in json.loads(path.read_text("utf-8"))] if path.exists() else []


def keep(result: Result) -> None:
    """Put it into build/crash.json, in place of what was known of this case with this seed."""
    others = [one for one in read_json(OUTPUT) if (one.case, one.seed) != (result.case, result.seed)]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(as_json([*others, result]), encoding="utf-8")


def in_order(results: Iterable[Result], rows: Sequence[tuple[str, int | None]]) -> list[Result]:
    """The results of these cases and seeds, in this order."""
    found = {(one.case, one.seed): one for one in results}
    return [found[row] for row in rows if row in found]


def write(results: Sequence[Result]) -> None:
    """Put the table into the README, and beside the tests what it was made from."""
    table = f"{BEGIN}\n{markdown(results)}\n\n{caption(results)}\n{END}"
    text = README.read_text("utf-8")
    README.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: table, text, flags=re.DOTALL), encoding="utf-8")
    LAST_RUN.write_text(as_json(results), encoding="utf-8")


def caption_of_readme(text: str) -> str:
    """What stands under the table."""
    return text.partition(BEGIN)[2].partition(END)[0].strip().splitlines()[-1]


def table_of_readme(text: str) -> list[tuple[str, ...]]:
    """The cells of the table between the marks, without its head."""
    between = text.partition(BEGIN)[2].partition(END)[0]
    rows = [line for line in between.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[2:]]
