"""The command line in a folder and an environment of its own, and secrets that are read at every call."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from support.terminal import Terminal

from bridge.web import signing


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    for name in [name for name in os.environ if name.startswith("BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    mask = os.umask(0o022)
    yield Terminal(capsys)
    os.umask(mask)
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.fixture
def shop(run: Terminal) -> Terminal:
    """The command line where there is one site."""
    assert run("site", "add", "shop", "--url", "https://shop.example", "--timezone", "America/New_York").code == 0
    return run


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are read at every call, so that no test has to wait until they are trusted no more."""
    monkeypatch.setattr(signing, "SECRETS_TTL_S", -1.0)
