"""Escalation: one transaction writes lock, escalation, packet, ticket, commitment, follow-ups and outbox rows.

No network call is made here. Whoever is second, in another tab or another process, finds the first and joins it.
"""

from dataclasses import dataclass, replace

from bridge.domain import packet as packets
from bridge.domain import summary
from bridge.domain.customer import Account
from bridge.domain.escalation import Escalation, EscalationState, Event, EventKind
from bridge.domain.packet import Line, Packet, PacketAccount, PacketCustomer
from bridge.domain.policy import Rule
from bridge.domain.routing import Route
from bridge.domain.rules import Decision, rests_on_customer
from bridge.domain.session import Session, customer_key
from bridge.domain.values import Identity, Json, Millis, State
from bridge.ports import Tx
from bridge.service import notify
from bridge.service.context import Case, new_id
from bridge.service.promise import Wording, make_commitment, plan_follow_ups
from bridge.service.route import queue_of, route_now
from bridge.service.stored_text import inputs_of


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
        case.tx.sessions.join(session.site, key, new.id)
    plan_follow_ups(case, new, route)
    notify.post_ticket(case, new)
    notify.mail_team(case, new, "new")
    locked = replace(session, state=State.ESCALATED, escalation_id=new.id)
    return tell(case, locked, Said(EventKind.COMMITMENT, new.commitment.text)), new


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
        priority=rule.priority,
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
    notify.note(case, standing, f"joined.{session.id}", "The same customer wrote in another chat", said)
    return joined, standing


def join(tx: Tx, session: Session, key: str | None) -> tuple[Session, Escalation]:
    """Lock the session to the escalation that is open already."""
    standing = tx.escalations.active_of(session.site, session.id, key)
    if standing is None:
        raise RuntimeError("an escalation was refused as a second one, yet there is no first")
    tx.sessions.lock(session.site, session.id, standing.id)
    return replace(session, state=State.ESCALATED, escalation_id=standing.id), standing


def build_packet(tx: Tx, session: Session, decision: Decision, tiers: tuple[str, ...]) -> Packet:
    """The six items, from stored facts only."""
    transcript = read_transcript(tx, session)
    customer = session.customer
    return Packet(
        customer=PacketCustomer(
            name=session.visitor.name or customer.account.name,
            email=session.visitor.email,
            email_identity=session.visitor.email_identity,
            phone=session.phone,
            identity=session.visitor.identity,
            tier=customer.tier,
            tier_assumed=customer.tier_assumed,
        ),
        summary=summary.summarize(facts(session, transcript), polished(tx, session, tiers)),
        transcript=transcript,
        reason=decision.reason,
        account=account_of(customer.account),
        last_attempt=packets.last_attempt(transcript),
    )


def account_of(account: Account) -> PacketAccount:
    """The item of the packet that says what the CRM knows."""
    return PacketAccount(
        orders=account.orders,
        open_tickets=account.open_tickets,
        billing_status=account.billing_status,
        sla=account.sla,
    )


def read_transcript(tx: Tx, session: Session) -> tuple[Line, ...]:
    """What was said, from accepted turns, in the order of time: a reply may come after later turns."""
    lines: list[Line] = []
    for turn in tx.sessions.turns(session.site, session.id):
        lines.append(Line(at=turn.at, who="visitor", text=turn.text))
        if turn.reply_text:
            lines.append(Line(at=turn.reply_at or turn.at, who="bot", text=turn.reply_text, shown=turn.reply_shown))
    return tuple(sorted(lines, key=lambda line: line.at))


def facts(session: Session, transcript: tuple[Line, ...]) -> summary.Facts:
    """What the one-sentence summary may be made of."""
    said = [turn.message for turn in session.window]
    topic = next((message.topic for message in reversed(said) if message.topic), None)
    issue = next((message.issue for message in reversed(said) if message.issue), None)
    about = [index for index, m in enumerate(said) if (topic and m.topic == topic) or (issue and m.issue == issue)]
    later = said[about[0] + 1 :] if about else []
    pressed = [m for m in later if m.negative > 0 or (topic and m.topic == topic) or (issue and m.issue == issue)]
    customer = session.customer
    largest = max(customer.account.orders, key=lambda order: order.total, default=None)
    return summary.Facts(
        topic=topic,
        issue=issue,
        opening=transcript[0].text if transcript else "",
        times_raised=1 + len(pressed),
        bot_failures=sum(1 for turn in session.window if turn.reply and turn.reply.failed),
        asked_for_person=any(message.asks_human for message in said),
        tier=customer.tier,
        tier_assumed=customer.tier_assumed,
        unverified=session.visitor.identity is Identity.CLAIMED,
        sla=customer.account.sla,
        order_value=f"{largest.total:,.2f} {largest.currency}" if largest else None,
    )


def polished(tx: Tx, session: Session, tiers: tuple[str, ...]) -> summary.Polished:
    """What the responder's model last said that the customer wants; it is asked for nothing at the decision."""
    sentence = tx.answers.summary(session.site, session.id)
    if not sentence:
        return summary.NOT_POLISHED
    account = session.customer.account
    known = (account.name, account.billing_status, account.sla, *(order.id for order in account.orders))
    heard = frozenset(word for turn in session.window for word in turn.message.words.split())
    return summary.Polished(sentence, heard, tuple(filter(None, known)), tiers)


@dataclass(frozen=True, slots=True)
class Said:
    """A line for the visitor's chat, before it has a number."""

    kind: EventKind
    text: str
    author: str | None = None


def tell(case: Case, session: Session, said: Said) -> Session:
    """Keep a line as the session's next event; the returned session has its number and is still to be saved."""
    return tell_at(case.tx, session, said, case.at)


def tell_at(tx: Tx, session: Session, said: Said, at: Millis) -> Session:
    """As `tell`, where there is no escalation."""
    told = replace(session, last_event=session.last_event + 1)
    tx.sessions.keep_event(told, Event(told.last_event, said.kind, said.text, at, said.author))
    return told


def announce(case: Case, escalation: Escalation, said: Said) -> list[Session]:
    """Tell every session of the escalation, and return them as they are then."""
    told = []
    for known in case.tx.sessions.of_escalation(escalation.site, escalation.id):
        session = tell(case, case.tx.sessions.hold(escalation.site, known.id) or known, said)
        case.tx.sessions.save(session)
        told.append(session)
    return told


def first_session(case: Case, escalation: Escalation) -> Session:
    """The session that the escalation was decided in."""
    session = case.tx.sessions.get(escalation.site, escalation.session_id)
    if session is None:
        raise RuntimeError("an escalation without a session")
    return session
