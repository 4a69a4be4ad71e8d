"""However the sessions of a window are broken down, the parts add up; and what moved the rate moved it most."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.health import LEAST_CONVERSATIONS, Group, Trend, Window

GROUPS = st.lists(
    st.builds(
        Group,
        day=st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03"]),
        flow=st.sampled_from(["default", "billing"]),
        tier=st.sampled_from(["free", "standard", "gold"]),
        rule=st.sampled_from([None, "a", "b", "c"]),
        sessions=st.integers(1, 400),
    ),
    max_size=30,
).map(tuple)


@pytest.mark.parametrize("of", [lambda g: g.day, lambda g: g.flow, lambda g: g.tier], ids=["day", "flow", "tier"])
@given(groups=GROUPS)
def test_a_breakdown_adds_up_to_the_window(of: Callable[[Group], str], groups: tuple[Group, ...]) -> None:
    window = Window(0, 1, groups)
    parts = window.shares(of)
    found = window.health
    assert sum(part.sessions for part in parts) == window.sessions
    assert sum(part.escalated for part in parts) == (found.escalated if found else 0)
    assert sum(window.by_rule().values()) == (found.escalated if found else 0)
    assert all(0 <= part.escalated <= part.sessions for part in parts)
    assert len({part.name for part in parts}) == len(parts)


@given(before=GROUPS, now=GROUPS)
def test_no_rule_moved_further_than_the_one_that_is_named(before: tuple[Group, ...], now: tuple[Group, ...]) -> None:
    trend = Trend(7, Window(0, 1, before), Window(2, 3, now))
    moved = trend.moved
    if min(trend.before.sessions, trend.now.sessions) < LEAST_CONVERSATIONS:
        assert moved is None
        return

    def share(window: Window, rule: str) -> float:
        return sum(one.sessions for one in window.groups if one.rule == rule) / window.sessions

    by = {rule: abs(share(trend.now, rule) - share(trend.before, rule)) for rule in "abc"}
    assert (moved is None) == (max(by.values()) == 0)
    if moved:
        assert (moved.before, moved.now) == (share(trend.before, moved.rule), share(trend.now, moved.rule))
        assert by[moved.rule] == max(by.values())
