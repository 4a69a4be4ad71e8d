"""Follow-ups: the pickup watch, the opening, the warning and the promise itself.

Each is a row with a lease. What it writes (events, mails to the outbox, a new promise) is one transaction with its own
end, so a crash before the commit leaves it due, and after the commit done.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace

import structlog

from bridge.domain import entitlement, hours, occasions, routing
from bridge.domain.callback import CallState
from bridge.domain.escalation import (
    ACTIVE,
    Commitment,
    CommitmentState,
    Escalation,
    EscalationState,
    FollowUp,
    FollowUpKind,
    FollowUpState,
)
from bridge.domain.health import Alarm
from bridge.domain.instants import DAY, MINUTE, SECOND, to_rfc3339
from bridge.domain.occasions import Occasion
from bridge.domain.queues import Queue
from bridge.domain.routing import Staffing
from bridge.domain.values import Channel
from bridge.ports import StoreBusy
from bridge.service import customer_mails, keep_calls, team_mails
from bridge.service.absence import nobody_came
from bridge.service.chat_events import first_session
from bridge.service.context import Bridge, Case, new_id, open_case
from bridge.service.keep_promise import alarm_kind, in_time_until
from bridge.service.leases import LEASE
from bridge.service.promise import Wording, planned
from bridge.service.renew_promise import fall_to_next_rung, renew
from bridge.service.route import calendar_for, home_of, queue_of, staffing, taking
from bridge.service.send_digest import send_digest
from bridge.service.verdicts import in_mail, promise_values

log = structlog.get_logger()

RETRY_AFTER = 5 * MINUTE
BUSY_AFTER = 2 * SECOND
"""A database that is busy says nothing against the row."""
MOST_ATTEMPTS = 12

BROKEN = Wording(live="broken", otherwise="broken")
MISSED_CALL = Wording(live="call_missed", otherwise="call_missed")


def follow_up_due(bridge: Bridge, *, limit: int = 20) -> int:
    """Do what is due, most urgent first, and return how many follow-ups were tried."""
    owner = uuid.uuid4().hex
    now, take_over = bridge.leases.now()
    with bridge.store.write() as tx:
        claimed = tx.work.claim_follow_ups(owner, now, now + LEASE, limit, take_over=take_over)
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
            if not tx.work.finish_follow_up(one.id, owner, state=FollowUpState.DONE, at=case.at):
                return
            done = _do(case, held, one)
    except StoreBusy:
        log.warning("follow_up.waits", site=one.site, escalation=one.escalation_id, kind=one.kind.value)
        with bridge.store.write() as tx:
            tx.work.postpone_follow_up(one.id, owner, bridge.clock.now() + BUSY_AFTER, "database busy")
        return
    except Exception:
        log.exception("follow_up.failed", site=one.site, escalation=one.escalation_id, kind=one.kind.value)
        _keep_failed(bridge, owner, one)
        return
    late = max(0, case.at - one.due_at) // SECOND
    log.info("follow_up.done", site=one.site, escalation=one.escalation_id, kind=one.kind.value, did=done, late_s=late)


def _keep_failed(bridge: Bridge, owner: str, one: FollowUp) -> None:
    """A promise is never given up: somebody waits for it. What is, `watch_follow_ups` tells."""
    with bridge.store.write() as tx:
        if one.attempts >= MOST_ATTEMPTS and one.kind is not FollowUpKind.PROMISE:
            tx.work.finish_follow_up(one.id, owner, state=FollowUpState.FAILED, error="gave up")
        else:
            tx.work.postpone_follow_up(one.id, owner, bridge.clock.now() + RETRY_AFTER, "failed")


def _do(case: Case, escalation: Escalation | None, one: FollowUp) -> str:
    if escalation is None or escalation.state not in ACTIVE:
        return "nothing: it is over"
    standing = escalation.commitment
    if standing.id != one.commitment_id or standing.state is not CommitmentState.PENDING:
        return "nothing: the promise is kept or replaced"
    if one.kind is FollowUpKind.OPENING and hours.is_open(calendar_for(case, escalation.queue, escalation), case.at):
        send_digest(case, escalation.queue, one.due_at)
    if one.kind in BEFORE_IT_IS_DUE and case.at >= standing.due_at:
        return "nothing more: the promise is due, and that follow-up speaks"
    return HANDLERS[one.kind](case, escalation)


def _pick_up_watch(case: Case, escalation: Escalation) -> str:
    """Nobody took the live chat in time."""
    if escalation.state is EscalationState.CLAIMED:
        return "nothing: somebody has it"
    nobody_came(case, escalation)
    fall_to_next_rung(case, escalation)
    return "fell to the next rung"


def _opening(case: Case, escalation: Escalation) -> str:
    """The team is in: see who is free for a live chat, and write to a customer who came after hours.

    Where the team has closed since, or nothing ran while it was in, its next opening is waited for.
    """
    standing, calendar = escalation.commitment, calendar_for(case, home_of(case, escalation), escalation)
    again = routing.opening_before(calendar, case.at, standing.due_at)
    if again is not None:
        case.tx.work.plan_anew(planned(case, escalation, FollowUpKind.OPENING, again))
    if not hours.is_open(calendar, case.at):
        return "nothing: the team is not in"
    told = not hours.is_open(calendar, standing.made_at) and _mail_promise(case, escalation, "follow_up", standing.id)
    _offer_live(case, escalation)
    return "reminded the team, wrote to the customer" if told else "reminded the team"


def _mail_promise(case: Case, escalation: Escalation, message: str, about: str) -> bool:
    """Write to the customer about the standing promise; False when no address is known."""
    session = first_session(case, escalation)
    values = promise_values(case.policy, session, escalation.commitment)
    link = keep_calls.link(case, escalation)
    return customer_mails.post(case, escalation, session, message, about, values, link=link)


def _offer_live(case: Case, escalation: Escalation) -> Escalation:
    """Let people who are free now take the chat live, here or in a queue that helps out; the promise stands as it is.

    Returns the escalation as it is then: unchanged where nobody is free, or somebody has it.
    """
    if escalation.state is EscalationState.CLAIMED or escalation.channel is Channel.LIVE:
        return escalation
    now = taking(case, home_of(case, escalation), entitlement.tier_of(case.policy, escalation))
    return _offered_by(case, escalation, now) if routing.rung(now, case.at) is Channel.LIVE else escalation


def _offered_by(case: Case, escalation: Escalation, now: Staffing) -> Escalation:
    offered = replace(escalation, queue=now.name, channel=Channel.LIVE)
    case.tx.escalations.set_state(offered)
    ends = min(case.at + now.queue.pickup_within, escalation.commitment.due_at)
    case.tx.work.plan_anew(planned(case, escalation, FollowUpKind.PICKUP, ends))
    return offered


def _warn(case: Case, escalation: Escalation) -> str:
    """The promise is near: warn the team, and fire the next rung while there is time to keep it.

    Who is free now gets the chat live, a queue that helps out included. Else a call that nobody has made becomes a
    mail, and on the last rung the person in charge is warned as well.
    """
    standing = escalation.commitment
    _tell_team(case, escalation, occasions.WARN, standing.id)
    if escalation.state is EscalationState.CLAIMED:
        return "warned the team; somebody has it"
    offered = _offer_live(case, escalation)
    if offered.queue != escalation.queue:
        _tell_team(case, offered, occasions.WARN, f"{standing.id}.{offered.queue}")
    if offered.channel is not Channel.LIVE:
        _next_rung(case, offered)
    return "warned the team"


def _next_rung(case: Case, escalation: Escalation) -> None:
    tier, now = entitlement.tier_of(case.policy, escalation), escalation.channel
    home = staffing(case, home_of(case, escalation), tier)
    below = routing.rung(home, case.at, below=now)
    if below is Channel.LIVE:
        _offered_by(case, escalation, home)
    elif below is not now:
        case.tx.escalations.set_state(replace(escalation, channel=below))
    elif home.queue.in_charge:
        _tell_team(case, escalation, occasions.LAST_RUNG, escalation.commitment.id)


def _promise_due(case: Case, escalation: Escalation) -> str:
    """The promise is due and nobody has answered: say so, honestly, with a new promise on the next rung.

    After so many broken promises as the queue allows, the person in charge is alarmed, the next promise gives the team
    a day more, and the customer is not mailed about it again, but for a call that they have waited for.
    """
    broken = escalation.commitment
    until = in_time_until(escalation, keep_calls.booked_call(case, escalation), broken)
    if case.at < until:  # a clock that was ahead had come to it before
        case.tx.work.plan_anew(planned(case, escalation, FollowUpKind.PROMISE, until))
        return "nothing yet: the promise is not due"
    _, queue = queue_of(case, home_of(case, escalation), entitlement.tier_of(case.policy, escalation))
    made = case.tx.escalations.commitments(escalation.id)
    unkept = 1 + sum(one.state is CommitmentState.BROKEN for one in made)
    too_often = unkept >= queue.promises
    call = keep_calls.finish(case, escalation, CallState.MISSED)
    wording = MISSED_CALL if call else BROKEN
    patience = DAY if too_often else 0
    left = _nobody_is_at_it(case, escalation)
    free = replace(escalation, state=EscalationState.OPEN, claimed_by=None) if left else escalation
    fresh = renew(case, free, CommitmentState.BROKEN, wording, below=broken.channel, patience=patience)
    log.warning("promise.broken", site=case.site.id, escalation=escalation.id, promises=unkept)
    if call:
        keep_calls.tell_missed(case, fresh, call)
    if too_often:
        _alarm(case, fresh, broken, queue)
        return "the promise was broken again; the person in charge is alarmed"
    _tell_team(case, fresh, occasions.LEFT if left else occasions.BROKEN, broken.id)
    if not call:
        _mail_promise(case, fresh, "broken", broken.id)
    return "the promise was broken; a new one was made"


def _nobody_is_at_it(case: Case, escalation: Escalation) -> bool:
    """Whether somebody has claimed it who is not there: they may never come back, so others must be free to."""
    holder = escalation.claimed_by
    if holder is None or any(one.agent.id == holder.id for one in case.tx.people.present(case.site.id, case.at)):
        return False
    log.warning("claim.ended", site=case.site.id, escalation=escalation.id, agent=holder.id)
    return True


def _alarm(case: Case, fresh: Escalation, broken: Commitment, queue: Queue) -> None:
    """The alarm stands until a person answers; each further broken promise is a mail to the person in charge."""
    text = f"Nobody answers escalation {fresh.id} of the queue {fresh.queue}: {queue.promises} promises were broken."
    detail = {"escalation_id": fresh.id, "queue": fresh.queue, "due_at": to_rfc3339(fresh.commitment.due_at)}
    case.tx.alarms.start(case.site.id, Alarm(new_id("alm"), alarm_kind(fresh.id), text, detail, case.at))
    _tell_team(case, fresh, occasions.ALARM, broken.id, to=queue.in_charge)


def _call_over(case: Case, escalation: Escalation) -> str:
    """The time of a call is over. Who has claimed it may still be speaking, or forgot to say that they called."""
    if escalation.state is not EscalationState.CLAIMED:
        return _promise_due(case, escalation)
    _tell_team(case, escalation, occasions.CALL_OVER, escalation.commitment.id)
    return "asked the team whether the call was made"


BEFORE_IT_IS_DUE = (FollowUpKind.PICKUP, FollowUpKind.OPENING, FollowUpKind.WARN)
"""What comes too late once the promise is due."""
HANDLERS: dict[FollowUpKind, Callable[[Case, Escalation], str]] = {
    FollowUpKind.PICKUP: _pick_up_watch,
    FollowUpKind.OPENING: _opening,
    FollowUpKind.WARN: _warn,
    FollowUpKind.PROMISE: _promise_due,
    FollowUpKind.REMIND: keep_calls.remind,
    FollowUpKind.CALL_OVER: _call_over,
}


def _tell_team(case: Case, escalation: Escalation, occasion: Occasion, about: str, *, to: str | None = None) -> None:
    """As `team_mails.tell`, with the promise in words that are right whenever they are read."""
    quoted = in_mail(case.policy, first_session(case, escalation), escalation)
    team_mails.tell(case, quoted, occasion, about, to=to)
