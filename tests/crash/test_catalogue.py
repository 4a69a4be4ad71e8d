"""The catalogue, its page in the documentation and the table in the README are of one kind."""

import subprocess
import sys
from dataclasses import replace

import pytest
from crash import report
from crash.__main__ import cases
from crash.catalogue import CATALOGUE, Entry

PAGE = report.ROOT / "docs" / "reliability.md"


def test_the_catalogue_is_whole() -> None:
    assert [entry.id for entry in CATALOGUE] == [f"R{number:02}" for number in range(1, 26)]
    assert all(entry.tests for entry in CATALOGUE)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_a_test_of_each_case_carries_its_id(entry: Entry) -> None:
    named = [test.partition("::")[2] for test in entry.tests]
    assert any(f"_{entry.id.lower()}_" in name for name in named)


def test_every_test_that_the_catalogue_names_is_collected() -> None:
    named = sorted({test for entry in CATALOGUE for test in entry.tests})
    command = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named)
    found = subprocess.run(command, cwd=report.ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert {line.partition("[")[0] for line in found.stdout.splitlines() if "::" in line} == set(named)


def test_the_page_shows_the_catalogue() -> None:
    shown = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| R")]
    assert shown == [entry.row for entry in CATALOGUE]


def test_readme_and_last_run_are_of_one_kind() -> None:
    run = report.read_json(report.LAST_RUN)
    shown = report.table_of_readme(report.README.read_text("utf-8"))
    assert shown == [one.cells() for one in run]
    assert report.caption_of_readme(report.README.read_text("utf-8")) == report.caption(run)
    assert run == report.in_order(run, [(case.name, case.seed) for case in cases()]), "there is no such case any more"


def test_the_caption_names_each_commit_once() -> None:
    row = report.read_json(report.LAST_RUN)[0]
    of = {name: replace(row, commit=name) for name in ("", "1a2b3c", "4d5e6f-dirty")}
    assert report.caption([of["1a2b3c"]] * 2) == "Counted on commit 1a2b3c."
    named = report.caption([of["4d5e6f-dirty"], of["1a2b3c"], of[""]])
    assert named == "Counted on a commit that was not noted, commit 1a2b3c, commit 4d5e6f-dirty."


def test_the_last_run_lost_nothing_and_doubled_nothing_and_caught_the_negative_control() -> None:
    run = report.read_json(report.LAST_RUN)
    assert [one for one in run if not one.good] == []
    assert [one.case for one in run if one.dup] == [report.CONTROL]
