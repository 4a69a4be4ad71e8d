"""Making a promise: the instant, its zone and wall time, the words, and the follow-ups that keep it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.domain import commitment as promises
from bridge.domain import entitlement, judging, messages
from bridge.domain.escalation import Commitment, CommitmentState, Escalation, FollowUp, FollowUpKind, rank_of
from bridge.domain.queues import Queue
from bridge.domain.routing import Route
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis
from bridge.service.context import Case, new_id
from bridge.service.route import queue_of
from bridge.service.verdicts import say, say_due


@dataclass(frozen=True, slots=True)
class Wording:
    """Which message tells the customer about a promise; `own` is one of the owner's, in place of both."""

    live: str = "escalated_live"
    otherwise: str = "after_hours"
    own: str | None = None


def make_commitment(case: Case, session: Session, escalation_id: str, route: Route, *, wording: Wording) -> Commitment:
    """The promise of a route, in the words that the customer reads."""
    return Commitment(
        id=new_id("cmt"),
        escalation_id=escalation_id,
        channel=route.channel,
        due_at=route.due_at,
        timezone=route.timezone,
        wall=promises.wall(route.due_at, route.timezone),
        text=_words(case, session, route, wording),
        state=CommitmentState.PENDING,
        made_at=case.at,
    )


def _words(case: Case, session: Session, route: Route, wording: Wording) -> str:
    """The text of a promise: the owner's own message where there is one to be said, else the standard one."""
    key = wording.live if route.channel is Channel.LIVE else wording.otherwise
    own = messages.locale_of_own(case.policy.messages, judging.spoken(session), wording.own) if wording.own else None
    if wording.own and own:
        key = wording.own
    due = say_due(case.policy, session, route.due_at, route.timezone, case.at, locale=own)
    return say(case.policy, session, key, locale=own, due=due)


def plan_follow_ups(case: Case, escalation: Escalation, route: Route) -> None:
    """Plan what keeps the escalation's standing promise."""
    _, queue = queue_of(case, escalation.queue, entitlement.tier_of(case.policy, escalation))
    for kind, due_at in follow_ups(escalation.commitment, route, queue):
        case.tx.work.plan(planned(case, escalation, kind, due_at))


def planned(case: Case, escalation: Escalation, kind: FollowUpKind, due_at: Millis) -> FollowUp:
    """Something that has to be done for the escalation's standing promise, as urgent as the escalation is."""
    rank = rank_of(escalation, case.policy.tiers)
    return FollowUp(new_id("fup"), case.site.id, escalation.id, escalation.commitment.id, kind, due_at, rank=rank)


def follow_ups(commitment: Commitment, route: Route, queue: Queue) -> Iterator[tuple[FollowUpKind, Millis]]:
    """What has to happen, and when, so that the promise is kept, or answered for.

    The team is warned `warn_before` ahead, of a short promise at half its time.
    """
    made, due = commitment.made_at, commitment.due_at
    if commitment.channel is Channel.LIVE:
        yield FollowUpKind.PICKUP, min(made + queue.pickup_within, due)
    if route.opens_at is not None:
        yield FollowUpKind.OPENING, route.opens_at
    if queue.warn_before:
        yield FollowUpKind.WARN, due - min(queue.warn_before, (due - made) // 2)
    yield FollowUpKind.PROMISE, due
