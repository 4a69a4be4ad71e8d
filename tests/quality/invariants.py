"""What must hold whatever the policy's numbers are: rows that count violations, with none allowed."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from quality import measure
from quality.data import INTENT_FILES, Data, Key, Phrases, Session, said, session
from quality.measure import Decision, replay
from quality.rows import COUNT, Row, alone, at_most, decided, errors, last_words, told

SMALL_WORDS: Final = ("thanks", "yes")
REQUESTS: Final = (
    *("I want to talk to a human", "can you connect me with an agent please", "real person please", "call me back"),
    *("let me speak to your supervisor", "stop the bot, I need someone from support"),
)
PERSON: Final = re.compile(r"\b(human|agent|person|representative|supervisor|specialist|colleague|team)", re.IGNORECASE)
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "upper case": str.upper,
    "no accents": lambda text: "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)),
    "doubled spaces": lambda text: f"  {text.replace(' ', '  ')}  ",
    "emoji": lambda text: f"\N{WAVING HAND SIGN} {text} \N{PERSON WITH FOLDED HANDS}\U0001f3fd",
}
ODD_TEXTS: Final = {
    "empty": "",
    "blank": " \n\t ",
    "20,000 characters": "my order " * 2222 + "!!",
    "20,000 letters": "a" * 20_000,
    "Arabic": "أين طلبي رقم 1234؟ لم يصل بعد",
    "Hebrew with marks of direction": "\u202eאיפה ההזמנה שלי\u202c?",
    "half a surrogate pair": "my order \ud83d",
    "control characters": "my\x00order\x1b[2J\u200b",
}
ODD_LOCALES: Final = (None, "", "xx", "zz_ZZ.UTF-8@none", "en_US", "e" * 300, "\u202e")


def invariants(data: Data) -> Iterator[Row]:
    """Invariants over the labelled dialogues."""
    dialogues = data.dialogues()
    sessions = [dialogue.session for dialogue in dialogues]
    written = measure.replayed(sessions)
    whole = measure.decisions(written)
    again = zip_longest(written.splitlines(keepends=True), measure.replayed(sessions).splitlines(keepends=True))
    yield from _counted("invariants.two_runs", [str(pair) for pair in again if pair[0] != pair[1]], len(sessions))
    yield from _cut(sessions, whole)
    yield from _asked_anywhere(sessions, whole)
    yield from _small_words([d.session for d in dialogues if d.calm])
    asks = [message.text for name in INTENT_FILES for message in data.intents(name) if message.reading == "asks"]
    yield from _spelt("invariants.spelling", [session(str(i), said(text)) for i, text in enumerate(asks)])


def invariants_own(phrases: Mapping[Key, Phrases]) -> Iterator[Row]:
    """Invariants over our own requests."""
    requests = [one for (_, code), own in phrases.items() for one in alone(own, code, "requests")]
    yield from _spelt("invariants_own.spelling", requests)


def _counted(name: str, texts: Sequence[str], n: int) -> Iterator[Row]:
    yield from errors(name, texts, n, COUNT, at_most(0))


def cut(one: Session, length: int) -> Session:
    """The session's first turns."""
    return {**one, "session_id": f"{one['session_id']} to {length}", "turns": one["turns"][:length]}


def with_turn(one: Session, text: str) -> Session:
    """The session with one more message."""
    return {**one, "session_id": f"{one['session_id']} and {text}", "turns": [*one["turns"], said(text)]}


def _prefixes(one: Session) -> list[Session]:
    return [cut(one, length) for length in range(len(one["turns"]))]


def _cut(sessions: Sequence[Session], whole: Sequence[Decision]) -> Iterator[Row]:
    """A session that ends earlier is decided as the whole one was up to there."""
    expected, asked = [], []
    for one, full in zip(sessions, whole, strict=True):
        for prefix in _prefixes(one):
            expected.append(full if full.turn is not None and full.turn < len(prefix["turns"]) else None)
            asked.append(prefix)
    found = zip(expected, replay(asked), strict=True)
    wrong = [told(decision) for full, decision in found if not _agree(full, decision)]
    yield from _counted("invariants.cut_sessions", wrong, len(asked))


def _agree(full: Decision | None, decision: Decision) -> bool:
    if full is None:
        return not decision.escalated
    return (full.turn, full.rule, full.reason) == (decision.turn, decision.rule, decision.reason)


def _asked_anywhere(sessions: Sequence[Session], whole: Sequence[Decision]) -> Iterator[Row]:
    """A request at any turn that the bot still reaches hands over at that turn."""
    asked = []
    for number, (one, full) in enumerate(zip(sessions, whole, strict=True)):
        reached = len(one["turns"]) if full.turn is None else full.turn
        asked += [
            with_turn(cut(one, length), REQUESTS[(number + length) % len(REQUESTS)]) for length in range(reached + 1)
        ]
    wrong = [
        f"{told(decision)}; asked at turn {len(one['turns']) - 1}"
        for one, decision in decided(asked)
        if not (decision.requested and decision.turn == len(one["turns"]) - 1)
    ]
    yield from _counted("invariants.request_anywhere", wrong, len(asked))


def _small_words(calm: Sequence[Session]) -> Iterator[Row]:
    """After any turn of a calm dialogue thanks or a yes hands nothing over, unless the bot has just named a person."""
    for word in SMALL_WORDS:
        starts = [cut(one, length) for one in calm for length in range(len(one["turns"]) + 1)]
        asked = [with_turn(one, word) for one in starts if not _names_a_person(one)]
        wrong = [told(decision) for one, decision in decided(asked) if decision.turn == len(one["turns"]) - 1]
        yield from _counted(f"invariants.{word}", wrong, len(asked))


def _names_a_person(one: Session) -> bool:
    """Whether the last reply might offer a person: then a yes is a request."""
    reply = one["turns"][-1]["bot"] if one["turns"] else None
    return reply is not None and PERSON.search(reply["text"]) is not None


def _spelt(name: str, requests: Sequence[Session]) -> Iterator[Row]:
    """A request that is seen is seen in every spelling."""
    seen = [one for one, decision in decided(requests) if decision.requested]
    spelt = [(how, _respelt(one, spell)) for how, spell in SPELLINGS.items() for one in seen]
    decisions = replay([one for _, one in spelt])
    lost = [f"{how}: {last_words(one)}" for (how, one), d in zip(spelt, decisions, strict=True) if not d.requested]
    yield from _counted(name, lost, len(spelt))


def _respelt(one: Session, spell: Callable[[str], str]) -> Session:
    return {**one, "turns": [said(spell(turn["visitor"])) for turn in one["turns"]]}


def odd_input() -> Iterator[Row]:
    """Texts and locales that nobody expects are read without an error."""
    sessions = [
        session(f"{name} in {index}", said(text, text), said(text), locale=locale)
        for name, text in ODD_TEXTS.items()
        for index, locale in enumerate(ODD_LOCALES)
    ]
    without = [{key: value for key, value in one.items() if key != "locale"} for one in sessions[:: len(ODD_LOCALES)]]
    sessions += [{**one, "session_id": f"{one['session_id']} without"} for one in without]
    yield from _counted("odd_input", _refused(sessions), len(sessions))


def _refused(sessions: Sequence[Session]) -> list[str]:
    """The sessions that are not answered; all are asked at once, and singly only where that fails."""
    try:
        replay(sessions)
    except RuntimeError as error:
        if len(sessions) == 1:
            return [f"{sessions[0]['session_id']}: {error}"]
        middle = len(sessions) // 2
        return [*_refused(sessions[:middle]), *_refused(sessions[middle:])]
    return []
