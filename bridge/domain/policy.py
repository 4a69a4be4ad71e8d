"""The owner's document: tiers, flows, triggers, rules, queues, hours, ladders, messages.

One schema for YAML and JSON. What pydantic cannot see (a name that leads nowhere, a rule that can never decide) is
found by `bridge.domain.policy_check`.
"""

import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from bridge.domain.calendars import Calendar
from bridge.domain.conditions import Condition, holds, names
from bridge.domain.lexicon import fold
from bridge.domain.queues import Name, Queue
from bridge.domain.triggers import Share, Trigger
from bridge.domain.values import Frozen, Priority

DEFAULT_CONFIDENCE = 0.55
"""Below it a bot counts as unsure, where the document says nothing."""


class Match(Frozen):
    """How a turn is recognised as belonging to a flow: the bot's intent (with * as a wildcard), words, the page."""

    intents: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    words: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    pages: Annotated[tuple[str, ...], Field(max_length=100)] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The words as one pattern for a folded text: a word matches whole, whatever its case and accents."""
        folded = filter(None, (fold(word).split() for word in self.words))
        # a search passes over most of a text where every choice begins with its first letter
        words = [
            re.escape(first[0]) + r"(?<!\w.)" + r"\s+".join(map(re.escape, (first[1:], *rest)))
            for first, *rest in folded
        ]
        return re.compile("(?:" + "|".join(words) + r")(?!\w)") if words else None


class Thresholds(Frozen):
    """Numbers that a topic may set for itself. `confidence`: below it the bot counts as unsure; `tiers`: for them."""

    confidence: Share | None = None
    tiers: Annotated[dict[Name, Share], Field(max_length=20)] = Field(default_factory=dict)


class Flow(Frozen):
    """A topic lane with its own thresholds."""

    match: Match = Match()
    thresholds: Thresholds = Thresholds()


Fact = Literal["orders", "open_tickets", "billing_status", "sla", "tier", "name"]
"""What the responder's model may be told of a verified customer."""


class ResponderRules(Frozen):
    """What the sidecar's own responder may know of a customer, and what its ratings of itself are worth.

    `facts`: given to the model for verified customers only; none unless it is named. `calibration`: points of a rising
    map from a rating to a probability, as `bridge calibrate` proposes it; without one a rating is taken as it is.
    """

    facts: Annotated[tuple[Fact, ...], Field(max_length=6)] = ()
    calibration: Annotated[tuple[tuple[Share, Share], ...], Field(max_length=100)] = ()


class Rule(Frozen):
    """The logic that decides. The first rule that holds wins.

    `reason` replaces the machine-made one for the team, `message` names what the customer is told in place of the
    standard message.
    """

    name: Name
    when: Condition
    priority: Priority
    queue: Name | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    message: Name | None = None
    flows: tuple[Name, ...] = ()
    tiers: tuple[Name, ...] = ()

    def may_hold(self, fired: Collection[str]) -> bool:
        """Whether its condition is worth a look: where nothing that it names has fired, it holds always or never."""
        return self._holds_alone or not self._named.isdisjoint(fired)

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(name for name, _ in names(self.when))

    @cached_property
    def _holds_alone(self) -> bool:
        return holds(self.when, frozenset().__contains__)


class Policy(Frozen):
    """The whole document. Every part but `rules`, `queues` and `hours` may be left out."""

    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=200)]
    queues: Annotated[dict[Name, Queue], Field(min_length=1, max_length=50)]
    hours: Annotated[dict[Name, Calendar], Field(min_length=1, max_length=50)]
    tiers: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)] = (
        "free",
        "standard",
        "business",
        "enterprise",
    )
    default_tier: Name = "standard"
    claimed_identity: Literal["raise", "ignore"] = "raise"
    flows: Annotated[dict[Name, Flow], Field(max_length=100)] = Field(default_factory=lambda: {"default": Flow()})
    thresholds: Thresholds = Thresholds()
    responder: ResponderRules = ResponderRules()
    triggers: Annotated[dict[Name, Trigger], Field(max_length=200)] = Field(default_factory=dict)
    messages: Annotated[dict[str, dict[str, Annotated[str, Field(max_length=600)]]], Field(max_length=50)] = Field(
        default_factory=dict
    )

    @cached_property
    def decides_unasked(self) -> bool:
        """Whether a rule may hold where no trigger has fired."""
        return any(rule.may_hold(()) for rule in self.rules)

    def confidence_threshold(self, flow: str, tier: str) -> float:
        """How sure the bot has to be, by the closest that the document says: flow and tier, flow, tier, document."""
        own = self.flows[flow].thresholds if flow in self.flows else Thresholds()
        said = (own.tiers.get(tier), own.confidence, self.thresholds.tiers.get(tier), self.thresholds.confidence)
        return next((threshold for threshold in said if threshold is not None), DEFAULT_CONFIDENCE)

    def rule_named(self, name: str) -> Rule | None:
        """The rule of this name; None where the document has none, or has it no more."""
        return next((rule for rule in self.rules if rule.name == name), None)

    @property
    def own_messages(self) -> frozenset[str]:
        """The messages of the owner's own that rules name."""
        return frozenset(rule.message for rule in self.rules if rule.message)

    def queue_for(self, rule: Rule, tier: str) -> str:
        """The rule's queue; else the first one meant for the customer's tier; else the first meant for everybody."""
        if rule.queue:
            return rule.queue
        meant = next((name for name, queue in self.queues.items() if tier in queue.tiers), None)
        return meant or next((name for name, queue in self.queues.items() if not queue.tiers), next(iter(self.queues)))


def flow_of_message(policy: Policy, text: str, current: str) -> str:
    """The flow that a visitor's message speaks of by its words; the present one when it names none."""
    folded = fold(text)
    for name, flow in policy.flows.items():
        if flow.match.pattern and flow.match.pattern.search(folded):
            return name
    return current


def flow_of_intent(policy: Policy, intent: str | None, current: str) -> str:
    """The flow of the intent that the bot recognised; the present one when there is none."""
    if intent is None:
        return current
    for name, flow in policy.flows.items():
        if any(fnmatchcase(intent, pattern) for pattern in flow.match.intents):
            return name
    return current


def flow_at_start(policy: Policy, label: str | None, page_url: str | None) -> str:
    """The flow that a session begins in: the host's own label, else by page, else `default`."""
    if label in policy.flows:
        return str(label)
    if page_url:
        for name, flow in policy.flows.items():
            if any(fnmatchcase(page_url, f"*{pattern}*") for pattern in flow.match.pages):
                return name
    return "default"
