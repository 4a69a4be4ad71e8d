"""What people say of decisions."""

from typing import Protocol

from bridge.domain.labels import Label
from bridge.domain.values import Millis


class Labels(Protocol):
    """What people say of decisions."""

    def put(self, site: str, label: Label) -> None:
        """Keep it, in place of what was said of the same thing before."""
        ...

    def of_escalation(self, site: str, session: str, escalation: str) -> Label | None: ...
    def of_sessions(self, site: str, since: Millis, until: Millis) -> list[Label]:
        """The labels of the sessions that began in this time, oldest label first."""
        ...
