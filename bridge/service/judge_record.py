"""A record of conversations, judged line by line: in this process or by several, in the record's order either way."""

import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from typing import Final

from bridge.domain import backtest
from bridge.domain.backtest import Judged
from bridge.domain.policy import Policy
from bridge.domain.replay import BadLine, read_line
from bridge.ports import BridgeError

CHUNK_SIZE: Final = 100
"""Conversations that go to a process at once."""
CHUNKS_FOR_ONE_PROCESS: Final = 6
"""Chunks that are judged sooner by this process than others are started."""
CHUNKS_IN_FLIGHT_PER_PROCESS: Final = 2
"""Chunks for each process that wait or are judged, so that none is idle and the record need not fit in memory."""


class JudgeLost(BridgeError):  # noqa: N818
    """A process that judged has ended, killed or out of memory. With --jobs 1 this process judges alone."""


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation as a line of a record; `number` says where it stands, `size` how much of the record it is.

    `only_read`: it is not judged, only held to the format.
    """

    number: int
    text: bytes
    size: int = 0
    only_read: bool = False


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that holds no conversation, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a chunk of lines came to, in their order, None where one was only read; `size` is theirs."""

    lines: tuple[Judged | Bad | None, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Panel:
    """The policies that judge: the one that is tried and, where there is one, the one in force."""

    tried: Policy
    present: Policy | None

    def judge(self, lines: tuple[Line, ...]) -> Answer:
        """Each line of a chunk."""
        return Answer(tuple(map(self._judge, lines)), sum(line.size for line in lines))

    def _judge(self, line: Line) -> Judged | Bad | None:
        try:
            conversation = read_line(line.text)
        except BadLine as error:
            return Bad(line.number, str(error))
        return None if line.only_read else backtest.judge(conversation, self.tried, self.present)


def judge_record(lines: Iterable[Line], panel: Panel, *, jobs: int) -> Generator[Answer]:
    """What each line comes to under one policy, or two.

    Args:
        lines: the record.
        panel: what judges.
        jobs: processes that judge; a short record is judged in this one anyway.

    Raises:
        JudgeLost: a process that judged has ended, killed or out of memory.
    """
    chunks = chunked(lines)
    first = list(islice(chunks, CHUNKS_FOR_ONE_PROCESS))
    if jobs == 1 or len(first) < CHUNKS_FOR_ONE_PROCESS:
        yield from map(panel.judge, chain(first, chunks))
        return
    with _processes(jobs, panel) as pool:
        yield from _in_order(pool, chain(first, chunks), jobs * CHUNKS_IN_FLIGHT_PER_PROCESS)


def chunked(lines: Iterable[Line]) -> Iterator[tuple[Line, ...]]:
    """The lines, so many at a time."""
    left = iter(lines)
    while chunk := tuple(islice(left, CHUNK_SIZE)):
        yield chunk


# -- several processes -------------------------------------------------------------------------------------------------


@contextmanager
def _processes(jobs: int, panel: Panel) -> Iterator[ProcessPoolExecutor]:
    """Processes that have the policies; on the way out, whatever happened, none is left.

    They are started anew rather than forked: a fork would take along threads, locks and connections.
    """
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (panel,))
    try:
        yield pool
    except BrokenProcessPool:
        raise JudgeLost from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, chunks: Iterable[tuple[Line, ...]], ahead: int) -> Iterator[Answer]:
    waiting: deque[Future[Answer]] = deque()
    for chunk in chunks:
        with _undisturbed():
            waiting.append(pool.submit(_work, chunk))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits until the end of the block. A process that is started in it never hears one: it is told to end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_panel: Panel
"""Of a process that judges: set once, when it begins."""


def _begin(panel: Panel) -> None:
    """Get ready to judge. Should the process that started this one die, so does this."""
    global _panel  # noqa: PLW0603 - the pool has no other place for what its processes share
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _panel = panel


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _work(chunk: tuple[Line, ...]) -> Answer:
    return _panel.judge(chunk)
