"""What is measured on a turn: facts about one visitor message and one reply, pure and cheap.

Nothing here decides. A message costs some tens of microseconds; a turn's signals are stored, so that the same
decision can be made again.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Final

from bridge.domain import claims, language_files, languages, lexicon, offers, requests
from bridge.domain.learned import SENSE
from bridge.domain.lexicon import STOP, Groups, Hit, Language, Text
from bridge.domain.locale_tag import language_in
from bridge.domain.values import Json, Millis

WINDOW: Final = 12
"""Turns of a session that are kept for triggers, the present one included."""

CONTENT_WORDS: Final = 40
"""Content words of a message that are kept for comparing."""

REPLY_LENGTH: Final = 200
"""Characters of a reply that are kept for comparing."""

_PHRASE_POINTS: Final = 0.75
_PHRASES_COUNTED: Final = 2
_DISPLEASED: Final = ("negative", "strong", "extreme", "frustration")
"""Groups of phrases that speak of displeasure."""
_EXTREME_POINTS: Final = 2.5
_MILD: Final = ((-2.0, 0.75), (-1.0, 0.5))
"""Points of a message in which no phrase speaks, from this sum of its words' strengths down: none is enough alone."""
_WISH: Final = f"{SENSE}wish"
_UNSETTLED: Final = frozenset((_WISH, *(f"{SENSE}{sense}" for sense in ("must", "fetch", "when", "how"))))
"""What small words stand for after which nothing is settled yet: `I want it fixed`, `when will it be solved`."""
_YOU_CAN: Final = (f"{SENSE}you", f"{SENSE}can")
_NOT: Final = f"{SENSE}not"
_PRAISE: Final = 2.0
"""From this strength on a word praises, and tells of nothing that was settled."""
_WEIGHED_LENGTH: Final = 80
_NEGATION_REACH: Final = 3
_TELLING: Final = 3
"""Words from which on a sentence may tell by its look that the bot failed: `de nada` says nothing."""
_SHORT_MESSAGE: Final = 8
_SHOUT_LETTERS: Final = 12
_DIGITS: Final = 3

Value = float | bool | str
"""A host's own signal."""


@dataclass(frozen=True, slots=True)
class MessageSignals:
    """Measured on one visitor message."""

    words: str = ""
    """Content words, folded, joined by a space, at most 40; `language` says of which language."""
    negative: float = 0.0
    """Points: negative 1, strong 1 more, frustration phrases 0.75 each (two count); 0 when calm.

    Without any of these 0.75 or 0.5 for words that sound bad.
    """
    extreme: bool = False
    """Angry enough to count alone."""
    progress: bool = False
    """Thanks, solved, that works."""
    asks_human: str | None = None
    """The words of an explicit request for a person, or of the acceptance of the bot's offer."""
    lists: dict[str, str] = field(default_factory=dict)
    """Word list name -> the words that matched."""
    issue: str | None = None
    """A document and its number, as the visitor wrote it: `invoice #8821`."""
    topic: str | None = None
    """What the visitor reports, in a few words: `an incorrect charge`."""
    trouble: bool = False
    """The topic is something that goes wrong."""
    weighed: str = ""
    """The words that speak of displeasure: `lousy, not good`."""
    language: str = languages.ENGLISH
    """The language whose small words, beside English ones, are left out of `words`."""
    heard_in: str = ""
    """The one other language in which it asks for a person or stands on a word list, where it does not in its own."""


@dataclass(frozen=True, slots=True)
class ReplySignals:
    """Measured on one bot reply, with what the host said of it."""

    text: str = ""
    """Folded words, cut at 200 characters."""
    confidence: float | None = None
    intent: str | None = None
    intent_matched: bool | None = None
    failed: bool = False
    """The host said so, the reply is empty, or it says that it could not do it."""
    down: bool = False
    """The host said that the bot failed, or the reply is empty: no reading of words is needed."""
    offers_human: bool = False
    """The bot offers a person, and a plain yes takes it up."""
    values: dict[str, Value] = field(default_factory=dict)
    promised: str | None = None
    """The words by which the bot promised that a person will come."""
    offers_otherwise: bool = False
    """The bot asked something, and offers a person should the answer be no."""
    offers_place: int = 0
    """The bot offers a person as the first, the second ... of several things to choose from; 0: it does not."""


@dataclass(frozen=True, slots=True)
class TurnSignals:
    """One turn: its number in the session, its instant, and what was measured."""

    seq: int
    at: Millis
    message: MessageSignals
    reply: ReplySignals | None = None


