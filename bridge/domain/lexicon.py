"""How a text is read and how phrases are found in it.

A phrase is a row of slots, parted by spaces:

    word          this word                      a|b|c         one of these
    word?         may be left out, a|b? too      word*         any word that begins so (4 letters and more)
    {name}        one of a class's words         !a|b          the next word is none of these
    ..  ...       up to two / four words between, inside one clause
    ^             at the start of a clause; only as the first slot
    $             at the end of a clause; also as one of several: a|$

Phrases are written as people spell; case, accents and apostrophes go away on both sides. There is no repetition but the
bounded gap, so no text can make the matcher run long.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Final

from rapidfuzz.distance import OSA

from bridge.domain.learned import Recognizer, Vocabulary
from bridge.domain.memo import memoized
from bridge.domain.valence import Valence

TEXT_LIMIT: Final = 4000
"""Characters of a text that are read; the rest is kept by the transcript and judged by nobody."""

STOP: Final = "."
"""The word that stands for the end of a sentence."""

SAID_LENGTH: Final = 120
"""Characters of what was said that are kept."""
SHORTEST_STEM: Final = 4
"""Letters."""
_IN_CLAUSES: Final = frozenset({"request"})
"""What is said in one clause of a long sentence as well as in a sentence of its own."""
_ONE_CLAUSE: Final = 2
"""Places that one clause has: its beginning and its end."""
_HITS: Final = 200
TYPO_LENGTH: Final = 5
"""Letters of a person word that may be misspelt."""
_LONG_WORD: Final = 9
_INSISTING: Final = 4
"""Times in a row after which words say no more than once."""
_LONGEST_REPEATED: Final = 8
"""Words of a sentence that is said again and again."""

_DRAWN_OUT: Final = re.compile(r"([a-z])\1\1+")
_BETWEEN: Final = re.compile(r"[^\w.,]+")
"""What parts words beside the marks of `_MARKED`: every sign of other alphabets that is no letter and no digit."""
ASCII: Final = {letter: letter for letter in map(chr, range(128))}
"""Every letter as it is: `translate` takes some times as long over one that its table does not have."""
_APOSTROPHES: Final = "'\u2019\u2018\u02bc\u00b4`"
_ACCENTS: Final = "\u0300-\u036f"
_SIGNS: Final = "👍👌✅"
"""Signs that are read as words."""
_WORD: Final = re.compile(r"[^\W_]+")
_JOINING: Final = re.compile(rf"[{_APOSTROPHES}{_ACCENTS}{_SIGNS}-]")
"""What a text has where a word may be more than letters and digits."""
_WRITTEN: Final = re.compile(rf"[^\W_]+(?:[{_APOSTROPHES}{_ACCENTS}-]+[^\W_]+)*[{_ACCENTS}]*|[{_SIGNS}]")
"""A word as it was written, or several that are joined: `l'agent`, `avez-vous`."""
_PART: Final = re.compile(rf"[^{_APOSTROPHES}-]+[{_APOSTROPHES}-]*")
"""One of joined words."""
_NOT_QUOTED: Final = re.compile(rf"(?:[^\w{_APOSTROPHES}{_ACCENTS}{_SIGNS}-]|_)+")
"""What a quotation goes without: with such signs somebody could write a link, or markup, where it is shown."""
_NOWHERE: Final = (0, 0)
_MARKED: Final = str.maketrans(
    {letter: letter if letter.isalnum() else " " for letter in ASCII}
    | dict.fromkeys(".!?;\n", ".")
    | dict.fromkeys(",:", ",")
)
"""Every sign that ends a sentence as `.`, that ends a clause as `,`, and what else is no word as a space."""


def _plain_letters() -> dict[str, str]:
    """The accented letters of European languages without their accents: most texts need no more."""
    letters = map(chr, range(0xC0, 0x180))
    plain = {letter: unicodedata.normalize("NFKD", letter)[0] for letter in letters}
    return {letter: base for letter, base in plain.items() if base.isascii() and base != letter}


_PLAIN: Final = str.maketrans(
    ASCII
    | _plain_letters()
    | {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "ß": "ss", "ł": "l", "ø": "o", "đ": "d"}
    | dict.fromkeys(_SIGNS, " ok ")
)


@dataclass(slots=True)
class Text:
    """A text as the matcher sees it: folded words with STOP between sentences, and where a comma stood."""

    words: list[str]
    commas: set[int]
    folded: str
    """All of it, see `fold`."""
    written: str = ""
    """What of it is read, as it was written."""
    elision: re.Pattern[str] | None = None
    """What was taken for a word of its own before an apostrophe."""
    spans: list[tuple[int, int]] | None = None
    """Where each word was written, once that was asked for, and STOP nowhere; empty where that cannot be told."""

    def clause_starts(self, i: int) -> bool:
        """Whether a clause begins at word `i`."""
        return i == 0 or i in self.commas or self.words[i - 1] == STOP

    def clause_start(self, i: int) -> int:
        """Where the clause begins in which word `i` stands."""
        return next(j for j in range(i, -1, -1) if self.clause_starts(j))

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Where each sentence begins, and the end that no longer belongs to it."""
        start = 0
        for i, word in enumerate(self.words):
            if word == STOP:
                yield start, i
                start = i + 1
        if start < len(self.words):
            yield start, len(self.words)

    def pieces(self, start: int, end: int) -> list[list[str]]:
        """The words of a sentence, and where commas part it, those of each of its clauses as well."""
        cuts = [start, *sorted(i for i in self.commas if start < i < end), end]
        clauses = [self.words[i:j] for i, j in pairwise(cuts)] if len(cuts) > _ONE_CLAUSE else []
        return [self.words[start:end], *clauses]

    def said(self, start: int, end: int) -> str:
        """The words from `start` up to `end` as they were written, without other signs; the first 120 characters."""
        spans = self._spans()
        if not spans:
            return " ".join(word for word in self.words[start:end] if word != STOP)[:SAID_LENGTH]
        inside = [span for span in spans[start:end] if span != _NOWHERE]
        quoted = self.written[inside[0][0] : inside[-1][1]] if inside else ""
        plain = quoted if len(inside) == 1 else _NOT_QUOTED.sub(" ", quoted)
        return plain[:SAID_LENGTH].strip(" -")

    def written_words(self) -> list[tuple[int, tuple[int, int]]]:
        """Each word that is one, and from where up to where it was written; empty where that cannot be told."""
        return [(i, span) for i, span in enumerate(self._spans()) if span != _NOWHERE]

    def _spans(self) -> list[tuple[int, int]]:
        self.spans = spans = self._find_spans() if self.spans is None else self.spans
        return spans

    def _find_spans(self) -> list[tuple[int, int]]:
        if _JOINING.search(self.written):
            spans = list(chain.from_iterable(map(self._spans_of, _WRITTEN.finditer(self.written))))
        else:
            spans = [found.span() for found in _WORD.finditer(self.written)]
        if len(spans) != len(self.words) - self.words.count(STOP):
            return []
        each = iter(spans)
        return [_NOWHERE if word == STOP else next(each) for word in self.words]

    def _spans_of(self, joined: re.Match[str]) -> list[tuple[int, int]]:
        """Where each word was written of what may read as several, or as none."""
        start, count = joined.start(), len(read(joined[0], self.elision).words)
        parts = [(start + part.start(), start + part.end()) for part in _PART.finditer(joined[0])]
        return parts if len(parts) == count else [joined.span()] * count

    def clause_ends(self, i: int) -> bool:
        """Whether a clause ends before word `i`."""
        return i >= len(self.words) or i in self.commas or self.words[i] == STOP

    def clause_of(self, hit: "Hit") -> "Hit":
        """The clause in which something was found."""
        end = next(i for i in range(hit.end, len(self.words) + 1) if self.clause_ends(i))
        return Hit("clause", self.clause_start(hit.start), end)


