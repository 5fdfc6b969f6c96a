"""URLs and their origins, and the targets of redirects."""

import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from regpipe.addresses import AddressScope
from regpipe.errors import ResponseError

DEFAULT_PORTS = {"http": 80, "https": 443}

# Strict, so that no URL of a server's can end a request line or start a header.
_URL = re.compile(
    r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?([/?][!-\"$-~]*)?"
)
_IN_BRACKETS = re.compile(r"\[[0-9A-Fa-f:.]+(?:%[^\]]*)?\]")


class Origin(NamedTuple):
    """Scheme, host and port (RFC 6454): what is meant for a registry is sent to its origin only."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """The `host[:port]`, without the port where it is the scheme's default."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return self.host
        return f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def split(url: str) -> tuple[Origin, str]:
    """Return a URL's origin, and its path and query.

    Raises:
        ResponseError: it is not an HTTP URL, or has a user name, a fragment or characters that are
            not allowed in a URL.
    """
    match = _URL.fullmatch(url)
    if not match or (match[3] and not 0 < int(match[3]) < 65536):
        raise ResponseError(f"{ascii(without_query(url))} is not a valid HTTP URL")
    port = int(match[3]) if match[3] else DEFAULT_PORTS[match[1]]
    target = match[4] or "/"
    return (
        Origin(match[1], match[2].lower(), port),
        target if target[0] == "/" else f"/{target}",
    )


def without_query(url: str) -> str:
    """Return a URL for a message, without user name and query: a query may be a signature."""
    scheme, mark, rest = re.split(r"[?#]", url, maxsplit=1)[0].rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:200]


def joined(url: str, reference: str) -> str:
    """Return the URL that a reference in a response leads to (RFC 3986, 5.2).

    Args:
        url: the URL of the response.
        reference: a URL, or what replaces the end of one.

    Raises:
        ResponseError: it cannot be a URL, such as `http://[::1/`.
    """
    try:
        target = urljoin(url, reference)
        host = urlsplit(target).netloc
    except ValueError:
        target, host = "", "["
    # Only newer Pythons look at what is in the brackets.
    if "[" in host and not _IN_BRACKETS.search(host):
        raise ResponseError(
            f"the response names {ascii(without_query(reference))}, which is not a valid URL"
        )
    return target


def redirected(url: str, location: str) -> str:
    """Return the absolute URL that a redirect leads to.

    Args:
        url: the URL that was requested.
        location: the Location header of the response.

    Raises:
        ResponseError: it leads from https to anything else.
    """
    target = joined(url, location.partition("#")[0].strip())
    target = "".join(c if "!" <= c <= "~" else _quoted(c) for c in target)
    if url.startswith("https:") and not target.startswith("https:"):
        raise ResponseError(
            f"redirected from https to {ascii(without_query(target))}: not followed"
        )
    return target


def too_near(origin: Origin, found: AddressScope, *, is_realm: bool) -> ResponseError:
    """Return the error for a server nearer than the registry that names it (SSRF).

    A registry must not make its clients send requests to their own machine or network.

    Args:
        origin: the server.
        found: how near it is.
        is_realm: whether it was named as the token server, and not by a redirect.
    """
    if is_realm:
        return ResponseError(
            f"the registry's token server (realm) is refused: {origin.netloc} has a {found.label}"
            " address, nearer than the registry's own",
            code="REALM_REFUSED",
        )
    return ResponseError(f"redirected to {origin.netloc}, a {found.label} address: not followed")


def _quoted(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
