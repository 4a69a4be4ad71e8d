"""What was found once about a word, and is kept for the next text that has it."""

from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

WORDS_KEPT: Final = 16_384


class Memo(dict[str, T]):
    """What a function says of each word. Of so many words that they would fill the memory it begins anew.

    An `lru_cache` also notes which word came last, and over the words of a text that is most of what it does.
    """

    def __init__(self, function: Callable[[str], T]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, word: str) -> T:
        if len(self) >= WORDS_KEPT:
            self.clear()
        found = self[word] = self._function(word)
        return found


def memoized(function: Callable[[str], T]) -> Callable[[str], T]:
    """The function, with a memo of its own."""
    return Memo(function).__getitem__
