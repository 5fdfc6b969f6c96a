"""The challenges in WWW-Authenticate headers, parsed into plain data."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from regpipe.errors import UnauthorizedError

HEADER_LIMIT = 16 << 10
"""The most characters of a response's WWW-Authenticate headers that are parsed."""

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_GAP = re.compile(r"[\s,]*")
_PARAMETER = re.compile(rf'({_NAME})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=][^\s,"]*))')
_SCHEME = re.compile(rf"({_NAME})(?=[ \t,]|$)[ \t]*")
# Some schemes have this in place of parameters: `Negotiate YII=`.
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")
# An unclosed quoted string lasts to the end: to look for another reading takes quadratic time.
_REST = re.compile(r'(?:"(?:[^"\\]|\\[\s\S])*(?:"|\\?\Z)|[^,"])*')
_ESCAPED = re.compile(r"\\(.)")


class Challenge(NamedTuple):
    """One challenge: an authentication scheme and its parameters.

    Attributes:
        scheme: in lower case: `basic`, `bearer`, or one that is not supported.
        parameters: by name in lower case; the first of repeated ones.
    """

    scheme: str
    parameters: dict[str, str]

    @property
    def realm(self) -> str:
        """The URL of the token server (Bearer), or a description (Basic)."""
        return self.parameters.get("realm", "")

    @property
    def service(self) -> str:
        """The registry's name at the token server."""
        return self.parameters.get("service", "")

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the request needs; may be empty."""
        return tuple(dict.fromkeys(self.parameters.get("scope", "").split()))

    @property
    def is_for_scope(self) -> bool:
        """Whether a token is valid, but lacks the scope (RFC 6750, "Error Codes")."""
        return self.parameters.get("error") == "insufficient_scope"

    @property
    def lasting(self) -> "Challenge":
        """The challenge without what is about one request only: its scope and error."""
        return Challenge(self.scheme, {"realm": self.realm, "service": self.service})


def parse(headers: Iterable[str]) -> list[Challenge]:
    """Parse the challenges of a response (RFC 9110, "WWW-Authenticate").

    Args:
        headers: every WWW-Authenticate header's value; each may hold several challenges, and
            quoted values may hold commas.

    Returns:
        The challenges in their order. What does not follow the grammar is skipped.
    """
    text = ", ".join(headers)[:HEADER_LIMIT]
    found: list[Challenge] = []
    at = 0
    while at < len(text):
        at = _end(_GAP.match(text, at), at)
        if parameter := _PARAMETER.match(text, at):
            name, quoted, plain = parameter.groups()
            if found:
                value = plain if quoted is None else _ESCAPED.sub(r"\1", quoted)
                found[-1].parameters.setdefault(name.lower(), value)
            at = parameter.end()
        elif scheme := _SCHEME.match(text, at):
            found.append(Challenge(scheme[1].lower(), {}))
            at = scheme.end()
            if not _PARAMETER.match(text, at):
                at = _end(_TOKEN68.match(text, at), at)
        else:
            at = max(_end(_REST.match(text, at), at), at + 1)
    return found


def preferred(offered: list[Challenge]) -> Challenge | None:
    """Return the preferred challenge: the first with a token server, else Basic, else None."""
    ranked = [one for one in offered if one.scheme == "bearer" and one.realm]
    ranked += [one for one in offered if one.scheme == "basic"]
    return ranked[0] if ranked else None


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise


def choose(offered: list[Challenge], known: Challenge | None, sent: str | None) -> Challenge | None:
    """Choose among the challenges of a response of 401.

    Args:
        offered: its challenges.
        known: the challenge of earlier requests of this kind, if any.
        sent: the rejected Authorization value, if any.

    Raises:
        UnauthorizedError: there are some, but none that regpipe supports.
    """
    way = preferred(offered)
    had_token = known is not None and known.scheme == "bearer" and (sent or "").startswith("Bearer")
    if had_token and not (way and way.scheme == "bearer"):
        # When a token has expired, Harbor sends a Basic challenge, and others send none.
        return known
    if way is None and offered:
        names = ", ".join(dict.fromkeys(one.scheme for one in offered))[:80]
        why = f"requires {ascii(names)[1:-1]} authentication, which regpipe does not support"
        if any(one.scheme == "bearer" for one in offered):
            why = "requires a token, but its challenge names no token server (realm)"
        raise UnauthorizedError(f"the registry {why}", status=401)
    return way
