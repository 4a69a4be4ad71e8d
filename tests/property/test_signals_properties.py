import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain import languages
from bridge.domain.customer import Customer
from bridge.domain.lexicon import fold, said_once
from bridge.domain.signals import (
    MessageSignals,
    ReplySignals,
    TurnSignals,
    dump,
    load,
    measure_message,
    measure_reply,
)
from bridge.domain.situation import Situation
from bridge.domain.triggers import HumanRequested, NegativeTrajectory

READ = ("", "xx", *sorted(languages.codes()))
LANGUAGES = st.sampled_from(READ)
OPTIONAL_TEXT = st.none() | st.text(min_size=1, max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.sampled_from(
    (
        *("i", "not", "no", "want", "need", "to", "talk", "a", "the", "agent", "human", "please", "don't", "order"),
        *("1234", "is", "late", "again", "thanks", "yes", ",", ".", "!", "you", "bot", "real", "connect", "me", "but"),
    )
)

MESSAGES = st.builds(
    MessageSignals,
    words=st.text(max_size=20),
    negative=st.sampled_from([0.0, 0.75, 1.0, 2.0, 3.5]),
    extreme=st.booleans(),
    progress=st.booleans(),
    asks_human=OPTIONAL_TEXT,
    lists=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    issue=OPTIONAL_TEXT,
    topic=OPTIONAL_TEXT,
)
REPLIES = st.builds(
    ReplySignals,
    text=st.text(max_size=20),
    confidence=st.none() | st.floats(0, 1),
    intent=st.none() | st.text(max_size=5),
    intent_matched=st.none() | st.booleans(),
    failed=st.booleans(),
    offers_human=st.booleans(),
    values=st.dictionaries(st.text(max_size=5), NUMBERS | st.booleans() | st.text(max_size=5), max_size=3),
)
TURNS = st.builds(
    TurnSignals,
    seq=st.integers(0, 10_000),
    at=st.integers(0, 2**42),
    message=MESSAGES,
    reply=st.none() | REPLIES,
)


@pytest.fixture(autouse=True, scope="module")
def languages_that_are_read_already() -> None:
    for code in READ:
        languages.language(code)


def alone(message: MessageSignals) -> Situation:
    return Situation((TurnSignals(0, 0, message),), 1, "default", 0.5, ("standard",), Customer(tier="standard"))


@given(TURNS)
def test_a_stored_turn_comes_back_as_it_was(turn: TurnSignals) -> None:
    back = load(json.loads(json.dumps(dump(turn))))
    assert back == turn
    assert repr(back) == repr(turn)


@given(st.text(max_size=300), LANGUAGES)
def test_any_text_in_any_language_is_measured(text: str, language: str) -> None:
    reply = measure_reply(text, language=language)
    message = measure_message(text, language=language, previous=reply)
    assert message == measure_message(text, language=language, previous=reply)
    assert len(message.words.split()) <= 40
    assert 0 <= message.negative <= 3.5


@given(st.lists(WORDS, max_size=40), st.sampled_from(["en", "", "de", "es", "fr"]))
def test_a_request_added_to_any_message_fires(words: list[str], language: str) -> None:
    message = measure_message(" ".join([*words, ". I want to talk to a human."]), language=language)
    assert HumanRequested().fires(alone(message))


@given(
    st.lists(WORDS, max_size=30),
    st.sampled_from([str.upper, str.title, lambda t: t.replace(" ", "  "), lambda t: t + " 😡"]),
)
def test_writing_it_differently_changes_no_request(words: list[str], change: object) -> None:
    text = " ".join(words)
    assert callable(change)
    before, after = (measure_message(t, language="en").asks_human for t in (text, change(text)))
    assert fold(before or "") == fold(after or "")  # it is quoted as it was written


@given(st.lists(MESSAGES, max_size=11), st.sampled_from(["thanks", "yes", "Yes, thank you."]))
def test_thanks_or_yes_never_fires_on_its_own(earlier: list[MessageSignals], text: str) -> None:
    turns = tuple(
        TurnSignals(i, i, message) for i, message in enumerate([*earlier, measure_message(text, language="en")])
    )
    s = Situation(turns, len(turns), "default", 0.5, ("standard",), Customer(tier="standard"))
    assert HumanRequested().fires(s) is None
    assert NegativeTrajectory().fires(s) is None


@pytest.mark.alone
@settings(deadline=None, max_examples=1)
@given(st.just(7))
def test_measuring_a_message_is_cheap(seed: int) -> None:
    rng = random.Random(seed)
    words = sorted(languages.language("en").known)
    texts = [" ".join(rng.choices(words, k=20)) for _ in range(300)]
    assert min(cost_of(texts) for _ in range(3)) / len(texts) <= 300e-6


def cost_of(texts: list[str]) -> float:
    """Seconds of CPU."""
    started = time.process_time()
    for text in texts:
        measure_message(text, language="en")
    return time.process_time() - started


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_words_said_four_times_and_more_in_a_row_stand_there_once(words: list[str]) -> None:
    kept = said_once(words)
    assert set(kept) == set(words)
    assert len(kept) <= len(words)
    assert said_once([*words, *["d"] * 9]) == [*said_once(words), "d"]
