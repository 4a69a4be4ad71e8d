"""The team's own view of a shop, asked of its sidecar and not of WordPress; and what people meet on a page."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from installation import Installation, eventually
from playwright.sync_api import Locator, Page
from support.sidecar import Caller, Team, over_http

A_PERSON = "I want to talk to a human"


def team_of(installed: Installation) -> Team:
    return Team(Caller(over_http(installed.sidecar.url), installed.pairing["admin_secret"]))


def newest_escalation(installed: Installation) -> dict[str, Any]:
    """With its conversation, as the sidecar holds it."""
    team = team_of(installed)
    whole: dict[str, Any] = team.read(team.list()[0]["id"])
    return whole


def clear_the_desk(installed: Installation) -> None:
    """Nobody waits any more, and no call is booked."""
    team = team_of(installed)
    for one in team.list():
        team.does("resolve", one["id"])


@contextmanager
def policy_with(installed: Installation, old: str, new: str) -> Iterator[None]:
    """A part of the policy in force replaced, until the end of the block."""
    caller = team_of(installed).caller
    document = caller.ask("GET", "/v1/policy")["document"]
    assert old in document
    caller.ask("PUT", "/v1/policy", {"document": document.replace(old, new), "author": "test"})
    try:
        yield
    finally:
        caller.ask("PUT", "/v1/policy", {"document": document, "author": "test"})


@contextmanager
def dead_scheduler(installed: Installation) -> Iterator[None]:
    """It was killed a minute ago."""
    installed.kill("scheduler")
    with closing(sqlite3.connect(installed.folder / "bridge.db", timeout=30)) as database, database:
        database.execute("UPDATE heartbeat SET at = at - 60000 WHERE name = 'scheduler'")
    try:
        assert not scheduler_alive(installed)
        yield
    finally:
        installed.start("scheduler")
        eventually(lambda: scheduler_alive(installed), seconds=60)


def scheduler_alive(installed: Installation) -> bool:
    return bool(team_of(installed).caller.ask("GET", "/v1/health")["scheduler_alive"])


def lines_of(chat: Page, kind: str) -> Locator:
    """What stands in the window: `me`, `bot`, `agent`, `promise`, `note` or `mark`."""
    return chat.locator(f".item.{kind}")


def listen_for_faults(page: Page) -> list[str]:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    return faults
