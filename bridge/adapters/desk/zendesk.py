"""Zendesk as a desk: a ticket whose packet is a private first comment, made once by Idempotency-Key.

Zendesk forgets a key after two hours; the same request would then make a second ticket. `key_window` ends before that,
and afterwards only a look-up by external id may come before another send.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.adapters.addresses import mailbox
from bridge.adapters.http import Answer, Http
from bridge.domain.packet import PacketCustomer, Ticket
from bridge.domain.rendering import render_ticket
from bridge.domain.values import Json
from bridge.ports import AdapterError, OutcomeUnknown, Rejected, Strategy, TicketRef

COMMENT_LIMIT = 60_000
"""Characters of a comment, below the 65,535 that Zendesk takes."""


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Ticket(_Lenient):
    id: int = Field(ge=1)
    external_id: str | None = None


class _One(_Lenient):
    ticket: _Ticket


class _Many(_Lenient):
    tickets: tuple[_Ticket, ...]
    next_page: str | None = None


class Zendesk:
    """Tickets in Zendesk Support.

    Args:
        http: carries the calls.
        base_url: `https://<subdomain>.zendesk.com`.
        token: an API token, used with `email`; without it an OAuth access token.
        email: of the agent whom the API token belongs to.
        groups: from our queue names to Zendesk group ids; a queue that is not in it is left to Zendesk's own triggers.
        tags: put on every ticket.
        budget_s: seconds for one call.
    """

    name = "zendesk"
    strategy = Strategy.NATIVE_KEY
    key_window = timedelta(hours=1, minutes=45)

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        token: str,
        email: str | None = None,
        groups: Mapping[str, int] | None = None,
        tags: Sequence[str] = ("ai-escalation",),
        budget_s: float = 20.0,
    ) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": authorization(token, email)}
        self._groups = dict(groups or {})
        self._tags = tuple(tags)
        self._budget_s = budget_s

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. The subject, which the customer may see, holds nothing that only staff may know."""
        fields: dict[str, Json] = {
            "subject": f"Chat hand-off: {ticket.queue}",
            "comment": {"body": render_ticket(ticket, limit=COMMENT_LIMIT), "public": False},
            "external_id": ticket.external_id,
            "priority": ticket.priority.value,
            "tags": [*self._tags, _tag(f"queue-{ticket.queue}"), _tag(f"by-{ticket.channel.value}")],
        }
        requester = _requester(ticket.packet.customer)
        if requester is not None:
            fields["requester"] = requester
        if ticket.queue in self._groups:
            fields["group_id"] = self._groups[ticket.queue]
        return json.dumps({"ticket": fields}, ensure_ascii=False)

    def create(self, external_id: str, body: str) -> TicketRef:
        """See `bridge.ports.Desk`. The external id is the key, so a repeat within the window finds the same ticket."""
        answer = self._http.json(
            "POST",
            f"{self._base}/api/v2/tickets",
            headers={**self._headers, "Idempotency-Key": external_id},
            body_text=body,
            budget_s=self._budget_s,
            expect=[HTTPStatus.BAD_REQUEST],
        )
        if answer.status == HTTPStatus.BAD_REQUEST:
            raise _bad_request(answer)
        try:
            return self._ref(_One.model_validate(answer.json).ticket)
        except ValidationError:
            pass
        raise OutcomeUnknown("malformed")

    def find(self, external_id: str) -> TicketRef | None:
        """See `bridge.ports.Desk`. External ids are not unique in Zendesk; ids grow, so the lowest is the oldest."""
        answer = self._http.json(
            "GET",
            f"{self._base}/api/v2/tickets",
            headers=self._headers,
            params={"external_id": external_id},
            budget_s=self._budget_s,
        )
        found = _parse_many(answer)
        ours = [ticket for ticket in found.tickets if ticket.external_id == external_id]
        if not ours and found.next_page:
            raise AdapterError("list not filtered")  # then its first page proves nothing
        return self._ref(min(ours, key=lambda ticket: ticket.id)) if ours else None

    def _ref(self, ticket: _Ticket) -> TicketRef:
        return TicketRef(str(ticket.id), f"{self._base}/agent/tickets/{quote(str(ticket.id))}")


def authorization(token: str, email: str | None) -> str:
    """The Authorization header: of an API token with its agent's address, or of an OAuth token without one."""
    if email is None:
        return f"Bearer {token}"
    return "Basic " + base64.b64encode(f"{email}/token:{token}".encode()).decode("ascii")


def _requester(customer: PacketCustomer) -> Json:
    """Name and address, both of which Zendesk wants; an address that it would refuse must not cost us the ticket."""
    address = mailbox((customer.email or "").strip())
    return None if address is None else {"name": (customer.name or "").strip() or address, "email": address}


def _tag(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")


def _bad_request(answer: Answer) -> AdapterError:
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    if error == "IdempotentRequestError":
        return OutcomeUnknown("key in use")  # something was made by this key; only a look-up can tell what
    return Rejected("http 400")


def _parse_many(answer: Answer) -> _Many:
    try:
        return _Many.model_validate(answer.json)
    except ValidationError:
        pass
    raise AdapterError("malformed")