def language_of(locale: str | None) -> str:
    """`en-US`, `en_US.UTF-8` -> `en`; an unknown or missing locale -> "" (no mood is read, the rest in English)."""
    code = language_in(locale or "")
    return code if code in language_files.codes() else ""


def content_words(text: str, *, language: str) -> str:
    """The folded words that carry content, joined by a space, at most 40: what two messages are compared by."""
    speech = languages.language(language)
    return _content(speech.read(text), speech)


def measure_message(text: str, *, language: str, previous: ReplySignals | None = None) -> MessageSignals:
    """Measure a visitor's message; never raises on any text, and reads its first 4,000 characters.

    Args:
        text: as the visitor wrote it.
        language: from `language_of`.
        previous: the reply before this message, for the acceptance of an offer.
    """
    speech = languages.language(language)
    read = speech.read(text)
    words = _content(read, speech)
    groups = _by_group(speech.find_in_message(read, offered=answers_an_offer(previous)))
    points, extreme = (0.0, False) if _is_over(groups, read, speech, text) else _mood(groups, read, speech, text)
    weighed = _weighed(groups, read, speech) if points else ""
    progress = points == 0 and _progress(groups, read, speech)
    if points == 0 and not progress:
        points, weighed = _sound(read, speech)
    topic = _topic(groups, read, speech)
    return MessageSignals(
        words=words,
        negative=points,
        extreme=extreme,
        progress=progress,
        asks_human=_asks_human(groups, read, speech, previous),
        lists=_listed(groups, read),
        issue=_issue(read, speech),
        topic=topic,
        trouble=topic in speech.troubles,
        weighed=weighed,
        language=speech.code or languages.ENGLISH,
    )


def answers_an_offer(previous: ReplySignals | None) -> bool:
    """Whether what is said after this reply may take up an offer of a person."""
    return previous is not None and (previous.offers_human or previous.offers_otherwise or previous.offers_place > 0)


def listed(text: str, *, language: str) -> dict[str, str]:
    """The word lists of a language that something of a message stands on, each with the words of the message."""
    read = languages.read_in(language, text)
    return _listed(_by_group(languages.word_lists(language).find(read)), read)


def measure_reply(
    text: str,
    *,
    language: str,
    confidence: float | None = None,
    intent: str | None = None,
    intent_matched: bool | None = None,
    failed: bool = False,
    withheld: bool = False,
    values: Mapping[str, Value] | None = None,
) -> ReplySignals:
    """Measure a bot's reply; never raises on any text.

    Args:
        text: as the bot wrote it; empty counts as failed.
        language: of the conversation, from `language_of`.
        confidence: 0..1 by the bot's own account, None when it has none.
        intent: the intent that the bot saw.
        intent_matched: whether it saw one at all, None when it does not say.
        failed: the host says that the bot failed.
        withheld: nobody will read it, so it promises nothing.
        values: the host's own signals; numbers that are not finite are left out.
    """
    speech = languages.language(language)
    read = speech.read(text)
    groups = _by_group(speech.find_in_reply(read))
    down = failed or not text.strip()
    offer = offers.offer(text, read, groups, speech)
    return ReplySignals(
        text=" ".join([word for word in read.words[:REPLY_LENGTH] if word != STOP])[:REPLY_LENGTH].rstrip(),
        confidence=confidence if confidence is None or math.isfinite(confidence) else None,
        intent=intent,
        intent_matched=intent_matched,
        failed=down or _failed(groups, read, speech),
        down=down,
        offers_human=offer.by_yes,
        values={name: value for name, value in (values or {}).items() if _storable(value)},
        promised=None if withheld else claims.promise(text, read, language),
        offers_otherwise=offer.by_no,
        offers_place=offer.place,
    )


def _failed(groups: Groups, read: Text, speech: Language) -> bool:
    """Whether the reply says that it could not do it, and leaves it at that.

    A bot that could not find an order and asks for its number goes on; and `if not, I can` tells of no failure.
    """
    told = (hit for hit in groups.get("like:failed", ()) if hit.end - hit.start >= _TELLING)
    by_example = (hit for hit in told if not _says_what_to_do(read, hit, speech))
    failed = (*groups.get("failed", ()), *by_example)
    if not failed:
        return False
    supposed = [hit.start for hit in (*groups.get("condition", ()), *groups.get("otherwise", ()))]
    said = max((hit.end for hit in failed if read.clause_start(hit.start) not in supposed), default=-1)
    return said >= 0 and all(hit.start < said for hit in groups.get("question", ()))


