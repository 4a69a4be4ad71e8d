"""A visitor's message: keep it, judge it, and say whether the bot may answer."""

import hashlib
import json
from dataclasses import dataclass, replace

from bridge.domain import policy as policies
from bridge.domain import rules, signals
from bridge.domain import session as sessions
from bridge.domain.escalation import Escalation
from bridge.domain.rules import Decision
from bridge.domain.session import Session, Turn
from bridge.domain.signals import TurnSignals
from bridge.domain.triggers import Situation
from bridge.domain.values import Json, Millis, State
from bridge.ports import BridgeError, Tx
from bridge.service import deliver
from bridge.service.context import Bridge, CurrentPolicy
from bridge.service.escalate import escalate
from bridge.service.verdicts import closed_text, verdict, waiting_text


class SessionUnknown(BridgeError):  # noqa: N818
    """This site has no such session."""


class TurnUnknown(BridgeError):  # noqa: N818
    """This session has no such turn."""


class TurnContradicted(BridgeError):  # noqa: N818
    """The same turn was sent before with another body; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the visitor wrote. `nonce` is the request's: it is kept in the same transaction as its effect."""

    turn_id: str
    text: str


def take_turn(bridge: Bridge, tx: Tx, site: str, session_id: str, message: Message) -> Json:
    """The verdict on a visitor's message.

    Raises:
        SessionUnknown: see there.
        TurnContradicted: see there.
    """
    at = bridge.clock.now()
    session = tx.sessions.hold(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    current = bridge.policies.current(tx, site)
    digest = digest_of(message.text)
    known = tx.sessions.turn(site, session_id, message.turn_id) if session.turns else None
    if known:
        return repeat(tx, current, session, known.digest == digest, known.verdict)
    if session.state is not State.OPEN:
        return _take_locked(tx, current, session, message, digest, at)
    return _take_open(bridge, tx, current, session, message, digest, at)


def repeat(tx: Tx, current: CurrentPolicy, session: Session, same: bool, stored: str) -> Json:
    """The stored answer to a repeated call, but never leave to speak in a session that is locked by now."""
    if not same:
        raise TurnContradicted
    answer = json.loads(stored)
    if session.locked and answer["action"] == "answer":
        return locked_verdict(tx, current, session)
    return answer


def locked_verdict(tx: Tx, current: CurrentPolicy, session: Session) -> Json:
    """What a session that is not open says: the standing promise, or that it has ended."""
    standing = standing_escalation(tx, session)
    if session.state is State.CLOSED or standing is None:
        return verdict(session, say=closed_text(current.document, session))
    return verdict(session, say=waiting_text(current.document, session, standing), escalation=standing)


def standing_escalation(tx: Tx, session: Session) -> Escalation | None:
    """The escalation that the session is locked to."""
    return tx.escalations.get(session.site, session.escalation_id) if session.escalation_id else None


def _take_locked(tx: Tx, current: CurrentPolicy, session: Session, message: Message, digest: str, at: Millis) -> Json:
    """The message joins the ticket; nothing is judged any more."""
    session = replace(session, turns=session.turns + 1)
    answer = locked_verdict(tx, current, session)
    _keep(tx, session, message, digest, at, answer, signals_text="null", trace="null")
    tx.sessions.save(session)
    return answer


def _take_open(
    bridge: Bridge, tx: Tx, current: CurrentPolicy, session: Session, message: Message, digest: str, at: Millis
) -> Json:
    previous = session.window[-1].reply if session.window else None
    language = signals.language_of(session.locale)
    measured = TurnSignals(
        seq=session.turns + 1,
        at=at,
        message=signals.measure_message(message.text, language=language, previous=previous),
        reply=None,
    )
    session = replace(
        session,
        turns=session.turns + 1,
        window=sessions.append(session.window, measured),
        flow=policies.flow_of_message(current.document, message.text, session.flow),
    )
    decision = judge(current, session)
    trace = trace_of(decision, current, session)
    kept = json.dumps(signals.dump(measured), ensure_ascii=False)
    if decision.rule is None:
        answer = verdict(session)
        _keep(tx, session, message, digest, at, answer, signals_text=kept, trace=trace)
        tx.sessions.save(session)
        return answer
    # the packet is built from stored turns, so the turn is there before its verdict is known
    _keep(tx, session, message, digest, at, {}, signals_text=kept, trace=trace)
    session, new = escalate(bridge, tx, current, session, decision, at)
    answer = verdict(session, say=new.commitment.text, escalation=new)
    tx.sessions.amend_verdict(session, session.turns, json.dumps(answer, ensure_ascii=False))
    tx.sessions.save(session)
    deliver.soon(bridge, tx)
    return answer


def judge(current: CurrentPolicy, session: Session) -> Decision:
    """The decision on a session as it stands."""
    document = current.document
    situation = Situation(
        turns=session.window,
        turn_count=session.turns,
        flow=session.flow,
        confidence_threshold=document.confidence_threshold(session.flow),
        tiers=document.tiers,
        customer=session.customer,
    )
    return rules.judge(document, situation)


def trace_of(decision: Decision, current: CurrentPolicy, session: Session) -> str:
    """The stored trace of a decision, as JSON text with sorted keys: the same decision gives the same bytes."""
    trace = {
        **decision.trace(),
        "policy_version": current.version,
        "flow": session.flow,
        "tier": session.customer.tier,
        "tier_assumed": session.customer.tier_assumed,
    }
    return json.dumps(trace, ensure_ascii=False, sort_keys=True)


def digest_of(*parts: object) -> str:
    """SHA-256 of what was accepted: equal for a repeated call, and for no other."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _keep(
    tx: Tx, session: Session, message: Message, digest: str, at: Millis, answer: Json, *, signals_text: str, trace: str
) -> None:
    turn = Turn(
        seq=session.turns,
        turn_id=message.turn_id,
        text=message.text,
        at=at,
        digest=digest,
        verdict=json.dumps(answer, ensure_ascii=False),
        signals=signals_text,
        trace=trace,
    )
    if not tx.sessions.keep_turn(session, turn):
        raise RuntimeError("a turn appeared while its session was held")
