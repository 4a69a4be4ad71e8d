"""Who asks for the next size, number or lamp says nothing again, and is answered right where the answer is the same."""

from typing import Any

import pytest
from quality.data import conversations

from bridge.domain.another import asks_for_another, has_other_numbers
from bridge.domain.customer import Customer
from bridge.domain.instants import MINUTE
from bridge.domain.signals import TurnSignals, content_words, measure_message, measure_reply
from bridge.domain.situation import Firing, Situation
from bridge.domain.triggers import BotCircles, BotRepeats, PassedOver, VisitorRepeats

SIGNS = (VisitorRepeats(within_turns=2), BotRepeats(), BotCircles(), PassedOver())


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("is the blue jacket there in M", "is the blue jacket there in L"),
        ("is room 12 free on friday", "is room 14 free on friday"),
        ("how much is plan A", "and plan B?"),
        ("does the red lamp dim", "does the green lamp dim"),
        ("are you open on monday", "are you open on saturday"),
    ],
)
def test_another_one_of_the_kind_is_asked_for(earlier: str, now: str) -> None:
    assert asks_for_another(words(now), words(earlier))


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("where is my blue jacket order", "my blue jacket order, where is it?"),
        ("where is my pakage with the lamp", "where is my package with the lamp"),
        ("order 8821 has not come", "order 8821 has still not come"),
        ("the tent leaks", "my order is late"),
        ("the tent leaks at the door", "the tent leaks"),
        ("i was charged twice for the tent", "i was charged twice for the tent, invoice 8821"),
        ("", ""),
    ],
)
def test_the_same_in_other_words_is_no_other_one(earlier: str, now: str) -> None:
    assert not asks_for_another(words(now), words(earlier))


def test_an_answer_with_another_number_is_another_answer() -> None:
    assert has_other_numbers("it is 14 euros a month", "it is 9 euros a month")
    assert not has_other_numbers("it is 9 euros a month", "that is 9 euros a month or 90 a year")
    assert not has_other_numbers("it is free", "it is 9 euros")


def test_what_three_of_a_kind_are_asked_and_answered_is_no_sign() -> None:
    """In our conversations of this kind, in eight languages: nobody repeats himself, and the bot is not stuck."""
    signs = [
        (code, one.session["turns"][number]["visitor"], found)
        for (_, code), many in conversations().items()
        for one in many
        if one.kind == "another"
        for number, found in signs_in(one.session["turns"], code)
        if not isinstance(found[0], PassedOver | BotCircles)  # which see words alone, and are held by the figures
    ]
    assert signs == []


def test_who_asks_the_same_again_after_another_one_is_heard() -> None:
    talk = [("is size 38 there?", "Yes, that one is."), ("is size 39 there, in blue?", "That I cannot see from here.")]
    again = ("is size 39 there in blue??", "That I cannot see from here.")
    found = {type(one).__name__ for one, _ in fire(talk_in("en", *talk, again))}
    assert found >= {"VisitorRepeats", "BotRepeats"}


def words(text: str) -> str:
    return content_words(text, language="en")


def signs_in(turns: list[dict[str, Any]], code: str) -> list[tuple[int, tuple[object, Firing]]]:
    said = [(one["visitor"], (one.get("bot") or {}).get("text", "")) for one in turns]
    return [(last, one) for last in range(len(said)) for one in fire(talk_in(code, *said[: last + 1]))]


def talk_in(code: str, *said: tuple[str, str]) -> Situation:
    turns = tuple(
        TurnSignals(number, number * MINUTE, measure_message(one, language=code), measure_reply(other, language=code))
        for number, (one, other) in enumerate(said)
    )
    return Situation(turns, len(turns), "default", 0.75, ("standard",), Customer(tier="standard"))


def fire(s: Situation) -> list[tuple[object, Firing]]:
    return [(one, firing) for one in SIGNS if (firing := one.fires(s))]
