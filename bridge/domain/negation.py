"""Whether a word is turned round: `not good`."""

from collections.abc import Iterable
from typing import Final

from bridge.domain.lexicon import Hit, Language, Text

_REACH: Final = 3


def negated(read: Text, start: int, speech: Language) -> bool:
    """Whether a negator stands in the three words before, inside the clause."""
    return negator(read, start, speech) < start


def negator(read: Text, start: int, speech: Language) -> int:
    """Where the negator stands that turns round the word `start`; `start` where none does."""
    negators = speech.sets["negators"]
    for i in range(start, max(0, start - _REACH), -1):
        if read.clause_starts(i):
            break
        if read.words[i - 1] in negators:
            return i - 1
    return start


def unnegated(hits: Iterable[Hit], read: Text, speech: Language) -> set[int]:
    """Where the hits stand that nothing turns round; overlapping ones count once."""
    return {hit.end for hit in hits if not negated(read, hit.start, speech)}
