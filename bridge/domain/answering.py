"""What a model is asked, and what it answers: values between the use cases and the responders."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from bridge.domain.values import Millis

LONGEST_SUMMARY: Final = 160
"""Characters of a model's one sentence on what the customer wants."""
CONVERSATION: Final = "session "
"""With what the name begins under which the calls for a conversation are counted; its id follows."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the site's own pages, and where a visitor can read it."""

    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the conversation that was shown."""

    who: Literal["visitor", "bot", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a responder is given. All of it but `locale` is data, never an instruction.

    Attributes:
        text: the visitor's message that is to be answered.
        history: what was said before it, oldest first.
        passages: what the site's pages say about it, the best first; empty where nothing was found.
        facts: what the policy allows a verified customer's bot to know, as name and value; usually empty.
        locale: the language to answer in, such as "de" or "pt-BR"; None where it is not known.
        site_name: whose assistant it is.
    """

    text: str
    history: tuple[Said, ...] = ()
    passages: tuple[Passage, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    locale: str | None = None
    site_name: str = ""


class Failure(StrEnum):
    """Why there is no answer that could be shown."""

    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    """Key, model or billing: the operator's to mend."""
    MALFORMED = "malformed"
    REFUSED = "refused"
    CUT_OFF = "cut_off"
    PROMISED = "promised"
    """It claimed what no row of ours bears out; see `bridge.domain.claims`."""
    OVER_BUDGET = "over_budget"
    LOST = "lost"
    """The process that had asked ended before it was answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a responder said, validated.

    Attributes:
        text: what the visitor would read; empty where `failure` says why there is nothing.
        confidence: 0 to 1, the model's own rating; None where it gave none that is valid.
        intent: what it took the message for, such as "return_item".
        answered: whether it says that it answered the question; None where it does not say.
        sources: addresses of the passages that it used; only such as it was given.
        summary: one sentence on what the customer wants; empty where there is none.
        probability: 0 to 1, from the model's log-probabilities where the server gives them.
        failure: why it counts as failed.
    """

    text: str = ""
    confidence: float | None = None
    intent: str | None = None
    answered: bool | None = None
    sources: tuple[str, ...] = ()
    summary: str = ""
    probability: float | None = None
    failure: Failure | None = None

    @property
    def usable(self) -> bool:
        """Whether there is something to show."""
        return self.failure is None and bool(self.text)


class AnswerState(StrEnum):
    """What became of an answer that was owed."""

    ASKED = "asked"
    SHOWN = "shown"
    WITHHELD = "withheld"
    """It failed, or it was the one that led to a hand-over."""
    DROPPED = "dropped"
    """The session was locked, or the visitor had written again, before it came."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A visitor's message that waits for the responder's answer.

    Attributes:
        site: the site's id.
        session_id: the conversation.
        seq: the turn's number in it.
        turn_id: the turn's id, as the plugin gave it.
        asked_at: when the message was taken, milliseconds UTC.
        due_at: from when on the answer counts as lost.
    """

    site: str
    session_id: str
    seq: int
    turn_id: str
    asked_at: Millis
    due_at: Millis


def shown_text(answer: Answer) -> str:
    """What the visitor reads: the text, and under it the addresses of its sources that it does not name itself."""
    return "\n".join(filter(None, (answer.text, *(url for url in answer.sources if url not in answer.text))))
