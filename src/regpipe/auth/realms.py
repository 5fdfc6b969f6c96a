"""Where a registry may send its clients for tokens: the check of a challenge's realm.

A realm is a URL that a server chose, and credentials go there. Which hosts it may name is settled
in regpipe.addresses, for redirects as well.
"""

import re
from urllib.parse import urlsplit

from regpipe.addresses import may_name_realm
from regpipe.errors import ResponseError

_URL = re.compile(r"https?://[\x21-\x7e]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_SECRET_PARTS = re.compile(r"(?<=//)[^/@]*@|[?#].*", re.DOTALL)


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
    if not may_name_realm(own.hostname or "", host):
        raise _refusal(realm, "an address of this machine or network that is not its own")
    return realm


def _refusal(realm: str, why: str) -> ResponseError:
    # Less what may be a password in it.
    place = _SECRET_PARTS.sub("", realm)
    shown = ascii(place if len(place) <= 80 else place[:77] + "...")
    return ResponseError(
        f"the registry says to get a token from {shown}, {why}", code="REALM_REFUSED"
    )
