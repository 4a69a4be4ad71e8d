"""Zendesk with the people who work in it."""

import base64
import hmac
import json
import time
from typing import Any

from support.contractcheck import Request
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook
from support.zendesk_server import CREATE, ZendeskVendor

ZOE = {"id": 7, "name": "Zoe", "role": "agent"}
ROBOT = {"id": 9, "name": "Bridge", "role": "agent"}
CUSTOMER = {"id": 1, "name": "Ann Lee", "role": "end-user"}


class ZendeskDesk(ZendeskVendor, DeskVendor):
    """See `DeskVendor`."""

    name, create, append = "zendesk", CREATE, "PUT /api/v2/tickets/{ticket_id}"

    def __init__(self) -> None:
        super().__init__()
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.work: dict[int, dict[str, Any]] = {}
        self.on(self.append, self._update)
        self.on("GET /api/v2/tickets/{ticket_id}/comments", self._comments)
        self.on("GET /api/v2/tickets/show_many", self._show_many)

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "zendesk", "zendesk_url": base_url, "zendesk_token": "t", "zendesk_webhook_secret": SECRET,
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(ticket) for ticket in self.state.tickets]

    def _filed(self, ticket: dict[str, Any]) -> FiledTicket:
        first = ticket["asked"]["comment"]
        said = [{"public": first["public"], "body": first["body"]}, *self.comments.get(ticket["id"], [])]
        return FiledTicket(
            ref=str(ticket["id"]),
            external_id=ticket["external_id"],
            public=[ticket["asked"]["subject"], *(one["body"] for one in said if one["public"])],
            private=[one["body"] for one in said if not one["public"]],
        )

    def takes(self, ref: str) -> None:
        self.work.setdefault(int(ref), {}).update(assignee_id=ZOE["id"], status="open")

    def says(self, ref: str, text: str) -> None:
        self._say(ref, ZOE, text)

    def customer_says(self, ref: str, text: str) -> None:
        self._say(ref, CUSTOMER, text)

    def remarks(self, ref: str, text: str) -> None:
        self._say(ref, ZOE, text, public=False)

    def solves(self, ref: str) -> None:
        self.work.setdefault(int(ref), {})["status"] = "solved"

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:
        body = json.dumps({"type": "zen:event-type:ticket.comment_added", "detail": {"id": ref}}).encode()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        signature = base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, "sha256")).decode()
        headers = {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": stamp}
        return Hook({"Content-Type": "application/json", **headers}, body)

    def _say(self, ref: str, author: dict[str, Any], text: str, *, public: bool = True, by: str = "web") -> None:
        kept = self.comments.setdefault(int(ref), [])
        kept.append(
            {
                "id": 10_000 * int(ref) + len(kept), "author_id": author["id"], "body": text, "plain_body": text,
                "public": public, "created_at": _now(), "via": {"channel": by},
            }
        )  # fmt: skip

    def _update(self, request: Request) -> tuple[int, Any]:
        comment = request.json["ticket"]["comment"]
        self._say(request.last_segment, ROBOT, comment["body"], public=comment["public"], by="api")
        return 200, {"ticket": self._shown(int(request.last_segment))}

    def _comments(self, request: Request) -> tuple[int, Any]:
        said = self.comments.get(int(request.path.split("/")[-2]), [])
        return 200, {"comments": said[::-1], "users": [ZOE, ROBOT, CUSTOMER]}

    def _show_many(self, request: Request) -> tuple[int, Any]:
        shown = [self._shown(int(ref)) for ref in (request.param("ids") or "").split(",")]
        return 200, {"tickets": shown, "users": [ZOE]}

    def _shown(self, number: int) -> dict[str, Any]:
        status = "open" if self.comments.get(number) else "new"
        known = {"id": number, "status": status, "assignee_id": None, "created_at": _now(), "updated_at": _now()}
        return {**known, **self.work.get(number, {})}


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
