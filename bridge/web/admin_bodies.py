"""The bodies of the admin scope."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from bridge.domain.escalation import Agent
from bridge.domain.forgetting import Person
from bridge.domain.host import Host, bot_inputs
from bridge.domain.instants import from_datetime
from bridge.domain.locale_tag import language_in
from bridge.domain.passages import LONGEST_TEXT
from bridge.domain.policy_check import LARGEST
from bridge.domain.replay import Conversation
from bridge.domain.values import OR_NULL
from bridge.service.index_pages import MOST_PAGES, Changes, Published
from bridge.web.wire import (
    LONGEST_ID,
    TURN_ID,
    WORDED,
    Email,
    Identifier,
    Instant,
    Line,
    LocaleTag,
    Name,
    Str,
    Url,
    UserId,
    Wire,
    no_break,
    plain,
)


class AgentIn(Wire):
    id: UserId
    name: Name

    def value(self) -> Agent:
        return Agent(self.id, self.name)

    @property
    def author(self) -> str:
        """How the team is told who said something: the name for people, the id for certain."""
        return f"{self.name} ({self.id})"


class ByAgentIn(Wire):
    agent: AgentIn


class AgentReplyIn(ByAgentIn):
    reply_id: Annotated[str, Field(pattern=TURN_ID)]
    text: Annotated[str, Field(min_length=1, max_length=8000, pattern=WORDED), AfterValidator(plain)]


class ResolveIn(ByAgentIn):
    note: Annotated[Str, Field(max_length=2000)] | None = None


class LabelIn(ByAgentIn):
    verdict: Literal["needed", "unneeded"]


class MissedIn(ByAgentIn):
    verdict: Literal["missed"]


class HoursIn(ByAgentIn):
    open: bool
    queue: Identifier | None = None
    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    for_s: Annotated[int, Field(ge=60, le=366 * 86_400)] | None = None
    why: Annotated[
        str, Field(min_length=1, max_length=200, pattern=WORDED), AfterValidator(plain), AfterValidator(no_break)
    ]

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.until is not None and self.for_s is not None:
            raise ValueError("until and for_s are two ends: name one of them, or none for the end of the day")
        return self


class PresenceIn(Wire):
    available: bool
    queues: Annotated[list[Identifier], Field(max_length=50), OR_NULL] = []
    capacity: Annotated[int, Field(ge=1, le=100), OR_NULL] = 3
    name: Name
    ttl_s: Annotated[int, Field(ge=30, le=3600), OR_NULL] = 120


class PersonIn(Wire):
    email: Email | None = None
    user_id: UserId | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.email or self.user_id):
            raise ValueError("an email or a user_id is needed")
        return self

    def person(self) -> Person:
        return Person(self.email, self.user_id)


class ExportIn(PersonIn):
    after: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]{16,64})?$"), OR_NULL] = ""


class EraseIn(PersonIn):
    force: Annotated[bool, OR_NULL] = False


Document = Annotated[Str, Field(min_length=1, max_length=LARGEST)]
"""A policy."""


class PolicyIn(Wire):
    document: Document
    author: Annotated[Line, Field(min_length=1, max_length=120), OR_NULL] = "api"


class HostIn(Wire):
    bot: Annotated[list[Annotated[Line, Field(max_length=80)]], Field(max_length=50)] | None = None
    crm: bool | None = None

    @field_validator("bot")
    @classmethod
    def _known(cls, names: list[str] | None) -> list[str] | None:
        bot_inputs(names or ())
        return names

    def over(self, known: Host) -> Host:
        """The host as it is known, with what is said here in its place."""
        crm = known.crm if self.crm is None else self.crm
        return Host(known.bot, crm, known.replies) if self.bot is None else Host(bot_inputs(self.bot), crm)


class PolicyCheckIn(Wire):
    document: Document
    host: HostIn | None = None


class ReplayIn(Wire):
    policy: Document | None = None
    sessions: Annotated[list[Conversation], Field(max_length=1000)] | None = None
    days: Annotated[int, Field(ge=1, le=90)] | None = None

    @model_validator(mode="after")
    def _one_record(self) -> Self:
        if self.sessions is not None and self.days is not None:
            raise ValueError("days are said of the site's own sessions")
        return self


PageId = Annotated[Line, Field(min_length=1, max_length=LONGEST_ID)]


class PageIn(Wire):
    id: PageId
    kind: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    url: Url
    title: Annotated[Line, Field(max_length=300)]
    text: Annotated[Str, Field(max_length=LONGEST_TEXT)]
    language: LocaleTag | None = None
    modified_at: Annotated[Instant, Field(strict=False)]

    def value(self) -> Published:
        language = language_in(self.language) if self.language else None
        at = from_datetime(self.modified_at)
        return Published(self.id, self.kind, self.url, self.title, self.text, language, at)


class PagesIn(Wire):
    pages: Annotated[list[PageIn], Field(max_length=50), OR_NULL] = []
    gone: Annotated[list[PageId], Field(max_length=1000), OR_NULL] = []
    only: Annotated[list[PageId], Field(max_length=MOST_PAGES)] | None = None

    def changes(self) -> Changes:
        return Changes([page.value() for page in self.pages], self.gone, self.only)
