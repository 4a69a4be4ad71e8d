"""Telephone numbers in a text: what looks like one, told from dates, hours, prices, sizes and numbers of orders."""

import re
from collections.abc import Iterator
from typing import Final

_RUN: Final = re.compile(
    r"(?<![\w+(])(?<!\d[.,:/])(?P<number>\(?\+?\(?\d(?:[ \t\u00a0.()/\u2010-\u2013-]{0,3}\d){5,16})(?!\w|[.,:]\d)"
)
_DATE: Final = re.compile(r"\b(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2}))\b")
_SPAN: Final = re.compile(r"(?:\d{1,2}\.\d{2}|\d{4})\s?[\u2010-\u2013-]\s?(?:\d{1,2}\.\d{2}|\d{4})")
_NAMED: Final = re.compile(
    r"(?:\btel\b|tele[fp]h?on|t[eé]l[eé]ph|\bphon|\bfone|\bmobil|\bcall\b|\bring\b|\bdial|\bhotline|\bwhats ?app"
    r"|\bsms\b|\bfax\b|\bruf|\banruf|\bappel|\bchiam|\bllam|\bmarqu|\bbel\b|\bbelt?\b|\bbellen|\bzadzwo|\bdzwo|\bligue|\bliga)[^\d\n]{0,30}$",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(r"\s?(?:[€$£¥%]|EUR|USD|GBP|CHF|PLN|euros?\b|dollars?\b|z[lł]|kr\b)", re.IGNORECASE)
_GROUPS: Final = re.compile(r"\d+")
_LEAST, _MOST, _SURE = 6, 15, 9
"""Digits of a number: the fewest, the most, and from how many on groups of them need no word before them."""
_FEWEST_GROUPS, _SHORTEST, _LONGEST = 3, 2, (3, 4)
"""Groups that a number is written in for the eye, the digits of the shortest, and of the longest."""
_ALIKE: Final = 6
"""Digits that two spellings of a number have to share at their ends."""


def telephones(text: str) -> Iterator[re.Match[str]]:
    """What looks like a telephone number, as group `number`."""
    return (found for found in _RUN.finditer(text) if _is_one(text, found))


def same_number(one: str, other: str) -> bool:
    """Whether two spellings, with or without the code of the country, are of one number."""
    short, long = sorted((_national(one), _national(other)), key=len)
    return len(short) >= _ALIKE and long.endswith(short)


def _national(number: str) -> str:
    """Its digits without the zeros before them; one in brackets, as in `+49 (0)30`, is none."""
    return re.sub(r"\D", "", number.replace("(0)", "")).lstrip("0")


def _is_one(text: str, found: re.Match[str]) -> bool:
    number = found["number"]
    groups = _GROUPS.findall(number)
    digits = sum(map(len, groups))
    if not _LEAST <= digits <= _MOST or _DATE.search(number) or _SPAN.fullmatch(number):
        return False
    if "+" in number or _NAMED.search(text, max(0, found.start() - 40), found.start()):
        return True
    if _AMOUNT.match(text, found.end()):
        return False
    return groups[0].startswith("0") or (digits >= _SURE and _is_grouped(groups))


def _is_grouped(groups: list[str]) -> bool:
    """As numbers are written for the eye: `212 555 0134`, and neither one run nor a row of sizes."""
    lengths = [len(group) for group in groups]
    return len(groups) >= _FEWEST_GROUPS and max(lengths) in _LONGEST and min(lengths[1:]) >= _SHORTEST
