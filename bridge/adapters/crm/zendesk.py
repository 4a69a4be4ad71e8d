"""Zendesk's users and organizations as a CRM, with the tickets that are not solved yet.

Users are found by a search, which knows a new one after some minutes and finds more than was asked for: only a user
with exactly this address counts, whether it is their first or a further one of theirs.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import Field, TypeAdapter

from bridge.adapters.crm import facts
from bridge.adapters.crm.facts import Fields
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Http
from bridge.adapters.json_api import NOT_THERE, JsonApi
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.adapters.vendors.zendesk import headers
from bridge.domain.customer import Account
from bridge.domain.values import Visitor

FIELDS = Fields()
MOST_TICKETS = 20
"""Open tickets that are read at most."""


class _User(Lenient):
    id: Id
    name: str | None = None
    email: str | None = None
    organization_id: Id | None = None
    user_fields: Mapping[str, Any] | None = None


class _Users(Lenient):
    users: tuple[_User, ...]


class _Identity(Lenient):
    type: str
    value: str | None = None


class _Identities(Lenient):
    identities: tuple[_Identity, ...]


class _Organization(Lenient):
    organization_fields: Mapping[str, Any] | None = None


class _One(Lenient):
    organization: _Organization


class _Ticket(Lenient):
    id: Id
    subject: str | None = None
    status: str | None = None


class _Tickets(Lenient):
    results: tuple[_Ticket, ...]


class _Key(Lenient):
    key: str


class _Keys(Lenient):
    user_fields: tuple[_Key, ...] = Field(default=())
    organization_fields: tuple[_Key, ...] = Field(default=())


_USERS, _IDENTITIES, _ONE = TypeAdapter(_Users), TypeAdapter(_Identities), TypeAdapter(_One)
_TICKETS, _KEYS = TypeAdapter(_Tickets), TypeAdapter(_Keys)


class ZendeskCrm:
    """Customers in Zendesk Support.

    Args:
        http: carries the calls.
        base_url: `https://<subdomain>.zendesk.com`.
        token: an API token, used with `email`; without it an OAuth access token.
        email: of the agent whom the API token belongs to.
        fields: keys of organization or user fields. Each is looked for at the organization first.
    """

    name = "zendesk"

    def __init__(
        self, http: Http, *, base_url: str, token: str, email: str | None = None, fields: Fields = FIELDS
    ) -> None:
        self._api = JsonApi(http, f"{base_url.rstrip('/')}/api/v2", headers(token, email))
        self._fields = fields

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        user = self._user(visitor.email.strip(), deadline) if visitor.email else None
        if user is None:
            return None
        with ThreadPoolExecutor(max_workers=2) as pool:
            organization = pool.submit(self._organization, user, deadline)
            tickets = pool.submit(self._tickets, user, deadline)
        return self._compose(user, organization.result(), tickets.result())

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        told = [self._api.read(_KEYS, kind, deadline) for kind in ("user_fields", "organization_fields")]
        known = {one.key for keys in told for one in (*keys.user_fields, *keys.organization_fields)}
        return self._fields.missing(known, "Zendesk")

    def _user(self, email: str, deadline: Deadline) -> _User | None:
        found = self._api.read(_USERS, "users/search", deadline, {"query": email}).users
        first = next((one for one in found if facts.same_address(one.email, email)), None)
        if first is None and len(found) == 1 and self._also_has(found[0], email, deadline):
            return found[0]
        return first

    def _also_has(self, user: _User, email: str, deadline: Deadline) -> bool:
        """Whether an address is a further one of a user: the search knows those, and does not show them."""
        answer = self._api.get(f"users/{user.id}/identities", deadline, expect=NOT_THERE)
        own = () if facts.nobody(answer) else read(_IDENTITIES, answer).identities
        return any(one.type == "email" and facts.same_address(one.value, email) for one in own)

    def _organization(self, user: _User, deadline: Deadline) -> _Organization | None:
        if not user.organization_id:
            return None
        answer = self._api.get(f"organizations/{user.organization_id}", deadline, expect=NOT_THERE)
        return None if facts.nobody(answer) else read(_ONE, answer).organization

    def _tickets(self, user: _User, deadline: Deadline) -> tuple[_Ticket, ...]:
        params = {
            "query": f"type:ticket requester:{user.id} status<solved",
            "sort_by": "updated_at",
            "sort_order": "desc",
            "per_page": str(MOST_TICKETS),
        }
        return self._api.read(_TICKETS, "search", deadline, params).results

    def _compose(self, user: _User, organization: _Organization | None, tickets: tuple[_Ticket, ...]) -> Account:
        shared = (organization.organization_fields if organization else None) or {}

        def fact(key: str) -> object:
            return shared.get(key) or (user.user_fields or {}).get(key)

        return facts.account(
            {
                **self._fields.read(fact),
                "name": facts.text(user.name, 200),
                "open_tickets": [facts.ticket(one.id, one.subject, one.status) for one in tickets],
            }
        )
