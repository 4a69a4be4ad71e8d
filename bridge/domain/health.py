"""Is the rate of escalations healthy? A share, how sure it is, and the band that it should lie in."""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

HEALTHY: Final = (0.15, 0.30)
"""The share of conversations that a bot in good order hands over."""
ALARMS: Final = (0.15, 0.35)
"""Below the first, customers who need a person do not get one; above the second, the bot hardly helps."""
Z_95: Final = 1.959963984540054


class Band(StrEnum):
    """Where a rate lies."""

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


def health(escalated: int, sessions: int) -> Health | None:
    """The health of a rate; None where there is no conversation to speak of."""
    if not sessions:
        return None
    rate = escalated / sessions
    low, high = wilson(escalated, sessions)
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
