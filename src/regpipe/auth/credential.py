"""A credential, and the host that it is for."""

import base64
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from regpipe.errors import UnauthorizedError
from regpipe.oci.reference import HUB

HUB_KEY = "https://index.docker.io/v1/"
"""What docker calls Docker Hub in its files, and asks credential helpers for."""

_HUB_HOSTS = frozenset({HUB, "index.docker.io", "registry-1.docker.io"})
_HOST_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
_DEFAULT_PORT = {"https": "443", "http": "80"}
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Credential(NamedTuple):
    """Who to be at one registry.

    Attributes:
        username: may be empty beside a token.
        password: may be empty.
        identity_token: to be exchanged for tokens at the token server, and shown nowhere else.
        registry_token: shown to the registry as it is.
        source: where all this was found, for people; holds no secret.
    """

    username: str
    password: str
    identity_token: str
    registry_token: str
    source: str

    def __repr__(self) -> str:
        """Say what may be said."""
        return f"<credential of {self.who} from {self.source}>"

    @property
    def who(self) -> str:
        """The user's name, or "token"."""
        return self.username or "token"

    @property
    def secret(self) -> str:
        """What kind of secret it is and whose, for people."""
        if self.registry_token:
            return f"the registry token from {self.source}"
        return f"the password of {self.who} (from {self.source})"

    @property
    def is_for_registries(self) -> bool:
        """Whether there is more than an identity token, which only token servers may see."""
        return bool(self.registry_token or self.password or not self.identity_token)

    def basic(self, secret: str | None = None) -> str:
        """Return the Authorization value of a user name and password (RFC 7617).

        Args:
            secret: what is sent in place of the password, if not that.
        """
        pair = f"{self.username}:{self.password if secret is None else secret}"
        return "Basic " + base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode()


def shown(credential: Credential | None) -> str | None:
    """Return the Authorization value that a registry itself is shown; None for nobody."""
    if credential is None or not credential.is_for_registries:
        return None
    if credential.registry_token:
        return f"Bearer {credential.registry_token}"
    return credential.basic()


def password_credential(username: str, password: str, source: str) -> Credential:
    """Make a credential of a user name and password.

    Raises:
        UnauthorizedError: the name holds a colon, which Basic authentication cannot carry.
    """
    if ":" in username:
        raise UnauthorizedError(
            f"{source}: the user name contains a colon, so it cannot be sent",
            code="CREDENTIALS_UNAVAILABLE",
        )
    return Credential(username, password, "", "", source)


def is_header_value(text: str) -> bool:
    """Tell whether a token can stand in a header and do nothing else there."""
    return _VISIBLE.fullmatch(text) is not None


def origin_of(url: str) -> str:
    """Return a URL's scheme, host and port in the one form that equal origins share.

    >>> origin_of("https://My.Registry:443/v2/")
    'https://my.registry'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{canonical(parts.netloc, parts.scheme)}"


def host_of(origin: str) -> str:
    """Return what credentials for an origin are filed under; Docker Hub's is `docker.io`."""
    scheme, _, host = origin.partition("://")
    name = canonical(host, scheme)
    return HUB if name in _HUB_HOSTS else name


def canonical(host: str, scheme: str) -> str:
    """Return a `host[:port]` in lower case, without final dot and without the default port.

    Two of them are the same host if they are equal; nothing less makes them so.
    """
    match = _HOST_PORT.fullmatch(host.lower())
    if not match:
        return host.lower()
    name = match[1].removesuffix(".")
    port = match[2]
    return f"{name}:{port}" if port and port != _DEFAULT_PORT.get(scheme) else name
