"""Escalation: one transaction writes lock, escalation, packet, ticket, commitment, follow-ups and outbox rows.

No network call is made here. Whoever is second, in another tab or another process, finds the first and joins it.
"""

from dataclasses import replace

import structlog

from bridge.domain import judging
from bridge.domain.escalation import Escalation, EscalationState, EventKind
from bridge.domain.policy import Policy, Rule
from bridge.domain.routing import Route
from bridge.domain.rules import Decision, rests_on_customer
from bridge.domain.session import Session, customer_key
from bridge.domain.values import Identity, Json, Priority, State
from bridge.ports import Tx
from bridge.service import desk_tickets
from bridge.service.build_packet import build_packet, read_transcript
from bridge.service.chat_events import Said, tell
from bridge.service.context import Case, new_id
from bridge.service.decision_trace import inputs_of
from bridge.service.promise import Wording, make_commitment, plan_follow_ups
from bridge.service.route import queue_of, route_now
from bridge.service.watch_floods import tell_team

log = structlog.get_logger()


def escalate(case: Case, session: Session, decision: Decision) -> tuple[Session, Escalation]:
    """Hand the session over; the turn that led to it is already stored.

    Returns the locked session and its escalation: a new one, or the open one that this customer already has.
    """
    key = customer_key(session.visitor)
    new, route = decide_on(case, session, decision)
    if not case.tx.escalations.open(new):
        return _join_with_words(case, session, key)
    case.tx.sessions.lock(session.site, session.id, new.id)
    if key:
        _take_along(case, key, new)
    plan_follow_ups(case, new, route)
    desk_tickets.post_ticket(case, new)
    tell_team(case, new)
    case.tx.after_commit(lambda: _log(new, session.turns))
    locked = replace(session, state=State.ESCALATED, escalation_id=new.id)
    return tell(case, locked, Said(EventKind.COMMITMENT, new.commitment.text)), new


def _log(new: Escalation, seq: int) -> None:
    """One line a decision, once it stands: names and numbers, and nothing that anybody has written."""
    log.info(
        "turn.escalated",
        site=new.site,
        session=new.session_id,
        seq=seq,
        escalation=new.id,
        rule=new.rule,
        priority=new.priority.value,
        queue=new.queue,
        channel=new.channel.value,
        policy_version=new.policy_version,
    )


def _take_along(case: Case, key: str, new: Escalation) -> None:
    """Lock the customer's other open chats to it as well, and say so there: one of them may wait for an answer."""
    for one in case.tx.sessions.join(new.site, key, new.id):
        joined = case.tx.sessions.hold(new.site, one)
        if joined:
            case.tx.sessions.save(tell(case, joined, Said(EventKind.COMMITMENT, new.commitment.text)))


def decide_on(case: Case, session: Session, decision: Decision) -> tuple[Escalation, Route]:
    """The escalation as it will be stored, and the rung it starts on."""
    rule = decision.rule
    if rule is None:
        raise ValueError("no rule decided")
    tier = session.customer.tier
    route = route_now(case, case.policy.queue_for(rule, tier), tier, rule.priority)
    escalation_id = new_id("esc")
    new = Escalation(
        site=session.site,
        id=escalation_id,
        session_id=session.id,
        customer_key=customer_key(session.visitor),
        state=EscalationState.OPEN,
        rule=rule.name,
        reason=decision.reason,
        priority=max(rule.priority, _priority_at_their_word(case.policy, session), key=list(Priority).index),
        queue=route.queue,
        channel=route.channel,
        policy_version=case.current.version,
        packet=build_packet(case.tx, session, decision, case.policy.tiers),
        trace=inputs_of(decision, session, seen_of(case, route, tier)),
        decided_at=case.at,
        claimed_by=None,
        answered_at=None,
        commitment=make_commitment(case, session, escalation_id, route, wording=wording_of(case, session, rule)),
    )
    return new, route


def _priority_at_their_word(policy: Policy, session: Session) -> Priority:
    """The priority if the address that the visitor typed were theirs: it moves them up at the team alone.

    It is judged whether or not anybody knows the address, for the time that this takes would tell.
    """
    if session.visitor.identity is not Identity.CLAIMED:
        return Priority.NORMAL
    rule = judging.judge(policy, replace(session, customer=session.customer.at_their_word)).rule
    return rule.priority if rule and session.customer.claim else Priority.NORMAL


def seen_of(case: Case, route: Route, tier: str) -> Json:
    """What a decision rests on beside the session: for its trace."""
    _, queue = queue_of(case, route.queue, tier)
    calendar = case.hours.frozen(route.queue, queue.hours, route.due_at)
    return {"policy_version": case.current.version, "at": case.at, "calendar": calendar}


def wording_of(case: Case, session: Session, rule: Rule) -> Wording:
    """How the customer is told: in the rule's own words, unless they would tell a stranger what the CRM knows.

    A visitor who only typed an address may be anybody: what the rule asks of the customer must not show in its words.
    """
    stranger = session.visitor.identity is not Identity.VERIFIED
    return Wording(own=None if stranger and rests_on_customer(case.policy, rule) else rule.message)


def _join_with_words(case: Case, session: Session, key: str | None) -> tuple[Session, Escalation]:
    """The ticket that is open already gets what was said here."""
    joined, standing = join(case.tx, session, key)
    said = "\n".join(line.text for line in read_transcript(case.tx, session) if line.who == "visitor")
    desk_tickets.note(case, standing, f"joined.{session.id}", "The same customer wrote in another chat", said)
    return joined, standing


def join(tx: Tx, session: Session, key: str | None) -> tuple[Session, Escalation]:
    """Lock the session to the escalation that is open already."""
    standing = tx.escalations.active_of(session.site, session.id, key)
    if standing is None:
        raise RuntimeError("an escalation was refused as a second one, yet there is no first")
    tx.sessions.lock(session.site, session.id, standing.id)
    return replace(session, state=State.ESCALATED, escalation_id=standing.id), standing
