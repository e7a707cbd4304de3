"""Network addresses: which are public, in every form in which they can be written, and resolving host names."""

import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from rushes_ingest.sources.pace import in_daemon_thread

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""Maps a host name and a port to the host's addresses, the preferred one first. Raises OSError."""

REFUSED_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network, and with Linux this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata, at a public address
        "169.254.0.0/16",  # link-local, and 169.254.169.254: the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, and IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b:1::/48",  # NAT64 of a local network
        "100::/64",
        "2001::/23",  # Teredo among others
        "2001:db8::/32",
        "2002::/16",  # 6to4, which leads to an IPv4 address
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",  # private, and fd00:ec2::254: AWS's metadata
        "fe80::/9",  # link-local and site-local
        "ff00::/8",
    )
)
"""The special-purpose registries of IANA (RFC 6890), and the metadata addresses of clouds. `is_global` of the standard
library is checked too, but its result differs between versions of Python."""

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses that DNS64 makes of public IPv4 addresses. The IPv4 address inside is checked."""

NUMERIC_LABEL = re.compile(r"(?i)[0-9]+|0x[0-9a-f]*")
"""The last label of hosts that some systems read as IPv4 addresses: 2130706433, 0177.0.0.1, 0x7f.1, 127.1."""


def is_refused(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Return whether an address is neither public nor in an allowed network."""
    inner = _ipv4_inside(address)
    # An allowed network may be written either way, in IPv4 or as the IPv6 network that contains it.
    if any(each in network for network in allowed for each in (address, inner)):
        return False
    return inner.is_multicast or not inner.is_global or any(inner in network for network in REFUSED_NETWORKS)


def parse_address(host: str) -> Address | None:
    """Return the address that a host is, or None for a name. Raises ValueError for forms of an IPv4 address that only
    some systems understand."""
    try:
        return ip_address(host)
    except ValueError:
        # A resolver may turn such a form into an address that was never checked.
        if NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
            raise ValueError(f"{host} is no host name and no address in its usual form") from None
        return None


async def resolve_host(host: str, port: int) -> list[Address]:
    """Resolve a host name with the system's resolver. A hanging look-up does not keep the process from ending."""
    found = await in_daemon_thread(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))


def _ipv4_inside(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address contains, or the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(address.packed[-4:])
    return address
