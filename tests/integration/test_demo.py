"""`bridge demo` runs on a bare machine, shows what it promises to show, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import until

SHOWN = (
    "-> answer: the visitor may see the bot's reply",
    "big_account: the customer's tier is enterprise [enterprise against business]",
    "[0.41 against 0.75]",
    "valuable-and-unsure decided (policy version 1)",
    '"A support agent will contact you before 9:15 AM EST on Monday, November 2."',
    "1 Customer Dana Reyes <dana.reyes@example.com>, verified, tier enterprise",
    "2 Summary",
    "3 Transcript",
    "4 Reason valuable-and-unsure: ",
    "5 Account order 1042: 1,250.00 USD",
    "6 Last try",
    "recorded on the builtin desk",
    "Your message was added to your request.",
    "To: dana.reyes@example.com",
    'kept: "A support agent will contact you before',
    "losing-trust decided",
    "A person is joining this chat.",
    "kept, by live chat",
    "make wordpress",
    "bridge init",
)


@pytest.mark.slow
def test_the_demo_plays_three_conversations_and_leaves_nothing(tmp_path: Path) -> None:
    environ = {**os.environ, "TMPDIR": str(tmp_path), "BRIDGE_BIND": "nonsense: settings of the machine do not matter"}
    ended = subprocess.run(
        (sys.executable, "-m", "bridge.cli", "demo"),
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    flat = " ".join(ended.stdout.split())
    assert [part for part in SHOWN if part not in flat] == []
    assert all(len(line) <= 100 for line in ended.stdout.splitlines())
    assert "\033[" not in ended.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ended_by", [signal.SIGHUP, signal.SIGTERM, "head"], ids=str)
def test_a_demo_that_is_ended_early_leaves_nothing(tmp_path: Path, ended_by: signal.Signals | str) -> None:
    """The window is closed, its process is told to end, or its reader goes: no traceback, no process, no folder."""
    running = subprocess.Popen(
        (sys.executable, "-m", "bridge.cli", "demo"),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout
    assert running.stderr
    with running, running.stdout as told, running.stderr as complaints:
        assert told.readline() == "\n"
        if isinstance(ended_by, signal.Signals):
            running.send_signal(ended_by)
        else:
            told.close()
        assert running.wait(60) in (1, 130)
        assert complaints.read() in ("", "\nstopped\n")
    assert list(tmp_path.iterdir()) == []
    until(lambda: not is_there(running.pid), "the end of its processes")


def is_there(group: int) -> bool:
    """Whether the group has a process, one included that has ended and that the system has not yet cleared away."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
