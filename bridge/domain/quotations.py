"""What a visitor quotes of somebody else, such as an error or a letter: it asks for nobody."""

import re
from bisect import bisect_left
from typing import Final

from bridge.domain.lexicon import Hit, Text

_MARKS: Final = "'\"\u201c\u201d\u201e\u00ab\u2018\u201a"
"""What a quotation begins with: looked for first, for most texts have none."""
_QUOTATION: Final = re.compile(
    r"""["\u201c\u201d\u201e\u00ab][^"\u201c\u201d\u201e\u00bb\n]+["\u201c\u201d\u00bb]"""
    r"""|(?<!\w)['\u2018\u201a](?=\w)(?:[^'\u2018\u2019\n]|(?<=\w)['\u2019](?=\w))+['\u2018\u2019](?!\w)"""
)
_QUOTED_WORDS: Final = 3
"""Words from which on somebody else is quoted: one or two only name a thing, or stress it."""
_OWN_WORDS: Final = 4
"""Words beside quotations from which on these are another's: `I said "talk to a human"` is one's own."""


def quotations(read: Text) -> list[Hit]:
    """What is quoted, of three words and more, in a text that has words of its own beside it."""
    if not any(mark in read.written for mark in _MARKS):
        return []
    marks = [found.span() for found in _QUOTATION.finditer(read.written)]
    if not marks:
        return []
    placed = read.written_words()
    begins = [begin for _, (begin, _) in placed]
    among = [placed[bisect_left(begins, start) : bisect_left(begins, end)] for start, end in marks]
    inside = [[i for i, span in some if span[1] <= end] for some, (_, end) in zip(among, marks, strict=True)]
    quoted = [Hit("quotation", held[0], held[-1] + 1) for held in inside if len(held) >= _QUOTED_WORDS]
    return quoted if len(placed) - sum(map(len, inside)) >= _OWN_WORDS else []
