"""Recorded conversations in any number, the same for the same number: what `bridge replay` is measured with."""

import json
import random
from collections.abc import Iterator

from traffic import MESSAGES

from bridge.domain.instants import HOUR, MINUTE, from_rfc3339
from bridge.domain.values import Json

START = from_rfc3339("2026-10-01T06:00:00Z")
REPLIES = (
    "Your parcel left our warehouse on Tuesday. It usually takes two to four working days from there.",
    "The grinder comes with a plug for the country that you order from.",
    "Its burrs are made of hardened steel and can be taken out to be cleaned.",
    "You can change the place of delivery on the carrier's page until the evening before.",
    "The jacket comes in sizes S to XXL and is cut a little wider than usual.",
    "It is waterproof all over; only the pockets have no sealed seams.",
    "The code is good for everything but gift cards, until the end of the month.",
    "You have thirty days, and the box that it came in will do.",
    "There is a shop of ours in the old town, open from Tuesday to Saturday.",
    "The one with the long arm gives 900 lumens, the round one 650.",
)
ODD = (
    "That did not work, it still says the code has expired.",
    "I have been waiting for days and nobody answers me!",
    "This is ridiculous, I was charged twice for the same order.",
    "Can I talk to a real person please?",
)
SHRUG = "I am sorry, I could not find an answer to that."


def conversations(number: int, turns: int = 8) -> Iterator[Json]:
    """Each of so many turns, one message in thirty out of the ordinary."""
    dice = random.Random(7)
    for n in range(number):
        at = START + n * HOUR // 15
        said = zip(dice.sample(MESSAGES, turns), dice.sample(REPLIES, turns), strict=True)
        taken = [turn(dice, at + step * MINUTE, *pair) for step, pair in enumerate(said)]
        yield {"session_id": f"recorded-{n:06}", "locale": "en_US", "turns": taken}


def turn(dice: random.Random, at: int, visitor: str, bot: str) -> Json:
    """A message and the reply to it."""
    said = dice.choice(ODD) if dice.random() < 1 / 30 else visitor
    reply = SHRUG if dice.random() < 1 / 30 else bot
    return {"visitor": said, "bot": {"text": reply, "confidence": round(dice.uniform(0.7, 1), 2)}, "at": at}


def lines(number: int) -> Iterator[bytes]:
    """As `bridge replay` reads them."""
    for one in conversations(number):
        yield json.dumps(one).encode() + b"\n"
