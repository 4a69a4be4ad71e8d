"""A model that answers while another tab asks for a person: no reply is shown after the lock, and none twice.

`ESCBRIDGE_RACES=10000` runs so many races instead of the few hundred of the suite.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest
from support.responders import SURE, Told, answering
from support.sidecar import SHOP, Chat, Sidecar, new_session_id

from bridge.domain.answering import Answer, Question
from bridge.domain.escalation import EventKind
from bridge.domain.session import Turn
from bridge.domain.values import Identity, Json, Visitor
from bridge.ports import StoreBusy
from bridge.service.read_events import read_events
from bridge.service.responder_threads import WaitingRequest
from bridge.service.start_session import Start, start_session
from bridge.service.take_turn import Message, take_turn

RACES = int(os.environ.get("ESCBRIDGE_RACES", "300"))
LANES = 4
"""Races that are run at the same time."""
SLOWEST, LATEST = 0.03, 0.15
"""Seconds that the model takes at most, and after which the other tab has asked: a few turns."""


@dataclass
class Sudden(Told):
    """Answers after a moment that differs each time."""

    def answer(self, question: Question, *, budget: float) -> Answer:
        time.sleep(random.uniform(0, SLOWEST))
        return super().answer(question, budget=budget)

    def patience(self) -> float:
        return random.choice((0.0, SLOWEST, 10.0))


@dataclass
class Direct:
    """A chat without HTTP, which costs more than all the rest of a race."""

    it: Sidecar
    id: str = field(default_factory=new_session_id)

    def start(self, locale: str) -> None:
        begun = Start(self.id, Visitor(identity=Identity.ANONYMOUS), locale=locale)
        start_session(self.it.bridge, SHOP.id, begun, lambda _tx: None)

    def says(self, text: str, turn_id: str) -> Json:
        """As a plugin that asks again where the database is busy."""
        bridge, waiting = self.it.bridge, WaitingRequest()
        try:
            with bridge.store.write() as tx:
                verdict = take_turn(bridge, tx, SHOP.id, self.id, Message(turn_id, text), waiting)
        except StoreBusy:
            return self.says(text, turn_id)
        return bridge.asking.wait(waiting) or verdict

    def events(self) -> Json:
        with self.it.bridge.store.read() as tx:
            return read_events(self.it.bridge, tx, SHOP.id, self.id, 0)


def over_http(it: Sidecar, session: str) -> Chat:
    return Chat(it.caller(), session)


def race(it: Sidecar, tab_of: Callable[[Sidecar, str], Chat | Direct], number: int) -> str:
    """One race; what became of the reply, and an assertion where it was shown after the lock, or told twice."""
    session = new_session_id()
    chat, tab, question = tab_of(it, session), tab_of(it, session), f"When are you open in week {number}?"
    chat.start(locale="en")
    with ThreadPoolExecutor(2) as both:
        asked = both.submit(chat.says, question, "t1")
        time.sleep(random.uniform(0, LATEST))
        locked = both.submit(tab.says, "I want to talk to a human", "t2")
        said, promise = asked.result(), locked.result()
    assert promise["state"] == "escalated"
    assert promise["escalation"]["commitment"]["text"] in promise["say"]
    silent(chat, question)
    time.sleep(SLOWEST)
    silent(chat, question)
    return told_once(it, chat, said)


def silent(chat: Chat | Direct, question: str) -> None:
    """Whatever is asked after the lock was told, the bot says nothing."""
    assert SURE.text not in json.dumps([chat.says(question, "t1"), chat.events()])


def told_once(it: Sidecar, chat: Chat | Direct, said: Json) -> str:
    turn, packet, replies = stored(it, chat)
    in_verdict = json.loads(turn.verdict).get("say_as") == "reply"
    assert (said["say"] == SURE.text) == in_verdict
    shown = turn.reply_text is not None and turn.reply_shown
    assert in_verdict + replies == shown
    # the packet was built as the session was locked: what was shown then is in it, and nothing was shown later
    assert shown == any(line["who"] == "bot" and line["shown"] for line in packet["transcript"])
    return "in the verdict" if in_verdict else "as an event" if replies else "dropped" if turn.reply_text else "owed"


def stored(it: Sidecar, chat: Chat | Direct) -> tuple[Turn, Json, int]:
    """The turn, the packet of the hand-over, and how many replies lie among the events."""
    with it.bridge.store.read() as tx:
        session, turn = tx.sessions.get(SHOP.id, chat.id), tx.sessions.turn(SHOP.id, chat.id, "t1")
        assert session is not None
        assert turn is not None
        escalation = tx.escalations.get(SHOP.id, session.escalation_id or "")
        events = tx.sessions.events(SHOP.id, chat.id, 0)
    assert escalation is not None
    replies = sum(event.kind is EventKind.REPLY for event in events)
    return turn, escalation.packet.model_dump(mode="json"), replies


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("tab_of", "races"), [(Direct, RACES), (over_http, 50)], ids=["direct", "http"])
def test_no_reply_is_shown_after_the_lock_and_none_twice_however_the_two_race(
    database: str, tab_of: Callable[[Sidecar, str], Chat | Direct], races: int
) -> None:
    with answering(database, Sudden()) as it, ThreadPoolExecutor(LANES) as lanes:
        tally = Counter(lanes.map(partial(race, it, tab_of), range(races)))
    print(dict(tally))
    assert sum(tally.values()) == races
    assert {"in the verdict", "as an event", "dropped"} <= tally.keys()