def fold(text: str) -> str:
    """The first 4,000 characters in lower case, without accents; every kind of apostrophe as `'`."""
    text = text[:TEXT_LIMIT].casefold()
    if text.isascii():
        return text.replace("`", "'")
    plain = text.translate(_PLAIN)[:TEXT_LIMIT]
    if plain.isascii():
        return plain
    plain = unicodedata.normalize("NFKD", plain)[:TEXT_LIMIT]
    return plain if plain.isascii() else "".join(c for c in plain if not unicodedata.combining(c))


def read(text: str, elision: re.Pattern[str] | None = None) -> Text:
    """Split a text into folded words, sentence ends and commas.

    Args:
        text: anything; cut at 4,000 characters.
        elision: what is its own word before an apostrophe (French `l'agent`); all other apostrophes vanish.
    """
    plain = folded = fold(text)
    if "'" in plain:
        plain = (elision.sub(r"\1 ", plain) if elision else plain).replace("'", "")
    marked = plain.translate(_MARKED)
    if not marked.isascii():
        marked = _BETWEEN.sub(" ", marked)
    words: list[str] = []
    commas: set[int] = set()
    for n, sentence in enumerate(marked.split(".")):
        if n and words and words[-1] != STOP:
            words.append(STOP)
        for m, clause in enumerate(sentence.split(",")):
            if m:
                commas.add(len(words))
            words += clause.split()
    return Text(words, commas, folded, text[:TEXT_LIMIT], elision)


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


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a group; `first` says that it must open a clause.

    `needs` are the words of its rarest later places: a text without any of them cannot hold the phrase, which costs a
    look where matching would cost a walk.
    """

    group: str
    slots: tuple[Slot, ...]
    first: bool = False
    needs: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase of `group` was found: words `start` up to, not including, `end`."""

    group: str
    start: int
    end: int

    def overlaps(self, others: Iterable["Hit"]) -> bool:
        """Whether it shares a word with any of the others."""
        return any(other.start < self.end and self.start < other.end for other in others)

    def lies_in(self, others: Iterable["Hit"]) -> bool:
        """Whether one of the others leaves no word of it over."""
        return any(other.start <= self.start and self.end <= other.end for other in others)

    def is_part_of(self, others: Iterable["Hit"]) -> bool:
        """Whether it lies in a longer one: the `not` of `why not`."""
        return self.lies_in(other for other in others if other.end - other.start > self.end - self.start)


