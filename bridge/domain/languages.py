"""The languages that are read: their folders of phrases and word lists, compiled once.

A language is a folder, in `bridge/data/languages` or in one of the owner's: YAML files (their top keys are merged),
text files (one phrase a line; the file's name is the key), `learned.tsv` and `valence.tsv`. A folder of the owner's
adds to the shipped one of the same name, or brings a new language. `docs/languages.md` says what the keys mean.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache, partial
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any, Final

from bridge.domain import instant_in_words, language_files, messages
from bridge.domain.language_files import (
    DANGER,
    OWNERS,
    LanguageRefused,
    claim_document,
    codes,
    document_of,
    files_of,
    message_document,
    sketch_of,
)
from bridge.domain.learned import SENSE, STEM, Recognizer, Vocabulary, Weights, by_kind, read_weights
from bridge.domain.lexicon import SHORTEST_STEM, STOP, TYPO_LENGTH, Book, Language, Phrase, Text, fold, read
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
_SURE: Final = 3
_AHEAD: Final = 2
_MEANT: Final = 2
"""Languages beside its own, at most, that an unclear text is heard in."""
_TOLD_BY: Final = 160
"""Characters of a text that tell its language."""
_SHARE: Final = 3
"""One in so many unknown words is of another language where a text may be in that."""
_ENDANGERED: Final = 2
"""Words of a language, one of them of danger, that have it heard."""
_FEW: Final = 3
"""Words of a text in which one of danger is enough."""
_WORDS_KEPT: Final = 16_384
_LETTERS: Final = {
    "ß": "de",
    **dict.fromkeys("ñ¿¡", "es"),
    **dict.fromkeys("ãõ", "pt"),
    **dict.fromkeys("ąęłńśźż", "pl"),
}
"""Letters that only one of the shipped languages has."""
_SIGNS: Final = str.maketrans(
    {chr(code): " " for code in range(128) if not chr(code).isalpha()} | dict.fromkeys("¿¡«»“”„…–—", " ")
)
"""What parts words from each other, and is none."""
_WORD: Final = re.compile(r"(?<![\w{])[^\W\d_]+(?![\w}*])")
"""A word of a phrase that stands for itself."""
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
    _forget()
    try:
        for code in sorted(language_files.codes_in(folder)):
            _checked(code)
    except LanguageRefused:
        language_files.folders.remove(folder)
        _forget()
        raise


def warm(code: str = ENGLISH) -> None:
    """Read what the first message and reply in a language would read, so that nobody waits for it later."""
    language(code)
    claim_speech(code or ENGLISH)
    messages.shipped(code or ENGLISH)
    list_names()
    _common_words()
    _words_of_danger()


def _forget() -> None:
    for known in (
        _every_yes,
        list_names,
        language,
        claim_speech,
        alike,
        word_lists,
        small_words,
        small_words_of_all,
        _any_elision,
        _phrases,
        _phrasing,
        _common_words,
        _own_words,
        _words_of_danger,
        _of_danger,
    ):
        known.cache_clear()
    language_files.forget()


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


def guess(text: str) -> str:
    """The language of a text by its common words, for a session without a locale; "" where that is not clear.

    A few words decide nothing: three words of a language, and two more than of any other.
    """
    return _clear(_counts(set(_plain_words(text))))


def heard_in(text: str, own: str, *, answering: bool = False) -> tuple[str, ...]:
    """The languages that a text is heard in: first the one that all is read in, then two at most that may be meant.

    Whose site is English may write French to it, and a few words may be of several languages.

    Args:
        text: of which the first 160 characters are looked at.
        own: the session's language, "" where it is not known or not read; it stands first unless the text is clearly
            written in another.
        answering: a person was offered before it, so that what takes up an offer, or does not, tells a language, too.
    """
    words = set(_plain_words(text[:_TOLD_BY]))
    clear = _clear(_counts(words))
    if clear:
        return (clear,)
    unheard = words - _own_words(own or ENGLISH, answering=answering) - _own_words(ENGLISH, answering=answering)
    counts = _counts(unheard, answering=answering)
    most = max(counts.values(), default=0)
    if most <= len(words) - len(unheard) or 2 * most < len(unheard):
        return (own,)
    return (own, *_most(counts))


def suspected(text: str, own: str) -> tuple[str, ...]:
    """The languages, two at most, that have most of the words that neither this one nor English has.

    One word is enough here, where `heard_in` wants most of them: it is for what must not be missed. Danger is told in
    words of content, so those of the phrases of danger count as well, and letters that one language alone has.
    """
    home = own or ENGLISH
    words = set(_plain_words(text[:_TOLD_BY]))
    unheard = words - _own_words(home) - _own_words(ENGLISH)
    common = _most(_counts(unheard)) if _is_foreign(words, home) else ()
    return tuple(sorted({*common, *_endangered(words, home), *_by_letters(text)} - {own}))


def _most(counts: Counter[str]) -> tuple[str, ...]:
    """The languages with the highest count, two at most."""
    most = max(counts.values(), default=0)
    return tuple(sorted(code for code, count in counts.items() if count == most)[:_MEANT])


def foreign(text: str, own: str, *, answering: bool = False) -> bool:
    """Whether a text may be of another language than this one; a quick look at how it begins, which most end at.

    A third of the words that the language does not know are common in one other, or one other has its letters or its
    words of danger; `answering`: see `heard_in`.
    """
    words = set(_plain_words(text[:_TOLD_BY]))
    if _is_foreign(words, own, answering=answering) or _endangered(words, own):
        return True
    return any(code != own for code in _by_letters(text))


def _is_foreign(words: set[str], own: str, *, answering: bool = False) -> bool:
    """Whether a third of the words that the language does not know are common in one other."""
    unheard = words - _own_words(own, answering=answering)
    # a count of each language costs more, and seldom is needed
    elsewhere = unheard & _common_words(answering=answering).keys()
    if not elsewhere or _SHARE * len(elsewhere) < len(unheard):
        return False
    return _SHARE * max(_counts(elsewhere, answering=answering).values()) >= len(unheard)


def _by_letters(text: str) -> tuple[str, ...]:
    """The languages of the letters that only one of them has."""
    head = text[:_TOLD_BY]
    if head.isascii():
        return ()
    return tuple(sorted({_LETTERS[letter] for letter in set(head.casefold()) & _LETTERS.keys()} & codes()))


def _endangered(words: set[str], own: str) -> tuple[str, ...]:
    """The languages, two at most, in which the words that this one does not know tell of danger.

    Not one word of many, which another language may have for something else.
    """
    unheard = words - _own_words(own) - _own_words(ENGLISH)
    told = {code for word in unheard for code in _of_danger(word)} - {own, ENGLISH}
    if not told:
        return ()
    counts, common = Counter[str](), _common_words()
    for word in unheard:
        counts.update(told.intersection(_of_danger(word) or common.get(word, ())))
    most = max(counts.values(), default=0)
    enough = most >= (1 if len(words) <= _FEW else _ENDANGERED) and _SHARE * most >= len(unheard)
    return _most(counts) if enough else ()


@lru_cache(maxsize=_WORDS_KEPT)
def _of_danger(word: str) -> tuple[str, ...]:
    """The languages whose phrases of danger name this word, or a beginning of it."""
    known = _words_of_danger()
    found = known.get(word, ())
    return found or next(
        (known[stem] for n in range(SHORTEST_STEM, len(word)) if (stem := word[:n] + STEM) in known), ()
    )


@cache
def _words_of_danger() -> dict[str, tuple[str, ...]]:
    """Each word and each stem of the phrases of danger, with the languages that have it; without small words."""
    return _with_languages(lambda code: _own_danger(code) - _common_words().keys())


def _own_danger(code: str) -> frozenset[str]:
    """The words of a language's phrases of danger, and their stems with a `*` behind."""
    sketch = sketch_of(code)
    phrases = Phrasing(sketch).compiled(DANGER, sketch["lists"].get(DANGER, ()))
    slots = {slot for phrase in phrases for slot in phrase.slots if not slot.absent}
    stems = (stem + STEM for slot in slots for stem in slot.stems)
    return frozenset(chain(stems, *(slot.words for slot in slots)))


