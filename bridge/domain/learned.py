"""What is recognised by example, where no phrase of a lexicon fits: weights that add up over a sentence.

A sentence is weighed by its words, their stems, pairs of near words, and by what its words stand for in any language:
`wish`, `talk`, `person`. The weights come with each language (`learned.tsv`) and were found from the project's own
phrases by `make learn`, those of what words stand for from all languages together.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

REACH: Final = 3
"""Words from one to the other, at most, in a pair."""
SENSES_REACH: Final = 4
"""Senses from one to the other, at most, in a pair; words without one are passed over, and the order does not count."""
OPENING: Final = "^"
CLOSING: Final = "$"
NUMBER: Final = "{number}"
SENSE: Final = "&"
"""What a sense begins with: unlike words, it is the same in all languages."""
AGAINST: Final = 3.5
"""A sentence that weighs so much less than nothing is not of the kind although a phrase was found in it."""

_NEVER: Final = float("-inf")
_STEMS: Final = (5, 4)
_WORDS_KEPT: Final = 16_384
_LONGEST_STEM: Final = 12


class Weight(NamedTuple):
    """A line of a `learned.tsv`: of a word, of a pair, or (without a word) what every sentence starts from.

    Where only `second` is given, it is a word or a sense without one of which no sentence is looked at.
    """

    kind: str
    first: str
    second: str
    weight: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words of a language stand for."""

    classes: Mapping[str, str]
    """The class of a word, such as `{person}`."""
    senses: Mapping[str, str]
    """The sense of a word, and of each beginning of words that ends with `*`."""

    def token(self, word: str) -> str:
        """What pairs know a word as: its class where it has one, and a number is like any other."""
        return self.classes.get(word) or (NUMBER if word.isdigit() else word)

    def sense(self, word: str) -> str:
        """What the word stands for in any language, "" where nobody said; of several beginnings the longest decides."""
        found = self.senses.get(word)
        for length in range(min(len(word), _LONGEST_STEM), 1, -1):
            if found is not None:
                break
            found = self.senses.get(word[:length] + "*")
        return found or ""

    def of_word(self, word: str) -> list[str]:
        """All that a word alone is weighed by."""
        token, sense = self.token(word), self.sense(word)
        stems = [f"{word[:length]}*" for length in _STEMS if len(word) > length]
        return [token, *([f"={word}"] if token != word else ()), *stems, *([sense] if sense else ())]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as it is weighed; the opening and the closing of a sentence are words, too."""

    token: str
    sense: str
    weight: float
    cue: bool
    pairs: Mapping[str, float]
    """What it weighs before another token."""
    senses: Mapping[str, float]
    """What its sense weighs beside another."""


class Recognizer:
    """The weights of one kind."""

    def __init__(self, kind: str, weights: Iterable[Weight], vocabulary: Vocabulary) -> None:
        self._start = _NEVER
        self._vocabulary = vocabulary
        self._alone: dict[str, float] = {}
        self._pairs: dict[str, dict[str, float]] = {}
        self._cues: set[str] = set()
        for one in weights:
            if one.kind == kind:
                self._add(one)
        self._word: Callable[[str], _Word] = lru_cache(maxsize=_WORDS_KEPT)(self._look_up)
        self._met: set[str] = set()
        self._met_cues: set[str] = set()
        self._opening, self._closing = self._edge(OPENING), self._edge(CLOSING)

    def _add(self, one: Weight) -> None:
        if not one.first and one.second:
            self._cues.add(one.second)
        elif not one.first:
            self._start = one.weight
        elif not one.second:
            self._alone[one.first] = one.weight
        else:
            self._pairs.setdefault(one.first, {})[one.second] = one.weight
            if one.first.startswith(SENSE):
                self._pairs.setdefault(one.second, {})[one.first] = one.weight

    def _look_up(self, word: str) -> _Word:
        token, sense = self._vocabulary.token(word), self._vocabulary.sense(word)
        weight = sum(self._alone.get(one, 0.0) for one in self._vocabulary.of_word(word))
        cue = not self._cues.isdisjoint((token, sense)) or not self._cues
        return _Word(token, sense, weight, cue, self._pairs.get(token, {}), self._pairs.get(sense, {}))

    def _edge(self, edge: str) -> _Word:
        weight, sense = self._alone.get(edge, 0.0), SENSE + edge
        return _Word(edge, sense, weight, False, self._pairs.get(edge, {}), self._pairs.get(sense, {}))

    def has_cue(self, words: Sequence[str]) -> bool:
        """Whether any of the words is a cue: two looks into sets tell, once they were met; in most texts none is."""
        if not self._met.issuperset(words):
            if len(self._met) >= _WORDS_KEPT:
                return any(self._word(word).cue for word in words)
            # in this order: another thread that sees a word as met sees its cue as well
            self._met_cues.update(word for word in words if self._word(word).cue)
            self._met.update(words)
        return not self._met_cues.isdisjoint(words)

    def weigh(self, words: Sequence[str]) -> float | None:
        """What a sentence weighs: above zero it is of the kind. None where nothing was learned, or no word is a cue."""
        if self._start == _NEVER:
            return None
        if not self.has_cue(words):
            return None
        found = [self._opening, *map(self._word, words), self._closing]
        total = self._start + sum([word.weight for word in found])
        for i, word in enumerate(found):
            if word.pairs:
                for other in found[i + 1 : i + 1 + REACH]:
                    total += word.pairs.get(other.token, 0.0)
        return total + _senses_weigh([word for word in found if word.sense])

    def weigh_best(self, pieces: Iterable[Sequence[str]]) -> float | None:
        """What the weightiest of several pieces of a text weighs; None where none is looked at."""
        return max((weight for piece in pieces if (weight := self.weigh(piece)) is not None), default=None)


def _senses_weigh(words: Sequence[_Word]) -> float:
    total = 0.0
    for i, word in enumerate(words):
        for other in words[i + 1 : i + 1 + SENSES_REACH]:
            total += word.senses.get(other.sense, 0.0)
    return total


def features(words: Sequence[str], vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """What a sentence is weighed by: (word, "") for all that is in a word alone, and (word, other) for each pair."""
    tokens = [OPENING, *map(vocabulary.token, words), CLOSING]
    senses = [SENSE + OPENING, *filter(None, map(vocabulary.sense, words)), SENSE + CLOSING]
    alone = [one for word in words for one in vocabulary.of_word(word)]
    near = [*_pairs(tokens, REACH), *((min(pair), max(pair)) for pair in _pairs(senses, SENSES_REACH))]
    return [*((one, "") for one in (OPENING, *alone, CLOSING)), *near]


def _pairs(items: Sequence[str], reach: int) -> Iterable[tuple[str, str]]:
    return ((item, other) for i, item in enumerate(items) for other in items[i + 1 : i + 1 + reach])


def read_weights(lines: Iterable[str]) -> list[Weight]:
    """The weights of a `learned.tsv`.

    Raises:
        ValueError: a line has not four fields, or a weight that is no number.
    """
    fields = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    word = sys.intern  # most stand in many lines
    return [Weight(kind, word(first), word(second), float(weight)) for kind, first, second, weight in fields]
