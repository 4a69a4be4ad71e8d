"""What a sidecar does before it takes a call."""

import gc
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.sidecar import free_port

from bridge import serve
from bridge.config import Settings
from bridge.domain import judging


def test_it_has_read_what_a_message_needs_before_anybody_can_send_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(judging, "warm", lambda: done.append("read"))
    monkeypatch.setattr(serve.Sidecar, "run", lambda _: done.append("served"))
    database = SecretStr(f"sqlite:///{tmp_path / 'bridge.db'}")
    try:
        serve.serve(Settings(database_url=database, bind=f"127.0.0.1:{free_port()}", mail=f"folder:{tmp_path}"))
    finally:
        gc.unfreeze()  # the sidecar's process is its own; this one is not
    assert done == ["read", "served"]
