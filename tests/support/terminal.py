"""`bridge ...` as somebody types it, in this process."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.cli import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Terminal:
    """Runs `bridge ...` in this process, in a folder of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ended:
        self._capsys.readouterr()  # what was logged before is not this command's
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        printed = self._capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    def fails(self, *arguments: str, code: int = 1) -> str:
        """The one line that a failing command leaves."""
        ended = self(*arguments)
        assert ended.code == code
        assert "Traceback" not in ended.err
        assert ended.out == ""
        assert ended.err.count("\n") == 1
        return ended.err.strip()


@contextmanager
def as_somebody_else(folder: Path) -> Iterator[str]:
    """Be a user, whose name is yielded, who may not write into the folder: root may write everywhere."""
    mode, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0o555)
    try:
        if user == 0:
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        yield pwd.getpwuid(os.geteuid()).pw_name
    finally:
        os.seteuid(user)
        folder.chmod(mode)
