"""A promise keeps its wall time when the rules of its zone change: the scheduler runs on zone data of other rules."""

import zoneinfo
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from support.scheduling import scheduler_beside
from support.sidecar import AFTER_HOURS, Sidecar
from support.waiting import until

from bridge.domain.instants import HOUR, from_rfc3339, to_rfc3339
from bridge.service.keep_wall_times import PAGE_SIZE, keep_wall_times

DUE = from_rfc3339("2026-11-02T18:00:00Z")
"""One o'clock in New York, by the rules under which it is promised."""


def promised(sidecar: Sidecar) -> None:
    sidecar.clock.set(AFTER_HOURS)
    chat = sidecar.chat()
    chat.start(timezone="America/New_York")
    assert "1:00 PM EST on Monday, November 2" in chat.says("I want to talk to a human")["say"]


def jobs(sidecar: Sidecar) -> dict[str, int]:
    with sidecar.bridge.store.read() as tx:
        return {row["kind"]: row["due_at"] for row in tx.work.due(DUE + 10 * HOUR, 100)}


def due_at(sidecar: Sidecar) -> str:
    return str(sidecar.team.list()[0]["commitment"]["due_at"])


def zone_file(key: str) -> bytes:
    """The compiled rules of a zone, from where Python finds them."""
    for folder in zoneinfo.TZPATH:
        if (file := Path(folder, key)).is_file():
            return file.read_bytes()
    return resources.files("tzdata.zoneinfo").joinpath(key).read_bytes()


def test_16_where_summer_time_stays_the_promise_is_due_an_hour_earlier_at_the_same_wall_time(
    sidecar: Sidecar, tmp_path: Path
) -> None:
    promised(sidecar)
    before = jobs(sidecar)
    rules = tmp_path / "zones" / "America" / "New_York"
    rules.parent.mkdir(parents=True)
    rules.write_bytes(zone_file("Etc/GMT+4"))
    with scheduler_beside(sidecar, tmp_path, PYTHONTZPATH=str(tmp_path / "zones")) as scheduler:
        until(lambda: scheduler.said("promise.moved"), "the promise to move")
        (moved,) = scheduler.said("promise.moved")
    assert (moved["was"], moved["due_at"]) == ("2026-11-02T18:00:00Z", "2026-11-02T17:00:00Z")
    assert due_at(sidecar) == "2026-11-02T17:00:00Z"
    assert jobs(sidecar) == {kind: at - HOUR for kind, at in before.items()}


def test_under_the_rules_of_the_promise_nothing_moves(sidecar_on_each: Sidecar) -> None:
    promised(sidecar_on_each)
    before = jobs(sidecar_on_each)
    assert keep_wall_times(sidecar_on_each.bridge) == 0
    assert jobs(sidecar_on_each) == before


def moved_away(sidecar: Sidecar, by: int) -> None:
    """Store the promise as other rules would have had it: another instant for the same wall time."""
    with sidecar.bridge.store.write() as tx:
        ((_, known),) = tx.escalations.standing("", PAGE_SIZE)
        assert tx.escalations.move(replace(known, due_at=known.due_at + by), was_due_at=known.due_at)
        assert tx.work.shift(known.id, by) == 3


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_a_promise_of_other_rules_goes_back_to_its_wall_time_with_what_is_still_to_be_done(
    sidecar_on_each: Sidecar, by: int
) -> None:
    it = sidecar_on_each
    promised(it)
    before = jobs(it)
    moved_away(it, by)
    assert due_at(it) == to_rfc3339(DUE + by)
    assert keep_wall_times(it.bridge) == 1
    assert due_at(it) == to_rfc3339(DUE)
    assert jobs(it) == before
    assert keep_wall_times(it.bridge) == 0


def test_a_promise_that_is_kept_stays_as_it_was_said(sidecar_on_each: Sidecar) -> None:
    it = sidecar_on_each
    promised(it)
    moved_away(it, HOUR)
    it.team.does("reply", it.team.list()[0]["id"], text="Here I am.", reply_id="r1")
    assert keep_wall_times(it.bridge) == 0
    assert it.team.list("all")[0]["commitment"]["due_at"] == to_rfc3339(DUE + HOUR)
