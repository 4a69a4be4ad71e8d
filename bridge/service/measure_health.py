"""The health of a site over time, read from the sessions of two windows."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from bridge.domain.health import WINDOW_DAYS, Group, Trend, Window, days_until
from bridge.domain.values import Millis
from bridge.ports import Counted, Site, Tx


def measure_health(tx: Tx, site: Site, now: Millis, days: int = WINDOW_DAYS) -> Trend:
    """The last days up to now, today included, and as many days before them.

    Args:
        tx: reads only.
        site: its time zone says when a day begins.
        now: the end of the window.
        days: of each window.
    """
    begins = days_until(now, site.timezone, 2 * days)
    names, instants = list(begins), list(begins.values())
    middle = instants[days]
    groups = _by_day(tx.stats.count(site.id, instants[0], now), begins)
    before = tuple(group for group in groups if group.day < names[days])
    present = tuple(group for group in groups if group.day >= names[days])
    return Trend(days, Window(instants[0], middle - 1, before), Window(middle, now, present))


def _by_day(counted: Sequence[Counted], begins: dict[str, Millis]) -> list[Group]:
    """The groups with their quarters of an hour put together to local days."""
    names, instants = list(begins), list(begins.values())
    summed: Counter[tuple[str, str, str, str | None]] = Counter()
    for one in counted:
        day = names[bisect_right(instants, one.quarter) - 1]
        summed[day, one.flow, one.tier, one.rule] += one.sessions
    return [Group(*key, sessions) for key, sessions in summed.items()]