def _clear(counts: Counter[str]) -> str:
    best = counts.most_common(2)
    if not best or best[0][1] < _SURE or (len(best) > 1 and best[0][1] - best[1][1] < _AHEAD):
        return ""
    return best[0][0]


def _counts(words: Iterable[str], *, answering: bool = False) -> Counter[str]:
    """How many of the words each language has."""
    known = _common_words(answering=answering)
    counts: Counter[str] = Counter()
    for word in words:
        for code in known.get(word, ()):
            counts[code] += 1
    return counts


def _plain_words(text: str) -> list[str]:
    plain = fold(text)
    if "'" in plain:
        elision = _any_elision()
        plain = (elision.sub(r"\1 ", plain) if elision else plain).replace("'", "")
    return plain.translate(_SIGNS).split()


@cache
def _any_elision() -> re.Pattern[str] | None:
    """What is its own word before an apostrophe in some language."""
    found = "|".join(sketch_of(code)["elision"] for code in sorted(codes()) if "elision" in sketch_of(code))
    return elision_of({"elision": found}) if found else None


@cache
def _common_words(*, answering: bool = False) -> dict[str, tuple[str, ...]]:
    """Each word that tells a language (see `_own_words`), with the languages that have it."""
    return _with_languages(partial(_own_words, answering=answering))


