"""Which of several things an answer picks by its place: `the second one`, `the latter`, `option 2`."""

from collections.abc import Sequence
from typing import Final

from bridge.domain.lexicon import STOP, Language

_LONGEST: Final = 6
"""Words of an answer that does nothing but pick."""
_FEWEST: Final = 2
"""Entries of a list."""


def picked(words: Sequence[str], speech: Language) -> int | None:
    """The one place that an answer names, where it says nothing beside; else None."""
    said = [word for word in words if word != STOP]
    if len(said) > _LONGEST:
        return None
    known = speech.places
    beside = speech.stop_words | speech.sets["yes"] | speech.sets["filler"]
    if not all(_is_number(word) or word in known or word in beside for word in said):
        return None
    named = {int(word) if _is_number(word) else known.get(word, 0) for word in said} - {0}
    return named.pop() if len(named) == 1 else None


def numbered(words: Sequence[str], end: int) -> int:
    """The number of the entry in which the words before `end` stand, in a list that counts from 1; 0 where in none."""
    numbers = [i for i, word in enumerate(words) if _is_number(word)]
    if len(numbers) < _FEWEST or [int(words[i]) for i in numbers] != list(range(1, len(numbers) + 1)):
        return 0
    last = max((i for i in numbers if i < end), default=None)
    if last is None:
        return 0
    entry = words[last + 1 : end]
    return 0 if STOP in entry[entry[:1] == [STOP] :] else int(words[last])


def _is_number(word: str) -> bool:
    return len(word) == 1 and word.isascii() and word.isdigit()
