"""Hosts of web addresses, as people tell them apart: in lower case, with or without `www.`."""

from urllib.parse import urlsplit


def bare_host(host: str) -> str:
    """The host without `www.`."""
    return host.lower().removeprefix("www.")


def host_of(url: str) -> str:
    """The bare host of an address; empty where it has none or cannot be read."""
    try:
        return bare_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""
