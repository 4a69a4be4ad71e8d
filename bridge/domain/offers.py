"""How a bot's reply offers a person, and whether the next message takes the offer up.

A yes answers what was asked last. So it asks for a person only where that was whether one should come; an offer for the
case that something else fails is taken up by a no; and where a person is one of several things to choose from, or is
only told of, the visitor has to ask for one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.domain import places
from bridge.domain.learned import SENSE
from bridge.domain.lexicon import STOP, Groups, Hit, Language, Text

_QUESTION: Final = re.compile(r"\?(?=[\s\"'”»)*]|$)")
"""A question mark that ends a question, and is no part of a link."""
_OFFERED: Final = frozenset(f"{SENSE}{sense}" for sense in ("person", "somebody", "role", "call"))
"""What an offer of a person is about."""
_PERSONS: Final = frozenset({"{person}", "{somebody}"})
"""Classes of words that stand for a person wherever they stand."""
_SHORT_QUESTION: Final = 6
_FEW: Final = 2
_ACCEPTANCE_LENGTH: Final = 16
_YES_LENGTH: Final = 6
_NO_LENGTH: Final = 8
_NO_NO: Final = ("thanks", "progress", "positive", "accept", "decline")
"""What a message that says no says beside, where it does not tell that something failed: `no, thank you`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """How an offer of a person is taken up, where it is enough to answer the question."""

    by_yes: bool = False
    by_no: bool = False
    place: int = 0
    """By the number of the person among several things to choose from; 0 where there is none to tell."""


def asks(text: str) -> bool:
    """Whether a question stands in a reply."""
    return _QUESTION.search(text) is not None


def offer(text: str, read: Text, groups: Groups, speech: Language) -> Offer:
    """What a reply offers; by nothing where it offers no person, or goes on to ask for something else."""
    if not _found(groups, "offer", "like:offer"):
        return Offer()
    place = max((places.numbered(read.words, hit.end) for hit in groups.get("offer", ())), default=0)
    return Offer(place=place) if place else OfferingReply.of(text, read, groups, speech).offer


@dataclass(frozen=True, slots=True)
class OfferingReply:
    """A reply that offers a person: the sentences that do so, and its last question."""

    offering: Sequence[Hit]
    asked: Hit | None
    read: Text
    groups: Groups
    speech: Language

    @classmethod
    def of(cls, text: str, read: Text, groups: Groups, speech: Language) -> "OfferingReply":
        """The reply, in its sentences."""
        sentences = [Hit("sentence", start, end) for start, end in read.sentences()]
        offers = _found(groups, "offer", "like:offer")
        offering = [one for one in sentences if one.overlaps(offers) and not _asks_aside(one, groups)]
        return cls(offering, _asked_last(text, sentences, speech), read, groups, speech)

    @property
    def offer(self) -> Offer:
        """By a yes where nothing else was asked last: the offer itself, whether it is wanted, or what leads to it."""
        asked = self.asked
        if not self.offering or self._asks_for_something:
            return Offer()
        last = self.offering[-1]
        if asked is None:
            return self._offered(last, "otherwise", "condition")
        if asked in self.offering:
            return self._offered(asked, "otherwise")
        return self._offered_after(asked, last) if asked.start < last.start else self._made_sure_of(asked, last)

    def _offered_after(self, asked: Hit, last: Hit) -> Offer:
        if last.overlaps(self._of("otherwise")):
            return Offer(by_no=True)
        return Offer() if asked.overlaps(self._of("aside")) else self._offered(last, "condition", "besides")

    def _made_sure_of(self, asked: Hit, last: Hit) -> Offer:
        if asked.overlaps(self._of("confirming")):
            return self._offered(last, "otherwise")
        return self._offered(last, "otherwise", "condition") if self._confirms(asked) else Offer()

    def _offered(self, sentence: Hit, *excluded: str) -> Offer:
        if sentence.overlaps(self._of(*excluded)):
            return Offer()
        place = self._place_beside_others(sentence)
        return Offer(by_yes=place is None, place=place or 0)

    def _of(self, *names: str) -> list[Hit]:
        return _found(self.groups, *names)

    @property
    def _asks_for_something(self) -> bool:
        """Whether it asks for something after the offer; a question that makes sure of the offer does not."""
        said = max((hit.end for hit in self._of("offer", "like:offer")), default=0)
        if self.asked and self._confirms(self.asked):
            said = max(said, self.asked.end)
        return any(hit.start >= said for hit in self._of("question"))

    def _confirms(self, asked: Hit) -> bool:
        """Whether a question asks whether what was offered is wanted: `shall I?`."""
        if asked.overlaps(self._of("aside", "confirming")):
            return asked.overlaps(self._of("confirming"))
        words = self.read.words[asked.start : asked.end]
        return len(words) <= _SHORT_QUESTION and sum(word not in self.speech.stop_words for word in words) <= _FEW

    def _place_beside_others(self, sentence: Hit) -> int | None:
        """On which side of an `or` the sentence offers a person, where the other one is something else; else None.

        0 where neither side is about a person alone.
        """
        for hit in self._of("either"):
            joint = hit.end - 1
            if sentence.start < joint < sentence.end:
                whole = sentence if self.read.clause_starts(joint) else _clause(sentence, joint, self.read)
                sides = (Hit("side", whole.start, joint), Hit("side", joint + 1, whole.end))
                other = [self._is_something_else(side) for side in sides]
                if whole.overlaps(self._of("offer", "like:offer")) and any(other):
                    return 0 if all(other) else 1 + other.index(False)
        return None

    def _is_something_else(self, side: Hit) -> bool:
        words = self.read.words[side.start : side.end]
        told = len(words) > _FEW or (len(words) == _FEW and not self.speech.stop_words.issuperset(words))
        return told and not self._names_a_person(words) and not any(hit.lies_in([side]) for hit in self._of("offer"))

    def _names_a_person(self, words: Iterable[str]) -> bool:
        """Whether one of the words stands for a person; an article that may (`einen`, `un`) does not here."""
        known, small = self.speech.vocabulary, self.speech.stop_words
        offered = (word for word in words if known.sense(word) in _OFFERED)
        return any(word not in small or known.classes.get(word) in _PERSONS for word in offered)


