"""Whether a message asks for a person: in so many words, by the look of a sentence, or with a person word alone."""

from collections.abc import Iterable, Sequence
from typing import Final

from bridge.domain.learned import SENSE
from bridge.domain.lexicon import STOP, Groups, Hit, Language, Text
from bridge.domain.quotations import quotations

_INSERTION: Final = 3
_BARE_LENGTH: Final = 7
_THING: Final = (f"{SENSE}a", "", f"{SENSE}please")
"""What the words stand for by which a thing is chosen: an article, a word of no sense, a please."""
_PUT_RIGHT: Final = 5
"""Words of a sentence that only puts right which thing is meant: `no, the other one please`."""
_NOT: Final = f"{SENSE}not"
_OTHER: Final = f"{SENSE}other"
_SOMEBODY_ELSE: Final = frozenset((_OTHER, *(f"{SENSE}{sense}" for sense in ("person", "somebody", "team", "role"))))
"""What the words beside `other` stand for where it may be a person: German has one for the `else` of `somebody`."""


def in_words(groups: Groups, read: Text, speech: Language) -> str | None:
    """The words of an explicit request for a person that is neither refused nor one of the known traps.

    Where a sentence as a whole reads quite unlike a request, a phrase in it does not make one. Who turns the machine
    down says so in words that weigh against a request. What is quoted, somebody else has said: an error, a letter.
    """
    traps, unlike = groups.get("trap", ()), groups.get("unlike:request", ())
    quoted = quotations(read)
    for hit in groups.get("machine", ()):
        if not (hit.overlaps(traps) or hit.lies_in(quoted)):
            return read.said(hit.start, hit.end)
    refusals = {hit.start for hit in groups.get("refusal", ())}
    behind = groups.get("refusal_after", ())
    starts = _starts(groups.get("restart", ()), read, speech)
    likely = [hit for hit in groups.get("request", ()) if not hit.overlaps(unlike)]
    own = [hit for hit in (*likely, *groups.get("own_request", ())) if not hit.lies_in(quoted)]
    for hit in _longest(own):
        if not (
            hit.overlaps(traps) or _refused(read, hit, refusals, starts, speech) or _refused_behind(read, hit, behind)
        ):
            return read.said(hit.start, hit.end)
    return None if traps else _bare(read, speech)


def by_example(groups: Groups, read: Text, speech: Language) -> str | None:
    """The sentence that reads like a request for a person although no phrase of one, nor of a trap, is in it."""
    judged = [*groups.get("request", ()), *groups.get("own_request", ()), *groups.get("trap", ())]
    like = groups.get("like:request", ())
    quoted = quotations(read) if like else []
    for hit in like:
        if hit.overlaps(judged) or _wants_a_thing(read.words[hit.start : hit.end], speech):
            continue
        if not hit.overlaps(quoted) or speech.may_ask_without(quoted, read, hit):
            return read.said(hit.start, hit.end)
    return None


def _wants_a_thing(words: Sequence[str], speech: Language) -> bool:
    """Whether it is but a thing that is wanted: `the label please`, `no, the other one please`."""
    senses = tuple(map(speech.vocabulary.sense, words))
    put_right = len(senses) <= _PUT_RIGHT and senses[0] == _NOT and senses[2:3] == (_OTHER,)
    return senses == _THING or (put_right and _SOMEBODY_ELSE.isdisjoint(senses[:2] + senses[3:]))


def _longest(hits: Iterable[Hit]) -> Iterable[Hit]:
    """Of those that begin at one word the longest: it has whom one wants to speak to, and what may speak against it."""
    longest: dict[int, Hit] = {}
    for hit in hits:
        if hit.start not in longest or hit.end > longest[hit.start].end:
            longest[hit.start] = hit
    return longest.values()


def _starts(restarts: Iterable[Hit], read: Text, speech: Language) -> set[int]:
    """Where a new clause begins without a comma: `this does not help can you get me an agent`."""
    linked = speech.sets["no_restart"]
    return {hit.start for hit in restarts if hit.start == 0 or read.words[hit.start - 1] not in linked}


def _refused(read: Text, hit: Hit, refusals: set[int], starts: set[int], speech: Language) -> bool:
    """Whether a refusing word stands in the clause, from its start to the request's end.

    A clause begins after a sentence, a comma (unless `or`, `to` go on after it), a contrast (`but`, `just`) or with
    a question or demand of its own (`can you`, `i want`).
    """
    if not refusals:
        return False
    if any(i in refusals for i in range(hit.start + 1, hit.end)):
        return True
    contrast, joiners = speech.sets["contrast"], speech.sets["joiners"]
    joined = -1
    for i in range(hit.start, -1, -1):
        if i in refusals:
            return True
        if read.words[i] == STOP or read.words[i] in contrast or i in starts:
            return False
        if i in read.commas:
            # `..., right now, to transfer me`: a clause that goes on, and what was put in between
            if read.words[i] not in joiners and not 0 < joined - i <= _INSERTION:
                return False
            joined = i
    return False


def _refused_behind(read: Text, hit: Hit, behind: Iterable[Hit]) -> bool:
    return any(hit.start <= other.start and STOP not in read.words[hit.end : other.start] for other in behind)


def _bare(read: Text, speech: Language) -> str | None:
    """A message that is nothing but a person word and small words: `agent please`."""
    bare, filler = speech.sets["bare"], speech.sets["filler"]
    if bare.isdisjoint(read.words):
        return None
    words = list(dict.fromkeys(word for word in read.words if word != STOP))
    if len(words) > _BARE_LENGTH or not (bare | filler).issuperset(words):
        return None
    return read.said(0, len(read.words))
