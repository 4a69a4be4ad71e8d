"""The errors through which the outside speaks.

BridgeError
+-- AdapterError          a system we called did not do what we asked
|   +-- NotDone           it certainly did nothing: send again later
|   +-- Rejected          it refused: not again without a change
|   +-- OutcomeUnknown    it may have acted: only the desk's own strategy may follow
+-- HookRefused           a helpdesk's call is none
+-- StoreBusy             the database could not take the write in time
|   +-- StoreUnreachable  its server is not there, or does not let us in
+-- StoreDamaged          what is in its place is no sound database
"""

from dataclasses import dataclass
from enum import StrEnum

from bridge.errors import BridgeError


class Fault(StrEnum):
    """Whose fault it is that a call was of no use.

    `call`: of this call alone, another one may do well. `system`: any other would have met the same (not reached, no
    answer in time, 5xx, not let in). `pace`: the system has had too many calls from us. `ours`: it was not asked, for
    something of our own has to happen before.
    """

    CALL = "call"
    SYSTEM = "system"
    PACE = "pace"
    OURS = "ours"


class AdapterError(BridgeError):
    """A system we called did not do what we asked.

    `detail` names the cause in a few fixed words (`refused`, `timeout`, `http 500`, `not json`): it goes to logs, so
    it never holds a URL, a token or a customer's text. `retry_after` is in seconds, where the other side named one;
    `fault` says whether other calls to the same system have a chance.
    """

    def __init__(self, detail: str, *, retry_after: float | None = None, fault: Fault = Fault.CALL) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.fault = fault


class NotDone(AdapterError):  # noqa: N818 - it names an outcome
    """The other side certainly did nothing; the same call may be sent again later."""


class Rejected(AdapterError):  # noqa: N818
    """The other side refused; sending the same again is no use before somebody changes something."""


class OutcomeUnknown(AdapterError):  # noqa: N818
    """The other side may have acted. What may follow is the desk's declared strategy, nothing else."""


class StoreBusy(BridgeError):  # noqa: N818
    """The database could not take the write in time. Nothing was stored; the caller may repeat the call."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a database cannot be used as it is, and what to do about it; as text, both with a colon between them."""

    cause: str
    cure: str

    def __str__(self) -> str:
        return f"{self.cause}: {self.cure}"


class StoreUnreachable(StoreBusy):
    """The database cannot be reached, or refuses us; the message says why, and what to do."""

    def __init__(self, why: Unusable) -> None:
        super().__init__(str(why))
        self.why = why


class StoreDamaged(BridgeError):  # noqa: N818
    """The database file is damaged, or is no SQLite database; the message says so, and what to do."""

    why = Unusable(
        "The database file is damaged, or is no SQLite database", "stop everything and put a backup in its place."
    )

    def __init__(self) -> None:
        super().__init__(str(self.why))


class HookRefused(BridgeError):  # noqa: N818
    """The call of a helpdesk is not signed as that helpdesk signs, or is older than five minutes."""
