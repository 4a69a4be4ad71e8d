"""A page of tickets is asked about one by one: what cannot be read and the end of the time cost no other its news."""

import time
from collections.abc import Callable, Iterator

import pytest

from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.ticket_news import news_of_each
from bridge.domain.escalation import Agent
from bridge.ports import AdapterError, DeskNews, Fault, NewsKind, OutcomeUnknown, Rejected

ZOE = Agent("zendesk:1", "Zoe")


def news_of(ticket: int) -> DeskNews:
    return DeskNews(NewsKind.PICKED_UP, f"esc-{ticket}", ZOE, -ticket)


def told(*tickets: int) -> list[DeskNews]:
    return [news_of(ticket) for ticket in sorted(tickets, reverse=True)]


def asking(asked: list[int], faults: dict[int, AdapterError]) -> Callable[[int], Iterator[DeskNews]]:
    def of_one(ticket: int) -> Iterator[DeskNews]:
        asked.append(ticket)
        if ticket in faults:
            raise faults[ticket]
        yield news_of(ticket)

    return of_one


def test_a_ticket_that_cannot_be_read_keeps_no_others_news_away() -> None:
    asked: list[int] = []
    faults: dict[int, AdapterError] = {1: OutcomeUnknown("answer too large"), 3: AdapterError("malformed")}
    assert news_of_each(range(1, 6), asking(asked, faults), Deadline(5)) == told(2, 4, 5)
    assert asked == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("fault", [Fault.SYSTEM, Fault.PACE])
def test_where_any_other_call_would_fail_too_what_was_heard_stands_and_nobody_is_asked_further(fault: Fault) -> None:
    asked: list[int] = []
    faults: dict[int, AdapterError] = {3: Rejected("http 401", fault=fault)}
    assert news_of_each(range(1, 6), asking(asked, faults), Deadline(5)) == told(1, 2)
    assert asked == [1, 2, 3]


def test_where_no_ticket_can_be_read_the_first_failure_says_why() -> None:
    faults: dict[int, AdapterError] = {1: AdapterError("malformed"), 2: OutcomeUnknown("answer too large")}
    with pytest.raises(AdapterError, match="malformed"):
        news_of_each([1, 2], asking([], faults), Deadline(5), told(9))


def test_the_end_of_the_time_costs_nothing_that_was_heard() -> None:
    late: dict[int, AdapterError] = {2: OutcomeUnknown("timeout", fault=Fault.SYSTEM)}
    deadline = Deadline(0.05)

    def of_one(ticket: int) -> Iterator[DeskNews]:
        yield from asking([], {} if deadline.left() else late)(ticket)
        time.sleep(0.06)

    assert news_of_each([1, 2, 3], of_one, deadline) == told(1)


def test_a_desk_that_hangs_at_the_first_ticket_is_an_error_unless_something_is_known_already() -> None:
    def hangs(_ticket: int) -> Iterator[DeskNews]:
        time.sleep(0.06)
        raise OutcomeUnknown("timeout", fault=Fault.SYSTEM)

    with pytest.raises(OutcomeUnknown):
        news_of_each([1], hangs, Deadline(0.05))
    assert news_of_each([1], hangs, Deadline(0.05), told(7)) == told(7)
