"""R17: a turn among many sessions, in the small. `make bench` measures it among 100,000, on the running sidecar."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

import pytest
from bench import seed
from support.sidecar import SHOP, Sidecar, in_process

from bridge.domain import judging

MANY = 20_000
TURNS = 100
SLOWER = 1.5
"""So many times the CPU that a turn took among few, at most."""
LARGER_MB = 20


@pytest.mark.alone
def test_r17_a_turn_costs_the_same_among_many_sessions_as_among_few(
    fresh_sqlite: Callable[[], str],
) -> None:
    judging.warm()
    url = fresh_sqlite()
    with in_process(url) as it:
        known = it.chat()
        known.start()
        for number in range(10):
            known.says(f"Where is parcel {number}?")
        few, memory = costs(it), resident_mb()
        assert seed.sessions(Path(url.removeprefix("sqlite:///")), SHOP.id, MANY) >= MANY
        many = costs(it)
        assert many[94] <= SLOWER * few[94], f"{few[94]:.2f} ms among few, {many[94]:.2f} ms among many"
        assert resident_mb() - memory < LARGER_MB


def costs(it: Sidecar) -> list[float]:
    """The percentiles of a turn's CPU, in milliseconds."""
    chat, spent = it.chat(), list[float]()
    chat.start()
    for number in range(TURNS):
        began = time.process_time()
        chat.says(f"Where is order {number}?")
        spent.append(1000 * (time.process_time() - began))
    return quantiles(spent, n=100)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20
