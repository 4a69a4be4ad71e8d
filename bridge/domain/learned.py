"""What is recognised by example, where no phrase of a lexicon fits: weights that add up over a sentence.

A sentence is weighed by its words, their stems, pairs of near words, and by what its words stand for in any language:
`wish`, `talk`, `person`. The weights come with each language (`learned.tsv`), those of what words stand for with all of
them, and were found from the project's own phrases by `make learn`.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bridge.domain.memo import WORDS_KEPT, Memo, memoized

REACH: Final = 3
"""Words from one to the other, at most, in a pair."""
SENSES_REACH: Final = 4
"""Senses from one to the other, at most, in a pair; words without one are passed over, and the order does not count."""
OPENING: Final = "^"
CLOSING: Final = "$"
NUMBER: Final = "{number}"
SENSE: Final = "&"
"""What a sense begins with: unlike words, it is the same in all languages."""
STEM: Final = "*"
"""What stands for the rest of a word."""
DOUBT: Final = "?"
"""In place of a word: the weight under which a sentence is not of the kind although a phrase was found in it."""
TYPICAL: Final = 8
"""Words of a sentence in which a feature counts as much as its weight says."""
DAMPING: Final = 0.7
"""How fast features count less as a sentence grows: many that weigh a little make no request of a long one."""

_NEVER: Final = float("-inf")
_EDGES: Final = 2
"""The opening and the closing of a sentence."""
_BEGINNINGS: Final = (5, 4)
_ENDINGS: Final = (4, 3)
"""Letters of them; the rest of a word is as long as two letters at least."""
_LONGEST_STEM: Final = 12


class Weight(NamedTuple):
    """A line of a `learned.tsv`: of a word, of a pair, DOUBT, or (without a word) what every sentence starts from.

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
    """The sense of a word, of each beginning of words (`konsult*`), and of each ending (`*techniker`)."""

    def token(self, word: str) -> str:
        """What pairs know a word as: its class where it has one, and a number is like any other."""
        return self.classes.get(word) or (NUMBER if word.isdigit() else word)

    def sense(self, word: str) -> str:
        """What the word stands for in any language, "" where nobody said.

        Of several beginnings the longest decides, and any of them before an ending.
        """
        longest = min(len(word), _LONGEST_STEM)
        beginnings = (word[:length] + STEM for length in range(longest, 1, -1))
        endings = (STEM + word[-length:] for length in range(longest, 1, -1))
        return next(filter(None, map(self.senses.get, (word, *beginnings, *endings))), "")

    def of_word(self, word: str) -> list[str]:
        """All that a word alone is weighed by."""
        token, sense = self.token(word), self.sense(word)
        stems = [word[:length] + STEM for length in _BEGINNINGS if len(word) > length]
        stems += [STEM + word[-length:] for length in _ENDINGS if len(word) > length + 1]
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


@dataclass(slots=True)
class Weights:
    """Those of one kind, as they are looked up."""

    start: float = _NEVER
    doubt: float = _NEVER
    alone: dict[str, float] = field(default_factory=dict)
    """Of all that is in a word alone, and of three senses one after the other."""
    pairs: dict[str, dict[str, float]] = field(default_factory=dict)
    cues: set[str] = field(default_factory=set)

    def add(self, one: Weight) -> None:
        """Take up a line."""
        if not one.first and one.second:
            self.cues.add(one.second)
        elif not one.first:
            self.start = one.weight
        elif one.first == DOUBT:
            self.doubt = one.weight
        elif not one.second:
            self.alone[one.first] = one.weight
        else:
            self.pairs.setdefault(one.first, {})[one.second] = one.weight
            if one.first.startswith(SENSE):
                self.pairs.setdefault(one.second, {})[one.first] = one.weight


def by_kind(lines: Iterable[Weight]) -> dict[str, Weights]:
    """The weights of each kind that has any."""
    found: defaultdict[str, Weights] = defaultdict(Weights)
    for one in lines:
        found[one.kind].add(one)
    return dict(found)


