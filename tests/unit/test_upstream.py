"""Budget and breaker, as values."""

from dataclasses import replace

import pytest

from bridge.domain.instants import MINUTE, SECOND
from bridge.domain.upstream import FAILURES_TO_PAUSE, FIRST_PAUSE, LONGEST_PAUSE, Budget, Upstream, pause

DESK = Upstream("shop", "desk")
DOWN = replace(DESK, failures=FAILURES_TO_PAUSE, failing_since=1, cause="timeout", paused_until=50)
LEASE = MINUTE


def sent_by(budget: Budget, until: int, start: int = 10 * MINUTE) -> list[int]:
    """When rows go that are always there, with a look each second."""
    known, sent = DESK, []
    for now in range(start, start + until, SECOND):
        while known.admits(now):
            known = known.admitted(now, now + LEASE, budget)
            sent.append(now)
    return sent


@pytest.mark.parametrize("rate", [1, 3, 20, 100, 700])
def test_no_minute_has_more_than_the_budget_and_its_quarter(rate: int) -> None:
    sent = sent_by(Budget(rate), 5 * MINUTE)
    worst = max(sum(begin <= at < begin + MINUTE for at in sent) for begin in sent)
    assert worst <= rate + rate // 4 + 1
    assert len(sent) >= 5 * rate - 1


@pytest.mark.parametrize(("rate", "at_once"), [(1, 1), (7, 1), (8, 2), (40, 10)])
def test_a_silence_saves_no_more_than_a_quarter_of_a_minute(rate: int, at_once: int) -> None:
    known = DESK.admitted(0, LEASE, Budget(rate))
    went = 0
    while known.admits(60 * MINUTE):
        known, went = known.admitted(60 * MINUTE, 61 * MINUTE, Budget(rate)), went + 1
    assert went == at_once


def test_without_a_budget_a_row_costs_nothing() -> None:
    assert DESK.admitted(100, 200, None) == DESK


def test_a_wait_that_it_asks_for_holds_all_and_a_shorter_one_does_not_end_it() -> None:
    held = DESK.told_to_wait(100, 50, probe=False).told_to_wait(110, 5, probe=False)
    assert not held.admits(149)
    assert held.admits(150)
    assert held.succeeded().next_at == 150


def test_the_fifth_failure_in_a_row_opens_the_breaker_and_one_success_closes_it() -> None:
    known = DESK
    for number in range(FAILURES_TO_PAUSE):
        assert known.admits(number)
        known = known.failed(number, "timeout", probe=False)
    assert known.paused
    assert (known.failing_since, known.cause, known.paused_until) == (0, "timeout", FAILURES_TO_PAUSE - 1 + FIRST_PAUSE)
    assert known.succeeded() == replace(DESK, next_at=known.next_at)


def test_a_success_between_failures_begins_the_count_anew() -> None:
    known = DESK
    for number in range(4 * FAILURES_TO_PAUSE):
        known = (
            known.succeeded()
            if number % FAILURES_TO_PAUSE == FAILURES_TO_PAUSE - 1
            else known.failed(number, "x", probe=False)
        )
    assert not known.paused


def test_one_probe_goes_after_the_pause_and_no_other_before_it_is_over() -> None:
    assert not DOWN.admits(49)
    probing = DOWN.admitted(50, 50 + LEASE, None)
    assert not probing.admits(50 + LEASE - 1)
    assert probing.admits(50 + LEASE)


def test_pauses_double_up_to_ten_minutes() -> None:
    pauses = [pause(FAILURES_TO_PAUSE + extra) // SECOND for extra in range(7)]
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert pause(10**6) == LONGEST_PAUSE


def test_what_was_on_its_way_when_it_opened_says_nothing_new() -> None:
    assert DOWN.failed(60, "http 500", probe=False) == DOWN


def test_a_probe_that_fails_pauses_for_longer_and_one_that_is_refused_for_its_own_sake_does_not() -> None:
    failed = DOWN.failed(100, "http 502", probe=True)
    assert (failed.failures, failed.paused_until, failed.failing_since) == (
        FAILURES_TO_PAUSE + 1,
        100 + 2 * FIRST_PAUSE,
        1,
    )
    assert DOWN.learned_nothing(100, probe=True) == replace(DOWN, paused_until=100 + FIRST_PAUSE)
    assert DESK.learned_nothing(100, probe=False) == DESK


def test_a_probe_that_is_told_to_wait_ends_and_the_wait_counts() -> None:
    held = DOWN.admitted(50, 50 + LEASE, None).told_to_wait(60, 1000, probe=True)
    assert (held.paused_until, held.next_at) == (60, 1060)


def test_only_a_probe_of_a_breaker_that_is_still_open_says_when_the_next_one_goes() -> None:
    assert DOWN.told_to_wait(100, 5, probe=False).paused_until == DOWN.paused_until
    assert DOWN.learned_nothing(100, probe=False) == DOWN
    assert DESK.told_to_wait(100, 5, probe=True) == replace(DESK, next_at=105)
    assert DESK.learned_nothing(100, probe=True) == DESK
