"""`bridge hours close`, `open`, `list` and `revoke` as the team meets them."""

import json
import re
import time
from pathlib import Path

import pytest
from support.terminal import Terminal


@pytest.fixture
def monday(shop: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """One site, on Monday the 2nd of November 2026 at ten in the morning in New York."""
    monkeypatch.setenv("BRIDGE_CLOCK", f"file:{tmp_path}/clock")
    (tmp_path / "clock").write_text(str(1793631600 - time.time()))
    return shop


def test_closing_says_what_holds_and_how_to_take_it_back(monday: Terminal) -> None:
    said = monday("hours", "close", "--for", "3h", "--why", "burst pipe").out
    assert re.match(
        r"Closed: every queue of shop, from Mon 2 Nov 2026, 10:00:\d\d EST until Mon 2 Nov 2026, 13:00:\d\d EST\.\n"
        r"To take it back: bridge hours revoke (hrs_\S+)\n$",
        said,
    )
    assert "burst pipe" in monday("hours", "--queue", "support").out


def test_what_is_commanded_is_listed_until_it_is_revoked(monday: Terminal) -> None:
    asked = ("hours", "open", "--queue", "support", "--from", "2026-11-07T10:00:00-05:00")
    made = json.loads(monday(*asked, "--why", "market day", "--author", "Ada", "--json").out)["command"]
    assert (made["from"], made["until"]) == ("2026-11-07T15:00:00Z", "2026-11-08T05:00:00Z")
    listed = monday("hours", "list").out
    assert re.search(rf"{made['id']}  open  support .* Ada  market day\n", listed)
    assert json.loads(monday("hours", "list", "--json").out)["commands"] == [made]
    assert monday("hours", "revoke", made["id"]).out == f"{made['id']} is revoked.\n"
    assert monday("hours", "list").out == "Nothing is commanded.\n"
    assert monday.fails("hours", "revoke", made["id"]) == (
        f"Error: no closing or opening '{made['id']}' is in force; bridge hours list names those that are"
    )


def test_the_week_of_a_site_shows_what_is_commanded_and_a_file_does_not(monday: Terminal, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(monday("policy", "show").out)
    plain = monday("hours", "--policy", "policy.yaml").out
    monday("hours", "close", "--until", "2026-11-02T20:00:00Z", "--why", "training")
    assert "15:00-17:00" in monday("hours").out
    assert monday("hours", "--policy", "policy.yaml").out == plain


def test_a_feed_that_was_never_read_is_said_to_close_nothing(monday: Terminal, tmp_path: Path) -> None:
    document = monday("policy", "show").out
    zone = "    timezone: America/New_York\n"
    assert zone in document
    (tmp_path / "policy.yaml").write_text(document.replace(zone, f"{zone}    feed: https://calendar.example/c.ics\n"))
    assert monday("policy", "put", "policy.yaml").code == 0
    for command in (("hours", "list"), ("hours",)):
        assert "The feed of office was never read; it closes nothing.\n" in monday(*command).out


def test_a_time_without_a_zone_is_one_of_the_sites_clock(monday: Terminal) -> None:
    given = ("--from", "2026-11-03T09:00", "--until", "2026-11-03T15:00", "--why", "training", "--json")
    made = json.loads(monday("hours", "close", *given).out)["command"]
    assert (made["from"], made["until"]) == ("2026-11-03T14:00:00Z", "2026-11-03T20:00:00Z")


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (("--why", "x", "--until", "2026-11-01T00:00:00Z"), 1, "--until: expected an instant that is still to come"),
        (("--why", "x", "--for", "9000h"), 1, "--for: expected at most 366 days"),
        (("--why", "x", "--for", "3h", "--from", "2026-01-01T00:00:00Z"), 1, "--from and --for: that is over already"),
        (("--why", "x", "--queue", "nobody"), 1, "there is no queue 'nobody'; known: support"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    monday: Terminal, given: tuple[str, ...], code: int, why: str
) -> None:
    assert why in monday.fails("hours", "close", *given, code=code)
    assert monday("hours", "list").out == "Nothing is commanded.\n"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((), "Missing option '--why'"),
        (("--why", ""), "one line of 1 to 200 characters"),
        (("--why", "two\nlines"), "one line of 1 to 200 characters"),
        (("--why", "x", "--until", "tomorrow"), "with a zone"),
        (("--why", "x", "--for", "a while"), "such as 90m, 3h or 2d"),
        (("--why", "x", "--for", "0"), "such as 90m, 3h or 2d"),
        (("--why", "x", "--for", "1h", "--until", "2026-11-03T00:00:00Z"), "two ends"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_expected(
    monday: Terminal, given: tuple[str, ...], why: str
) -> None:
    ended = monday("hours", "close", *given)
    assert (ended.code, why in " ".join(ended.err.split())) == (2, True)
