"""A request that waits for an answer: the answer finds it waiting, or it has gone, and never both."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.service.responder_threads import ResponderThreads, WaitingRequest

VERDICT = {"say": "Nine to five."}


def seated() -> WaitingRequest:
    waiting = WaitingRequest()
    waiting.seated = True
    return waiting


def test_an_answer_in_time_is_handed_over() -> None:
    waiting = seated()
    assert waiting.claim()
    waiting.give(VERDICT)
    assert waiting.wait(5) == VERDICT


def test_nobody_is_found_waiting_after_the_time_is_over() -> None:
    waiting = seated()
    assert waiting.wait(0) is None
    assert not waiting.claim()


def test_nobody_is_found_waiting_who_has_no_seat() -> None:
    assert not WaitingRequest().claim()


def test_who_was_found_waiting_waits_until_the_answer_is_stored() -> None:
    waiting = seated()
    assert waiting.claim()
    threading.Timer(0.2, waiting.give, [VERDICT]).start()
    assert waiting.wait(0) == VERDICT


def test_an_answer_that_could_not_be_stored_is_not_claimed_again() -> None:
    waiting = seated()
    assert waiting.claim()
    waiting.give(None)
    assert waiting.wait(5) is None
    assert not waiting.claim()


def test_claim_and_departure_at_one_instant_exclude_each_other() -> None:
    with ThreadPoolExecutor(2) as both:
        for _ in range(2000):
            waiting = seated()

            def answer(waiting: WaitingRequest = waiting) -> bool:
                claimed = waiting.claim()
                waiting.give(VERDICT if claimed else None)
                return claimed

            left = both.submit(waiting.wait, random.choice((0.0, 1e-5, 1e-4)))
            claimed = both.submit(answer).result()
            assert (left.result() is not None) == claimed


def test_seats_are_bounded_and_given_back() -> None:
    go = threading.Event()

    def work(waiting: WaitingRequest | None) -> None:
        go.wait(10)
        assert waiting is not None
        waiting.give(VERDICT if waiting.claim() else None)

    with ThreadPoolExecutor(4) as threads:
        asking = ResponderThreads(work, threads, seats=1, wait=30)
        first, second, third = WaitingRequest(), WaitingRequest(), WaitingRequest()
        for waiting in (first, second):
            asking.start(waiting)
        began = time.monotonic()
        assert asking.wait(second) is None
        assert time.monotonic() - began < 1
        go.set()
        assert asking.wait(first) == VERDICT
        asking.start(third)
        assert asking.wait(third) == VERDICT


def test_who_cannot_be_asked_for_takes_no_seat_and_does_not_wait() -> None:
    threads = ThreadPoolExecutor(1)
    asking = ResponderThreads(lambda waiting: waiting.give(VERDICT), threads, seats=1, wait=5)
    threads.shutdown()
    for _ in range(2):
        refused = WaitingRequest()
        with pytest.raises(RuntimeError):
            asking.start(refused)
        assert not refused.seated
    waiting = WaitingRequest()
    with ThreadPoolExecutor(1) as asking._threads:
        asking.start(waiting)
        assert asking.wait(waiting) == VERDICT
