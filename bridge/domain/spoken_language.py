"""Which language a text is written in, or may be: by small words, by letters, and by words of danger.

No language is compiled for it, but the one that `consenting` is asked about.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Final

from bridge.domain.language_files import DANGER, codes, remembered, sketch_of
from bridge.domain.languages import ENGLISH, language
from bridge.domain.learned import STEM
from bridge.domain.lexicon import ASCII, SHORTEST_STEM, fold
from bridge.domain.memo import memoized
from bridge.domain.phrases import Phrasing, elision_of, spellings

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
_LETTERS: Final = {
    "ß": "de",
    **dict.fromkeys("ñ¿¡", "es"),
    **dict.fromkeys("ãõ", "pt"),
    **dict.fromkeys("ąęłńśźż", "pl"),
}
"""Letters that only one of the shipped languages has."""
_SIGNS: Final = str.maketrans(
    {letter: letter if letter.isalpha() else " " for letter in ASCII} | dict.fromkeys("¿¡«»“”„…–—", " ")
)
"""What parts words from each other, and is none."""
_WORD: Final = re.compile(r"(?<![\w{])[^\W\d_]+(?![\w}*])")
"""A word of a phrase that stands for itself."""


def warm() -> None:
    """Read the words that tell languages, so that nobody waits for it later."""
    _common_words()
    _words_of_danger()


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
    looked_at = answering or any(map(_telling(own), words))
    if looked_at and (_is_foreign(words, own, answering=answering) or _endangered(words, own)):
        return True
    return any(code != own for code in _by_letters(text))


@remembered()
def _telling(own: str) -> Callable[[str], bool]:
    """What says of a word whether it may tell of another language than this one: of most texts no word does."""
    known, common, of_danger = _own_words(own), _common_words(), _languages_of_danger()
    return memoized(
        lambda word: word not in known and (word in common or not {own, ENGLISH}.issuperset(of_danger(word)))
    )


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
    unheard = words.difference(_own_words(own), _own_words(ENGLISH))
    of_danger = _languages_of_danger()
    told = {code for word in unheard for code in of_danger(word)} - {own, ENGLISH}
    if not told:
        return ()
    common = _common_words()
    counts = Counter(code for word in unheard for code in told.intersection(of_danger(word) or common.get(word, ())))
    most = max(counts.values(), default=0)
    enough = most >= (1 if len(words) <= _FEW else _ENDANGERED) and _SHARE * most >= len(unheard)
    return _most(counts) if enough else ()


@remembered()
def _languages_of_danger() -> Callable[[str], tuple[str, ...]]:
    """What tells of a word in which languages it is of danger."""
    return memoized(_of_danger)


def _of_danger(word: str) -> tuple[str, ...]:
    """The languages whose phrases of danger name this word, or a beginning of it."""
    known = _words_of_danger()
    found = known.get(word, ())
    return found or next(
        (known[stem] for n in range(SHORTEST_STEM, len(word)) if (stem := word[:n] + STEM) in known), ()
    )


@remembered()
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


@remembered()
def _any_elision() -> re.Pattern[str] | None:
    """What is its own word before an apostrophe in some language."""
    found = "|".join(sketch_of(code)["elision"] for code in sorted(codes()) if "elision" in sketch_of(code))
    return elision_of({"elision": found}) if found else None


@remembered()
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


@remembered()
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


@remembered()
def _every_yes() -> dict[str, tuple[str, ...]]:
    """Each word of consent, with the languages that have it."""
    return _with_languages(lambda code: spellings(sketch_of(code), sketch_of(code).get("yes", ())))
