"""HTTP/1.1 on an open connection: one request out, one answer in, under limits and a deadline.

urllib3 opens and keeps the connections; what goes over them is written and read here, for two
reasons. A deadline for a whole answer can only be kept by whoever waits for each piece of it: read
timeouts alone let a server send one byte every few seconds for ever. And it costs a sixth of the
processor time of http.client and urllib3's response together, which parse headers as mail.

Whatever does not follow RFC 9112 to the letter is an error, and ends the connection.
"""

import re
import time
from typing import NamedTuple, Protocol

HEAD_LIMIT = 64 << 10
"""Bytes of an answer's status line and headers that are read at most."""
ERROR_LIMIT = 64 << 10
"""Bytes of an error's body that are read at most; more is cut off."""
DRAIN_LIMIT = 4 << 10
"""Bytes of a redirect's body that are skipped to keep the connection; of more none is read."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CHUNK = 64 << 10
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_INFORMATIONAL_LIMIT = 8


class Connection(Protocol):
    """What is needed of a socket, TLS or not."""

    def settimeout(self, seconds: float, /) -> None:
        """Set how long `recv` and `sendall` may block."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes; none if the other side has closed."""


class Patience(NamedTuple):
    """How long to wait, in seconds: to connect, for the first byte, between bytes, and in all."""

    connect: float = 10.0
    first: float = 30.0
    stall: float = 10.0
    total: float = 120.0


class Reply(NamedTuple):
    """An answer as it came: names of headers in lower case, values of repeated ones joined.

    Values are joined by `, `, those of `www-authenticate` by newlines: a comma there may as well
    stand between the parts of one challenge.
    """

    status: int
    status_line: str
    headers: dict[str, str]
    body: bytes
    reusable: bool
    """Whether the connection may carry another request."""


