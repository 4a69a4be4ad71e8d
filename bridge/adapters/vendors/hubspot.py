"""What holds of every call to HubSpot."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from bridge.adapters.http import Dialect

BASE_URL: Final = "https://api.hubapi.com"
DIALECT: Final = Dialect(throttled=lambda answer: answer.status in {HTTPStatus.LOCKED, 477})
"""477 says that the account is being moved, and until when."""


def headers(token: str) -> Mapping[str, str]:
    """Those of a private app's access token."""
    return {"Authorization": f"Bearer {token}"}
