"""Where a registry may send its clients for tokens: the check of a challenge's realm.

A realm is a URL that a server chose, and credentials go there. A hostile one could name a cloud's
metadata service, a neighbour behind the firewall, or an eavesdropper.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from regpipe.auth.credential import canonical
from regpipe.errors import ResponseError

_URL = re.compile(r"https?://[\x21-\x7e]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_SECRET_PARTS = re.compile(r"(?<=//)[^/@]*@|[?#].*", re.DOTALL)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_realm(realm: str, registry: str) -> str:
    """Return the realm, if a token may be asked for there.

    Args:
        realm: the URL of the token server, as the registry gave it.
        registry: the registry's URL.

    Raises:
        ResponseError: the realm is no plain http(s) URL, or http though the registry is https, or
            an address of this machine or network that is not the registry's own.
    """
    if not _URL.fullmatch(realm) or "\\" in realm:
        raise _refusal(realm, "which is no web address")
    try:
        parts = urlsplit(realm)
        port_is_valid = parts.port != 0
    except ValueError:
        raise _refusal(realm, "which is no web address") from None
    host = (parts.hostname or "").lower()
    shown = f"[{host}]" if ":" in host else host
    if "@" in parts.netloc or not _HOST.fullmatch(shown) or not port_is_valid:
        raise _refusal(realm, "which is no plain web address")
    own = urlsplit(registry)
    if own.scheme == "https" and parts.scheme != "https":
        raise _refusal(realm, "which is not encrypted, as the registry is")
    same_host = canonical(shown, "") == canonical(_bracketed(own.hostname or ""), "")
    if not same_host and not _is_public(host.removesuffix(".")):
        raise _refusal(realm, "an address of this machine or network that is not its own")
    return realm


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads, by its letters alone, to this very machine."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _is_public(host: str) -> bool:
    """Tell whether a host may lie anywhere in the world: any name, and public addresses."""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    address = _address(host)
    return address is None or all(one.is_global and not one.is_multicast for one in _all(address))


def _address(host: str) -> Address | None:
    """Return the address that a host is; also in the forms `127.1`, `0x7f000001`, `2130706433`."""
    try:
        if ":" in host:
            return ipaddress.IPv6Address(host)
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (ValueError, OSError):
        return None


def _all(address: Address) -> list[Address]:
    """Return an address, and those of IPv4 that an IPv6 address leads to."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        number = int(address)
        if address in _NAT64 or number < 1 << 32:
            inner.append(ipaddress.IPv4Address(number & 0xFFFFFFFF))
        found = [one for one in inner if one is not None] or found
    return found


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refusal(realm: str, why: str) -> ResponseError:
    # Less what may be a password in it.
    place = _SECRET_PARTS.sub("", realm)
    shown = ascii(place if len(place) <= 80 else place[:77] + "...")
    return ResponseError(
        f"the registry says to get a token from {shown}, {why}", code="REALM_REFUSED"
    )
