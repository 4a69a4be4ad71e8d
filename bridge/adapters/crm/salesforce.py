"""Salesforce as a CRM: contact by e-mail with its account and open cases, and the account's opportunities as orders.

Two queries a look-up. A field that the org does not have makes Salesforce refuse the query, and so the look-up fails
and says so: it is never silently empty.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from pydantic import ConfigDict, Field, TypeAdapter

from bridge.adapters.crm import facts
from bridge.adapters.crm.facts import Fields
from bridge.adapters.deadline import Deadline
from bridge.adapters.http import Answer, Dialect, Http
from bridge.adapters.lenient_json import Id, Lenient, read
from bridge.domain.customer import Account
from bridge.domain.values import Visitor
from bridge.ports import NotDone, Rejected

FIELDS = Fields(tier="Account.Tier__c")
API_VERSION = "v62.0"
MOST_LISTED = 20
"""Open cases and opportunities that are read at most."""
TOKEN_LIFE_S = 3600.0
"""Seconds for which an access token is used. Salesforce does not say how long it lives: the org's session time-out."""

_PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_ESCAPED = str.maketrans({"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"})

_Row = TypeVar("_Row")


class BadField(ValueError):  # noqa: N818 - it says what the value is
    """A name that can be no field's: it would change the query."""


class _Token(Lenient):
    access_token: str = Field(min_length=1)


class _Records(Lenient, Generic[_Row]):
    records: tuple[_Row, ...]


class _Case(Lenient):
    id: Id = Field(alias="Id")
    subject: str | None = Field(alias="Subject", default=None)
    status: str | None = Field(alias="Status", default=None)


class _Contact(Lenient):
    model_config = ConfigDict(extra="allow")

    id: Id = Field(alias="Id")
    email: str | None = Field(alias="Email")
    name: str | None = Field(alias="Name", default=None)
    account_id: Id | None = Field(alias="AccountId", default=None)
    cases: _Records[_Case] | None = Field(alias="Cases", default=None)

    def open_cases(self) -> tuple[_Case, ...]:
        """Those of this contact."""
        return self.cases.records if self.cases else ()

    def at(self, path: str) -> object:
        """What stands under a field's path, such as `Account.Tier__c`."""
        value: object = self.model_dump(by_alias=True)
        for step in path.split("."):
            if value is None:
                return None
            if not isinstance(value, Mapping) or step not in value:
                raise facts.Unreadable(path)  # Salesforce writes an empty field as null: this one has another case
            value = value[step]
        return value


class _Opportunity(Lenient):
    id: Id = Field(alias="Id")
    amount: Any = Field(alias="Amount", default=None)
    stage: str | None = Field(alias="StageName", default=None)
    created: str | None = Field(alias="CreatedDate", default=None)


_CONTACTS = TypeAdapter(_Records[_Contact])
_OPPORTUNITIES = TypeAdapter(_Records[_Opportunity])


