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

from bridge.domain import languages
from bridge.domain.lexicon import STOP, Hit, Text
from bridge.domain.showing import tidy


class Kind(StrEnum):
    """What a reply can claim."""

    TRANSFER = "transfer"
    """A person takes over, or is told; or the one who speaks is a person."""
    TICKET = "ticket"
    REFUND = "refund"
    """Money, a credit, a replacement, or something cancelled or changed: we have no row that could bear it out."""
    CALLBACK = "callback"
    TIME = "time"
    """By when somebody answers."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reply claims, and the folded words that say so."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Held:
    """What rows of ours bear out, so that it may be said: an open escalation is a transfer, a ticket and a time."""

    transfer: bool = False
    ticket: bool = False
    callback: bool = False
    time: bool = False

    def bears_out(self, kind: Kind) -> bool:
        """Whether a claim of this kind is true."""
        return kind is not Kind.REFUND and bool(getattr(self, kind.value))


NOTHING: Final = Held()


def claims(text: str, language: str, held: Held = NOTHING) -> Claim | None:
    """The first claim of a reply that nothing bears out, or None.

    Args:
        text: the reply as it would be shown.
        language: from `bridge.domain.signals.language_of`; a model may answer in another, so that all of them are read.
        held: what may be said because it is so.
    """
    parts = list(_sentences(tidy(text).translate(_LOOKALIKES)))
    for code in _order(language):
        for sentence in parts:
            for kind, words in _claimed(sentence, code):
                if not held.bears_out(kind):
                    return Claim(kind, words)
    return None


_SENTENCE: Final = re.compile(r"¿?[^.!?…;\n¿]+(?:[.!?…;]+(?!\s|$)[^.!?…;\n¿]+)*[.!?…;]*")
_DASH: Final = re.compile(r"\s+[-–—]+\s+|[–—]")
_LOOKALIKES: Final = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅКМТВНαορνιΑΒΕΗΙΚΜΝΟΡΤΧ", "aeopcyxijsdhkmtbhAEOPCYXIJSKMTBHaopviABEHIKMNOPTX"
)
"""Cyrillic and Greek letters that look like Latin ones: a word spelt with them is read as it looks."""
_DONE: Final = "done:"
_COMING: Final = "coming:"


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
    return tuple(sorted(languages.codes(), key=lambda code: (code != language, code)))


def _claimed(sentence: str, code: str) -> Iterator[tuple[Kind, str]]:
    """The claims of one sentence in one language."""
    speech = languages.claim_speech(code)
    read = speech.read(sentence)
    hits = speech.book.find(read)
    if not hits:
        return
    under_condition = any(hit.group == "claim_conditions" for hit in hits)
    traps = [hit for hit in hits if hit.group == "claim_traps"]
    for hit in hits:
        told = hit.group.startswith(_DONE) or (hit.group.startswith(_COMING) and not under_condition)
        if told and not _overlaps(hit, traps) and not _denied(read, hit, speech.negators):
            words = " ".join(word for word in read.words[hit.start : hit.end] if word != STOP)
            yield Kind(hit.group.partition(":")[2]), words


def _overlaps(hit: Hit, others: Iterable[Hit]) -> bool:
    return any(other.start < hit.end and hit.start < other.end for other in others)


def _denied(read: Text, hit: Hit, negators: frozenset[str]) -> bool:
    """Whether a word of denial stands in what was found, or right before it in its clause."""
    start = hit.start if read.clause_starts(hit.start) else hit.start - 1
    return not negators.isdisjoint(read.words[start : hit.end])
