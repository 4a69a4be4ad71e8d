"""Chatwoot with the people who work in it."""

import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

from support.contractcheck import OpenApi, Request
from support.contracts import CARRIED, CHATWOOT
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook

ACCOUNT, INBOX, TEAM = 4, 9, 5
API = "/api/v1/accounts/{account_id}"
CONVERSATION = f"{API}/conversations/{{conversation_id}}"
ZOE = {"id": 7, "name": "Zoe Ito", "available_name": "Zoe", "type": "user"}
ROBOT = {"id": 8, "name": "Bridge", "available_name": "Bridge", "type": "user"}
MISSING = 404, {"error": "Resource could not be found"}


class ChatwootDesk(DeskVendor):
    """See `DeskVendor`."""

    name, create, append = "chatwoot", f"POST {API}/conversations", f"POST {CONVERSATION}/messages"
    filter, contact = f"POST {API}/contacts/filter", f"POST {API}/contacts"
    listing, show = f"GET {API}/contacts/{{id}}/conversations", f"GET {CONVERSATION}"
    messages = f"GET {CONVERSATION}/messages"

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(OpenApi(contract or CARRIED / CHATWOOT))
        self.contacts: list[dict[str, Any]] = []
        self.conversations: dict[int, dict[str, Any]] = {}
        self.said: dict[int, list[dict[str, Any]]] = {}
        self.inbox: dict[str, Any] = {"id": INBOX, "name": "Chats", "channel_type": "Channel::Api"}
        self.on(self.filter, self._filter)
        self.on(self.contact, self._make_contact)
        self.on(self.create, self._make)
        self.on(self.listing, self._list)
        self.on(self.show, self._show)
        self.on(self.messages, self._messages)
        self.on(self.append, self._append)
        self.on(f"POST {CONVERSATION}/toggle_priority", self._set_priority)
        self.on(f"POST {CONVERSATION}/assignments", self._assign)
        self.on(f"GET {API}/inboxes/{{inbox_id}}", self._inbox)
        self.on(f"GET {API}/teams", lambda _request: (200, [{"id": TEAM, "name": "billing"}]))

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "chatwoot", "chatwoot_url": base_url, "chatwoot_account": str(ACCOUNT), "chatwoot_token": "t",
            "chatwoot_inbox": str(INBOX), "chatwoot_webhook_secret": SECRET, "desk_queues": f"billing={TEAM}",
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(one) for one in self.conversations.values()]

    def _filed(self, conversation: dict[str, Any]) -> FiledTicket:
        said = [one for one in self.said[conversation["id"]] if one["message_type"] in (0, 1)]
        return FiledTicket(
            ref=str(conversation["id"]),
            external_id=conversation["custom_attributes"]["escalation_id"],
            public=[_shown(one["content"]) for one in said if not one["private"]],
            private=[_shown(one["content"]) for one in said if one["private"]],
        )

    def takes(self, ref: str) -> None:
        self.conversations[int(ref)]["meta"]["assignee"] = {**ZOE, "role": "agent"}

    def says(self, ref: str, text: str) -> None:
        self.say(ref, ZOE, text)
        self.conversations[int(ref)]["first_reply_created_at"] = _now()

    def customer_says(self, ref: str, text: str) -> None:
        self.say(ref, {"id": 1, "name": "Ann Lee", "type": "contact"}, text, kind=0)

    def remarks(self, ref: str, text: str) -> None:
        self.say(ref, ZOE, text, private=True)

    def solves(self, ref: str) -> None:
        self.conversations[int(ref)]["status"] = "resolved"
        self.say(ref, None, "Conversation was marked resolved by Zoe", kind=2)

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:
        body = json.dumps({"event": "message_created", "id": 12345, "conversation": {"id": int(ref)}}).encode()
        stamp = str(int(at))
        signature = hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
        signed = {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signature}"}
        return Hook({"Content-Type": "application/json", **signed}, body)

    def say(
        self, ref: str, sender: dict[str, Any] | None, text: str, *, kind: int = 1, private: bool = False
    ) -> dict[str, Any]:
        """A message in a conversation, of whichever kind."""
        number = 1000 + sum(map(len, self.said.values()))
        message = {
            "id": number, "content": text, "conversation_id": int(ref), "message_type": kind, "created_at": _now(),
            "private": private, "content_attributes": {}, **({"sender": sender} if sender else {}),
        }  # fmt: skip
        self.said[int(ref)].append(message)
        self.conversations[int(ref)]["last_activity_at"] = message["created_at"]
        return message

    def _filter(self, request: Request) -> tuple[int, Any]:
        (condition,) = request.json["payload"]
        wanted = [value.lower() for value in condition["values"]]
        field = condition["attribute_key"]
        found = [one for one in self.contacts if (one.get(field) or "").lower() in wanted]
        return 200, {"meta": {"count": len(found)}, "payload": found[:15]}

    def _make_contact(self, request: Request) -> tuple[int, Any]:
        known = {"email", "identifier", "name"}
        asked = {name: value for name, value in request.json.items() if name in known}
        if any(asked.get(name) and asked[name] == one.get(name) for one in self.contacts for name in known - {"name"}):
            return 422, {"message": "Email has already been taken", "attributes": ["email"]}
        self.contacts.append({"id": 1 + len(self.contacts), **asked})
        inbox = {"inbox": self.inbox, "source_id": request.json.get("source_id", "made-up")}
        return 200, {"payload": {"contact": self.contacts[-1], "contact_inbox": inbox}}

    def _make(self, request: Request) -> tuple[int, Any]:
        asked = request.json
        if not any(one["id"] == asked["contact_id"] for one in self.contacts):
            return MISSING
        number = 1 + len(self.conversations)
        self.conversations[number] = {
            "id": number, "account_id": ACCOUNT, "inbox_id": asked["inbox_id"], "status": asked["status"],
            "priority": None, "custom_attributes": asked["custom_attributes"], "created_at": _now(),
            "last_activity_at": _now(), "first_reply_created_at": 0, "meta": {"sender": {"id": asked["contact_id"]}},
        }  # fmt: skip
        self.said[number] = []
        return 200, self.conversations[number]

    def _list(self, request: Request) -> tuple[int, Any]:
        contact = int(request.path.split("/")[-2])
        of_contact = [one for one in self.conversations.values() if one["meta"]["sender"]["id"] == contact]
        return 200, {"payload": of_contact[::-1][:20]}

    def _show(self, request: Request) -> tuple[int, Any]:
        found = self.conversations.get(int(request.last_segment))
        return (200, found) if found else MISSING

    def _messages(self, request: Request) -> tuple[int, Any]:
        said, after = self.said[_number(request)], request.param("after")
        newer = said[-20:] if after is None else [one for one in said if one["id"] > int(after)][:100]
        return 200, {"meta": {}, "payload": newer}

    def _append(self, request: Request) -> tuple[int, Any]:
        asked = request.json
        if _number(request) not in self.conversations:
            return MISSING
        return 200, self.say(str(_number(request)), ROBOT, asked["content"], private=asked["private"])

    def _set_priority(self, request: Request) -> tuple[int, Any]:
        self.conversations[_number(request)]["priority"] = request.json["priority"]
        return 200, None

    def _assign(self, request: Request) -> tuple[int, Any]:
        team = {"id": request.json["team_id"], "name": "billing"}
        self.conversations[_number(request)]["meta"]["team"] = team
        return 200, team

    def _inbox(self, request: Request) -> tuple[int, Any]:
        return (200, self.inbox) if request.last_segment == str(self.inbox["id"]) else MISSING


def _number(request: Request) -> int:
    return int(request.path.split("/")[-2])


def _shown(content: str) -> str:
    """As people read it: without the marks of Markdown."""
    return re.sub(r"\\(.)", r"\1", content)


def _now() -> int:
    return int(time.time())
