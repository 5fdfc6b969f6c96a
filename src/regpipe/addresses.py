"""The address policy: how near a host is, and where a registry may send its clients.

A registry chooses the URLs of its redirects and of its token server (the realm). A hostile one
could lead its clients to their own machine, to a neighbour behind the firewall or to a cloud's
metadata service (SSRF). All rules about that are here; they look at hosts and addresses only.
"""

import ipaddress
import re
from enum import IntEnum

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*")


class AddressScope(IntEnum):
    """How near an address is. A higher scope is reachable from fewer places, so more protected."""

    PUBLIC = 0
    PRIVATE = 1
    LINK_LOCAL = 2
    LOOPBACK = 3

    @property
    def label(self) -> str:
        """The scope as messages name it: `link-local`."""
        return self.name.lower().replace("_", "-")


def scope_of(address: str) -> AddressScope:
    """Return the scope of an IP address.

    An IPv6 address with IPv4 addresses embedded (mapped, compatible, 6to4, Teredo, NAT64) has the
    nearest of their scopes. Multicast never leaves the local network as far as HTTP goes.

    Raises:
        ValueError: it is not an IP address in its canonical form.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.is_loopback or ip.is_unspecified:
        return AddressScope.LOOPBACK
    if isinstance(ip, ipaddress.IPv6Address) and (embedded := _embedded(ip)):
        return max(scope_of(str(inner)) for inner in embedded)
    if ip.is_link_local or ip.is_multicast:
        return AddressScope.LINK_LOCAL
    return AddressScope.PUBLIC if ip.is_global else AddressScope.PRIVATE


def literal_scope(host: str) -> AddressScope | None:
    """Return the scope that a host's name alone tells (an IP address, `localhost`), or None.

    No registry is written like a disguised address, so that those count as loopback, wherever they
    lead.
    """
    name = _name(host)
    if name == "localhost" or name.endswith(".localhost"):
        return AddressScope.LOOPBACK
    try:
        return scope_of(name)
    except ValueError:
        return AddressScope.LOOPBACK if _NUMERIC.fullmatch(name) else None


def is_loopback(host: str) -> bool:
    """Tell whether a host is this very machine, where passwords may go without encryption.

    Only what is literally so: `localhost`, 127.0.0.0/8 and `[::1]`, no other spelling.
    """
    name = host.lower().strip("[]")
    if name == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None
    return ip.is_loopback and not mapped


def is_disguised(host: str) -> bool:
    """Tell whether resolvers take a host for an address, though it is not written like one.

    `2130706433`, `0x7f.1`, `0177.0.0.1` and `127.1` are 127.0.0.1 to them.
    """
    name = _name(host)
    if not _NUMERIC.fullmatch(name):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return True
    return False


def is_too_near(found: AddressScope, nearest: AddressScope | None) -> bool:
    """Tell whether a server is nearer than it may be.

    Only link-local addresses lead to link-local ones, where clouds have their metadata services;
    not even a registry on this machine does, which may be a tunnel to another one.

    Args:
        found: how near it is.
        nearest: how near it may be; None for anywhere.
    """
    if nearest is None:
        return False
    link_local = AddressScope.LINK_LOCAL
    return found > nearest or (found is link_local and nearest is not link_local)


def nearest_allowed(sender: str, met: AddressScope | None, target: str) -> AddressScope:
    """Return how near a server may turn out to be that a registry names: no nearer than itself.

    The same holds for the targets of its redirects and for its token server (the realm).

    Args:
        sender: the registry's host.
        met: the scope of the address that it was connected at, if that is known.
        target: the host that it names.
    """
    literal = literal_scope(sender)
    allowed = literal if literal is not None else met or AddressScope.PUBLIC
    named = literal_scope(target)
    if named is None:
        return allowed
    # A name that resolves to this machine does not make its owner one of this machine.
    return allowed if literal is not None else min(allowed, AddressScope.PRIVATE)


def _name(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _embedded(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address leads to."""
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    number = int(ip)
    if ip in _NAT64 or number < 1 << 32:
        found.append(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]
