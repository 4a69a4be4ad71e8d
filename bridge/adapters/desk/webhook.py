"""An address of the owner's own as a desk: events that are signed by Standard Webhooks, in both directions.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

The `webhook-id` is the receiver's idempotency key. It stays the same over every attempt, so that one whose outcome is
unknown may be repeated.
"""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bridge.adapters import webhook_auth
from bridge.adapters.desk.ticket_news import NEWS_LIMIT
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import read_call
from bridge.domain.escalation import Agent
from bridge.domain.instants import from_datetime, to_rfc3339
from bridge.domain.packet import Ticket
from bridge.domain.rendering import render_ticket
from bridge.domain.values import Json, Text80
from bridge.ports import DeskNews, Filed, Heard, HookCall, HookRefused, NewsKind, Strategy, TicketRef

SECRET_PREFIX = "whsec_"  # noqa: S105 - public: how such secrets begin
SHORTEST_SECRET = 24
"""Bytes of a secret, at least, as the specification demands."""


class _Who(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: Annotated[str, Field(min_length=1, max_length=60)]
    name: Text80


class _Happened(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    external_id: Text80
    agent: _Who
    at: AwareDatetime
    message_id: Annotated[str, Field(max_length=80)] = ""
    text: Annotated[str, Field(max_length=NEWS_LIMIT)] = ""


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    type: Literal["ticket.picked_up", "ticket.answered", "ticket.solved"]
    data: _Happened


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, coerce_numbers_to_str=True)

    id: Annotated[str, Field(min_length=1, max_length=200)]
    url: Annotated[str, Field(pattern="^https://", max_length=500)] | None = None


_EVENT = TypeAdapter(_Event)


class BadSecret(ValueError):  # noqa: N818
    """The secret is not base64 of 24 bytes or more, with or without `whsec_` before it."""


def key_of(secret: str) -> bytes:
    """The bytes of a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.

    Raises:
        BadSecret: the secret is not base64 of 24 bytes or more.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < SHORTEST_SECRET:
        raise BadSecret
    return key


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC-SHA256 over id, instant in seconds, and body."""
    made = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(made).decode("ascii")


class WebhookDesk:
    """Whatever takes the events at an address.

    Args:
        http: carries the calls.
        url: where events go.
        secret: signs them, and what comes back.
        budget_s: seconds for one call.
        now: seconds since 1970.

    Raises:
        BadSecret: the secret is not base64 of 24 bytes or more.
    """

    name = "webhook"
    strategy = Strategy.CLIENT_ID
    key_window = timedelta(0)
    settle = timedelta(0)

    def __init__(
        self, http: Http, *, url: str, secret: str, budget_s: float = 15.0, now: Callable[[], float] = time.time
    ) -> None:
        self._http = http
        self._url = url
        self._key = key_of(secret)
        self._budget_s = budget_s
        self._now = now

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. The packet as data, and as the text that a person reads."""
        told = ticket.model_dump(mode="json", exclude={"packet", "timezone"})
        instants = {name: to_rfc3339(told[name]) for name in ("decided_at", "due_at")}
        packet = ticket.packet.model_dump(mode="json")
        packet["transcript"] = [{**line, "at": to_rfc3339(line["at"])} for line in packet["transcript"]]
        data = {**told, **instants, "text": render_ticket(ticket), "packet": packet}
        return _event("escalation.opened", ticket.decided_at, data)

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. What the receiver shows to whom is the owner's affair."""
        return None

    def create(self, external_id: str, body: str) -> TicketRef:
        """See `bridge.ports.Desk`. The receiver may answer with its own `id` and `url`."""
        answered = self._send(external_id, body)
        try:
            named = _Named.model_validate(answered)
        except ValidationError:
            return TicketRef(external_id)
        return TicketRef(named.id, named.url)

    def find(self, external_id: str, body: str) -> TicketRef | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. A receiver cannot be asked, and with an idempotency key it need not be."""
        return None

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. A ticket is whole when it is sent."""

    def append(self, ref: str, note_id: str, text: str) -> None:
        """See `bridge.ports.Desk`."""
        external_id = note_id.partition(".")[0]
        data = {"external_id": external_id, "id": ref, "note_id": note_id, "text": text}
        self._send(note_id, _event("escalation.noted", round(self._now() * 1000), data))

    def has_note(self, ref: str, note_id: str) -> bool:  # noqa: ARG002 - the port's shape
        """See `find`."""
        return False

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. The receiver tells what people do by events, signed with the same secret."""
        stamp = call.headers.get("webhook-timestamp", "")
        webhook_auth.fresh(webhook_auth.of_seconds(stamp), call.at)
        made = signature(self._key, call.headers.get("webhook-id", ""), stamp, call.body).encode()
        given = call.headers.get("webhook-signature", "").encode("utf-8", "surrogatepass").split()
        if not any(hmac.compare_digest(made, one) for one in given[:10]):
            raise HookRefused
        event = read_call(_EVENT, call.body)
        return Heard(news=(_news(event),)) if event else Heard()

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: an event of the type `ping` is taken."""
        self._send(f"ping_{round(self._now())}", _event("ping", round(self._now() * 1000), {}), budget)
        return []

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The receiver tells by itself."""
        return []

    def _send(self, message_id: str, body: str, budget_s: float | None = None) -> Json:
        stamp = str(round(self._now()))
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._key, message_id, stamp, body.encode()),
        }
        reply = self._http.post(self._url, body, headers=headers, budget_s=budget_s or self._budget_s)
        try:
            return json.loads(reply.body)
        except ValueError:
            return None


def _event(kind: str, at: int, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "timestamp": to_rfc3339(at), "data": data}, ensure_ascii=False)


KIND_OF_EVENT = {
    "ticket.picked_up": NewsKind.PICKED_UP,
    "ticket.answered": NewsKind.ANSWERED,
    "ticket.solved": NewsKind.SOLVED,
}


def _news(event: _Event) -> DeskNews:
    told = event.data
    agent = Agent(f"webhook:{told.agent.id}", told.agent.name)
    at = from_datetime(told.at)
    message_id = f"webhook:{told.message_id or at}"
    return DeskNews(KIND_OF_EVENT[event.type], told.external_id, agent, at, message_id, told.text)
