"""How words sound, one by one, where no phrase of displeasure speaks: a strength for each, from -3 to 3.

They come with each language (`valence.tsv`): a line holds a strength, a tab and its words, parted by spaces. A word
that ends in `*` stands for all that begin so; the longest that fits counts, and a whole word goes before them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from bridge.domain.memo import memoized

STRONGEST: Final = 3.0
_STEM: Final = 4
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*\*?")


class Valence:
    """The strengths of a language's words, by word and by stem."""

    def __init__(self, strengths: Mapping[str, float]) -> None:
        self._words = {word: strength for word, strength in strengths.items() if not word.endswith("*")}
        self._stems: dict[str, tuple[tuple[str, float], ...]] = {}
        for word in sorted(strengths.keys() - self._words.keys(), key=lambda word: (-len(word), word)):
            start = word[:_STEM]
            self._stems[start] = (*self._stems.get(start, ()), (word[:-1], strengths[word]))
        self.strength: Final = memoized(self._strength)
        """How a folded word sounds; 0 where that is not known."""

    def _strength(self, word: str) -> float:
        found = self._words.get(word)
        if found is not None:
            return found
        for stem, strength in self._stems.get(word[:_STEM], ()):
            if word.startswith(stem):
                return strength
        return 0.0


def read_strengths(lines: Iterable[str]) -> dict[str, float]:
    """The strength of each word of a `valence.tsv`.

    Raises:
        ValueError: a line cannot be used; the message begins with its number.
    """
    found: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            found |= _read_line(line, found)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return found


def _read_line(line: str, earlier: Collection[str]) -> dict[str, float]:
    named, tab, rest = line.partition("\t")
    words = rest.split()
    if not tab or not words:
        raise ValueError("a strength, a tab and words are needed")
    for word in words:
        if not _WORD.fullmatch(word):
            raise ValueError(f"{word!r} is no single word")
        if word.endswith("*") and len(word) <= _STEM:
            raise ValueError(f"{word!r} is too short: four letters at least stand before a `*`")
        if word in earlier:
            raise ValueError(f"{word!r} is in an earlier line, too")
    return dict.fromkeys(words, _strength(named))


def _strength(named: str) -> float:
    try:
        strength = float(named)
    except ValueError:
        raise ValueError(f"{named!r} is no number") from None
    if not -STRONGEST <= strength <= STRONGEST:
        raise ValueError(f"{named} is not between -3 and 3")
    return strength
