"""Calls that customers have booked."""

from typing import Protocol

from bridge.domain.callback import Callback
from bridge.domain.values import Millis


class Callbacks(Protocol):
    """Calls that customers have booked."""

    def alone(self, site: str, queue: str) -> None:
        """Until the transaction ends, nobody else books or moves a call of this queue.

        Raises:
            StoreBusy: somebody does just now, and does not end.
        """
        ...

    def latest(self, site: str, escalation: str) -> Callback | None:
        """The escalation's last call, booked or not any more."""
        ...

    def booked(self, site: str, since: Millis, until: Millis) -> list[Callback]:
        """The booked calls of all queues that take place within this time, by their start."""
        ...

    def book(self, call: Callback) -> bool:
        """Keep a new one; False if its seat is taken, or its escalation has one."""
        ...

    def change(self, call: Callback) -> None: ...
