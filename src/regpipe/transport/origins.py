"""Where a URL leads: origins, how local an address is, and which redirects may be followed."""

import ipaddress
import re
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import urljoin

from regpipe.errors import ResponseError

DEFAULT_PORTS = {"http": 80, "https": 443}

# Strict, so that nothing that came from elsewhere can end a request line or start a header.
_URL = re.compile(
    r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?([/?][!-\"$-~]*)?"
)

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Origin(NamedTuple):
    """Scheme, host and port: who gets to see what is meant for a registry."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """The `host[:port]`, the port left out where it is the scheme's own."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return self.host
        return f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


class AddressScope(IntEnum):
    """How near an address is: what can be reached only from nearer by is more to be guarded."""

    PUBLIC = 0
    PRIVATE = 1
    LINK_LOCAL = 2
    LOOPBACK = 3


def split(url: str) -> tuple[Origin, str]:
    """Return a URL's origin and what is asked for there (path and query).

    Raises:
        ResponseError: it is no URL of the web, or carries a user name, a fragment or characters
            that have no place in a URL.
    """
    match = _URL.fullmatch(url)
    if not match or (match[3] and not 0 < int(match[3]) < 65536):
        raise ResponseError(f"{ascii(without_query(url))} is no URL that can be asked")
    port = int(match[3]) if match[3] else DEFAULT_PORTS[match[1]]
    target = match[4] or "/"
    return (
        Origin(match[1], match[2].lower(), port),
        target if target[0] == "/" else f"/{target}",
    )


def without_query(url: str) -> str:
    """Return a URL fit for a message: without its query, which may be a signature, or user name."""
    scheme, mark, rest = re.split(r"[?#]", url, maxsplit=1)[0].rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:200]


def scope_of(address: str) -> AddressScope:
    """Return how near an IP address is; mapped and embedded IPv4 addresses count as themselves."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(ip.packed[-4:]) if ip in _NAT64 else None
        teredo = ip.teredo[1] if ip.teredo else None
        ip = ip.ipv4_mapped or ip.sixtofour or teredo or translated or ip
    if ip.is_loopback or ip.is_unspecified:
        return AddressScope.LOOPBACK
    if ip.is_link_local:
        return AddressScope.LINK_LOCAL
    return AddressScope.PUBLIC if ip.is_global else AddressScope.PRIVATE


def literal_scope(host: str) -> AddressScope | None:
    """Return how near the host is if its name alone tells: an IP address, or `localhost`.

    Numbers such as `2130706433`, `0x7f.1` and `127.1` are addresses too for a resolver, though no
    registry is written like that: they count as loopback, so that nothing leads to them.
    """
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return AddressScope.LOOPBACK
    try:
        return scope_of(name)
    except ValueError:
        numeric = re.fullmatch(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*", name)
        return AddressScope.LOOPBACK if numeric else None


def redirected(url: str, location: str) -> str:
    """Return the absolute URL that a redirect leads to.

    Args:
        url: what was asked.
        location: the Location header of the answer.

    Raises:
        ResponseError: it leads out of the web, or from https to http.
    """
    target = urljoin(url, location.partition("#")[0].strip())
    target = "".join(c if "!" <= c <= "~" else _quoted(c) for c in target)
    if url.startswith("https:") and not target.startswith("https:"):
        raise ResponseError(
            f"redirected from https to {ascii(without_query(target))}: not followed"
        )
    return target


def too_near(origin: Origin, found: AddressScope) -> ResponseError:
    """Make the error for a redirect to what is nearer to us than who redirects (SSRF).

    A public registry must not make its readers ask their own machine or network.
    """
    kind = found.name.lower().replace("_", "-")
    return ResponseError(f"redirected to {origin.netloc}, a {kind} address: not followed")


def _quoted(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
