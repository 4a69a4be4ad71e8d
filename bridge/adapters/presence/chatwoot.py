"""Who is there in Chatwoot: the agents who are online. Who belongs to which team is asked for the teams that matter.

`availability_status` is what Chatwoot itself goes by: the agent's choice, and whether a browser is connected, unless
the agent has switched "mark offline automatically" off.
"""

from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import quote

from pydantic import TypeAdapter

from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.adapters.vendors.chatwoot import account_url, headers
from bridge.ports import Seen

ONLINE_STATUSES = frozenset({"online", "available"})
"""Older versions say `available`."""


class _Agent(Lenient):
    id: Id
    name: str | None = None
    available_name: str | None = None
    availability_status: str | None = None
    confirmed: bool | None = None


_AGENTS = TypeAdapter(tuple[_Agent, ...])


class ChatwootPresences:
    """The agents of a Chatwoot account.

    Args:
        http: carries the calls.
        base_url: `https://<host>`.
        account: the account's number, as in the address of its dashboard.
        token: the access token of an administrator.
        teams: the ids of the teams whose members are asked for, one call each.
    """

    name = "chatwoot"

    def __init__(self, http: Http, *, base_url: str, account: str, token: str, teams: Sequence[str] = ()) -> None:
        self._http = http
        self._base = account_url(base_url, account)
        self._headers = headers(token)
        self._teams = tuple(teams)

    def who(self, *, budget: float) -> list[Seen]:
        """See `bridge.ports.Presences`."""
        deadline = Deadline(budget)
        agents = self._read("agents", deadline)
        teams: dict[str, list[str]] = defaultdict(list)
        for team in self._teams:
            for member in self._read(f"teams/{quote(team, safe='')}/team_members", deadline):
                teams[member.id].append(team)
        return [_seen(agent, teams.get(agent.id, [])) for agent in agents]

    def _read(self, path: str, deadline: Deadline) -> tuple[_Agent, ...]:
        url = f"{self._base}/{path}"
        return read(_AGENTS, self._http.json("GET", url, headers=self._headers, budget_s=deadline.left()))


def _seen(agent: _Agent, teams: Sequence[str]) -> Seen:
    there = agent.availability_status in ONLINE_STATUSES and agent.confirmed is not False
    return Seen(agent.id, agent.available_name or agent.name or f"Agent {agent.id}", there, None, tuple(teams))
