"""Writers that go together are committed once, and each of them is told only when its work is on the disk."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bridge.ports import StoreBusy
from bridge.store.database import Database
from bridge.store.writer import MOST_TOGETHER, Gate

PATIENCE = 30.0
Do = Callable[[Connection], object]


class Refused(Exception):  # noqa: N818 - it says what happened
    """What a caller raises inside its block."""


@dataclass
class Shop:
    """A database, the statements that its writer was given, and threads that write."""

    file: Path
    database: Database
    pool: ThreadPoolExecutor
    said: list[str] = field(default_factory=list)

    def queue(self, number: int) -> None:
        """Wait until so many stand at the gate."""
        ends = time.monotonic() + PATIENCE
        while self.database.waiting < number:
            assert time.monotonic() < ends
            time.sleep(0.001)

    def write(self, do: Do, *, together: bool = True) -> None:
        with self.database.write(together=together) as connection:
            do(connection)

    def all_at_once(self, work: Sequence[tuple[Do, bool]]) -> list[Future[None]]:
        """Have all come while the first is inside, in this order."""
        (first, its_way), *others = work
        inside, go_on = threading.Event(), threading.Event()

        def held(connection: Connection) -> None:
            inside.set()
            assert go_on.wait(PATIENCE)
            first(connection)

        found = [self.pool.submit(self.write, held, together=its_way)]
        assert inside.wait(PATIENCE)
        for place, (do, together) in enumerate(others, 1):
            found.append(self.pool.submit(self.write, do, together=together))
            self.queue(place)
        self.said.clear()
        go_on.set()
        return found

    def stored(self) -> list[str]:
        """What another process would find."""
        with closing(sqlite3.connect(self.file)) as other:
            return [row[0] for row in other.execute("SELECT by FROM written ORDER BY rowid")]

    @property
    def commits(self) -> int:
        return self.said.count("COMMIT")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    file = tmp_path / "bridge.db"
    database = Database(f"sqlite:///{file}")
    with ThreadPoolExecutor(MOST_TOGETHER + 8) as pool:
        it = Shop(file, database, pool)
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE known (id TEXT PRIMARY KEY)")
            connection.exec_driver_sql("CREATE TABLE written (by TEXT, of TEXT REFERENCES known)")
            connection.connection.driver_connection.set_trace_callback(it.said.append)  # type: ignore[union-attr]
        yield it
    database.close()


def says(by: str) -> Do:
    return lambda connection: connection.exec_driver_sql("INSERT INTO written (by) VALUES (?)", (by,))


def refuses(connection: Connection) -> None:
    says("refused")(connection)
    raise Refused


def breaks_at_the_commit(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql("INSERT INTO written VALUES ('orphan', 'nobody')")


def fills_the_disk(connection: Connection) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    connection.exec_driver_sql("INSERT INTO written (by) VALUES (zeroblob(1000000))")


def test_those_who_wait_are_committed_once_and_each_finds_its_work_stored(shop: Shop) -> None:
    found = shop.all_at_once([(says(str(n)), True) for n in range(5)])
    for n, one in enumerate(found):
        one.result(PATIENCE)
        assert str(n) in shop.stored()
    assert shop.commits == 1
    assert shop.stored() == ["0", "1", "2", "3", "4"]


def test_who_is_alone_is_committed_alone_without_a_savepoint(shop: Shop) -> None:
    shop.said.clear()
    shop.write(says("a"))
    assert shop.stored() == ["a"]
    assert [said for said in shop.said if not said.startswith("INSERT")] == ["BEGIN IMMEDIATE", "COMMIT"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_fails_takes_nothing_of_the_others_along(shop: Shop, place: int) -> None:
    work = [(says("a"), True), (says("b"), True)]
    work.insert(place, (refuses, True))
    found = shop.all_at_once(work)
    with pytest.raises(Refused):
        found.pop(place).result(PATIENCE)
    for one in found:
        one.result(PATIENCE)
    assert shop.stored() == ["a", "b"]


def test_a_commit_that_fails_has_failed_for_all_and_the_next_one_is_well(shop: Shop) -> None:
    found = shop.all_at_once([(says("a"), True), (breaks_at_the_commit, True), (says("c"), True)])
    for one in found:
        with pytest.raises(sqlite3.IntegrityError):
            one.result(PATIENCE)
    assert shop.stored() == []
    shop.write(says("d"))
    assert shop.stored() == ["d"]


def test_a_full_disk_takes_back_all_that_was_not_committed_and_says_so_to_each(shop: Shop) -> None:
    shop.write(says("before"))
    found = shop.all_at_once([(says("a"), True), (fills_the_disk, True), (says("c"), True)])
    for one in found[:2]:
        with pytest.raises(StoreBusy):
            one.result(PATIENCE)
    found[2].result(PATIENCE)
    assert shop.stored() == ["before", "c"]


def test_who_passes_over_a_full_disk_is_told_all_the_same(shop: Shop) -> None:
    def goes_on(connection: Connection) -> None:
        with suppress(OperationalError):
            fills_the_disk(connection)

    for one in shop.all_at_once([(says("a"), True), (goes_on, True)]):
        with pytest.raises(StoreBusy):
            one.result(PATIENCE)
    assert shop.stored() == []


def test_one_that_goes_alone_begins_when_the_others_are_committed(shop: Shop) -> None:
    seen: list[list[str]] = []

    def looks(connection: Connection) -> None:
        seen.append(shop.stored())
        says("alone")(connection)

    found = shop.all_at_once([(says("a"), True), (says("b"), True), (looks, False), (says("c"), True)])
    for one in found:
        one.result(PATIENCE)
    assert seen == [["a", "b"]]
    assert shop.commits == 3
    assert shop.stored() == ["a", "b", "alone", "c"]


def test_what_goes_alone_is_not_seen_by_others_before_it_is_stored(shop: Shop) -> None:
    found = shop.all_at_once([(says("alone"), False), (refuses, True), (says("b"), True)])
    for one, fails in zip(found, (False, True, False), strict=True):
        assert isinstance(one.exception(PATIENCE), Refused) is fails
    assert shop.stored() == ["alone", "b"]
    assert shop.commits == 2


def test_no_more_than_so_many_wait_for_one_commit(shop: Shop) -> None:
    found = shop.all_at_once([(says(str(n)), True) for n in range(MOST_TOGETHER + 3)])
    for one in found:
        one.result(PATIENCE)
    assert shop.commits == 2
    assert len(shop.stored()) == MOST_TOGETHER + 3


def test_writers_that_fail_count_too_so_that_nobody_waits_for_ever(shop: Shop) -> None:
    found = shop.all_at_once([(says("a"), True), *[(refuses, True)] * (MOST_TOGETHER + 3)])
    found[0].result(PATIENCE)
    assert shop.stored() == ["a"]
    assert sum(isinstance(one.exception(PATIENCE), Refused) for one in found) == MOST_TOGETHER + 3


def test_who_has_waited_too_long_is_told_and_leaves_nobody_waiting(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'bridge.db'}", wait=0.05)
    with ThreadPoolExecutor(1) as pool:
        with database.write(together=True) as connection:
            connection.exec_driver_sql("CREATE TABLE written (by TEXT)")
            late = pool.submit(database.write(together=True).__enter__)
            with pytest.raises(StoreBusy):
                late.result(PATIENCE)
        with database.write(together=True) as connection:
            says("next")(connection)
    database.close()


def test_a_storm_of_writers_stores_exactly_what_was_answered(shop: Shop) -> None:
    def one(n: int) -> str | None:
        do = refuses if n % 7 == 0 else says(str(n))
        try:
            shop.write(do, together=n % 5 != 0)
        except Refused:
            return None
        return str(n)

    answered = {by for by in shop.pool.map(one, range(300)) if by is not None}
    assert sorted(shop.stored()) == sorted(answered)


def test_the_gate_lets_in_whoever_has_waited_longest() -> None:
    gate, order = Gate(), []
    assert gate.enter(PATIENCE)

    def come(n: int) -> None:
        assert gate.enter(PATIENCE)
        order.append(n)
        gate.leave()

    threads = []
    for n in range(5):
        threads.append(threading.Thread(target=come, args=(n,)))
        threads[-1].start()
        while gate.waiting <= n:
            time.sleep(0.001)
    gate.leave()
    for thread in threads:
        thread.join(PATIENCE)
    assert order == [0, 1, 2, 3, 4]
    assert gate.enter(0)
    assert not gate.pass_on()
