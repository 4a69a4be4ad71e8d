"""The rows of the report: what each is measured on, how, and the goal it is held to."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from quality import figures, measure
from quality.data import (
    INTENT_FILES,
    TWEET_LANGUAGES,
    Data,
    Dialogue,
    Key,
    Labelled,
    Phrases,
    Session,
    Tweet,
    said,
    session,
)
from quality.figures import Confusion, Estimate
from quality.measure import Decision, replay

from bridge.domain.claims import claims

PERCENT: Final = "%"
PER_THOUSAND: Final = "per 1,000"
COUNT: Final = "cases"
MICROSECONDS: Final = "us"
PLAIN: Final = ""
_SCALES: Final = {PERCENT: 100.0, PER_THOUSAND: 1000.0}

LEFT_OUT: Final = frozenset({"asks", "complaint", "unclear"})
"""Readings of messages that are no ordinary ones, or not surely."""
THREAD: Final = 3
"""Tweets that are put together as one session."""
PAIRS: Final = 2000
CONTENT_WORDS: Final = 3
"""A message with fewer is never one that repeats another."""
LISTS: Final = ("safety", "churn", "legal")
"""Word lists that there are phrases for."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row is held to; a wish is reported and not demanded."""

    bound: float
    at_least: bool = False
    wish: bool = False

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'wish ' if self.wish else ''}{'>=' if self.at_least else '<='} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number with its interval; `texts` are the cases behind its errors, for reading."""

    name: str
    n: int
    unit: str
    estimate: Estimate
    goal: Goal | None = None
    texts: tuple[str, ...] = ()

    @property
    def missed(self) -> bool:
        """Whether it falls short of a goal, wishes left aside."""
        return self.goal is not None and not self.goal.wish and not self.goal.met(self.estimate.value)

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return "no goal"
        return "met" if self.goal.met(self.estimate.value) else "missed"


def at_most(bound: float, *, wish: bool = False) -> Goal:
    return Goal(bound, wish=wish)


def at_least(bound: float, *, wish: bool = False) -> Goal:
    return Goal(bound, at_least=True, wish=wish)


def errors(name: str, texts: Sequence[str], n: int, unit: str = PERCENT, goal: Goal | None = None) -> Iterator[Row]:
    """The share of n cases that went wrong, which are listed."""
    if n:
        yield Row(name, n, unit, _scaled(figures.of_share(name, len(texts), n), unit, n), goal, tuple(texts))


def recall(name: str, missed: Sequence[str], n: int, goal: Goal | None = None) -> Iterator[Row]:
    """The share of n cases that were found; the others are listed."""
    if n:
        found = _scaled(figures.of_share(name, n - len(missed), n), PERCENT, n)
        yield Row(name, n, PERCENT, found, goal, tuple(missed))


def _scaled(found: Estimate, unit: str, n: int = 1) -> Estimate:
    scale = n if unit == COUNT else _SCALES.get(unit, 1.0)
    return Estimate(found.value * scale, found.low * scale, found.high * scale)


# -- what a model must not say -----------------------------------------------------------------------------------------


def false_promises(replies: Mapping[Key, Phrases]) -> Iterator[Row]:
    """Sentences of a model that claim what nothing bears out, and such as do not, held to in every language."""
    for (kind, code), own in replies.items():
        name = f"false_promises.{kind}.{code}"
        missed = [text for text in own["claims"] if not claims(text, code)]
        taken = [text for text in own["others"] if claims(text, code)]
        yield from recall(f"{name}.recall", missed, len(own["claims"]), at_least(95, wish=kind.startswith("subjects")))
        yield from errors(f"{name}.taken", taken, len(own["others"]), goal=at_most(3, wish=kind.startswith("subjects")))


# -- ordinary messages -------------------------------------------------------------------------------------------------


def alarms(data: Data) -> Iterator[Row]:
    """Ordinary messages, each a session of its own, that get a person."""
    for name in INTENT_FILES:
        texts = [message.text for message in data.intents(name) if message.reading not in LEFT_OUT]
        found = list(zip(texts, singles(texts), strict=True))
        asked = [text for text, decision in found if decision.requested]
        taken = [f"{decision.rule}: {text}" for text, decision in found if decision.escalated]
        yield from errors(f"alarms_request.{name}", asked, len(texts), PER_THOUSAND, at_most(0.5))
        yield from errors(f"alarms_any.{name}", taken, len(texts), PER_THOUSAND, at_most(1.0, wish=True))


def alarms_safety(messages: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    """Ordinary messages to a shop, by language, in which danger is seen: alone, on a site of that language."""
    for code, texts in messages.items():
        taken = [text for text in texts if "safety" in measure.lists(text, code)]
        yield from errors(f"alarms_safety.{code}", taken, len(texts), PER_THOUSAND, at_most(5))


def singles(texts: Sequence[str]) -> list[Decision]:
    """The decision on each English text, said alone."""
    return replay([session(str(index), said(text)) for index, text in enumerate(texts)])


# -- explicit requests -------------------------------------------------------------------------------------------------


def request_dev(data: Data) -> Iterator[Row]:
    """English requests and refusals of the labelled data."""
    messages = [message for name in INTENT_FILES for message in data.intents(name)]
    asks = [message.text for message in messages if message.reading == "asks"]
    missed = [text for text, decision in zip(asks, singles(asks), strict=True) if not decision.requested]
    yield from recall("request_dev.messages", missed, len(asks), at_least(95))
    dialogues = data.dialogues()
    yield from _asked_in_dialogues([dialogue for dialogue in dialogues if dialogue.asks_at is not None])
    declined = [session(f"said {i}", said(m.text)) for i, m in enumerate(messages) if m.reading == "refuses"]
    declined += [after_reply(dialogue, turn) for dialogue in dialogues for turn in dialogue.refuses_at]
    taken = [last_words(one) for one, decision in decided(declined) if decision.requested]
    yield from errors("request_dev.refusals", taken, len(declined), COUNT, at_most(0))


def _asked_in_dialogues(dialogues: Sequence[Dialogue]) -> Iterator[Row]:
    """Whether the request is what hands over, at its turn; and whether something else did before."""
    missed, early = [], []
    for dialogue, decision in zip(dialogues, replay([one.session for one in dialogues]), strict=True):
        asked = dialogue.asks_at or 0
        if decision.turn != asked or not decision.requested:
            missed.append(f"{told(decision)}; asked at turn {asked}: {dialogue.turns[asked]['visitor']}")
        if decision.turn is not None and decision.turn < asked:
            early.append(f"{told(decision)}; asked at turn {asked}")
    yield from recall("request_dev.dialogues", missed, len(dialogues), at_least(95))
    yield from errors("request_dev.dialogues_before", early, len(dialogues))


def after_reply(dialogue: Dialogue, turn: int) -> Session:
    """A turn with nothing before it but the bot's last reply."""
    turns = dialogue.turns
    before = [{"visitor": "", "bot": turns[turn - 1]["bot"]}] if turn else []
    return session(f"{dialogue.session['session_id']} {turn}", *before, said(turns[turn]["visitor"]))


