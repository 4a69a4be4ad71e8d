import subprocess
import sys
from pathlib import Path

import pytest

PLAYGROUND = Path(__file__).with_name("playground.py")


@pytest.mark.wordpress
def test_the_playground_boots_answers_a_visitor_and_cleans_up(wp_core: Path) -> None:
    before = set(Path("/tmp").glob("escb-play-*"))
    done = subprocess.run([sys.executable, PLAYGROUND, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "a guest's turn are answered" in done.stdout
    assert set(Path("/tmp").glob("escb-play-*")) <= before
