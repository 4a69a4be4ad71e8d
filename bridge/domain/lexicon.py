"""What a language says: phrases, word lists and stop words, read once from the package's own data.

A language is a folder in `bridge/data/languages`: YAML files (their top keys are merged) and text files (one phrase a
line; the file's name is the key). A phrase is a row of slots, parted by spaces:

    word          this word                      a|b|c         one of these
    word?         may be left out                word*         any word that begins so (4 letters and more)
    {name}        one of a class's words         !a|b          the next word is none of these
    ..  ...       up to two / four words between, inside one clause
    ^             at the start of a clause; only as the first slot
    $             at the end of a clause; also as one of several: a|$

Phrases are written as people spell; case, accents and apostrophes go away on both sides. There is no repetition but the
bounded gap, so no text can make the matcher run long.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any, Final

import yaml
from rapidfuzz.distance import OSA

TEXT_LIMIT: Final = 4000
"""Characters of a text that are read; the rest is kept by the transcript and judged by nobody."""

STOP: Final = "."
"""The word that stands for the end of a sentence."""

ENGLISH: Final = "en"
MOODS: Final = frozenset({"negative", "strong", "extreme", "frustration", "positive", "progress", "thanks"})
"""Groups that are read in the visitor's own language only: a lexicon on a foreign language sees what is not there."""

_FACTS: Final = frozenset({"request", "machine", "refusal", "refusal_after", "trap", "restart", "accept"})
_REPLY_GROUPS: Final = frozenset({"failed", "offer", "question"})
_SETS: Final = (
    "bare",
    "filler",
    "yes",
    "contrast",
    "negators",
    "joiners",
    "no_restart",
    "not_typos",
    "documents",
    "document_numbers",
)
_STEM: Final = 4
_HITS: Final = 200
_TYPO_LENGTH: Final = 5
_LONG_WORD: Final = 9

_TOKEN: Final = re.compile(r"[^\W_]+|[.!?;\n]+|[,:]+")
_QUOTES: Final = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "ß": "ss", "ł": "l", "ø": "o", "đ": "d"}
)


@dataclass(slots=True)
class Text:
    """A text as the matcher sees it: folded words with STOP between sentences, and where a comma stood."""

    words: list[str]
    commas: set[int]

    def clause_starts(self, i: int) -> bool:
        """Whether a clause begins at word `i`."""
        return i == 0 or i in self.commas or self.words[i - 1] == STOP

    def clause_ends(self, i: int) -> bool:
        """Whether a clause ends before word `i`."""
        return i >= len(self.words) or i in self.commas or self.words[i] == STOP


def fold(text: str) -> str:
    """The first 4,000 characters in lower case, without accents; every kind of apostrophe as `'`."""
    text = text[:TEXT_LIMIT].casefold()
    if text.isascii():
        return text.replace("`", "'")
    plain = unicodedata.normalize("NFKD", text.translate(_QUOTES))[:TEXT_LIMIT]
    return plain if plain.isascii() else "".join(c for c in plain if not unicodedata.combining(c))


