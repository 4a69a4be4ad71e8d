"""What is measured on a turn: facts about one visitor message and one reply, pure and cheap.

Nothing here decides. A message costs some tens of microseconds; a turn's signals are stored, so that the same
decision can be made again.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.domain import claims, language_files, languages, moods, offers, requests
from bridge.domain.learned import SENSE
from bridge.domain.lexicon import STOP, Groups, Hit, Language, Text
from bridge.domain.locale_tag import language_in
from bridge.domain.negation import negated
from bridge.domain.values import Json, Millis

WINDOW: Final = 12
"""Turns of a session that are kept for triggers, the present one included."""

CONTENT_WORDS: Final = 40
"""Content words of a message that are kept for comparing."""

REPLY_LENGTH: Final = 200
"""Characters of a reply that are kept for comparing."""

_WISH: Final = f"{SENSE}wish"
_YOU_CAN: Final = (f"{SENSE}you", f"{SENSE}can")
_NOT: Final = f"{SENSE}not"
_TELLING: Final = 3
"""Words from which on a sentence may tell by its look that the bot failed: `de nada` says nothing."""
_SHORT_MESSAGE: Final = 8
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
    asks: bool = False
    """The bot asks something, so that what comes next may be no more than the answer."""


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
    points, extreme = moods.mood(groups, read, speech, text)
    weighed = moods.weighed(groups, read, speech) if points else ""
    progress = points == 0 and _progress(groups, read, speech)
    if points == 0 and not progress:
        points, weighed = moods.sound(read, speech)
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
        asks=offers.asks(text) or "question" in groups,
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


def _progress(groups: Groups, read: Text, speech: Language) -> bool:
    """Something was settled, or the visitor gives thanks: as the message's opening, or in a short message."""
    if any(not negated(read, hit.start, speech) for hit in groups.get("progress", ())):
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
    settled = [hit for hit in groups.get("progress", ()) if not negated(read, hit.start, speech)]
    return next((label for label, hits in topics if _is_open(label, hits, settled, read, speech)), None)


def _is_open(label: str, hits: Iterable[Hit], settled: Sequence[Hit], read: Text, speech: Language) -> bool:
    """Whether a topic is meant somewhere. What goes wrong may do so in the clause of what came: `came, but broken`."""
    for hit in hits:
        over = hit.lies_in(settled) if label in speech.troubles else read.clause_of(hit).overlaps(settled)
        if not (over or _is_unwanted(read, hit, speech)):
            return True
    return False


def _is_unwanted(read: Text, hit: Hit, speech: Language) -> bool:
    """Whether it is named as what is not wished for: `i do not want a refund`."""
    before = read.words[read.clause_start(hit.start) : hit.start]
    return _WISH in map(speech.vocabulary.sense, before) and negated(read, hit.start, speech)


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
    "asks",
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
