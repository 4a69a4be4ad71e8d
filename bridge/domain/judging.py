"""The step that every message and every reply goes through: measured, put into the session, judged.

Live turns and replayed ones take it alike, so that what a replay says is what would have happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.domain import languages, lexicon, messages, rules, signals, spoken_language
from bridge.domain import policy as policies
from bridge.domain import session as sessions
from bridge.domain.policy import Policy
from bridge.domain.rules import Decision
from bridge.domain.session import Session
from bridge.domain.signals import MessageSignals, ReplySignals, TurnSignals, Value
from bridge.domain.situation import Situation
from bridge.domain.values import Millis

LONGEST_MESSAGE: Final = lexicon.TEXT_LIMIT
"""Characters of a visitor's message: all of it is read."""
LONGEST_REPLY: Final = 8_000
"""Characters of a bot's reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot said, and what its host says about it. An absent confidence is neither sure nor unsure."""

    text: str
    confidence: float | None = None
    intent: str | None = None
    intent_matched: bool | None = None
    failed: bool = False
    withheld: bool = False
    """Nobody will read it, whatever is decided: it promises nothing to anybody."""
    signals: tuple[tuple[str, Value], ...] = ()


def warm(code: str = languages.ENGLISH) -> None:
    """Read what the first message and reply in a language would read, so that nobody waits for it later."""
    languages.language(code)
    languages.claim_speech(code or languages.ENGLISH)
    languages.list_names()
    messages.shipped(code or languages.ENGLISH)
    spoken_language.warm()


def hear(policy: Policy, session: Session, text: str, at: Millis) -> Session:
    """The session after a visitor's message, whose signals are the last of its window."""
    return heard(policy, session, text, measure_message(session, text), at)


def measure_message(session: Session, text: str) -> MessageSignals:
    """What a visitor's message shows; the policy has no part in it.

    It is read in the session's language, or in another one that it is clearly written in. Where it may be in several, a
    request for a person and what stands on a word list are heard in any of them, and the acceptance of an offer where
    all of them read one. A locale that is not read leaves it at that: a neighbour of its language would see moods that
    are not there.
    """
    previous = session.window[-1].reply if session.window else None
    hearing = _hearing(session, text, answering=signals.answers_an_offer(previous))
    measured = read = signals.measure_message(text, language=hearing.read_in, previous=previous)
    if hearing.suspected:
        measured = replace(measured, lists=_listed(text, hearing.suspected) | measured.lists)
    if hearing.also:
        measured = replace(measured, asks_human=_asks_human(text, hearing, measured, previous))
    told = (measured.asks_human or measured.lists) and not (hearing.read_in and (read.asks_human or read.lists))
    return replace(measured, heard_in=_heard_in_one(text, hearing)) if told else measured


@dataclass(frozen=True, slots=True)
class Hearing:
    """The languages that a message is heard in."""

    read_in: str
    """All of it is read in this one."""
    also: tuple[str, ...] = ()
    """It may be meant in any of these: a request for a person is heard in them, and an acceptance."""
    suspected: tuple[str, ...] = ()
    """Something in it may be of these: what stands on a word list is heard in them."""


def _hearing(session: Session, text: str, *, answering: bool) -> Hearing:
    """Where a message is to be heard; `answering`: it may take up an offer of a person."""
    own = signals.language_of(session.locale)
    if own and not spoken_language.foreign(text, own, answering=answering):
        return Hearing(own, spoken_language.consenting(text, own) if answering else ())
    heard = spoken_language.heard_in(text, own, answering=answering)
    read_in = own if session.locale and not own else heard[0]
    also = tuple(language for language in heard if language != read_in)
    suspected = {*heard, *spoken_language.suspected(text, own)} - {read_in, ""}
    if answering:
        also = also or spoken_language.consenting(text, read_in)
    return Hearing(read_in, also, tuple(sorted(suspected)))


def _listed(text: str, codes: Iterable[str]) -> dict[str, str]:
    """What stands on word lists in any of these languages: danger and threats are seen whatever they are written in."""
    found: dict[str, str] = {}
    for code in codes:
        found |= signals.listed(text, language=code)
    return found


