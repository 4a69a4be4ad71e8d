"""The languages that are read: their folders of phrases and word lists, compiled once.

A language is a folder, in `bridge/data/languages` or in one of the owner's: YAML files (their top keys are merged),
text files (one phrase a line; the file's name is the key), `learned.tsv` and `valence.tsv`. A folder of the owner's
adds to the shipped one of the same name, or brings a new language. `docs/languages.md` says what the keys mean.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from typing import Any, Final

from bridge.domain import instant_in_words, language_files, messages
from bridge.domain.language_files import (
    OWNERS,
    LanguageRefused,
    claim_document,
    codes,
    document_of,
    files_of,
    message_document,
    remembered,
    sketch_of,
)
from bridge.domain.learned import SENSE, STEM, Recognizer, Vocabulary, Weights, by_kind, read_weights
from bridge.domain.lexicon import STOP, TYPO_LENGTH, Book, Language, Phrase, Text, read
from bridge.domain.phrases import Phrasing, elision_of, spellings
from bridge.domain.valence import Valence, read_strengths

ENGLISH: Final = "en"
MOODS: Final = frozenset({"negative", "strong", "extreme", "frustration", "positive", "progress", "thanks"})
"""Groups that are read in the visitor's own language only: a lexicon on a foreign language sees what is not there."""

_FACTS: Final = frozenset(
    {"request", "own_request", "machine", "trap", "restart", "refusal", "refusal_after", "harmless"}
)
_ANSWERS: Final = frozenset({"accept", "decline"})
"""Groups that only the answer to an offer is looked through for."""
_REPLY_GROUPS: Final = frozenset(
    {"failed", "offer", "question", "aside", "confirming", "condition", "otherwise", "either", "besides"}
)
_CLAIM_GROUPS: Final = {"claims": "coming:", "claims_done": "done:"}
"""Keys that hold phrases by kind of claim, and what stands before the kind in the name of their group."""
_CLAIM_LISTS: Final = ("claim_conditions", "claim_traps", "claim_safe", "promises")
_CLAIM_KEYS: Final = frozenset({*_CLAIM_GROUPS, *_CLAIM_LISTS, "claim_words", "claim_negators", "claim_endings"})
_MESSAGE_KEYS: Final = frozenset({"messages", "when"})
_SETS: Final = (
    "asking",
    "bare",
    "filler",
    "yes",
    "no",
    "contrast",
    "negators",
    "joiners",
    "no_restart",
    "not_typos",
    "documents",
    "document_numbers",
)
_KEYS: Final = (
    MOODS
    | _FACTS
    | _ANSWERS
    | _REPLY_GROUPS
    | {
        *_SETS,
        "stop",
        "classes",
        "senses",
        "lists",
        "topics",
        "troubles",
        "elision",
        "also",
        "alike",
        "aspects",
        "compounds",
        "places",
    }
)
WEIGHTS_FILE: Final = "learned.tsv"
LEARNED: Final = ("request", "accept", "offer", "failed")
_INFLECTED: Final = 5
"""Letters of a word that is looked at by its ending."""


def add(folder: Traversable) -> None:
    """Read the languages of one more folder, from now on and everywhere in this process.

    Raises:
        LanguageRefused: something in it cannot be read; then nothing has changed.
    """
    if folder in language_files.folders:
        return
    language_files.folders.append(folder)
    language_files.forget()
    try:
        for code in sorted(language_files.codes_in(folder)):
            _checked(code)
    except LanguageRefused:
        language_files.folders.remove(folder)
        language_files.forget()
        raise


def _checked(code: str) -> None:
    """Compile a language now, so that a slip is said when the product starts and not in a conversation."""
    documents = ((document_of, _KEYS), (claim_document, _CLAIM_KEYS), (message_document, _MESSAGE_KEYS))
    unknown = sorted(key for document, known in documents for key in document(code).keys() - known)
    if unknown:
        near = get_close_matches(unknown[0], _KEYS | _CLAIM_KEYS | _MESSAGE_KEYS, n=1)
        raise LanguageRefused(
            f"{code}: there is no key {unknown[0]!r}" + (f"; did you mean {near[0]}?" if near else "")
        )
    try:
        language(code)
        claim_speech(code)
        messages.check_shipped(code)
        instant_in_words.check(message_document(code).get("when", {}))
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        raise LanguageRefused(f"{code}: {error}") from None


@remembered()
def list_names() -> frozenset[str]:
    """The names of all word lists, in any language."""
    return frozenset(name for code in codes() for name in sketch_of(code).get("lists", {}))


@remembered()
def word_lists(code: str) -> Book:
    """The word lists of a language alone: a small part of the time and the memory that the whole of it takes."""
    document = document_of(code)
    groups = {f"list:{name}": own for name, own in document.get("lists", {}).items()}
    groups["harmless"] = document.get("harmless", ())
    return Book(phrase for group, own in groups.items() for phrase in _phrasing(code).compiled(group, own))


def read_in(code: str, text: str) -> Text:
    """The text in the words of this language."""
    return read(text, elision_of(sketch_of(code)))


