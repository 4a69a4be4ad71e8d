"""Is the rate of escalations healthy? A share, how sure it is, the band that it should lie in, and what moved it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from math import sqrt
from typing import Final
from zoneinfo import ZoneInfo

from bridge.domain.instants import from_datetime, to_datetime
from bridge.domain.values import Json, Millis

HEALTHY: Final = (0.15, 0.30)
"""The share of conversations that a bot in good order hands over."""
ALARMS: Final = (0.15, 0.35)
"""Below the first, customers who need a person do not get one; above the second, the bot hardly helps."""
LEAST_CONVERSATIONS: Final = 50
"""Conversations below which a rate of live ones says nothing."""
WINDOW_DAYS: Final = 7
"""Days of a window, unless somebody asks for others: every weekday once."""
Z_95: Final = 1.959963984540054


class Band(StrEnum):
    """Where a rate lies."""

    TOO_FEW = "too_few"
    TOO_LOW = "too_low"
    HEALTHY = "healthy"
    HIGH = "high"
    TOO_HIGH = "too_high"

    @property
    def alarming(self) -> bool:
        """Whether somebody has to look at it."""
        return self in (Band.TOO_LOW, Band.TOO_HIGH)


@dataclass(frozen=True, slots=True)
class Health:
    """So many of so many escalate; `low` and `high` are the 95 % interval. `sure`: all of it lies in that band."""

    sessions: int
    escalated: int
    rate: float
    low: float
    high: float
    band: Band
    sure: bool


def health(escalated: int, sessions: int, *, least: int = 0) -> Health | None:
    """The health of a rate; None where there is no conversation to speak of.

    Args:
        escalated: conversations that were handed over.
        sessions: all of them.
        least: below so many the band is `too_few`, and nobody is sure.
    """
    if not sessions:
        return None
    rate = escalated / sessions
    low, high = wilson(escalated, sessions)
    if sessions < least:
        return Health(sessions, escalated, rate, low, high, Band.TOO_FEW, sure=False)
    band = band_of(rate)
    return Health(sessions, escalated, rate, low, high, band, band_of(low) is band is band_of(high))


def band_of(rate: float) -> Band:
    """Where a rate lies; the limits themselves belong to the better side."""
    if rate < ALARMS[0]:
        return Band.TOO_LOW
    if rate > ALARMS[1]:
        return Band.TOO_HIGH
    return Band.HEALTHY if rate <= HEALTHY[1] else Band.HIGH


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson: inside 0..1, and honest for few and for rare.

    Raises:
        ValueError: not 0 <= hits <= of, or of is 0.
    """
    if not 0 <= hits <= of or not of:
        raise ValueError("expected 0 <= hits <= of, and of above 0")
    share, square = hits / of, Z_95**2
    middle = share + square / (2 * of)
    reach = Z_95 * sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    low = 0.0 if hits == 0 else (middle - reach) / whole
    high = 1.0 if hits == of else (middle + reach) / whole
    return low, high


# -- over time ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """So many live sessions that are alike: the local day they began on (ISO), flow, tier and the rule that decided.

    `rule` is None where the bot went on. Sessions in which nothing was said are in no group.
    """

    day: str
    flow: str
    tier: str
    rule: str | None
    sessions: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the sessions of one day, flow or tier were handed over."""

    name: str
    sessions: int
    escalated: int


@dataclass(frozen=True, slots=True)
class Move:
    """The rule whose share of all sessions changed most from the window before to this one; shares are 0..1."""

    rule: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Window:
    """The sessions that began in `since` <= start <= `until`."""

    since: Millis
    until: Millis
    groups: tuple[Group, ...]

    @property
    def health(self) -> Health | None:
        """The rate, and its band if there are enough sessions."""
        escalated = sum(group.sessions for group in self.groups if group.rule is not None)
        return health(escalated, self.sessions, least=LEAST_CONVERSATIONS)

    @property
    def sessions(self) -> int:
        """How many there are."""
        return sum(group.sessions for group in self.groups)

    def by_rule(self) -> dict[str, int]:
        """How many sessions each rule handed over, the most frequent first, then by name."""
        counted: Counter[str] = Counter()
        for group in self.groups:
            if group.rule is not None:
                counted[group.rule] += group.sessions
        return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))

    def shares(self, of: Callable[[Group], str]) -> list[Share]:
        """The sessions by day, flow or tier, in the order of the names."""
        every: Counter[str] = Counter()
        escalated: Counter[str] = Counter()
        for group in self.groups:
            every[of(group)] += group.sessions
            escalated[of(group)] += group.sessions if group.rule is not None else 0
        return [Share(name, every[name], escalated[name]) for name in sorted(every)]


@dataclass(frozen=True, slots=True)
class Trend:
    """A window of so many days, the present one the last of them, beside the window before it."""

    days: int
    before: Window
    now: Window

    @property
    def moved(self) -> Move | None:
        """The rule that moved the rate most; None where either window has too few sessions, or nothing changed."""
        if min(self.before.sessions, self.now.sessions) < LEAST_CONVERSATIONS:
            return None
        before, now = self.before.by_rule(), self.now.by_rule()
        moves = [
            Move(rule, before.get(rule, 0) / self.before.sessions, now.get(rule, 0) / self.now.sessions)
            for rule in sorted({*before, *now})
        ]
        most = max(moves, key=lambda move: abs(move.now - move.before), default=None)
        return most if most and most.now != most.before else None


def days_until(until: Millis, zone: str, days: int) -> dict[str, Millis]:
    """The last local days with the instants at which they begin, oldest first; the last is the day of `until`."""
    local = ZoneInfo(zone)
    today = to_datetime(until).astimezone(local).date()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return {date.isoformat(): from_datetime(datetime.combine(date, time(), local)) for date in dates}


# -- the alarm ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person has to look at. At most one of a kind stands at a time; `detail` is for scripts."""

    id: str
    kind: str
    text: str
    detail: Json
    raised_at: Millis
    cleared_at: Millis | None = None


ALARM_KINDS: Final = {"rate_too_low": Band.TOO_LOW, "rate_too_high": Band.TOO_HIGH}
"""The alarms about the rate, and the band that each speaks of."""


def alarming(found: Health | None) -> str | None:
    """The kind of alarm that a rate calls for: it lies in an alarming band, and all of its interval does."""
    if found is None or not found.sure:
        return None
    return next((kind for kind, band in ALARM_KINDS.items() if band is found.band), None)


def over(kind: str, found: Health) -> bool:
    """Whether an alarm about the rate is no longer true. Too few sessions tell nothing, so it stands."""
    return found.band not in (Band.TOO_FEW, ALARM_KINDS[kind])


def alarm_text(trend: Trend, found: Health) -> str:
    """The alarm in words for the owner."""
    limit = f"below {ALARMS[0]:.0%}" if found.band is Band.TOO_LOW else f"above {ALARMS[1]:.0%}"
    said = (
        f"{found.escalated} of {found.sessions} conversations of the last {trend.days} days were handed over: "
        f"{found.rate:.1%}, surely {limit}."
    )
    move = trend.moved
    return f"{said} {move_text(move)}" if move else said


def move_text(move: Move) -> str:
    """The rule that moved the rate, with both numbers."""
    return f"The rule {move.rule} moved it most: from {move.before:.1%} to {move.now:.1%} of conversations."
