"""What is frozen for a helpdesk whose list has to be read: the request, and since when it may have been carried out.

The helpdesk cannot be asked for our id, but for what is new; and what is older than the decision is not ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.domain.instants import DAY
from bridge.domain.packet import Ticket
from bridge.domain.values import Json, Millis


@dataclass(frozen=True, slots=True)
class Frozen:
    """A request that makes a ticket, and an instant before which no ticket can be the one that it made."""

    request: Mapping[str, Json]
    since: Millis


def freeze(ticket: Ticket, request: Mapping[str, Json]) -> str:
    """The request as the text that lies in the outbox."""
    return json.dumps({"decided_at": ticket.decided_at, "request": request}, ensure_ascii=False)


def thaw(body: str) -> Frozen:
    """What `freeze` wrote. The clocks of two houses are no more than a day apart."""
    kept = json.loads(body)
    return Frozen(kept["request"], kept["decided_at"] - DAY)
