"""Numbers that a scrape shows: at once, and of this very moment where they are read soon."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from bridge.ports import StoreBusy
from bridge.service import metrics_cache
from bridge.service.metrics_cache import MetricsCache, Numbers


class Table:
    """Every reading finds one row more; while `go` is not set it takes for ever."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.broken = False
        self._rows = count(1)

    def read(self) -> Numbers:
        self.go.wait()
        if self.broken:
            raise StoreBusy
        return rows(next(self._rows))


def rows(number: int) -> Numbers:
    return {"rows": {"all": float(number)}}


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def threads(table: Table) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as running:
        yield running
        table.go.set()


def until_read(threads: ThreadPoolExecutor) -> None:
    """What is begun comes first: there is one thread."""
    threads.submit(lambda: None).result()


def test_what_is_read_soon_is_read_for_every_scrape(table: Table, threads: ThreadPoolExecutor) -> None:
    kept = MetricsCache(threads, table.read)
    assert [kept.shown(), kept.shown()] == [rows(1), rows(2)]


def test_what_is_read_for_a_while_is_not_read_again_within_it(table: Table, threads: ThreadPoolExecutor) -> None:
    kept = MetricsCache(threads, table.read, every=60)
    assert [kept.shown(), kept.shown()] == [rows(1), rows(1)]


def test_a_scrape_does_not_wait_and_shows_what_was_read_before_and_then_rests(
    table: Table, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_cache, "SCRAPE_WAIT_S", 0.01)
    monkeypatch.setattr(metrics_cache, "FIRST_SCRAPE_WAIT_S", 0.01)
    kept = MetricsCache(threads, table.read)
    table.go.clear()
    assert kept.shown() == {}
    time.sleep(0.02)
    table.go.set()
    until_read(threads)
    table.go.clear()
    assert [kept.shown(), kept.shown()] == [rows(1), rows(1)]
    table.go.set()
    assert kept.shown() == rows(1)  # it took long: the next one is not yet due


def test_what_cannot_be_read_is_told_and_tried_again(table: Table, threads: ThreadPoolExecutor) -> None:
    kept = MetricsCache(threads, table.read)
    table.broken = True
    with pytest.raises(StoreBusy):
        kept.shown()
    table.broken = False
    assert kept.shown() == rows(1)
