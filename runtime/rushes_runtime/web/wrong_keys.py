"""Who sends wrong keys has to wait: a bounded table of addresses, so that guessing is slow and costs no memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

MOST = 10_000
"""Addresses that are remembered, and as many of which keys came from where; those seen last stay."""

K = TypeVar("K")
V = TypeVar("V")


class WrongKeys:
    """Counts the wrong keys of each address, and of the whole /64 network for IPv6.

    An address may send `per_minute` wrong ones at once and as many a minute after. Beyond that nothing is compared for
    it, but for keys that were right from there before: whoever shares the address with a guesser is not locked out.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._most = per_minute
        self._drain = per_minute / 60
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Address -> how many count still, and when that was so."""
        self._right: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def wait_s(self, address: str, digest: bytes) -> int:
        """Seconds before a key, by its digest, is compared for this address; 0: now."""
        where = network_of(address)
        if (where, digest) in self._right:
            return 0
        too_many = self._level(where) + 1 - self._most
        return max(1, math.ceil(too_many / self._drain)) if too_many > 0 else 0

    def failed(self, address: str) -> None:
        """A key was wrong."""
        where = network_of(address)
        _put(self._levels, where, (self._level(where) + 1, self._clock()))

    def succeeded(self, address: str, digest: bytes) -> None:
        """A key was right."""
        _put(self._right, (network_of(address), digest), None)

    def _level(self, where: str) -> float:
        level, at = self._levels.get(where, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) * self._drain)


def _put(table: "OrderedDict[K, V]", key: K, value: V) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > MOST:
        table.popitem(last=False)


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, also one that is written as IPv6 (`::ffff:192.0.2.1`); the /64
    network of an IPv6 address; any other text as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found) >> 64 << 64, 64)))
