"""Random answers, clocks and crashes against the breaker: it floods no system that is down, and never stays shut."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.domain.instants import HOUR, MINUTE, SECOND
from bridge.domain.upstream import FAILURES_TO_PAUSE, LONGEST_PAUSE, Budget, Upstream

LEASE = MINUTE
LONGEST_ASKED = HOUR


@dataclass(frozen=True)
class OnItsWay:
    probe: bool
    until: int


class Breaker(RuleBasedStateMachine):
    """Rows are always there; each is sent as soon as it may, and comes back, or its process dies."""

    def __init__(self) -> None:
        super().__init__()
        self.known = Upstream("shop", "desk")
        self.now = HOUR
        self.out: list[OnItsWay] = []
        self.in_a_row = 0
        self.sent: list[int] = []
        self.budget = Budget(30)

    @rule(seconds=st.integers(0, 900))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.out = [one for one in self.out if one.until > self.now]

    @precondition(lambda self: self.known.admits(self.now))
    @rule()
    def a_row_goes(self) -> None:
        self.out.append(OnItsWay(self.known.paused, self.now + LEASE))
        self.known = self.known.admitted(self.now, self.now + LEASE, self.budget)
        self.sent.append(self.now)

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 100))
    def it_is_taken(self, which: int) -> None:
        self.out.pop(which % len(self.out))
        self.known = self.known.succeeded()
        self.in_a_row = 0
        assert not self.known.paused

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 100), spread=st.floats(0.75, 1.0))
    def the_system_fails(self, which: int, spread: float) -> None:
        row = self.out.pop(which % len(self.out))
        self.known = self.known.failed(self.now, "timeout", probe=row.probe, spread=spread)
        self.in_a_row += 1

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 100))
    def the_row_is_refused(self, which: int) -> None:
        row = self.out.pop(which % len(self.out))
        before = self.known
        self.known = self.known.learned_nothing(self.now, probe=row.probe)
        assert self.known.failures == before.failures

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 100), wait=st.integers(1, LONGEST_ASKED))
    def it_asks_for_a_wait(self, which: int, wait: int) -> None:
        row = self.out.pop(which % len(self.out))
        self.known = self.known.told_to_wait(self.now, wait, probe=row.probe)
        assert not self.known.admits(self.now + wait - 1)

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 100))
    def its_process_dies(self, which: int) -> None:
        self.out.pop(which % len(self.out))

    @invariant()
    def it_is_open_only_after_so_many_failures_in_a_row(self) -> None:
        assert not self.known.paused or self.in_a_row >= FAILURES_TO_PAUSE

    @invariant()
    def one_probe_is_under_way_at_most(self) -> None:
        assert sum(one.probe for one in self.out) <= 1 or not self.known.paused

    @invariant()
    def it_is_tried_again_before_long(self) -> None:
        assert self.known.admits(self.now + max(LONGEST_PAUSE, LEASE, LONGEST_ASKED))

    @invariant()
    def no_minute_has_more_than_the_budget_allows(self) -> None:
        recent = [at for at in self.sent if at > self.now - MINUTE]
        assert len(recent) <= self.budget.a_minute + self.budget.a_minute // 4 + 1


TestBreaker = Breaker.TestCase
TestBreaker.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
