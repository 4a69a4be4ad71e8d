"""What waits for the team at an opening, in the order in which it should be answered, as the blocks of one letter."""

from collections import Counter
from collections.abc import Callable, Sequence

from bridge.domain.commitment import say_when
from bridge.domain.escalation import Escalation
from bridge.domain.letters import Action, Block, Facts, Paragraph, Section
from bridge.domain.rendering import reached, tier_of
from bridge.domain.values import Millis, Priority

MOST = 50
"""Of so many the mail says everything; of the rest, how many they are."""

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
    return f"Waiting [{queue}] {_customers(len(waiting))}"


def digest(
    queue: str, waiting: Sequence[Escalation], *, at: Millis, address: Callable[[str | None], str]
) -> tuple[Block, ...]:
    """The letter's blocks.

    Args:
        queue: whose customers wait.
        waiting: `in_order`.
        at: now; what was due by then says so.
        address: the page in WordPress of an escalation's id, or of all of them.
    """
    shown, rest = waiting[:MOST], waiting[MOST:]
    return (
        Paragraph(f"You are in. {_customers(len(waiting))} of the queue {queue} wait for you, the most urgent first."),
        Action("Open the list in WordPress", address(None)),
        *(_item(number, one, at, address(one.id)) for number, one in enumerate(shown, 1)),
        *_rest(rest),
    )


def _item(number: int, one: Escalation, at: Millis, url: str) -> Section:
    customer = one.packet.customer
    who = customer.name or customer.email or "A visitor without a name"
    facts = Facts((*reached(customer), ("Tier", tier_of(customer)), *_promised(one, at)))
    title = f"{number}. {who} ({customer.tier}, {one.priority.value})"
    return Section(title, (Paragraph(one.packet.summary), facts), url)


def _promised(one: Escalation, at: Millis) -> list[tuple[str, str]]:
    promise = one.commitment
    zone = promise.timezone
    late = " (overdue)" if promise.due_at <= at else ""
    rows = [
        ("They were told", promise.text),
        ("Answer before", say_when(promise.due_at, calendar_zone=zone, visitor_zone=None, locale="en", now=at) + late),
        ("Waiting since", say_when(one.decided_at, calendar_zone=zone, visitor_zone=None, locale="en", now=at)),
    ]
    return [*rows, ("Taken by", one.claimed_by.name)] if one.claimed_by else rows


def _rest(rest: Sequence[Escalation]) -> tuple[Paragraph, ...]:
    if not rest:
        return ()
    counts = Counter(one.packet.customer.tier for one in rest)
    tiers = ", ".join(f"{number} {tier}" for tier, number in counts.items())
    return (Paragraph(f"Behind them wait {_customers(len(rest))} more: {tiers}. WordPress lists them all."),)


def _customers(number: int) -> str:
    return "1 customer" if number == 1 else f"{number} customers"
