"""Whether a bot's answers pass over what the visitor asks: told by the words that come back, whatever the language.

Looked at are short answers alone. A long one holds so many words that some come back in any talk.
"""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from bridge.domain.another import asks_for_another, has_other_numbers
from bridge.domain.signals import MessageSignals, ReplySignals, TurnSignals

_SHORT: Final = 120
"""Characters of an answer, without its signs, that says one thing."""
_LEAST_WORDS: Final = 4
_STEM: Final = 5
"""First letters by which forms of a word are taken for one: `błędem`, `błędzie`."""
_LEAST_LETTERS: Final = 3
_ALIKE: Final = 60
"""From here on, of a hundred, two answers share most of the words of the shorter one."""
_BACK: Final = 2
"""Turns before this one in which the same was said."""


def comes_back(turns: Sequence[TurnSignals]) -> bool:
    """Whether the last message names again what the answer before it did not, and brings little that is new.

    Who asks something else of the same thing brings a word for it: `is the jacket warm?`, `is the jacket light?`. A
    number that is named again says only which thing is meant.
    """
    answer = turns[-2].reply if len(turns) > 1 else None
    message = turns[-1].message
    if answer is None or not _says_one_thing(answer) or message.progress or _goes_on(turns):
        return False
    now, answered = _stems(message.words), _stems(answer.text)
    before = set[str]().union(*(_stems(turn.message.words) for turn in turns[-1 - _BACK : -1]))
    new = now - before - answered
    return any(map(str.isalpha, (now & before) - answered)) and len(now) > 2 * len(new)


def circles(turns: Sequence[TurnSignals]) -> bool:
    """Whether the last answer says what one shortly before it said, and takes up nothing of the message between."""
    message, answer = turns[-1].message, turns[-1].reply
    if answer is None or not _says_one_thing(answer) or message.progress or _goes_on(turns):
        return False
    earlier = (turn.reply for turn in turns[-1 - _BACK : -1])
    return any(_says_again(answer, one, message) for one in earlier if one and _says_one_thing(one))


def _goes_on(turns: Sequence[TurnSignals]) -> bool:
    """Whether the last message asks for another one of what the message before it asked for."""
    return len(turns) > 1 and asks_for_another(turns[-1].message.words, turns[-2].message.words)


def _says_again(answer: ReplySignals, earlier: ReplySignals, message: MessageSignals) -> bool:
    if fuzz.token_set_ratio(answer.text, earlier.text) < _ALIKE:
        return False
    new = _stems(answer.text) - _stems(earlier.text)
    return new.isdisjoint(_stems(message.words)) and not has_other_numbers(answer.text, earlier.text)


def _says_one_thing(answer: ReplySignals) -> bool:
    """Whether it is a short answer; a question is none."""
    return not answer.asks and len(answer.text) <= _SHORT and answer.text.count(" ") + 1 >= _LEAST_WORDS


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in text.split() if len(word) >= _LEAST_LETTERS}
