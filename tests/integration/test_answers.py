"""The sidecar's own responder: asked outside the request, answered once, never after the lock."""

import time
from collections.abc import Iterator

import pytest
from support.responders import SURE, Told, answering
from support.sidecar import Chat, Sidecar

HOURS = "When are you open?"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def it(database: str, told: Told) -> Iterator[Sidecar]:
    with answering(database, told) as running:
        yield running


def begun(it: Sidecar, **more: str) -> Chat:
    chat = it.chat()
    chat.start(locale="en", **more)
    return chat


def comes(chat: Chat, after: int = 0) -> list[tuple[str, str]]:
    """The events, once there is one."""
    ends = time.monotonic() + 10
    while not (found := chat.lines(after)) and time.monotonic() < ends:
        time.sleep(0.01)
    return found


def test_a_turn_is_answered_in_its_own_verdict_where_the_answer_comes_in_time(it: Sidecar) -> None:
    said = begun(it).says(HOURS)
    assert (said["action"], said["say"], said["say_as"], said["state"]) == ("say", SURE.text, "reply", "open")


def test_an_answer_that_takes_longer_comes_as_an_event_once(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    said = chat.says(HOURS)
    assert (said["action"], said["say"], said["poll_after_ms"]) == ("wait", None, 1000)
    assert chat.events()["poll_after_ms"] == 1000
    told.go.set()
    assert comes(chat) == [("reply", SURE.text)]
    assert chat.events()["poll_after_ms"] == 15_000


def test_a_repeated_turn_gets_what_is_stored_and_asks_nobody_again(it: Sidecar, told: Told) -> None:
    chat = begun(it)
    first = chat.says(HOURS, "t1")
    assert chat.says(HOURS, "t1") == first
    assert len(told.asked) == 1


def test_a_turn_repeated_while_the_answer_is_owed_waits_for_the_event(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    chat.says(HOURS, "t1")
    assert chat.says(HOURS, "t1")["action"] == "wait"
    told.go.set()
    assert comes(chat) == [("reply", SURE.text)]
    assert len(told.asked) == 1


def test_an_answer_that_comes_after_the_lock_is_kept_for_the_team_and_never_shown(it: Sidecar, told: Told) -> None:
    told.go.clear()
    chat = begun(it)
    chat.says(HOURS, "t1")
    locked = chat.says("I want to talk to a human", "t2")
    assert locked["state"] == "escalated"
    told.go.set()
    it.bridge.asking._threads.shutdown(wait=True)
    assert [kind for kind, _ in chat.lines()] == ["commitment"]
    assert chat.says(HOURS, "t1")["say"] != SURE.text
    conversation = it.team.read(locked["escalation"]["id"])["conversation"]
    assert (SURE.text, False) in [(line["text"], line["shown"]) for line in conversation if line["who"] == "bot"]
