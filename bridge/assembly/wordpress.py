"""The site itself, at the address under which it was added."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from bridge.adapters.http import Http
from bridge.adapters.wordpress import WordPressSite
from bridge.ports import Site

PORTS = {"https": 443, "http": 80}


def wordpress(site: Site, allowed: Iterable[str]) -> tuple[WordPressSite, Http]:
    """The site, and what speaks HTTP to it: its own address may be private, by whomever it was added.

    Args:
        site: whose.
        allowed: `host:port` of upstreams in private networks.
    """
    http = Http(allow=[*allowed, endpoint(site.url)])
    return WordPressSite(http, site.url), http


def endpoint(url: str) -> str:
    """`host:port` of an address; empty where it names no host, or cannot be read: who calls it says so."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 443)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname else ""
