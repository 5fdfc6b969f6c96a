"""One try: a request sent to where it is meant for, and on to where that leads.

requests itself would read a redirect's whole body first, and keep the credentials on some ways.
"""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from regpipe.addresses import AddressScope, literal_scope, redirect_limit
from regpipe.errors import ConnectionFailedError, ResponseError, TooLargeError
from regpipe.transport import http1, origins
from regpipe.transport.endpoints import Connections, Endpoint, NearbyError
from regpipe.transport.http1 import Reply
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.trace import Trace

_LIMIT = 10
# Bytes a second below which a large answer is given up: the deadline grows with what is allowed.
_SLOWEST = 128 << 10


class Message(NamedTuple):
    """What is asked, the same for each try.

    Attributes:
        method: GET, HEAD, or POST with a form.
        url: where to.
        origin: the URL's.
        headers: whole lines; nothing secret unless the message is `confined`.
        limit: bytes of the answer's body that are read at most.
        is_registry: whether it goes to a registry, so that a client certificate may be shown.
        form: the body of a POST.
        confined: it is for its own origin only, so that a redirect to another is an error.
    """

    method: str
    url: str
    origin: Origin
    headers: str
    limit: int
    is_registry: bool = True
    form: bytes | None = None
    confined: bool = False


class Response(NamedTuple):
    """A successful answer: its status, headers (names in lower case), body and final URL."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Arrival(NamedTuple):
    """The answer that stands at the end of all redirects.

    Attributes:
        reply: it.
        url: what it is the answer to.
        home: whether it is from the origin that was asked, by way of no other.
    """

    reply: Reply
    url: str
    home: bool

    def answer(self) -> Response:
        """Return what others are told of it."""
        return Response(self.reply.status, self.reply.headers, self.reply.body, self.url)

    def elsewhere(self) -> Origin | None:
        """Return the origin that it is from; None if that is the one that was asked."""
        return None if self.home else origins.split(self.url)[0]

    def challenges(self) -> list[str]:
        """Return the values of its WWW-Authenticate headers."""
        value = self.reply.headers.get("www-authenticate")
        return value.split("\n") if value else []

    @property
    def lacks_scope(self) -> bool:
        """Whether the registry itself says that a token was good, but not for this (RFC 6750)."""
        told = self.home and self.reply.status in (401, 403)
        return told and any("insufficient_scope" in one for one in self.challenges())


class Redirects:
    """Sends messages and follows redirects by hand.

    Args:
        connections: the endpoints.
        options: how long to wait.
        trace: is shown what is sent and received.
    """

    def __init__(self, connections: Connections, options: Options, trace: Trace) -> None:
        self._connections = connections
        self._patience = options.timeouts
        self._trace = trace

    def follow(self, message: Message, authorization: str | None = None) -> Arrival:
        """Send a message, and again to wherever the answer leads.

        Args:
            message: it.
            authorization: sent to the message's own origin, and not even there any more once
                another one has led back to it.

        Raises:
            ResponseError: it leads where it must not, or the answer cannot be read.
            Fault, urllib3.exceptions.HTTPError, OSError: there is no answer.
        """
        url, home = message.url, True
        for _ in range(_LIMIT + 1):
            origin, target = origins.split(url)
            home = home and origin == message.origin
            if not home and message.confined:
                raise ResponseError(
                    f"the token server {message.origin.netloc} redirects to {origin.netloc}:"
                    " credentials do not go there"
                )
            headers = message.headers
            if home and authorization:
                headers += header_line("Authorization", authorization)
            endpoint = self._connections.endpoint(origin, is_registry=home and message.is_registry)
            nearest = AddressScope.LOOPBACK if home else self._nearest(message, origin)
            reply = self._send(endpoint, message, target, headers, nearest)
            if reply.status not in http1.REDIRECTS or "location" not in reply.headers:
                return Arrival(_plain(reply, message.limit), url, home)
            if message.form is not None and reply.status not in (307, 308):
                raise ResponseError(f"{origin.netloc} redirects a POST")
            url = origins.redirected(url, reply.headers["location"])
        raise ResponseError(f"redirected more than {_LIMIT} times")

    def ping(self, origin: Origin) -> list[str]:
        """Return the challenges of `/v2/`, for registries that refuse other requests without."""
        arrival = self.follow(compose("GET", f"{origin}/v2/", None, http1.ERROR_LIMIT))
        return arrival.challenges() if arrival.home and arrival.reply.status == 401 else []

    def _send(
        self, endpoint: Endpoint, message: Message, target: str, headers: str, nearest: AddressScope
    ) -> Reply:
        timeouts, limit = self._patience, message.limit
        if limit > 16 << 20:
            timeouts = timeouts._replace(total=max(timeouts.total, limit / _SLOWEST))
        request = endpoint.request(message.method, target, headers, message.form)
        self._trace.request(request)
        try:
            reply = endpoint.exchange(
                request,
                head=message.method == "HEAD",
                limit=limit,
                timeouts=timeouts,
                nearest=nearest,
            )
        except NearbyError as near:
            raise origins.too_near(endpoint.origin, near.reach) from None
        self._trace.reply(reply)
        if reply.status == 407 and endpoint.forwarded:
            raise ConnectionFailedError(
                f"no answer from the proxy on the way to {endpoint.origin.netloc}:"
                " 407 Proxy Authentication Required",
                status=407,
            )
        return reply

    def _nearest(self, message: Message, origin: Origin) -> AddressScope:
        """Return how near a server may be that a message is led to.

        Raises:
            ResponseError: its name says that it is nearer.
        """
        sender = self._connections.endpoint(message.origin, is_registry=message.is_registry)
        nearest = redirect_limit(message.origin.host, sender.reach, origin.host)
        named = literal_scope(origin.host)
        if named is not None and named > nearest:
            raise origins.too_near(origin, named)
        return nearest


def compose(method: str, url: str, headers: Mapping[str, str] | None, limit: int) -> Message:
    """Return a message to a registry; without headers any type of answer will do."""
    given = headers or {"Accept": "*/*"}
    lines = [header_line(name, value) for name, value in given.items()]
    return Message(method, url, origins.split(url)[0], "".join(lines), limit)


def header_line(name: str, value: str) -> str:
    """Return a header's line.

    Raises:
        ResponseError: the value would end the header, and start another one.
    """
    if not value.isascii() or not value.isprintable():
        raise ResponseError("a token or credential has characters that no header may have")
    return f"{name}: {value}\r\n"


def _plain(reply: Reply, limit: int) -> Reply:
    """Undo a compression that was not asked for; Red Hat's registry gzips configs regardless.

    Raises:
        ResponseError: it is another one than gzip, or several, or broken.
        TooLargeError: the result has more than `limit` bytes.
    """
    encoding = reply.headers.get("content-encoding", "identity").lower()
    if encoding in ("identity", "") or not reply.body:
        return reply
    if reply.status >= 300:  # an error's words are not worth the risk
        return reply._replace(body=b"")
    if encoding not in ("gzip", "x-gzip"):
        raise ResponseError(f"the answer has an encoding that nobody asked for: {ascii(encoding)}")
    unzip = zlib.decompressobj(wbits=31)
    try:
        body = unzip.decompress(reply.body, limit + 1)
    except zlib.error as error:
        raise ResponseError(f"the answer's compression is broken: {error}") from error
    if len(body) > limit:
        raise TooLargeError(f"the answer has more than {limit} bytes")
    if not unzip.eof or unzip.unused_data:
        raise ResponseError("the answer's compression is cut short")
    return reply._replace(body=body)