def told(decision: Decision) -> str:
    """A decision in words, for reading."""
    if not decision.escalated:
        return f"{decision.session_id}: the bot goes on"
    return f"{decision.session_id} turn {decision.turn}, {decision.rule}: {decision.reason}"


def last_words(one: Session) -> str:
    return str(one["turns"][-1]["visitor"])


def request_own(phrases: Mapping[Key, Phrases]) -> Iterator[Row]:
    """Our own requests, and what only sounds like one, in every language."""
    wanted = {
        key: [*alone(own, key[1], "requests"), *after_offer(own, key[1], "acceptances")] for key, own in phrases.items()
    }
    unwanted = {
        key: [*alone(own, key[1], "traps", "refusals"), *after_offer(own, key[1], "declined_offers")]
        for key, own in phrases.items()
    }
    seen = _requested(wanted), _requested(unwanted)
    for kind, code in phrases:
        found, taken = (side[kind, code] for side in seen)
        missed = [last_words(one) for one, requested in found if not requested]
        row = f"request_own.{kind}.{code}"
        yield from recall(f"{row}.recall", missed, len(found), at_least(95 if code == "en" else 90))
        alarms = [last_words(one) for one, requested in taken if requested]
        yield from errors(f"{row}.traps", alarms, len(taken), goal=at_most(3))


