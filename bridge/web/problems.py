"""Problems (RFC 9457): every error has a slug, a title, a status, and never repeats the input."""

from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from bridge.domain.pointers import pointer_of
from bridge.domain.policy_check import Finding, PolicyRefused
from bridge.domain.values import Json
from bridge.ports import HookRefused, StoreBusy
from bridge.service.book_call import PhoneMissing, SlotTaken
from bridge.service.call_links import LinkInvalid
from bridge.service.command_hours import CommandUnknown, QueueUnknown, TooManyCommands
from bridge.service.errors import EscalationUnknown, SessionUnknown, SiteUnknown, TurnContradicted, TurnUnknown
from bridge.service.index_pages import TooManyPages
from bridge.service.label_decisions import SessionEscalated
from bridge.service.manage_policy import PolicyVersionUnknown
from bridge.service.manage_sites import OtherAddress, RenewalInHand
from bridge.service.receive_webhook import DeskUnknown
from bridge.service.replay_sessions import ReplayTooLong
from bridge.service.shadow_policy import NoShadow
from bridge.service.start_session import SessionTaken
from bridge.service.take_contact import NotBooked
from bridge.service.work_ticket import AlreadyClaimed, EscalationOver, ReplyContradicted

URN = "urn:escalation-bridge:problem:"
CONTENT_TYPE = "application/problem+json"
LONGEST_STEP = 80
"""Characters of an unknown key that are said again."""


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818
    """An answer that says what went wrong. `more` holds further members."""

    slug: str
    title: str
    status: int
    detail: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The members of the JSON document."""
        told = {"detail": self.detail} if self.detail else {}
        return {"type": URN + self.slug, "title": self.title, "status": self.status, **told, **self.more}


UNAUTHORIZED = Problem("unauthorized", "The call is not signed as it has to be.", 401)
FORBIDDEN_SCOPE = Problem("wrong-scope", "The secret is right, but not for this call.", 403)
REPLAYED = Problem("replayed-nonce", "This nonce has been used.", 409, "Sign every attempt with a nonce of its own.")
NOT_FOUND = Problem("not-found", "Nothing is at this address.", 404)
METHOD_NOT_ALLOWED = Problem("method-not-allowed", "This address does not allow this method.", 405)
TOO_LARGE = Problem("body-too-large", "The body is larger than this call takes.", 413)
NOT_JSON = Problem("not-json", "The body is not JSON.", 400)
MEDIA_TYPE = Problem("unsupported-media-type", "Send application/json, not compressed.", 415)
BUSY = Problem(
    "store-unavailable",
    "The database cannot take this just now.",
    503,
    "Nothing was stored. Send the same call again.",
    headers={"Retry-After": "2"},
)
INTERNAL = Problem("internal-error", "Something went wrong on our side.", 500, "It is in the sidecar's log.")
ESCALATION_OPEN = Problem(
    "escalation-open",
    "An escalation of this person is active; nothing was erased.",
    409,
    "Resolve escalation_id first, or send force.",
)

PROBLEM_OF_ERROR: dict[type[Exception], Problem] = {
    StoreBusy: BUSY,
    NotBooked: replace(BUSY, detail="How to reach the customer is stored, the call is not. Send the same call again."),
    SiteUnknown: Problem("site-not-found", "There is no such site.", 404),
    DeskUnknown: Problem("desk-not-found", "There is no such site, or it has no such helpdesk.", 404),
    HookRefused: Problem("hook-refused", "The call is not signed as this helpdesk signs, or is too old.", 401),
    SessionUnknown: Problem("session-not-found", "There is no such session.", 404),
    SessionTaken: Problem("session-taken", "This session belongs to another visitor.", 409),
    SessionEscalated: Problem("session-escalated", "This session was handed to a person; nothing was missed.", 409),
    TurnUnknown: Problem("turn-not-found", "There is no such turn in this session.", 404),
    TurnContradicted: Problem("turn-contradicted", "This turn was sent before with another body.", 409),
    EscalationUnknown: Problem("escalation-not-found", "There is no such escalation.", 404),
    EscalationOver: Problem("escalation-closed", "This escalation is resolved or released already.", 409),
    PolicyVersionUnknown: Problem("policy-version-not-found", "The policy never had this version.", 404),
    NoShadow: Problem("shadow-not-found", "This site has no shadow policy.", 404),
    ReplayTooLong: Problem(
        "replay-too-long",
        "There is more to judge than one call has time for.",
        422,
        "Send fewer sessions or ask for fewer days; the command line has no such limit.",
    ),
    QueueUnknown: Problem("queue-not-found", "The policy has no such queue.", 404),
    OtherAddress: Problem(
        "other-address",
        "This site has another address; nothing was changed.",
        409,
        "Pair a copy by a code of its own (bridge site add); where the site has moved, say so (bridge site set).",
    ),
    RenewalInHand: Problem("renewal-in-hand", "The secrets of this site are being renewed just now.", 409),
    CommandUnknown: Problem("command-not-found", "There is no such command, or it is over or revoked already.", 404),
    TooManyCommands: Problem(
        "too-many-commands",
        "A hundred commands hold already.",
        409,
        "Revoke some, or write the hours into the policy.",
    ),
    TooManyPages: Problem(
        "too-many-pages",
        "There would be more than 5,000 pages; nothing was changed.",
        422,
        "Leave types of content out that visitors do not ask about.",
    ),
    ReplyContradicted: Problem(
        "reply-contradicted", "This answer was sent before with another text, or by somebody else.", 409
    ),
    AlreadyClaimed: Problem("already-claimed", "Somebody else has claimed this escalation.", 409),
    SlotTaken: Problem("slot-taken", "This time for a call is taken, or gone.", 409, "Ask for the free ones again."),
    LinkInvalid: Problem("link-invalid", "This link is not valid, or not any more.", 404),
    PhoneMissing: Problem(
        "invalid-body",
        "The body does not fit this call.",
        422,
        more={"errors": [{"pointer": "/phone", "code": "missing", "detail": "a call needs a phone number"}]},
    ),
}

ALL_PROBLEMS = [
    UNAUTHORIZED, FORBIDDEN_SCOPE, REPLAYED, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE, NOT_JSON, MEDIA_TYPE, INTERNAL,
    ESCALATION_OPEN, *PROBLEM_OF_ERROR.values(),
]  # fmt: skip


def stale(now: int) -> Problem:
    """The signature is right, but the clocks differ; the caller is told ours."""
    return Problem(
        "stale-timestamp",
        "The clocks differ by more than five minutes.",
        401,
        "Correct the clock, or sign with server_time.",
        more={"server_time": now},
    )


def invalid(error: ValidationError, body: Json) -> Problem:
    """A body that does not fit the schema, without a word of the body but its keys."""
    faults = [
        {"pointer": _pointer(one, body), "code": one["type"], "detail": one["msg"].removeprefix("Value error, ")}
        for one in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return Problem("invalid-body", "The body does not fit this call.", 422, more={"errors": faults[:50]})


def call_changed(present: Json) -> Problem:
    """What the page showed is not so any more; the caller is told what is."""
    return Problem(
        "call-changed", "The call has changed since; nothing was done.", 409, "See call.", more={"call": present}
    )


def escalation_open(escalation_id: str) -> Problem:
    """Somebody still owes the person an answer; the caller is told which escalation it is."""
    return replace(ESCALATION_OPEN, more={"escalation_id": escalation_id})


def bad_query(name: str, expected: str) -> Problem:
    """A parameter of the address that does not fit."""
    fault = {"pointer": f"?{name}", "code": "query", "detail": expected}
    return Problem("invalid-query", "A parameter of the address does not fit.", 422, more={"errors": [fault]})


def bad_member(pointer: str, expected: str) -> Problem:
    """A member of the body that fits the schema, and not what stands beside it."""
    fault = {"pointer": pointer, "code": "value", "detail": expected}
    return Problem("invalid-body", "The body does not fit this call.", 422, more={"errors": [fault]})


def show_finding(found: Finding) -> dict[str, Any]:
    """A finding as the API shows it."""
    return {
        "level": found.level.value,
        "path": found.path,
        "line": found.line,
        "message": found.message,
        "hint": found.hint,
    }


def refused_policy(error: PolicyRefused) -> Problem:
    """A policy document with errors."""
    faults = [
        {
            "pointer": found.path,
            "code": found.level.value,
            "detail": found.message,
            "line": found.line,
            "hint": found.hint,
        }
        for found in error.findings
    ]
    return Problem("invalid-policy", "The policy has errors; nothing was changed.", 422, more={"errors": faults[:100]})


def _pointer(fault: Any, body: Json) -> str:
    found = pointer_of(fault["loc"], body, missing=fault["type"] == "missing")
    return "/".join(step[:LONGEST_STEP] for step in found.split("/"))
