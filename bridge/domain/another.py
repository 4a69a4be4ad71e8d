"""Whether a message asks for another one of the same kind: the next size, the next room, the other lamp.

Such messages are nearly the same, and so are right answers to them; nobody repeats himself, and no bot is stuck.
"""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

_NAME: Final = 2
"""Letters at most of a word that is the name of one of a kind: `M`, `XL`, plan `B`."""
_SAME_WORD: Final = 80
"""From here on, of a hundred, two words are one: another form of it, or a slip of the pen."""
_FEW: Final = 3
"""Words in which two messages differ at most, if one stands in the other's place."""


def asks_for_another(words: str, earlier: str) -> bool:
    """Whether a message names another number or size than an earlier one, or has one other word in the place of one.

    A number where there was none is no other one: it says which thing was meant.

    Args:
        words: the content words of the message, joined by spaces.
        earlier: those of the earlier message.
    """
    now, before = words.split(), earlier.split()
    new, gone = _lacking(now, before), _lacking(before, now)
    if any(len(word) <= _NAME and word.isalpha() for word in new) or (_numbers(new) and _numbers(gone)):
        return True
    if max(len(new), len(gone)) > _FEW:
        return False
    return len(now) > 1 and len(_unlike(new, gone)) == len(_unlike(gone, new)) == 1


def has_other_numbers(answer: str, earlier: str) -> bool:
    """Whether an answer names a number that an earlier one did not; both as their words, joined by spaces."""
    return bool(_numbers(_lacking(answer.split(), earlier.split())))


def _lacking(words: Sequence[str], other: Sequence[str]) -> list[str]:
    known = frozenset(other)
    return [word for word in dict.fromkeys(words) if word not in known]


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if not word.isalpha()]


def _unlike(words: Sequence[str], others: Sequence[str]) -> list[str]:
    return [word for word in words if all(fuzz.ratio(word, other) < _SAME_WORD for other in others)]
