"""A record judged by one process or by several: the same answers in the same order, and nothing left behind."""

import json
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest

from bridge.domain.policy_check import read_policy
from bridge.domain.shipped_policy import shipped_document
from bridge.service.judge_record import (
    CHUNK_SIZE,
    CHUNKS_FOR_ONE_PROCESS,
    CHUNKS_IN_FLIGHT_PER_PROCESS,
    Answer,
    Bad,
    JudgeLost,
    Line,
    Panel,
    judge_record,
)

SHIPPED = read_policy(shipped_document())
CALMER = read_policy(shipped_document().replace("when: wants_a_person", "when: {all: [wants_a_person, going_round]}"))
FATAL = 250
SAID = ("hello", "I want to talk to a human", "the charger is on fire", "thanks")


class Dying(Panel):
    """Ends its process as the kernel does when memory is short."""

    def judge(self, lines: tuple[Line, ...]) -> Answer:
        if multiprocessing.parent_process():
            os._exit(9)
        return super().judge(lines)


class Faulty(Panel):
    """Has a fault that shows at one line."""

    def judge(self, lines: tuple[Line, ...]) -> Answer:
        if any(line.number == FATAL for line in lines):
            raise ZeroDivisionError
        return super().judge(lines)


def record(length: int) -> Iterator[Line]:
    for number in range(1, length + 1):
        turns = [{"visitor": SAID[number % len(SAID)]}]
        text = json.dumps({"session_id": str(number), "locale": "en", "turns": turns}).encode()
        yield Line(number, text if number % 97 else b"nonsense", size=3)


LONG = (CHUNKS_FOR_ONE_PROCESS + 1) * CHUNK_SIZE + 7


def test_two_processes_say_what_one_says() -> None:
    alone = list(judge_record(record(LONG), Panel(CALMER, SHIPPED), jobs=1))
    assert list(judge_record(record(LONG), Panel(CALMER, SHIPPED), jobs=2)) == alone
    lines = [line for answer in alone for line in answer.lines]
    assert [line.number for line in lines if isinstance(line, Bad)] == list(range(97, LONG, 97))
    assert len(lines) == LONG
    assert sum(answer.size for answer in alone) == 3 * LONG
    assert multiprocessing.active_children() == []


def test_a_short_record_starts_no_process() -> None:
    answers = list(judge_record(record(CHUNKS_FOR_ONE_PROCESS * CHUNK_SIZE - CHUNK_SIZE), Dying(SHIPPED, None), jobs=2))
    assert len(answers) == CHUNKS_FOR_ONE_PROCESS - 1


def test_a_process_that_dies_is_named_and_none_is_left() -> None:
    with pytest.raises(JudgeLost, match=r"has ended, killed or out of memory. With --jobs 1 this process judges"):
        list(judge_record(record(LONG), Dying(SHIPPED, None), jobs=2))
    assert multiprocessing.active_children() == []


def test_a_fault_in_a_process_is_as_loud_as_in_this_one() -> None:
    for jobs in (1, 2):
        with pytest.raises(ZeroDivisionError):
            list(judge_record(record(LONG), Faulty(SHIPPED, None), jobs=jobs))
    assert multiprocessing.active_children() == []


def test_who_stops_asking_leaves_no_process_behind_and_the_rest_unread() -> None:
    read = count()

    def endless() -> Iterator[Line]:
        while True:
            next(read)
            yield Line(1, b"nonsense")

    with closing(judge_record(endless(), Panel(SHIPPED, None), jobs=2)) as answers:
        next(answers)
    assert multiprocessing.active_children() == []
    assert next(read) <= (CHUNKS_FOR_ONE_PROCESS + 2 * CHUNKS_IN_FLIGHT_PER_PROCESS + 1) * CHUNK_SIZE


def test_a_line_that_is_only_read_is_held_to_the_format_alone() -> None:
    lines = [Line(1, b'{"session_id": "a", "turns": []}', only_read=True), Line(2, b"{}", only_read=True)]
    (answer,) = judge_record(lines, Panel(SHIPPED, None), jobs=1)
    assert answer.lines == (None, Bad(2, "session_id: Field required"))
