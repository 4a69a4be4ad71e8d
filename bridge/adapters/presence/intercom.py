"""Who is there in Intercom: the teammates with an inbox seat who are not away.

Intercom says whether somebody has set themselves away, not whether they have the inbox open: without "away" set by
hand or automatically, a teammate counts as there. Staffed hours bound what that can do.
"""

from pydantic import TypeAdapter

from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.adapters.vendors.intercom import BASE_URL, DIALECT, VERSION, headers
from bridge.ports import Seen


class _Admin(Lenient):
    id: Id
    name: str | None = None
    away_mode_enabled: bool | None = None
    has_inbox_seat: bool | None = None
    team_ids: tuple[Id, ...] | None = None


class _Admins(Lenient):
    admins: tuple[_Admin | None, ...]


_ADMINS = TypeAdapter(_Admins)


class IntercomPresences:
    """The teammates of an Intercom workspace.

    Args:
        http: carries the calls.
        token: an access token that may read admins.
        base_url: `https://api.intercom.io`, or that of the region.
        version: of the API.
    """

    name = "intercom"

    def __init__(self, http: Http, *, token: str, base_url: str = BASE_URL, version: str = VERSION) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/admins"
        self._headers = headers(token, version)

    def who(self, *, budget: float) -> list[Seen]:
        """See `bridge.ports.Presences`."""
        answer = self._http.json("GET", self._url, headers=self._headers, budget_s=budget, dialect=DIALECT)
        return [_seen(admin) for admin in read(_ADMINS, answer).admins if admin is not None]


def _seen(admin: _Admin) -> Seen:
    there = admin.away_mode_enabled is False and admin.has_inbox_seat is True
    return Seen(admin.id, admin.name or f"Agent {admin.id}", there, None, admin.team_ids or ())
