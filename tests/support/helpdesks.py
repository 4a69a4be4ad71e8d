"""Four helpdesks of our own, as far as they say who is there: each answers from `people`, in its vendor's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from support.contractcheck import OpenApi, Request, Vendor
from support.contracts import CARRIED, CHATWOOT, FRESHDESK, INTERCOM, ZENDESK

from bridge.adapters.http import Http
from bridge.assembly import presences
from bridge.config import SiteSettings
from bridge.ports import Presences

ACCOUNT = "4"


@dataclass(frozen=True)
class Person:
    """One of the team, as every helpdesk can tell it; `room` is told by Zendesk alone."""

    id: int
    name: str
    there: bool = True
    groups: tuple[int, ...] = ()
    room: tuple[int, int] | None = None
    """How many conversations they may have, and how many they do."""


class Helpdesk(Vendor):
    """A helpdesk with its people."""

    name: str
    path: str
    file: str

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(OpenApi(contract or CARRIED / self.file))
        self.people: list[Person] = []
        self.on(f"GET {self.path}", self.answer)

    @property
    def listing(self) -> str:
        """The operation that says who is there."""
        return f"GET {self.path}"

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status and body, in the vendor's words."""
        raise NotImplementedError

    def presences(self, http: Http, base_url: str, groups: tuple[str, ...] = ()) -> Presences:
        """The adapter that asks it."""
        return presences.presences(SiteSettings.model_validate(self.settings(base_url)), http, groups)

    def settings(self, base_url: str) -> dict[str, str]:
        """What an owner sets to have it asked, without `BRIDGE_`."""
        account = {"chatwoot_account": ACCOUNT} if self.name == "chatwoot" else {}
        return {"presence": self.name, f"{self.name}_url": base_url, f"{self.name}_token": "t", **account}


class ZendeskPeople(Helpdesk):
    name, path, file = "zendesk", "/api/v2/agent_availabilities", ZENDESK

    def answer(self, request: Request) -> tuple[int, Any]:
        online = [one for one in self.people if one.there]
        start, size = int(request.param("page[after]") or 0), int(request.param("page[size]") or 100)
        shown, more = online[start : start + size], len(online) > start + size
        link = f"https://elsewhere.example{self.path}?{quote('page[after]')}={start + size}" if more else None
        included = [channel for one in shown for channel in self._channels(one)]
        data = [self._agent(one) for one in shown]
        return 200, {"data": data, "included": included, "meta": {"has_more": more}, "links": {"next": link}}

    def _agent(self, one: Person) -> dict[str, Any]:
        name = f"agent_availabilities|{one.id}"
        told = {"agent_id": one.id, "group_ids": list(one.groups), "agent_status": {"id": 3, "name": "Online"}}
        links = [{"type": "channels", "id": f"{name}|channels|{channel}"} for channel in ("messaging", "support")]
        related = {"channels": {"data": links}}
        return {"type": "agent_availabilities", "id": name, "attributes": told, "relationships": related}

    def _channels(self, one: Person) -> Iterator[dict[str, Any]]:
        for channel, room in (("messaging", (0, 0)), ("support", one.room)):
            limit = {"max_capacity": room[0], "work_item_count": room[1]} if room else {"work_item_count": 7}
            told = {"name": channel, "status": "online", **limit}
            yield {"type": "channels", "id": f"agent_availabilities|{one.id}|channels|{channel}", "attributes": told}
            yield {"type": "work_items", "id": f"{one.id}|{channel}|1", "attributes": {"name": 5}}


class FreshdeskPeople(Helpdesk):
    name, path, file = "freshdesk", "/api/v2/agents", FRESHDESK

    def answer(self, request: Request) -> tuple[int, Any]:
        number, size = int(request.param("page") or 1), int(request.param("per_page") or 30)
        shown = self.people[(number - 1) * size : number * size]
        return 200, [
            {"id": one.id, "available": one.there, "group_ids": list(one.groups), "contact": {"name": one.name}}
            for one in shown
        ]


class ChatwootPeople(Helpdesk):
    name, path, file = "chatwoot", "/api/v1/accounts/{account_id}/agents", CHATWOOT

    def __init__(self, contract: Path | None = None) -> None:
        super().__init__(contract)
        self.on("GET /api/v1/accounts/{account_id}/teams/{team_id}/team_members", self.members)

    def answer(self, request: Request) -> tuple[int, Any]:  # noqa: ARG002 - everybody is on the one page
        return 200, [self._agent(one) for one in self.people]

    def members(self, request: Request) -> tuple[int, Any]:
        team = int(request.path.split("/")[-2])
        return 200, [self._agent(one) for one in self.people if team in one.groups]

    def _agent(self, one: Person) -> dict[str, Any]:
        status = "online" if one.there else "offline"
        return {"id": one.id, "name": one.name, "availability_status": status, "confirmed": True, "role": "agent"}


class IntercomPeople(Helpdesk):
    name, path, file = "intercom", "/admins", INTERCOM

    def answer(self, request: Request) -> tuple[int, Any]:  # noqa: ARG002 - everybody is on the one page
        return 200, {"type": "admin.list", "admins": [self._admin(one) for one in self.people]}

    def _admin(self, one: Person) -> dict[str, Any]:
        told = {"away_mode_enabled": not one.there, "has_inbox_seat": True, "team_ids": list(one.groups)}
        return {"type": "admin", "id": str(one.id), "name": one.name, **told}


HELPDESKS: tuple[type[Helpdesk], ...] = (ZendeskPeople, FreshdeskPeople, ChatwootPeople, IntercomPeople)
