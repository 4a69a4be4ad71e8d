"""Triggers: named conditions over signals, session and customer. They nominate; rules decide.

Each looks at a `Situation` and answers with a `Firing`, or None. A trigger whose input is absent does not fire. Windows
count back from the present turn, which is the last one and has no reply yet when the visitor's message is judged alone:
triggers over replies then look at the earlier ones.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator
from rapidfuzz import fuzz, process

from bridge.domain import languages
from bridge.domain.another import asks_for_another, has_other_numbers
from bridge.domain.customer_triggers import CrmUnavailable, HasOpenTicket, OrderValueAtLeast, SlaAtRisk, TierAtLeast
from bridge.domain.passing_over import circles, comes_back
from bridge.domain.signals import WINDOW, MessageSignals, ReplySignals, TurnSignals, answers_an_offer, content_words
from bridge.domain.situation import Firing, Situation
from bridge.domain.values import Frozen, Text80

_LEAST_CONTENT_WORDS: Final = 3
_LEAST_REPLY_WORDS: Final = 4
_EXPLAINED: Final = 180
"""Characters of a reply, without its signs, that does not only say no but why."""
_REPEATED_WITHIN: Final = 2
_TROUBLE_POINTS: Final = 0.5
_MINUTE: Final = 60_000
_WEIGHED_LENGTH: Final = 120
_EPSILON: Final = 1e-9
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=50, le=100)]
Times = Annotated[int, Field(ge=1, le=WINDOW)]
Minutes = Annotated[int, Field(ge=1, le=1440)]


class _Windowed(Frozen):
    """A trigger that looks back: so many turns (the present one counts) and minutes; both left out mean 12 turns."""

    within_turns: Times | None = None
    within_minutes: Minutes | None = None

    def window(self, s: Situation) -> tuple[TurnSignals, ...]:
        """The turns that this trigger looks at, oldest first."""
        turns = s.turns if self.within_turns is None else s.turns[-self.within_turns :]
        return turns if self.within_minutes is None else _since(turns, self.within_minutes)

    def replies(self, s: Situation) -> list[ReplySignals]:
        """The replies inside the window, oldest first."""
        return [turn.reply for turn in self.window(s) if turn.reply is not None]


class HumanRequested(Frozen):
    """The visitor asks for a person in this message, or accepts the bot's offer of one."""

    type: Literal["human_requested"] = "human_requested"

    def fires(self, s: Situation) -> Firing | None:
        asked = s.message.asks_human
        return Firing(asked, None, f'the visitor asked for a person: "{asked}"') if asked else None


class ConfidenceBelow(_Windowed):
    """The bot was less sure than `below` (left out: the flow's threshold), in this turn or `times` in the window."""

    type: Literal["confidence_below"] = "confidence_below"
    below: Share | None = None
    times: Times = 1

    def fires(self, s: Situation) -> Firing | None:
        threshold = self.below if self.below is not None else s.confidence_threshold
        if threshold is None:
            return None
        unsure = [c for c in self._confidences(s) if c < threshold]
        if len(unsure) < self.times:
            return None
        whose = "the topic needs" if self.below is None else "this rule asks for"
        often = "" if self.times == 1 else f", {len(unsure)} times"
        why = f"the bot was {_percent(unsure[-1])} sure, below the {_percent(threshold)} {whose}{often}"
        return Firing(unsure[-1], threshold, why)

    def _confidences(self, s: Situation) -> list[float]:
        """Without a window, `times: 1` means the present turn's reply: an old unsure one must not fire again."""
        now_only = self.times == 1 and self.within_turns is None and self.within_minutes is None
        replies = [s.turns[-1].reply] if now_only else self.replies(s)
        return [r.confidence for r in replies if r is not None and r.confidence is not None]


class NegativeTrajectory(_Windowed):
    """Points of displeasure add up over the window, and progress takes one away; this message must add some itself.

    A reported trouble weighs half a point, and counts only beside displeasure. The points have to come from as many
    `messages`: one angry line alone does not fire, unless it is extreme.
    """

    type: Literal["negative_trajectory"] = "negative_trajectory"
    points: Annotated[float, Field(ge=0.5, le=20)] = 2.0
    messages: Times = 2
    within_turns: Times | None = 6

    def fires(self, s: Situation) -> Firing | None:
        if not _weight(s.message):
            return None
        total, lines, displeased = 0.0, 0, False
        messages = [turn.message for turn in self.window(s)]
        for message in messages:
            if weight := _weight(message):
                total, lines, displeased = total + weight, lines + 1, displeased or message.negative > 0
            elif message.progress:
                total = max(0.0, total - 1)
                lines = lines if total else 0
        if s.message.extreme:
            return Firing(total, self.points, "the visitor is very angry")
        if not displeased or lines < self.messages or total < self.points:
            return None
        over = "in one message" if lines == 1 else f"over {lines} messages"
        why = f"the visitor's displeasure adds up: {total:g} points {over}, at or above {self.points:g}"
        return Firing(total, self.points, why + _weighed(messages))


