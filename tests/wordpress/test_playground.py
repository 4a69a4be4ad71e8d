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
