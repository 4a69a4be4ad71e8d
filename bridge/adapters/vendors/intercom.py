"""What holds of every call to Intercom."""

from collections.abc import Mapping
from typing import Final

from bridge.adapters.http import Dialect

BASE_URL: Final = "https://api.intercom.io"
VERSION: Final = "2.16"
"""Of the API."""
DIALECT: Final = Dialect(waits=(("x-ratelimit-reset", "epoch"),))
"""Intercom says until when to wait as a Unix time."""


def headers(token: str, version: str) -> Mapping[str, str]:
    """Those of an access token."""
    return {"Authorization": f"Bearer {token}", "Intercom-Version": version}