class VisitorRepeats(Frozen):
    """This message says the same as `at_least` before it, at most so many messages and minutes back.

    Who asks for the next size, or for another one of the kind, says something else.
    Without minutes one is looked for in the last two messages, unless `within_turns` says otherwise; with them, or
    where more are asked for, in all that are kept.
    """

    type: Literal["visitor_repeats"] = "visitor_repeats"
    within_turns: Annotated[int, Field(ge=1, le=WINDOW - 1)] | None = None
    within_minutes: Minutes | None = None
    similarity: Percent = 75
    at_least: Annotated[int, Field(ge=1, le=WINDOW - 1)] = 1

    def fires(self, s: Situation) -> Firing | None:
        words = s.message.words
        if not _enough(words, _LEAST_CONTENT_WORDS):
            return None
        scorer, wanted = fuzz.token_sort_ratio, self.at_least
        alike = process.extract(words, self._earlier(s), scorer=scorer, score_cutoff=self.similarity, limit=None)
        told = (one for one in alike if _enough(one[0], _LEAST_CONTENT_WORDS) and not asks_for_another(words, one[0]))
        found = list(islice(told, wanted))
        if len(found) < wanted:
            return None
        least = found[-1][1]
        again = "again" if wanted == 1 else f"{wanted + 1} times"
        return Firing(round(least), self.similarity, f"the visitor says the same {again} ({least:.0f}% alike)")

    def _earlier(self, s: Situation) -> list[str]:
        """What the messages inside the window say, without the present one."""
        near = self.within_minutes is None and self.at_least == 1
        reach = self.within_turns or (_REPEATED_WITHIN if near else WINDOW)
        return [turn.message.words for turn in _since(s.turns[-1 - reach :], self.within_minutes)[:-1]]


class BotRepeats(_Windowed):
    """The bot's last reply is one that it gave `times` times in the window, this one counted.

    What it answers about another one of the kind may be the same, and is not counted; nor is one with another number.
    """

    type: Literal["bot_repeats"] = "bot_repeats"
    times: Annotated[int, Field(ge=2, le=WINDOW)] = 2
    similarity: Percent = 90

    def fires(self, s: Situation) -> Firing | None:
        answered = [(turn.message.words, turn.reply.text) for turn in self.window(s) if turn.reply]
        if not answered or not _enough(answered[-1][1], _LEAST_REPLY_WORDS):
            return None
        asked, last = answered.pop()
        texts = [text for _, text in answered]
        alike = process.extract(last, texts, scorer=fuzz.ratio, score_cutoff=self.similarity, limit=None)
        same = 1 + sum(
            not has_other_numbers(last, text) and not asks_for_another(asked, answered[at][0]) for text, _, at in alike
        )
        if same < self.times:
            return None
        return Firing(same, self.times, f"the bot gave the same answer {same} times")


class BotCircles(_Windowed):
    """The bot's short answers came back to what it had said, `times` times in the window, and the visitor wrote on.

    In other words than `bot_repeats` asks for, but without a word of what the visitor wrote in between. Who writes on
    after such an answer was not helped by it, unless it is to give thanks.
    """

    type: Literal["bot_circles"] = "bot_circles"
    times: Times = 1

    def fires(self, s: Situation) -> Firing | None:
        found = 0 if s.message.progress else _counted(circles, self.window(s)[:-1], s.turns[:-1])
        if found < self.times:
            return None
        return Firing(found, self.times, f"the bot came back to its own answer {_times(found)}")


class PassedOver(_Windowed):
    """The visitor came back, `at_least` times in the window, to what the bot's short answer had passed over."""

    type: Literal["passed_over"] = "passed_over"
    at_least: Times = 1

    def fires(self, s: Situation) -> Firing | None:
        found = _counted(comes_back, self.window(s), s.turns)
        if found < self.at_least:
            return None
        return Firing(found, self.at_least, f"the bot's answer passed over what the visitor asks {_times(found)}")


