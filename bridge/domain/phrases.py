"""How what stands in a language's data becomes phrases; `lexicon` says what may stand in one."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final

from bridge.domain.lexicon import Phrase, Slot, read

_NEEDED: Final = 2


class Phrasing:
    """The phrases of one language. A class stands in hundreds of them: what is the same is made and kept once.

    Args:
        document: the language's data; its `classes`, its `stop` words and its spelling are used.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._classes: Mapping[str, Any] = document.get("classes", {})
        self._small: Final = frozenset(spellings(document, document.get("stop", ())))
        self._made: dict[str, list[Slot]] = {}

    def compiled(self, group: str, texts: Iterable[str]) -> Iterator[Phrase]:
        """The phrases of a group, each once for every choice of the words that may be left out.

        Raises:
            ValueError: a text is no phrase; the message names it.
        """
        for text in texts:
            choices = [(piece[:-1], "") if piece.endswith("?") else (piece,) for piece in str(text).split()]
            for chosen in product(*choices):
                yield self._phrase(group, [piece for piece in chosen if piece])

    def _phrase(self, group: str, pieces: list[str]) -> Phrase:
        """A phrase in slots; it needs its rarest ones, for asking for a word of most texts would tell little."""
        first = pieces[0] == "^"
        slots = tuple(slot for piece in pieces[first:] for slot in self._slots(piece))
        if not (slots[0].words or slots[0].stems) or slots[0].absent or "^" in pieces[1:]:
            raise ValueError(
                f"the phrase {' '.join(pieces)!r} of {group!r} must begin with a word, and `^` stands only before it"
            )
        plain = (slot.words for slot in slots[1:] if slot.plain)
        rare = sorted(plain, key=lambda words: (len(words & self._small), len(words)))
        return Phrase(group, slots, first, tuple(rare[:_NEEDED]))

    def _slots(self, piece: str) -> list[Slot]:
        if piece not in self._made:
            self._made[piece] = self._make(piece)
        return self._made[piece]

    def _make(self, piece: str) -> list[Slot]:
        if set(piece) == {"."}:
            return [Slot(frozenset(), gap=2 if piece == ".." else 4)]
        absent, piece = piece.startswith("!"), piece.removeprefix("!")
        options = piece.split("|")
        plain: list[str] = []
        for option in options:
            if option.startswith("{"):
                plain += self._class(option[1:-1])
            elif option != "$" and not option.endswith("*"):
                plain.append(option)
        words = spellings(self._document, plain)
        stems = spellings(self._document, [option[:-1] for option in options if option.endswith("*")])
        end = "$" in options
        if not (absent or stems or end) and len({len(word.split()) for word in words}) == 1:
            places = zip(*(word.split() for word in words), strict=True)
            return [Slot(frozenset(map(sys.intern, place))) for place in places]
        return [Slot(frozenset(words), tuple(stems), absent=absent, end=end)]

    def _class(self, name: str) -> list[str]:
        words = self._classes.get(name)
        if not words:
            raise ValueError(f"there is no class {{{name}}}")
        return list(words)


def spellings(document: Mapping[str, Any], words: Iterable[str]) -> list[str]:
    """The words as `read` gives them, with the other spelling where the language has one (`ü`, `ue`)."""
    found: list[str] = []
    for word in map(str, words):
        if word.isascii() and word.isalnum():  # most are, and reading them would change nothing else
            found.append(sys.intern(word.casefold()))
        else:
            found += _read_spellings(document, word)
    return list(dict.fromkeys(found))


def _read_spellings(document: Mapping[str, Any], word: str) -> Iterator[str]:
    other = word.casefold()
    for letter, spelt in document.get("also", {}).items():
        other = other.replace(letter, spelt)
    elision = elision_of(document)
    for spelling in dict.fromkeys((word, other)):
        yield " ".join(read(spelling, elision).words)


def elision_of(document: Mapping[str, Any]) -> re.Pattern[str] | None:
    """What is its own word before an apostrophe in this language, for `read`."""
    found = document.get("elision")
    return re.compile(rf"\b({found})'") if found else None
