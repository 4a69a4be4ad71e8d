"""A Zendesk of our own, from the contract: in a test's process, or as a server beside the product.

    python -m support.zendesk_server PORT LEDGER.jsonl

It prints its port, writes each ticket that it makes as one line of the ledger before it answers (and each later
comment as one line of `LEDGER.comments.jsonl`), honours Idempotency-Key, and lists by external id. Behind the vendor's
back:

    POST /__mode {"drop_after": 0.1, "fail": 0.1}    shares (0..1) of the calls that go wrong
    POST /__person {"does": "says", "ref": "1000", "text": "..."}    Zoe, who works there: takes, says, remarks, solves
    GET  /__mode, GET /__ledger, GET /__comments, GET /__problems

Modes: `down` (drop before doing anything), `fail` (500, nothing done), `throttle` (429 with `retry_after`),
`drop_after` and `fail_after` (the ticket is made, its answer lost or 500), `late` (answered after `late_s` seconds),
`garbage` (HTML after the ticket is made), `reject` (422), `ignore_keys`, `key_window_s` (7200), `seed`.
"""

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

from support.contractcheck import (
    Fault,
    Handler,
    Loopback,
    OpenApi,
    Request,
    Sent,
    Vendor,
    answered,
    answers_garbage,
    answers_late,
    drops_after,
    drops_before,
    fails_after,
    refuses,
)
from support.contracts import CARRIED, ZENDESK

CREATE, LIST = "POST /api/v2/tickets", "GET /api/v2/tickets"
UPDATE, COMMENTS = "PUT /api/v2/tickets/{ticket_id}", "GET /api/v2/tickets/{ticket_id}/comments"
SHOW_MANY = "GET /api/v2/tickets/show_many"
ZOE = {"id": 7, "name": "Zoe", "role": "agent"}
ROBOT = {"id": 9, "name": "Bridge", "role": "agent"}
CUSTOMER = {"id": 1, "name": "Ann Lee", "role": "end-user"}

QUIET: dict[str, Any] = {
    "down": 0.0, "fail": 0.0, "throttle": 0.0, "reject": 0.0, "drop_after": 0.0, "fail_after": 0.0, "garbage": 0.0,
    "late": 0.0, "retry_after": "1", "late_s": 1.0, "ignore_keys": False, "key_window_s": 7200.0, "seed": 0,
}  # fmt: skip


