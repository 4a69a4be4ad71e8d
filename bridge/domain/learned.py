"""What is recognised by example, where no phrase of a lexicon fits: a weight for each word and each pair of near words.

A sentence's weights add up; above zero it is of the kind. The weights come with each language (`learned.tsv`) and were
found from the project's own phrases by `make learn`; `docs/trigger-quality.md` says what they add to the phrases alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

REACH: Final = 3
"""Words from one to the other, at most, in a pair."""
OPENING: Final = "^"
CLOSING: Final = "$"
NUMBER: Final = "{number}"


class Weight(NamedTuple):
    """A line of a `learned.tsv`: of a word, of a pair, or (without a word) what every sentence starts from.

    Where only `second` is given, it is a word without one of which no sentence is looked at.
    """

    kind: str
    first: str
    second: str
    weight: float


class Recognizer:
    """The weights of several kinds, found in one walk over a sentence."""

    def __init__(self, weights: Sequence[Weight], kinds: Sequence[str]) -> None:
        self.kinds: Final = tuple(kinds)
        self._start = [float("-inf")] * len(kinds)
        self._rows: dict[str, dict[str, tuple[tuple[int, float], ...]]] = {}
        self._cues = frozenset(one.second for one in weights if one.kind in self.kinds and not one.first and one.second)
        for one in weights:
            if one.kind in self.kinds:
                self._add(self.kinds.index(one.kind), one)

    def _add(self, kind: int, one: Weight) -> None:
        if not one.first:
            self._start[kind] = self._start[kind] if one.second else one.weight
            return
        row = self._rows.setdefault(one.first, {})
        row[one.second] = (*row.get(one.second, ()), (kind, one.weight))

    def recognize(self, tokens: Sequence[str]) -> list[str]:
        """The kinds that a sentence from `tokens_of` is of."""
        if self._cues and self._cues.isdisjoint(tokens):
            return []
        totals, rows = self._start.copy(), self._rows
        for i, token in enumerate(tokens):
            row = rows.get(token)
            if row is None:
                continue
            for other in ("", *tokens[i + 1 : i + 1 + REACH]):
                found = row.get(other)
                if found is not None:
                    for kind, weight in found:
                        totals[kind] += weight
        return [kind for kind, total in zip(self.kinds, totals, strict=True) if total > 0]


def tokens_of(words: Iterable[str], classes: Mapping[str, str]) -> list[str]:
    """A sentence's words between an opening and a closing; a word stands for its class, and so does a number."""
    return [OPENING, *(classes.get(word) or (NUMBER if word.isdigit() else word) for word in words), CLOSING]


def features(tokens: Sequence[str]) -> list[tuple[str, str]]:
    """What a sentence is weighed by: (word, "") for each word, and (word, other) for each of the next three."""
    words = [(token, "") for token in tokens]
    return words + [(token, other) for i, token in enumerate(tokens) for other in tokens[i + 1 : i + 1 + REACH]]


def read_weights(lines: Iterable[str]) -> list[Weight]:
    """The weights of a `learned.tsv`.

    Raises:
        ValueError: a line has not four fields, or a weight that is no number.
    """
    fields = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [Weight(kind, first, second, float(weight)) for kind, first, second, weight in fields]
