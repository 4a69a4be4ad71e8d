"""A model that takes its time, and real processes: nobody waits for it, and nobody is left alone."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from support.contractcheck import Loopback, answers_late
from support.models import MESSAGES, RATED, claude_vendor, message
from support.sidecar import Chat, Live, kill_group, running_sidecar

from bridge.domain.messages import shipped

SLOW = 15.0
"""Seconds that the model takes."""
WAITING = 100
WITHIN = 1.5
"""Seconds in which whoever needs no model is served."""


@contextmanager
def answering(folder: Path, url: str, seconds: float, **settings: str) -> Iterator[Live]:
    """A sidecar whose model answers everything after so many seconds."""
    vendor = claude_vendor()
    vendor.on(MESSAGES, lambda _request: (200, message({**RATED, "sources": []})))
    vendor.chance = lambda _request: answers_late(seconds)
    with Loopback(vendor) as server:
        own = {
            "responder": "claude",
            "claude_token": "sk-secret",
            "claude_url": server.base_url,
            "allow_private_upstreams": server.endpoint,
        }
        with running_sidecar(folder, url, **own, **settings) as live:
            yield live


def begun(live: Live) -> Chat:
    chat = live.chat()
    chat.start(locale="en")
    return anew(live, chat)


def anew(live: Live, chat: Chat) -> Chat:
    """The same chat over a connection of its own: the server ends one that is idle for five seconds."""
    return live.chat(chat.id)


def timed(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


def p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


def told(chat: Chat, within: float) -> list[tuple[str, str]]:
    ends = time.monotonic() + within
    while not (found := chat.lines()) and time.monotonic() < ends:
        time.sleep(0.2)
    return found


@pytest.mark.alone
def test_a_hundred_waiting_replies_starve_nobody_and_each_of_them_comes(
    tmp_path: Path, fresh_sqlite: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(tmp_path, fresh_sqlite(), SLOW, responder_at_once="128", responder_budget="60") as live:
        chats = [begun(live) for _ in range(WAITING)]
        locked = begun(live)
        locked.says("I want to talk to a human")
        with ThreadPoolExecutor(20) as visitors:
            turns = list(visitors.map(lambda chat: timed(lambda: chat.says("Can I send it back?")), chats))
        others = {
            "healthz": [timed(lambda: requests.get(f"{live.url}/healthz", timeout=30)) for _ in range(20)],
            "locked turn": [timed(lambda n=n: locked.says(f"And number {n}")) for n in range(20)],
        }
        with capsys.disabled():
            print(f"\n{WAITING} turns at once, model {SLOW:.0f} s: p99 {p99(turns):.3f} s", *(
                f"{name} p99 {p99(took):.3f} s of {len(took)}" for name, took in others.items()), sep="; ")  # fmt: skip
        assert max(turns) < SLOW
        assert [told(anew(live, chat), 60) for chat in chats] == [[("reply", RATED["reply"])]] * WAITING
        assert max(max(took) for took in others.values()) < WITHIN


def test_turn_after_turn_is_answered_in_time_however_slow_the_model(
    tmp_path: Path, fresh_sqlite: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(tmp_path, fresh_sqlite(), SLOW) as live:
        chats = [begun(live) for _ in range(4)]

        def play(chat: Chat) -> list[float]:
            return [timed(lambda n=n: chat.says(f"Can I send number {n} back?")) for n in range(5)]

        with ThreadPoolExecutor(len(chats)) as visitors:
            turns = [took for played in visitors.map(play, chats) for took in played]
        with capsys.disabled():
            print(f"\n{len(turns)} turns of {len(chats)} visitors, model {SLOW:.0f} s: p99 {p99(turns):.3f} s")
        assert max(turns) < SLOW
        live.kill()  # what is owed is not waited for


def test_a_sidecar_that_is_killed_while_five_answers_are_owed_leaves_no_visitor_in_silence(
    tmp_path: Path, database: str
) -> None:
    with answering(tmp_path, database, 60, responder_budget="5") as live:
        chats = [begun(live) for _ in range(5)]
        with ThreadPoolExecutor(5) as visitors:
            verdicts = list(visitors.map(lambda chat: chat.says("Can I send it back?"), chats))
        assert {verdict["action"] for verdict in verdicts} == {"wait"}
        live.kill()
        scheduler = live.spawn("scheduler.log", "scheduler")
        try:
            live.serve()
            assert [told(chat, 60) for chat in chats] == [[("reply", shipped("en")["no_answer"])]] * 5
        finally:
            kill_group(scheduler)
