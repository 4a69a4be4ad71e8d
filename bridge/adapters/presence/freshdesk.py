"""Who is there in Freshdesk: the agents who have switched themselves available for new tickets.

Freshdesk knows no capacity here, and `available` says what the agent has chosen, not whether a browser is open.
"""

from collections.abc import Iterator

from pydantic import TypeAdapter

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.adapters.vendors.freshdesk import headers
from bridge.ports import AdapterError, Seen

PAGE_SIZE = 100
MOST_PAGES = 20


class _Contact(Lenient):
    name: str | None = None
    active: bool | None = None


class _Agent(Lenient):
    id: Id
    available: bool | None = None
    group_ids: tuple[Id, ...] | None = None
    contact: _Contact = _Contact()


_AGENTS = TypeAdapter(tuple[_Agent, ...])


class FreshdeskPresences:
    """The agents of a Freshdesk account.

    Args:
        http: carries the calls.
        base_url: `https://<domain>.freshdesk.com`.
        token: the API key of an agent who may list agents.
    """

    name = "freshdesk"

    def __init__(self, http: Http, *, base_url: str, token: str) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/api/v2/agents"
        self._headers = headers(token)

    def who(self, *, budget: float) -> list[Seen]:
        """See `bridge.ports.Presences`."""
        agents = list(self._agents(Deadline(budget)))
        if agents and all(agent.available is None for agent in agents):
            raise AdapterError("no availability")  # this account does not have it; that must not pass for absence
        return [_seen(agent) for agent in agents]

    def _agents(self, deadline: Deadline) -> Iterator[_Agent]:
        for number in range(1, MOST_PAGES + 1):
            page = self._page(number, deadline)
            yield from page
            if len(page) < PAGE_SIZE:
                return
        raise AdapterError("too many pages")

    def _page(self, number: int, deadline: Deadline) -> tuple[_Agent, ...]:
        params = {"page": str(number), "per_page": str(PAGE_SIZE)}
        answer = self._http.json("GET", self._url, headers=self._headers, params=params, budget_s=deadline.left())
        return read(_AGENTS, answer)


def _seen(agent: _Agent) -> Seen:
    there = bool(agent.available) and agent.contact.active is not False
    return Seen(agent.id, agent.contact.name or f"Agent {agent.id}", there, None, agent.group_ids or ())
