"""What a trigger looks at, and what it answers with."""

from dataclasses import dataclass

from bridge.domain.customer import Customer
from bridge.domain.signals import MessageSignals, TurnSignals
from bridge.domain.values import Json


@dataclass(frozen=True, slots=True)
class Situation:
    """What a trigger may look at: the session as it stands after the present turn."""

    turns: tuple[TurnSignals, ...]
    """Oldest first, the present one last, at most WINDOW."""
    turn_count: int
    """Turns of the session so far, those that left the window included."""
    flow: str
    confidence_threshold: float | None
    """Of the flow and tier, 0..1."""
    tiers: tuple[str, ...]
    """Low to high."""
    customer: Customer

    @property
    def message(self) -> MessageSignals:
        return self.turns[-1].message


@dataclass(frozen=True, slots=True)
class Firing:
    """A trigger that holds: the measured value, what it was held against, and why in plain words."""

    value: Json
    threshold: Json
    why: str
