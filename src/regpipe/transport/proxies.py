"""The proxy on the way to an origin, chosen by the rules of Go's programs (docker, crane).

`$NO_PROXY` is a list of `*`, addresses, blocks of addresses (CIDR) and names. `d` stands for the
host d and what is below it, `.d` and `*.d` for what is below it alone. Addresses and names may have
a port, the default one too, and a final dot. What cannot be read stands for nothing. Loopback is
never reached by way of a proxy.

Lists that were put together by scripts have byte order marks, line breaks and quotes in them; none
of these is a part of any name.
"""

import ipaddress
import os
import re
from contextlib import suppress
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from regpipe.transport.origins import Origin

_SEPARATORS = re.compile(r"[\s,\ufeff\u200b]+")
_QUOTES = "\"'"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy_for(origin: Origin) -> str | None:
    """Return the URL of the proxy for an origin, with its user and password; None without one.

    Where the environment names no proxy at all, the system's settings count (macOS, Windows).
    """
    proxies = getproxies()
    proxy = _cleaned(proxies.get(origin.scheme)) or _cleaned(proxies.get("all"))
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if not proxy or is_direct(origin, exceptions):
        return None
    if not getproxies_environment() and proxy_bypass(origin.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def shown(proxy: str) -> str:
    """Return a proxy's `host[:port]`, without its user and password, for messages."""
    # A password may hold slashes that should have been encoded.
    return proxy.partition("://")[2].rpartition("@")[2].partition("/")[0]


def is_direct(origin: Origin, exceptions: str) -> bool:
    """Tell whether an origin is reached without a proxy.

    Args:
        origin: the origin.
        exceptions: the value of `$NO_PROXY`.
    """
    name = origin.host.strip("[]").removesuffix(".")
    address = _address(name)
    if name == "localhost" or (address is not None and _is_loopback(address)):
        return True
    entries = (entry.strip(_QUOTES).lower() for entry in _SEPARATORS.split(exceptions))
    return any(_stands_for(entry, name, address, origin.port) for entry in entries)


def _cleaned(proxy: str | None) -> str:
    return (proxy or "").strip().strip(f"\ufeff\u200b{_QUOTES}").strip()


def _stands_for(entry: str, name: str, address: _Address | None, port: int) -> bool:
    if "/" in entry:
        with suppress(ValueError):
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        return False
    host = entry
    if _address(entry) is None:  # else its last part may look like a port, in IPv6
        head, colon, number = entry.rpartition(":")
        if colon and number != str(port):
            return False
        host = head if colon else entry
    host = host.removesuffix(".")
    exempt = _address(host.strip("[]"))
    if exempt is not None or address is not None:
        return exempt == address or entry == "*"
    return entry == "*" or _is_below(name, host.removeprefix("*"))


def _is_below(name: str, domain: str) -> bool:
    if domain.startswith("."):
        return domain != "." and name.endswith(domain)
    return domain != "" and f".{name}".endswith(f".{domain}")


def _address(text: str) -> _Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(text)
    return None


def _is_loopback(address: _Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
