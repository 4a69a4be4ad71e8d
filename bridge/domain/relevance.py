"""Which passages a question is about: the words that both have, and how much these say.

Words are compared by stems that know no language, for a site's pages and its visitors may have several: endings that
European languages bend words with go away, and the rest is cut to six letters, at which "Versandkosten" meets
"Versand". A question's small words do not count, and an everyday word finds what asks for the same as well (`alike` in
`bridge/data/languages`). What is found is held against what was asked: a passage that has little of it is not found at
all, so that a question about something else finds nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log
from typing import Final

from bridge.domain import languages, spoken_language
from bridge.domain.answering import Passage
from bridge.domain.languages import Alike
from bridge.domain.lexicon import fold
from bridge.domain.passages import heading_of, split

MOST_WORDS: Final = 12
"""Words of a question that are looked for."""
MOST_FORMS: Final = 60
"""Words that are looked for with those that ask for the same."""
CANDIDATES: Final = 30
"""Passages that are looked at closely."""
FLOOR: Final = 0.4
"""The least share of a question that a passage has to have."""
ENOUGH: Final = 3_000
"""Passages that are looked through for the rarer words; those with the more frequent ones would add but time."""
IN_TITLE: Final = "="
"""What marks a word of a title or heading among a passage's words."""

_STEM: Final = 6
_LEAST: Final = 4
_ENDINGS: Final = re.compile(
    "(?:ciones|zione|zioni|ations|ation|ungen|mente|ments|ment|coes|cion|heit|keit|ings|adas|ados|amos|emos|ung|ing|ies"
    "|cao|ada|ado|ach|ami|ego|emu|ych|ons|as|es|is|os|en|ed|ly|ar|ir|ow|ym|ez|[aeiouy]|(?<![ius])s)$"
)
"""The longest that fits is tried first."""
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_K, _B, _TITLE = 1.2, 0.75, 3.0
"""BM25's usual numbers, and how often a word in a title counts."""
_ALIKE: Final = 0.8
"""How surely a word stands for another that asks for the same."""
_ASPECT: Final = 0.2
"""How much of a question is what names a side of a thing: its price, when it is there."""
_TAIL: Final = 0.7
"""How surely the end of a compound stands for it."""
_COMPOUND: Final = 9
"""Letters of a word that may be put together from several."""
_AT_HOME: Final = 1.5
"""How much better a page in the question's language is than one in another."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that has a word of the question; `language` is that of its page, such as "de", where it is known."""

    passage: Passage
    language: str | None


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a question asks for: stems that stand for it, each with how surely it does.

    `word` is what was typed; empty where a phrase of several words asks for it. `says`: how much of a question it is,
    1 or less where it names but a side of a thing, as its price.
    """

    word: str
    forms: Mapping[str, float]
    says: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a page, and the words by which it is found, parted by spaces."""

    text: str
    words: str


def pieces(title: str, text: str) -> list[Piece]:
    """The passages of a page's text, ready to be kept; of one without any text its title stands for it."""
    return [Piece(one, " ".join(page_words(title, one))) for one in split(text) or [title]]


def page_words(title: str, passage: str) -> list[str]:
    """The words by which a passage is found, each once; those of its title and heading are there marked as well."""
    head = {stem(word) for word in _words(f"{title}\n{heading_of(passage)}")}
    return sorted({stem(word) for word in _words(passage)} | head | {IN_TITLE + word for word in head})


def asked_words(text: str, language: str) -> list[str]:
    """The words of a question that say what it is about, each once, at most twelve.

    Args:
        text: what a visitor wrote.
        language: a code such as "de"; empty has it guessed.
    """
    spoken = languages.language(language or spoken_language.guess(text))
    small = spoken.stop_words | spoken.sets["asking"]
    kept = [part for word in _tokens(text) if word.replace("'", "") not in small for part in _parts(word)]
    return list(dict.fromkeys(stem(word) for word in kept if word not in small))[:MOST_WORDS]


def readings(text: str, language: str) -> list[list[Term]]:
    """What a question asks for, in one way or two: word by word, and with each phrase that it has as one thing.

    Args:
        text: what a visitor wrote.
        language: see `asked_words`.
    """
    code = language or spoken_language.guess(text)
    groups = _groups(languages.alike(code))
    tails = _tails(text) if languages.compounds(code) else {}
    single = {word: _term(word, groups, tails) for word in asked_words(text, code)}
    said = frozenset(map(stem, _words(text)))
    met = [phrase for phrase in groups.phrases if phrase.words <= said]
    within = frozenset[str]().union(*(phrase.words for phrase in met))
    joined = [phrase.asks for phrase in met] + [term for word, term in single.items() if word not in within]
    return [_bounded(way) for way in ([*single.values()], joined if met else []) if way]


def _term(word: str, groups: "_Groups", tails: Mapping[str, Sequence[str]]) -> Term:
    forms = dict.fromkeys(groups.words.get(word, ()), _ALIKE)
    says = _ASPECT if word in groups.aspects else 1.0
    return Term(word, {**dict.fromkeys(tails.get(word, ()), _TAIL), **forms, word: 1.0}, says)


