"""The decisions of a session, made again from what is stored, and held against their stored traces byte by byte.

A trace holds the policy version, the flow and the tier that it was judged with, and a turn its own signals. What a
decision saw of the session at its instant follows from the order in which messages, replies and releases came.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.domain import judging, signals
from bridge.domain import session as sessions
from bridge.domain.customer import Account, Customer, Fetch, merge_shop
from bridge.domain.escalation import EventKind
from bridge.domain.forgetting import is_erased
from bridge.domain.session import Session, Turn
from bridge.domain.values import Json, Millis
from bridge.ports import Tx
from bridge.service.context import CurrentPolicy
from bridge.service.decision_trace import inputs_of, trace_of
from bridge.service.errors import SessionUnknown
from bridge.service.explain import escalations_of
from bridge.service.manage_policy import Versions
from bridge.service.start_session import TOO_LATE

MESSAGE, REPLY, ESCALATION = "message", "reply", "escalation"
STORED_INPUTS = ("policy_version", "at", "calendar")
"""What is taken over from a frozen decision as it stands; the last one is missing in those of old."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One decision, judged again: on which turn, of what, and whether the stored bytes came out."""

    turn: int | None
    of: str
    same: bool

    def as_json(self) -> Json:
        """The result for scripts."""
        return {"turn": self.turn, "of": self.of, "same": self.same}


def verify(tx: Tx, site: str, session_id: str) -> list[Checked]:
    """Every stored decision of the session, judged again.

    Raises:
        SessionUnknown: this site has no such session.
    """
    session = tx.sessions.get(site, session_id)
    if session is None:
        raise SessionUnknown(session_id)
    versions = Versions(tx, site)
    turns = tx.sessions.turns(site, session_id)
    judged = [
        Checked(turn.seq, of, _again(versions, seen, json.loads(trace)) == trace)
        for turn, of, trace, seen in _decisions(session, turns, _releases(tx, session))
    ]
    own = [
        one for one in escalations_of(tx, session, turns) if one.session_id == session.id and not is_erased(one.trace)
    ]
    frozen = [(json.loads(one.trace), one.trace) for one in own]
    return judged + [
        Checked(stored["turns"], ESCALATION, _frozen_again(versions, session, stored) == trace)
        for stored, trace in frozen
    ]


def _again(versions: Versions, session: Session, stored: Json) -> str | None:
    policy = versions.policy(stored["policy_version"])
    if policy is None:
        return None
    session = replace(session, flow=stored["flow"], customer=_customer_then(session, stored))
    return trace_of(judging.judge(policy, session), CurrentPolicy(stored["policy_version"], policy), session)


def _frozen_again(versions: Versions, session: Session, stored: Json) -> str | None:
    """A decision again from the inputs that were frozen with its escalation."""
    policy = versions.policy(stored["policy_version"])
    if policy is None:
        return None
    session = replace(
        session,
        flow=stored["flow"],
        turns=stored["turns"],
        customer=Customer.model_validate(stored["customer"]),
        window=tuple(map(signals.load, stored["window"])),
    )
    seen = {name: stored[name] for name in STORED_INPUTS if name in stored}
    return inputs_of(judging.judge(policy, session), session, seen)


def _customer_then(session: Session, stored: Json) -> Customer:
    """The customer as of a decision: one that the CRM answered for too late was assumed until then."""
    customer = session.customer
    if not stored["tier_assumed"] or customer.tier_assumed:
        return customer
    assumed = {"fetch": Fetch.FAILED, "cause": TOO_LATE, "tier": stored["tier"], "tier_assumed": True}
    return customer.model_copy(update={**assumed, "account": merge_shop(Account(), session.shop)})


# -- what a decision saw -----------------------------------------------------------------------------------------------


def _releases(tx: Tx, session: Session) -> list[Millis]:
    found: list[Millis] = []
    after = 0
    while page := tx.sessions.events(session.site, session.id, after):
        found += [event.at for event in page if event.kind is EventKind.RELEASED]
        after = page[-1].n
    return found


@dataclass(frozen=True, slots=True, order=True)
class _Step:
    """Something that came to the session: in the order of instants, and of turns within one."""

    at: Millis
    seq: int
    what: int


_HEARD, _ANSWERED, _RELEASED = range(3)


def _decisions(session: Session, turns: list[Turn], releases: list[Millis]) -> Iterator[tuple[Turn, str, str, Session]]:
    """Every judged message and reply with its trace, and the session as it stood then."""
    by_seq = {turn.seq: turn for turn in turns}
    seen = replace(session, window=(), turns=0)
    for step in sorted(_steps(turns, releases)):
        if step.what == _RELEASED:
            seen = replace(seen, window=())
            continue
        turn = by_seq[step.seq]
        seen = _heard(seen, turn) if step.what == _HEARD else _answered(seen, turn)
        trace = turn.trace if step.what == _HEARD else turn.reply_trace
        stored = json.loads(trace or "null")
        if trace is None or stored is None:
            continue
        yield turn, MESSAGE if step.what == _HEARD else REPLY, trace, seen
        if stored["rule"]:  # locked by it: whatever is judged later comes after a release, which forgets the signals
            seen = replace(seen, window=())


def _steps(turns: list[Turn], releases: list[Millis]) -> Iterator[_Step]:
    yield from (_Step(turn.at, turn.seq, _HEARD) for turn in turns)
    yield from (_Step(turn.reply_at, turn.seq, _ANSWERED) for turn in turns if turn.reply_at is not None)
    yield from (_Step(at, 0, _RELEASED) for at in releases)


def _heard(seen: Session, turn: Turn) -> Session:
    """With a message whose reply has not come yet; one that came while the session was locked was not measured."""
    measured = json.loads(turn.signals)
    window = sessions.append(seen.window, replace(signals.load(measured), reply=None)) if measured else seen.window
    return replace(seen, turns=turn.seq, window=window)


def _answered(seen: Session, turn: Turn) -> Session:
    """With the reply, where its turn is still in sight."""
    measured = json.loads(turn.signals)
    return replace(seen, window=sessions.answered(seen.window, signals.load(measured))) if measured else seen
