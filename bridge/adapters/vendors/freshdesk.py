"""What holds of every call to Freshdesk."""

import base64
from collections.abc import Mapping


def headers(token: str) -> Mapping[str, str]:
    """Those of an agent's API key."""
    basic = base64.b64encode(f"{token}:X".encode()).decode("ascii")
    return {"Authorization": f"Basic {basic}"}
