"""What is measured on a turn: facts about one visitor message and one reply, pure and cheap.

Nothing here decides. A message costs some tens of microseconds; a turn's signals are stored, so that the same
decision can be made again.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.domain import claims, language_files, languages, lexicon, offers
from bridge.domain.learned import SENSE
from bridge.domain.lexicon import STOP, Hit, Language, Text
from bridge.domain.values import Json, Millis

WINDOW: Final = 12
"""Turns of a session that are kept for triggers, the present one included."""

CONTENT_WORDS: Final = 40
"""Content words of a message that are kept for comparing."""

REPLY_LENGTH: Final = 200
"""Characters of a reply that are kept for comparing."""

_REGION: Final = re.compile(r"[-_.@].*", re.DOTALL)
_PHRASE_POINTS: Final = 0.75
_PHRASES_COUNTED: Final = 2
_EXTREME_POINTS: Final = 2.5
_MILD: Final = ((-2.0, 0.75), (-1.0, 0.5))
"""Points of a message in which no phrase speaks, from this sum of its words' strengths down: none is enough alone."""
_WEIGHED_LENGTH: Final = 80
_NEGATION_REACH: Final = 3
_INSERTION: Final = 3
_SHORT_MESSAGE: Final = 8
_BARE_LENGTH: Final = 7
_THING: Final = (f"{SENSE}a", "", f"{SENSE}please")
"""What the words stand for by which a thing is chosen: an article, a word of no sense, a please."""
_SHOUT_LETTERS: Final = 12
_ASKS_LENGTH: Final = 120
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
    """The words that weighed where no phrase did: `lousy, not good`."""
    language: str = languages.ENGLISH
    """The language whose small words, beside English ones, are left out of `words`."""


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


@dataclass(frozen=True, slots=True)
class TurnSignals:
    """One turn: its number in the session, its instant, and what was measured."""

    seq: int
    at: Millis
    message: MessageSignals
    reply: ReplySignals | None = None


def language_of(locale: str | None) -> str:
    """`en-US`, `en_US.UTF-8` -> `en`; an unknown or missing locale -> "" (no mood is read, the rest in English)."""
    code = _REGION.sub("", locale.strip().casefold()) if locale else ""
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
    points, extreme = _mood(groups, read, speech, text)
    progress = points == 0 and _progress(groups, read, speech)
    weighed = ""
    if points == 0 and not progress:
        points, weighed = _sound(read, speech)
    topic = next((label for group, label in speech.topics.items() if group in groups), None)
    return MessageSignals(
        words=words,
        negative=points,
        extreme=extreme,
        progress=progress,
        asks_human=_request(groups, read, speech)
        or _taken_up(groups, read, speech, previous)
        or _request_by_example(groups, read, speech),
        lists=_listed(groups, read),
        issue=_issue(read, speech),
        topic=topic,
        trouble=topic in speech.troubles,
        weighed=weighed,
        language=speech.code or languages.ENGLISH,
    )


def answers_an_offer(previous: ReplySignals | None) -> bool:
    """Whether what is said after this reply may take up an offer of a person."""
    return previous is not None and (previous.offers_human or previous.offers_otherwise)


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
        failed=down or _failed(groups, read),
        down=down,
        offers_human=offer.by_yes,
        values={name: value for name, value in (values or {}).items() if _storable(value)},
        promised=None if withheld else claims.promise(text, read, language),
        offers_otherwise=offer.by_no,
    )


def _failed(groups: Mapping[str, list[Hit]], read: Text) -> bool:
    """Whether the reply says that it could not do it, and leaves it at that.

    A bot that could not find an order and asks for its number goes on; and `if not, I can` tells of no failure.
    """
    failed = (*groups.get("failed", ()), *groups.get("like:failed", ()))
    if not failed:
        return False
    supposed = [hit.start for hit in (*groups.get("condition", ()), *groups.get("otherwise", ()))]
    said = max((hit.end for hit in failed if read.clause_start(hit.start) not in supposed), default=-1)
    return said >= 0 and all(hit.start < said for hit in groups.get("question", ()))