def _requested(groups: Mapping[Key, Sequence[Session]]) -> dict[Key, list[tuple[Session, bool]]]:
    """Each session of each group with whether its last message is taken for a request; all go through one replay."""
    decisions = iter(replay([one for group in groups.values() for one in group]))
    return {key: [(one, next(decisions).requested) for one in group] for key, group in groups.items()}


def decided(sessions: Sequence[Session]) -> Iterator[tuple[Session, Decision]]:
    """Each session with the decision on it."""
    return zip(sessions, replay(sessions), strict=True)


def alone(own: Phrases, code: str, *keys: str) -> list[Session]:
    """Each phrase of these keys as a session of its own."""
    texts = [text for key in keys for text in own.get(key, ())]
    return [session(str(index), said(text), locale=code) for index, text in enumerate(texts)]


def after_offer(own: Phrases, code: str, key: str) -> list[Session]:
    """Each answer to a bot that offers a person."""
    return [
        session(f"{key} {index}", said("", pair["offer"]), said(pair["answer"]), locale=code)
        for index, pair in enumerate(own.get(key, ()))
    ]


def words_own(phrases: Mapping[Key, Phrases]) -> Iterator[Row]:
    """What is measured in our own messages and replies: displeasure, progress, failures, word lists."""
    for (kind, code), own in phrases.items():
        row = f"words_own.{kind}.{code}"
        for key, found in _found(code).items():
            missed = [text for text in own.get(key, ()) if not found(text)]
            yield from recall(f"{row}.{key}", missed, len(own.get(key, ())))
        for key, found in _mistaken(code).items():
            taken = [text for text in own.get(key, ()) if found(text)]
            yield from errors(f"{row}.{key}", taken, len(own.get(key, ())))


def _found(code: str) -> dict[str, Callable[[str], bool]]:
    """By key of a phrase file: what should be seen in each of its texts."""
    return {
        "upset": lambda text: measure.points(text, code) > 0,
        "progress": lambda text: measure.progress(text, code),
        "failed_replies": lambda text: measure.failed(text, code),
        **{name: _in_list(name, code) for name in LISTS},
    }


def _in_list(name: str, code: str) -> Callable[[str], bool]:
    return lambda text: name in measure.lists(text, code)


def _mistaken(code: str) -> dict[str, Callable[[str], bool]]:
    """By key of a phrase file: what should be seen in none of its texts."""
    seen = _found(code)
    return {
        "calm": seen["upset"],
        "fine_replies": seen["failed_replies"],
        "other_offers": lambda text: measure.offers(text, code),
        **{f"{name}_traps": seen[name] for name in LISTS},
    }


# -- whole conversations -----------------------------------------------------------------------------------------------


def calm(data: Data) -> Iterator[Row]:
    """Calm dialogues that get a person: under the shipped policy, by rule, and were each trigger to decide alone."""
    sessions = [dialogue.session for dialogue in data.dialogues() if dialogue.calm]
    taken = [decision for decision in replay(sessions) if decision.escalated]
    yield from errors("calm", [told(one) for one in taken], len(sessions), goal=at_most(2))
    for rule in sorted({one.rule or "" for one in taken}):
        by_rule = [told(one) for one in taken if one.rule == rule]
        yield from errors(f"calm.rule.{rule}", by_rule, len(sessions))
    for trigger in measure.conversation_triggers():
        fired = [told(one) for one in replay(sessions, measure.alone(trigger)) if one.escalated]
        yield from errors(f"calm.trigger.{trigger}", fired, len(sessions))