def read(text: str, elision: re.Pattern[str] | None = None) -> Text:
    """Split a text into folded words, sentence ends and commas.

    Args:
        text: anything; cut at 4,000 characters.
        elision: what is its own word before an apostrophe (French `l'agent`); all other apostrophes vanish.
    """
    plain = fold(text)
    if "'" in plain:
        plain = (elision.sub(r"\1 ", plain) if elision else plain).replace("'", "")
    words: list[str] = []
    commas: set[int] = set()
    for token in _TOKEN.findall(plain):
        mark = token[0]
        if mark in ".!?;\n":
            if words and words[-1] != STOP:
                words.append(STOP)
        elif mark in ",:":
            commas.add(len(words))
        else:
            words.append(token)
    return Text(words, commas)


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a phrase: a word of `words`, or one that begins with a stem, or (`end`) the end of a clause.

    `absent` turns it into "none of these", which takes up no word; `gap` stands for up to so many words.
    """

    words: frozenset[str]
    stems: tuple[str, ...] = ()
    gap: int = 0
    absent: bool = False
    end: bool = False

    @property
    def plain(self) -> bool:
        return bool(self.words) and not (self.stems or self.absent or self.end)

    def takes(self, word: str) -> bool:
        """Whether this word may stand here."""
        return word in self.words or (bool(self.stems) and word.startswith(self.stems))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a group; `first` says that it must open a clause.

    `needs` are the words of its narrowest later place: a text without any of them cannot hold the phrase, which costs
    a look where matching would cost a walk.
    """

    group: str
    slots: tuple[Slot, ...]
    first: bool = False
    needs: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase of `group` was found: words `start` up to, not including, `end`."""

    group: str
    start: int
    end: int


@dataclass(slots=True)
class _Bucket:
    """Phrases with one first word: by their second word where that is fixed, else in `rest`."""

    second: dict[str, list[Phrase]] = field(default_factory=dict)
    rest: list[Phrase] = field(default_factory=list)

    def add(self, phrase: Phrase) -> None:
        if len(phrase.slots) == 1 or not phrase.slots[1].plain:
            self.rest.append(phrase)
            return
        for word in phrase.slots[1].words:
            self.second.setdefault(word, []).append(phrase)


class Book:
    """All phrases that are looked for in one kind of text; found in one walk over its words."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._words: dict[str, _Bucket] = {}
        self._stems: dict[str, _Bucket] = {}
        used: set[str] = set()
        for phrase in phrases:
            used.update(word for slot in phrase.slots for word in slot.words)
            for word in phrase.slots[0].words:
                self._words.setdefault(word, _Bucket()).add(phrase)
            for stem in phrase.slots[0].stems:
                self._stems.setdefault(stem[:_STEM], _Bucket()).add(phrase)
        self.words: Final = frozenset(used)
        """Every word that a phrase names."""

    def find(self, text: Text) -> list[Hit]:
        """Every phrase of this book in the text, in the order of their first words; at most 200."""
        hits: list[Hit] = []
        words, by_word, by_stem = text.words, self._words, self._stems
        present = frozenset(words)
        for i, word in enumerate(words):
            bucket = by_word.get(word)
            if bucket is not None:
                _collect(bucket, text, i, present, hits)
            if by_stem:
                bucket = by_stem.get(word[:_STEM])
                if bucket is not None:
                    _collect(bucket, text, i, present, hits)
            if len(hits) > _HITS:
                break
        return hits


def _collect(bucket: _Bucket, text: Text, i: int, present: frozenset[str], hits: list[Hit]) -> None:
    candidates = bucket.rest
    if bucket.second and i + 1 < len(text.words):
        more = bucket.second.get(text.words[i + 1])
        if more:
            candidates = [*more, *candidates] if candidates else more
    for phrase in candidates:
        if phrase.needs is not None and phrase.needs.isdisjoint(present):
            continue
        if phrase.first and not text.clause_starts(i):
            continue
        end = _match(phrase.slots, 0, text, i)
        if end > i:
            hits.append(Hit(phrase.group, i, end))


def _match(slots: tuple[Slot, ...], n: int, text: Text, i: int) -> int:
    """Where the slots from `n` on end if they match from word `i` on, else -1."""
    words = text.words
    while n < len(slots):
        slot = slots[n]
        if slot.gap:
            return _match_gap(slots, n, text, i)
        if i < len(words) and slot.takes(words[i]):
            if slot.absent:
                return -1
            i += 1
        elif slot.absent == (slot.end and text.clause_ends(i)):
            return -1
        n += 1
    return i


