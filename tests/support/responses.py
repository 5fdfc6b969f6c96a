"""The responses that a scripted server sends, valid and broken, and how they are sent."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Response:
    """One response, and how it is sent.

    `Content-Length` is added, unless the headers have that or `Transfer-Encoding`.
    """

    status: int = 200
    body: bytes = b""
    headers: Headers = ()
    delay: float = 0.0
    """Seconds before the first byte."""
    sent: int | None = None
    """The number of body bytes that are sent; None: all of them."""
    then: Literal["keep", "close", "reset", "stall"] = "keep"
    """What happens to the connection after that."""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Sent with chunked encoding instead of the body."""
    raw: bytes | None = None
    """Sent instead of everything, including the status line."""

    def plus(self, **headers: str) -> "Response":
        """Return the same with more headers; `_` in a name stands for `-`."""
        more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return replace(self, headers=self.headers + more)

    def without(self, *names: str) -> "Response":
        """Return the same without these headers."""
        gone = {name.lower() for name in names}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in gone)
        return replace(self, headers=kept)


@dataclass
class Request:
    """One request as a scripted server received it."""

    method: str
    target: str
    headers: dict[str, str]
    """By lower-case name; repeated ones joined with commas."""
    body: bytes = b""
    connection: int = 0
    """The number of the connection that it came through."""
    ordinary: "Callable[[], Response]" = field(default=Response, repr=False)
    """Returns the response of the server's content, for handlers that only change a part of it."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target's query."""
        return self.target.partition("?")[2]


Handler = Callable[[Request], Response | None]
Responder = Response | Handler | None
PASS: Responder = None
"""Leaves the request to the other routes and the content."""


def json_response(document: object, status: int = 200, type_: str = "application/json") -> Response:
    """Return a JSON document."""
    body = json.dumps(document, separators=(",", ":")).encode()
    return Response(status, body, (("Content-Type", type_),))


def error(status: int, code: str = "UNKNOWN", message: str = "", detail: object = None) -> Response:
    """Return an error in the form of the distribution specification."""
    return json_response({"errors": [{"code": code, "message": message, "detail": detail}]}, status)


def not_found(code: str = "NAME_UNKNOWN", message: str = "unknown to registry") -> Response:
    """Return a 404 in the form of the distribution specification."""
    return error(404, code, message)


def html(status: int = 200, text: str = "<html><h1>Welcome</h1></html>") -> Response:
    """Return a web page, as captive portals and load balancers send it."""
    return Response(status, text.encode(), (("Content-Type", "text/html; charset=utf-8"),))


def redirect(location: str, status: int = 307) -> Response:
    """Return a redirect."""
    return Response(status, headers=(("Location", location),))


def unauthorized(*challenges: str, code: str = "UNAUTHORIZED") -> Response:
    """Return a 401 with these WWW-Authenticate headers."""
    headers = tuple(("WWW-Authenticate", challenge) for challenge in challenges)
    response = error(401, code, "authentication required")
    return replace(response, headers=response.headers + headers)


def too_many(retry_after: str | None = None) -> Response:
    """Return a 429, with Retry-After (seconds or a date) if given."""
    response = error(429, "TOOMANYREQUESTS", "slow down")
    return response if retry_after is None else response.plus(Retry_After=retry_after)


# Broken responses. Those that break the ordinary response are handlers.

RESET = Response(raw=b"", then="reset")
"""The connection is reset before any response."""
CLOSED = Response(raw=b"", then="close")
"""The connection is closed before any response."""
SILENT = Response(raw=b"", then="stall")
"""The connection stays open without a response."""


def reset_in_body(request: Request) -> Response:
    """Send half of the body, then reset the connection."""
    return _cut(request, "reset")


def short_body(request: Request) -> Response:
    """Send half of the body, then close the connection."""
    return _cut(request, "close")


def stalled_body(request: Request) -> Response:
    """Send half of the body, then nothing more on the open connection."""
    return _cut(request, "stall")


def slow(seconds: float) -> Handler:
    """Send the ordinary response after some seconds."""
    return lambda request: replace(request.ordinary(), delay=seconds)


def endless(chunk: bytes = b" " * 65536, start: bytes = b"") -> Response:
    """Return a response whose body never ends."""

    def chunks() -> Iterator[bytes]:
        yield start or chunk
        while True:
            yield chunk

    return Response(headers=(("Content-Type", "application/json"),), stream=chunks)


def _cut(request: Request, then: Literal["close", "reset", "stall"]) -> Response:
    response = request.ordinary()
    return replace(response, sent=len(response.body) // 2, then=then)