@remembered()
def language(code: str) -> Language:
    """The compiled language; an unknown or empty code means English without moods."""
    own = code if code in codes() else ""
    home = own or ENGLISH
    folders = (home, ENGLISH) if home != ENGLISH else (ENGLISH,)
    documents = [document_of(folder) for folder in folders]
    consent = spellings(documents[0], documents[0].get("yes", ()))
    moods = _phrases(own, MOODS) if own else ()
    message = Book((*moods, *_in_all(folders, _FACTS, consent)))
    answer = Book(_in_all(folders, _ANSWERS, consent))
    sets = {name: frozenset(w for doc in documents for w in spellings(doc, doc.get(name, ()))) for name in _SETS}
    stop_words = small_words(own)
    near = [
        w
        for doc in documents
        for name in ("person", "somebody")
        for w in spellings(doc, doc.get("classes", {}).get(name, ()))
    ]
    weights, shared, known = _weights(home), _shared_weights(), vocabulary(home)
    return Language(
        code=own,
        message=message,
        answer=answer,
        reply=Book(phrase for folder in folders for phrase in _phrases(folder, _REPLY_GROUPS)),
        stop_words=stop_words,
        sets=sets,
        topics={f"topic:{label}": label for doc in documents for label in doc.get("topics", {})},
        troubles=frozenset(label for doc in documents for label in doc.get("troubles", ())),
        elision=elision_of(documents[0]),
        document=_document_pattern(sets["documents"], sets["document_numbers"]),
        near=_by_letter(near),
        places=_places(documents[0]),
        known=stop_words | sets["not_typos"] | message.words | answer.words,
        vocabulary=known,
        learned={
            kind: Recognizer(weights.get(kind, Weights()), shared.get(kind, Weights()), known) for kind in LEARNED
        },
        valence=Valence(_strengths(own)),
    )


@remembered()
def small_words(code: str) -> frozenset[str]:
    """The words of a language, and of English, that carry no content of their own; else of English alone."""
    documents = [sketch_of(folder) for folder in {ENGLISH, code if code in codes() else ENGLISH}]
    return frozenset(word for document in documents for word in spellings(document, document.get("stop", ())))


@remembered()
def small_words_of_all() -> frozenset[str]:
    """Those of every language. None of them is compiled for it."""
    return frozenset().union(*map(small_words, codes()))


def mute_in(phrase: str) -> list[str]:
    """The languages in which a phrase is nothing but small words. None of them is compiled for it."""
    return [code for code in sorted(codes()) if _is_small(phrase, code)]


def _is_small(phrase: str, code: str) -> bool:
    words = read(phrase, elision_of(sketch_of(code))).words
    return small_words(code).union((STOP,)).issuperset(words)


@dataclass(frozen=True, slots=True)
class ClaimSpeech:
    """What one language looks for in a reply that must promise nothing.

    `endings` are endings of words, by the made-up word that stands in phrases for every word that ends so and that no
    phrase names itself: the forms of more verbs than can be listed.
    """

    book: Book
    promises: Book
    """Those of its phrases that promise a person: few, so that most replies are soon done with."""
    negators: frozenset[str]
    endings: tuple[tuple[str, tuple[str, ...]], ...]
    elision: re.Pattern[str] | None

    def read(self, text: str, *, by_ending: bool) -> Text:
        """The text in this language's words; `by_ending`: with the made-up words put in for those that end so."""
        found = read(text, self.elision)
        for i, word in enumerate(found.words if by_ending else ()):
            if len(word) >= _INFLECTED and word not in self.book.words:
                found.words[i] = next((name for name, ends in self.endings if word.endswith(ends)), word)
        return found


@remembered()
def claim_speech(code: str) -> ClaimSpeech:
    """The phrases of claims of a language that has a folder; its classes are `claim_words`, apart from all others."""
    sketch, own = sketch_of(code), claim_document(code)
    phrasing = Phrasing({**sketch, "classes": own.get("claim_words", {})})
    texts = {prefix + kind: said for key, prefix in _CLAIM_GROUPS.items() for kind, said in own.get(key, {}).items()}
    texts |= {key: own.get(key, ()) for key in _CLAIM_LISTS}
    endings = own.get("claim_endings", {})
    return ClaimSpeech(
        book=Book(phrase for group, said in texts.items() for phrase in phrasing.compiled(group, said)),
        promises=Book(phrasing.compiled("promises", own.get("promises", ()))),
        negators=frozenset(spellings(sketch, own.get("claim_negators", ()))),
        endings=tuple((name, tuple(spellings(sketch, ends))) for name, ends in endings.items()),
        elision=elision_of(sketch),
    )


@dataclass(frozen=True, slots=True)
class Alike:
    """Folded words and phrases that ask for the same; `aspect`: it is but a side of a thing, as its price."""

    words: tuple[str, ...]
    aspect: bool


