"""What holds of every call to Chatwoot."""

from collections.abc import Mapping
from urllib.parse import quote


def account_url(base_url: str, account: str) -> str:
    """Where the API of an account begins, which is known by its number."""
    return f"{base_url.rstrip('/')}/api/v1/accounts/{quote(account, safe='')}"


def headers(token: str) -> Mapping[str, str]:
    """Those of an access token."""
    return {"api_access_token": token}
