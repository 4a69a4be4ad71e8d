"""What holds of every call to Zendesk."""

import base64
from collections.abc import Mapping


def headers(token: str, email: str | None) -> Mapping[str, str]:
    """Those of an API token with its agent's address, or of an OAuth token without one."""
    if email is None:
        return {"Authorization": f"Bearer {token}"}
    basic = base64.b64encode(f"{email}/token:{token}".encode()).decode("ascii")
    return {"Authorization": f"Basic {basic}"}
