import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAYGROUND = Path(__file__).with_name("playground.py")
TESTS_ON_PATH = {**os.environ, "PYTHONPATH": str(PLAYGROUND.parents[1])}


@pytest.mark.wordpress
def test_the_playground_boots_answers_a_visitor_through_its_helpdesk_and_cleans_up(wp_core: Path) -> None:
    before = set(Path("/tmp").glob("escb-play-*"))
    done = subprocess.run(
        [sys.executable, PLAYGROUND, "--check"], env=TESTS_ON_PATH, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the helpdesk's answer is in the chat" in done.stdout
    assert set(Path("/tmp").glob("escb-play-*")) <= before


@pytest.mark.parametrize("target", ["cost", "screenshots"])
def test_what_make_calls_finds_all_that_it_imports(target: str) -> None:
    """As the Makefile calls it: with the folders on the path that are said there."""
    told = subprocess.run(
        ["make", "-n", target], cwd=PLAYGROUND.parents[2], capture_output=True, text=True, check=True
    ).stdout
    (call,) = (line for line in told.splitlines() if f"{target}.py" in line)
    command = f"{call.removeprefix('@')} --help"
    done = subprocess.run(command, shell=True, cwd=PLAYGROUND.parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout
