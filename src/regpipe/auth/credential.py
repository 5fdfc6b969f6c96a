"""A credential, and the host that it is for."""

import base64
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from regpipe.errors import UnauthorizedError
from regpipe.oci.reference import HUB, HUB_HOSTS

HUB_KEY = "https://index.docker.io/v1/"
"""Docker's name for Docker Hub in its files and for credential helpers."""

PASSWORD_LIMIT = 64 << 10
"""Bytes of a password in a file or on standard input, at most."""

_HOST_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
_DEFAULT_PORT = {"https": "443", "http": "80"}
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Credential(NamedTuple):
    """The credential of one registry.

    Attributes:
        username: may be empty if there is a token.
        password: may be empty.
        identity_token: exchanged for tokens at the token server, and sent nowhere else.
        registry_token: sent to the registry as it is.
        found_in: where it was found, for messages; holds no secret.
    """

    username: str
    password: str
    identity_token: str
    registry_token: str
    found_in: str

    def __repr__(self) -> str:
        """Return a description without secrets."""
        return f"<credential of {self.who} from {self.found_in}>"

    @property
    def who(self) -> str:
        """The user's name, or "token"."""
        return self.username or "token"

    @property
    def secret(self) -> str:
        """The kind of secret and whose it is, for messages."""
        if self.registry_token:
            return f"the registry token from {self.found_in}"
        return f"the password of {self.who} (from {self.found_in})"

    @property
    def is_for_registries(self) -> bool:
        """Whether a registry may get it: identity tokens are for token servers only."""
        return bool(self.registry_token or self.password or not self.identity_token)

    def basic(self, secret: str | None = None) -> str:
        """Return the Authorization value of a user name and password (RFC 7617).

        Args:
            secret: what is sent in place of the password.
        """
        pair = f"{self.username}:{self.password if secret is None else secret}"
        return "Basic " + base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode()


def shown(credential: Credential | None) -> str | None:
    """Return the Authorization value to send to the registry itself; None if there is none."""
    if credential is None or not credential.is_for_registries:
        return None
    if credential.registry_token:
        return f"Bearer {credential.registry_token}"
    return credential.basic()


def password_line(data: bytes) -> str:
    """Return the password that a file or standard input holds, without the end of its line."""
    text = data.removesuffix(b"\n").removesuffix(b"\r")
    return text.decode("utf-8", "surrogateescape")


def password_credential(username: str, password: str, found_in: str) -> Credential:
    """Make a credential of a user name and password.

    Raises:
        UnauthorizedError: the name contains a colon, which Basic authentication does not allow.
    """
    if ":" in username:
        raise UnauthorizedError(
            f"{found_in}: the user name contains a colon, so it cannot be sent",
            code="CREDENTIALS_UNAVAILABLE",
        )
    return Credential(username, password, "", "", found_in)


def is_header_value(text: str) -> bool:
    """Tell whether a token is safe in a header."""
    return _VISIBLE.fullmatch(text) is not None


def origin_of(url: str) -> str:
    """Return the origin of a URL in normal form: scheme, host and port.

    >>> origin_of("https://My.Registry:443/v2/")
    'https://my.registry'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{canonical(parts.netloc, parts.scheme)}"


def login_host(origin: str) -> str:
    """Return the key of an origin's credentials in login files; `docker.io` for Docker Hub.

    Unlike `reference.host_of` it leaves out the default port of either scheme.
    """
    scheme, _, host = origin.partition("://")
    name = canonical(host, scheme)
    return HUB if name in HUB_HOSTS else name


def canonical(host: str, scheme: str) -> str:
    """Return a `host[:port]` in lower case, without final dot and without the default port.

    Two hosts are the same only if these are equal.
    """
    match = _HOST_PORT.fullmatch(host.lower())
    if not match:
        return host.lower()
    name = match[1].removesuffix(".")
    port = match[2]
    return f"{name}:{port}" if port and port != _DEFAULT_PORT.get(scheme) else name
