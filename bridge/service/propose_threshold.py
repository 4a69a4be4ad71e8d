"""A proposal: the one threshold that, turned, would serve the labels better, with its backtest. Nothing applies it.

The labelled conversations are judged again under the policy in force and under each policy that differs from it in
one number. What the bot would have said after a hand-over was never said, so a conversation ends where live ended it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

from bridge.domain import backtest
from bridge.domain.backtest import Backtest, Named
from bridge.domain.labels import Score, score
from bridge.domain.policy import Policy
from bridge.domain.policy_check import PolicyRefused, stored_policy
from bridge.domain.replay import Conversation, replay_under
from bridge.domain.tuning import STEPS_TO_EITHER_SIDE, Edit, Knob, knobs, with_number
from bridge.service.context import Bridge
from bridge.service.replay_sessions import StoredSessions, conversations_of

LEAST_LABELS = 20
"""Labelled conversations below which nothing is proposed."""
RECENT_SESSIONS = 2_000
"""The newest conversations that a proposal is tried on."""


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
    report: Backtest


def read_material(bridge: Bridge, site: str) -> Material:
    """The labelled conversations, each by its first escalation, and the recent ones."""
    now = bridge.clock.now()
    with bridge.store.read() as tx:
        labels = [label for label in tx.labels.of_sessions(site, 0, now) if label.first]
        said = {label.session_id: label.wants_a_person for label in labels}
        samples = [Sample(one, said[one.session_id]) for one in conversations_of(tx, site, list(said))]
    enough = len(samples) >= LEAST_LABELS
    recent = list(StoredSessions(bridge, site, 0, now + 1, RECENT_SESSIONS).conversations()) if enough else []
    return Material(samples, recent)


def scores(policies: Sequence[Policy], samples: Iterable[Sample]) -> list[Score]:
    """How each policy does by the labels."""
    judged = [(one.wants_a_person, replay_under(policies, one.conversation)) for one in samples]
    return [score((wanted, came_to[n].escalated) for wanted, came_to in judged) for n in range(len(policies))]


Watch = Callable[[Sequence[Sample]], Iterable[Sample]]
"""Hands on what it is given; whoever waits may be shown how far that is."""


def propose(present: Named, document: str, material: Material, watch: Watch = iter) -> Proposal | None:
    """The number that, turned, brings the best F1; of equals the least turned. None where no turn brings a better one.

    Args:
        present: the policy in force.
        document: the same, as it is stored.
        material: from `read_material`.
        watch: is handed every conversation that is judged again.
    """
    turns = list(_every_turn(document, present.policy))
    before, *after = scores([present.policy, *(turned.policy for turned in turns)], watch(material.samples))
    turned, reached = max(zip(turns, after, strict=True), key=lambda pair: pair[1].f1, default=(None, before))
    if turned is None or reached.f1 <= before.f1:
        return None
    report = Backtest(Named("the proposal", turned.policy), present)
    for conversation in material.recent:
        report.add(backtest.judge(conversation, turned.policy, present.policy))
    return Proposal(turned, reached, report)


def _every_turn(document: str, present: Policy) -> Iterator[Turned]:
    """Every policy that differs in one number, the least turned first; what the schema refuses is none."""
    distances = range(1, STEPS_TO_EITHER_SIDE + 1)
    for distance, knob, direction in product(distances, list(knobs(present)), (-1, 1)):
        value = knob.turned(direction * distance)
        edit = with_number(document, knob.path, value)
        with suppress(PolicyRefused):
            yield Turned(knob, value, edit, stored_policy(edit.document))
