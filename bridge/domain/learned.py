"""What is recognised by example, where no phrase of a lexicon fits: a weight for each word and each pair of near words.

A sentence's weights add up; above zero it is of the kind. The weights come with each language (`learned.tsv`) and were
found from the project's own phrases by `make learn`; `docs/trigger-quality.md` says what they add to the phrases alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

REACH: Final = 3
"""Words from one to the other, at most, in a pair."""
OPENING: Final = "^"
CLOSING: Final = "$"


@dataclass(slots=True)
class Recognizer:
    """The weights of one kind: what every sentence starts from, of words, and of pairs by their first word."""

    bias: float = 0.0
    words: dict[str, float] = field(default_factory=dict)
    pairs: dict[str, dict[str, float]] = field(default_factory=dict)

    def score(self, tokens: Sequence[str]) -> float:
        """The sum over a sentence from `tokens_of`; above zero it is of this kind."""
        total, words, pairs = self.bias, self.words, self.pairs
        for i, token in enumerate(tokens):
            total += words.get(token, 0.0)
            row = pairs.get(token)
            if row is not None:
                for other in tokens[i + 1 : i + 1 + REACH]:
                    total += row.get(other, 0.0)
        return total


def tokens_of(words: Iterable[str], classes: Mapping[str, str]) -> list[str]:
    """A sentence's words between an opening and a closing; a word of a class stands for all of its class."""
    return [OPENING, *(classes.get(word, word) for word in words), CLOSING]


def features(tokens: Sequence[str]) -> set[tuple[str, str]]:
    """What a sentence is weighed by, once each: (word, "") and (word, one of the next three)."""
    found = {(token, "") for token in tokens}
    for i, token in enumerate(tokens):
        found.update((token, other) for other in tokens[i + 1 : i + 1 + REACH])
    return found


def read_weights(lines: Iterable[str]) -> dict[str, Recognizer]:
    """The recognizers of a `learned.tsv`: kind, word, the word after it or nothing, weight; no word at all is the bias.

    Raises:
        ValueError: a line is not of that form.
    """
    kinds: dict[str, Recognizer] = {}
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        kind, first, second, weight = line.rstrip("\n").split("\t")
        one = kinds.setdefault(kind, Recognizer())
        if not first:
            one.bias = float(weight)
        elif second:
            one.pairs.setdefault(first, {})[second] = float(weight)
        else:
            one.words[first] = float(weight)
    return kinds
