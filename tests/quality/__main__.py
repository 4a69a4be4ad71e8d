"""`make quality`: how well the shipped policy tells who needs a person, measured on the product itself.

    make quality QUALITY="[--rows GROUP,...] [--list ROW,...] [--markdown]"

Writes build/quality.json; ends with 1 where a row misses its goal. docs/trigger-quality.md says what the rows mean.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from quality import invariants, report, rows
from quality.data import LANGUAGES, Missing, conversations, development_data, ordinary_messages, phrases, replies
from quality.rows import Row

OUTPUT: Final = Path(__file__).resolve().parents[2] / "build" / "quality.json"
ALWAYS_LISTED: Final = ("alarms",)
"""Rows whose texts are printed unasked: ten texts teach more than a decimal."""

GROUPS: Final[dict[str, Callable[[], Iterator[Row]]]] = {
    "alarms": lambda: rows.alarms(development_data()),
    "alarms_safety": lambda: rows.alarms_safety({code: ordinary_messages(code) for code in LANGUAGES}),
    "request_dev": lambda: rows.request_dev(development_data()),
    "request_own": lambda: rows.request_own(phrases()),
    "words_own": lambda: rows.words_own(phrases()),
    "false_promises": lambda: rows.false_promises(replies()),
    "conversations": lambda: rows.conversations(conversations()),
    "calm": lambda: rows.calm(development_data()),
    "threads": lambda: rows.threads(development_data()),
    "sentiment": lambda: rows.sentiment(development_data()),
    "repeat": lambda: rows.repeat(development_data()),
    "cost": lambda: rows.cost(development_data()),
    "invariants": lambda: invariants.invariants(development_data()),
    "invariants_own": lambda: invariants.invariants_own(phrases()),
    "odd_input": invariants.odd_input,
}
"""Groups of rows, by the name that `--rows` takes."""


def main() -> int:
    options = _options()
    began, skipped = time.monotonic(), dict[str, str]()
    print(report.line(report.HEADINGS))
    measured = list(_measured(options.rows, skipped))
    for row in measured:
        if row.texts and row.name.startswith((*ALWAYS_LISTED, *options.list)):
            print(report.listing(row))
    if options.markdown:
        print("", report.markdown(measured), sep="\n")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(report.as_json(measured, skipped), encoding="utf-8")
    held = [row for row in measured if row.goal and not row.goal.wish]
    missed = [row for row in held if row.missed]
    print(f"\n{len(missed)} of {len(held)} goals missed; {time.monotonic() - began:.0f} s; build/quality.json")
    return 1 if missed else 0


def _measured(groups: Sequence[str], skipped: dict[str, str]) -> Iterator[Row]:
    """The rows of the groups, each printed as soon as it is known; a group without its data is noted in `skipped`."""
    for group in groups:
        try:
            for row in GROUPS[group]():
                print(report.line(report.cells_of(row)), flush=True)
                yield row
        except Missing as error:
            skipped[group] = str(error)
            print(f"{group}: skipped: {error}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make quality", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=_groups, default=list(GROUPS), metavar="GROUP,...", help=", ".join(GROUPS))
    parser.add_argument(
        "--list",
        type=lambda text: text.split(","),
        default=[],
        metavar="ROW,...",
        help="print the texts behind the errors of rows whose names begin so",
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown, too")
    return parser.parse_args()


def _groups(text: str) -> list[str]:
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