def _match_gap(slots: tuple[Slot, ...], n: int, text: Text, i: int) -> int:
    for j in range(i, min(i + slots[n].gap, len(text.words)) + 1):
        end = _match(slots, n + 1, text, j)
        if end >= 0:
            return end
        if text.clause_ends(j):
            break
    return -1


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that one language (with English beside it) looks for."""

    code: str
    message: Book
    reply: Book
    stop_words: frozenset[str]
    sets: Mapping[str, frozenset[str]]
    topics: tuple[str, ...]
    troubles: frozenset[str]
    """The topics that say that something goes wrong."""
    elision: re.Pattern[str] | None
    document: re.Pattern[str]
    near: Mapping[str, tuple[str, ...]]
    """Person words that may be misspelt, by first letter."""
    known: frozenset[str]

    def read(self, text: str) -> Text:
        """The text in this language's words."""
        return read(text, self.elision)

    def find_in_message(self, text: Text) -> list[Hit]:
        """What this language looks for in a visitor's message, with its person words put right first."""
        self.mend(text)
        return self.message.find(text)

    def find_in_reply(self, text: Text) -> list[Hit]:
        """What this language looks for in a bot's reply."""
        return self.reply.find(text)

    def mend(self, text: Text) -> None:
        """Put misspelt person words right (`representitive`, `agnet`); changes nothing else."""
        known = self.known
        for i, word in enumerate(text.words):
            if len(word) >= _TYPO_LENGTH and word not in known and word[0] in self.near:
                text.words[i] = _nearest(self.code, word)


@lru_cache(maxsize=8192)
def _nearest(code: str, word: str) -> str:
    """The person word that was meant: one edit away, two for long words with an unlike ending; else the word itself."""
    for target in language(code).near[word[0]]:
        allowed = 2 if len(target) >= _LONG_WORD else 1
        if OSA.distance(word, target, score_cutoff=allowed) <= allowed:
            return target
    return word


def _root() -> Traversable:
    return files("bridge").joinpath("data", "languages")


@cache
def codes() -> frozenset[str]:
    """The languages that have a folder."""
    return frozenset(entry.name for entry in _root().iterdir() if entry.is_dir() and not entry.name.startswith("_"))


@cache
def every_yes() -> frozenset[str]:
    """The words of consent of all languages: who is offered a person may say yes in their own."""
    return frozenset(word for code in codes() for word in _spellings(_document(code), _document(code).get("yes", ())))


@cache
def list_names() -> frozenset[str]:
    """The names of all word lists, in any language."""
    return frozenset(name for code in codes() for name in _document(code).get("lists", {}))


