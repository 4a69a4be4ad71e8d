"""What keeps mails from being too many."""

from typing import Protocol

from bridge.domain.values import Millis


class Mails(Protocol):
    """What keeps mails from being too many."""

    def posted(self, external_id: str) -> bool:
        """Whether a mail of this id lies in the outbox, sent or not."""
        ...

    def take_slot(self, site: str, address: str, slot: int, at: Millis, free_since: Millis) -> bool:
        """Take one of an address' numbered slots, if it was never taken, or last at `free_since` or before.

        One that a clock which was ahead has taken counts as taken at `at`.
        """
        ...