Groups = Mapping[str, list[Hit]]
"""What was found in a text, by group."""
_Bucket = tuple[dict[str, tuple[Phrase, ...]], tuple[Phrase, ...]]
"""Phrases with one first word: those whose second place is fixed, by the word that follows, and the others."""


class Book:
    """All phrases that are looked for in one kind of text; found in one walk over its words."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        by_word: dict[str, list[Phrase]] = {}
        by_stem: dict[str, list[Phrase]] = {}
        used: set[str] = set()
        for phrase in phrases:
            used.update(word for slot in phrase.slots for word in slot.words)
            for word in phrase.slots[0].words:
                by_word.setdefault(word, []).append(phrase)
            for stem in phrase.slots[0].stems:
                by_stem.setdefault(stem[:SHORTEST_STEM], []).append(phrase)
        self._words: Final = _buckets(by_word)
        self._stems: Final = _buckets(by_stem)
        self._beginning: Final = memoized(self._look_up)
        self.words: Final = frozenset(used)
        """Every word that a phrase names."""

    def find(self, text: Text) -> list[Hit]:
        """Every phrase of this book in the text, in the order of their first words; at most about 200."""
        hits: list[Hit] = []
        words, present = text.words, frozenset(text.words)
        following = [*words[1:], ""]
        for i, buckets in enumerate(map(self._beginning, words)):
            for by_second, others in buckets:
                if phrases := by_second.get(following[i]):
                    _collect(phrases, text, i, present, hits)
                if others:
                    _collect(others, text, i, present, hits)
            if len(hits) > _HITS:
                break
        return hits

    def _look_up(self, word: str) -> tuple[_Bucket, ...]:
        """The phrases that may begin with this word: by the word itself, and by a stem of it."""
        found = (self._words.get(word), self._stems.get(word[:SHORTEST_STEM]))
        return tuple(bucket for bucket in found if bucket is not None)


def _buckets(phrases: Mapping[str, Sequence[Phrase]]) -> dict[str, _Bucket]:
    """A bucket for each first word; the words of a class begin the same phrases, and share one."""
    shared = {_identities(own): own for own in phrases.values()}
    made = {same: _bucket(own) for same, own in shared.items()}
    return {word: made[_identities(own)] for word, own in phrases.items()}


def _bucket(phrases: Iterable[Phrase]) -> _Bucket:
    second: dict[str, list[Phrase]] = {}
    rest: list[Phrase] = []
    for phrase in phrases:
        if len(phrase.slots) > 1 and phrase.slots[1].plain:
            for word in phrase.slots[1].words:
                second.setdefault(word, []).append(phrase)
        else:
            rest.append(phrase)
    shared: dict[tuple[int, ...], tuple[Phrase, ...]] = {}
    return {word: shared.setdefault(_identities(own), tuple(own)) for word, own in second.items()}, tuple(rest)


def _identities(phrases: Iterable[Phrase]) -> tuple[int, ...]:
    return tuple(map(id, phrases))


def _collect(phrases: Iterable[Phrase], text: Text, i: int, present: frozenset[str], hits: list[Hit]) -> None:
    """Those of the phrases that are found at word `i`; `present` are all words of the text."""
    for phrase in phrases:
        for needed in phrase.needs:
            if needed.isdisjoint(present):
                break
        else:
            if phrase.first and not text.clause_starts(i):
                continue
            end = _match(phrase.slots, 0, text, i)
            if end > i:
                hits.append(Hit(phrase.group, i, end))


def _match(slots: tuple[Slot, ...], n: int, text: Text, i: int) -> int:
    """Where the slots from `n` on end if they match from word `i` on, else -1."""
    words = text.words
    for place in range(n, len(slots)):
        slot = slots[place]
        if slot.gap:
            return _match_gap(slots, place, text, i)
        met = i < len(words) and (words[i] in slot.words or (slot.stems and words[i].startswith(slot.stems)))
        if slot.absent:
            if met or (slot.end and text.clause_ends(i)):
                return -1
        elif met:
            i += 1
        elif not (slot.end and text.clause_ends(i)):
            return -1
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
    answer: Book
    """What a message is looked through for beside, where the reply before it offered a person."""
    reply: Book
    stop_words: frozenset[str]
    sets: Mapping[str, frozenset[str]]
    topics: Mapping[str, str]
    """What a message may be about, by the group of its phrases; the first one counts."""
    troubles: frozenset[str]
    """The topics that say that something goes wrong."""
    elision: re.Pattern[str] | None
    document: re.Pattern[str]
    near: Mapping[str, tuple[str, ...]]
    """Person words that may be misspelt, by first letter."""
    places: Mapping[str, int]
    """What picks one of several things, by its place; 0: it says only that something is picked."""
    known: frozenset[str]
    vocabulary: Vocabulary
    learned: Mapping[str, Recognizer]
    """What tells a request, an acceptance, an offer or a failure by example."""
    valence: Valence

    def read(self, text: str) -> Text:
        """The text in this language's words."""
        return read(text, self.elision)

    def find_in_message(self, text: Text, *, offered: bool = False) -> list[Hit]:
        """What this language looks for in a visitor's message, with its person words put right first.

        Args:
            text: from `read`.
            offered: the reply before offered a person, so that the message may be an acceptance.
        """
        self.mend(text)
        found = self.message.find(text)
        if not offered:
            return found + self._by_example(("request",), text)
        return found + self.answer.find(text) + self._by_example(("request", "accept"), text) + self._no_answer(text)

    def find_in_reply(self, text: Text) -> list[Hit]:
        """What this language looks for in a bot's reply."""
        return self.reply.find(text) + self._by_example(("offer", "failed"), text)

    def may_ask_without(self, quoted: Sequence[Hit], text: Text, sentence: Hit) -> bool:
        """Whether a sentence may still be a request by the words that are not quoted in it."""
        kept = [i for i in range(sentence.start, sentence.end) if not Hit("", i, i + 1).overlaps(quoted)]
        weight = self.learned["request"].weigh([text.words[i] for i in kept])
        return weight is not None and weight >= self.learned["request"].doubt

    def _by_example(self, kinds: Iterable[str], text: Text) -> list[Hit]:
        """The sentences that are of a kind by example, as hits of `like:KIND`, or plainly are not, of `unlike:KIND`."""
        hits: list[Hit] = []
        told = [kind for kind in kinds if self.learned[kind].has_cue(text.words)]
        for start, end in text.sentences() if told else ():
            for kind in told:
                weight = self.learned[kind].weigh_best(map(said_once, weighed(kind, text, start, end)))
                if weight is not None and not self.learned[kind].doubt <= weight <= 0:
                    hits.append(Hit(f"like:{kind}" if weight > 0 else f"unlike:{kind}", start, end))
        return hits

    def _no_answer(self, text: Text) -> list[Hit]:
        """The first sentence, where its words together plainly take up no offer, whatever phrase of it would."""
        learned = self.learned["accept"]
        start, end = next(text.sentences(), (0, 0))
        plainly = learned.total(said_once(text.words[start:end])) < learned.doubt
        return [Hit("unlike:accept", start, end)] if plainly else []

    def mend(self, text: Text) -> None:
        """Put drawn-out words (`humannn`) and misspelt person words (`agnet`) right; changes nothing else."""
        known = self.known
        drawn_out = _DRAWN_OUT.search(text.folded) is not None
        for i, word in enumerate(text.words):
            if word not in known:
                shorter = _DRAWN_OUT.sub(r"\1", word) if drawn_out else word
                long = len(shorter) >= TYPO_LENGTH and shorter not in known and shorter[0] in self.near
                text.words[i] = _nearest(self.near[shorter[0]], shorter) if long else shorter


def weighed(kind: str, text: Text, start: int, end: int) -> list[list[str]]:
    """The pieces of a sentence that are weighed, each by itself, where this kind is looked for."""
    return text.pieces(start, end) if kind in _IN_CLAUSES else [text.words[start:end]]


def said_once(words: list[str]) -> list[str]:
    """The words without what is said four times and more in a row: who types `agent` ten times means it once."""
    if len(words) - len(set(words)) < _INSISTING - 1:
        return words
    kept, i = [], 0
    while i < len(words):
        for n in range(1, min(_LONGEST_REPEATED, (len(words) - i) // _INSISTING) + 1):
            again = words[i : i + n]
            if words[i : i + n * _INSISTING] == again * _INSISTING:
                while words[i + n : i + 2 * n] == again:
                    i += n
                break
        kept.append(words[i])
        i += 1
    return kept


@lru_cache(maxsize=8192)
def _nearest(targets: tuple[str, ...], word: str) -> str:
    """The person word that was meant: one edit away, two for long words with an unlike ending; else the word itself."""
    for target in targets:
        allowed = 2 if len(target) >= _LONG_WORD else 1
        if OSA.distance(word, target, score_cutoff=allowed) <= allowed:
            return target
    return word
