"""How displeased a message is: by phrases that say so, else by how its words sound; and whether it is over."""

from collections.abc import Iterable
from itertools import starmap
from typing import Final

from bridge.domain.learned import SENSE
from bridge.domain.lexicon import STOP, TEXT_LIMIT, Groups, Hit, Language, Text
from bridge.domain.negation import negated, negator, unnegated

_PHRASE_POINTS: Final = 0.75
_PHRASES_COUNTED: Final = 2
_DISPLEASED: Final = ("negative", "strong", "extreme", "frustration")
"""Groups of phrases that speak of displeasure."""
_EXTREME_POINTS: Final = 2.5
_MILD: Final = ((-2.0, 0.75), (-1.0, 0.5))
"""Points of a message in which no phrase speaks, from this sum of its words' strengths down: none is enough alone."""
_UNSETTLED: Final = frozenset(f"{SENSE}{sense}" for sense in ("wish", "must", "fetch", "when", "how"))
"""What small words stand for after which nothing is settled yet: `I want it fixed`, `when will it be solved`."""
_PRAISE: Final = 2.0
"""From this strength on a word praises, and tells of nothing that was settled."""
_WEIGHED_LENGTH: Final = 80
_SHOUT_LETTERS: Final = 12


def mood(groups: Groups, read: Text, speech: Language, text: str) -> tuple[float, bool]:
    """A message's points, and whether it is angry enough to count alone; none where what displeased is over."""
    negative, strong, furious, phrases = (groups.get(name, ()) for name in _DISPLEASED)
    if not (negative or strong or furious or phrases) or _is_over(groups, read, speech, text):
        return 0.0, False
    hard = unnegated(strong, read, speech)
    soft = unnegated(negative, read, speech)
    pleased = unnegated(groups.get("positive", ()), read, speech)
    rage = bool(unnegated(furious, read, speech))
    bad = rage or bool(hard) or len(soft) > len(pleased)
    told = min(_PHRASES_COUNTED, _apart(phrases))
    points = float(bad) + float(rage or bool(hard)) + _PHRASE_POINTS * told
    return points, rage or points >= _EXTREME_POINTS or len(hard) > 1 or (bool(hard) and _shouts(text))


def weighed(groups: Groups, read: Text, speech: Language) -> str:
    """The words of the phrases that weighed; of those that share words the one that begins first, and the longest."""
    told = [hit for name in _DISPLEASED for hit in groups.get(name, ())]
    said, end = [], 0
    for hit in sorted(told, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= end and not (hit.group != "frustration" and negated(read, hit.start, speech)):
            said.append(read.said(hit.start, hit.end))
            end = hit.end
    return ", ".join(said)[:_WEIGHED_LENGTH]


def _is_over(groups: Groups, read: Text, speech: Language, text: str) -> bool:
    """Whether what displeased is told as past, and last that it is settled: `what a nightmare, but all sorted now`.

    Praise alone settles nothing there: `useless. brilliant, thanks`.
    """
    told = max((hit.end for name in _DISPLEASED for hit in groups.get(name, ())), default=0)
    if not told or "?" in text:
        return False
    last = (hit for hit in groups.get("progress", ()) if hit.start >= told)
    return any(_is_settled(read, told, hit, speech) for hit in last if not _praises(groups, read, hit, speech))


def _praises(groups: Groups, read: Text, hit: Hit, speech: Language) -> bool:
    thanks = {i for one in groups.get("thanks", ()) for i in range(one.start, one.end)}
    return all(i in thanks or speech.valence.strength(read.words[i]) >= _PRAISE for i in range(hit.start, hit.end))


def _is_settled(read: Text, told: int, hit: Hit, speech: Language) -> bool:
    """Whether nothing takes it back or makes it somebody's word: only small words lead up to it from what displeased.

    From the sentence's beginning or a contrast (`but`) on, where one stands between; a denial may stand behind it.
    """
    contrast, negators = speech.sets["contrast"], speech.sets["negators"]
    before = read.words[told : hit.start]
    turns = [i + 1 for i, word in enumerate(before) if word == STOP or word in contrast]
    led_up = before[turns[-1] if turns else 0 :]
    clause = read.clause_of(hit)
    told_so = speech.stop_words.issuperset(led_up) and _UNSETTLED.isdisjoint(map(speech.vocabulary.sense, led_up))
    return told_so and negators.isdisjoint([*led_up, *read.words[clause.start : clause.end]])


def sound(read: Text, speech: Language) -> tuple[float, str]:
    """The points of a message by how its words sound, and the words that weighed."""
    total, weighed = 0.0, list[tuple[int, int]]()
    for i, strength in enumerate(map(speech.valence.strength, read.words)):
        if strength:
            start = negator(read, i, speech)
            # `not good` is bad; `not bad` says little
            told = strength if start == i else min(0.0, -strength)
            total += told
            if told < 0:
                weighed.append((start, i + 1))
    points = next((points for bound, points in _MILD if total <= bound), 0.0)
    return points, ", ".join(starmap(read.said, weighed))[:_WEIGHED_LENGTH] if points else ""


def _apart(hits: Iterable[Hit]) -> int:
    """How many of the hits do not share words."""
    count, end = 0, 0
    for hit in hits:
        if hit.start >= end:
            count, end = count + 1, hit.end
    return count


def _shouts(text: str) -> bool:
    if "!!!" in text:
        return True
    head = text[:TEXT_LIMIT]
    upper = sum(map(str.isupper, head))
    return upper >= _SHOUT_LETTERS and upper > 2 * sum(map(str.islower, head))
