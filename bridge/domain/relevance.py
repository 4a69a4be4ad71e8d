"""Which passages a question is about: the words that both have, and how much these say.

Words are compared by stems that know no language, for a site's pages and its visitors may have several: endings that
European languages bend words with go away, and the rest is cut to six letters, at which "Versandkosten" meets
"Versand". A question's small words do not count. What is found is held against what was asked: a passage that has
little of it is not found at all, so that a question about something else finds nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from bridge.domain import languages
from bridge.domain.answering import Passage
from bridge.domain.lexicon import fold
from bridge.domain.passages import heading_of, split

MOST_WORDS: Final = 12
"""Words of a question that are looked for."""
CANDIDATES: Final = 30
"""Passages that are looked at closely."""
FLOOR: Final = 0.4
"""The least share of a question that a passage has to have."""
ENOUGH: Final = 5_000
"""Passages with one of the rarer words; once there are as many, those with the more frequent ones add but time."""
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
_AT_HOME: Final = 1.5
"""How much better a page in the question's language is than one in another."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that has a word of the question; `language` is that of its page, such as "de", where it is known."""

    passage: Passage
    language: str | None


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
    spoken = languages.language(language or languages.guess(text))
    small = spoken.stop_words | spoken.sets["asking"]
    kept = [part for word in _tokens(text) if word.replace("'", "") not in small for part in _parts(word)]
    return list(dict.fromkeys(stem(word) for word in kept if word not in small))[:MOST_WORDS]


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
        if met >= ENOUGH:
            break
        chosen[word] = _rarity(count, passages)
        met += count
    return chosen


def best(
    asked: Sequence[str],
    counts: Mapping[str, int],
    passages: int,
    candidates: Iterable[Candidate],
    *,
    language: str,
    limit: int,
) -> list[Passage]:
    """Those that a question is about, the best first; none where nothing has enough of it.

    Args:
        asked: the question's words, see `asked_words`.
        counts: how many of the site's passages have each of them; none of a word that is not in it.
        passages: how many the site has.
        candidates: such as have one of the words.
        language: that of the question; empty where it is not known.
        limit: how many there may be.
    """
    weight = {word: 1 - (counts.get(word, 0) / (passages + 1)) ** 2 for word in asked}
    told = {word: _rarity(counts.get(word, 0), passages) for word in asked}
    found = []
    for candidate in candidates:
        text, head = _counted(candidate.passage)
        share = sum(weight[word] * _strength(text[word], head[word]) for word in asked) / (sum(weight.values()) or 1)
        if share >= FLOOR:
            home = _AT_HOME if language and candidate.language == language else 1.0
            found.append((home * _bm25(told, text, head), candidate.passage))
    found.sort(key=lambda one: -one[0])
    return [passage for _, passage in found[:limit]]


def _rarity(count: int, passages: int) -> float:
    """What a word tells that `count` of so many passages have; more the rarer it is."""
    return log(1 + (passages - count + 0.5) / (count + 0.5))


def _strength(in_text: int, in_head: int) -> float:
    """How surely a passage is about a word that it has so often: one of its title says more than one in passing."""
    if in_head:
        return 2.0
    return {0: 0.0, 1: 0.6}.get(in_text, 1.0)


def _bm25(told: Mapping[str, float], text: Counter[str], head: Counter[str]) -> float:
    """Okapi's measure, with the words of title and heading counted more often."""
    length = _K * (1 - _B + _B * text.total() / 100)
    often = {word: text[word] + _TITLE * head[word] for word in told}
    return sum(told[word] * times * (_K + 1) / (times + length) for word, times in often.items())


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
