"""`bridge replay` as its users meet it."""

import json
import re
import time
from pathlib import Path

import pytest
from support.terminal import Ended, Terminal

from bridge.domain.values import Json
from bridge.service.manage_policy import shipped_document

ASKING = "I want to talk to a human"


def session(name: str, *said: str, **more: Json) -> Json:
    return {"session_id": name, "locale": "en", "turns": [{"visitor": text, "bot": None} for text in said], **more}


RECORD = [
    session("one", "hello", ASKING),
    session("two", "where is my order?"),
    session("three", "the charger is on fire", "hello"),
    session("four", "thanks, that works"),
    session("five", "you are asked: أين طلبي؟"),
]


@pytest.fixture
def recorded(run: Terminal, tmp_path: Path) -> Terminal:
    write(tmp_path / "in.jsonl", RECORD)
    return run


def write(path: Path, record: list[Json]) -> None:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in record), "utf-8")


def decisions(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def notes(ended: Ended) -> list[str]:
    """What stands beside the report; its last line says how fast it was."""
    *before, speed = ended.err.splitlines()
    assert re.fullmatch(r"Judged in [\d.]+ s: [\d,]+ conversations a second\.", speed)
    return before


ARGUMENTS = ("replay", "--input", "in.jsonl", "--output", "out.jsonl")


def calmer(folder: Path) -> str:
    """A policy under which nobody gets a person by asking unless the same is said twice."""
    path = folder / "tried.yaml"
    changed = shipped_document().replace("when: wants_a_person", "when: {all: [wants_a_person, going_round]}")
    path.write_text(changed, "utf-8")
    return str(path)


def test_on_a_bare_machine_the_shipped_policy_judges_and_nothing_is_made(recorded: Terminal, tmp_path: Path) -> None:
    ended = recorded(*ARGUMENTS)
    assert (ended.code, notes(ended)) == (0, [])
    assert "5 conversations, judged with the shipped policy." in ended.out
    assert "2 escalate: 40.0% (95% interval 11.8% to 76.9%). Healthy is 15% to 30%." in ended.out
    assert "ALARM: above 35%." in ended.out
    assert 'explicit_request: the visitor asked for a person: "talk to a human"' in ended.out
    found = decisions(tmp_path / "out.jsonl")
    assert [one["session_id"] for one in found] == [one["session_id"] for one in RECORD]
    assert [one["turn"] for one in found] == [1, None, 0, None, None]
    assert found[0] == {
        "session_id": "one",
        "escalated": True,
        "turn": 1,
        "rule": "explicit_request",
        "reason": 'explicit_request: the visitor asked for a person: "talk to a human"',
        "priority": "normal",
        "queue": "support",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_two_runs_agree_byte_for_byte(recorded: Terminal, tmp_path: Path) -> None:
    first = recorded(*ARGUMENTS, "--json").out
    written = (tmp_path / "out.jsonl").read_bytes()
    assert recorded(*ARGUMENTS, "--json").out == first
    assert (tmp_path / "out.jsonl").read_bytes() == written


def test_with_a_site_its_policy_in_force_judges(recorded: Terminal, tmp_path: Path) -> None:
    recorded("site", "add", "shop", "--url", "https://shop.example", "--timezone", "UTC")
    assert "judged with version 1 of shop." in recorded(*ARGUMENTS).out
    recorded("policy", "put", calmer(tmp_path))
    assert "judged with version 2 of shop." in recorded(*ARGUMENTS).out
    assert decisions(tmp_path / "out.jsonl")[0]["escalated"] is False


def test_a_policy_that_is_tried_is_compared_with_the_one_in_force(recorded: Terminal, tmp_path: Path) -> None:
    recorded("site", "add", "shop", "--url", "https://shop.example", "--timezone", "UTC")
    tried = calmer(tmp_path)
    assert recorded("policy", "check", tried).code == 0
    ended = recorded(*ARGUMENTS, "--policy", tried)
    assert "Against version 1 of shop, under which 2 escalate, 40.0%" in ended.out
    assert "newly escalated: 0" in ended.out
    assert (
        "no longer escalated: 1\n    one: explicit_request at turn 1 (normal, support) -> the bot goes on" in ended.out
    )
    report = json.loads(recorded(*ARGUMENTS, "--policy", tried, "--json").out)
    assert report["present_policy"] == "version 1 of shop"
    assert report["difference"]["no_longer_escalated"]["count"] == 1
    assert report["difference"]["present"]["rate"] == 0.4
    assert (report["sessions"], report["escalated"], report["rate"], report["band"]) == (5, 1, 0.2, "healthy")


def test_a_policy_file_needs_no_database(recorded: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = calmer(tmp_path)
    alone = recorded(*ARGUMENTS, "--policy", tried)
    assert (alone.code, notes(alone)) == (0, [])
    assert "Against" not in alone.out
    monkeypatch.setenv("BRIDGE_DATABASE_URL", "hunter2")
    without = recorded(*ARGUMENTS, "--policy", tried)
    assert without.code == 0
    assert without.err.startswith("Not compared with a policy in force: ")
    assert "hunter2" not in without.err
    assert without.out == alone.out


def test_with_several_sites_it_asks_which(recorded: Terminal, tmp_path: Path) -> None:
    for name in ("shop", "blog"):
        recorded("site", "add", name, "--url", f"https://{name}.example", "--timezone", "UTC")
    assert recorded.fails(*ARGUMENTS) == "Error: say which site with --site: blog, shop"
    assert "version 1 of blog" in recorded(*ARGUMENTS, "--site", "blog").out
    tried = recorded(*ARGUMENTS, "--policy", calmer(tmp_path))
    assert notes(tried) == ["Not compared with a policy in force: say which site with --site: blog, shop"]
    assert "there is no site 'x'" in recorded.fails(*ARGUMENTS, "--policy", calmer(tmp_path), "--site", "x")


def test_bad_lines_are_named_and_nothing_is_written(recorded: Terminal, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("as it was")
    with (tmp_path / "in.jsonl").open("a") as record:
        record.write('{"session_id": "six"}\n\nnonsense\n')
    ended = recorded(*ARGUMENTS)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: in.jsonl, line 6: turns: Field required\nin.jsonl, line 8: Invalid JSON: ")
    assert (tmp_path / "out.jsonl").read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_only_the_first_bad_lines_are_named(run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("x\n" * 30)
    assert run(*ARGUMENTS).err.splitlines()[-1] == "and 10 more"


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_no_fault(run: Terminal, tmp_path: Path) -> None:
    lines = "\r\n\r\n".join(json.dumps(one) for one in RECORD)
    (tmp_path / "in.jsonl").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    assert run(*ARGUMENTS).code == 0
    assert len(decisions(tmp_path / "out.jsonl")) == len(RECORD)


def test_keys_that_nothing_reads_are_named(run: Terminal, tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", [session("one", "hello", calm=1)])
    ended = run(*ARGUMENTS)
    assert (ended.code, notes(ended)) == (0, ["Passed over, for nothing reads it: calm"])


def test_no_conversation_is_no_error(run: Terminal, tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", [])
    assert run(*ARGUMENTS).out == "0 conversations, judged with the shipped policy.\n"
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_files_that_cannot_be_used_are_one_line(recorded: Terminal) -> None:
    assert recorded.fails("replay", "--input", "none.jsonl", "--output", "out.jsonl") == (
        "Error: none.jsonl: No such file or directory"
    )
    assert "there is no such folder" in recorded.fails("replay", "--input", "in.jsonl", "--output", "none/out.jsonl")
    assert "is not a file" in recorded.fails("replay", "--input", "in.jsonl", "--output", "/dev/null")


def test_what_strangers_wrote_does_not_steer_the_terminal(run: Terminal, tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", [session("\x1b[2J\u202e", ASKING)])
    run("site", "add", "shop", "--url", "https://shop.example", "--timezone", "UTC")
    shown = run(*ARGUMENTS, "--policy", calmer(tmp_path)).out
    assert "?[2J?: explicit_request" in shown


def test_a_thousand_conversations_are_a_matter_of_seconds(run: Terminal, tmp_path: Path) -> None:
    said = ("where is my order 1234?", "it should have been here last week", "I was charged twice", "that did not work")
    write(tmp_path / "in.jsonl", [session(str(n), *said) for n in range(1000)])
    began = time.process_time()
    assert run(*ARGUMENTS).code == 0
    assert time.process_time() - began < 6  # the budget for 10,000 is 60 s
