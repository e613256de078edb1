"""The network addresses that sandboxes and founders may have this machine connect to, and the look-up of hosts."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Final

import psutil

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str], Awaitable[Collection[str]]]

PRIVATE: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Where a company's own mirror may be, if its operator names it."""

# Listed one by one: `is_private` also covers documentation networks, and leaves out others that matter here.
NEVER: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/3"),
        # Where Azure, Alibaba and Amazon tell a machine its credentials.
        *("168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::254/128"),
        *(
            "::/96",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
        ),
    )
)
"""This machine, the link, metadata services, multicast, and the ways to write an IPv4 address in IPv6."""

ANSWER_S: Final = 60.0


def may_reach(text: str, *, own: Collection[str], private: bool) -> bool:
    """True when to connect to this address; `own` are this machine's, `private` admits internal networks."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if str(address) in own:
        return False
    denied = NEVER if private else NEVER + PRIVATE
    return not any(address in network for network in denied if network.version == address.version)


def own_addresses() -> frozenset[str]:
    """Every address of this machine's interfaces."""
    families = (socket.AF_INET, socket.AF_INET6)
    entries = (
        entry for several in psutil.net_if_addrs().values() for entry in several if entry.family in families
    )
    return frozenset(entry.address.partition("%")[0] for entry in entries)


async def look_up(host: str) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in answers))


class Resolver:
    """Admitted addresses of hosts, each looked up by one caller at a time and kept for a minute."""

    def __init__(self, lookup: Lookup = look_up) -> None:
        self._lookup = lookup
        self._locks: dict[str, asyncio.Lock] = {}
        self._known: dict[str, tuple[float, Collection[str]]] = {}

    async def resolve(self, host: str, *, private: bool) -> list[str]:
        """The addresses to try, in order; none when all are forbidden. OSError when the host is not known."""
        async with self._locks.setdefault(host, asyncio.Lock()):
            expires, addresses = self._known.get(host, (0.0, ()))
            if expires < time.monotonic():
                addresses = await self._lookup(host)
                self._known[host] = (time.monotonic() + ANSWER_S, addresses)
        # Anew each time: a laptop changes its networks while this runs.
        local_addresses = own_addresses()
        return [address for address in addresses if may_reach(address, own=local_addresses, private=private)]