class Access:
    """The access token of the client-credentials flow: fetched when it is needed, kept, and dropped when refused.

    Args:
        http: carries the calls.
        base_url: `https://<my domain>.my.salesforce.com`.
        client_id: the consumer key.
        client_secret: the consumer secret.
        clock: seconds that only grow.
    """

    def __init__(
        self, http: Http, base_url: str, client_id: str, client_secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/services/oauth2/token"
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def token(self, deadline: Deadline) -> str:
        """The token, a new one where there is none; who comes while it is fetched waits for that one.

        Raises:
            AdapterError: Salesforce gave none.
        """
        if not self._lock.acquire(timeout=deadline.left()):
            raise NotDone("timeout")
        try:
            if not self._token or self._clock() >= self._until:
                self._token, self._until = self._fetch(deadline), self._clock() + TOKEN_LIFE_S
            return self._token
        finally:
            self._lock.release()

    def drop(self, refused: str) -> None:
        """Forget a token that was refused, if it is still the one in use."""
        with self._lock:
            if self._token == refused:
                self._token = ""

    def _fetch(self, deadline: Deadline) -> str:
        answer = self._http.json(
            "POST",
            self._url,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body_text=urlencode(self._form),
            budget_s=deadline.left(),
        )
        return read(TypeAdapter(_Token), answer).access_token


class Salesforce:
    """Customers in Salesforce.

    Args:
        http: carries the calls.
        base_url: `https://<my domain>.my.salesforce.com`.
        access: gives the access token.
        fields: paths from the contact, such as `Account.Tier__c`.
        currency: of opportunities; Salesforce names one only in orgs with several.
        version: of the API.

    Raises:
        BadField: a path is none.
    """

    name = "salesforce"

    def __init__(
        self,
        http: Http,
        *,
        base_url: str,
        access: Access,
        fields: Fields = FIELDS,
        currency: str = "USD",
        version: str = API_VERSION,
    ) -> None:
        wrong = next((name for name in fields.names() if not _PATH.fullmatch(name)), None)
        if wrong is not None:
            raise BadField(wrong)
        self._http = http
        self._url = f"{base_url.rstrip('/')}/services/data/{version}/query"
        self._access = access
        self._fields = fields
        self._currency = currency

    def account(self, visitor: Visitor, *, budget: float) -> Account | None:
        """See `bridge.ports.Crm`. Of several contacts with the address the newest that has a tier counts."""
        deadline = Deadline(budget)
        found = self._contacts(visitor.email.strip(), deadline) if visitor.email else ()
        if not found:
            return None
        contact = next((one for one in found if self._fields.tier and one.at(self._fields.tier)), found[0])
        return self._compose(contact, self._opportunities(contact, deadline))

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Crm`."""
        deadline = Deadline(budget)
        refused = [name for name in self._fields.names() if self._refuses(f"SELECT {name} FROM Contact", deadline)]
        unreadable = [kind for kind in ("Case", "Opportunity") if self._refuses(f"SELECT Id FROM {kind}", deadline)]
        return [
            *(facts.unknown_field("A contact in Salesforce", name) for name in refused),
            *(f"The app's user may not read the object {kind} in Salesforce." for kind in unreadable),
        ]

    def _refuses(self, query: str, deadline: Deadline) -> bool:
        return self._ask(f"{query} LIMIT 1", deadline).status == HTTPStatus.BAD_REQUEST

    def _contacts(self, email: str, deadline: Deadline) -> tuple[_Contact, ...]:
        names = ", ".join(dict.fromkeys(("Id", "Email", "Name", "AccountId", *self._fields.names())))
        newest = "ORDER BY LastModifiedDate DESC LIMIT"
        cases = f"SELECT Id, Subject, Status FROM Cases WHERE IsClosed = false {newest} {MOST_LISTED}"
        where = f"WHERE Email = '{_escape(email)}' {newest} 5"
        found = self._rows(f"SELECT {names}, ({cases}) FROM Contact {where}", _CONTACTS, deadline)
        return tuple(one for one in found if facts.same_address(one.email, email))

    def _opportunities(self, contact: _Contact, deadline: Deadline) -> tuple[_Opportunity, ...]:
        if not contact.account_id:
            return ()
        where = f"WHERE AccountId = '{_escape(contact.account_id)}' AND (IsClosed = false OR IsWon = true)"
        query = f"SELECT Id, Amount, StageName, CreatedDate FROM Opportunity {where}"
        return self._rows(f"{query} ORDER BY LastModifiedDate DESC LIMIT {MOST_LISTED}", _OPPORTUNITIES, deadline)

    def _rows(self, query: str, kind: TypeAdapter[_Records[_Row]], deadline: Deadline) -> tuple[_Row, ...]:
        answer = self._ask(query, deadline)
        if answer.status != HTTPStatus.OK:
            raise Rejected("no such field" if "INVALID_FIELD" in _codes(answer) else f"http {answer.status}")
        return read(kind, answer).records

    def _ask(self, query: str, deadline: Deadline) -> Answer:
        token = self._access.token(deadline)
        answer = self._query(query, token, deadline)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        self._access.drop(token)
        answer = self._query(query, self._access.token(deadline), deadline)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise Rejected("http 401")
        return answer

    def _query(self, query: str, token: str, deadline: Deadline) -> Answer:
        return self._http.json(
            "GET",
            self._url,
            headers={"Authorization": f"Bearer {token}"},
            params={"q": query},
            budget_s=deadline.left(),
            expect=[HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED],
            dialect=DIALECT,
        )

    def _compose(self, contact: _Contact, opportunities: tuple[_Opportunity, ...]) -> Account:
        return facts.account(
            {
                **self._fields.read(contact.at),
                "name": facts.text(contact.name, 200),
                "open_tickets": [facts.ticket(one.id, one.subject, one.status) for one in contact.open_cases()],
                "orders": [order for one in opportunities if (order := self._order(one)) is not None],
            }
        )

    def _order(self, one: _Opportunity) -> dict[str, Any] | None:
        return facts.order(one.id, one.amount, self._currency, one.stage, one.created)


def _escape(value: str) -> str:
    """A text that stays inside its quotes, whatever a visitor has typed."""
    return value.translate(_ESCAPED)


def _codes(answer: Answer) -> set[str]:
    faults = answer.json if isinstance(answer.json, list) else []
    return {str(fault.get("errorCode")) for fault in faults if isinstance(fault, dict)}


DIALECT = Dialect(
    throttled=lambda answer: answer.status == HTTPStatus.FORBIDDEN and "REQUEST_LIMIT_EXCEEDED" in _codes(answer)
)
