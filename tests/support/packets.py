"""A full ticket to build others from."""

from datetime import UTC, datetime
from typing import Any

from bridge.domain.customer import OpenTicket, Order
from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer, Ticket
from bridge.domain.values import Channel, Identity, Millis, Priority


def at(text: str) -> Millis:
    """An instant from `2026-11-02T14:15:00` in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


CUSTOMER = PacketCustomer(
    name="Ann Lee", email="ann@example.org", identity=Identity.VERIFIED, tier="enterprise", tier_assumed=False
)
TRANSCRIPT = (
    Line(at=at("2026-11-02T14:01:05"), who="visitor", text="My invoice is wrong.\nTwice now!"),
    Line(at=at("2026-11-02T14:01:09"), who="bot", text="Please clear your cache."),
    Line(at=at("2026-11-02T14:02:00"), who="visitor", text="A person, please 🙏"),
    Line(at=at("2026-11-02T14:02:03"), who="bot", text="I could not find that.", shown=False),
)


def ticket(external_id: str = "esc-0001", **changes: Any) -> Ticket:
    """A ticket; keyword arguments replace parts of its packet (`customer`, `transcript`, ...) or of itself."""
    packet: dict[str, Any] = {
        "customer": CUSTOMER,
        "summary": "Ann Lee asked for a person after two wrong invoices.",
        "transcript": TRANSCRIPT,
        "reason": "explicit_request: the visitor asked for a person.",
        "account": PacketAccount(
            orders=(Order(id="1042", total=1299.5, currency="USD", status="paid", created_at="2026-10-30"),),
            open_tickets=(OpenTicket(id="77", subject="Login fails", status="open"),),
            billing_status="past due",
            sla="24x7",
        ),
        "last_attempt": "Please clear your cache.",
    }
    own: dict[str, Any] = {
        "external_id": external_id,
        "site": "shop",
        "queue": "billing",
        "priority": Priority.HIGH,
        "channel": Channel.CALLBACK,
        "decided_at": at("2026-11-02T14:02:04"),
        "due_at": at("2026-11-02T15:02:04"),
        "timezone": "UTC",
        "due_text": "A person will call you before 10:02 AM EST.",
    }
    own |= {name: value for name, value in changes.items() if name in own}
    packet |= {name: value for name, value in changes.items() if name not in own}
    return Ticket(packet=Packet(**packet), **own)