@cache
def _document(code: str) -> dict[str, Any]:
    """A language's folder as one mapping."""
    merged: dict[str, Any] = {}
    for entry in sorted(_root().joinpath(code).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            merged |= yaml.safe_load(entry.read_text(encoding="utf-8"))
        elif entry.name.endswith(".txt"):
            lines = entry.read_text(encoding="utf-8").splitlines()
            merged[entry.name[:-4]] = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return merged


@cache
def language(code: str) -> Language:
    """The compiled language; an unknown or empty code means English without moods."""
    own = code if code in codes() else ""
    folders = (own, ENGLISH) if own not in {"", ENGLISH} else (ENGLISH,)
    documents = [_document(folder) for folder in folders]
    message = Book(
        phrase
        for folder, groups in ((own, MOODS), *((folder, _FACTS) for folder in folders))
        if folder
        for phrase in _phrases(folder, groups)
    )
    sets = {name: frozenset(w for doc in documents for w in _spellings(doc, doc.get(name, ()))) for name in _SETS}
    stop_words = frozenset(w for doc in documents for w in _spellings(doc, doc["stop"]))
    near = [w for doc in documents for name in ("person", "somebody") for w in _spellings(doc, doc["classes"][name])]
    return Language(
        code=own,
        message=message,
        reply=Book(phrase for folder in folders for phrase in _phrases(folder, _REPLY_GROUPS)),
        stop_words=stop_words,
        sets=sets,
        topics=tuple(dict.fromkeys(label for doc in documents for label in doc.get("topics", {}))),
        troubles=frozenset(label for doc in documents for label in doc.get("troubles", ())),
        elision=_elision(documents[0]),
        document=_document_pattern(sets["documents"], sets["document_numbers"]),
        near=_by_letter(near),
        known=stop_words | sets["not_typos"] | message.words,
    )


def _elision(document: Mapping[str, Any]) -> re.Pattern[str] | None:
    found = document.get("elision")
    return re.compile(rf"\b({found})'") if found else None


def _by_letter(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    letters: dict[str, tuple[str, ...]] = {}
    for word in sorted(set(words)):
        if len(word) >= _TYPO_LENGTH:
            letters[word[0]] = (*letters.get(word[0], ()), word)
    return letters


def _document_pattern(kinds: Iterable[str], numbers: Iterable[str]) -> re.Pattern[str]:
    """A document's kind and its number in folded text: `order number: 10233`, `invoice #8821`."""
    kind = "|".join(sorted(map(re.escape, kinds), key=len, reverse=True))
    number = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    return re.compile(
        rf"\b({kind})(?:[ .:]{{1,2}}(?:{number})\b){{0,2}}[ .:]{{0,3}}(#?) ?([a-z0-9][a-z0-9-]{{2,19}})\b"
    )


@cache
def _phrases(code: str, groups: frozenset[str]) -> tuple[Phrase, ...]:
    """A language's own phrases of these groups; shared by all books that hold them."""
    document = _document(code)
    found = [phrase for group in sorted(groups) for phrase in _compile_all(document, group, document.get(group, ()))]
    for prefix, key in (("list:", "lists"), ("topic:", "topics")):
        for name, texts in document.get(key, {}).items() if groups == _FACTS else ():
            found += _compile_all(document, prefix + name, texts)
    return tuple(found)


def _compile_all(document: Mapping[str, Any], group: str, texts: Iterable[str]) -> Iterator[Phrase]:
    for text in texts:
        pieces = str(text).split()
        choices = [(piece[:-1], None) if piece.endswith("?") else (piece,) for piece in pieces]
        for chosen in product(*choices):
            yield _compile(document, group, [piece for piece in chosen if piece])


def _compile(document: Mapping[str, Any], group: str, pieces: list[str]) -> Phrase:
    first = pieces[0] == "^"
    slots = tuple(slot for piece in pieces[first:] for slot in _slots(document, piece))
    if not (slots[0].words or slots[0].stems) or slots[0].absent:
        raise ValueError(f"the phrase {' '.join(pieces)!r} of {group!r} must begin with a word")
    later = [slot.words for slot in slots[1:] if slot.plain]
    return Phrase(group, slots, first, min(later, key=len, default=None))


def _slots(document: Mapping[str, Any], piece: str) -> list[Slot]:
    if set(piece) == {"."}:
        return [Slot(frozenset(), gap=2 if piece == ".." else 4)]
    absent, piece = piece.startswith("!"), piece.removeprefix("!")
    words: list[str] = []
    stems: list[str] = []
    options = piece.split("|")
    for option in options:
        if option == "$":
            continue
        if option.startswith("{"):
            words += _spellings(document, document["classes"][option[1:-1]])
        elif option.endswith("*"):
            stems += _spellings(document, [option[:-1]])
        else:
            words += _spellings(document, [option])
    end = "$" in options
    if not (absent or stems or end) and len({len(word.split()) for word in words}) == 1:
        return [Slot(frozenset(part)) for part in zip(*(word.split() for word in words), strict=True)]
    return [Slot(frozenset(words), tuple(stems), absent=absent, end=end)]


def _spellings(document: Mapping[str, Any], words: Iterable[str]) -> list[str]:
    """The words as `read` gives them, with the other spelling where the language has one (`ü`, `ue`)."""
    also: Mapping[str, str] = document.get("also", {})
    elision = _elision(document)
    found: list[str] = []
    for word in words:
        other = str(word).casefold()
        for letter, spelt in also.items():
            other = other.replace(letter, spelt)
        found += [" ".join(read(spelling, elision).words) for spelling in dict.fromkeys((str(word), other))]
    return list(dict.fromkeys(found))
