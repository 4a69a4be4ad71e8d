"""Making a promise: the instant, its zone and wall time, the words, and the follow-ups that keep it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.domain import commitment as promises
from bridge.domain.escalation import Commitment, CommitmentState, FollowUp, FollowUpKind
from bridge.domain.instants import MINUTE
from bridge.domain.routing import Route
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis
from bridge.service.context import Case, new_id
from bridge.service.verdicts import say, say_due

WARN_BEFORE = 10 * MINUTE
"""The team is warned so long before a promise is due, if it was made more than twice that earlier."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Which message tells the customer about a promise."""

    live: str = "escalated_live"
    otherwise: str = "after_hours"


DECIDED = Wording()


def make_commitment(
    case: Case, session: Session, escalation_id: str, route: Route, *, wording: Wording = DECIDED
) -> Commitment:
    """The promise of a route, in the words that the customer reads."""
    due = say_due(case.policy, session, route.due_at, route.timezone, case.at)
    key = wording.live if route.channel is Channel.LIVE else wording.otherwise
    return Commitment(
        id=new_id("cmt"),
        escalation_id=escalation_id,
        channel=route.channel,
        due_at=route.due_at,
        timezone=route.timezone,
        wall=promises.wall(route.due_at, route.timezone),
        text=say(case.policy, session, key, due=due),
        state=CommitmentState.PENDING,
        made_at=case.at,
    )


def follow_ups(
    site: str, commitment: Commitment, route: Route, *, pickup_within: Millis, greet_at_opening: bool = True
) -> Iterator[FollowUp]:
    """What has to happen so that the promise is kept, or answered for."""

    def plan(kind: FollowUpKind, due_at: Millis) -> FollowUp:
        return FollowUp(new_id("fup"), site, commitment.escalation_id, commitment.id, kind, due_at)

    made, due = commitment.made_at, commitment.due_at
    if commitment.channel is Channel.LIVE:
        yield plan(FollowUpKind.PICKUP, min(made + pickup_within, due))
    if route.opens_at is not None and greet_at_opening:
        yield plan(FollowUpKind.OPENING, route.opens_at)
    if due - made > 2 * WARN_BEFORE:
        yield plan(FollowUpKind.WARN, due - WARN_BEFORE)
    yield plan(FollowUpKind.PROMISE, due)