def _says_what_to_do(read: Text, sentence: Hit, speech: Language) -> bool:
    """Whether a sentence tells the visitor what they can do: `you can follow your order under My orders`."""
    senses = list(map(speech.vocabulary.sense, read.words[sentence.start : sentence.end]))
    return tuple(senses[: len(_YOU_CAN)]) == _YOU_CAN and _NOT not in senses


def _storable(value: Value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _by_group(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.group, []).append(hit)
    return groups


def _listed(groups: Groups, read: Text) -> dict[str, str]:
    """The word lists that something stands on, but for what only sounds so: `a gas leak detector`."""
    harmless, listed = groups.get("harmless", ()), dict[str, str]()
    for name, found in groups.items():
        if name.startswith("list:"):
            meant = next((hit for hit in found if not hit.overlaps(harmless)), None)
            if meant:
                listed[name[5:]] = read.said(meant.start, meant.end)
    return listed


def _content(read: Text, speech: Language) -> str:
    stop = speech.stop_words
    return " ".join([word[:40] for word in read.words if word not in stop and word != STOP][:CONTENT_WORDS])


def _negated(read: Text, start: int, speech: Language) -> bool:
    """Whether a negator stands in the three words before, inside the clause."""
    return _negator(read, start, speech) < start


def _negator(read: Text, start: int, speech: Language) -> int:
    """Where the negator stands that turns round the word `start`; `start` where none does."""
    negators = speech.sets["negators"]
    for i in range(start, max(0, start - _NEGATION_REACH), -1):
        if read.clause_starts(i):
            break
        if read.words[i - 1] in negators:
            return i - 1
    return start


def _unnegated(hits: Iterable[Hit], read: Text, speech: Language) -> set[int]:
    """Where the hits stand that nothing turns round; overlapping ones count once."""
    return {hit.end for hit in hits if not _negated(read, hit.start, speech)}


def _mood(groups: Groups, read: Text, speech: Language, text: str) -> tuple[float, bool]:
    """A message's points, and whether it is angry enough to count alone."""
    negative, strong, furious, phrases = (groups.get(name, ()) for name in _DISPLEASED)
    if not (negative or strong or furious or phrases):
        return 0.0, False
    hard = _unnegated(strong, read, speech)
    soft = _unnegated(negative, read, speech)
    pleased = _unnegated(groups.get("positive", ()), read, speech)
    rage = bool(_unnegated(furious, read, speech))
    bad = rage or bool(hard) or len(soft) > len(pleased)
    told = min(_PHRASES_COUNTED, _apart(phrases))
    points = float(bad) + float(rage or bool(hard)) + _PHRASE_POINTS * told
    return points, rage or points >= _EXTREME_POINTS or len(hard) > 1 or (bool(hard) and _shouts(text))


def _weighed(groups: Groups, read: Text, speech: Language) -> str:
    """The words of the phrases that weighed; of those that share words the one that begins first, and the longest."""
    told = [hit for name in _DISPLEASED for hit in groups.get(name, ())]
    said, end = [], 0
    for hit in sorted(told, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= end and not (hit.group != "frustration" and _negated(read, hit.start, speech)):
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
    clause = _clause(read, hit)
    told_so = speech.stop_words.issuperset(led_up) and _UNSETTLED.isdisjoint(map(speech.vocabulary.sense, led_up))
    return told_so and negators.isdisjoint([*led_up, *read.words[clause.start : clause.end]])


def _sound(read: Text, speech: Language) -> tuple[float, str]:
    """The points of a message by how its words sound, and the words that weighed."""
    total, weighed = 0.0, list[tuple[int, int]]()
    for i, strength in enumerate(map(speech.valence.strength, read.words)):
        if strength:
            start = _negator(read, i, speech)
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
    head = text[: lexicon.TEXT_LIMIT]
    upper = sum(map(str.isupper, head))
    return upper >= _SHOUT_LETTERS and upper > 2 * sum(map(str.islower, head))


def _progress(groups: Groups, read: Text, speech: Language) -> bool:
    """Something was settled, or the visitor gives thanks: as the message's opening, or in a short message."""
    if any(not _negated(read, hit.start, speech) for hit in groups.get("progress", ())):
        return True
    short = len(read.words) <= _SHORT_MESSAGE
    return any(short or hit.start <= 1 for hit in groups.get("thanks", ()))


def _asks_human(groups: Groups, read: Text, speech: Language, previous: ReplySignals | None) -> str | None:
    """The words that ask for a person, or take up the offer of one; none where another thing is picked by its place."""
    if previous is None or not answers_an_offer(previous) or not read.words:
        return requests.in_words(groups, read, speech) or requests.by_example(groups, read, speech)
    answer = offers.Answer.of(read, groups, speech)
    if previous.offers_place and answer.place:
        return read.said(0, len(read.words)) if answer.place == previous.offers_place else None
    return (
        requests.in_words(groups, read, speech)
        or _taken_up(answer, read, previous)
        or requests.by_example(groups, read, speech)
    )


def _taken_up(answer: offers.Answer, read: Text, previous: ReplySignals) -> str | None:
    """The words that take up the offer of a person which the reply before made."""
    if (previous.offers_human and answer.accepts) or (previous.offers_otherwise and answer.is_a_no):
        return read.said(0, answer.opening)
    return None


def _topic(groups: Groups, read: Text, speech: Language) -> str | None:
    """What the message is about: the first topic that it does not turn down and that is not settled in its clause."""
    topics = ((label, groups[group]) for group, label in speech.topics.items() if group in groups)
    settled = [hit for hit in groups.get("progress", ()) if not _negated(read, hit.start, speech)]
    return next((label for label, hits in topics if _is_open(label, hits, settled, read, speech)), None)


def _is_open(label: str, hits: Iterable[Hit], settled: Sequence[Hit], read: Text, speech: Language) -> bool:
    """Whether a topic is meant somewhere. What goes wrong may do so in the clause of what came: `came, but broken`."""
    for hit in hits:
        over = hit.lies_in(settled) if label in speech.troubles else _clause(read, hit).overlaps(settled)
        if not (over or _is_unwanted(read, hit, speech)):
            return True
    return False


def _is_unwanted(read: Text, hit: Hit, speech: Language) -> bool:
    """Whether it is named as what is not wished for: `i do not want a refund`."""
    before = read.words[read.clause_start(hit.start) : hit.start]
    return _WISH in map(speech.vocabulary.sense, before) and _negated(read, hit.start, speech)


def _clause(read: Text, hit: Hit) -> Hit:
    """The clause in which something was found."""
    end = next(i for i in range(hit.end, len(read.words) + 1) if read.clause_ends(i))
    return Hit("clause", read.clause_start(hit.start), end)


def _issue(read: Text, speech: Language) -> str | None:
    """The first document with a number that the message names."""
    if speech.sets["documents"].isdisjoint(read.words):
        return None
    for found in speech.document.finditer(read.folded):
        kind, mark, number = found.groups()
        if sum(map(str.isdigit, number)) >= _DIGITS:
            return f"{_as_written(kind, read)} {mark}{number.upper()}"
    return None


def _as_written(word: str, read: Text) -> str:
    """A folded word as the visitor wrote it first; itself where it is none of the words that were read."""
    if word not in read.words:
        return word
    named = read.words.index(word)
    return read.said(named, named + 1)


SAID: Final = (
    "words",
    "negative",
    "extreme",
    "progress",
    "asks_human",
    "lists",
    "issue",
    "topic",
    "trouble",
    "weighed",
    "language",
    "heard_in",
)
"""The order in which a stored turn has what was measured on its message; new signals stand last."""
REPLIED: Final = (
    "text",
    "failed",
    "offers_human",
    "values",
    "confidence",
    "intent",
    "intent_matched",
    "down",
    "promised",
    "offers_otherwise",
    "offers_place",
)
"""The same of its reply."""


def dump(turn: TurnSignals) -> Json:
    """A turn as a compact list of JSON values, usual ones at its ends left out; `load` gives back an equal turn."""
    message = _packed(turn.message, SAID, MessageSignals())
    reply = [_packed(turn.reply, REPLIED, ReplySignals())] if turn.reply else []
    return [turn.seq, turn.at, message, *reply]


def load(data: Json) -> TurnSignals:
    """The turn that `dump` wrote."""
    seq, at, message, *replies = data
    reply = ReplySignals(**dict(zip(REPLIED, replies[0], strict=False))) if replies else None
    return TurnSignals(seq, at, MessageSignals(**dict(zip(SAID, message, strict=False))), reply)


def _packed(
    one: MessageSignals | ReplySignals, names: Sequence[str], usual: MessageSignals | ReplySignals
) -> list[Json]:
    """What was measured, in this order and without what is as usual at its end."""
    values = [getattr(one, name) for name in names]
    while values and values[-1] == getattr(usual, names[len(values) - 1]):
        values.pop()
    return values
