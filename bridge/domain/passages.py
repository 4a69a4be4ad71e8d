"""The site's own pages, and their plain text cut into passages: short enough for a model, with its heading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bridge.domain.values import Millis

LONGEST_TEXT: Final = 100_000
"""Characters of a page that are read."""
LONGEST_PASSAGE: Final = 900
"""Characters of a passage, its heading beside it."""
LONGEST_HEADING: Final = 120

_PARAGRAPH: Final = re.compile(r"\n\s*\n")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?\u2026])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the site has published it; its text is kept in passages.

    Attributes:
        id: the site's own, such as "12".
        kind: "page", "post", "product" or another type of content.
        url: where a visitor reads it.
        title: plain text.
        language: such as "de"; None where the site does not say.
        digest: of all that was sent, so that what has not changed is known at once.
        modified_at: when it was last changed.
    """

    id: str
    kind: str
    url: str
    title: str
    language: str | None
    digest: str
    modified_at: Millis


def split(text: str) -> list[str]:
    """The passages of a text, in its order, none of them empty.

    Args:
        text: paragraphs parted by an empty line; a paragraph of one line that begins with `# ` is a heading, and stands
            above each passage up to the next one.
    """
    passages: list[str] = []
    heading, held = "", ""
    for paragraph in _paragraphs(text[:LONGEST_TEXT]):
        if paragraph.startswith("# "):
            passages += _under(heading, held)
            heading, held = _shortened(paragraph), ""
            continue
        for piece in _pieces(paragraph):
            if held and len(held) + len(piece) + 2 > LONGEST_PASSAGE:
                passages += _under(heading, held)
                held = ""
            held = f"{held}\n\n{piece}" if held else piece
    return passages + _under(heading, held)


def heading_of(passage: str) -> str:
    """The heading above a passage, without its mark; empty where it has none."""
    first, _, _ = passage.partition("\n")
    return first.removeprefix("# ") if first.startswith("# ") else ""


def _under(heading: str, text: str) -> list[str]:
    if not text:
        return []
    return [f"{heading}\n{text}" if heading else text]


def _shortened(heading: str) -> str:
    return " ".join(heading.split())[:LONGEST_HEADING]


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in _PARAGRAPH.split(text.replace("\r\n", "\n")):
        head, _, rest = paragraph.strip().partition("\n")
        if head.startswith("# ") and rest:
            yield head
            yield rest.strip()
        elif head:
            yield paragraph.strip()


def _pieces(paragraph: str) -> Iterator[str]:
    """A paragraph, or where it is too long its sentences put together; a sentence that is too long is cut at words."""
    held = ""
    for sentence in [paragraph] if len(paragraph) <= LONGEST_PASSAGE else _SENTENCE_END.split(paragraph):
        for part in _cut(sentence.strip()):
            if held and len(held) + len(part) + 1 > LONGEST_PASSAGE:
                yield held
                held = ""
            held = f"{held} {part}" if held else part
    if held:
        yield held


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_PASSAGE:
        at = sentence.rfind(" ", 1, LONGEST_PASSAGE)
        at = at if at > 0 else LONGEST_PASSAGE
        yield sentence[:at]
        sentence = sentence[at:].lstrip()
    yield sentence