class ZendeskState:
    """The tickets, the keys and the mode; `handlers` answer from them."""

    def __init__(self, ledger: Path | None = None) -> None:
        self.mode = dict(QUIET)
        self._ledger = ledger
        self._said = ledger and ledger.with_name(f"{ledger.name}.comments.jsonl")
        self._random = random.Random(0)
        self.tickets: list[dict[str, Any]] = _lines(ledger)
        self.comments: list[dict[str, Any]] = _lines(self._said)
        self.work: dict[int, dict[str, Any]] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            CREATE: self.create, LIST: self.listed, UPDATE: self.update, COMMENTS: self.show_comments,
            SHOW_MANY: self.show_many,
        }  # fmt: skip

    def create(self, request: Request) -> tuple[int, Any] | tuple[int, Any, dict[str, str]]:
        wanted, key = request.json["ticket"], request.headers.get("idempotency-key")
        made = None if self.mode["ignore_keys"] else self._by_key(key)
        if made is not None and made["asked"] != wanted:
            return 400, {"error": "IdempotentRequestError", "description": "other parameters with the same key"}
        lookup = {"X-Idempotency-Lookup": "miss" if made is None else "hit"} if key else {}
        return 201, {"ticket": _shown(made or self._make(wanted, key))}, lookup

    def listed(self, request: Request) -> tuple[int, Any]:
        wanted = request.param("external_id")
        found = [_shown(ticket) for ticket in self.tickets if wanted is None or ticket["external_id"] == wanted]
        return 200, {"tickets": found, "count": len(found), "next_page": None, "previous_page": None}

    def update(self, request: Request) -> tuple[int, Any]:
        comment = request.json["ticket"]["comment"]
        self.say(request.last_segment, ROBOT, comment["body"], public=comment["public"], by="api")
        return 200, {"ticket": self._worked(int(request.last_segment))}

    def show_comments(self, request: Request) -> tuple[int, Any]:
        said = self.of(request.path.split("/")[-2])
        shown = [{name: value for name, value in one.items() if name != "ticket"} for one in said[::-1][:100]]
        return 200, {"comments": shown, "users": [ZOE, ROBOT, CUSTOMER]}

    def show_many(self, request: Request) -> tuple[int, Any]:
        shown = [self._worked(int(ref)) for ref in (request.param("ids") or "").split(",")]
        return 200, {"tickets": shown, "users": [ZOE]}

    def _worked(self, number: int) -> dict[str, Any]:
        """The ticket as people have left it."""
        status = "open" if self.of(str(number)) else "new"
        known = {"id": number, "status": status, "assignee_id": None, "created_at": now(), "updated_at": now()}
        return {**known, **self.work.get(number, {})}

    def of(self, ref: str) -> list[dict[str, Any]]:
        """The later comments of a ticket, oldest first."""
        return [comment for comment in self.comments if comment["ticket"] == ref]

    def say(self, ref: str, author: dict[str, Any], text: str, *, public: bool = True, by: str = "web") -> None:
        """Keep a comment of somebody."""
        said = {
            "ticket": ref, "id": 90_000 + len(self.comments), "author_id": author["id"], "body": text,
            "plain_body": text, "public": public, "created_at": now(), "via": {"channel": by},
        }  # fmt: skip
        self.comments.append(said)
        _keep(self._said, said)

    def person(self, does: str, ref: str, text: str = "") -> None:
        """Zoe works the ticket."""
        work = self.work.setdefault(int(ref), {})
        if does == "takes":
            work.update(assignee_id=ZOE["id"], status="open")
        elif does == "solves":
            work.update(status="solved")
        else:
            self.say(ref, ZOE, text, public=does == "says")

    def switch(self, changes: dict[str, Any]) -> dict[str, Any]:
        unknown = changes.keys() - QUIET.keys()
        if unknown:
            raise ValueError(f"no such mode: {sorted(unknown)}")
        self.mode |= changes
        if "seed" in changes:
            self._random.seed(changes["seed"])
        return self.mode

    def chance(self, _request: Request) -> Fault | None:
        mode = self.mode
        faults = {
            "down": drops_before(),
            "fail": refuses(500),
            "throttle": refuses(429, str(mode["retry_after"])),
            "reject": refuses(422),
            "drop_after": drops_after(),
            "fail_after": fails_after(500),
            "garbage": answers_garbage(),
            "late": answers_late(float(mode["late_s"])),
        }
        return next((fault for name, fault in faults.items() if self._random.random() < float(mode[name])), None)

    def _by_key(self, key: str | None) -> dict[str, Any] | None:
        fresh = time.time() - float(self.mode["key_window_s"])
        return next((t for t in self.tickets if key and t["key"] == key and t["made_at"] >= fresh), None)

    def _make(self, wanted: dict[str, Any], key: str | None) -> dict[str, Any]:
        ticket = {
            "id": 1000 + len(self.tickets),
            "external_id": wanted.get("external_id"),
            "key": key,
            "made_at": time.time(),
            "asked": wanted,
        }
        self.tickets.append(ticket)
        _keep(self._ledger, ticket)
        return ticket


def now() -> str:
    """The present instant as Zendesk writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _lines(ledger: Path | None) -> list[dict[str, Any]]:
    if ledger is None or not ledger.exists():
        return []
    return [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]


def _keep(ledger: Path | None, line: dict[str, Any]) -> None:
    if ledger is None:
        return
    with ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _shown(ticket: dict[str, Any]) -> dict[str, Any]:
    asked = ticket["asked"]
    return {
        "id": ticket["id"],
        "url": f"https://example.zendesk.com/api/v2/tickets/{ticket['id']}.json",
        "external_id": ticket["external_id"],
        "subject": asked.get("subject"),
        "status": "new",
        "priority": asked.get("priority"),
        "tags": asked.get("tags", []),
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ticket["made_at"])),
    }


class ZendeskVendor(Vendor):
    """The vendor with its state and its back door."""

    def __init__(self, ledger: Path | None = None) -> None:
        super().__init__(OpenApi(CARRIED / ZENDESK))
        self.state = ZendeskState(ledger)
        self.chance = self.state.chance
        for operation, handler in self.state.handlers().items():
            self.on(operation, handler)

    def receive(self, request: Request) -> Sent:
        if not request.path.startswith("/__"):
            return super().receive(request)
        shown = {
            "/__ledger": self.state.tickets, "/__comments": self.state.comments, "/__problems": self.problems(),
            "/__mode": self.state.mode,
        }  # fmt: skip
        if request.method == "GET" and request.path in shown:
            return Sent(answered(200, shown[request.path], {}))
        if (request.method, request.path) == ("POST", "/__person"):
            self.state.person(**request.json)
            return Sent(answered(200, {}, {}))
        if (request.method, request.path) != ("POST", "/__mode"):
            return Sent(answered(404, {"error": "no such door"}, {}))
        try:
            return Sent(answered(200, self.state.switch(request.json), {}))
        except ValueError as error:
            return Sent(answered(400, {"error": str(error)}, {}))


def main(port: str, ledger: str) -> None:
    """Serve until ended."""
    server = Loopback(ZendeskVendor(Path(ledger)), int(port))
    print(server.endpoint, flush=True)
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
