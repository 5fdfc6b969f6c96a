"""The reader of HTTP responses, and what decodes their bodies.

The first byte says how the rest arrives and what is asked for.
"""

import gzip
from collections.abc import Iterable

from fuzz.judge import told
from regpipe.errors import RegpipeError
from regpipe.transport import bounds, http1
from regpipe.transport.encodings import decoded
from regpipe.transport.reader import ExchangeError, Timeouts

LIMIT = 4096
TOKENS = (
    b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"0\r\n\r\n",
    b"ffffffff\r\n",
)


def seeds() -> Iterable[bytes]:
    """Yield whole responses of each kind."""
    body = b'{"name":"team/app","tags":["v1"]}'
    packed = gzip.compress(body, mtime=0)
    yield b"\x00HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n" + body
    yield (
        b"\x01HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n21\r\n" + body + b"\r\n0\r\n\r\n"
    )
    yield b"\x02HTTP/1.0 404 Not Found\r\nContent-Type: application/json\r\n\r\n" + body
    yield (
        b"\x00HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    ) + packed
    yield b"\x00HTTP/1.1 307 X\r\nLocation: https://b/c\r\nContent-Length: 0\r\n\r\n"
    yield b"\x04HTTP/1.1 304 Not Modified\r\nEtag: x\r\n\r\n"


class _Connection:
    """A socket whose other side has sent some bytes and closed."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self._data = data
        self._at_once = at_once
        self.taken = 0

    def settimeout(self, _seconds: float, /) -> None:
        """Do nothing: there is no waiting."""

    def sendall(self, _data: bytes, /) -> None:
        """Do nothing: the response is there already."""

    def recv(self, size: int, /) -> bytes:
        """Return the next bytes."""
        piece = self._data[self.taken : self.taken + min(size, self._at_once)]
        self.taken += len(piece)
        return piece


def check(data: bytes) -> None:
    """Read a response: it is whole and within the limits, or there is one kind of error."""
    how = data[0] if data else 0
    connection = _Connection(data[1:], (65536, 1, 7, 100)[how & 3])
    try:
        response = http1.exchange(
            connection,
            b"GET",
            head=bool(how & 4),
            limit=LIMIT,
            timeouts=Timeouts(),
        )
    except ExchangeError as error:
        if not str(error).isprintable():
            raise
        return
    assert len(response.body) <= max(LIMIT, bounds.ERROR)
    assert response.status >= 200
    assert all(name == name.lower() and "\n" not in name for name in response.headers)
    if response.status == 200:
        assert len(response.body) <= LIMIT
    try:
        assert len(decoded(response, LIMIT).body) <= max(LIMIT, len(response.body))
    except RegpipeError as error:
        told(error)
