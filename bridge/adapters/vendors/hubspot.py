"""What holds of every call to HubSpot."""

from collections.abc import Mapping
from typing import Final

BASE_URL: Final = "https://api.hubapi.com"


def headers(token: str) -> Mapping[str, str]:
    """Those of a private app's access token."""
    return {"Authorization": f"Bearer {token}"}
