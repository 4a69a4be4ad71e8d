"""Which rules can decide at all, found by trying every combination of the triggers that they name."""

from collections.abc import Container, Iterator, Sequence
from itertools import product

from bridge.domain.conditions import Condition, holds, names
from bridge.domain.policy import Rule

MOST_NAMES = 10
"""Triggers that two conditions may name together to be tried through: 1,024 combinations."""
MOST_TRIES = 50_000
"""Combinations tried for one document, about a quarter of a second; what is beyond stays unexamined."""


def unreachable(rules: Sequence[Rule], always: frozenset[str] = frozenset()) -> Iterator[tuple[int, Rule | None]]:
    """Each rule that can never decide, with the earlier rule that always holds before it, or None if it never holds.

    `always` names the triggers that fire for everybody.
    """
    left = MOST_TRIES
    for index, rule in enumerate(rules):
        own = _named(rule.when, always)
        if len(own) <= MOST_NAMES and not any(_satisfying(rule.when, own, always)):
            yield index, None
            continue
        for earlier in filter(lambda earlier: _covers(earlier, rule), rules[:index]):
            both = sorted({*own, *_named(earlier.when, always)})
            if len(both) > MOST_NAMES and earlier.when != rule.when:
                continue
            left -= 2 ** min(len(both), MOST_NAMES)
            if left < 0:
                return
            if earlier.when == rule.when or _implies(rule.when, earlier.when, both, always):
                yield index, earlier
                break


def can_hold(condition: Condition, *, without: Container[str]) -> bool:
    """Whether a condition can hold while some triggers never fire; True where that is too much to try."""
    if not any(negated for _, negated in names(condition)):
        return holds(condition, lambda name: name not in without)
    known = _named(condition)
    free = [name for name in known if name not in without]
    return len(known) > MOST_NAMES or any(_satisfying(condition, free))


def holds_always(condition: Condition, always: frozenset[str]) -> bool:
    """Whether a condition holds whatever fires beside what always does; False where that is too much to try."""
    known = _named(condition, always)
    return len(known) <= MOST_NAMES and all(
        holds(condition, fired.__contains__) for fired in _combinations(known, always)
    )


def _named(condition: Condition, always: frozenset[str] = frozenset()) -> list[str]:
    return sorted({name for name, _ in names(condition)} - always)


def _covers(earlier: Rule, later: Rule) -> bool:
    """Whether the earlier rule is asked in every flow and tier in which the later one is."""
    flows = not earlier.flows or (later.flows and set(later.flows) <= set(earlier.flows))
    tiers = not earlier.tiers or (later.tiers and set(later.tiers) <= set(earlier.tiers))
    return bool(flows and tiers)


def _satisfying(
    condition: Condition, known: Sequence[str], always: frozenset[str] = frozenset()
) -> Iterator[frozenset[str]]:
    """Every combination of triggers under which the condition holds; an empty one counts as a combination."""
    for fired in _combinations(known, always):
        if holds(condition, fired.__contains__):
            yield fired or frozenset({""})


def _combinations(known: Sequence[str], always: frozenset[str]) -> Iterator[frozenset[str]]:
    """Everything that may have fired, from nothing but what always does to all of it."""
    for values in product((False, True), repeat=len(known)):
        yield always.union(name for name, value in zip(known, values, strict=True) if value)


def _implies(later: Condition, earlier: Condition, known: Sequence[str], always: frozenset[str]) -> bool:
    return all(holds(earlier, fired.__contains__) for fired in _satisfying(later, known, always))
