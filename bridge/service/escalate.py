"""Escalation: one transaction writes lock, escalation, packet, ticket, commitment, follow-ups and outbox rows.

No network call is made here. Whoever is second, in another tab or another process, finds the first and joins it.
"""

import json
from dataclasses import replace

from bridge.domain import packet as packets
from bridge.domain import routing, signals, summary
from bridge.domain.escalation import Commitment, Escalation, EscalationState, Event, EventKind
from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer
from bridge.domain.policy import Policy
from bridge.domain.routing import Route
from bridge.domain.rules import Decision
from bridge.domain.session import Session, customer_key
from bridge.domain.values import Json, Millis, State
from bridge.ports import Tx
from bridge.service import notify
from bridge.service.context import Bridge, CurrentPolicy, SiteUnknown, new_id
from bridge.service.promise import follow_ups, make_commitment


def escalate(
    bridge: Bridge, tx: Tx, current: CurrentPolicy, session: Session, decision: Decision, at: Millis
) -> tuple[Session, Escalation]:
    """Hand the session over; the turn that led to it is already stored.

    Returns the locked session and its escalation: a new one, or the open one that this customer already has.
    """
    assert decision.rule is not None  # noqa: S101 - the caller asked for this only because a rule decided
    key = customer_key(session.visitor)
    queue = current.document.queue_for(decision.rule, session.customer.tier)
    free = routing.someone_free(queue, tx.people.present(session.site, at), tx.escalations.load(session.site), at)
    route = routing.route(current.document, queue, decision.rule.priority, at, free=free)
    escalation_id = new_id("esc")
    wording = make_commitment(current.document, session, escalation_id, route, at)
    new = Escalation(
        site=session.site,
        id=escalation_id,
        session_id=session.id,
        customer_key=key,
        state=EscalationState.OPEN,
        rule=decision.rule.name,
        reason=decision.reason,
        priority=decision.rule.priority,
        queue=queue,
        channel=route.channel,
        policy_version=current.version,
        packet=build_packet(tx, session, decision),
        trace=json.dumps(inputs(session, decision, current, at), ensure_ascii=False, sort_keys=True),
        decided_at=at,
        claimed_by=None,
        answered_at=None,
        commitment=wording,
    )
    if not tx.escalations.open(new):
        return join(tx, session, key)
    tx.sessions.lock(session.site, session.id, new.id)
    locked = replace(session, state=State.ESCALATED, escalation_id=new.id)
    if key:
        tx.sessions.join(session.site, key, new.id)
    locked = record(bridge, tx, current.document, locked, new, route)
    return locked, new


def record(bridge: Bridge, tx: Tx, policy: Policy, session: Session, new: Escalation, route: Route) -> Session:
    """Everything that has to stand beside a new escalation before anybody is told."""
    site = tx.sites.get(session.site)
    if site is None:
        raise SiteUnknown(session.site)
    systems = bridge.systems(site)
    pickup = policy.queues[new.queue].pickup_within
    for follow_up in follow_ups(new.site, new.commitment, route, pickup_within=pickup):
        tx.work.plan(follow_up)
    notify.post_ticket(tx, systems, new, new.decided_at)
    notify.mail_team(tx, site, systems, policy, new, "new", new.decided_at)
    return announce_promise(tx, session, new.commitment)


def announce_promise(tx: Tx, session: Session, commitment: Commitment) -> Session:
    """The promise as an event of the escalated session; the sessions that joined hear it from their verdict."""
    told = replace(session, last_event=session.last_event + 1)
    tx.sessions.keep_event(told, Event(told.last_event, EventKind.COMMITMENT, commitment.text, commitment.made_at))
    return told


def join(tx: Tx, session: Session, key: str | None) -> tuple[Session, Escalation]:
    """Lock the session to the escalation that is open already."""
    standing = tx.escalations.active_of(session.site, session.id, key)
    if standing is None:
        raise RuntimeError("an escalation was refused as a second one, yet there is no first")
    tx.sessions.lock(session.site, session.id, standing.id)
    return replace(session, state=State.ESCALATED, escalation_id=standing.id), standing


def build_packet(tx: Tx, session: Session, decision: Decision) -> Packet:
    """The six items, from stored facts only."""
    transcript = read_transcript(tx, session)
    customer, account = session.customer, session.customer.account
    return Packet(
        customer=PacketCustomer(
            name=session.visitor.name or account.name,
            email=session.visitor.email,
            phone=session.phone,
            identity=session.visitor.identity,
            tier=customer.tier,
            tier_assumed=customer.tier_assumed,
        ),
        summary=summary.summarize(facts(session, transcript)),
        transcript=transcript,
        reason=decision.reason,
        account=PacketAccount(
            orders=account.orders,
            open_tickets=account.open_tickets,
            billing_status=account.billing_status,
            sla=account.sla,
        ),
        last_attempt=packets.last_attempt(transcript),
    )


def read_transcript(tx: Tx, session: Session) -> tuple[Line, ...]:
    """What was said, in order, from accepted turns."""
    lines: list[Line] = []
    for turn in tx.sessions.turns(session.site, session.id):
        lines.append(Line(at=turn.at, who="visitor", text=turn.text))
        if turn.reply_text:
            lines.append(Line(at=turn.reply_at or turn.at, who="bot", text=turn.reply_text, shown=turn.reply_shown))
    return tuple(lines)


def facts(session: Session, transcript: tuple[Line, ...]) -> summary.Facts:
    """What the one-sentence summary may be made of."""
    said = [turn.message for turn in session.window]
    topic = next((message.topic for message in reversed(said) if message.topic), None)
    issue = next((message.issue for message in reversed(said) if message.issue), None)
    about = [m for m in said if (topic and m.topic == topic) or (issue and m.issue == issue) or m.negative > 0]
    customer = session.customer
    largest = max(customer.account.orders, key=lambda order: order.total, default=None)
    return summary.Facts(
        topic=topic,
        issue=issue,
        opening=transcript[0].text if transcript else "",
        times_raised=len(about) if topic or issue else 1,
        bot_failures=sum(1 for turn in session.window if turn.reply and turn.reply.failed),
        asked_for_person=any(message.asks_human for message in said),
        resolved=False,
        tier=customer.tier,
        tier_assumed=customer.tier_assumed,
        sla=customer.account.sla,
        order_value=f"{largest.total:,.2f} {largest.currency}" if largest else None,
    )


def inputs(session: Session, decision: Decision, current: CurrentPolicy, at: Millis) -> Json:
    """Everything that the decision was made from, so that it can be made again."""
    return {
        **decision.trace(),
        "policy_version": current.version,
        "at": at,
        "flow": session.flow,
        "turns": session.turns,
        "customer": session.customer.model_dump(mode="json"),
        "window": [signals.dump(turn) for turn in session.window],
    }


def announce(
    tx: Tx, escalation: Escalation, kind: EventKind, text: str, at: Millis, author: str | None = None
) -> list[Session]:
    """Tell every session of the escalation, and return them as they are then."""
    told = []
    for known in tx.sessions.of_escalation(escalation.site, escalation.id):
        session = tx.sessions.hold(escalation.site, known.id) or known
        changed = replace(session, last_event=session.last_event + 1)
        tx.sessions.keep_event(changed, Event(changed.last_event, kind, text, at, author))
        tx.sessions.save(changed)
        told.append(changed)
    return told
