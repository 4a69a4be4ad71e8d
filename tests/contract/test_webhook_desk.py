"""An address of the owner's own as a desk: Standard Webhooks in both directions."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.packets import at, ticket

from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.webhook import BadSecret, WebhookDesk, key_of, signature
from bridge.adapters.http import Call, Http, Reply
from bridge.domain.escalation import Agent
from bridge.ports import DeskNews, HookCall, HookRefused, NewsKind, NotDone, OutcomeUnknown, Rejected, TicketRef

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_793_633_524
ANSWERED = {
    "type": "ticket.answered",
    "timestamp": "2026-11-02T15:05:00Z",
    "data": {
        "external_id": "esc-0001", "agent": {"id": "7", "name": "Zoe"}, "at": "2026-11-02T15:05:00Z",
        "message_id": "m1", "text": "Hello there",
    },
}  # fmt: skip


@dataclass
class Receiver:
    """Takes events, and answers as told."""

    status: int = 200
    body: bytes = b""
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call, deadline: Deadline) -> Reply:
        deadline.sending()
        self.calls.append(call)
        return Reply(self.status, {}, self.body)


def desk(receiver: Receiver, secret: str = SECRET) -> WebhookDesk:
    return WebhookDesk(Http(transport=receiver), url="https://hook.example/in", secret=secret, now=lambda: NOW)


def call(event: Any = ANSWERED, *, at_s: int = NOW, key: str = SECRET, **headers: str) -> HookCall:
    body = json.dumps(event).encode()
    signed = signature(key_of(key), "msg_1", str(NOW), body)
    told = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": signed, **headers}
    return HookCall(told, body, at_s * 1000)


def test_the_signature_is_that_of_the_specification() -> None:
    """The value was made with the library `standardwebhooks` 1.1.0."""
    made = signature(key_of(SECRET), "msg_1", "1793633524", b'{"type":"ping"}')
    assert made == "v1,j2XJOZHD+qC17IQJOiWvIndJOLNUbnFdJfdb8R1nnWs="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64!", "whsec_ümlaut"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(BadSecret):
        desk(Receiver(), secret)


def test_an_event_carries_the_packet_as_data_and_as_text() -> None:
    event = json.loads(desk(Receiver()).render(ticket()))
    assert event["type"] == "escalation.opened"
    assert event["timestamp"] == "2026-11-02T14:02:04Z"
    told = event["data"]
    assert told["due_at"] == "2026-11-02T15:02:04Z"
    assert set(told["packet"]) == {"customer", "summary", "transcript", "reason", "account", "last_attempt"}
    assert told["packet"]["transcript"][0] == {
        "at": "2026-11-02T14:01:05Z", "who": "visitor", "text": "My invoice is wrong.\nTwice now!", "shown": True,
    }  # fmt: skip
    assert "CONVERSATION" in told["text"]


def test_a_ticket_is_signed_under_its_own_id_at_every_attempt() -> None:
    receiver = Receiver()
    system = desk(receiver)
    body = system.render(ticket())
    assert system.create("esc-0001", body) == TicketRef("esc-0001")
    system.create("esc-0001", body)
    first, second = receiver.calls
    assert first.body == second.body == body.encode()
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "esc-0001"
    assert first.headers["webhook-signature"] == signature(key_of(SECRET), "esc-0001", str(NOW), body.encode())


@pytest.mark.parametrize(
    ("body", "ref"),
    [
        (b'{"id": 42, "url": "https://desk.example/42"}', TicketRef("42", "https://desk.example/42")),
        (b'{"id": "A-1"}', TicketRef("A-1")),
        (b'{"id": "A-1", "url": "javascript:alert(1)"}', TicketRef("esc-0001")),
        (b"thanks", TicketRef("esc-0001")),
        (b"[]", TicketRef("esc-0001")),
    ],
)
def test_the_receiver_may_name_its_ticket(body: bytes, ref: TicketRef) -> None:
    assert desk(Receiver(body=body)).create("esc-0001", "{}") == ref


def test_a_note_is_an_event_with_an_id_of_its_own() -> None:
    receiver = Receiver()
    desk(receiver).append("42", "esc-0001.turn.s.4", "The visitor wrote")
    (sent,) = receiver.calls
    assert sent.headers["webhook-id"] == "esc-0001.turn.s.4"
    assert json.loads(sent.body or b"")["data"] == {
        "external_id": "esc-0001", "id": "42", "note_id": "esc-0001.turn.s.4", "text": "The visitor wrote",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Rejected), (302, Rejected), (410, Rejected), (429, NotDone), (500, OutcomeUnknown)]
)
def test_each_outcome_has_its_name(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        desk(Receiver(status)).create("esc-0001", "{}")


def test_what_people_did_is_heard() -> None:
    assert desk(Receiver()).hear(call()).news == (
        DeskNews(
            NewsKind.ANSWERED, "esc-0001", Agent("webhook:7", "Zoe"), at("2026-11-02T15:05:00"), "webhook:m1",
            "Hello there",
        ),
    )  # fmt: skip


def test_one_right_signature_among_several_is_enough() -> None:
    right = call()
    both = f"v1,AAAA {right.headers['webhook-signature']}"
    assert desk(Receiver()).hear(call(**{"webhook-signature": both})).news


REFUSED = {
    "another secret": call(key="whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    "another id": call(**{"webhook-id": "msg_2"}),
    "no signature": call(**{"webhook-signature": ""}),
    "letters beyond ASCII": call(**{"webhook-signature": "v1,ü"}),
    "too old": call(at_s=NOW + 301),
    "from the future": call(at_s=NOW - 301),
    "no instant": call(**{"webhook-timestamp": ""}),
    "an instant that is none": call(**{"webhook-timestamp": "1e9"}),
}


@pytest.mark.parametrize("forged", REFUSED.values(), ids=REFUSED)
def test_a_call_that_is_not_the_receivers_is_refused(forged: HookCall) -> None:
    with pytest.raises(HookRefused):
        desk(Receiver()).hear(forged)


@pytest.mark.parametrize(
    "event",
    [
        {}, [], {"type": "ping"}, {**ANSWERED, "type": "ticket.deleted"},
        {**ANSWERED, "data": {**ANSWERED["data"], "at": "yesterday"}},  # type: ignore[dict-item]
    ],
)  # fmt: skip
def test_a_right_call_that_says_nothing_we_know_is_no_news(event: Any) -> None:
    assert desk(Receiver()).hear(call(event)).news == ()


def test_the_check_sends_a_ping() -> None:
    receiver = Receiver()
    assert desk(receiver).check(budget=5) == []
    assert json.loads(receiver.calls[0].body or b"")["type"] == "ping"
