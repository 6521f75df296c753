"""Where webhooks may go: public addresses over HTTPS, and networks an administrator has listed; nowhere else (S17).

A name is resolved here, once, and the connection is made to the very address that was judged: so a name that means another
address a moment later (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from gateway.integration.errors import AddressRefused

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]
# IPv6 networks whose last 32 bits are an IPv4 address: NAT64, and the old "compatible" form.
_HOLDS_IPV4 = (ip_network("64:ff9b::/96"), ip_network("::/96"))
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Target:
    """Where to connect (`address`), and what to say there (`host`, `path`)."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def target_of(url: str, networks: Sequence[str], *, find: Resolve = resolve) -> Target:
    """Where a webhook's address leads, once every address behind its name was judged. Raises AddressRefused."""
    parts, host, port = _parts(url)
    try:
        addresses = [ip_address(one.partition("%")[0]) for one in find(host, port)]
    except (OSError, ValueError, UnicodeError) as error:
        raise AddressRefused(reason="the name cannot be resolved") from error
    if not addresses:
        raise AddressRefused(reason="the name cannot be resolved")
    if not all(_public(address) or _listed(address, networks) for address in addresses):
        raise AddressRefused(reason="it is not a public address")
    if parts.scheme != "https" and not all(_listed(address, networks) for address in addresses):
        raise AddressRefused(reason="HTTPS is needed")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, str(addresses[0]), path)


def _parts(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused(reason="it is no address") from error
    if parts.scheme not in _PORTS or not host:
        raise AddressRefused(reason="it must begin with https://")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(reason="it must not hold a password")
    if not url.isascii() or any(sign <= " " or sign == "\\" for sign in url):
        raise AddressRefused(reason="it is no address")
    return parts, host, port or _PORTS[parts.scheme]


def _public(address: Address) -> bool:
    """Whether it is a public address, also where it holds another one within."""
    inner = _within(address)
    return _global(address) and (inner is None or _global(inner))


def _global(address: Address) -> bool:
    return address.is_global and not address.is_multicast


def _within(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    holds = any(address in network for network in _HOLDS_IPV4)
    return IPv4Address(int(address) & 0xFFFFFFFF) if holds else None


def _listed(address: Address, networks: Sequence[str]) -> bool:
    plain = _within(address) or address
    return any(plain in ip_network(network) for network in networks)
