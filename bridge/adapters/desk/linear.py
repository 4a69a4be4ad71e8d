"""Linear issues: ids are ours, so that a repeat can only meet what the first call made.

Issue and comments get UUIDs that are made from our own ids and lie in the frozen body. What comes from visitors stands
in code blocks, where Linear makes no link, mention, picture or heading of it. No customer reads Linear: a comment that
begins with `/reply` is the answer to the customer, every other one is a remark.

Facts: linear.app/developers, the pages on GraphQL, rate limiting and webhooks, and the schema of Linear's own client
(github.com/linear/linear).
"""

import hashlib
import re
import textwrap
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import AwareDatetime, TypeAdapter

from bridge.adapters import webhook_auth
from bridge.adapters.deadline import Deadline
from bridge.adapters.desk.ticket_news import NEWS_LIMIT
from bridge.adapters.http import Http
from bridge.adapters.lenient_json import Id, Lenient, WebAddress, read_call
from bridge.adapters.vendors.linear import API_URL, LinearApi, request
from bridge.domain.escalation import Agent
from bridge.domain.instants import MINUTE, from_datetime
from bridge.domain.packet import Ticket
from bridge.domain.rendering import render_ticket
from bridge.domain.values import Json, Priority
from bridge.ports import (
    AdapterError,
    DeskNews,
    Filed,
    Heard,
    HookCall,
    NewsKind,
    OutcomeUnknown,
    Strategy,
    TicketRef,
)

TEXT_LIMIT = 60_000
"""Characters of an issue's description."""
LINE_WIDTH = 100
"""Characters after which a line goes on in the next: code blocks do not break their lines."""
MOST_PAGES = 10
PRIORITIES = {Priority.NORMAL: 3, Priority.HIGH: 2, Priority.URGENT: 1}
FINISHED_STATE_TYPES = ("completed", "canceled")
"""Types of states. A `duplicate` is not over: the customer waits for an answer all the same."""
SIGNATURE = "linear-signature"
REPLY_COMMENT = re.compile(r"\s*/reply(?=[\s:])[\s:]*(?P<text>[^\s:].*)", re.IGNORECASE | re.DOTALL)
"""A comment that is meant for the customer."""