def _storable(value: Value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _by_group(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.group, []).append(hit)
    return groups


def _listed(groups: Mapping[str, list[Hit]], read: Text) -> dict[str, str]:
    """The word lists that something stands on, but for what only sounds so: `a gas leak detector`."""
    harmless, listed = groups.get("harmless", ()), dict[str, str]()
    for name, found in groups.items():
        if name.startswith("list:"):
            meant = next((hit for hit in found if not hit.overlaps(harmless)), None)
            if meant:
                listed[name[5:]] = _said(read, meant)
    return listed


def _said(read: Text, hit: Hit) -> str:
    words = [word for word in read.words[hit.start : hit.end] if word != STOP]
    return " ".join(words)[:_ASKS_LENGTH]


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


def _mood(groups: Mapping[str, list[Hit]], read: Text, speech: Language, text: str) -> tuple[float, bool]:
    """A message's points, and whether it is angry enough to count alone."""
    negative, strong, furious, phrases = (groups.get(g, ()) for g in ("negative", "strong", "extreme", "frustration"))
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


def _sound(read: Text, speech: Language) -> tuple[float, str]:
    """The points of a message by how its words sound, and the words that weighed."""
    total, weighed = 0.0, []
    for i, word in enumerate(read.words):
        strength = speech.valence.strength(word)
        if strength:
            start = _negator(read, i, speech)
            # `not good` is bad; `not bad` says little
            strength = strength if start == i else min(0.0, -strength)
            total += strength
            if strength < 0:
                weighed.append(" ".join(read.words[start : i + 1]))
    points = next((points for bound, points in _MILD if total <= bound), 0.0)
    return points, ", ".join(weighed)[:_WEIGHED_LENGTH] if points else ""


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


def _progress(groups: Mapping[str, list[Hit]], read: Text, speech: Language) -> bool:
    """Something was settled, or the visitor gives thanks: as the message's opening, or in a short message."""
    if any(not _negated(read, hit.start, speech) for hit in groups.get("progress", ())):
        return True
    short = len(read.words) <= _SHORT_MESSAGE
    return any(short or hit.start <= 1 for hit in groups.get("thanks", ()))


def _request(groups: Mapping[str, list[Hit]], read: Text, speech: Language) -> str | None:
    """The words of an explicit request for a person that is neither refused nor one of the known traps.

    Where a sentence as a whole reads quite unlike a request, a phrase in it does not make one. Who turns the machine
    down says so in words that weigh against a request.
    """
    traps, unlike = groups.get("trap", ()), groups.get("unlike:request", ())
    for hit in groups.get("machine", ()):
        if not hit.overlaps(traps):
            return _said(read, hit)
    refusals = {hit.start for hit in groups.get("refusal", ())}
    behind = groups.get("refusal_after", ())
    starts = _starts(groups.get("restart", ()), read, speech)
    likely = [hit for hit in groups.get("request", ()) if not hit.overlaps(unlike)]
    for hit in _longest([*likely, *groups.get("own_request", ())]):
        if not (
            hit.overlaps(traps) or _refused(read, hit, refusals, starts, speech) or _refused_behind(read, hit, behind)
        ):
            return _said(read, hit)
    return None if traps else _bare(read, speech)


def _taken_up(
    groups: Mapping[str, list[Hit]], read: Text, speech: Language, previous: ReplySignals | None
) -> str | None:
    """The words that take up the offer of a person which the reply before made."""
    if previous is None or not answers_an_offer(previous) or not read.words:
        return None
    answer = offers.Answer.of(read, groups, speech)
    if (previous.offers_human and answer.accepts) or (previous.offers_otherwise and answer.is_a_no):
        return " ".join(read.words[: answer.opening])[:_ASKS_LENGTH]
    return None


def _request_by_example(groups: Mapping[str, list[Hit]], read: Text, speech: Language) -> str | None:
    """The sentence that reads like a request for a person although no phrase of one, nor of a trap, is in it."""
    judged = [*groups.get("request", ()), *groups.get("own_request", ()), *groups.get("trap", ())]
    for hit in groups.get("like:request", ()):
        if not hit.overlaps(judged) and not _wants_a_thing(read.words[hit.start : hit.end], speech):
            return _said(read, hit)
    return None


def _wants_a_thing(words: Sequence[str], speech: Language) -> bool:
    """Whether it is but a thing that is wanted: `the label please`."""
    return len(words) == len(_THING) and tuple(map(speech.vocabulary.sense, words)) == _THING


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
    words = list(dict.fromkeys(word for word in read.words if word != STOP))
    bare, filler = speech.sets["bare"], speech.sets["filler"]
    if len(words) > _BARE_LENGTH or bare.isdisjoint(words) or not (bare | filler).issuperset(words):
        return None
    return " ".join(words)


def _issue(read: Text, speech: Language) -> str | None:
    """The first document with a number that the message names."""
    if speech.sets["documents"].isdisjoint(read.words):
        return None
    for found in speech.document.finditer(read.folded):
        kind, mark, number = found.groups()
        if sum(map(str.isdigit, number)) >= _DIGITS:
            return f"{kind} {mark}{number.upper()}"
    return None


_MESSAGE_DEFAULTS: Final[tuple[Json, ...]] = ("", 0.0, False, False, None, {}, None, None, False, "", languages.ENGLISH)
_REPLY_DEFAULTS: Final[tuple[Json, ...]] = ("", False, False, {}, None, None, None, False, None, False)


def dump(turn: TurnSignals) -> Json:
    """A turn as a compact list of JSON values, defaults at its ends left out; `load` gives back an equal turn."""
    m, r = turn.message, turn.reply
    said = (m.words, m.negative, m.extreme, m.progress, m.asks_human, m.lists)
    message = _trim([*said, m.issue, m.topic, m.trouble, m.weighed, m.language], _MESSAGE_DEFAULTS)
    if r is None:
        return [turn.seq, turn.at, message]
    read = (r.text, r.failed, r.offers_human, r.values)
    told = (r.confidence, r.intent, r.intent_matched, r.down, r.promised, r.offers_otherwise)
    reply = _trim([*read, *told], _REPLY_DEFAULTS)
    return [turn.seq, turn.at, message, reply]


def load(data: Json) -> TurnSignals:
    """The turn that `dump` wrote."""
    seq, at, message, *replies = data
    words, negative, extreme, progress, asks, lists, *about = _filled(message, _MESSAGE_DEFAULTS)
    measured = MessageSignals(words, negative, extreme, progress, asks, dict(lists), *about)
    if not replies:
        return TurnSignals(seq, at, measured)
    text, failed, offered, values, confidence, intent, matched, down, *more = _filled(replies[0], _REPLY_DEFAULTS)
    reply = ReplySignals(text, confidence, intent, matched, failed, down, offered, dict(values), *more)
    return TurnSignals(seq, at, measured, reply)


def _trim(values: list[Json], defaults: tuple[Json, ...]) -> list[Json]:
    """The list without what equals its default at the end."""
    while values and values[-1] == defaults[len(values) - 1]:
        values.pop()
    return values


def _filled(values: Sequence[Json], defaults: tuple[Json, ...]) -> tuple[Json, ...]:
    return (*values, *defaults[len(values) :])
