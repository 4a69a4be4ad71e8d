"""`bridge hours` and `bridge promise` as an owner meets them."""

import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.terminal import Terminal

from bridge import bootstrap
from bridge.config import read_settings
from bridge.domain.closures import Closing, Command, Feed, Reading
from bridge.domain.instants import from_rfc3339

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "hours.md").read_text("utf-8")
EXAMPLE, PICTURE, ANSWER, QUESTION = (
    block for _, block in re.findall(r"```(yaml|text|json)\n(.*?)```", DOCUMENT, re.DOTALL)
)
POLICY = (
    f"triggers: {{asked: {{type: human_requested}}}}\nrules: [{{name: ask, when: asked, priority: normal}}]\n{EXAMPLE}"
)


@pytest.fixture
def saturday(run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A Saturday night with a policy file and no database."""
    monkeypatch.setenv("BRIDGE_CLOCK", f"file:{tmp_path}/clock")
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "clock").write_text(str(1793494800 - time.time()))  # 2026-10-31T21:00:00-04:00
    (tmp_path / "policy.yaml").write_text(POLICY)
    return run


def bar(shown: str, day: str) -> str:
    """The bar of a date, and what stands beside it."""
    return next(line for line in shown.splitlines() if line.startswith(day)).removeprefix(day).strip(" ")


# -- the rules of a zone -----------------------------------------------------------------------------------------------


def test_the_newest_rules_of_a_zone_count_not_those_of_an_older_system(run: Terminal, tmp_path: Path) -> None:
    """Vancouver stays on summer time from 2026 on: the zone data know it since 2026."""
    office = "{timezone: America/Vancouver, week: {mon-fri: ['09:00-17:00']}}"
    queue = "{hours: office, respond_within: {urgent: 15m, high: 15m, normal: 15m}}"
    rules = "triggers: {asked: {type: human_requested}}\nrules: [{name: ask, when: asked, priority: normal}]\n"
    (tmp_path / "policy.yaml").write_text(f"{rules}hours: {{office: {office}}}\nqueues: {{support: {queue}}}\n")
    asked = ("--queue", "support", "--priority", "high", "--at", "2026-11-28T03:00:00Z")
    assert json.loads(run("promise", "--policy", "policy.yaml", *asked).out)["due_at"] == "2026-11-30T16:15:00Z"


# -- a week ------------------------------------------------------------------------------------------------------------


def test_this_week_is_drawn_as_it_is_documented(saturday: Terminal) -> None:
    assert saturday("hours", "--policy", "policy.yaml").out == PICTURE


def test_no_line_is_longer_than_the_terminal_is_wide(saturday: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (60, 80, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        shown = saturday("hours", "--policy", "policy.yaml", "--week", "2026-12-30").out.splitlines()
        drawn = [line for line in shown if line[:3] in ("Mon", "Wed", "Fri", "Sun") or line.startswith(" " * 12)]
        assert max(map(len, drawn)) <= columns


def test_a_narrow_terminal_has_a_cell_an_hour(saturday: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    shown = saturday("hours", "--policy", "policy.yaml").out
    assert bar(shown, "Mon 26 Oct") == "░░░░░░░░░███▒████▒░░░░░░  09:00-12:30,"
    assert "0  3  6  9  12 15 18 21 24" in shown


def test_any_date_of_a_week_names_it(saturday: Terminal) -> None:
    weeks = {saturday("hours", "--policy", "policy.yaml", "--week", f"2026-11-0{day}").out for day in (2, 5, 8)}
    assert len(weeks) == 1


def test_the_hour_that_spring_skips_is_left_blank(saturday: Terminal) -> None:
    shown = saturday("hours", "--policy", "policy.yaml", "--week", "2026-03-08").out
    assert bar(shown, "Sun  8 Mar") == "████  " + "░" * 42 + "  00:00-02:00"
    assert "            clocks go forward from 02:00 to 03:00\n" in shown


def test_a_holiday_a_closure_and_what_is_extra_are_named(saturday: Terminal) -> None:
    shown = saturday("hours", "--policy", "policy.yaml", "--week", "2026-12-30").out
    assert bar(shown, "Wed 30 Dec").endswith("10:00-14:00")
    assert bar(shown, "Fri  1 Jan") == "░" * 48 + "  closed"
    for note in ("holiday: New Year's Day", "closed: winter break", "extra: 10:00-14:00"):
        assert f"            {note}\n" in shown


def test_a_tier_with_hours_of_its_own_has_its_own_week(saturday: Terminal) -> None:
    shown = saturday("hours", "--policy", "policy.yaml", "--tier", "enterprise").out
    assert shown.startswith("Queue support, calendar around_the_clock, ")
    assert bar(shown, "Mon 26 Oct") == "█" * 48 + "  00:00-24:00"
    assert "open, never closes within a year" in shown


def test_letters_stand_in_where_the_terminal_has_no_blocks(
    saturday: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with capsys.disabled(), monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", plain)
        saturday("hours", "--policy", "policy.yaml")
        plain.flush()
    shown = plain.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert bar(shown, "Mon 26 Oct") == "..................#######.########+.............  09:00-12:30,"


def test_a_script_reads_the_week_as_instants(saturday: Terminal) -> None:
    found = json.loads(saturday("hours", "--policy", "policy.yaml", "--json").out)
    assert (found["queue"], found["calendar"], found["timezone"]) == ("support", "office", "America/New_York")
    assert found["days"][6] == {
        "date": "2026-11-01",
        "windows": ["00:00-03:00"],
        "open": [
            {"from": "2026-11-01T04:00:00Z", "to": "2026-11-01T06:00:00Z"},
            {"from": "2026-11-01T06:00:00Z", "to": "2026-11-01T08:00:00Z"},
        ],
        "notes": ["clocks go back from 02:00 to 01:00"],
    }
    assert found["now"]["open"] is False
    assert found["now"]["changes_at"] == "2026-11-01T02:00:00Z"


def test_a_sites_own_policy_is_drawn_without_a_file(shop: Terminal) -> None:
    shown = shop("hours", "--week", "2026-11-02").out
    assert shown.startswith("Queue support, calendar office, 2026-11-02 to 2026-11-08, America/New_York\n")


@pytest.fixture
def flooded(shop: Terminal, tmp_path: Path) -> Terminal:
    """A shop whose calendar has a feed of closures, and whose team has closed for a Monday afternoon."""
    feed = "https://calendar.example/closures.ics"
    (tmp_path / "policy.yaml").write_text(POLICY.replace("    closed:", f"    feed: {feed}\n    closed:"))
    assert shop("policy", "put", "policy.yaml").code == 0
    tuesday = Closing(from_rfc3339("2026-11-03T00:00:00Z"), from_rfc3339("2026-11-04T00:00:00Z"), wall=True, why="fair")
    start, end = from_rfc3339("2026-11-02T19:00:00Z"), from_rfc3339("2026-11-03T05:00:00Z")
    assembly = bootstrap.build(read_settings(), deliver_at_once=False)
    with assembly.bridge.store.write() as tx:
        tx.hours.keep_feed("shop", Feed(feed, Reading((tuesday,), read_at=1).dump(), None, read_at=1, tried_at=1))
        tx.hours.order("shop", Command("hrs_1", "support", False, start, end, "flooded", "ann", start))
    assembly.close()
    return shop


def test_a_feed_and_a_command_are_drawn_and_named(flooded: Terminal) -> None:
    shown = flooded("hours", "--week", "2026-11-02").out
    assert "Mon  2 Nov  ░░░░░░░░░░░░░░░░░░███████░██░░░░" in shown
    assert "            closed by ann: flooded\nTue  3 Nov  ░░░░" in shown
    assert "            closed: fair\nWed  4 Nov  " in shown
    of_file = flooded("hours", "--week", "2026-11-02", "--policy", "policy.yaml").out
    assert ("flooded" in of_file, "fair" in of_file) == (False, False)


def test_a_promise_knows_of_feed_and_command(flooded: Terminal, tmp_path: Path) -> None:
    ask = ASKED | {"at": "2026-11-02T13:50:00-05:00"}
    single = json.loads(flooded("promise", *(f"--{name}={value}" for name, value in ask.items())).out)
    assert single["due_at"] == "2026-11-04T14:05:00Z"
    asked(tmp_path, ask)
    assert lines_of(flooded("promise", "--input", "questions.jsonl").out) == [single]
    assert (
        json.loads(flooded("promise", "--policy", "policy.yaml", *(f"--{k}={v}" for k, v in ask.items())).out)["due_at"]
        == "2026-11-02T19:05:00Z"
    )


def test_a_wrong_question_about_hours_is_told_in_one_line(saturday: Terminal) -> None:
    ask = ("hours", "--policy", "policy.yaml")
    assert "no queue 'x'; known: support" in saturday.fails(*ask, "--queue", "x")
    assert "no tier 'gold'; known: free" in saturday.fails(*ask, "--tier", "gold")
    for words in (("support",), ("--queue", "support", "next-week")):
        said = saturday(*ask, *words).err
        assert f"{words[-1]!r} is none of its commands (close, open, list, revoke)" in said
        assert "an option says what it is: --queue, --week" in said
    for date in ("2026-13-01", "tomorrow", "1969-12-31", "3000-01-01"):
        ended = saturday(*ask, "--week", date)
        assert (ended.code, "--week" in ended.err, ended.out) == (2, True, "")


def test_with_several_queues_it_asks_which(saturday: Terminal, tmp_path: Path) -> None:
    several = POLICY.replace("queues:", "queues:\n  vip: {hours: office, respond_within: {normal: 1h}}")
    (tmp_path / "policy.yaml").write_text(several)
    ended = saturday("hours", "--policy", "policy.yaml")
    assert (ended.code, "say which queue with --queue: vip, support" in ended.err) == (2, True)


# -- many promises -----------------------------------------------------------------------------------------------------

ASKED = {name: value for name, value in json.loads(QUESTION).items() if name != "tier"}
PROMISED = json.loads(ANSWER)
ASK = ("promise", "--policy", "policy.yaml", "--input", "questions.jsonl")


def asked(folder: Path, *questions: Any) -> None:
    (folder / "questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in questions))


def lines_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_line_of_a_file_is_answered_in_its_order(saturday: Terminal, tmp_path: Path) -> None:
    asked(tmp_path, ASKED, ASKED | {"tier": "enterprise"}, ASKED | {"priority": "normal", "id": 7})
    ended = saturday(*ASK, "--output", "answers.jsonl")
    assert (ended.code, ended.out, ended.err) == (0, "", "Passed over, for nothing reads it: id\n")
    answers = lines_of((tmp_path / "answers.jsonl").read_text())
    assert answers[0] == PROMISED
    assert [one["due_at"] for one in answers[1:]] == ["2026-12-24T15:15:00Z", "2026-12-30T19:00:00Z"]


def test_a_line_and_a_single_question_have_the_same_answer(saturday: Terminal, tmp_path: Path) -> None:
    asked(tmp_path, ASKED)
    single = saturday("promise", "--policy", "policy.yaml", *(f"--{name}={value}" for name, value in ASKED.items()))
    assert lines_of(saturday(*ASK).out) == [json.loads(single.out)] == [PROMISED]


def test_a_bad_line_is_named_and_the_output_stays_as_it_was(saturday: Terminal, tmp_path: Path) -> None:
    asked(tmp_path, ASKED, ASKED | {"queue": "x"}, ASKED, [], ASKED | {"at": "noon"})
    (tmp_path / "answers.jsonl").write_text("what was there\n")
    ended = saturday(*ASK, "--output", "answers.jsonl")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "Error: questions.jsonl, line 2: queue: there is no such queue; known: support",
        "questions.jsonl, line 4: Input should be an object",
        "questions.jsonl, line 5: at: expected a date and time with a zone, or seconds or milliseconds since 1970",
    ]
    assert (tmp_path / "answers.jsonl").read_text() == "what was there\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "answers.jsonl",
        "clock",
        "policy.yaml",
        "questions.jsonl",
    ]


def test_nothing_is_printed_where_a_later_line_is_bad(saturday: Terminal, tmp_path: Path) -> None:
    asked(tmp_path, ASKED, {})
    assert saturday.fails(*ASK) == "Error: questions.jsonl, line 2: queue: Field required"


def test_blank_lines_and_a_byte_order_mark_are_passed_over(saturday: Terminal, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(ASKED).encode() + b"\r\n\n  \n")
    assert lines_of(saturday(*ASK).out) == [PROMISED]


def test_a_question_is_asked_one_way(saturday: Terminal, tmp_path: Path) -> None:
    asked(tmp_path, ASKED)
    for wrong in (
        (*ASK, "--queue", "support"),
        ("promise", "--queue", "support", "--priority", "high"),
        ("promise", "--queue", "support", "--priority", "high", "--at", "2026-01-01T00:00:00Z", "--output", "x"),
    ):
        assert saturday(*wrong).code == 2
    assert "no-file.jsonl" in saturday.fails(*ASK[:-1], "no-file.jsonl")


def test_an_instant_out_of_reach_is_wrong_usage(saturday: Terminal) -> None:
    for at in ("9999-12-31T00:00:00Z", "1969-12-31T00:00:00Z", "2026-01-01T00:00:00", "noon"):
        assert saturday("promise", "--queue", "q", "--priority", "high", "--at", at).code == 2


def test_a_dash_is_standard_input(saturday: Terminal, tmp_path: Path) -> None:
    ask = [sys.executable, "-m", "bridge.cli", *ASK[:-1], "-"]
    answered = subprocess.run(ask, input=json.dumps(ASKED), capture_output=True, text=True, check=True, cwd=tmp_path)
    assert lines_of(answered.stdout) == [PROMISED]
