"""What several tests of single parts need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.domain import language_files


@pytest.fixture
def own_languages(tmp_path: Path) -> Iterator[Path]:
    """A folder of an owner; its languages are forgotten afterwards."""
    yield tmp_path
    if tmp_path in language_files.folders:
        language_files.folders.remove(tmp_path)
    language_files.forget()
