"""Where deliveries may go: to the internet, and into networks that this deployment names, nowhere else.

Whoever may register a webhook could otherwise let this process reach what only it can reach. A name is looked up and
every address it has is held against the rule; and again when a connection is made, to exactly that address.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str, int], Sequence[str]]
_URL_MAX = 2_000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PLAIN = "expected https, received http to an address outside the networks that are named"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class AddressRefused(OSError):
    """An address that nothing is sent to; the text says why."""


class Target(Struct, frozen=True):
    """A url taken apart as far as it matters."""

    scheme: str
    host: str
    port: int


class Addresses:
    """The rule.

    Args:
        networks: networks in CIDR notation that may be reached though they are not the internet, and by plain http.

    Raises:
        ValueError: one is no network.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = [ipaddress.ip_network(text) for text in networks]

    def refuse(self, text: str) -> str | None:
        """Return why nothing is sent to an IP address, or None.

        >>> Addresses().refuse("169.254.169.254")
        '169.254.169.254 is not on the internet'
        >>> Addresses(["10.0.0.0/8"]).refuse("10.1.2.3") is None
        True
        """
        try:
            address = _effective(ipaddress.ip_address(text.partition("%")[0]))
        except ValueError:
            return f"{text} is no address"
        if self._is_named(address) or (address.is_global and not address.is_multicast):
            return None
        return f"{address} is not on the internet"

    def _is_named(self, address: IPAddress) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)

    def is_plain_allowed(self, text: str) -> bool:
        """Return whether an address may be told without TLS: only one in a network that was named."""
        try:
            return self._is_named(_effective(ipaddress.ip_address(text.partition("%")[0])))
        except ValueError:
            return False

    def connect(self, found: tuple[Any, ...]) -> socket.socket:
        """Return a socket for an address that a connection is about to be made to.

        Raises:
            AddressRefused: nothing is sent there.
        """
        family, kind, protocol, _, address = found
        refused = self.refuse(str(address[0]))
        if refused is not None:
            raise AddressRefused(refused)
        return socket.socket(family, kind, protocol)

    def connect_plain(self, found: tuple[Any, ...]) -> socket.socket:
        """Return a socket for a connection without TLS.

        Raises:
            AddressRefused: nothing is sent there so.
        """
        if not self.is_plain_allowed(str(found[4][0])):
            raise AddressRefused(_PLAIN)
        return self.connect(found)

    async def check(self, url: str) -> None:
        """Check a url before it is taken.

        Raises:
            AddressRefused: it is no such url, or nothing is sent to one of its addresses.
        """
        target = read_target(url)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise AddressRefused(f"expected a host that can be looked up, received {target.host[:100]!r}") from error
        addresses = {str(each[4][0]) for each in found}
        for address in sorted(addresses):
            refused = self.refuse(address)
            if refused is not None:
                raise AddressRefused(refused)
        if target.scheme == "http" and not all(self.is_plain_allowed(address) for address in addresses):
            raise AddressRefused(_PLAIN)


def _effective(address: IPAddress) -> IPAddress:
    """An IPv4 address may come wrapped into an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    wrapped = address.ipv4_mapped or address.sixtofour
    if wrapped is None and address.teredo is not None:
        wrapped = address.teredo[1]
    if wrapped is None and address in _NAT64:
        wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return wrapped or address


def read_target(url: str) -> Target:
    """Return where a url leads.

    Raises:
        AddressRefused: it is no http or https url, or carries what does not belong into one that is kept.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"expected a url, received {url[:100]!r}") from error
    if len(url) > _URL_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(f"expected a url of at most {_URL_MAX} printable ASCII characters")
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise AddressRefused(f"expected an http or https url, received {url[:100]!r}")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("expected a url without user, password and fragment")
    return Target(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme])
