"""Zendesk with the people who work in it."""

import base64
import hmac
import json
import time
from typing import Any

from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook
from support.zendesk_server import CREATE, CUSTOMER, UPDATE, ZendeskVendor


class ZendeskDesk(ZendeskVendor, DeskVendor):
    """See `DeskVendor`."""

    name, create, append = "zendesk", CREATE, UPDATE

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "zendesk", "zendesk_url": base_url, "zendesk_token": "t", "zendesk_webhook_secret": SECRET,
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(ticket) for ticket in self.state.tickets]

    def _filed(self, ticket: dict[str, Any]) -> FiledTicket:
        first = ticket["asked"]["comment"]
        said = [{"public": first["public"], "body": first["body"]}, *self.state.of(str(ticket["id"]))]
        return FiledTicket(
            ref=str(ticket["id"]),
            external_id=ticket["external_id"],
            public=[ticket["asked"]["subject"], *(one["body"] for one in said if one["public"])],
            private=[one["body"] for one in said if not one["public"]],
        )

    def takes(self, ref: str) -> None:
        self.state.person("takes", ref)

    def says(self, ref: str, text: str) -> None:
        self.state.person("says", ref, text)

    def customer_says(self, ref: str, text: str) -> None:
        self.state.say(ref, CUSTOMER, text)

    def remarks(self, ref: str, text: str) -> None:
        self.state.person("remarks", ref, text)

    def solves(self, ref: str) -> None:
        self.state.person("solves", ref)

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:
        return signed_event(ref, at, secret)


def signed_event(ref: str, at: float, secret: str) -> Hook:
    """Zendesk's call that a ticket was commented on."""
    body = json.dumps({"type": "zen:event-type:ticket.comment_added", "detail": {"id": ref}}).encode()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    signature = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, "sha256")).decode()
    headers = {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": stamp}
    return Hook({"Content-Type": "application/json", **headers}, body)
