"""What of a conversation may stay when the person has to be forgotten: what figures are made of, and nothing said."""

import json
from dataclasses import dataclass, replace

from bridge.domain.customer import Customer
from bridge.domain.escalation import Escalation
from bridge.domain.packet import Packet, PacketAccount, PacketCustomer
from bridge.domain.session import Session
from bridge.domain.values import Identity, State, Visitor

ERASED = "Erased on request."
"""What stands in place of a summary."""
KEPT_FIELDS = ("rule", "policy_version", "at", "flow", "turns")
"""What of a frozen decision says nothing of the person."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a request is about: an address, a WordPress user, or both; whatever fits one of them is theirs."""

    email: str | None = None
    user_id: str | None = None


def emptied(session: Session) -> Session:
    """The session of nobody: how many turns it had, its flow and its tier are kept, and it is over."""
    known = session.customer
    return replace(
        session,
        state=State.CLOSED,
        visitor=Visitor(identity=Identity.ANONYMOUS),
        customer=Customer(fetch=known.fetch, tier=known.tier, tier_assumed=known.tier_assumed),
        locale=None,
        timezone=None,
        page_url=None,
        shop=None,
        window=(),
        phone=None,
        erased=True,
    )


def emptied_escalation(escalation: Escalation) -> Escalation:
    """The escalation of nobody: its rule, queue, state, tier and the triggers that had fired are kept."""
    known = escalation.packet.customer
    nobody = PacketCustomer(
        name=None, email=None, identity=Identity.ANONYMOUS, tier=known.tier, tier_assumed=known.tier_assumed
    )
    packet = Packet(
        customer=nobody,
        summary=ERASED,
        transcript=(),
        reason=escalation.rule,
        account=PacketAccount(),
        last_attempt=None,
    )
    trace = _emptied_trace(escalation.trace)
    return replace(escalation, customer_key=None, reason=escalation.rule, packet=packet, trace=trace)


def _emptied_trace(trace: str) -> str:
    frozen = json.loads(trace)
    kept = {name: frozen[name] for name in KEPT_FIELDS if name in frozen}
    return json.dumps({**kept, "fired": dict.fromkeys(frozen["fired"]), "erased": True}, sort_keys=True)


def is_erased(trace: str) -> bool:
    """Whether the inputs of a frozen decision are gone, so that it cannot be made again."""
    return "erased" in json.loads(trace)
