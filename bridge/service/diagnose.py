"""The examination behind `bridge doctor`: all looks at once, within one budget; each fault comes with its cure.

What is said holds no secret and nothing personal: it is read out on screens and pasted into tickets.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.ports import BridgeError


class Light(StrEnum):
    """How a thing stands. Yellow works, or seems to, and somebody should know; red does not work."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Result:
    """What a look has found, in a sentence, and what to do about it where it is not green."""

    light: Light
    said: str
    do: str = ""


def green(said: str) -> Result:
    """All is well."""
    return Result(Light.GREEN, said)


def yellow(said: str, do: str) -> Result:
    """Somebody should know."""
    return Result(Light.YELLOW, said, do)


def red(said: str, do: str) -> Result:
    """It does not work."""
    return Result(Light.RED, said, do)


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to look at. `site` is empty for what all sites share; `at` is given the seconds that it has."""

    about: str
    at: Callable[[float], list[Result]]
    site: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen."""

    site: str
    about: str
    result: Result


FOR_POSTGRESQL = "for PostgreSQL, in the checkout: /opt/bridge/bin/pip install -c requirements-lock.txt '.[postgres]'"
"""What to do about a package that is missing: every other one comes with the product itself."""
TOO_LONG = red("no answer in time", "see whether the network or a firewall swallows the connection, and look again")
BUDGET_MARGIN_S = 0.5
"""Seconds by which a look's own budget is shorter than the time until nobody waits for it any more."""


def look_at_all(looks: Sequence[Look], budget: float) -> list[Line]:
    """Look at everything at once, and return the lines in the order of the looks.

    Args:
        looks: what to look at.
        budget: seconds after which what has not ended is said to hang.
    """
    found: dict[int, list[Result]] = {}

    def run(number: int, look: Look) -> None:
        found[number] = _looked(look, budget - BUDGET_MARGIN_S)

    # daemons: one that hangs must not hold up the end of the process
    threads = [threading.Thread(target=run, args=one, daemon=True) for one in enumerate(looks)]
    ends = time.monotonic() + budget
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(ends - time.monotonic(), 0))
    return [
        Line(look.site, look.about, result)
        for number, look in enumerate(looks)
        for result in found.get(number, [TOO_LONG])
    ]


def _looked(look: Look, budget: float) -> list[Result]:
    try:
        return look.at(budget)
    except ModuleNotFoundError as error:
        return [red(missing(error), FOR_POSTGRESQL)]
    except BridgeError as error:
        return [red(str(error), "see what the other lines say, and look again")]
    except Exception as error:  # noqa: BLE001 - a fault of ours in one look must not cost the others
        return [red(f"{type(error).__name__}, a fault of ours", "report it, with BRIDGE_LOG_LEVEL=debug")]


def missing(error: ModuleNotFoundError) -> str:
    """Which package is not installed."""
    return f"the Python package {error.name} is missing"
