"""What becomes of a row that was not sent, and when it is tried again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.escalation import OutboxKind, OutboxRow
from bridge.domain.instants import HOUR, MINUTE, SECOND
from bridge.domain.upstream import FAILURES_TO_PAUSE, Upstream
from bridge.ports import AdapterError, Fault, NotDone, OutcomeUnknown, Rejected
from bridge.service import breaker
from bridge.service.deliver import (
    MOST_ATTEMPTS,
    OVERDUE_AFTER,
    counts_against,
    in_doubt,
    next_try,
    state_after,
    suspect_sent_if_overdue,
    wait_before,
)

NOW = 100 * HOUR
ROW = OutboxRow("out_1", "shop", "esc_1", OutboxKind.TICKET, "desk", "key", "{}", due_at=NOW, attempts=1)
WELL = Upstream("shop", "desk")
DOWN = replace(WELL, failures=FAILURES_TO_PAUSE, failing_since=1, cause="timeout", paused_until=NOW + MINUTE)


@pytest.mark.parametrize(
    ("fault", "upstream", "counts"),
    [
        (Fault.CALL, WELL, True),
        (Fault.CALL, DOWN, True),
        (Fault.SYSTEM, WELL, True),
        (Fault.SYSTEM, DOWN, False),
        (Fault.PACE, WELL, False),
        (Fault.OURS, WELL, False),
    ],
)
def test_a_row_loses_no_attempt_by_what_every_row_of_its_system_would_have_met(
    fault: Fault, upstream: Upstream, *, counts: bool
) -> None:
    assert counts_against(NotDone("no", fault=fault), upstream) is counts


@pytest.mark.parametrize(
    ("error", "attempts", "unsure_since", "counts", "state"),
    [
        (NotDone("refused"), 1, None, True, "due"),
        (NotDone("refused"), MOST_ATTEMPTS - 1, None, True, "due"),
        (NotDone("refused"), MOST_ATTEMPTS, None, True, "parked"),
        (NotDone("refused"), MOST_ATTEMPTS, None, False, "due"),
        (OutcomeUnknown("timeout"), 1, NOW, True, "unknown"),
        (OutcomeUnknown("timeout"), MOST_ATTEMPTS, NOW, True, "parked"),
        (Rejected("http 422"), 1, None, True, "parked"),
        (Rejected("http 422"), 1, NOW, False, "parked"),
        (Rejected("http 401", fault=Fault.SYSTEM), 1, None, True, "due"),
        (Rejected("http 401", fault=Fault.SYSTEM), 1, NOW, True, "unknown"),
    ],
)
def test_a_row_is_parked_when_it_was_refused_itself_or_has_no_attempt_left(
    error: AdapterError, attempts: int, unsure_since: int | None, state: str, *, counts: bool
) -> None:
    row = replace(ROW, attempts=attempts, unsure_since=unsure_since)
    assert state_after(row, error, counts=counts) == state


@given(st.integers(0, 40))
def test_waits_double_from_five_seconds_to_an_hour_and_a_quarter_of_them_is_chance(attempts: int) -> None:
    longest = min(5 * SECOND * 2 ** max(attempts - 1, 0), HOUR)
    assert 0.75 * longest <= wait_before(attempts, None) <= longest


@pytest.mark.parametrize(("asked", "waited"), [(0.0, SECOND), (0.4, SECOND), (7.0, 7 * SECOND), (90.5, 90_500)])
def test_a_wait_that_the_other_side_asks_for_is_kept_whatever_the_attempt(asked: float, waited: int) -> None:
    assert [wait_before(attempts, asked) for attempts in (1, 20)] == [waited, waited]


@pytest.mark.parametrize(
    ("paused_until", "due_at"),
    [(NOW + MINUTE, NOW + MINUTE + breaker.AFTER_OTHERS), (NOW - MINUTE, NOW + breaker.AFTER_OTHERS)],
)
def test_a_row_whose_system_is_down_comes_after_the_next_probe(paused_until: int, due_at: int) -> None:
    down = replace(DOWN, paused_until=paused_until)
    assert next_try(ROW, NotDone("timeout", retry_after=2.0, fault=Fault.SYSTEM), down, NOW) == due_at


@pytest.mark.parametrize(("fault", "upstream"), [(Fault.CALL, DOWN), (Fault.PACE, DOWN), (Fault.SYSTEM, WELL)])
def test_a_row_whose_own_failure_it_was_waits_for_itself(fault: Fault, upstream: Upstream) -> None:
    assert next_try(ROW, NotDone("no", retry_after=2.0, fault=fault), upstream, NOW) == NOW + 2 * SECOND


def test_a_row_that_lay_due_for_long_is_looked_up_before_it_is_sent() -> None:
    assert suspect_sent_if_overdue(ROW, NOW + OVERDUE_AFTER) == ROW
    late = suspect_sent_if_overdue(ROW, NOW + OVERDUE_AFTER + 1)
    assert not in_doubt(ROW)
    assert in_doubt(late)
    assert (late.unsure_since, late.first_sent_at) == (ROW.due_at, ROW.due_at)


def test_a_row_that_lay_due_for_long_keeps_the_earliest_instant_at_which_it_may_have_been_sent() -> None:
    sent = replace(ROW, first_sent_at=NOW - HOUR)
    assert suspect_sent_if_overdue(sent, NOW + HOUR).first_sent_at == NOW - HOUR


def test_a_row_that_lay_due_for_long_keeps_the_instant_at_which_it_was_last_found_to_be_in_doubt() -> None:
    unsure = replace(ROW, first_sent_at=NOW - HOUR, unsure_since=NOW + MINUTE)
    assert suspect_sent_if_overdue(unsure, NOW + HOUR) == unsure
