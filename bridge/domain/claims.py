"""No false promise: a reply that says something was done, or will be, which only a row of ours could bear out.

A model has no tools. Where it says that it has opened a ticket, put somebody through, paid money back, or that
somebody will call or answer by a time, nothing of that happened. Phrases find it (`claims` and `claim_traps` in
`bridge/data/languages`), clause by clause. It is no claim where it is asked, denied, or said of everybody under a
condition, as the pages of a shop do.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain import language_files, languages, spoken_language
from bridge.domain.languages import ClaimSpeech
from bridge.domain.lexicon import STOP, Hit, Text
from bridge.domain.safe_reply import tidy


class Kind(StrEnum):
    """What a reply can claim."""

    TRANSFER = "transfer"
    """A person takes over, or is told; or the one who speaks is a person."""
    TICKET = "ticket"
    REFUND = "refund"
    """Money, a credit, a replacement, or something cancelled or changed."""
    CALLBACK = "callback"
    TIME = "time"
    """By when somebody answers."""
    DEED = "deed"
    """Anything else that it says it has done, or will do, but to explain: it can do nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reply claims, and the folded words that say so."""

    kind: Kind
    words: str


def claims(text: str, language: str) -> Claim | None:
    """The first claim of a reply, or None.

    Args:
        text: the reply as it would be shown.
        language: from `bridge.domain.signals.language_of`. A model may answer in another, the visitor's own: a sentence
            is read as the language that it shows, else as that of the text, else as this one, and as all others too.
    """
    text = tidy(text).translate(_LOOKALIKES)
    told = spoken_language.guess(text) or language
    found = (claim for one in _sentences(text) for claim in _claims_of(one, _order(spoken_language.guess(one) or told)))
    return next(found, None)


def promise(text: str, read: Text, language: str) -> str | None:
    """The words by which a reply promises that a person comes, or None.

    Fewer phrases than those of a claim, each of them sure: a bot that is not ours may have tools, and do what it says.

    Args:
        text: the reply as it would be shown.
        read: the same in its language's words.
        language: that it is written in, from `bridge.domain.signals.language_of`; "" is read as English.
    """
    speech = languages.claim_speech(language or languages.ENGLISH)
    if not speech.promises.find(read):
        return None
    return next((words for one in _sentences(text) for words in _promises_of(speech, one)), None)


def _promises_of(speech: ClaimSpeech, sentence: str) -> Iterator[str]:
    read = speech.read(sentence, by_ending=False)
    hits = speech.book.find(read)
    if any(hit.group == "claim_conditions" for hit in hits):
        return
    for hit in _standing([hit for hit in hits if hit.group == _PROMISES], hits, own=False):
        if not _denied(read, hit, speech.negators):
            yield read.said(hit.start, hit.end)


_SENTENCE: Final = re.compile(r"¿?[^.!?…;\n¿]+(?:[.!?…;]+(?!\s|$)[^.!?…;\n¿]+)*[.!?…;]*")
_DASH: Final = re.compile(r"\s+[-–—]+\s+|[–—]")
_LOOKALIKES: Final = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅКМТВНαορνιΑΒΕΗΙΚΜΝΟΡΤΧ", "aeopcyxijsdhkmtbhAEOPCYXIJSKMTBHaopviABEHIKMNOPTX"
)
"""Cyrillic and Greek letters that look like Latin ones: a word spelt with them is read as it looks."""
_DONE: Final = "done:"
_COMING: Final = "coming:"
_PROMISES: Final = "promises"


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text. Of a question only the clauses before its last comma are told and not asked."""
    for found in _SENTENCE.finditer(_DASH.sub(", ", text)):
        sentence = found[0]
        if not sentence.rstrip().endswith("?"):
            yield sentence
        elif not sentence.startswith("¿"):
            yield sentence.rpartition(",")[0]


def _order(language: str) -> tuple[str, ...]:
    """Every language that there are phrases of claims for, the given one first."""
    return tuple(sorted(language_files.codes(), key=lambda code: (code != language, code)))


def _claims_of(sentence: str, codes: Iterable[str]) -> Iterator[Claim]:
    """The claims of one sentence in each of the languages, its own first.

    A condition in its own language makes it general in the others, too. What is told by the form of a verb alone (a
    deed) is looked for in its own language only: in others the same letters mean anything.
    """
    general = False
    for n, code in enumerate(codes):
        speech = languages.claim_speech(code)
        read = speech.read(sentence, by_ending=n == 0)
        hits = speech.book.find(read)
        here = any(hit.group == "claim_conditions" for hit in hits)
        general = general or (here and n == 0)
        told = (_DONE,) if general or here else (_DONE, _COMING)
        for hit in _standing([hit for hit in hits if hit.group.startswith(told)], hits, own=n == 0):
            if not _denied(read, hit, speech.negators):
                yield Claim(Kind(hit.group.partition(":")[2]), _words(read, hit))


def _words(read: Text, hit: Hit) -> str:
    return " ".join(word for word in read.words[hit.start : hit.end] if word != STOP)


def _standing(told: Iterable[Hit], hits: Iterable[Hit], *, own: bool) -> Iterator[Hit]:
    """What no trap takes away, deeds last: they say least."""
    traps = [hit for hit in hits if hit.group == "claim_traps"]
    safe = [hit for hit in hits if hit.group == "claim_safe"]
    standing = [hit for hit in told if not hit.overlaps(traps)]
    named = [hit for hit in standing if not hit.group.endswith(Kind.DEED)]
    yield from named
    if own:
        yield from (hit for hit in standing if hit not in named and not hit.overlaps([*safe, *named]))


def _denied(read: Text, hit: Hit, negators: frozenset[str]) -> bool:
    """Whether a word of denial stands in what was found, or right before it in its clause."""
    start = hit.start if read.clause_starts(hit.start) else hit.start - 1
    return not negators.isdisjoint(read.words[start : hit.end])
