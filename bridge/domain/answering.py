"""What a model is asked, and what it answers: values between the use cases and the responders."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

LONGEST_SUMMARY: Final = 160
"""Characters of a model's one sentence on what the customer wants."""


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