def _asks_human(text: str, hearing: Hearing, measured: MessageSignals, previous: ReplySignals | None) -> str | None:
    """The words that ask for a person in any of the languages, or take up the offer of one in all that may be meant.

    What is an acceptance in the language that the message is read in may be none in that which it is meant in.
    """
    if not signals.answers_an_offer(previous):
        return measured.asks_human or _asked(text, hearing.also)
    return _taken_up(text, hearing.also, previous) or _asked(text, (hearing.read_in, *hearing.also))


def _taken_up(text: str, codes: Sequence[str], previous: ReplySignals | None) -> str | None:
    """The words of an acceptance, where each of these languages reads one: a wrong one hands a visitor over."""
    read = [signals.measure_message(text, language=code, previous=previous).asks_human for code in codes]
    return read[0] if all(read) else None


def _heard_in_one(text: str, hearing: Hearing) -> str:
    """The one language beside in which a few words ask for a person, or stand on a word list; "" if there are more."""
    asked = {code for code in hearing.also if _asked(text, (code,))}
    found = asked | {code for code in hearing.suspected if signals.listed(text, language=code)}
    return found.pop() if len(found) == 1 else ""


def _asked(text: str, codes: Iterable[str]) -> str | None:
    """The words that ask for a person in any of these languages."""
    found = (signals.measure_message(text, language=code).asks_human for code in codes)
    return next(filter(None, found), None)


def locale_of(session: Session, text: str) -> str | None:
    """The session's locale; where it has none, the language that its message is clearly written in."""
    return session.locale or spoken_language.guess(text) or None


def heard(policy: Policy, session: Session, text: str, message: MessageSignals, at: Millis) -> Session:
    """The session after a message that was measured."""
    seq = session.turns + 1
    return replace(
        session,
        turns=seq,
        locale=locale_of(session, text),
        window=sessions.append(session.window, TurnSignals(seq=seq, at=at, message=message, reply=None)),
        flow=policies.flow_of_message(policy, text, session.flow),
    )


def spoken(session: Session) -> str | None:
    """The locale in which the visitor is spoken to: the session's, or the language of the last message that was judged.

    It is another one where the message is clearly written in it, or asks for a person or is on a word list in it alone.
    A locale that is not read stays.
    """
    own = signals.language_of(session.locale)
    if not session.window or (session.locale and not own):
        return session.locale
    message = session.window[-1].message
    language = message.heard_in or (message.language if own else "")
    return language if language not in ("", own) else session.locale


def answer(policy: Policy, session: Session, seq: int, reply: Reply) -> Session:
    """The session after the bot's reply to the turn of that number, if that is recent enough to be looked at."""
    return answered(policy, session, seq, measure_reply(session, reply))


def measure_reply(session: Session, reply: Reply) -> ReplySignals:
    """What a bot's reply shows, in the language that it is clearly written in; the policy has no part in it."""
    own = signals.language_of(session.locale)
    measured = _measured(reply, own)
    if (own and not spoken_language.foreign(measured.text, own)) or (session.locale and not own):
        return measured
    language = spoken_language.heard_in(reply.text, own)[0]
    return measured if language == own else _measured(reply, language)


def _measured(reply: Reply, language: str) -> ReplySignals:
    return signals.measure_reply(
        reply.text,
        language=language,
        confidence=reply.confidence,
        intent=reply.intent,
        intent_matched=reply.intent_matched,
        failed=reply.failed,
        withheld=reply.withheld,
        values=dict(reply.signals),
    )


def answered(policy: Policy, session: Session, seq: int, reply: ReplySignals) -> Session:
    """The session after a reply that was measured."""
    known = seen(session, seq)
    turn = TurnSignals(seq, known.at, known.message, reply) if known else None
    window = sessions.answered(session.window, turn) if turn else session.window
    return replace(session, window=window, flow=policies.flow_of_intent(policy, reply.intent, session.flow))


def seen(session: Session, seq: int) -> TurnSignals | None:
    """The signals of a turn, if they have not left the window."""
    return next((turn for turn in session.window if turn.seq == seq), None)


def judge(policy: Policy, session: Session) -> Decision:
    """The decision on a session as it stands."""
    situation = Situation(
        turns=session.window,
        turn_count=session.turns,
        flow=session.flow,
        confidence_threshold=policy.confidence_threshold(session.flow, session.customer.tier),
        tiers=policy.tiers,
        customer=session.customer,
    )
    return rules.judge(policy, situation)