def conversations(written: Mapping[Key, Sequence[Labelled]]) -> Iterator[Row]:
    """Our labelled conversations: who gets a person in time, and who gets one without need or too early."""
    groups = defaultdict[str, list[tuple[Labelled, Decision]]](list)
    found = iter(replay([one.session for many in written.values() for one in many]))
    for (kind, code), many in written.items():
        for one in many:
            decision = next(found)
            groups[f"{kind}.{code}"].append((one, decision))
            groups[f"{kind}.{one.kind}"].append((one, decision))
    for name, judged in groups.items():
        missed = [_told_with_end(one, d) for one, d in judged if one.person and not _by(d, one.person[1])]
        false = [_told_with_end(one, d) for one, d in judged if _needless(one, d)]
        yield from recall(f"conversations.{name}.in_time", missed, sum(one.person is not None for one, _ in judged))
        yield from errors(f"conversations.{name}.needless", false, len(judged))


def _by(decision: Decision, last: int) -> bool:
    return decision.turn is not None and decision.turn <= last


def _needless(one: Labelled, decision: Decision) -> bool:
    """Whether somebody took over who was not needed, or not yet."""
    return decision.turn is not None and (one.person is None or decision.turn < one.person[0])


def _told_with_end(one: Labelled, decision: Decision) -> str:
    return f"{told(decision)}: {_heard(one.session)}"


def threads(data: Data) -> Iterator[Row]:
    """Three complaints to one kind of company make a session that should escalate, three other tweets one that not."""
    complaints, others = (thread_sessions(data.complaints(), negative=negative) for negative in (True, False))
    missed = tuple(_heard(one) for one, decision in decided(complaints) if not decision.escalated)
    false = tuple(f"{told(d)}: {_heard(one)}" for one, d in decided(others) if d.escalated)
    c = Confusion(len(complaints) - len(missed), len(missed), len(false), len(others) - len(false))
    n = c.wanted + c.unwanted
    yield of_confusion("threads.precision", figures.precision, c, n, unit=PERCENT)
    yield of_confusion("threads.recall", figures.recall, c, c.wanted, unit=PERCENT, texts=missed)
    yield of_confusion("threads.f1", figures.f1, c, n, goal=at_least(0.70, wish=True))
    wish = at_most(3, wish=True)
    yield of_confusion("threads.fer", figures.false_rate, c, c.unwanted, unit=PERCENT, goal=wish, texts=false)


def _heard(one: Session) -> str:
    return " | ".join(turn["visitor"] for turn in one["turns"])


def thread_sessions(tweets: Sequence[Tweet], *, negative: bool) -> list[Session]:
    """Shuffled alike on every run; what is left over in a domain is left out."""
    by_domain: defaultdict[str, list[str]] = defaultdict(list)
    for tweet in tweets:
        if tweet.negative == negative and not tweet.stray and tweet.text:
            by_domain[tweet.domain].append(tweet.text)
    kind = "complaints" if negative else "others"
    sessions = []
    for domain, texts in sorted(by_domain.items()):
        Random(f"{domain} {kind}").shuffle(texts)
        groups = zip(*[iter(texts)] * THREAD, strict=False)
        sessions += [session(f"{kind} {domain} {i}", *map(said, group)) for i, group in enumerate(groups)]
    return sessions


def of_confusion(
    name: str,
    what: Callable[[Confusion], float],
    c: Confusion,
    n: int,
    *,
    unit: str = PLAIN,
    goal: Goal | None = None,
    texts: tuple[str, ...] = (),
) -> Row:
    return Row(name, n, unit, _scaled(figures.of_confusion(name, what, c), unit), goal, texts)


