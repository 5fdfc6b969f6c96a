"""Where credentials are sent: to the registry, or to the token server that its challenge names.

The realm of a challenge is a URL chosen by a server. Here it is checked what it is; how near the
token server may be is checked where the connection to it is made, as for redirects.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from regpipe.addresses import is_disguised, is_loopback
from regpipe.auth.challenges import Challenge
from regpipe.auth.credential import Credential, login_host
from regpipe.errors import ResponseError, UnauthorizedError

_URL = re.compile(r"https?://[\x21-\x7e]+", re.IGNORECASE)
_NETLOC = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
_SECRET_PARTS = re.compile(r"(?<=//)[^/@]*@|[?#].*", re.DOTALL)


def is_exchange(way: Challenge, credential: Credential | None) -> bool:
    """Tell whether a token must be requested, rather than a secret sent as it is."""
    return way.scheme == "bearer" and not (credential and credential.registry_token)


def place_of(way: Challenge, registry: str, credential: Credential | None) -> str:
    """Return the URL that a credential, or a request for a token without one, is to be sent to.

    Args:
        way: the registry's challenge.
        registry: its origin.
        credential: the credential for it, if any.

    Raises:
        ResponseError: a token is needed, and the realm is refused.
    """
    return check_realm(way.realm, registry) if is_exchange(way, credential) else registry


def check_encrypted(place: str, registry: str, *, plain_http: bool, proxy: str) -> None:
    """Check that nobody on the way can read a credential.

    Args:
        place: the URL that it is to be sent to.
        registry: the origin of the registry that it is for.
        plain_http: whether the user allows it unencrypted.
        proxy: the proxy on the way there that is sent plain HTTP; empty without one.

    Raises:
        UnauthorizedError: it would be sent unencrypted by way of a proxy, or, unless the user
            allows it, to another machine.
    """
    parts = urlsplit(place)
    if parts.scheme == "https" or (is_loopback(parts.hostname or "") and not proxy):
        return
    host = login_host(registry)
    if proxy:
        to, advice = f"the proxy {proxy}", f"put {parts.hostname} into $NO_PROXY, or use https"
    elif plain_http:
        return
    else:
        to, advice = ascii(parts.netloc), "--plain-http allows it"
    raise UnauthorizedError(
        f"the password for {host} would be sent unencrypted to {to}; {advice}",
        code="CREDENTIALS_WITHHELD",
    )


@lru_cache(maxsize=64)  # it is checked for each request
def check_realm(realm: str, registry: str) -> str:
    """Return the realm, if a token may be requested there.

    Args:
        realm: the URL of the token server in the challenge.
        registry: the registry's origin.

    Raises:
        ResponseError: the realm is not a plain http(s) URL, or http although the registry is
            https.
    """
    if not _URL.fullmatch(realm) or "\\" in realm:
        raise _refusal(realm, "which is not a valid URL")
    try:
        parts = urlsplit(realm)
        port_is_valid = parts.port != 0
    except ValueError:
        raise _refusal(realm, "which is not a valid URL") from None
    is_plain = _NETLOC.fullmatch(parts.netloc) and port_is_valid
    if not is_plain or is_disguised(parts.hostname or ""):
        raise _refusal(realm, "which is not a plain URL")
    own = urlsplit(registry)
    if own.scheme == "https" and parts.scheme != "https":
        raise _refusal(realm, "which is http, although the registry is https")
    return realm


def _refusal(realm: str, why: str) -> ResponseError:
    # Without what may be a password.
    place = _SECRET_PARTS.sub("", realm)
    shown = ascii(place if len(place) <= 80 else place[:77] + "...")
    return ResponseError(
        f"the registry's token server (realm) is refused: {shown}, {why}", code="REALM_REFUSED"
    )