def _found(groups: Groups, *names: str) -> list[Hit]:
    return [hit for name in names for hit in groups.get(name, ())]


def _asks_aside(sentence: Hit, groups: Groups) -> bool:
    """Whether it is a short question about something else: `could I help you?`."""
    return sentence.end - sentence.start <= _SHORT_QUESTION and sentence.overlaps(groups.get("aside", ()))


def _asked_last(text: str, sentences: Iterable[Hit], speech: Language) -> Hit | None:
    """The last sentence that ends with a question mark."""
    marks = list(_QUESTION.finditer(text))
    if not marks:
        return None
    said = speech.read(text[: marks[-1].end()]).words
    return next((sentence for sentence in sentences if sentence.end == len(said) - (said[-1:] == [STOP])), None)


def _clause(sentence: Hit, i: int, read: Text) -> Hit:
    """The clause of a sentence in which word `i` stands."""
    end = next(j for j in range(i + 1, sentence.end + 1) if read.clause_ends(j))
    return Hit("clause", read.clause_start(i), end)


@dataclass(frozen=True, slots=True)
class Answer:
    """A message after an offer: where it would say yes, and what in it speaks for that and against it."""

    words: Sequence[str]
    sentence: int
    """Words of the first sentence."""
    clause: int
    """Words of the first clause."""
    groups: Groups
    speech: Language

    @classmethod
    def of(cls, read: Text, groups: Groups, speech: Language) -> "Answer":
        """The answer that a message gives; it has a word."""
        sentence = read.words.index(STOP) if STOP in read.words else len(read.words)
        clause = next(i for i in range(1, sentence + 1) if read.clause_ends(i))
        return cls(read.words, sentence, clause, groups, speech)

    @property
    def opening(self) -> int:
        """How many words may say yes: the first sentence, or the first clause of one that tells more, or none."""
        if self.sentence <= (_ACCEPTANCE_LENGTH if len(self.words) <= _ACCEPTANCE_LENGTH else _YES_LENGTH):
            return self.sentence
        return self.clause if self.clause <= _YES_LENGTH else 0

    @property
    def accepts(self) -> bool:
        """Whether it says yes, and neither declines nor only sounds like a yes: `that is kind, but I shall manage`."""
        return self._says_yes and not self._declines and (self._agrees_at_once or not self._is_unlike_a_yes)

    @property
    def is_a_no(self) -> bool:
        """Whether it says no and no more than that it did not help: `no, not really`."""
        no = self.speech.sets["no"] - self.speech.sets["yes"]  # Polish `no` is a yes
        beside = (hit for hit in _found(self.groups, *_NO_NO) if not no.issuperset(self.words[hit.start : hit.end]))
        return self.words[0] in no and len(self.words) <= _NO_LENGTH and not any(beside)

    @property
    def place(self) -> int | None:
        """The place of what it picks, where it says nothing beside: `the second one`."""
        return None if self._declines else places.picked(self.words, self.speech)

    @property
    def _says_yes(self) -> bool:
        return self.opening > 0 and (
            self.words[0] in self.speech.sets["yes"]
            or any(hit.start < self.opening for hit in self._accepted)
            or any(hit.start == 0 for hit in self.groups.get("like:accept", ()))
        )

    @property
    def _declines(self) -> bool:
        declined = _found(self.groups, "refusal", "refusal_after", "decline")
        return any(hit.start < self.sentence and not hit.is_part_of(self._accepted) for hit in declined)

    @property
    def _is_unlike_a_yes(self) -> bool:
        unlike = self.groups.get("unlike:accept", ())
        return any(hit.start == 0 and not hit.lies_in(self._accepted) for hit in unlike)

    @property
    def _agrees_at_once(self) -> bool:
        """Whether the first clause is a yes and nothing else: `gladly, rather at noon`; thanks alone are none."""
        if self.clause == 1 and self.words[0] in self.speech.sets["yes"]:
            return True
        if self.clause < self.sentence and self.words[self.clause] in self.speech.sets["contrast"]:
            return False
        thanks = self.groups.get("thanks", ())
        return any((hit.start, hit.end) == (0, self.clause) and not hit.overlaps(thanks) for hit in self._accepted)

    @property
    def _accepted(self) -> Sequence[Hit]:
        return self.groups.get("accept", ())
