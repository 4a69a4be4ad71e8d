"""Escalations as the team sees them."""

import re
from collections.abc import Callable, Sequence

from bridge.domain.escalation import ACTIVE, CommitmentState, Escalation, EscalationState, OutboxState
from bridge.domain.instants import to_rfc3339
from bridge.domain.packet import Line, Packet
from bridge.domain.session import Session
from bridge.domain.values import Json
from bridge.ports import Tx, Urgency
from bridge.service.build_packet import read_transcript
from bridge.service.errors import EscalationUnknown
from bridge.service.keep_calls import phone_of
from bridge.service.label_decisions import show_label
from bridge.service.verdicts import show_commitment

STATES: dict[str, Sequence[EscalationState]] = {
    **{state.value: (state,) for state in EscalationState},
    "active": ACTIVE,
    "all": tuple(EscalationState),
}
STATES_OWED = ("open", "claimed", "active")
MOST_URGENT = Urgency(kept=False, due_at=0, escalation="")
PLACE_PATTERN = re.compile(r"([01])\.(\d{1,15})\.(.+)", re.ASCII)

TICKET_STATES = {
    OutboxState.DUE: "sending",
    OutboxState.LEASED: "sending",
    OutboxState.UNKNOWN: "sending",
    OutboxState.SENT: "sent",
    OutboxState.PARKED: "parked",
    OutboxState.CANCELLED: "parked",  # given up by a person
}


def list_escalations(tx: Tx, site: str, states: str, limit: int, before: str | None) -> Json:
    """A page of escalations, newest first."""
    found = tx.escalations.page(site, STATES[states], limit + 1, before)
    return _page(tx, found, limit, lambda last: last.id)


def list_due_first(tx: Tx, site: str, states: str, limit: int, after: Urgency) -> Json:
    """A page of active escalations, those due soonest first, from a place on, whatever became of who stood there."""
    found = tx.escalations.due_first(site, STATES[states], limit + 1, after)
    return _page(tx, found, limit, _write_place)


def _page(tx: Tx, found: Sequence[Escalation], limit: int, place: Callable[[Escalation], str]) -> Json:
    page = found[:limit]
    return {
        "escalations": [show(tx, escalation) for escalation in page],
        "next_before": place(page[-1]) if len(found) > limit else None,
    }


def read_place(text: str) -> Urgency | None:
    """The place that a page of `list_due_first` has named as its end; None where it is no such text."""
    read = PLACE_PATTERN.fullmatch(text)
    return Urgency(read[1] == "1", int(read[2]), read[3]) if read else None


def _write_place(last: Escalation) -> str:
    promise = last.commitment
    return f"{int(promise.state is CommitmentState.KEPT)}.{promise.due_at}.{last.id}"


def read_escalation(tx: Tx, site: str, escalation_id: str) -> Json:
    """One escalation with its label, its packet and the whole conversation.

    Raises:
        EscalationUnknown: this site has no such escalation.
    """
    escalation = tx.escalations.get(site, escalation_id)
    if escalation is None:
        raise EscalationUnknown
    return {
        **show(tx, escalation),
        "label": _label(tx, escalation),
        "packet": show_packet(escalation.packet),
        "conversation": conversation(tx, escalation),
    }


def _label(tx: Tx, escalation: Escalation) -> Json:
    said = tx.labels.of_escalation(escalation.site, escalation.session_id, escalation.id)
    return show_label(said) if said else None


def show(tx: Tx, escalation: Escalation) -> Json:
    """One escalation in a list; the customer as they can be reached now."""
    session = tx.sessions.get(escalation.site, escalation.session_id)
    delivery = tx.escalations.delivery(escalation.id)
    agent = escalation.claimed_by
    return {
        "id": escalation.id,
        "session_id": escalation.session_id,
        "state": escalation.state.value,
        "queue": escalation.queue,
        "priority": escalation.priority.value,
        "channel": escalation.channel.value,
        "rule": escalation.rule,
        "reason": escalation.reason,
        "decided_at": to_rfc3339(escalation.decided_at),
        "claimed_by": {"id": agent.id, "name": agent.name} if agent else None,
        "commitment": {**show_commitment(escalation.commitment), "state": escalation.commitment.state.value},
        "customer": _customer(escalation.packet, session),
        "summary": escalation.packet.summary,
        "ticket": {
            "desk": delivery.desk if delivery else "builtin",
            "state": TICKET_STATES[delivery.state] if delivery else "recorded",
            "ref": delivery.ref if delivery else None,
            "url": delivery.url if delivery else None,
        },
        "call": _call(tx, escalation),
    }


def _call(tx: Tx, escalation: Escalation) -> Json:
    """The last call that was booked, with the number to call."""
    call = tx.callbacks.latest(escalation.site, escalation.id)
    if call is None:
        return None
    return {
        "state": call.state.value,
        "starts_at": to_rfc3339(call.starts_at),
        "ends_at": to_rfc3339(call.ends_at),
        "confirmed": call.confirmed_at is not None,
        "phone": phone_of(tx, escalation),
    }


def show_packet(packet: Packet) -> Json:
    """The six items, instants as RFC 3339."""
    shown = packet.model_dump(mode="json")
    shown["transcript"] = [{**line, "at": to_rfc3339(line["at"])} for line in shown["transcript"]]
    return shown


def _customer(packet: Packet, session: Session | None) -> Json:
    known = packet.customer
    addressed = session.visitor if session and session.visitor.email else known
    return {
        "name": (session.visitor.name if session else None) or known.name,
        "email": addressed.email,
        "email_identity": addressed.email_identity,
        "phone": (session.phone if session else None) or known.phone,
        "identity": (session.visitor.identity if session else known.identity).value,
        "tier": known.tier,
        "tier_assumed": known.tier_assumed,
    }


def conversation(tx: Tx, escalation: Escalation) -> Json:
    """Everything said in all sessions of the escalation, by whom, in order."""
    entries: list[Json] = []
    sessions = {session.id: session for session in tx.sessions.of_escalation(escalation.site, escalation.id)}
    first = tx.sessions.get(escalation.site, escalation.session_id)
    if first:
        sessions.setdefault(first.id, first)
    for session in sessions.values():
        entries += [_said(line) for line in read_transcript(tx, session)]
    entries += [
        {"at": said.at, "who": "agent", "name": said.agent.name, "text": said.text, "shown": said.shown}
        for said in tx.escalations.replies(escalation.id)
    ]
    entries += [
        {"at": promise.made_at, "who": "system", "name": None, "text": promise.text, "shown": True}
        for promise in tx.escalations.commitments(escalation.id)
    ]
    entries.sort(key=lambda entry: int(entry["at"]))
    return [{**entry, "at": to_rfc3339(entry["at"])} for entry in entries]


def _said(line: Line) -> Json:
    return {"at": line.at, "who": line.who, "name": None, "text": line.text, "shown": line.shown}
