"""Who is there in Zendesk: the agents whose support channel is online, with the room that they have left.

The token has to be an administrator's. Where omnichannel routing is on, an agent also has one status for all channels;
"away" still leaves the support channel open to mail, so that status counts as well.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, TypeAdapter

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.adapters.vendors.zendesk import headers
from bridge.ports import AdapterError, Seen

CHANNEL = "support"
"""The channel through which our tickets reach an agent."""
AWAY_STATUSES = frozenset({2, 4, 5})
"""The ids that Zendesk gives to the statuses "offline", "away" and "transfers only" in every account."""
PAGE_SIZE = 50
MOST_PAGES = 20


class _Link(Lenient):
    id: str = ""


class _Linked(Lenient):
    data: tuple[_Link, ...] = ()


class _Related(Lenient):
    channels: _Linked = _Linked()


class _Status(Lenient):
    id: int | None = None


class _Attributes(Lenient):
    agent_id: Id
    agent_status: _Status | None = None
    group_ids: tuple[Id, ...] | None = None


class _Agent(Lenient):
    attributes: _Attributes
    relationships: _Related | None = None


class _Included(Lenient):
    type: str = ""
    id: str = ""
    attributes: Mapping[str, Any] = Field(default_factory=dict)


class _Meta(Lenient):
    has_more: bool = False


class _Links(Lenient):
    next: str | None = None


class _Page(Lenient):
    data: tuple[_Agent, ...]
    included: tuple[_Included, ...] | None = None
    meta: _Meta = _Meta()
    links: _Links = _Links()


_PAGE = TypeAdapter(_Page)


class ZendeskPresences:
    """The agents who are online in Zendesk Support.

    Args:
        http: carries the calls.
        base_url: `https://<subdomain>.zendesk.com`.
        token: an administrator's API token, used with `email`; without it an OAuth access token.
        email: of the agent whom the API token belongs to.
    """

    name = "zendesk"

    def __init__(self, http: Http, *, base_url: str, token: str, email: str | None = None) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/api/v2/agent_availabilities"
        self._headers = headers(token, email)

    def who(self, *, budget: float) -> list[Seen]:
        """See `bridge.ports.Presences`. Zendesk names who is online; an agent's own name is not in this answer."""
        return [seen for page in self._pages(Deadline(budget)) for seen in _seen(page)]

    def _pages(self, deadline: Deadline) -> Iterator[_Page]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = self._page(cursor, deadline)
            yield page
            if not page.meta.has_more:
                return
            cursor = _cursor(page.links.next)
        raise AdapterError("too many pages")

    def _page(self, cursor: str | None, deadline: Deadline) -> _Page:
        params = {"filter[channel_status]": f"{CHANNEL}:online", "page[size]": str(PAGE_SIZE)}
        if cursor is not None:
            params["page[after]"] = cursor
        answer = self._http.json("GET", self._url, headers=self._headers, params=params, budget_s=deadline.left())
        return read(_PAGE, answer)


def _cursor(link: str | None) -> str:
    """Where the next page begins. Only this is taken from the link: the address called is always ours."""
    try:
        found = parse_qs(urlsplit(link or "").query).get("page[after]", [""])[0]
    except ValueError:
        found = ""
    if not re.fullmatch(r"[!-~]{1,500}", found):
        raise AdapterError("malformed: no next page")
    return found


def _seen(page: _Page) -> Iterator[Seen]:
    rooms = {one.id: _room(one.attributes) for one in page.included or () if _is_ours(one)}
    for agent in page.data:
        told = agent.attributes
        links = agent.relationships.channels.data if agent.relationships else ()
        room = next((rooms[link.id] for link in links if link.id in rooms), None)
        there = told.agent_status is None or told.agent_status.id not in AWAY_STATUSES
        yield Seen(told.agent_id, f"Agent {told.agent_id}", there, room, told.group_ids or ())


def _is_ours(one: _Included) -> bool:
    return one.type == "channels" and one.attributes.get("name") == CHANNEL


def _room(channel: Mapping[str, Any]) -> int | None:
    limit, taken = channel.get("max_capacity"), channel.get("work_item_count", 0)
    return limit - taken if isinstance(limit, int) and isinstance(taken, int) else None
