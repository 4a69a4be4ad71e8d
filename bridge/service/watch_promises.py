"""Follow-ups: the pickup watch, the opening, the warning and the promise itself.

Each is a row with a lease. What it writes (events, mails to the outbox, a new promise) is one transaction with its own
end, so a crash before the commit leaves it due, and after the commit done.
"""

import uuid
from dataclasses import replace

import structlog

from bridge.domain import routing
from bridge.domain.escalation import (
    ACTIVE,
    CommitmentState,
    Escalation,
    EscalationState,
    EventKind,
    FollowUp,
    FollowUpKind,
)
from bridge.domain.instants import MINUTE
from bridge.domain.session import Session
from bridge.domain.values import Channel, Millis
from bridge.ports import Site, Tx
from bridge.service import notify
from bridge.service.context import Bridge, CurrentPolicy
from bridge.service.escalate import announce
from bridge.service.promise import Wording, follow_ups, make_commitment

log = structlog.get_logger()

LEASE = MINUTE
RETRY_AFTER = 5 * MINUTE
TRIES = 12
PROMISES = 4
"""Promises to one customer, the first included, until the person in charge is alarmed at every further one."""

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
            if not tx.work.finish_follow_up(one.id, owner, state="sent"):
                return
            done = _do(bridge, tx, one)
    except Exception:
        log.exception("follow_up.failed", site=one.site, escalation=one.escalation_id, kind=one.kind.value)
        _push_ahead(bridge, owner, one)
        return
    log.info("follow_up.done", site=one.site, escalation=one.escalation_id, kind=one.kind.value, did=done)


def _push_ahead(bridge: Bridge, owner: str, one: FollowUp) -> None:
    with bridge.store.write() as tx:
        if one.attempts >= TRIES:
            tx.work.finish_follow_up(one.id, owner, state="failed", error="gave up")
        else:
            tx.work.postpone_follow_up(one.id, owner, bridge.clock.now() + RETRY_AFTER, "failed")


def _do(bridge: Bridge, tx: Tx, one: FollowUp) -> str:
    escalation = tx.escalations.hold(one.site, one.escalation_id)
    site = tx.sites.get(one.site)
    if escalation is None or site is None:
        return "nothing: it is gone"
    if escalation.state not in ACTIVE or escalation.commitment.id != one.commitment_id:
        return "nothing: settled or replaced"
    if escalation.commitment.state is not CommitmentState.PENDING:
        return "nothing: the promise is kept"
    current = bridge.policies.current(tx, one.site)
    now = bridge.clock.now()
    match one.kind:
        case FollowUpKind.PICKUP:
            return _pick_up_watch(bridge, tx, site, current, escalation, now)
        case FollowUpKind.OPENING:
            return _opening(bridge, tx, site, current, escalation, now)
        case FollowUpKind.WARN:
            return _warn(bridge, tx, site, current, escalation, now)
        case FollowUpKind.PROMISE:
            return _promise_due(bridge, tx, site, current, escalation, now)


def _pick_up_watch(
    bridge: Bridge, tx: Tx, site: Site, current: CurrentPolicy, escalation: Escalation, now: Millis
) -> str:
    """Nobody took the live chat in time: the next rung, a new promise, and the customer is told."""
    if escalation.state is EscalationState.CLAIMED:
        return "nothing: somebody has it"
    renew(bridge, tx, site, current, escalation, now, CommitmentState.REPLACED, FELL_THROUGH, below=Channel.LIVE)
    return "fell to the next rung"


def _opening(bridge: Bridge, tx: Tx, site: Site, current: CurrentPolicy, escalation: Escalation, now: Millis) -> str:
    """The team is in: remind it, and write to the customer. If the promise is due as well, that follow-up speaks."""
    systems, policy = bridge.systems(site), current.document
    key = f"opening.{escalation.commitment.id}"
    notify.mail_team(tx, site, systems, policy, escalation, key, now)
    if now >= escalation.commitment.due_at:
        return "reminded the team; the promise is due too"
    session = first_session(tx, escalation)
    key = f"follow_up.{escalation.commitment.id}"
    promise = escalation.commitment.text
    told = session and notify.mail_customer(tx, site, systems, policy, escalation, session, key, now, promise=promise)
    return "reminded the team, wrote to the customer" if told else "reminded the team; no address of the customer"


def _warn(bridge: Bridge, tx: Tx, site: Site, current: CurrentPolicy, escalation: Escalation, now: Millis) -> str:
    if now >= escalation.commitment.due_at:
        return "nothing: the promise is due"
    key = f"warn.{escalation.commitment.id}"
    notify.mail_team(tx, site, bridge.systems(site), current.document, escalation, key, now)
    return "warned the team"


def _promise_due(
    bridge: Bridge, tx: Tx, site: Site, current: CurrentPolicy, escalation: Escalation, now: Millis
) -> str:
    """The promise is due and nobody has answered: say so, honestly, with a new promise."""
    if escalation.answered_at is not None:
        return "nothing: answered"
    broken = escalation.commitment
    fresh = renew(bridge, tx, site, current, escalation, now, CommitmentState.BROKEN, BROKEN)
    systems, policy = bridge.systems(site), current.document
    made = len(tx.escalations.commitments(escalation.id))
    notify.mail_team(tx, site, systems, policy, fresh, f"{'alarm' if made >= PROMISES else 'broken'}.{broken.id}", now)
    session = first_session(tx, fresh)
    if session:
        promise = fresh.commitment.text
        notify.mail_customer(tx, site, systems, policy, fresh, session, f"broken.{broken.id}", now, promise=promise)
    log.warning("promise.broken", site=site.id, escalation=escalation.id, promises=made)
    return "the promise was broken; a new one was made"


def renew(
    bridge: Bridge, tx: Tx, site: Site, current: CurrentPolicy, escalation: Escalation, now: Millis,
    settled: CommitmentState, wording: Wording, *, below: Channel | None = None,
) -> Escalation:  # fmt: skip
    """Put a new promise in place of the standing one, and tell every session of the escalation."""
    policy = current.document
    queue = escalation.queue if escalation.queue in policy.queues else next(iter(policy.queues))
    free = below is None and routing.someone_free(
        queue, tx.people.present(site.id, now), tx.escalations.load(site.id), now
    )
    route = routing.route(policy, queue, escalation.priority, now, free=free, below=below)
    session = first_session(tx, escalation)
    if session is None:
        raise RuntimeError("an escalation without a session")
    commitment = make_commitment(policy, session, escalation.id, route, now, wording=wording)
    tx.escalations.settle(escalation.commitment.id, settled)
    tx.escalations.promise(site.id, commitment)
    fresh = replace(escalation, channel=route.channel, commitment=commitment)
    tx.escalations.set_state(fresh)
    pickup = policy.queues[queue].pickup_within
    for follow_up in follow_ups(site.id, commitment, route, pickup_within=pickup):
        tx.work.plan(follow_up)
    announce(tx, fresh, EventKind.COMMITMENT, commitment.text, now)
    return fresh


def first_session(tx: Tx, escalation: Escalation) -> Session | None:
    """The session that the escalation was decided in."""
    return tx.sessions.get(escalation.site, escalation.session_id)
