"""What waits for the team at an opening, in the order in which it should be answered, as the blocks of one letter."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.domain.escalation import Escalation
from bridge.domain.instant_in_words import say_when
from bridge.domain.mail_body import Action, Block, Facts, Paragraph, Section
from bridge.domain.rendering import tier_of
from bridge.domain.values import Millis, Priority

MOST_LISTED = 50
"""Of so many the mail says everything; of the rest, how many they are by tier."""

_CALMEST_FIRST = tuple(Priority)


def in_order(tiers: Sequence[str], waiting: Sequence[Escalation]) -> list[Escalation]:
    """Highest tier first, then highest priority, then oldest.

    Args:
        tiers: from low to high; a tier that is not among them any more comes last.
        waiting: in any order.
    """
    ranks = {tier: rank for rank, tier in enumerate(tiers)}

    def key(one: Escalation) -> tuple[int, int, Millis, str]:
        tier = ranks.get(one.packet.customer.tier, -1)
        return -tier, -_CALMEST_FIRST.index(one.priority), one.decided_at, one.id

    return sorted(waiting, key=key)


def headline(queue: str, waiting: Sequence[Escalation]) -> str:
    """The subject: how many wait, and where."""
    number = len(waiting)
    return f"Waiting [{queue}] {number} {'customer' if number == 1 else 'customers'}"


@dataclass(frozen=True, slots=True)
class Item:
    """One of those who wait: how they can be reached by now, and the page in WordPress."""

    escalation: Escalation
    reached_at: str
    url: str


def digest(queue: str, items: Sequence[Item], rest: Sequence[Escalation], *, at: Millis, url: str) -> tuple[Block, ...]:
    """The letter's blocks.

    Args:
        queue: whose customers wait.
        items: the first of them, `in_order`.
        rest: those behind them.
        at: now; what was due by then says so.
        url: the page in WordPress that lists all.
    """
    number = len(items) + len(rest)
    return (
        Paragraph(f"You are in. {_waiting(number)} for you in the queue {queue}, the most urgent first."),
        Action("Open the list in WordPress", url),
        *(_section(place, item, at) for place, item in enumerate(items, 1)),
        *_rest(rest),
    )


def _section(place: int, item: Item, at: Millis) -> Section:
    one = item.escalation
    customer = one.packet.customer
    who = customer.name or customer.email or "A visitor without a name"
    title = f"{place}. {who}: {tier_of(customer)}, {one.priority.value}"
    return Section(title, (Paragraph(one.packet.summary), Facts(tuple(_facts(item, at)))), item.url)


def _facts(item: Item, at: Millis) -> Iterator[tuple[str, str]]:
    one, promise = item.escalation, item.escalation.commitment
    overdue = " (overdue)" if promise.due_at <= at else ""
    yield "Answer before", f"{_on_the_clock(promise.due_at, promise.timezone, at)}{overdue}"
    yield "They were told", promise.text
    yield "Reach them at", item.reached_at or "the chat; no address is known"
    yield "Waiting since", _on_the_clock(one.decided_at, promise.timezone, at)
    if one.claimed_by:
        yield "Taken by", one.claimed_by.name


def _on_the_clock(instant: Millis, zone: str, at: Millis) -> str:
    return say_when(instant, calendar_zone=zone, visitor_zone=None, locale="en", now=at, lasting=True)


def _rest(rest: Sequence[Escalation]) -> tuple[Paragraph, ...]:
    if not rest:
        return ()
    counts = Counter(one.packet.customer.tier for one in rest)
    tiers = ", ".join(f"{number} {tier}" for tier, number in counts.items())
    return (Paragraph(f"Behind them, {_waiting(len(rest))}: {tiers}. WordPress lists them all."),)


def _waiting(number: int) -> str:
    return "1 customer waits" if number == 1 else f"{number} customers wait"