class Recognizer:
    """What tells one kind in one language.

    Args:
        own: the language's weights.
        shared: those of what words stand for in any language.
        vocabulary: what its words stand for.
    """

    def __init__(self, own: Weights, shared: Weights, vocabulary: Vocabulary) -> None:
        self.doubt = own.doubt
        self._own = own
        self._shared = shared
        self._vocabulary = vocabulary
        self._word: Final = memoized(self._look_up)
        self._met: set[str] = set()
        self._met_cues: set[str] = set()
        self._opening, self._closing = self._edge(OPENING), self._edge(CLOSING)

    def _look_up(self, word: str) -> _Word:
        token, sense = self._vocabulary.token(word), self._vocabulary.sense(word)
        own, shared = self._own, self._shared
        weight = sum(own.alone.get(one, 0.0) + shared.alone.get(one, 0.0) for one in self._vocabulary.of_word(word))
        cue = not own.cues.isdisjoint((token, sense)) or not own.cues
        return _Word(token, sense, weight, cue, own.pairs.get(token, {}), shared.pairs.get(sense, {}))

    def _edge(self, edge: str) -> _Word:
        weight, sense = self._own.alone.get(edge, 0.0), SENSE + edge
        return _Word(edge, sense, weight, False, self._own.pairs.get(edge, {}), self._shared.pairs.get(sense, {}))

    def has_cue(self, words: Sequence[str]) -> bool:
        """Whether any of the words is a cue: two looks into sets tell, once they were met; in most texts none is."""
        if not self._met.issuperset(words):
            if len(self._met) >= WORDS_KEPT:
                return any(self._word(word).cue for word in words)
            # in this order: another thread that sees a word as met sees its cue as well
            self._met_cues.update(word for word in words if self._word(word).cue)
            self._met.update(words)
        return not self._met_cues.isdisjoint(words)

    def weigh(self, words: Sequence[str]) -> float | None:
        """What a sentence weighs: above zero it is of the kind. None where nothing was learned, or no word is a cue."""
        if self._own.start == _NEVER or not self.has_cue(words):
            return None
        return self.total(words)

    def total(self, words: Sequence[str]) -> float:
        """What a sentence weighs with or without a cue; where nothing was learned, less than any other."""
        found = [self._opening, *map(self._word, words), self._closing]
        total = sum([word.weight for word in found])
        for i, word in enumerate(found):
            if word.pairs:
                for other in found[i + 1 : i + 1 + REACH]:
                    total += word.pairs.get(other.token, 0.0)
        total += self._senses_weigh([word for word in found if word.sense])
        return self._own.start + damping(len(words)) * total

    def _senses_weigh(self, words: Sequence[_Word]) -> float:
        total = 0.0
        for i, word in enumerate(words):
            for other in words[i + 1 : i + 1 + SENSES_REACH]:
                total += word.senses.get(other.sense, 0.0)
        alone = self._shared.alone
        for one, two, three in zip(words, words[1:], words[2:], strict=False):
            total += alone.get(one.sense + two.sense + three.sense, 0.0)
        return total

    def weigh_best(self, pieces: Iterable[Sequence[str]]) -> float | None:
        """What the weightiest of several pieces of a text weighs; None where none is looked at."""
        return max((weight for piece in pieces if (weight := self.weigh(piece)) is not None), default=None)


def damping(words: int) -> float:
    """How much features count in a sentence of so many words: 1 in one of eight, less in longer ones."""
    return float(((words + _EDGES) / (TYPICAL + _EDGES)) ** -DAMPING)


def features(words: Sequence[str], vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """What a sentence is weighed by: (word, "") for all that is in a word alone, and (word, other) for each pair.

    Three senses one after the other are written as one word.
    """
    tokens = [OPENING, *map(vocabulary.token, words), CLOSING]
    senses = [SENSE + OPENING, *filter(None, map(vocabulary.sense, words)), SENSE + CLOSING]
    alone = [one for word in words for one in vocabulary.of_word(word)]
    threes = map("".join, zip(senses, senses[1:], senses[2:], strict=False))
    near = [*_pairs(tokens, REACH), *((min(pair), max(pair)) for pair in _pairs(senses, SENSES_REACH))]
    return [*((one, "") for one in (OPENING, *alone, CLOSING, *threes)), *near]


def _pairs(items: Sequence[str], reach: int) -> Iterable[tuple[str, str]]:
    return ((item, other) for i, item in enumerate(items) for other in items[i + 1 : i + 1 + reach])


def read_weights(lines: Iterable[str]) -> Iterator[Weight]:
    """The weights of a `learned.tsv`, one after the other: all its lines at once take many times what is kept of them.

    Raises:
        ValueError: a line has not four fields, or a weight that is no number.
    """
    word, number = sys.intern, Memo(float)  # most stand in many lines
    for line in lines:
        if line.strip() and not line.startswith("#"):
            kind, first, second, weight = line.rstrip("\n").split("\t")
            yield Weight(word(kind), word(first), word(second), number[weight])
