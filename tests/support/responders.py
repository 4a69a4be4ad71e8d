"""Responders for tests: one that says what it is told to, when it is let."""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.sidecar import Sidecar, in_process

from bridge.domain.answering import Answer, Question
from bridge.domain.values import Json
from bridge.service.answer_turn import answer_turn
from bridge.service.responder_threads import Assistant, Caps, ResponderThreads, WaitingRequest

NO_CAPS = Caps()
SURE = Answer(text="We are open from nine to five.", confidence=0.95, intent="opening_hours", answered=True)


@dataclass
class Told:
    """Answers as it is told; waits for `go` first, which is set unless a test holds it back."""

    says: Answer = SURE
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[Question] = field(default_factory=list)
    budgets: list[float] = field(default_factory=list)
    name: str = "told"

    def __post_init__(self) -> None:
        self.go.set()

    def answer(self, question: Question, *, budget: float) -> Answer:
        self.asked.append(question)
        self.budgets.append(budget)
        says = self.says
        assert self.go.wait(30)
        return says

    def patience(self) -> float:
        """Seconds that a turn waits for the answer."""
        return 30.0 if self.go.is_set() else 0.0

    def check(self, *, budget: float) -> list[str]:  # noqa: ARG002 - the port's shape
        return []


class Patient(ResponderThreads):
    """Waits long for an answer that may come, and hardly for one that is held back: no test hangs on a clock."""

    def __init__(self, told: Told, threads: Executor) -> None:
        super().__init__(answer_turn, threads, seats=8, wait=0.0)
        self._told = told

    def wait(self, waiting: WaitingRequest) -> Json:
        self._wait = self._told.patience()
        return super().wait(waiting)


@contextmanager
def answering(url: str, told: Told, *, caps: Caps = NO_CAPS, budget: float = 20.0, **more: Any) -> Iterator[Sidecar]:
    """The sidecar in this process, with a responder."""
    assistant = Assistant(told, budget, caps)
    threads = ThreadPoolExecutor(16)
    asking = Patient(told, threads)
    with in_process(url, assistants=lambda _site: assistant, asking=asking, **more) as sidecar:
        yield sidecar
        told.go.set()
        threads.shutdown(wait=True)