class Fault(Exception):  # noqa: N818 -- it is what went wrong on the wire, caught within transport
    """An exchange that came to no answer.

    Attributes:
        untouched: the other side closed before a single byte of an answer, as it does when a kept
            connection has run out; asking once more on a new one is no retry.
        retry: whether asking again may help.
        oversized: the answer passed its limit.
        silent: nothing at all came in the time that was given.
    """

    def __init__(
        self,
        message: str,
        *,
        untouched: bool = False,
        retry: bool = True,
        oversized: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(message)
        self.untouched = untouched
        self.retry = retry
        self.oversized = oversized
        self.silent = silent


def exchange(
    connection: Connection, request: bytes, *, head: bool, limit: int, patience: Patience
) -> Reply:
    """Send one request and read its answer.

    Args:
        connection: where to; must be closed by the caller unless the answer says `reusable`.
        request: the whole request.
        head: whether it is a HEAD, whose answer has no body.
        limit: bytes of a successful answer's body that are read at most.
        patience: how long to wait.

    Raises:
        Fault: there is no whole answer, or none that follows the protocol.
    """
    reader = _Reader(connection, patience)
    reader.send(request)
    for _ in range(_INFORMATIONAL_LIMIT):
        status, version, line, headers = _read_head(reader)
        if status >= 200:
            break
    else:
        raise Fault("the answer does not begin")
    reader.in_body()
    keep = version == 1 and "close" not in headers.get("connection", "").lower()
    if head or status in (204, 304):
        return Reply(status, line, headers, b"", keep and not reader.buffer)
    body, whole = _read_body(reader, status, headers, limit)
    return Reply(status, line, headers, body, keep and whole and not reader.buffer)


class _Reader:
    """The bytes of one answer, waited for no longer than allowed."""

    __slots__ = ("_connection", "_deadline", "_patience", "_set", "_started", "_wait", "buffer")

    def __init__(self, connection: Connection, patience: Patience) -> None:
        self._connection = connection
        self._patience = patience
        self._deadline = time.monotonic() + patience.total
        self._wait = patience.first
        self._set = 0.0
        self._started = False
        self.buffer = b""

    def send(self, request: bytes) -> None:
        try:
            self._connection.settimeout(self._wait)
            self._connection.sendall(request)
        except TimeoutError:
            raise Fault("the registry does not take the request", silent=True) from None
        except OSError as error:
            raise Fault(f"the connection broke: {_reason(error)}", untouched=True) from error

    def in_body(self) -> None:
        """The head is there: from now on a pause is a stall."""
        self._wait = min(self._wait, self._patience.stall)

    def more(self) -> bytes:
        """Return the next bytes; none at the end of the stream."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Fault(f"the answer took more than {self._patience.total:g} s", retry=False)
        try:
            self._connection.settimeout(min(self._wait, left))
            data = self._connection.recv(_CHUNK)
        except TimeoutError:
            if self._wait >= left:
                raise Fault(
                    f"the answer took more than {self._patience.total:g} s", retry=False
                ) from None
            if self._started:
                raise Fault(f"the answer stopped half-way for {self._wait:g} s") from None
            raise Fault(f"nothing came for {self._wait:g} s", silent=True) from None
        except OSError as error:
            raise Fault(
                f"the connection broke: {_reason(error)}", untouched=not self._started
            ) from error
        if data:
            self._started = True
        elif not self._started:
            raise Fault("the connection was closed before an answer", untouched=True)
        return data

    def until(self, mark: bytes, limit: int) -> bytes:
        """Take the bytes up to a mark, and the mark itself off."""
        at = self.buffer.find(mark)
        while at < 0:
            if len(self.buffer) > limit:
                raise Fault("the answer's headers have no end", retry=False, oversized=True)
            data = self.more()
            if not data:
                raise Fault("the connection was closed half-way through an answer")
            searched = max(0, len(self.buffer) - len(mark) + 1)
            self.buffer += data
            at = self.buffer.find(mark, searched)
        taken, self.buffer = self.buffer[:at], self.buffer[at + len(mark) :]
        return taken

    def exactly(self, count: int) -> bytes:
        """Take that many bytes."""
        held = len(self.buffer)
        if held < count:
            pieces = [self.buffer]
            while held < count:
                data = self.more()
                if not data:
                    raise Fault(f"the connection was closed after {held} of {count} bytes")
                pieces.append(data)
                held += len(data)
            self.buffer = b"".join(pieces)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self, limit: int) -> bytes:
        """Take what comes until the end of the stream, a byte past the limit at most."""
        pieces, held = [self.buffer], len(self.buffer)
        while held <= limit:
            data = self.more()
            if not data:
                break
            pieces.append(data)
            held += len(data)
        self.buffer = b""
        return b"".join(pieces)[: limit + 1]


def _read_head(reader: _Reader) -> tuple[int, int, str, dict[str, str]]:
    first, _, rest = reader.until(b"\r\n\r\n", HEAD_LIMIT).partition(b"\r\n")
    match = _STATUS_LINE.fullmatch(first)
    if not match:
        raise Fault(_no_http(first), retry=False)
    headers: dict[str, str] = {}
    for line in rest.decode("latin-1").split("\r\n") if rest else ():
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name) or "\n" in value or "\r" in value:
            raise Fault("the answer has a malformed header", retry=False)
        key, text = name.lower(), value.strip(" \t")
        if key in headers:
            joint = "\n" if key == "www-authenticate" else ", "
            text = headers[key] + joint + text
        headers[key] = text
    return int(match[2]), int(match[1]), first.decode("latin-1"), headers


def _no_http(first: bytes) -> str:
    if first[:2] == b"\x15\x03":  # a TLS alert
        return "this is an https registry: write https:// in front of its name"
    return "this is no web server: its answer is not HTTP"


def _read_body(
    reader: _Reader, status: int, headers: dict[str, str], limit: int
) -> tuple[bytes, bool]:
    """Return the body, and whether all of it was taken off the connection."""
    length = _length(headers)
    if status in REDIRECTS:
        if length is None or length > DRAIN_LIMIT:
            return b"", False
        return reader.exactly(length), True
    strict = 200 <= status < 300
    if not strict:
        limit = ERROR_LIMIT
    if "transfer-encoding" in headers:
        if headers["transfer-encoding"].lower() != "chunked":
            raise Fault("the answer has an unknown transfer encoding", retry=False)
        body, whole = _dechunked(reader, limit)
        # RFC 9112, 6.1: where there is a length besides, someone is confused or means harm.
        whole = whole and "content-length" not in headers
    elif length is None:
        body, whole = reader.rest(limit), False
    elif length > limit:
        body, whole = (b"" if strict else reader.exactly(limit)), False
    else:
        return reader.exactly(length), True
    if strict and (len(body) > limit or (length or 0) > limit):
        raise Fault(f"the answer has more than {limit} bytes", retry=False, oversized=True)
    return body[:limit], whole


def _length(headers: dict[str, str]) -> int | None:
    text = headers.get("content-length")
    if text is None:
        return None
    if not _LENGTH.fullmatch(text):
        raise Fault("the answer has a malformed length", retry=False)
    return int(text)


def _dechunked(reader: _Reader, limit: int) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    held = 0
    while True:
        match = _CHUNK_SIZE.fullmatch(reader.until(b"\r\n", 256))
        if not match:
            raise Fault("the answer has a malformed chunk", retry=False)
        size = int(match[1], 16)
        if size == 0:
            break
        if held + size > limit:
            return b"".join(pieces) + reader.exactly(limit + 1 - held), False
        pieces.append(reader.exactly(size))
        held += size
        if reader.exactly(2) != b"\r\n":
            raise Fault("the answer has a malformed chunk", retry=False)
    while reader.until(b"\r\n", HEAD_LIMIT):
        pass  # trailers; nothing in them is wanted
    return b"".join(pieces), True


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
