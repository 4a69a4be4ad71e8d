"""Follow-ups: the pickup watch, the opening, the warning and the promise itself.

Each is a row with a lease. What it writes (events, mails to the outbox, a new promise) is one transaction with its own
end, so a crash before the commit leaves it due, and after the commit done.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace

import structlog

from bridge.domain.escalation import (
    ACTIVE,
    CommitmentState,
    Escalation,
    EscalationState,
    EventKind,
    FollowUp,
    FollowUpKind,
)
from bridge.domain.instants import MINUTE, SECOND
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis, Priority
from bridge.ports import StoreBusy
from bridge.service import notify
from bridge.service.context import Bridge, Case, open_case
from bridge.service.escalate import Said, announce
from bridge.service.promise import Wording, make_commitment, plan_follow_ups
from bridge.service.route import route_now
from bridge.service.send_digest import send_digest
from bridge.service.verdicts import promise_values

log = structlog.get_logger()

LEASE = MINUTE
RETRY_AFTER = 5 * MINUTE
BUSY_AFTER = 2 * SECOND
"""A database that is busy says nothing against the row."""
TRIES = 12
PROMISES = 3
"""Promises to one customer, the first included. When the last of them breaks as well, the person in charge is alarmed,
the next promise takes the queue's calmest time, and the customer is not mailed about it again."""

FELL_THROUGH = Wording(live="escalated_live", otherwise="fell_through")
BROKEN = Wording(live="broken", otherwise="broken")


def follow_up_due(bridge: Bridge, *, limit: int = 20) -> int:
    """Do what is due, oldest first, and return how many follow-ups were tried."""
    owner = uuid.uuid4().hex
    now = bridge.clock.now()
    with bridge.store.write() as tx:
        claimed = tx.work.claim_follow_ups(owner, now, now + LEASE, limit)
    for one in claimed:
        _try(bridge, owner, one)
    return len(claimed)


def _try(bridge: Bridge, owner: str, one: FollowUp) -> None:
    """One bad row is pushed ahead, and parked in the end, so that it cannot stop the rest."""
    try:
        with bridge.store.write() as tx:
            case = open_case(bridge, tx, one.site)
            # first the escalation, then its follow-up: an agent's answer cancels in this order, and neither may
            # wait for the other
            held = tx.escalations.hold(one.site, one.escalation_id)
            if not tx.work.finish_follow_up(one.id, owner, state="sent"):
                return
            done = _do(case, held, one)
    except StoreBusy:
        log.warning("follow_up.waits", site=one.site, escalation=one.escalation_id, kind=one.kind.value)
        _push_ahead(bridge, owner, one, BUSY_AFTER)
        return
    except Exception:
        log.exception("follow_up.failed", site=one.site, escalation=one.escalation_id, kind=one.kind.value)
        _push_ahead(bridge, owner, one, RETRY_AFTER)
        return
    log.info("follow_up.done", site=one.site, escalation=one.escalation_id, kind=one.kind.value, did=done)


def _push_ahead(bridge: Bridge, owner: str, one: FollowUp, wait: Millis) -> None:
    with bridge.store.write() as tx:
        if one.attempts >= TRIES:
            tx.work.finish_follow_up(one.id, owner, state="failed", error="gave up")
        else:
            tx.work.postpone_follow_up(one.id, owner, bridge.clock.now() + wait, "failed")


def _do(case: Case, escalation: Escalation | None, one: FollowUp) -> str:
    if escalation is None or escalation.state not in ACTIVE:
        return "nothing: it is over"
    standing = escalation.commitment
    if standing.id != one.commitment_id or standing.state is not CommitmentState.PENDING:
        return "nothing: the promise is kept or replaced"
    if one.kind is FollowUpKind.OPENING:
        send_digest(case, escalation.queue, one.due_at)
    return DO[one.kind](case, escalation)


def _pick_up_watch(case: Case, escalation: Escalation) -> str:
    """Nobody took the live chat in time: the next rung, a new promise, and the customer is told."""
    if escalation.state is EscalationState.CLAIMED:
        return "nothing: somebody has it"
    renew(case, escalation, CommitmentState.REPLACED, FELL_THROUGH, below=Channel.LIVE)
    return "fell to the next rung"


def _opening(case: Case, escalation: Escalation) -> str:
    """The team is in: write to the customer. If the promise is due as well, that follow-up speaks."""
    standing = escalation.commitment
    if case.at >= standing.due_at:
        return "reminded the team; the promise is due too"
    session = first_session(case, escalation)
    values = promise_values(case.policy, session, standing)
    told = notify.mail_customer(case, escalation, session, f"follow_up.{standing.id}", values)
    return "reminded the team, wrote to the customer" if told else "reminded the team; no address of the customer"


def _warn(case: Case, escalation: Escalation) -> str:
    if case.at >= escalation.commitment.due_at:
        return "nothing: the promise is due"
    notify.mail_team(case, escalation, f"warn.{escalation.commitment.id}")
    return "warned the team"


def _promise_due(case: Case, escalation: Escalation) -> str:
    """The promise is due and nobody has answered: say so, honestly, with a new promise."""
    broken = escalation.commitment
    made = len(case.tx.escalations.commitments(escalation.id))
    nobody_answers = made >= PROMISES
    calm = next(iter(Priority))
    fresh = renew(case, escalation, CommitmentState.BROKEN, BROKEN, priority=calm if nobody_answers else None)
    notify.mail_team(case, fresh, f"{'alarm' if nobody_answers else 'broken'}.{broken.id}")
    if not nobody_answers:
        session = first_session(case, fresh)
        values = promise_values(case.policy, session, fresh.commitment)
        notify.mail_customer(case, fresh, session, f"broken.{broken.id}", values)
    log.warning("promise.broken", site=case.site.id, escalation=escalation.id, promises=made)
    return "the promise was broken; a new one was made"


DO: dict[FollowUpKind, Callable[[Case, Escalation], str]] = {
    FollowUpKind.PICKUP: _pick_up_watch,
    FollowUpKind.OPENING: _opening,
    FollowUpKind.WARN: _warn,
    FollowUpKind.PROMISE: _promise_due,
}


def renew(
    case: Case,
    escalation: Escalation,
    settled: CommitmentState,
    wording: Wording,
    *,
    below: Channel | None = None,
    priority: Priority | None = None,
) -> Escalation:
    """Put a new promise in place of the standing one, and tell every session of the escalation.

    Args:
        case: the site's case.
        escalation: held, with its standing promise.
        settled: what became of that promise.
        wording: how the customer is told.
        below: the rung that did not answer; None starts at the top of the ladder.
        priority: whose time to answer is promised, if not the escalation's own.
    """
    tier = escalation.packet.customer.tier
    route = route_now(case, escalation.queue, tier, priority or escalation.priority, below)
    session = first_session(case, escalation)
    commitment = make_commitment(case, session, escalation.id, route, wording=wording)
    case.tx.escalations.settle(escalation.commitment.id, settled)
    case.tx.escalations.promise(case.site.id, commitment)
    fresh = replace(escalation, channel=route.channel, commitment=commitment)
    case.tx.escalations.set_state(fresh)
    plan_follow_ups(case, fresh, route)
    announce(case, fresh, Said(EventKind.COMMITMENT, commitment.text))
    return fresh


def first_session(case: Case, escalation: Escalation) -> Session:
    """The session that the escalation was decided in."""
    session = case.tx.sessions.get(escalation.site, escalation.session_id)
    if session is None:
        raise RuntimeError("an escalation without a session")
    return session
