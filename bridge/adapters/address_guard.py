"""Which addresses may be called: https to the public internet, and what the owner listed."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from bridge.ports import Fault, NotDone, Rejected

DEFAULT_PORTS = {"http": 80, "https": 443}
_PLATFORM = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.0.0.0/24"))
"""Metadata services that clouds keep at addresses which the `ipaddress` module takes for public ones."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""From host name and port to IP addresses; raises OSError when there is none."""


def is_private(address: str) -> bool:
    """Whether an IP address is none that the public internet routes to: private, loopback, link-local, metadata."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped
        if inner is not None:
            return is_private(str(inner))
        if ip.sixtofour is not None or ip.teredo is not None or ip.is_site_local:
            return True
    return not ip.is_global or ip.is_multicast or ip.is_reserved or any(ip in network for network in _PLATFORM)


def _lookup(host: str, port: int) -> Sequence[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _endpoint(host: str, port: int) -> str:
    return f"{host.strip('[]').rstrip('.').lower()}:{port}"


def _allowed(entry: str) -> str:
    host, _, port = entry.strip().rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"not host:port: {entry}")
    return _endpoint(host, int(port))


class AddressGuard:
    """Which addresses may be called: https to the public internet, and what the owner listed.

    Args:
        allow: `host:port` entries that may be private or plain http; `[::1]:8080` for IPv6.
        resolve: from names to IP addresses.

    Raises:
        ValueError: an entry is not `host:port`.
    """

    def __init__(self, allow: Iterable[str] = (), resolve: Resolve = _lookup) -> None:
        self._allow = frozenset(_allowed(entry) for entry in allow if entry.strip())
        self._resolve = resolve

    def check_url(self, url: str) -> None:
        """Refuse an address that is not https, holds a password, or cannot be read.

        Raises:
            Rejected: it is such an address.
        """
        parts = _split(url)
        if parts is None or not parts.hostname or parts.scheme not in DEFAULT_PORTS:
            raise Rejected("bad address", fault=Fault.SYSTEM)
        if "@" in parts.netloc:
            raise Rejected("password in the address", fault=Fault.SYSTEM)
        endpoint = _endpoint(parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme])
        if parts.scheme != "https" and endpoint not in self._allow:
            raise Rejected("not https", fault=Fault.SYSTEM)

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """The IP addresses to connect to: these and no others, so a name that changes its answer gains nothing.

        Raises:
            NotDone: the name has no address.
            Rejected: one of its addresses is private and `host:port` is not on the list.
        """
        try:
            found = self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError):
            raise NotDone("name not resolved", fault=Fault.SYSTEM) from None
        if _endpoint(host, port) not in self._allow and any(is_private(address) for address in found):
            raise Rejected("private address", fault=Fault.SYSTEM)
        return found


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it checks it
    except ValueError:
        return None
    return parts
