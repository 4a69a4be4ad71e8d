"""Messages that were kept elsewhere and say when they were written: they take their place behind what was taken before.

What live turns saw of the session follows from the order of instants, so the two must not differ.
"""

import pytest
from support.sidecar import SHOP, Chat, Sidecar

from bridge.domain.instants import to_rfc3339
from bridge.domain.values import Json
from bridge.service.replay_sessions import StoredSessions
from bridge.service.verify_decisions import verify

WRITTEN = "2026-11-02T15:00:05Z"
"""Five seconds after the clock's start."""


@pytest.fixture
def it(sidecar: Sidecar) -> Sidecar:
    sidecar.change_policy("{type: intent_failures, at_least: 2}", "{type: intent_failures, at_least: 1}")
    return sidecar


def brings(chat: Chat, text: str, sent_at: str = WRITTEN) -> Json:
    """The plugin hands over a message that it has kept."""
    chat.turns += 1
    body = {"turn_id": f"t{chat.turns}", "text": text, "sent_at": sent_at}
    return chat.caller.ask("POST", f"/v1/sessions/{chat.id}/turns", body)


def times(it: Sidecar, chat: Chat) -> list[str]:
    """When each message counts as written."""
    with it.bridge.store.read() as tx:
        return [to_rfc3339(turn.at) for turn in tx.sessions.turns(SHOP.id, chat.id)]


def decisions_hold(it: Sidecar, chat: Chat) -> bool:
    with it.bridge.store.read() as tx:
        return all(one.same for one in verify(tx, SHOP.id, chat.id))


def test_it_comes_after_the_reply_that_was_taken_before_it(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("where is my parcel")
    it.clock.set("2026-11-02T15:00:10Z")
    chat.bot("Sorry?", intent_matched=False)
    it.clock.set("2026-11-02T15:00:40Z")
    brings(chat, "it is the blue one")
    assert times(it, chat) == ["2026-11-02T15:00:00Z", "2026-11-02T15:00:10Z"]
    assert decisions_hold(it, chat)
    stored = StoredSessions(it.bridge, SHOP.id, 0, it.clock.at + 1)
    (record,) = stored.records()
    assert [turn["at"] for turn in record["turns"]] == [it.clock.at - 40_000, it.clock.at - 30_000]


def test_it_comes_after_a_late_reply_to_an_earlier_message(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("where is my parcel", "t1")
    chat.says("it is the blue one", "t2")
    it.clock.set("2026-11-02T15:00:10Z")
    chat.bot("Let me see.", "t1", intent_matched=False)
    it.clock.set("2026-11-02T15:00:40Z")
    brings(chat, "hello there, anybody")
    assert times(it, chat)[-1] == "2026-11-02T15:00:10Z"
    assert decisions_hold(it, chat)


def test_it_comes_after_the_release_that_gave_the_chat_back(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("where is my parcel")
    chat.bot("Sorry?", intent_matched=False)
    escalation = chat.says("I want to talk to a human")["escalation"]["id"]
    it.clock.set("2026-11-02T15:00:10Z")
    it.team.does("release", escalation)
    it.clock.set("2026-11-02T15:00:40Z")
    assert brings(chat, "where is my parcel now")["state"] == "open"
    assert times(it, chat)[-1] == "2026-11-02T15:00:10Z"
    assert decisions_hold(it, chat)


def test_one_that_comes_while_the_chat_is_locked_by_a_reply_does_not_stand_before_it(it: Sidecar) -> None:
    it.change_policy("rules:\n", "rules:\n  - {name: missed, when: not_understood, priority: high}\n")
    chat = it.chat()
    chat.start()
    chat.says("where is my parcel")
    it.clock.set("2026-11-02T15:00:10Z")
    assert chat.bot("Sorry?", intent_matched=False)["state"] == "escalated"
    it.clock.set("2026-11-02T15:00:40Z")
    brings(chat, "it is the blue one")
    assert times(it, chat)[-1] == "2026-11-02T15:00:10Z"
    assert decisions_hold(it, chat)


def test_one_that_was_written_after_all_of_it_keeps_its_own_time(it: Sidecar) -> None:
    chat = it.chat()
    chat.start()
    chat.says("where is my parcel")
    chat.bot("Which one?")
    it.clock.set("2026-11-02T15:00:40Z")
    brings(chat, "the blue one")
    brings(chat, "and the red one", "2026-11-02T15:00:20Z")
    assert times(it, chat)[1:] == [WRITTEN, "2026-11-02T15:00:20Z"]
    assert decisions_hold(it, chat)
