"""HTTP/1.1 on an open connection: one request and its response, under limits and a deadline.

urllib3 opens and keeps the connections; what they carry is written and read here, for two
reasons. urllib3 has read timeouts but no deadline for a whole response, so that a server can hold a
client for ever with one byte every few seconds. And this costs a sixth of the processor time of
http.client and urllib3's response together, which parse headers as mail.

A response that does not follow RFC 9112 to the letter is an error, and ends the connection.
"""

import re
import time

from regpipe.system.budget import claim
from regpipe.transport import bounds
from regpipe.transport.messages import Response
from regpipe.transport.reader import Connection, ExchangeError, Reader, Timeouts

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The statuses of redirects."""

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,19}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_TLS_ALERT = b"\x15\x03"


def exchange(
    connection: Connection, request: bytes, *, head: bool, limit: int, timeouts: Timeouts
) -> Response:
    """Send one request and read its response.

    Args:
        connection: where to; must be closed by the caller unless the response is `reusable`.
        request: the whole request.
        head: whether it is a HEAD, whose response has no body.
        limit: bytes of a successful response's body that are read at most.
        timeouts: how long to wait.

    Raises:
        ExchangeError: the response is not whole, or does not follow the protocol.
    """
    reader = Reader(connection, timeouts)
    reader.send(request)
    sent = time.monotonic()
    status, version, line, headers = _final_head(reader)
    seconds = time.monotonic() - sent
    reader.in_body()
    keep = version == 1 and "close" not in headers.get("connection", "").lower()
    body, whole = b"", True
    if not (head or status in (204, 304)):
        body, whole = _read_body(reader, status, headers, limit)
    reusable = keep and whole and not reader.ahead
    return Response(status, headers, body, status_line=line, reusable=reusable, seconds=seconds)


def tunnel(connection: Connection, request: bytes, timeouts: Timeouts) -> Response:
    """Send a CONNECT to a proxy and read its response (RFC 9110, 9.3.6).

    Args:
        connection: to the proxy; to the origin, if the response is successful.
        request: the whole request.
        timeouts: how long to wait.

    Raises:
        ExchangeError: as `exchange`, or the proxy sends more than the response.
    """
    reader = Reader(connection, timeouts)
    reader.send(request)
    status, _, line, headers = _final_head(reader)
    if not 200 <= status < 300:
        body, _ = _read_body(reader, status, headers, 0)
        return Response(status, headers, body, status_line=line)
    if reader.ahead:
        raise ExchangeError("bytes follow the response to CONNECT", retryable=False)
    return Response(status, headers, b"", status_line=line)


def _final_head(reader: Reader) -> tuple[int, int, str, dict[str, str]]:
    """Return the head of the response, after those of 1xx."""
    for _ in range(bounds.INFORMATIONAL):
        found = _read_head(reader)
        if found[0] >= 200:
            return found
    message = bounds.exceeded("the response", bounds.INFORMATIONAL, "responses of 1xx before it")
    raise ExchangeError(message, oversized=True, retryable=False)


def _read_head(reader: Reader) -> tuple[int, int, str, dict[str, str]]:
    try:
        head = reader.until(b"\r\n\r\n", bounds.HEAD, "bytes of headers")
    except ExchangeError:
        # Servers of other protocols (SSH) need not send the empty line that ends HTTP headers.
        if not b"HTTP/1.".startswith(reader.ahead[:7]):
            raise ExchangeError(_no_http(reader.ahead), retryable=False) from None
        raise
    first, _, rest = head.partition(b"\r\n")
    match = _STATUS_LINE.fullmatch(first)
    if not match:
        raise ExchangeError(_no_http(first), retryable=False)
    if rest.count(b"\r\n") >= bounds.HEADERS:
        message = bounds.exceeded("the response", bounds.HEADERS, "headers")
        raise ExchangeError(message, retryable=False, oversized=True)
    headers: dict[str, str] = {}
    for line in rest.decode("latin-1").split("\r\n") if rest else ():
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name) or "\n" in value or "\r" in value:
            raise ExchangeError("the response has a malformed header", retryable=False)
        key, text = name.lower(), value.strip(" \t")
        if key in headers:
            joint = "\n" if key == "www-authenticate" else ", "
            text = headers[key] + joint + text
        headers[key] = text
    return int(match[2]), int(match[1]), first.decode("latin-1"), headers


def _no_http(first: bytes) -> str:
    if first[:2] == _TLS_ALERT:
        return "this is an HTTPS registry: write https:// before its name"
    return "not an HTTP server"


def _read_body(
    reader: Reader, status: int, headers: dict[str, str], limit: int
) -> tuple[bytes, bool]:
    """Return the body, and whether all of it was taken off the connection."""
    length = _length(headers)
    if status in REDIRECTS:
        if length is None or length > bounds.DRAINED:
            return b"", False
        return reader.exactly(length), True
    strict = 200 <= status < 300
    if not strict:
        limit = bounds.ERROR
    if "transfer-encoding" in headers:
        if headers["transfer-encoding"].lower() != "chunked":
            raise ExchangeError("the response has an unknown transfer encoding", retryable=False)
        body, whole = _dechunked(reader, limit)
        # RFC 9112, 6.1: where there is a length besides, someone is confused or means harm.
        whole = whole and "content-length" not in headers
    elif length is None:
        body, whole = reader.rest(limit, _claim), False
    elif length > limit:
        body, whole = (b"" if strict else reader.exactly(limit)), False
    else:
        _claim(length)
        return reader.exactly(length), True
    if strict and (len(body) > limit or (length or 0) > limit):
        message = bounds.exceeded("the response", limit, "bytes")
        raise ExchangeError(message, retryable=False, oversized=True)
    return body[:limit], whole


def _claim(size: int) -> None:
    """Claim the memory of so many bytes of a body more, which are copied once."""
    claim(2 * size)


def _length(headers: dict[str, str]) -> int | None:
    text = headers.get("content-length")
    if text is None:
        return None
    # RFC 9110, 8.6: the same length several times over is that length.
    lengths = {part.strip(" \t") for part in text.split(",")}
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise ExchangeError("the response has a malformed length", retryable=False)
    return int(length)


def _dechunked(reader: Reader, limit: int) -> tuple[bytes, bool]:
    held = bytearray()
    number = claimed = 0
    while True:
        line = reader.until(b"\r\n", bounds.CHUNK, "bytes before a chunk")
        match = _CHUNK_SIZE.fullmatch(line)
        if not match:
            raise ExchangeError("the response has a malformed chunk", retryable=False)
        size = int(match[1], 16)
        if size == 0:
            break
        if len(held) + size > limit:
            return bytes(held) + reader.exactly(limit + 1 - len(held)), False
        if len(held) + size > claimed:
            _claim(2 * (len(held) + size) - claimed)
            claimed = 2 * (len(held) + size)
        held += reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise ExchangeError("the response has a malformed chunk", retryable=False)
        number += 1
        if number > bounds.chunks(len(held)):
            message = bounds.exceeded("the response", bounds.chunks(len(held)), "chunks")
            raise ExchangeError(message, retryable=False, oversized=True)
    size = 0
    while line := reader.until(b"\r\n", bounds.HEAD, "bytes of trailers"):
        size += len(line) + 2  # nothing in them is wanted
        if size > bounds.HEAD:
            message = bounds.exceeded("the response", bounds.HEAD, "bytes of trailers")
            raise ExchangeError(message, retryable=False, oversized=True)
    return bytes(held), True