class IntentFailures(_Windowed):
    """The bot did not see what the visitor wanted, `at_least` times in the window."""

    type: Literal["intent_failures"] = "intent_failures"
    at_least: Times = 2

    def fires(self, s: Situation) -> Firing | None:
        missed = [r.intent_matched for r in self.replies(s)].count(False)
        if missed < self.at_least:
            return None
        return Firing(missed, self.at_least, f"the bot did not understand the visitor {_times(missed)}")


class BotFailed(_Windowed):
    """The bot failed, or said that it could not do it, `at_least` times in the window.

    `reported` counts only what is beyond doubt: its host said that it failed, or the answer was empty. `dead_ends`
    counts only what leaves the visitor nothing: who is offered a person may take it with a yes, and who is told at
    length why not has an answer.
    """

    type: Literal["bot_failed"] = "bot_failed"
    at_least: Times = 1
    reported: bool = False
    dead_ends: bool = False

    def fires(self, s: Situation) -> Firing | None:
        failed = [self._counts(reply) for reply in self.replies(s)].count(True)
        if failed < self.at_least:
            return None
        return Firing(failed, self.at_least, f"the bot could not help {_times(failed)}")

    def _counts(self, reply: ReplySignals) -> bool:
        failed = reply.down if self.reported else reply.failed
        return failed and not (self.dead_ends and (answers_an_offer(reply) or len(reply.text) >= _EXPLAINED))


class BotPromised(Frozen):
    """The bot's reply promises a person by itself: a transfer, a ticket, a call, or by when somebody answers.

    No row of ours bears that out, so nobody would come.
    """

    type: Literal["bot_promised"] = "bot_promised"

    def fires(self, s: Situation) -> Firing | None:
        reply = s.turns[-1].reply
        promised = reply.promised if reply else None
        return Firing(promised, None, f'the bot promised a person: "{promised}"') if promised else None


class Words(Frozen):
    """The message holds words of a named `list`, or one of the owner's own `words` (phrases of content words)."""

    type: Literal["words"] = "words"
    list: Text80 | None = None
    words: Annotated[tuple[Text80, ...], Field(min_length=1, max_length=200)] | None = None

    @field_validator("list")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in languages.list_names():
            raise ValueError(f"no such word list; there are {', '.join(sorted(languages.list_names()))}")
        return name

    @field_validator("words")
    @classmethod
    def _with_content(cls, words: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if any(not content_words(phrase, language="") for phrase in words or ()):
            raise ValueError("words like `yes` or `the` have no content of their own")
        return words

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.list is None) == (self.words is None):
            raise ValueError("exactly one of `list` and `words` is needed")
        return self

    def fires(self, s: Situation) -> Firing | None:
        if self.list is not None:
            found = s.message.lists.get(self.list)
            return Firing(found, self.list, f'words of the list {self.list}: "{found}"') if found else None
        text = f" {s.message.words} "
        for phrase, content in _contents(self.words or (), s.message.language):
            if content in text:
                return Firing(phrase, None, f'the visitor wrote "{phrase}"')
        return None


@lru_cache(maxsize=256)
def _contents(phrases: tuple[str, ...], language: str) -> tuple[tuple[str, str], ...]:
    """Phrases of an owner's, each with what of it is looked for in a message of the language.

    They lose the same small words as the message has lost; one of which nothing is left there is not looked for.
    """
    contents = ((phrase, content_words(phrase, language=language)) for phrase in phrases)
    return tuple((phrase, f" {content} ") for phrase, content in contents if content)


class Signal(Frozen):
    """A value that the host sent with the present reply reaches, falls below, or equals what is given."""

    type: Literal["signal"] = "signal"
    name: Annotated[str, Field(min_length=1, max_length=80)]
    at_least: float | None = None
    below: float | None = None
    equals: bool | float | Text80 | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(bound is not None for bound in (self.at_least, self.below, self.equals)) != 1:
            raise ValueError("exactly one of `at_least`, `below` and `equals` is needed")
        return self

    def fires(self, s: Situation) -> Firing | None:
        reply = s.turns[-1].reply
        value = reply.values.get(self.name) if reply else None
        if value is None:
            return None
        if self.equals is not None:
            same = value == self.equals and isinstance(value, bool) == isinstance(self.equals, bool)
            return Firing(value, self.equals, f"{self.name} is {_plain(value)}") if same else None
        if isinstance(value, bool | str):
            return None
        if self.at_least is not None and value >= self.at_least:
            return Firing(value, self.at_least, f"{self.name} is {value:g}, at or above {self.at_least:g}")
        if self.below is not None and value < self.below:
            return Firing(value, self.below, f"{self.name} is {value:g}, below {self.below:g}")
        return None


