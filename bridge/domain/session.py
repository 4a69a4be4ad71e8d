"""A conversation and its turns, and the one rule about its lock: nothing but a person opens it."""

from dataclasses import dataclass

from bridge.domain.customer import Customer, Shop
from bridge.domain.signals import WINDOW, TurnSignals
from bridge.domain.values import Identity, Millis, State, Visitor

UNVERIFIED_NOTE = "UNVERIFIED: the visitor typed it"
"""What the team reads beside an address that nobody verified."""


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation, as stored. `window` holds the signals of the last turns, oldest first.

    Of one that was `erased` nothing is kept any more, whatever is still sent to it.
    """

    site: str
    id: str
    state: State
    visitor: Visitor
    customer: Customer
    locale: str | None
    timezone: str | None
    page_url: str | None
    flow: str
    shop: Shop | None
    window: tuple[TurnSignals, ...]
    turns: int
    escalation_id: str | None
    last_event: int
    phone: str | None
    started_at: Millis
    erased: bool = False

    @property
    def locked(self) -> bool:
        """Whether the AI must be silent."""
        return self.state is not State.OPEN

    @property
    def reachable(self) -> bool:
        """Whether we have an address or number under which the customer can be reached later."""
        return bool(self.visitor.email or self.phone)


@dataclass(frozen=True, slots=True)
class Turn:
    """One visitor message and, where there is one, the bot's reply to it.

    `digest` and `reply_digest` are SHA-256 of the accepted body: they tell a repeated call from a contradicting one.
    `verdict` and `reply_verdict` are the stored answers, as JSON text. `reply_shown` is False when the reply was
    withheld: it was produced before the lock and arrived after it, or it was the one that led to the escalation.
    """

    seq: int
    turn_id: str
    text: str
    at: Millis
    digest: str
    verdict: str
    signals: str
    trace: str
    reply_text: str | None = None
    reply_at: Millis | None = None
    reply_digest: str | None = None
    reply_verdict: str | None = None
    reply_trace: str | None = None
    reply_shown: bool = True


def customer_key(visitor: Visitor) -> str | None:
    """What joins the sessions of one customer: the WordPress user, if verified; a typed address joins nothing."""
    if visitor.identity is Identity.VERIFIED and visitor.user_id:
        return verified_key(visitor.user_id)
    return None


def verified_key(user_id: str) -> str:
    """The key of a WordPress user."""
    return f"user:{user_id}"


def folded(email: str | None) -> str | None:
    """An address as it is looked for: the case of its letters tells nobody apart."""
    return email.casefold() if email else None


def contact_line(session: Session) -> str:
    """How the customer can be reached, in one line for the team; empty when nothing is known."""
    said = ", ".join(part for part in (session.visitor.name, session.visitor.email, session.phone) if part)
    return said if session.visitor.vouched_for or not said else f"{said} ({UNVERIFIED_NOTE})"


def append(window: tuple[TurnSignals, ...], turn: TurnSignals) -> tuple[TurnSignals, ...]:
    """The window with one more turn; the oldest leaves, so that judging costs the same in a long conversation."""
    return (*window, turn)[-WINDOW:]


def answered(window: tuple[TurnSignals, ...], turn: TurnSignals) -> tuple[TurnSignals, ...]:
    """The window with the given turn in place of the one of the same number (a reply has come in)."""
    return tuple(turn if known.seq == turn.seq else known for known in window)
