"""docs/security.md names tests that there are, and has a row for everything that is to be looked at."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))
CASES = [f"S{number:02}" for number in range(1, 26)]
OWASP = [f"API{number}" for number in range(1, 11)]
LEVEL_1 = """
1.2.1-5 1.3.1-2 1.5.1 2.1.1 2.2.1-2 2.3.1 3.2.1-2 3.3.1 3.4.1-2 3.5.1-3 4.1.1 4.4.1 5.2.1-2 5.3.1-2 6.1.1 6.2.1-8
6.3.1-2 6.4.1-2 7.2.1-4 7.4.1-2 8.1.1 8.2.1-2 8.3.1 9.1.1-3 9.2.1 10.4.1-5 11.3.1-2 11.4.1 12.1.1 12.2.1-2 13.4.1 14.2.1
14.3.1 15.1.1 15.2.1 15.3.1
"""
"""The requirements of level 1 in version 5.0.0 of the standard."""
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


def numbers(text: str) -> list[str]:
    """Every requirement that a text names, ranges spelled out."""
    found = re.findall(r"\b([0-9]+\.[0-9]+)\.([0-9]+)(?:-([0-9]+))?", text)
    return [f"{section}.{n}" for section, least, most in found for n in range(int(least), int(most or least) + 1)]


def test_every_requirement_of_level_1_has_one_row_or_a_reason_why_it_is_not_in_question() -> None:
    part = PAGE.partition("### Level 1\n")[2].partition("\n### ")[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| ")]
    reasons = part.partition("Not in question:")[2]
    expected = numbers(LEVEL_1)
    assert len(expected) == 70
    assert Counter(numbers(" ".join(rows)) + numbers(reasons)) == Counter(expected)


def test_a_row_names_a_test_or_a_row_that_does_or_says_that_nothing_shows_it() -> None:
    for row in ROWS:
        elsewhere = re.findall(r"\bS[0-9]{2}\b", " ".join(row[1:]))
        assert "`tests/" in row[-1] or elsewhere or any(word in " ".join(row) for word in ADMITS) or row[0] in HEADS, (
            row
        )