CREATE_ISSUE = """
mutation IssueCreate($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { id url } }
}"""
CREATE_COMMENT = """
mutation CommentCreate($input: CommentCreateInput!) {
  commentCreate(input: $input) { success comment { id } }
}"""
ISSUES = """
query Issues($ids: [ID!]!) {
  issues(filter: { id: { in: $ids } }, first: 100, includeArchived: true) {
    nodes { id url updatedAt completedAt canceledAt state { type } assignee { id name } }
  }
}"""
COMMENT = """
query Comment($id: ID!) {
  comments(filter: { id: { eq: $id } }, first: 1, includeArchived: true) { nodes { id } }
}"""
REPLIES = """
query Replies($ids: [ID!]!, $after: String) {
  comments(
    filter: { issue: { id: { in: $ids } }, body: { containsIgnoreCase: "/reply" } }
    first: 100
    after: $after
    includeArchived: true
  ) {
    nodes { id body createdAt issue { id } user { id name } botActor { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""
TEAMS = """
query Teams($ids: [ID!]!) {
  teams(filter: { id: { in: $ids } }, first: 100) { nodes { id } }
}"""

Item = TypeVar("Item")


class _PageInfo(Lenient):
    hasNextPage: bool = False  # noqa: N815 - Linear's name
    endCursor: str | None = None  # noqa: N815


class _Nodes(Lenient, Generic[Item]):
    nodes: tuple[Item, ...]
    pageInfo: _PageInfo = _PageInfo()  # noqa: N815


class _Thing(Lenient):
    id: Id
    url: WebAddress = None

    @property
    def ref(self) -> TicketRef:
        return TicketRef(self.id, self.url)


class _Created(Lenient):
    success: bool
    issue: _Thing | None = None
    comment: _Thing | None = None

    @property
    def thing(self) -> _Thing | None:
        return (self.issue or self.comment) if self.success else None


class _Person(Lenient):
    id: Id
    name: str = ""

    def agent(self) -> Agent:
        return Agent(f"linear:{self.id}", self.name or "Linear")


class _State(Lenient):
    type: str


class _Issue(_Thing):
    updatedAt: AwareDatetime  # noqa: N815
    completedAt: AwareDatetime | None = None  # noqa: N815
    canceledAt: AwareDatetime | None = None  # noqa: N815
    state: _State
    assignee: _Person | None = None


class _Comment(_Thing):
    body: str
    createdAt: AwareDatetime  # noqa: N815
    issue: _Thing | None = None
    user: _Person | None = None
    botActor: Mapping[str, Any] | None = None  # noqa: N815


class _Subject(Lenient):
    id: str | None = None
    issueId: str | None = None  # noqa: N815


class _Called(Lenient):
    webhookTimestamp: int | None = None  # noqa: N815
    type: str | None = None
    data: _Subject | None = None

    @property
    def ref(self) -> str | None:
        subject = self.data or _Subject()
        return {"Issue": subject.id, "Comment": subject.issueId}.get(self.type or "")


_CREATED, _CALLED = TypeAdapter(_Created), TypeAdapter(_Called)
_ISSUES, _THINGS, _COMMENTS = TypeAdapter(_Nodes[_Issue]), TypeAdapter(_Nodes[_Thing]), TypeAdapter(_Nodes[_Comment])


class Linear:
    """Issues in Linear.

    Args:
        http: carries the calls.
        token: a personal API key, or an OAuth access token.
        team: the id of the team that gets the issues.
        teams: from our queue names to the ids of other teams.
        webhook_secret: with which Linear signs its calls to us; without it none is believed.
        url: another address for tests and proxies.
        budget_s: seconds for one call.
    """

    name = "linear"
    strategy = Strategy.CLIENT_ID
    key_window = timedelta(0)
    settle = timedelta(0)

    def __init__(
        self,
        http: Http,
        *,
        token: str,
        team: str,
        teams: Mapping[str, str] | None = None,
        webhook_secret: str = "",
        url: str = API_URL,
        budget_s: float = 20.0,
    ) -> None:
        self._api = LinearApi(http, url, token)
        self._team = team
        self._teams = dict(teams or {})
        self._webhook_secret = webhook_secret
        self._budget_s = budget_s

    def render(self, ticket: Ticket) -> str:
        """See `bridge.ports.Desk`. The whole request, with the id that the issue will have."""
        issue: Json = {
            "id": uuid_of(ticket.external_id),
            "teamId": self._teams.get(ticket.queue, self._team),
            "title": f"Chat hand-off: {ticket.queue}",
            "description": as_code(render_ticket(ticket, limit=TEXT_LIMIT)),
            "priority": PRIORITIES[ticket.priority],
        }
        return request(CREATE_ISSUE, {"input": issue})

    def private_note(self, ticket: Ticket) -> str | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. The whole issue is the team's."""
        return None

    def create(self, external_id: str, body: str) -> TicketRef:
        """See `bridge.ports.Desk`. Linear refuses an id that it has: then the issue is there, from an earlier call."""
        deadline = Deadline(self._budget_s)
        try:
            return self._created("issueCreate", uuid_of(external_id), body, deadline).ref
        except _Refused as refusal:
            error = refusal.error
        found = self._issue(external_id, deadline)
        if found is None:
            raise error
        return found

    def find(self, external_id: str, body: str) -> TicketRef | None:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`."""
        return self._issue(external_id, Deadline(self._budget_s))

    def complete(self, ref: str, body: str) -> None:
        """See `bridge.ports.Desk`. An issue is whole when it is made."""

    def append(self, ref: str, note_id: str, text: str) -> None:
        """See `bridge.ports.Desk`. A comment is made with our id, too."""
        deadline = Deadline(self._budget_s)
        comment = {"id": uuid_of(note_id), "issueId": ref, "body": as_code(text)}
        try:
            self._created("commentCreate", uuid_of(note_id), request(CREATE_COMMENT, {"input": comment}), deadline)
        except _Refused as refusal:
            error = refusal.error
        else:
            return
        if not self._comment(note_id, deadline):
            raise error

    def has_note(self, ref: str, note_id: str) -> bool:  # noqa: ARG002 - the port's shape
        """See `bridge.ports.Desk`. It is looked for by its id, whatever has become of its text."""
        return self._comment(note_id, Deadline(self._budget_s))

    def hear(self, call: HookCall) -> Heard:
        """See `bridge.ports.Desk`. The time of sending stands in the body, which is signed whole."""
        webhook_auth.verify(self._webhook_secret, call.body, call.headers.get(SIGNATURE, ""), spelling="hex")
        called = read_call(_CALLED, call.body) or _Called()
        webhook_auth.fresh(called.webhookTimestamp, call.at, window=MINUTE)
        return Heard(refs=(called.ref,) if called.ref else ())

    def check(self, *, budget: float) -> list[str]:
        """See `bridge.ports.Desk`: that the key works and sees the teams. Linear cannot be asked for more."""
        wanted = dict.fromkeys((self._team, *self._teams.values()))
        seen = {team.id for team in self._nodes(_THINGS, "teams", TEAMS, {"ids": list(wanted)}, Deadline(budget)).nodes}
        return [f"Linear has no team with the id {team} that this key may see." for team in wanted if team not in seen]

    def news(self, filed: Sequence[Filed], *, budget: float) -> list[DeskNews]:
        """See `bridge.ports.Desk`. Two calls, however many issues there are."""
        deadline = Deadline(budget)
        ours = {one.ref: one.escalation_id for one in filed}
        issues = self._nodes(_ISSUES, "issues", ISSUES, {"ids": list(ours)}, deadline).nodes
        moved = [one for issue in issues if issue.id in ours for one in _moved(issue, ours[issue.id])]
        return sorted([*moved, *self._answers(ours, deadline)], key=lambda one: one.at)

    def _answers(self, ours: Mapping[str, str], deadline: Deadline) -> Iterator[DeskNews]:
        for comment in self._replies(list(ours), deadline):
            said = REPLY_COMMENT.match(comment.body)
            escalation_id = ours.get(comment.issue.id) if comment.issue else None
            if said and escalation_id and comment.user and comment.botActor is None:
                at, text = from_datetime(comment.createdAt), said["text"].strip()[:NEWS_LIMIT]
                agent, message_id = comment.user.agent(), f"linear:{comment.id}"
                # Linear writes to no customer
                yield DeskNews(NewsKind.ANSWERED, escalation_id, agent, at, message_id, text, delivered=False)

    def _replies(self, issues: list[str], deadline: Deadline) -> Iterator[_Comment]:
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = self._nodes(_COMMENTS, "comments", REPLIES, {"ids": list[Json](issues), "after": after}, deadline)
            yield from page.nodes
            if not page.pageInfo.hasNextPage:
                return
            after = page.pageInfo.endCursor
        raise AdapterError("list too long")

    def _issue(self, external_id: str, deadline: Deadline) -> TicketRef | None:
        found = self._nodes(_THINGS, "issues", ISSUES, {"ids": [uuid_of(external_id)]}, deadline).nodes
        return next((issue.ref for issue in found if issue.id == uuid_of(external_id)), None)

    def _comment(self, note_id: str, deadline: Deadline) -> bool:
        wanted = uuid_of(note_id)
        found = self._nodes(_THINGS, "comments", COMMENT, {"id": wanted}, deadline).nodes
        return any(comment.id == wanted for comment in found)

    def _created(self, field: str, wanted: str, body: str, deadline: Deadline) -> _Thing:
        """What a mutation made, if it has the id that it was to have.

        Raises:
            _Refused: Linear answered that it did not; an earlier call may have.
        """
        response = self._api.ask(body, deadline)
        if response.error:
            raise _Refused(response.error)
        made = response.value(_CREATED, field)
        if made.thing is None:
            raise _Refused(OutcomeUnknown("no success"))
        if made.thing.id != wanted:
            raise OutcomeUnknown("malformed")
        return made.thing

    def _nodes(
        self,
        shape: TypeAdapter[_Nodes[Item]],
        field: str,
        query: str,
        variables: Mapping[str, Json],
        deadline: Deadline,
    ) -> _Nodes[Item]:
        response = self._api.ask(request(query, variables), deadline)
        if response.error:
            raise response.error
        return response.value(shape, field)


class _Refused(Exception):  # noqa: N818 - it names an outcome
    """Linear said no; `error` is what that means, unless an earlier call had made the thing."""

    def __init__(self, error: AdapterError) -> None:
        super().__init__(error.detail)
        self.error = error


def uuid_of(our_id: str) -> str:
    """The UUID, of version 4 in its form, that a thing of this id of ours has in Linear."""
    return str(uuid.UUID(bytes=hashlib.sha256(our_id.encode()).digest()[:16], version=4))


def as_code(text: str) -> str:
    """Plain text as a code block: its fence is longer than any that the text could close it with."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = [part for line in text.splitlines() for part in _wrapped(line)]
    return "\n".join([fence, *lines, fence])


def _wrapped(line: str) -> list[str]:
    margin = line[: len(line) - len(line.lstrip(" "))]
    broken = textwrap.wrap(
        line,
        LINE_WIDTH,
        subsequent_indent=margin,
        expand_tabs=False,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return broken or [""]


def _moved(issue: _Issue, escalation_id: str) -> Iterator[DeskNews]:
    """Who has the issue, and that it is over."""
    changed = from_datetime(issue.updatedAt)
    if issue.assignee:
        yield DeskNews(NewsKind.PICKED_UP, escalation_id, issue.assignee.agent(), changed)
    if issue.state.type in FINISHED_STATE_TYPES:
        over = issue.completedAt or issue.canceledAt
        by = issue.assignee.agent() if issue.assignee else Agent("linear:0", "Linear")
        yield DeskNews(NewsKind.SOLVED, escalation_id, by, from_datetime(over) if over else changed)
