"""The report as a table for a terminal, as Markdown, and as JSON: numbers without the texts behind them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from quality.rows import COUNT, MICROSECONDS, Row

HEADINGS = ("row", "n", "value", "95 % interval", "unit", "goal", "verdict")


def line(cells: Sequence[str]) -> str:
    """One aligned line of the table."""
    name, n, value, interval, unit, goal, verdict = cells
    return f"{name:<36} {n:>6} {value:>9} {interval:>18} {unit:<10} {goal:<12} {verdict}".rstrip()


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEADINGS, ("---", "---:", "---:", "---:", "---", "---", "---"), *map(cells_of, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cells_of(row: Row) -> tuple[str, ...]:
    """What a row shows."""
    places = 0 if row.unit in {COUNT, MICROSECONDS} else 2
    value, low, high = (f"{x:.{places}f}" for x in (row.estimate.value, row.estimate.low, row.estimate.high))
    goal = str(row.goal) if row.goal else ""
    return (row.name, str(row.n), value, f"{low} to {high}", row.unit, goal, row.verdict)


def listing(row: Row) -> str:
    """The texts behind a row's errors, one a line."""
    return "\n".join([f"\n{row.name}, {len(row.texts)}:", *(f"  {_printable(text)}" for text in row.texts)])


def _printable(text: str) -> str:
    """A text on one line, without what would steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))


def as_json(rows: Iterable[Row], skipped: Mapping[str, str]) -> str:
    """The numbers of every row, and why groups were skipped."""
    return json.dumps({"rows": [_plain(row) for row in rows], "skipped": skipped}, indent=2) + "\n"


def _plain(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "n": row.n,
        "unit": row.unit,
        **asdict(row.estimate),
        "goal": str(row.goal) if row.goal else None,
        "verdict": row.verdict,
    }