class TurnsWithoutResolution(Frozen):
    """So many turns have passed since the session began, or since something was last settled."""

    type: Literal["turns_without_resolution"] = "turns_without_resolution"
    turns: Annotated[int, Field(ge=2, le=WINDOW)]

    def fires(self, s: Situation) -> Firing | None:
        since = _since_progress(s)
        if since < self.turns:
            return None
        return Firing(since, self.turns, f"{since} turns have gone by and nothing was settled")


Trigger = Annotated[
    HumanRequested
    | ConfidenceBelow
    | NegativeTrajectory
    | VisitorRepeats
    | BotRepeats
    | BotCircles
    | PassedOver
    | IntentFailures
    | BotFailed
    | BotPromised
    | TierAtLeast
    | OrderValueAtLeast
    | Words
    | Signal
    | SlaAtRisk
    | HasOpenTicket
    | TurnsWithoutResolution
    | CrmUnavailable,
    Field(discriminator="type"),
]
"""Any trigger, told apart by `type`."""

_INPUTS: Final = {
    "confidence_below": "confidence",
    "intent_failures": "intent",
    "bot_repeats": "reply",
    "bot_circles": "reply",
    "passed_over": "reply",
    "bot_failed": "reply",
    "bot_promised": "reply",
    "tier_at_least": "crm",
    "order_value_at_least": "orders",
    "sla_at_risk": "crm",
    "open_ticket": "crm",
    "crm_unavailable": "crm",
}


OF_CUSTOMER: Final = frozenset({"crm", "orders"})
"""Inputs that say what a customer is: they stay as they were at session start, and no visitor is told of them."""


def inputs_of(trigger: Trigger) -> frozenset[str]:
    """What a host must feed for this trigger to be able to fire; empty when the visitor's messages are enough.

    `reply`, `confidence` and `intent` (whether one was matched) come with a bot's reply, `signal:NAME` with its
    signals; `crm` is a configured CRM, `orders` a CRM or the shop.
    """
    if isinstance(trigger, Signal):
        return frozenset({f"signal:{trigger.name}"})
    found = _INPUTS.get(trigger.type)
    return frozenset({found} if found else ())


def _counted(
    holds: Callable[[Sequence[TurnSignals]], bool], window: Sequence[TurnSignals], turns: tuple[TurnSignals, ...]
) -> int:
    """At how many turns of the window, the last ones of the session, something holds of the session until then."""
    return sum(holds(turns[: len(turns) - back]) for back in range(len(window)))


def _since(turns: tuple[TurnSignals, ...], minutes: int | None) -> tuple[TurnSignals, ...]:
    """The turns that are no older than the last one by more than so many minutes; all where None is given."""
    if minutes is None:
        return turns
    since = turns[-1].at - minutes * _MINUTE
    return tuple(turn for turn in turns if turn.at >= since)


def _weight(message: MessageSignals) -> float:
    """What a message adds to a trajectory."""
    if message.progress:
        return 0.0
    return message.negative + (_TROUBLE_POINTS if message.trouble else 0.0)


def _weighed(messages: Iterable[MessageSignals]) -> str:
    """The words that sounded bad, of the last messages that have any."""
    said = "; ".join(message.weighed for message in messages if message.weighed)
    return f" ({said[-_WEIGHED_LENGTH:]})" if said else ""


def _since_progress(s: Situation) -> int:
    for back, turn in enumerate(_backwards(s.turns)):
        if turn.message.progress:
            return back
    return s.turn_count


def _backwards(turns: Sequence[TurnSignals]) -> Iterator[TurnSignals]:
    return reversed(turns)


def _enough(text: str, words: int) -> bool:
    return text.count(" ") + 1 >= words if text else False


def _percent(share: float) -> str:
    """A share in percent, rounded down to a tenth, so that what is below a threshold also reads so."""
    return f"{math.floor(share * 1000 + _EPSILON) / 10:g}%"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _plain(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"