def _bounded(found: Sequence[Term]) -> list[Term]:
    """No more forms than a search should look for, each term keeping its surest."""
    each = MOST_FORMS // (len(found) or 1)
    return [replace(term, forms=dict(sorted(term.forms.items(), key=lambda form: -form[1])[:each])) for term in found]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Stems that ask for something together, wherever they stand."""

    words: frozenset[str]
    asks: Term


@dataclass(frozen=True, slots=True)
class _Groups:
    """Stems with what asks for the same, phrases, and the stems that name but a side of a thing."""

    words: Mapping[str, tuple[str, ...]]
    phrases: Sequence[_Phrase]
    aspects: frozenset[str]


@lru_cache(maxsize=32)
def _groups(alike: tuple[Alike, ...]) -> _Groups:
    words: dict[str, tuple[str, ...]] = {}
    phrases = []
    sides, things = set[str](), set[str]()
    for group in alike:
        split_up = [[stem(word) for word in _words(own)] for own in group.words]
        single = tuple(dict.fromkeys(own[0] for own in split_up if len(own) == 1))
        words |= {word: (*words.get(word, ()), *single) for word in single}
        asks = Term("", dict.fromkeys(single, _ALIKE), _ASPECT if group.aspect else 1.0)
        phrases += [_Phrase(frozenset(own), asks) for own in split_up if len(own) > 1]
        (sides if group.aspect else things).update(single)
    return _Groups(words, phrases, frozenset(sides - things))


def _tails(text: str) -> dict[str, list[str]]:
    """The stems that a long word may end with, by its own."""
    return {
        stem(word): list(dict.fromkeys(stem(word[at:]) for at in range(_LEAST, len(word) - _LEAST)))
        for word in _words(text)
        if len(word) >= _COMPOUND
    }


def marked(asked: Iterable[str]) -> list[str]:
    """The words, and each as a word of a title."""
    return [mark + word for word in asked for mark in ("", IN_TITLE)]


def telling(counts: Mapping[str, int], passages: int) -> dict[str, float]:
    """The words to find candidates by, with what each tells; the frequent ones are left out where others do.

    Args:
        counts: how many of the site's passages have each word; none of them 0.
        passages: how many the site has.
    """
    chosen: dict[str, float] = {}
    met = 0
    for word, count in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        if chosen and met + count > ENOUGH:
            break
        chosen[word] = _rarity(count, passages)
        met += count
    return chosen


def best(
    asked: Iterable[Sequence[Term]],
    counts: Mapping[str, int],
    passages: int,
    candidates: Iterable[Candidate],
    *,
    language: str,
    limit: int,
) -> list[Passage]:
    """Those that a question is about, the best first; none where nothing has enough of it.

    Args:
        asked: what the question asks for, see `readings`.
        counts: how many of the site's passages have each stem of it; none of a stem that is not in it.
        passages: how many the site has.
        candidates: such as have one of the stems.
        language: that of the question; empty where it is not known.
        limit: how many there may be.
    """
    ways = [_Weighed(terms, counts, passages) for terms in asked]
    found = []
    for candidate in candidates:
        text, head = _counted(candidate.passage)
        if near := [way.rank(text, head) for way in ways if way.share(text, head) >= FLOOR]:
            home = _AT_HOME if language and candidate.language == language else 1.0
            found.append((home * max(near), candidate.passage))
    found.sort(key=lambda one: -one[0])
    return [passage for _, passage in found[:limit]]


class _Weighed:
    """What a question asks for, weighed by how much each stem of it says among a site's passages."""

    def __init__(self, terms: Sequence[Term], counts: Mapping[str, int], passages: int) -> None:
        numbers = {form: counts.get(form, 0) for term in terms for form in (*term.forms, term.word)}
        weights = {form: _weight(number, passages) for form, number in numbers.items()}
        told = {form: _rarity(number, passages) for form, number in numbers.items()}
        self._has = [[(form, sure * weights[form] * term.says) for form, sure in term.forms.items()] for term in terms]
        self._told = [[(form, sure * told[form]) for form, sure in term.forms.items()] for term in terms]
        self._whole = sum(weights[term.word] * term.says for term in terms) or 1

    def share(self, text: Counter[str], head: Counter[str]) -> float:
        """How much of what is asked a passage has; more than 1 where its title says it."""
        return (
            sum(max(has * _strength(text[form], head[form]) for form, has in term) for term in self._has) / self._whole
        )

    def rank(self, text: Counter[str], head: Counter[str]) -> float:
        """Okapi's measure, with the words of title and heading counted more often."""
        length = _K * (1 - _B + _B * text.total() / 100)
        often = {form: text[form] + _TITLE * head[form] for term in self._told for form, _ in term}
        return sum(
            max(told * often[form] * (_K + 1) / (often[form] + length) for form, told in term) for term in self._told
        )


def _weight(count: int, passages: int) -> float:
    """What a word says that so many passages have: next to nothing where all do."""
    return 1 - (count / (passages + 1)) ** 2


def _rarity(count: int, passages: int) -> float:
    """What a word tells that `count` of so many passages have; more the rarer it is."""
    return log(1 + (passages - count + 0.5) / (count + 0.5))


def _strength(in_text: int, in_head: int) -> float:
    """How surely a passage is about a word that it has so often: one of its title says more than one in passing."""
    if in_head:
        return 2.0
    return {0: 0.0, 1: 0.6}.get(in_text, 1.0)


def _counted(passage: Passage) -> tuple[Counter[str], Counter[str]]:
    head = f"{passage.title}\n{heading_of(passage.text)}"
    return Counter(map(stem, _words(passage.text))), Counter(map(stem, _words(head)))


def _tokens(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _parts(token: str) -> list[str]:
    """The words on both sides of an apostrophe; a letter alone says nothing."""
    return [part for part in token.split("'") if len(part) > 1 or part.isdigit()]


def _words(text: str) -> list[str]:
    return [part for token in _tokens(text) for part in _parts(token)]


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """What all forms of a folded word have in common, roughly; a number has one form."""
    if word.isdigit():
        return word
    if ending := _ENDINGS.search(word, _LEAST):
        word = word[: ending.start()]
    doubled = len(word) > _LEAST and word[-1] == word[-2]
    return (word[:-1] if doubled else word)[:_STEM]