def _with_languages(words_of: Callable[[str], Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Each of the words that this gives of a language, with all the languages that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for code in sorted(codes()):
        for word in words_of(code):
            found[word] = (*found.get(word, ()), code)
    return found


@cache
def _own_words(code: str, *, answering: bool = False) -> frozenset[str]:
    """A language's small words, and those that stand for a person or ask for one; also those of an answer."""
    document = sketch_of(code)
    listed = chain(document.get("stop", ()), document.get("bare", ()), *document.get("classes", {}).values())
    answers = chain(*(document.get(key, ()) for key in ("yes", "accept", "decline") if answering))
    spoken = chain(listed, _WORD.findall(" ".join(map(str, answers))))
    return frozenset(word for entry in spellings(document, spoken) for word in entry.split())


def consenting(text: str, own: str) -> tuple[str, ...]:
    """The languages in which a text opens with a word of consent that means nothing in this one.

    Who is offered a person may say yes in their own language, and `no` is one in Polish.
    """
    opening = next(iter(_plain_words(text[:_TOLD_BY])), "")
    return () if opening in language(own).known else _every_yes().get(opening, ())


@cache
def _every_yes() -> dict[str, tuple[str, ...]]:
    """Each word of consent, with the languages that have it."""
    return _with_languages(lambda code: spellings(sketch_of(code), sketch_of(code).get("yes", ())))


@cache
def list_names() -> frozenset[str]:
    """The names of all word lists, in any language."""
    return frozenset(name for code in codes() for name in sketch_of(code).get("lists", {}))


@cache
def word_lists(code: str) -> Book:
    """The word lists of a language alone: a small part of the time and the memory that the whole of it takes."""
    document = document_of(code)
    groups = {f"list:{name}": own for name, own in document.get("lists", {}).items()}
    groups["harmless"] = document.get("harmless", ())
    return Book(phrase for group, own in groups.items() for phrase in _phrasing(code).compiled(group, own))


def read_in(code: str, text: str) -> Text:
    """The text in the words of this language."""
    return read(text, elision_of(sketch_of(code)))


@cache
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


@cache
def small_words(code: str) -> frozenset[str]:
    """The words of a language, and of English, that carry no content of their own; else of English alone."""
    documents = [sketch_of(folder) for folder in {ENGLISH, code if code in codes() else ENGLISH}]
    return frozenset(word for document in documents for word in spellings(document, document.get("stop", ())))


@cache
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


@cache
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


@cache
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


@cache
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


@cache
def _phrases(code: str, groups: frozenset[str]) -> tuple[Phrase, ...]:
    """A language's own phrases of these groups; shared by all books that hold them."""
    document = document_of(code)
    texts = {group: document.get(group, ()) for group in sorted(groups)}
    for prefix, key in (("list:", "lists"), ("topic:", "topics")) if groups == _FACTS else ():
        texts |= {prefix + name: own for name, own in document.get(key, {}).items()}
    return tuple(phrase for group, own in texts.items() for phrase in _phrasing(code).compiled(group, own))


@cache
def _phrasing(code: str) -> Phrasing:
    return Phrasing(document_of(code))