@remembered()
def alike(code: str) -> tuple[Alike, ...]:
    """The groups of a language, or else of English."""
    document = document_of(code if code in codes() else ENGLISH)
    aspects = document.get("aspects", ())
    groups = document.get("alike", {})
    return tuple(Alike(tuple(spellings(document, own)), name in aspects) for name, own in groups.items())


def compounds(code: str) -> bool:
    """Whether this language writes several nouns as one word."""
    return code in codes() and bool(sketch_of(code).get("compounds", False))


def _in_all(folders: Sequence[str], groups: frozenset[str], consent: Sequence[str]) -> Iterator[Phrase]:
    """The phrases of the first of these languages, and of the others as they are read beside it."""
    yield from _phrases(folders[0], groups)
    for folder in folders[1:]:
        yield from _beside(folder, groups, consent)


def _beside(code: str, groups: frozenset[str], consent: Sequence[str]) -> Iterator[Phrase]:
    """A language's phrases as they are read beside another one, whose weights know nothing of its words.

    A phrase of declining that opens with a yes of the other language is left out: Polish `no`.
    """
    for phrase in _phrases(code, groups):
        if phrase.group != "decline" or phrase.slots[0].words.isdisjoint(consent):
            yield replace(phrase, group=OWNERS.get(phrase.group, phrase.group))


def vocabulary(code: str) -> Vocabulary:
    """What the words of a language stand for; of several classes or senses of a word the first counts."""
    document = document_of(code)
    classes = {
        word: f"{{{name}}}"
        for name, words in reversed(document.get("classes", {}).items())
        for word in spellings(document, words)
    }
    senses = {
        word: SENSE + name
        for name, words in reversed(document.get("senses", {}).items())
        for word in _stems(document, words)
    }
    return Vocabulary(classes, senses)


def _stems(document: Mapping[str, Any], words: Iterable[str]) -> Iterator[str]:
    """The words in their spellings; a `*` at an end of one stands for the rest of any word."""
    for word in words:
        before, after = word[: word.startswith(STEM)], word[len(word) - word.endswith(STEM) :]
        for spelling in spellings(document, [word.strip(STEM)]):
            yield before + spelling + after


def _weights(code: str) -> Mapping[str, Weights]:
    """What is recognised by example in this language, by kind; nothing where it has no examples."""
    found = [entry for entry in files_of(code) if entry.name == WEIGHTS_FILE]
    return _weights_in(found[-1]) if found else {}


@remembered()
def _shared_weights() -> Mapping[str, Weights]:
    """What words stand for in any language, by kind of what is recognised."""
    return _weights_in(language_files.folders[0].joinpath(WEIGHTS_FILE))


def _weights_in(entry: Traversable) -> Mapping[str, Weights]:
    with entry.open(encoding="utf-8") as lines:
        return by_kind(read_weights(lines))


def _strengths(code: str) -> dict[str, float]:
    """How the words of this language sound, as `read` gives them; an owner's file goes before the shipped one."""
    found: dict[str, float] = {}
    for entry in files_of(code):
        if entry.name == "valence.tsv":
            for word, strength in _read_strengths(entry).items():
                stem = "*" if word.endswith("*") else ""
                found |= {spelt + stem: strength for spelt in spellings(document_of(code), [word.removesuffix("*")])}
    return found


def _read_strengths(entry: Traversable) -> dict[str, float]:
    try:
        return read_strengths(entry.read_text(encoding="utf-8").splitlines())
    except ValueError as error:
        raise ValueError(f"{entry.name}, {error}") from None


def _by_letter(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    letters: dict[str, tuple[str, ...]] = {}
    for word in sorted(set(words)):
        if len(word) >= TYPO_LENGTH:
            letters[word[0]] = (*letters.get(word[0], ()), word)
    return letters


def _places(document: Mapping[str, Any]) -> dict[str, int]:
    return {
        word: int(place) for place, words in document.get("places", {}).items() for word in spellings(document, words)
    }


def _document_pattern(kinds: Iterable[str], numbers: Iterable[str]) -> re.Pattern[str]:
    """A document's kind and its number in folded text: `order number: 10233`, `invoice #8821`."""
    kind = "|".join(sorted(map(re.escape, kinds), key=len, reverse=True))
    number = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    return re.compile(
        rf"\b({kind})(?:[ .:]{{1,2}}(?:{number})\b){{0,2}}[ .:]{{0,3}}(#?) ?([a-z0-9][a-z0-9-]{{2,19}})\b"
    )


@remembered()
def _phrases(code: str, groups: frozenset[str]) -> tuple[Phrase, ...]:
    """A language's own phrases of these groups; shared by all books that hold them."""
    document = document_of(code)
    texts = {group: document.get(group, ()) for group in sorted(groups)}
    for prefix, key in (("list:", "lists"), ("topic:", "topics")) if groups == _FACTS else ():
        texts |= {prefix + name: own for name, own in document.get(key, {}).items()}
    return tuple(phrase for group, own in texts.items() for phrase in _phrasing(code).compiled(group, own))


@remembered()
def _phrasing(code: str) -> Phrasing:
    return Phrasing(document_of(code))
