"""A mailbox, an address of one's own, and the channels that the team watches, through a whole hand-over."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from support.sidecar import SHOP, AtOnce, Sidecar, app_over, with_systems

from bridge.adapters.desk.webhook import key_of, signature
from bridge.adapters.http import Http
from bridge.assembly.desks import Outside, desk
from bridge.assembly.notifiers import notifiers
from bridge.config import SiteSettings
from bridge.domain.instants import to_rfc3339
from bridge.ports import Mail
from bridge.web.app import Parts

ASKING = "I want to talk to a human."
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(BaseHTTPRequestHandler):
    """Takes whatever is sent, and keeps it on the server."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.taken.append((self.path, dict(self.headers.items()), json.loads(body)))
        answer = b"ok" if self.path.startswith("/slack") else b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Stay quiet."""


@contextmanager
def receiving() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.taken = []
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def receiver() -> Iterator[Any]:
    with receiving() as server:
        yield server


def address(server: Any) -> str:
    return f"127.0.0.1:{server.server_port}"


def using(sidecar: Sidecar, allow: str = "", **settings: str) -> Sidecar:
    """The sidecar whose site has these settings."""
    own, http = SiteSettings.model_validate(settings), partial(Http, allow=[allow] if allow else [])
    made = with_systems(sidecar, desk=desk(own, Outside(http, sidecar.mailer, "support@shop.example")))
    systems = replace(made.bridge.systems(SHOP), notifiers=notifiers(own, http))
    bridge = replace(made.bridge, systems=lambda _site: systems, background=AtOnce())
    return replace(made, bridge=bridge, app=app_over(Parts(bridge, lambda: None)))


def desk_mails(sidecar: Sidecar) -> list[Mail]:
    return [mail for mail in sidecar.mailer.mails if ".desk@" in mail.message_id]


# --------------------------------------------------------------------------------------------------------- a mailbox


def test_a_mailbox_gets_the_ticket_and_what_comes_later_as_one_thread(sidecar: Sidecar) -> None:
    shop = using(sidecar, desk="email", desk_email="tickets@shop.example")
    chat = shop.chat()
    chat.verified()
    chat.says("My parcel number 4711 is lost")
    chat.says(ASKING)
    chat.says("It was blue")
    shop.work()
    ticket, note = desk_mails(shop)
    assert ticket.to == note.to == "tickets@shop.example"
    assert "CONVERSATION" in ticket.text
    assert "4711" in ticket.text
    assert ticket.reply_to == "user7@example.org"
    assert note.in_reply_to == ticket.message_id
    assert note.subject == f"Re: {ticket.subject}"
    assert "blue" in note.text


def test_a_queue_may_have_a_mailbox_of_its_own(sidecar: Sidecar) -> None:
    boxes = "enterprise=vip@shop.example,general=all@shop.example"
    shop = using(sidecar, desk="email", desk_email="tickets@shop.example", desk_queues=boxes)
    chat = shop.chat()
    chat.verified()
    chat.says(ASKING)
    shop.work()
    queue = shop.team.list()[0]["queue"]
    wanted = {"enterprise": "vip@shop.example", "general": "all@shop.example"}.get(queue, "tickets@shop.example")
    assert [mail.to for mail in desk_mails(shop)] == [wanted]


# --------------------------------------------------------------------------------------------- an address of one's own


def test_an_address_of_ones_own_gets_events_and_tells_what_people_do(sidecar: Sidecar, receiver: Any) -> None:
    url = f"http://{address(receiver)}/in"
    shop = using(sidecar, address(receiver), desk="webhook", webhook_url=url, webhook_secret=SECRET)
    shop.clock.at = round(time.time() * 1000)
    chat = shop.chat()
    chat.verified()
    chat.says(ASKING)
    chat.says("It was blue")
    shop.work()
    kinds = [event["type"] for _, _, event in receiver.taken]
    assert kinds == ["escalation.opened", "escalation.noted"]
    external_id = receiver.taken[0][2]["data"]["external_id"]

    told = {
        "external_id": external_id, "agent": {"id": "7", "name": "Zoe"}, "at": to_rfc3339(shop.clock.at),
        "message_id": "m1", "text": "Your parcel is in Leeds.",
    }  # fmt: skip
    assert hook(shop, {"type": "ticket.answered", "data": told}) == 202
    assert hook(shop, {"type": "ticket.answered", "data": told}) == 202
    assert [text for kind, text in chat.lines() if kind == "agent"] == ["Your parcel is in Leeds."]
    assert shop.team.list()[0]["commitment"]["state"] == "kept"
    assert hook(shop, {"type": "ticket.solved", "data": told}) == 202
    assert chat.events()["state"] == "closed"


def test_an_event_about_no_escalation_of_this_site_changes_nothing(sidecar: Sidecar, receiver: Any) -> None:
    url = f"http://{address(receiver)}/in"
    shop = using(sidecar, address(receiver), desk="webhook", webhook_url=url, webhook_secret=SECRET)
    told = {"external_id": "esc_of_nobody", "agent": {"id": "7", "name": "Zoe"}, "at": "2026-11-02T15:00:00Z"}
    assert hook(shop, {"type": "ticket.solved", "data": told}) == 200


def hook(sidecar: Sidecar, event: Any) -> int:
    body, stamp = json.dumps(event).encode(), str(round(time.time()))
    signed = {
        "webhook-id": "m",
        "webhook-timestamp": stamp,
        "webhook-signature": signature(key_of(SECRET), "m", stamp, body),
    }
    with sidecar.app.test_client() as client:
        return client.post(f"/v1/hooks/{SHOP.id}/webhook", data=body, headers=signed).status_code


# -------------------------------------------------------------------------------------------------------- channels


def test_the_teams_channels_are_told_of_what_is_new_and_what_is_late(sidecar: Sidecar, receiver: Any) -> None:
    base = f"http://{address(receiver)}"
    shop = using(
        sidecar, address(receiver), slack_webhook_url=f"{base}/slack/secret", teams_webhook_url=f"{base}/teams/secret"
    )
    chat = shop.chat()
    chat.verified()
    chat.says(ASKING)
    shop.work()
    assert sorted(path for path, _, _ in receiver.taken) == ["/slack/secret", "/teams/secret"]
    shop.clock.advance(hours=30)
    shop.work()
    words = json.dumps([body for path, _, body in receiver.taken if path.startswith("/slack")])
    assert "New" in words
    assert "Promise broken" in words
    assert {row["state"] for row in shop.outbox() if row["kind"] == "notice"} == {"sent"}
