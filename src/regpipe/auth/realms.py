"""The check of a challenge's realm: where a registry may send its clients for tokens.

A realm is a URL chosen by a server, and credentials are sent there. regpipe.addresses decides
which hosts it may name, as for redirects.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from regpipe.addresses import may_name_realm
from regpipe.errors import ResponseError

_URL = re.compile(r"https?://[\x21-\x7e]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_SECRET_PARTS = re.compile(r"(?<=//)[^/@]*@|[?#].*", re.DOTALL)


@lru_cache(maxsize=64)  # it is checked for each request
def check_realm(realm: str, registry: str) -> str:
    """Return the realm, if a token may be requested there.

    Args:
        realm: the URL of the token server in the challenge.
        registry: the registry's origin.

    Raises:
        ResponseError: the realm is not a plain http(s) URL, or http although the registry is
            https, or an address of this machine or network other than the registry's.
    """
    if not _URL.fullmatch(realm) or "\\" in realm:
        raise _refusal(realm, "which is not a valid URL")
    try:
        parts = urlsplit(realm)
        port_is_valid = parts.port != 0
    except ValueError:
        raise _refusal(realm, "which is not a valid URL") from None
    host = (parts.hostname or "").lower()
    shown = f"[{host}]" if ":" in host else host
    if "@" in parts.netloc or not _HOST.fullmatch(shown) or not port_is_valid:
        raise _refusal(realm, "which is not a plain URL")
    own = urlsplit(registry)
    if own.scheme == "https" and parts.scheme != "https":
        raise _refusal(realm, "which is http, although the registry is https")
    if not may_name_realm(own.hostname or "", host):
        raise _refusal(realm, "an address of this machine or network other than the registry's")
    return realm


def _refusal(realm: str, why: str) -> ResponseError:
    # Without what may be a password.
    place = _SECRET_PARTS.sub("", realm)
    shown = ascii(place if len(place) <= 80 else place[:77] + "...")
    return ResponseError(
        f"the registry's token server (realm) is refused: {shown}, {why}", code="REALM_REFUSED"
    )
