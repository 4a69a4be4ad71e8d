"""T01, T02: sidecar and scheduler as real processes, on the two nights when New York's clocks change (libfaketime)."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.scheduling import Beside
from support.sidecar import Answer, Caller, Chat, Live, kill_group, new_session_id, prepare_live
from support.waiting import until

from bridge.domain.instants import HOUR, MINUTE, SECOND, from_rfc3339, to_datetime
from bridge.domain.values import Json, Millis

POLICY = """
queues:
  support: {{hours: team, respond_within: {{normal: 0}}, ladder: [live, email]}}
rules:
  - {{name: asked, when: asks, priority: normal, queue: support}}
triggers:
  asks: {{type: human_requested}}
hours:
  team: {{timezone: America/New_York, week: {{mon-sun: ["{window}"]}}}}
"""
AUTUMN, SPRING = "2026-11-01", "2027-03-14"
EVENING = {AUTUMN: "2026-11-01T00:00:00Z", SPRING: "2027-03-14T01:00:00Z"}
"""Eight o'clock in New York, on the Saturday before."""


@pytest.fixture(scope="module")
def library() -> str:
    found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("libfaketime is not installed: sudo tests/install_system.sh")
    return str(found[0])


@dataclass(frozen=True)
class Travel:
    """One database, visited by processes at instants of their own."""

    live: Live
    library: str

    def at(self, instant: Millis, **environ: str) -> Live:
        """The site for processes that begin to live at an instant."""
        began = f"@{to_datetime(instant):%Y-%m-%d %H:%M:%S}"
        there = {"LD_PRELOAD": self.library, "FAKETIME": began, "TZ": "UTC", **environ}
        return replace(self.live, under=("env", *(f"{name}={value}" for name, value in there.items())))

    def promised(self, instant: Millis) -> Json:
        """What the sidecar says to a visitor who asks for a person at an instant."""
        there = self.at(instant)
        ahead = instant / SECOND - time.time()
        try:
            there.serve()
            chat = Chat(Elsewhen(there.caller().transport, there.pairing.chat_secret, ahead=ahead), new_session_id())
            chat.verified()
            return chat.says("I want to talk to a human")["escalation"]["commitment"]
        finally:
            there.stop()

    @contextmanager
    def scheduler(self, instant: Millis) -> Iterator[Beside]:
        """The scheduler, from an instant on.

        It waits by the machine's own steady clock: the library fakes the clock that Python's locks wait by, and not
        the waiting.
        """
        process = self.at(instant, FAKETIME_DONT_FAKE_MONOTONIC="1").spawn("scheduler.log", "scheduler")
        try:
            yield Beside(self.live.folder)
        finally:
            process.terminate()
            process.wait(30)
            kill_group(process)

    def lived_until(self, instant: Millis) -> bool:
        """Whether the scheduler has given a sign of life from then on."""
        return bool(self.rows("SELECT at FROM heartbeat WHERE name = 'scheduler' AND at >= ?", instant))

    def rows(self, query: str, *values: Millis) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.live.folder / "bridge.db", timeout=30) as database:
            found = database.execute(query, values).fetchall()
        database.close()
        return found


@dataclass(frozen=True)
class Elsewhen(Caller):
    """A caller whose clock goes with the sidecar's."""

    ahead: float = 0.0

    def send(self, method: str, target: str, body: Json = None, **how: object) -> Answer:
        return super().send(method, target, body, **{"at": int(time.time() + self.ahead), **how})


@pytest.fixture
def travel(tmp_path: Path, library: str) -> Travel:
    return Travel(prepare_live(tmp_path, f"sqlite:///{tmp_path}/bridge.db", policy=f"{tmp_path}/policy.yaml"), library)


def staffed(travel: Travel, window: str) -> None:
    (travel.live.folder / "policy.yaml").write_text(POLICY.format(window=window))


def kept_by(travel: Travel, due: Millis) -> dict[str, int]:
    """How often what was due then was tried, by schedulers that lived over that instant and again an hour later."""
    with travel.scheduler(due - 5 * SECOND) as scheduler:
        until(lambda: scheduler.said("follow_up.done", kind="promise"), "the follow-up")
        until(lambda: any("To: user7@example.org" in mail for mail in scheduler.mails), "the mail")
    later = due + HOUR - 2 * SECOND
    with travel.scheduler(later) as scheduler:
        until(lambda: travel.lived_until(due + HOUR + SECOND), "the second 01:30 of an autumn night, or nothing")
    told = [line for mail in scheduler.mails for line in mail.splitlines() if line.startswith("Message-ID:")]
    assert len(set(told)) == len(told) == len(scheduler.mails)
    tried = travel.rows("SELECT kind, attempts, done_at - due_at FROM follow_up WHERE due_at = ?", due)
    assert all(0 <= late <= MINUTE for _, _, late in tried)
    return {kind: attempts for kind, attempts, _ in tried}


@pytest.mark.parametrize(
    ("night", "due", "said"),
    [
        (AUTUMN, "2026-11-01T14:00:00Z", "9:00 AM EST tomorrow, Sunday, November 1"),
        (SPRING, "2027-03-14T13:00:00Z", "9:00 AM EDT tomorrow, Sunday, March 14"),
    ],
)
def test_t01_nine_tomorrow_is_the_right_instant_over_the_change_of_clocks_and_kept_once(
    travel: Travel, night: str, due: str, said: str
) -> None:
    staffed(travel, "09:00-17:00")
    promise = travel.promised(from_rfc3339(EVENING[night]))
    assert (promise["due_at"], promise["timezone"]) == (due, "America/New_York")
    assert said in promise["text"]
    assert kept_by(travel, from_rfc3339(due)) == {"opening": 1, "promise": 1}


@pytest.mark.parametrize(
    ("night", "window", "opens"),
    [
        (AUTUMN, "01:30-02:30", "2026-11-01T05:30:00Z"),  # the first of two 01:30
        (AUTUMN, "02:30-03:30", "2026-11-01T07:30:00Z"),
        (SPRING, "01:30-02:30", "2027-03-14T06:30:00Z"),
        (SPRING, "02:30-03:30", "2027-03-14T07:00:00Z"),  # there is no 02:30: the first minute after the gap
    ],
)
def test_t02_what_is_due_at_an_hour_that_is_absent_or_comes_twice_is_done_once(
    travel: Travel, night: str, window: str, opens: str
) -> None:
    staffed(travel, window)
    promise = travel.promised(from_rfc3339(EVENING[night]))
    assert promise["due_at"] == opens
    assert kept_by(travel, from_rfc3339(opens)) == {"opening": 1, "promise": 1}
