"""Everything at once, on real processes: one escalation and one ticket a session, and no word of the AI after it."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.contractcheck import Loopback
from support.sidecar import (
    ADA,
    SHOP,
    Caller,
    Chat,
    FakeDesk,
    Live,
    Sidecar,
    in_process,
    kill_group,
    looking,
    new_session_id,
    running_sidecar,
    with_systems,
)
from support.zendesk_server import ZendeskVendor

from bridge.domain.instants import from_rfc3339
from bridge.domain.packet import Ticket
from bridge.domain.values import Json, Millis
from bridge.ports import Clock, Store
from bridge.service.context import Bridge
from bridge.service.take_contact import Contact, keep_contact
from bridge.service.watch_promises import follow_up_due
from bridge.web.app import Parts, create_app

SESSIONS = 200
TURNS = ("I want to talk to a human", "hello, where is my parcel?", "let me speak to a real person please", "any news?")
LANES = 2
"""Sessions that are played at the same time, each by a thread a turn."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Said:
    """One answer, with when the call began and ended."""

    session: str
    began: float
    ended: float
    status: int
    verdict: Json


def until(true: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends, f"it took too long: {what}"
        time.sleep(0.02)


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
    tabs = [sidecar_on_each.chat() for _ in range(2)]
    for tab in tabs:
        tab.verified()
    clock = PausingClock(sidecar_on_each.clock.at, call=1)
    slow = replace(tabs[0], caller=with_clock(sidecar_on_each, clock).caller())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow.says, TURNS[0])
        assert clock.reached.wait(PATIENCE)  # it holds its own session, and has judged nothing yet
        second = pool.submit(tabs[1].says, TURNS[0])
        time.sleep(0.1)  # the other tab is now waiting for it, or through
        clock.go.set()
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


class PausingClock:
    """Stands still in the middle of a transaction, from the call of that number on, until it is let go."""

    def __init__(self, at: Millis, call: int) -> None:
        self._at, self._calls = at, call
        self.reached, self.go = threading.Event(), threading.Event()

    def now(self) -> Millis:
        self._calls -= 1
        if self._calls == 0:
            self.reached.set()
            assert self.go.wait(PATIENCE)
        return self._at


def with_clock(sidecar: Sidecar, clock: Clock) -> Sidecar:
    """The same sidecar by another clock, and an app of its own."""
    bridge = replace(sidecar.bridge, clock=clock)
    return replace(sidecar, app=create_app(Parts(bridge, lambda: None)), bridge=bridge)


Work = Callable[[Bridge, Chat], object]


def follow_up(bridge: Bridge, _chat: Chat) -> None:
    follow_up_due(bridge)


def give_contact(bridge: Bridge, chat: Chat) -> None:
    with bridge.store.write() as tx:
        keep_contact(bridge, tx, SHOP.id, chat.id, Contact(phone="+1 555 0100"))


@pytest.mark.alone
@pytest.mark.parametrize(("work", "call"), [(follow_up, 2), (give_contact, 1)], ids=["the scheduler", "the customer"])
def test_an_agent_who_answers_at_the_same_moment_as_another_works_on_it_is_in_no_deadlock(
    sidecar_on_each: Sidecar, work: Work, call: int
) -> None:
    sidecar, chat = sidecar_on_each, sidecar_on_each.chat()
    chat.verified()
    number = chat.says(TURNS[0])["escalation"]["id"]
    sidecar.clock.advance(hours=5)
    clock = PausingClock(sidecar.clock.at, call)
    with capture_logs() as logs, ThreadPoolExecutor(2) as pool:
        other = pool.submit(work, replace(sidecar.bridge, clock=clock), chat)
        assert clock.reached.wait(PATIENCE)
        answer = pool.submit(sidecar.team.does, "reply", number, text="Hello", reply_id="r1")
        time.sleep(0.3)  # the answer is now waiting for a lock, or through
        clock.go.set()
        began = time.monotonic()
        other.result()
        answer.result()
    assert time.monotonic() - began < 0.9, "somebody waited until the database called it a deadlock"
    assert [line for line in logs if line["log_level"] in ("error", "critical")] == []
    assert chat.lines()[-1] == ("agent", "Hello")


class PausingDesk(FakeDesk):
    """Stands still while the ticket is rendered: in the middle of the decision, the escalation written already."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = threading.Event(), threading.Event()

    def render(self, ticket: Ticket) -> str:
        self.reached.set()
        assert self.go.wait(PATIENCE)
        return super().render(ticket)


def during_a_decision(sidecar: Sidecar, does: Callable[[], object]) -> None:
    """Something happens while another tab of customer 7 is being handed over."""
    desk = PausingDesk()
    first = with_systems(sidecar, desk=desk).chat()
    first.verified()
    with ThreadPoolExecutor(2) as pool:
        decision = pool.submit(first.says, TURNS[0])
        assert desk.reached.wait(PATIENCE)
        other = pool.submit(does)
        time.sleep(0.1)  # it is now waiting for the decision, or through
        desk.go.set()
        assert decision.result()["state"] == "escalated"
        other.result()


def test_a_tab_that_is_opened_during_the_decision_falls_silent_with_it(sidecar_on_each: Sidecar) -> None:
    second = sidecar_on_each.chat()
    during_a_decision(sidecar_on_each, second.verified)
    assert second.says("Where is my order?")["action"] == "say"


def test_a_tab_that_is_written_in_during_the_decision_falls_silent_with_it(sidecar_on_each: Sidecar) -> None:
    second = sidecar_on_each.chat()
    second.verified()
    during_a_decision(sidecar_on_each, partial(second.says, "hello"))
    assert second.says("Where is my order?")["action"] == "say"


def test_a_tab_that_is_opened_while_the_chat_is_given_back_does_not_stay_locked(database: str) -> None:
    with in_process(database) as sidecar:
        first, second = sidecar.chat(), sidecar.chat()
        first.start("verified", user_id="7")
        number = first.says(TURNS[0])["escalation"]["id"]
        clock = PausingClock(sidecar.clock.at, call=2)
        slow = replace(second, caller=with_clock(sidecar, clock).caller())
        with ThreadPoolExecutor(2) as pool:
            start = pool.submit(slow.start, "verified", user_id="7")
            assert clock.reached.wait(PATIENCE)  # it has found the escalation and joined it
            release = pool.submit(sidecar.team.does, "release", number)
            time.sleep(0.1)  # the release is now waiting for it, or through
            clock.go.set()
            assert start.result()["state"] == "escalated"
            release.result()
        assert second.events()["state"] == "open"


def test_an_agent_who_answers_somebody_who_is_just_erased_waits_for_no_deadlock(sidecar_on_each: Sidecar) -> None:
    chat, address = sidecar_on_each.chat(), "somebody@example.org"
    chat.start("claimed", email=address)
    number = chat.says(TURNS[0])["escalation"]["id"]
    team = sidecar_on_each.team.caller
    answer = {"agent": ADA, "text": "Hello", "reply_id": "r1"}
    with ThreadPoolExecutor(2) as pool:
        with sidecar_on_each.bridge.store.write() as tx:
            tx.sessions.hold(SHOP.id, chat.id)  # both get as far as they can without the session
            erased = pool.submit(team.send, "POST", "/v1/privacy/erase", {"email": address, "force": True})
            time.sleep(0.2)
            answered = pool.submit(team.send, "POST", f"/v1/escalations/{number}/reply", answer)
            time.sleep(0.2)
        assert erased.result().status == 200
        assert answered.result().slug == "escalation-closed"