# -- single measurements -----------------------------------------------------------------------------------------------


def sentiment(data: Data) -> Iterator[Row]:
    """Points of displeasure against labels of others."""
    tweets = data.complaints()
    yield _complaints_auc("sentiment.complaints.auc", tweets)
    yield _complaints_auc("sentiment.complaints.auc_to_companies", [tweet for tweet in tweets if not tweet.stray])
    for code in TWEET_LANGUAGES:
        labelled = [(tweet.negative, measure.points(tweet.text, code) > 0) for tweet in data.tweets(code)]
        c = Confusion(*(labelled.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))))
        yield of_confusion(f"sentiment.{code}.macro_f1", figures.macro_f1, c, len(labelled))
        yield of_confusion(f"sentiment.{code}.recall", figures.recall, c, c.wanted, unit=PERCENT)
        yield of_confusion(f"sentiment.{code}.called_negative", figures.false_rate, c, c.unwanted, unit=PERCENT)


def _complaints_auc(name: str, tweets: Sequence[Tweet]) -> Row:
    scored = [(tweet.negative, measure.points(tweet.text, "en")) for tweet in tweets]
    wanted, unwanted = ([score for negative, score in scored if negative == side] for side in (True, False))
    return Row(name, len(scored), PLAIN, figures.of_auc(name, wanted, unwanted))


def repeat(data: Data) -> Iterator[Row]:
    """Two messages of one intent, and two of different ones: whether the second counts as a repeat of the first."""
    by_intent: defaultdict[str, list[str]] = defaultdict(list)
    for message in data.intents("banking77"):
        if measure.content_words(message.text, "en") >= CONTENT_WORDS:
            by_intent[message.intent].append(message.text)
    policy, dice = measure.alone("going_round"), Random("pairs of messages")
    same, different = ([drawn(by_intent, dice) for _ in range(PAIRS)] for drawn in (_same_intent, _other_intent))
    for kind, pairs, goal in (("same_intent", same, None), ("different_intents", different, at_most(0.2))):
        sessions = [session(str(i), *map(said, pair)) for i, pair in enumerate(pairs)]
        alike = [" | ".join(p) for p, one in zip(pairs, replay(sessions, policy), strict=True) if one.escalated]
        yield from errors(f"repeat.{kind}", alike, len(pairs), goal=goal)


def _same_intent(by_intent: Mapping[str, list[str]], dice: Random) -> tuple[str, ...]:
    return tuple(dice.sample(by_intent[_intents(by_intent, dice, 1)[0]], 2))


def _other_intent(by_intent: Mapping[str, list[str]], dice: Random) -> tuple[str, ...]:
    return tuple(dice.choice(by_intent[intent]) for intent in _intents(by_intent, dice, 2))


def _intents(by_intent: Mapping[str, list[str]], dice: Random, how_many: int) -> list[str]:
    return dice.sample(sorted(by_intent), how_many)


def cost(data: Data) -> Iterator[Row]:
    """Microseconds of CPU for a visitor's message and the reply to it, measured and judged in whole dialogues."""
    sessions = [dialogue.session for dialogue in data.dialogues()]
    runs = [measure.costs_us(sessions) for _ in range(3)]
    best = min(runs, key=lambda run: sum(map(sum, run)))
    messages, replies, both = [one[0] for one in best], [one[1] for one in best], list(map(sum, best))
    yield _cost("cost.mean", mean, both, at_most(300))
    yield _cost("cost.p99", late, both, at_most(2000))
    yield _cost("cost.mean.message", mean, messages)
    yield _cost("cost.mean.reply", mean, replies)


def _cost(name: str, what: Callable[[Sequence[float]], float], costs: Sequence[float], goal: Goal | None = None) -> Row:
    return Row(name, len(costs), MICROSECONDS, figures.of_sample(name, what, costs), goal)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def late(values: Sequence[float]) -> float:
    return figures.percentile(values, 0.99)
