"""docs/security.md names tests that there are, and has a row for everything that is to be looked at."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))
CASES = [f"S{number:02}" for number in range(1, 26)]
OWASP = [f"API{number}" for number in range(1, 11)]
HEADS = ("---", "threat", "case", "item")
ADMITS = ("*Not ", "none is")
"""How a row says that nothing shows what it is about."""


@pytest.mark.parametrize("named", NAMED)
def test_every_test_that_is_named_is_there(named: str) -> None:
    file, _, test = named.partition("::")
    assert re.search(rf"^def {re.escape(test)}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("items", [CASES, OWASP], ids=["cases", "OWASP"])
def test_every_item_has_one_row_in_order(items: list[str]) -> None:
    assert [row[0] for row in ROWS if row[0] in items] == items


def test_a_row_names_a_test_or_a_row_that_does_or_says_that_nothing_shows_it() -> None:
    for row in ROWS:
        elsewhere = re.findall(r"\bS[0-9]{2}\b", " ".join(row[1:]))
        assert "`tests/" in row[-1] or elsewhere or any(word in " ".join(row) for word in ADMITS) or row[0] in HEADS, (
            row
        )
