"""What the tests need of any helpdesk: its tickets as people see them, people who work them, and its calls to us."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from support.contractcheck import Vendor

SECRET = "hook-secret"


@dataclass
class FiledTicket:
    """A ticket as it looks in the helpdesk."""

    ref: str
    external_id: str
    public: list[str] = field(default_factory=list)
    """What the customer can read, in order: the subject, then texts."""
    private: list[str] = field(default_factory=list)
    """What only the team reads, in order."""


@dataclass(frozen=True)
class Hook:
    """A helpdesk's call to our address: headers as they are sent, and the body."""

    headers: dict[str, str]
    body: bytes


class DeskVendor(Vendor, ABC):
    """A helpdesk: the contract's operations, and what people and tests do behind its back."""

    name: str
    """As `BRIDGE_DESK` names it."""
    create: str
    """The operation that makes the ticket, such as `POST /api/v2/tickets`: faults are planned on it."""
    append: str
    """The operation that adds a note."""
    stamps_its_calls = True
    """Whether its signature holds an instant, so that an old call is refused."""

    @abstractmethod
    def settings(self, base_url: str) -> dict[str, str]:
        """What an owner sets to use it, without `BRIDGE_`; its calls are signed with `SECRET`."""

    @abstractmethod
    def filed(self) -> list[FiledTicket]:
        """The tickets, oldest first."""

    @abstractmethod
    def takes(self, ref: str) -> None:
        """Zoe, who works there, assigns the ticket to herself."""

    @abstractmethod
    def says(self, ref: str, text: str) -> None:
        """Zoe answers the customer in public."""

    @abstractmethod
    def customer_says(self, ref: str, text: str) -> None:
        """The customer answers there, by mail or on the helpdesk's own page."""

    @abstractmethod
    def remarks(self, ref: str, text: str) -> None:
        """Zoe leaves a note for her colleagues."""

    @abstractmethod
    def solves(self, ref: str) -> None:
        """Zoe is done with it."""

    @abstractmethod
    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook | None:
        """The helpdesk's call that something happened to the ticket, sent at this instant (seconds since 1970).

        None for a helpdesk that makes no calls.
        """
