"""What a scripted server sends: replies, good and broken, and how they are put on the wire."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """One response, and how its sending goes.

    Without `Content-Length` or `Transfer-Encoding` among the headers the right length is added.
    """

    status: int = 200
    body: bytes = b""
    headers: Headers = ()
    delay: float = 0.0
    """Seconds before the first byte."""
    sent: int | None = None
    """How many bytes of the body are really sent; all of them, if None."""
    then: Literal["keep", "close", "reset", "stall"] = "keep"
    """What becomes of the connection after that."""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Sent chunked in place of the body."""
    raw: bytes | None = None
    """Sent in place of everything, status line and all."""

    def plus(self, **headers: str) -> "Reply":
        """The same with more headers; `_` in a name stands for `-`."""
        more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return replace(self, headers=self.headers + more)

    def without(self, *names: str) -> "Reply":
        """The same less some headers."""
        gone = {name.lower() for name in names}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in gone)
        return replace(self, headers=kept)


@dataclass
class Request:
    """One request as a scripted server got it."""

    method: str
    target: str
    headers: dict[str, str]
    """By lower-case name; repeated ones joined with commas."""
    body: bytes = b""
    connection: int = 0
    """Which of the server's connections it came by."""
    ordinary: "Callable[[], Reply]" = field(default=Reply, repr=False)
    """What the server's content would send, for handlers that change just a bit of that."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target's query."""
        return self.target.partition("?")[2]


Handler = Callable[[Request], Reply | None]
Response = Reply | Handler | None
PASS: Response = None
"""Leaves the request to whatever else would send it."""


def json_reply(document: object, status: int = 200, type_: str = "application/json") -> Reply:
    """A JSON document."""
    body = json.dumps(document, separators=(",", ":")).encode()
    return Reply(status, body, (("Content-Type", type_),))


def error(status: int, code: str = "UNKNOWN", message: str = "", detail: object = None) -> Reply:
    """An error in the distribution specification's form."""
    return json_reply({"errors": [{"code": code, "message": message, "detail": detail}]}, status)


def not_found(code: str = "NAME_UNKNOWN", message: str = "unknown to registry") -> Reply:
    """A 404 in the distribution specification's form."""
    return error(404, code, message)


def html(status: int = 200, text: str = "<html><h1>Welcome</h1></html>") -> Reply:
    """A page for people, as captive portals and load balancers give."""
    return Reply(status, text.encode(), (("Content-Type", "text/html; charset=utf-8"),))


def redirect(location: str, status: int = 307) -> Reply:
    """A redirect."""
    return Reply(status, headers=(("Location", location),))


def unauthorized(*challenges: str, code: str = "UNAUTHORIZED") -> Reply:
    """A 401 with these WWW-Authenticate headers."""
    headers = tuple(("WWW-Authenticate", challenge) for challenge in challenges)
    reply = error(401, code, "authentication required")
    return replace(reply, headers=reply.headers + headers)


def too_many(retry_after: str | None = None) -> Reply:
    """A 429, with Retry-After if given: seconds, or a date."""
    reply = error(429, "TOOMANYREQUESTS", "slow down")
    return reply if retry_after is None else reply.plus(Retry_After=retry_after)


# Broken responses. Those that need the ordinary response to break it are handlers.

RESET = Reply(raw=b"", then="reset")
"""The connection is reset before any response."""
CLOSED = Reply(raw=b"", then="close")
"""The connection is closed before any response."""
SILENT = Reply(raw=b"", then="stall")
"""The connection stays open and nothing comes."""


def reset_in_body(request: Request) -> Reply:
    """Half of the body, then a reset."""
    return _cut(request, "reset")


def short_body(request: Request) -> Reply:
    """Half of the body, then an orderly close."""
    return _cut(request, "close")


def stalled_body(request: Request) -> Reply:
    """Half of the body, then nothing more on an open connection."""
    return _cut(request, "stall")


def slow(seconds: float) -> Handler:
    """The ordinary response, late."""
    return lambda request: replace(request.ordinary(), delay=seconds)


def endless(chunk: bytes = b" " * 65536, start: bytes = b"") -> Reply:
    """A body that never ends."""

    def chunks() -> Iterator[bytes]:
        yield start or chunk
        while True:
            yield chunk

    return Reply(headers=(("Content-Type", "application/json"),), stream=chunks)


def _cut(request: Request, then: Literal["close", "reset", "stall"]) -> Reply:
    reply = request.ordinary()
    return replace(reply, sent=len(reply.body) // 2, then=then)
