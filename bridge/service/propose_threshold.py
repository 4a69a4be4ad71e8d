"""A proposal: the one threshold that, turned, would serve the labels better, with its backtest. Nothing applies it.

The labelled conversations are judged again under the policy in force and under each policy that differs from it in
one number. What the bot would have said after a hand-over was never said, so a conversation ends where live ended it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.domain import signals
from bridge.domain.backtest import Difference, Tally
from bridge.domain.customer import Fetch
from bridge.domain.findings import PolicyRefused, read_policy
from bridge.domain.knobs import REACH, Edit, Knob, knobs, with_number
from bridge.domain.labels import Score, score
from bridge.domain.policy import Policy
from bridge.domain.replay import Conversation, RecordedCustomer, RecordedOrder, RecordedReply, RecordedTurn, replay
from bridge.domain.session import Session, Turn
from bridge.domain.values import Millis
from bridge.ports import Tx

LEAST_LABELS = 20
"""Labelled conversations below which nothing is proposed."""
RECENT = 2_000
"""The newest conversations that a proposal is tried on."""

NOTHING_JUDGED = "null"
"""The stored trace of a message that came while a person had the session."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A conversation, and whether it should be handed over by the word of the team."""

    conversation: Conversation
    wants_a_person: bool


@dataclass(frozen=True, slots=True)
class Material:
    """What a proposal is made from."""

    samples: list[Sample]
    recent: list[Conversation]


@dataclass(frozen=True, slots=True)
class Turned:
    """The policy in force with one number turned."""

    knob: Knob
    value: float
    edit: Edit
    policy: Policy


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed: how the labels score it, and what it would have done to the recent conversations."""

    turned: Turned
    score: Score
    tally: Tally
    difference: Difference


def read_material(tx: Tx, site: str, now: Millis) -> Material:
    """The labelled conversations, each by its first escalation, and the recent ones."""
    labels = [label for label in tx.labels.of_sessions(site, 0, now) if label.first]
    said = {label.session_id: label.wants_a_person for label in labels}
    samples = [Sample(one, said[one.session_id]) for one in _conversations(tx, site, list(said))]
    enough = len(samples) >= LEAST_LABELS
    recent = list(_conversations(tx, site, tx.stats.recent(site, RECENT))) if enough else []
    return Material(samples, recent)


def _conversations(tx: Tx, site: str, sessions: Sequence[str]) -> Iterator[Conversation]:
    for session_id in sessions:
        found = recorded(tx, site, session_id)
        if found and found.turns:
            yield found


def recorded(tx: Tx, site: str, session_id: str) -> Conversation | None:
    """A stored session as a replay reads it, up to its first hand-over; None where there is no such session."""
    session = tx.sessions.get(site, session_id)
    if session is None:
        return None
    turns = list(_judged(tx.sessions.turns(site, session_id)))
    return Conversation(
        session_id=session_id,
        locale=session.locale,
        # after the first message it is in this flow, whichever it began in
        flow=json.loads(turns[0].trace)["flow"] if turns else session.flow,
        customer=_customer(session),
        turns=tuple(_turn(turn) for turn in turns),
    )


def _judged(turns: Sequence[Turn]) -> Iterator[Turn]:
    """The turns that were judged, the one that led to the hand-over included."""
    for turn in turns:
        if turn.trace == NOTHING_JUDGED:
            return
        yield turn
        if _decided(turn.trace) or _decided(turn.reply_trace):
            return


def _decided(trace: str | None) -> bool:
    told = json.loads(trace) if trace else None
    return bool(told and told["rule"])


def _customer(session: Session) -> RecordedCustomer:
    customer = session.customer
    orders = tuple(
        RecordedOrder(id=order.id, total=order.total, currency=order.currency, status=order.status)
        for order in customer.account.orders
    )
    return RecordedCustomer(
        fetch=customer.fetch, tier=customer.tier if customer.fetch is Fetch.FOUND else None, orders=orders
    )


def _turn(turn: Turn) -> RecordedTurn:
    return RecordedTurn(visitor=turn.text, bot=_reply(turn), at=turn.at)


def _reply(turn: Turn) -> RecordedReply | None:
    """The reply, unless it came after the hand-over: nothing judged it."""
    measured = json.loads(turn.signals)
    said = signals.load(measured).reply if measured else None
    if turn.reply_text is None or said is None or turn.reply_trace == NOTHING_JUDGED:
        return None
    return RecordedReply(
        text=turn.reply_text,
        confidence=said.confidence,
        intent=said.intent,
        intent_matched=said.intent_matched,
        failed=said.failed,
        signals=dict(said.values),
    )


def score_of(policy: Policy, samples: Sequence[Sample]) -> Score:
    """How a policy does by the labels."""
    return score((one.wants_a_person, replay(policy, one.conversation).escalated) for one in samples)


Watch = Callable[[Sequence[Turned]], Iterable[Turned]]
"""Hands on what it is given; whoever waits may be shown how far that is."""


def propose(document: str, material: Material, watch: Watch = iter) -> Proposal | None:
    """The number that, turned, brings the best F1; of equals the least turned. None where no turn brings a better one.

    Args:
        document: the policy in force, as it is stored.
        material: from `read_material`.
        watch: is handed every policy that is tried.
    """
    present = read_policy(document)
    best, found = score_of(present, material.samples), None
    for turned in watch(list(_every_turn(document, present))):
        reached = score_of(turned.policy, material.samples)
        if reached.f1 > best.f1:
            best, found = reached, turned
    return Proposal(found, best, *_backtest(present, found.policy, material.recent)) if found else None


def _every_turn(document: str, present: Policy) -> Iterator[Turned]:
    """Every policy that differs in one number, the least turned first; what the schema refuses is none."""
    for distance in range(1, REACH + 1):
        for knob in knobs(present):
            for steps in (-distance, distance):
                value = knob.turned(steps)
                edit = with_number(document, knob.path, value)
                try:
                    yield Turned(knob, value, edit, read_policy(edit.document))
                except PolicyRefused:
                    continue


def _backtest(present: Policy, tried: Policy, conversations: Sequence[Conversation]) -> tuple[Tally, Difference]:
    tally, difference = Tally(), Difference()
    for conversation in conversations:
        outcome = replay(tried, conversation)
        tally.add(outcome)
        difference.add(replay(present, conversation), outcome)
    return tally, difference
