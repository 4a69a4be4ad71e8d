"""R13 to R15: turns that come twenty times, all at once, out of order, or after the lock; on SQLite and PostgreSQL."""

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from support.checker import Said, Seen, broken_invariants
from support.sidecar import SHOP, Answer, Chat, Sidecar

from bridge.domain.values import Json

ASKING = "I want to talk to a human"
PATIENCE = 60.0


def turn(chat: Chat, turn_id: str, text: str) -> Json:
    return "POST", f"/v1/sessions/{chat.id}/turns", {"turn_id": turn_id, "text": text}


def insist(together: threading.Barrier, chat: Chat, call: Json) -> tuple[Answer, Said]:
    """Call at the same moment as the others, and again until it is taken."""
    together.wait(PATIENCE)
    while True:
        began = time.monotonic()
        answer = chat.caller.send(*call)
        if answer.status != 503:
            turn_id = call[2]["turn_id"]
            return answer, Said(chat.id, turn_id, began, time.monotonic(), answer.status, answer.json)


def at_once(chat: Chat, calls: Sequence[Json]) -> tuple[list[Answer], list[Said]]:
    together = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        both = list(pool.map(partial(insist, together, chat), calls))
    return [answer for answer, _ in both], [said for _, said in both]


def broken(it: Sidecar, said: list[Said]) -> list[str]:
    """What of the invariants does not hold once everything is sent."""
    it.work()
    tickets, mails = Counter(name for name, _ in it.desk.tickets), Counter(mail.message_id for mail in it.mailer.mails)
    notes = Counter(name for _, name, _ in it.desk.notes)
    with it.bridge.store.read() as tx:
        return broken_invariants(Seen(tx, SHOP.id, said, tickets, mails, notes=notes))


def kept(it: Sidecar, chat: Chat) -> list[str]:
    with it.bridge.store.read() as tx:
        return [one.turn_id for one in tx.sessions.turns(SHOP.id, chat.id)]


def test_r13_one_turn_twenty_times_at_once_is_one_effect_and_twenty_equal_answers(sidecar_on_each: Sidecar) -> None:
    chat = sidecar_on_each.chat()
    chat.verified()
    answers, said = at_once(chat, [turn(chat, "t1", ASKING)] * 20)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert len({answer.headers["X-Bridge-Signature"] for answer in answers}) == 20, "each is signed for its own nonce"
    assert kept(sidecar_on_each, chat) == ["t1"]
    assert broken(sidecar_on_each, said) == []
    other = chat.caller.send(*turn(chat, "t1", "Never mind"))
    assert (other.status, other.slug) == (409, "turn-contradicted")
    assert kept(sidecar_on_each, chat) == ["t1"]
    assert len(sidecar_on_each.desk.tickets) == 1
    assert broken(sidecar_on_each, said) == []


def test_r14_eight_turns_at_once_that_would_escalate_are_one_escalation(
    sidecar_on_each: Sidecar,
) -> None:
    chat = sidecar_on_each.chat()
    chat.start()
    answers, said = at_once(chat, [turn(chat, f"t{number}", ASKING) for number in range(8)])
    assert {answer.json["action"] for answer in answers} == {"say"}
    assert len({answer.json["escalation"]["id"] for answer in answers}) == 1
    assert broken(sidecar_on_each, said) == []
    assert len(sidecar_on_each.desk.tickets) == 1
    assert len(sidecar_on_each.desk.notes) == 7, "the seven that came after it join the ticket"


def test_r15_late_turns_leave_the_lock_and_join_the_ticket_once_each(
    sidecar_on_each: Sidecar,
) -> None:
    it, chat = sidecar_on_each, sidecar_on_each.chat()
    chat.start()
    said: list[Said] = []

    def say(turn_id: str, text: str) -> str:
        began = time.monotonic()
        answer = chat.caller.send(*turn(chat, turn_id, text))
        said.append(Said(chat.id, turn_id, began, time.monotonic(), answer.status, answer.json))
        return str(answer.json["action"])

    assert say("t4", "Where is my parcel?") == "answer"
    assert say("t9", ASKING) == "say"
    late = {"t2": "It was due on Monday", "t7": "Hello?", "t1": "Good morning"}
    for _ in range(2):
        assert {say(turn_id, text) for turn_id, text in late.items()} == {"say"}
    assert say("t4", "Where is my parcel?") == "say", "a repeat of what was answered before the lock"
    assert kept(it, chat) == ["t4", "t9", *late]
    assert broken(it, said) == []
    assert [lines(text) for _, _, text in it.desk.notes] == list(late.values())


def lines(note: str) -> str:
    """What the visitor wrote, of a note."""
    found = re.search(r"^[>| ]*(It was due on Monday|Hello\?|Good morning)$", note, re.MULTILINE)
    assert found, note
    return found.group(1)
