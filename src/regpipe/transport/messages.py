"""A request, the response to it, and what an attempt to send it gave."""

from collections.abc import Mapping
from typing import NamedTuple

from regpipe.errors import ResponseError
from regpipe.transport import origins
from regpipe.transport.origins import Origin


class Request:
    """What is sent, the same for each attempt.

    Args:
        method: GET, HEAD, or POST with a form.
        url: where to.
        headers: besides the client's own; nothing secret unless the request is `confined`.
        limit: bytes of the response's body that are read at most.
        form: the body of a POST.

    Attributes:
        digest: what the body should have; None if it is not known.
        is_registry: whether it goes to a registry, so that a client certificate may be shown.
        named_by: the registry that named the URL, for its token server; None if the user did.
        confined: whether it is for its own origin only, so that a redirect to another is an error.
        optional: whether the run can do without, so that no other credentials are tried.
        anonymous: whether it is sent without credentials.
        origin: the URL's.
        lines: the headers as they are sent.
    """

    # Not a dataclass: loading that module takes 5 of 100 of the start.

    digest: str | None = None
    is_registry = True
    named_by: Origin | None = None
    confined = False
    optional = False
    anonymous = False

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        limit: int = 0,
        form: bytes | None = None,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers or {"Accept": "*/*"}
        self.limit = limit
        self.form = form
        self.origin = origins.split(url)[0]
        self.lines = "".join(header_line(name, value) for name, value in self.headers.items())


class Response(NamedTuple):
    """A response.

    Attributes:
        status: its status code.
        headers: by name in lower case. The values of repeated headers are joined by `, `, those of
            WWW-Authenticate by newlines: a comma there may also stand within one challenge.
        body: its body, decoded.
        url: what it is the response to, at the end of all redirects.
        status_line: its first line.
        reusable: whether the connection may carry another request.
        elsewhere: the origin that it is from, where a redirect led away from the requested one.
        seconds: from the end of the request to the end of its head.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    status_line: str = ""
    reusable: bool = False
    elsewhere: Origin | None = None
    seconds: float = 0.0

    def challenges(self) -> list[str]:
        """Return the values of its WWW-Authenticate headers (RFC 9110, 11.6.1)."""
        value = self.headers.get("www-authenticate")
        return value.split("\n") if value else []

    @property
    def refuses(self) -> bool:
        """Whether the registry itself, not one that it redirected to, denies access."""
        return self.elsewhere is None and self.status in (401, 403)

    @property
    def lacks_scope(self) -> bool:
        """Whether the registry reports a valid token that is not for this (RFC 6750, 3.1)."""
        return self.refuses and any("insufficient_scope" in one for one in self.challenges())


class Attempt(NamedTuple):
    """A response with what was known of the user.

    Attributes:
        response: the response.
        sent: the Authorization value that it was sent for; None if there was none.
        tried: how often and how long it was tried, if that was to no avail; else empty.
    """

    response: Response
    sent: str | None = None
    tried: str = ""


def header_line(name: str, value: str) -> str:
    """Return a header's line.

    Raises:
        ResponseError: the value would end the header and start another one.
    """
    if not value.isascii() or not value.isprintable():
        raise ResponseError("a token or credential has characters that are not allowed in a header")
    return f"{name}: {value}\r\n"
