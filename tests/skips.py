"""Says which tests were skipped, and why: `python tests/skips.py build/tests.xml [--fail]`.

With `--fail` it ends with 1 when a test was skipped for any other reason than those that are no fault of the machine.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

EXPECTED = (
    r"contract not present: \S+",  # a vendor's own, which nobody may pass on
    r"\w+ makes no calls",  # a vendor whose helpdesk only answers
    r"no PHP \S+: .+",  # it is loaded from elsewhere
)
"""Reasons, as patterns."""


def main(report: str, *options: str) -> int:
    if not Path(report).is_file():
        print("no test has run")
        return 1
    reasons = Counter(skips(Path(report)))
    expected = Counter({why: count for why, count in reasons.items() if is_expected(why)})
    wanting = reasons - expected
    show("tests skipped that would run on a complete machine", wanting)
    show("tests skipped as expected", expected)
    return int("--fail" in options and bool(wanting))


def is_expected(why: str) -> bool:
    """Whether it is no fault of the machine."""
    return any(re.fullmatch(pattern, why, re.DOTALL) for pattern in EXPECTED)


def show(what: str, reasons: Counter[str]) -> None:
    if reasons or what.endswith("machine"):
        print(f"{what}: {reasons.total()}")
    for why, count in reasons.most_common():
        print(f"  {count} x {why}")


def skips(report: Path) -> Iterator[str]:
    """The reason of each skip."""
    for skip in ET.parse(report).iter("skipped"):
        if skip.get("type") != "pytest.xfail":
            yield skip.get("message") or "no reason was given"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
