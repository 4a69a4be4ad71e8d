"""What is stored about one person, and what is too old to be kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.domain.escalation import Escalation
from bridge.domain.forgetting import Person
from bridge.domain.session import Session
from bridge.domain.values import Json, Millis
from bridge.ports.store.records import Place


@dataclass(frozen=True, slots=True)
class Aged:
    """A session that began long ago; `over` when nobody needs it any more."""

    place: Place
    over: bool


class Privacy(Protocol):
    """What is stored about one person, and what is too old to be kept."""

    def sessions(self, site: str, person: Person, after: str, limit: int) -> list[str]:
        """The ids of the person's sessions at this site beyond `after`, in their order.

        With an address this reads what every escalation of the site was handed over with: a rare request may.
        """
        ...

    def escalations(self, site: str, session: str) -> list[str]:
        """The ids of those that were decided in the session, oldest first."""
        ...

    def labels(self, site: str, session: str) -> list[Json]: ...
    def answers(self, site: str, session: str) -> list[Json]: ...
    def calls(self, escalation: str) -> list[Json]: ...
    def mails(self, escalation: str) -> list[Json]:
        """Payload, state and `created_at` of each."""
        ...

    def tickets(self, escalation: str) -> list[Json]:
        """Target, external id, ref and url of those that a helpdesk has, or may have."""
        ...

    def empty_session(self, blank: Session) -> dict[str, int]:
        """Delete what was said in a session and put the blank one in its place; returns how many rows, by kind."""
        ...

    def empty_escalation(self, blank: Escalation) -> dict[str, int]:
        """Likewise an escalation; what is still to be sent for it is cancelled."""
        ...

    def empty_messages(self, escalation: str, session: str, said: Sequence[str]) -> dict[str, int]:
        """Empty what a session has added to the ticket of another one, and what names an address or number of it."""
        ...

    def empty_shared(self, site: str, beginning: str, escalation: str) -> int:
        """Empty the mails about several people whose text names an escalation, and cancel those that are not sent.

        Args:
            site: the site's id.
            beginning: of the external ids of such mails.
            escalation: its id.
        """
        ...

    def drop_address(self, site: str, email: str, digest: str) -> None:
        """Forget what the CRM said of an address, and how many mails went to it."""
        ...

    def drop_spent(self, site: str, who: Sequence[str]) -> None:
        """Forget how often the responder was asked for them; see `Answers.spend`."""
        ...

    def aged(self, site: str, before: Millis, after: Place, limit: int) -> list[Aged]:
        """A page of the sessions that began before an instant, oldest first."""
        ...

    def purge(self, site: str, before: Millis, sessions: Sequence[str]) -> int:
        """Delete those of the sessions that are over still, with everything that belongs to them; how many there were.

        They began before the instant; one in which something was said since then is not over.
        """
        ...

    def purge_stale(self, before: Millis, limit: int) -> int:
        """Delete some of the CRM's answers, slots for mails and daily counts older than an instant; how many."""
        ...
