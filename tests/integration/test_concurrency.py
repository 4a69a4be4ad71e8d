"""Everything at once, on real processes: one escalation and one ticket a session, and no word of the AI after it."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.contractcheck import Loopback
from support.races import Crossing
from support.sidecar import (
    ADA,
    SHOP,
    Caller,
    Chat,
    Live,
    Sidecar,
    kill_group,
    looking,
    new_session_id,
    remade,
    running_sidecar,
)
from support.waiting import PATIENCE, until
from support.zendesk_server import ZendeskVendor

from bridge.domain.instants import from_rfc3339
from bridge.domain.values import Json
from bridge.ports import Store
from bridge.service.context import Bridge
from bridge.service.take_contact import Contact, keep_contact
from bridge.service.watch_promises import follow_up_due

SESSIONS = 200
TURNS = ("I want to talk to a human", "hello, where is my parcel?", "let me speak to a real person please", "any news?")
LANES = 2
"""Sessions that are played at the same time, each by a thread a turn."""


@dataclass(frozen=True)
class Said:
    """One answer, with when the call began and ended."""

    session: str
    began: float
    ended: float
    status: int
    verdict: Json


def play(caller: Caller, sessions: list[str], mine: int, together: threading.Barrier) -> list[Said]:
    """One thread: in each session, at the same moment as the others, its own turn, until it is taken."""
    seen = []
    for session in sessions:
        together.wait(PATIENCE)
        status = 503
        while status == 503:
            began = time.monotonic()
            body = {"turn_id": f"t{mine}", "text": TURNS[mine]}
            answer = caller.send("POST", f"/v1/sessions/{session}/turns", body)
            status = answer.status
            seen.append(Said(session, began, time.monotonic(), status, answer.json if status == 200 else None))
    return seen


def play_all(live: Live) -> list[Said]:
    ids, caller = [new_session_id() for _ in range(SESSIONS)], live.caller()
    for session in ids:  # so many who are not logged in would be a flood, and few mails
        visitor = {"identity": "verified", "user_id": session}
        caller.ask("POST", "/v1/sessions", {"session_id": session, "visitor": visitor})
    lanes = [ids[lane::LANES] for lane in range(LANES)]
    with ThreadPoolExecutor(LANES * len(TURNS)) as pool:
        running = []
        for lane in lanes:
            together = threading.Barrier(len(TURNS))
            running += [pool.submit(play, live.caller(), lane, mine, together) for mine in range(len(TURNS))]
        return [said for one in running for said in one.result()]


@pytest.mark.slow
def test_four_turns_at_once_in_each_of_200_sessions_are_200_escalations_and_200_tickets(
    database: str, tmp_path: Path
) -> None:
    vendor = ZendeskVendor()
    with Loopback(vendor) as zendesk:
        settings = {
            "workers": "3", "desk": "zendesk", "zendesk_url": zendesk.base_url, "zendesk_token": "token",
            "desk_rate": "10000", "allow_private_upstreams": zendesk.endpoint,
        }  # fmt: skip
        with running_sidecar(tmp_path, database, **settings) as live, looking(live) as store:
            said = play_all(live)
            scheduler = live.spawn("scheduler.log", "scheduler")
            try:
                until(lambda: everything_sent(store), "tickets and mails")
            finally:
                kill_group(scheduler)
            with store.read() as tx:
                numbers = tx.ops.counts()
    assert Counter(one.status for one in said).keys() <= {200, 503}
    assert numbers["escalations"] == {"open": SESSIONS}
    assert numbers["turns"] == {"all": SESSIONS * len(TURNS)}
    assert numbers["commitments"] == {"pending": SESSIONS}
    tickets = Counter(ticket["external_id"] for ticket in vendor.state.tickets)
    assert len(tickets) == SESSIONS
    assert set(tickets.values()) == {1}
    assert len(list((tmp_path / "mail").glob("*.eml"))) == SESSIONS
    assert ai_after_the_lock(said) == []
    assert (
        len({one.verdict["escalation"]["id"] for one in said if one.verdict and one.verdict["escalation"]}) == SESSIONS
    )


def everything_sent(store: Store) -> bool:
    with store.read() as tx:
        return tx.ops.counts()["outbox"].keys() == {"sent"}


def ai_after_the_lock(said: list[Said]) -> list[tuple[Said, Said]]:
    """Calls that began after an answer had said "waiting", and were told that the bot may speak."""
    locks: dict[str, Said] = {}
    for one in said:
        if one.verdict and one.verdict["action"] == "say":
            known = locks.get(one.session)
            locks[one.session] = one if known is None or one.ended < known.ended else known
    return [
        (locks[one.session], one)
        for one in said
        if one.verdict and one.verdict["action"] == "answer" and one.began > locks[one.session].ended
    ]


def ask(together: threading.Barrier, tab: Chat) -> Json:
    """Ask for a person at the same moment as the others."""
    together.wait(PATIENCE)
    return tab.says(TURNS[0])


def test_two_tabs_of_one_customer_that_ask_at_once_are_one_escalation(sidecar_on_each: Sidecar) -> None:
    for user in range(5):
        tabs = [sidecar_on_each.chat() for _ in range(2)]
        for tab in tabs:
            tab.verified(str(user))
        together = threading.Barrier(len(tabs))

        with ThreadPoolExecutor(len(tabs)) as pool:
            verdicts = list(pool.map(partial(ask, together), tabs))
        assert {verdict["action"] for verdict in verdicts} == {"say"}
        assert len({verdict["escalation"]["id"] for verdict in verdicts}) == 1
    assert len(sidecar_on_each.team.list("all")) == 5


def test_neither_of_two_tabs_of_one_customer_that_ask_at_once_is_refused(sidecar_on_each: Sidecar) -> None:
    sidecar, store = crossing(sidecar_on_each)
    tabs = [sidecar.chat() for _ in range(2)]
    for tab in tabs:
        tab.verified()
    store.halt_after("sessions.hold")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(tabs[0].says, TURNS[0])
        store.until_halted()  # it holds its own session, and has judged nothing yet
        second = pool.submit(tabs[1].says, TURNS[0])
        store.until_it_waits(second)
        store.go_on()
        verdicts = [first.result(), second.result()]
    assert len({verdict["escalation"]["id"] for verdict in verdicts}) == 1


@pytest.mark.slow
def test_two_schedulers_and_one_that_is_killed_do_each_follow_up_once(database: str, tmp_path: Path) -> None:
    shift = tmp_path / "shift"
    shift.write_text("0")
    with running_sidecar(tmp_path, database, workers="1", clock=f"file:{shift}") as live, looking(live) as store:
        caller = live.caller()
        chats = [Chat(caller) for _ in range(80)]
        for number, chat in enumerate(chats):
            chat.verified(str(number))
            chat.says(TURNS[0])
        until(lambda: everything_sent(store), "the first mails")
        due = max(one["commitment"]["due_at"] for one in live.team.list())
        shift.write_text(str(seconds_until(due) + 1))
        schedulers = [live.spawn(f"scheduler{n}.log", "scheduler") for n in range(2)]
        until(lambda: broken(store) > 3, "the first broken promises")
        kill_group(schedulers[0])
        shift.write_text(str(seconds_until(due) + 90))  # its leases have run out
        try:
            until(lambda: broken(store) == len(chats) and everything_sent(store), "all promises and their mails")
        finally:
            kill_group(schedulers[1])
        with store.read() as tx:
            numbers = tx.ops.counts()
        assert numbers["commitments"] == {"broken": len(chats), "pending": len(chats)}
        for chat in chats:
            assert [kind for kind, _ in chat.lines()] == ["commitment", "commitment"]
        with store.read() as tx:
            mails = [row["external_id"] for row in tx.work.outbox(["sent"], 10_000)]
    for kind in ("customer.broken", "team.broken"):
        assert sum(kind in external_id for external_id in mails) == len(chats)
        assert len(list((tmp_path / "mail").glob(f"*{kind}*"))) == len(chats)


def seconds_until(instant: str) -> float:
    return from_rfc3339(instant) / 1000 - time.time()


def broken(store: Store) -> float:
    """How many promises are broken by now."""
    with store.read() as tx:
        return tx.ops.counts()["commitments"].get("broken", 0)


def crossing(sidecar: Sidecar) -> tuple[Sidecar, Crossing]:
    """The same sidecar on a store where transactions meet as they are told."""
    store = Crossing(sidecar.bridge.store, sidecar.url)
    return remade(sidecar, store=store), store


Work = Callable[[Bridge, Chat], object]


def follow_up(bridge: Bridge, _chat: Chat) -> None:
    follow_up_due(bridge)


def give_contact(bridge: Bridge, chat: Chat) -> None:
    with bridge.store.write() as tx:
        keep_contact(bridge, tx, SHOP.id, chat.id, Contact(phone="+1 555 0100"))


@pytest.mark.alone
@pytest.mark.parametrize(
    ("work", "halt_after"),
    [(follow_up, "work.finish_follow_up"), (give_contact, "sessions.save")],
    ids=["the scheduler", "the customer"],
)
def test_an_agent_who_answers_at_the_same_moment_as_another_works_on_it_is_in_no_deadlock(
    sidecar_on_each: Sidecar, work: Work, halt_after: str
) -> None:
    chat = sidecar_on_each.chat()
    chat.verified()
    number = chat.says(TURNS[0])["escalation"]["id"]
    sidecar_on_each.clock.advance(hours=5)
    sidecar, store = crossing(sidecar_on_each)
    store.halt_after(halt_after)
    with capture_logs() as logs, ThreadPoolExecutor(2) as pool:
        other = pool.submit(work, sidecar.bridge, chat)
        store.until_halted()
        answer = pool.submit(sidecar.team.does, "reply", number, text="Hello", reply_id="r1")
        store.until_it_waits(answer)
        store.go_on()
        began = time.monotonic()
        other.result()
        answer.result()
    assert time.monotonic() - began < 0.9, "somebody waited until the database called it a deadlock"
    assert [line for line in logs if line["log_level"] in ("error", "critical")] == []
    assert chat.lines()[-1] == ("agent", "Hello")


def during_a_decision(sidecar: Sidecar, store: Crossing, does: Callable[[], object]) -> None:
    """Something happens while another tab of customer 7 is being handed over, the escalation written already."""
    first = sidecar.chat()
    first.verified()
    store.halt_after("escalations.open")
    with ThreadPoolExecutor(2) as pool:
        decision = pool.submit(first.says, TURNS[0])
        store.until_halted()
        other = pool.submit(does)
        store.until_it_waits(other)
        store.go_on()
        assert decision.result()["state"] == "escalated"
        other.result()


def test_a_tab_that_is_opened_during_the_decision_falls_silent_with_it(sidecar_on_each: Sidecar) -> None:
    sidecar, store = crossing(sidecar_on_each)
    second = sidecar.chat()
    during_a_decision(sidecar, store, second.verified)
    assert second.says("Where is my order?")["action"] == "say"


def test_a_tab_that_is_written_in_during_the_decision_falls_silent_with_it(sidecar_on_each: Sidecar) -> None:
    sidecar, store = crossing(sidecar_on_each)
    second = sidecar.chat()
    second.verified()
    during_a_decision(sidecar, store, partial(second.says, "hello"))
    assert second.says("Where is my order?")["action"] == "say"


def test_a_tab_that_is_opened_while_the_chat_is_given_back_does_not_stay_locked(sidecar_on_each: Sidecar) -> None:
    sidecar, store = crossing(sidecar_on_each)
    first, second = sidecar.chat(), sidecar.chat()
    first.start("verified", user_id="7")
    number = first.says(TURNS[0])["escalation"]["id"]
    store.halt_after("sessions.start")
    with ThreadPoolExecutor(2) as pool:
        start = pool.submit(second.start, "verified", user_id="7")
        store.until_halted()  # it has found the escalation and joined it
        release = pool.submit(sidecar.team.does, "release", number)
        store.until_it_waits(release)
        store.go_on()
        assert start.result()["state"] == "escalated"
        release.result()
    assert second.events()["state"] == "open"


def test_an_agent_who_answers_somebody_who_is_just_erased_waits_for_no_deadlock(sidecar_on_each: Sidecar) -> None:
    sidecar, store = crossing(sidecar_on_each)
    chat, address = sidecar.chat(), "somebody@example.org"
    chat.start("claimed", email=address)
    number = chat.says(TURNS[0])["escalation"]["id"]
    team = sidecar.team.caller
    answer = {"agent": ADA, "text": "Hello", "reply_id": "r1"}
    with ThreadPoolExecutor(2) as pool:
        with sidecar_on_each.bridge.store.write() as tx:
            tx.sessions.hold(SHOP.id, chat.id)  # both get as far as they can without the session
            erased = pool.submit(team.send, "POST", "/v1/privacy/erase", {"email": address, "force": True})
            store.until_it_waits(erased)
            answered = pool.submit(team.send, "POST", f"/v1/escalations/{number}/reply", answer)
            store.until_it_waits(erased, answered)
        assert erased.result().status == 200
        assert answered.result().slug == "escalation-closed"
