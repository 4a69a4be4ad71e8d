"""A language is read once, beside the calls: a session start waits a moment for it, a message until it is there."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from bridge.service.language_reading import LanguageReading

PATIENCE_S = 0.05


@dataclass
class Slow:
    """A language that is read for as long as the test wants."""

    done: Event = field(default_factory=Event)
    read: list[str] = field(default_factory=list)

    def __call__(self, code: str) -> None:
        self.read.append(code)
        assert self.done.wait(10)


@pytest.fixture
def slow() -> Iterator[Slow]:
    language = Slow()
    yield language
    language.done.set()


@pytest.fixture
def reading(slow: Slow) -> Iterator[LanguageReading]:
    with ThreadPoolExecutor(1) as reader:
        yield LanguageReading(reader, slow, PATIENCE_S)
        slow.done.set()


def test_a_language_that_two_visitors_bring_is_read_once(reading: LanguageReading, slow: Slow) -> None:
    slow.done.set()
    for code in ("pt", "pt", "fr"):
        reading.begin(code)()
    assert slow.read == ["pt", "fr"]


def test_a_session_start_waits_no_longer_than_it_may(reading: LanguageReading, slow: Slow) -> None:
    began = time.monotonic()
    reading.begin("pt")()
    assert PATIENCE_S <= time.monotonic() - began < 5
    assert not slow.done.is_set()


def test_what_the_crm_took_is_no_longer_waited_for(reading: LanguageReading) -> None:
    wait_for_language = reading.begin("pt")
    time.sleep(PATIENCE_S)
    began = time.monotonic()
    wait_for_language()
    assert time.monotonic() - began < PATIENCE_S


def test_a_message_in_it_waits_until_it_is_there_and_no_other(reading: LanguageReading, slow: Slow) -> None:
    reading.begin("pt")
    reading.settle(lambda: "fr")
    message = Thread(target=reading.settle, args=(lambda: "pt",))
    message.start()
    message.join(PATIENCE_S)
    assert message.is_alive()
    slow.done.set()
    message.join(10)
    assert not message.is_alive()


def test_a_language_that_cannot_be_read_keeps_nobody_waiting() -> None:
    def broken(code: str) -> None:
        raise OSError(code)

    with ThreadPoolExecutor(1) as reader:
        reading = LanguageReading(reader, broken)
        reading.begin("pt")()
        reading.settle(lambda: "pt")
