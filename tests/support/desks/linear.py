"""Linear with the people who work in it."""

import hmac
import json
import re
import time
from typing import Any

from support.contractcheck import Request, Vendor
from support.contracts import CARRIED, LINEAR
from support.desks.vendor import SECRET, DeskVendor, FiledTicket, Hook
from support.graphqlcheck import GraphQl

CREATE, COMMENT = "mutation issueCreate", "mutation commentCreate"
ISSUES, COMMENTS, TEAMS = "query issues", "query comments", "query teams"
TEAM = "6d0f6a4e-5a76-4f0c-8d3b-2f1f3b8f9c01"
ZOE = {"id": "zoe", "name": "Zoe"}
OWNER = {"id": "owner", "name": "Whose key it is"}


class LinearDesk(DeskVendor):
    """See `DeskVendor`. No customer reads Linear: all of it is private, and what they say there comes from a bot."""

    name, create, append = "linear", CREATE, COMMENT

    def __init__(self) -> None:
        Vendor.__init__(self, GraphQl(CARRIED / LINEAR))
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        handlers = {
            CREATE: self._create, COMMENT: self._comment, ISSUES: self._issues, COMMENTS: self._comments,
            TEAMS: self._teams,
        }  # fmt: skip
        for operation, handler in handlers.items():
            self.on(operation, handler)

    def settings(self, base_url: str) -> dict[str, str]:
        return {
            "desk": "linear", "linear_url": f"{base_url}/graphql", "linear_token": "lin_api_t", "linear_team": TEAM,
            "linear_webhook_secret": SECRET,
        }  # fmt: skip

    def filed(self) -> list[FiledTicket]:
        return [self._filed(issue) for issue in self.issues.values()]

    def _filed(self, issue: dict[str, Any]) -> FiledTicket:
        said = [one["body"] for one in self.comments.values() if one["issue"] is issue]
        ours = re.search(r"^Reference: (\S+)", issue["description"], re.MULTILINE)
        return FiledTicket(issue["id"], ours[1] if ours else "", [], [issue["description"], *said])

    def takes(self, ref: str) -> None:
        self.issues[ref] |= {"assignee": ZOE, "state": {"id": "2", "type": "started"}, "updatedAt": now()}

    def says(self, ref: str, text: str) -> None:
        self.say(ref, f"/reply {text}")

    def customer_says(self, ref: str, text: str) -> None:
        self.say(ref, f"/reply {text}", user=None, botActor={"id": "synced"})

    def remarks(self, ref: str, text: str) -> None:
        self.say(ref, text)

    def solves(self, ref: str) -> None:
        self.issues[ref] |= {"state": {"id": "3", "type": "completed"}, "completedAt": now(), "updatedAt": now()}

    def hook(self, ref: str, at: float, secret: str = SECRET) -> Hook:
        called = {"action": "update", "type": "Issue", "data": {"id": ref}, "webhookTimestamp": round(at * 1000)}
        body = json.dumps(called).encode()
        signature = hmac.digest(secret.encode(), body, "sha256").hex()
        return Hook({"Content-Type": "application/json", "Linear-Signature": signature}, body)

    def say(self, ref: str, text: str, **changes: Any) -> str:
        """Somebody comments: Zoe, where nobody else is named."""
        given = {"id": f"c-{len(self.comments)}", "body": text, "createdAt": now(), "user": ZOE, "botActor": None}
        made = {**given, "issue": self.issues[ref], **changes}
        self.comments[made["id"]] = made
        return str(made["id"])

    def _create(self, request: Request) -> tuple[int, Any]:
        wanted = request.json["variables"]["input"]
        if wanted["id"] in self.issues:
            return 400, TAKEN
        url = f"https://linear.app/shop/issue/SUP-{len(self.issues) + 1}"
        times = {"createdAt": now(), "updatedAt": now()}
        issue = {**wanted, "url": url, **times, "state": {"id": "1", "type": "unstarted"}, "assignee": None}
        self.issues[wanted["id"]] = issue
        return self._answer(request, {"issueCreate": {"success": True, "issue": issue}})

    def _comment(self, request: Request) -> tuple[int, Any]:
        wanted = request.json["variables"]["input"]
        if wanted["id"] in self.comments:
            return 200, TAKEN
        self.say(wanted["issueId"], wanted["body"], id=wanted["id"], user=OWNER)
        return self._answer(request, {"commentCreate": {"success": True, "comment": self.comments[wanted["id"]]}})

    def _issues(self, request: Request) -> tuple[int, Any]:
        wanted = request.json["variables"]["ids"]
        return self._answer(request, {"issues": page(*(self.issues[ref] for ref in wanted if ref in self.issues))})

    def _comments(self, request: Request) -> tuple[int, Any]:
        wanted = request.json["variables"]
        if "id" in wanted:
            found = [one for one in self.comments.values() if one["id"] == wanted["id"]]
        else:
            said = [one for one in self.comments.values() if "/reply" in one["body"].lower()]
            found = [one for one in said if one["issue"]["id"] in wanted["ids"]]
        return self._answer(request, {"comments": page(*found)})

    def _teams(self, request: Request) -> tuple[int, Any]:
        found = [{"id": TEAM}] if TEAM in request.json["variables"]["ids"] else []
        return self._answer(request, {"teams": page(*found)})

    def _answer(self, request: Request, root: dict[str, Any]) -> tuple[int, Any]:
        return 200, {"data": self.contract.shown(request, root)}


def page(*nodes: Any, after: str | None = None) -> dict[str, Any]:
    """As Linear shows any list."""
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


def errors(kind: str, code: str = "") -> dict[str, Any]:
    """As Linear says no."""
    return {"errors": [{"message": "ann@example.org is wrong", "extensions": {"type": kind, "code": code}}]}


TAKEN = errors("invalid input", "INPUT_ERROR")


def now() -> str:
    """The machine's time as Linear writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
