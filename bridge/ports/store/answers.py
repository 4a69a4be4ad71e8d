"""The answers that a responder owes."""

from collections.abc import Sequence
from typing import Protocol

from bridge.domain.answering import Answer, AnswerState, Owed, Said
from bridge.domain.values import Millis


class Answers(Protocol):
    """The answers that a responder owes, and how often it was asked."""

    def ask(self, owed: Owed) -> None:
        """Note that an answer is owed. The session is held."""
        ...

    def owes(self, site: str, session: str) -> bool: ...
    def waits(self, owed: Owed) -> bool:
        """Whether this answer is still owed. The session is held, so that it stays so."""
        ...

    def settle(self, owed: Owed, state: AnswerState, answer: Answer, at: Millis) -> None: ...
    def postpone(self, owed: Owed, due_at: Millis) -> None:
        """The answer is owed still, and overdue only from this instant on."""
        ...

    def drop(self, site: str, session: str, at: Millis) -> None:
        """Nothing is owed in this session any more."""
        ...

    def overdue(self, at: Millis, limit: int) -> list[Owed]:
        """Those that were due at this instant or before, of every site, the oldest first."""
        ...

    def said_before(self, owed: Owed, limit: int) -> tuple[Said, ...]:
        """The last lines before the owed answer's message that were shown, oldest first."""
        ...

    def summary(self, site: str, session: str) -> str:
        """What the model last said that the customer wants, unchecked; empty where it has said nothing."""
        ...

    def ratings(self, site: str, sessions: Sequence[str]) -> dict[str, float]:
        """The model's rating of its last rated answer, 0 to 1, of each of these sessions that has one."""
        ...

    def spend(self, site: str, day: int, who: str, most: int) -> bool:
        """Count one more call of the model on a day of UTC; False, and nothing counted, where `most` were made."""
        ...

    def spent(self, site: str, day: int, who: str) -> int:
        """How many calls of the model were counted on a day of UTC."""
        ...
