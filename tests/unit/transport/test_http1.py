"""HTTP/1.1 as it comes over a connection, right and wrong, whole and in pieces."""

import errno
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.transport import bounds, http1
from regpipe.transport.messages import Response
from regpipe.transport.reader import ExchangeError, Timeouts

OK = b"HTTP/1.1 200 OK\r\n"
SHORT_TIMEOUTS = Timeouts(total=5)


class Line:
    """A connection on which these pieces arrive, and then the end."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def settimeout(self, seconds: float, /) -> None:
        assert 0 < seconds <= SHORT_TIMEOUTS.first

    def sendall(self, data: bytes, /) -> None:
        self.sent += data

    def recv(self, _size: int, /) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(*pieces: bytes, limit: int = 1000, head: bool = False) -> Response:
    return http1.exchange(Line(*pieces), b"x", head=head, limit=limit, timeouts=SHORT_TIMEOUTS)


def by_byte(raw: bytes, **options: int) -> Response:
    return read(*(bytes([byte]) for byte in raw), **options)  # type: ignore[arg-type]


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "body", "reusable"),
    [
        (OK + b"Content-Length: 3\r\n\r\nabc", b"abc", True),
        (OK + b"content-length:3  \r\nX:\r\n\r\nabc", b"abc", True),
        (OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", b"abc", True),
        (OK + b"Content-Length: 3, 3\r\n\r\nabc", b"abc", True),
        (OK + b"Content-Length: 0\r\n\r\n", b"", True),
        (OK + b"Content-Length: 3\r\nConnection: close\r\n\r\nabc", b"abc", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc", False),
        (b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", b"abc", True),
        (OK + b"Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK", b"abc", False),
        (OK + b"\r\nto the end", b"to the end", False),
        (CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde", True),
        (CHUNKED + b"A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", b"0123456789", True),
        (
            OK + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"",
            False,
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\na", b"a", True),
        (b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\na", b"a", True),
        (b"HTTP/1.1 204 No\r\n\r\n", b"", True),
        (b"HTTP/1.1 304 No\r\nContent-Length: 50\r\n\r\n", b"", True),
        (b"HTTP/1.1 307 Go\r\nContent-Length: 3\r\nLocation: /\r\n\r\nabc", b"abc", True),
        (b"HTTP/1.1 307 Go\r\nContent-Length: 5000\r\nLocation: /\r\n\r\nabc", b"", False),
        (b"HTTP/1.1 307 Go\r\nLocation: /\r\n\r\nabc", b"", False),
    ],
)
def test_a_response_is_read_however_it_comes(raw: bytes, body: bytes, reusable: bool) -> None:  # noqa: FBT001
    whole = read(raw)
    assert (whole.body, whole.reusable) == (body, reusable)
    pieces = by_byte(raw)
    # What follows a response is only seen if it comes along with it.
    assert pieces._replace(reusable=reusable, seconds=whole.seconds) == whole


class Closed(Line):
    """A connection that the server has closed before it was sent anything."""

    def sendall(self, _data: bytes, /) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_a_response_sent_before_the_connection_was_closed_is_read() -> None:
    early = Closed(b"HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nabc")
    response = http1.exchange(early, b"x", head=False, limit=10, timeouts=SHORT_TIMEOUTS)
    assert (response.status, response.body) == (413, b"abc")
    with pytest.raises(ExchangeError, match="closed before a response") as caught:
        http1.exchange(Closed(), b"x", head=False, limit=10, timeouts=SHORT_TIMEOUTS)
    assert caught.value.unanswered


def test_a_head_has_no_body() -> None:
    found = read(OK + b"Content-Length: 500\r\n\r\n", head=True)
    assert found._replace(seconds=0.0) == Response(
        200, {"content-length": "500"}, b"", status_line="HTTP/1.1 200 OK", reusable=True
    )


def test_repeated_headers_are_joined() -> None:
    raw = OK + b"A: 1\r\na: 2\r\nWWW-Authenticate: x, y\r\nWWW-Authenticate: z\r\n"
    headers = read(raw + b"Content-Length: 0\r\n\r\n").headers
    assert (headers["a"], headers["www-authenticate"]) == ("1, 2", "x, y\nz")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "closed before"),
        (b"HTT", "in the middle of a response"),
        (OK, "in the middle of a response"),
        (OK + b"Content-Length: 3\r\n\r\nab", "after 2 of 3 bytes"),
        (CHUNKED + b"3\r\nab", "after 2 of 3 bytes"),
        (CHUNKED + b"3\r\nabc\r\n", "in the middle of a response"),
    ],
)
def test_an_incomplete_response_is_retryable(raw: bytes, message: str) -> None:
    with pytest.raises(ExchangeError, match=message) as caught:
        read(raw)
    assert caught.value.retryable


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b" folded: x\r\n\r\n",
        OK + b"A : x\r\n\r\n",
        OK + b": x\r\n\r\n",
        OK + b"A: x\rB: y\r\n\r\n",
        OK + b"A: x\nB: y\r\n\r\n",
        OK + b"Content-Length: 1, 01\r\n\r\na",
        OK + b"Content-Length: 1,\r\n\r\na",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: +1\r\n\r\n",
        OK + b"Content-Length: 1 \r\nContent-Length: 2\r\n\r\na",
        OK + "Content-Length: ٣\r\n\r\n".encode(),
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"3\r\nabcXX0\r\n\r\n",
        CHUNKED + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
    ],
)
def test_invalid_http_is_not_retried(raw: bytes) -> None:
    with pytest.raises(ExchangeError) as caught:
        read(raw)
    assert not caught.value.retryable or b"100 Continue" in raw


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-", b"220 mail\r\n"])
def test_a_server_of_another_protocol_is_not_an_http_server(raw: bytes) -> None:
    with pytest.raises(ExchangeError, match="not an HTTP server") as caught:
        read(raw)
    assert not caught.value.retryable


@pytest.mark.parametrize("raw", [OK, b"HTTP/1.", b"HT"])
def test_a_response_that_breaks_off_is_requested_again(raw: bytes) -> None:
    with pytest.raises(ExchangeError, match="closed in the middle of a response") as caught:
        read(raw)
    assert caught.value.retryable


def test_an_https_server_is_reported_by_its_alert() -> None:
    with pytest.raises(ExchangeError, match="HTTPS registry"):
        read(b"\x15\x03\x01\x00\x02\x02\x46")


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Content-Length: 1001\r\n\r\n",
        CHUNKED + b"FFFFFFFF\r\n" + b"x" * 2000,
        CHUNKED + b"1F4\r\n" + b"x" * 500 + b"\r\n1F5\r\n" + b"x" * 501 + b"\r\n0\r\n\r\n",
        OK + b"\r\n" + b"x" * 1001,
    ],
    ids=["length", "chunk", "chunks", "to the end"],
)
def test_nothing_beyond_the_limit_is_taken(raw: bytes) -> None:
    with pytest.raises(ExchangeError, match="more than 1000 bytes") as caught:
        read(raw)
    assert caught.value.oversized


@pytest.mark.parametrize("kind", [b"Content-Length: 200000\r\n\r\n", b"\r\n"])
def test_an_error_is_cut(kind: bytes) -> None:
    response = read(b"HTTP/1.1 500 No\r\n" + kind + b"x" * 200_000)
    assert response.body == b"x" * bounds.ERROR
    assert not response.reusable


@given(st.binary(max_size=200))
def test_any_bytes_are_a_response_or_an_exchange_error(raw: bytes) -> None:
    for pieces in ((raw,), (OK, raw), (CHUNKED, raw)):
        try:
            response = read(*pieces)
        except ExchangeError:
            continue
        assert len(response.body) <= 1000


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5), st.integers(1, 60))
def test_chunks_are_put_together_wherever_they_are_cut(chunks: list[bytes], step: int) -> None:
    raw = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    pieces = [raw[at : at + step] for at in range(0, len(raw), step)]
    assert read(*pieces).body == b"".join(chunks)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (OK + b"X: y\r\n" * 1001 + b"\r\n", "1000 headers"),
        (OK + b"X: " + b"y" * bounds.HEAD + b"\r\n\r\n", "65536 bytes of headers"),
        (b"HTTP/1.1 103 Hints\r\n\r\n" * 9 + OK, "8 responses of 1xx before it"),
        (CHUNKED + b"1;" + b"x" * 300 + b"\r\na\r\n0\r\n\r\n", "256 bytes before a chunk"),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", "65536 bytes of trailers"),
        (CHUNKED + b"0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "65536 bytes of trailers"),
        (OK + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001, "1000 bytes"),
    ],
)
@pytest.mark.parametrize("step", [1000, 100_000_000])
def test_what_does_not_end_is_refused(raw: bytes, message: str, step: int) -> None:
    with pytest.raises(ExchangeError) as caught:
        read(*(raw[i : i + step] for i in range(0, len(raw), step)))
    assert str(caught.value) == f"the response has more than {message}"
    assert (caught.value.oversized, caught.value.retryable) == (True, False)


def test_a_body_of_one_byte_chunks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_FEW_CHUNKS", 10)
    chunks = b"1\r\na\r\n" * 10
    assert read(CHUNKED + chunks + b"0\r\n\r\n").body == b"a" * 10
    with pytest.raises(ExchangeError, match="more than 10 chunks"):
        read(CHUNKED + chunks + b"1\r\na\r\n0\r\n\r\n")


class Counted(bytes):
    """Bytes that count how many of them are copied."""

    copied = 0

    def __getitem__(self, key: Any) -> Any:
        taken = super().__getitem__(key)
        if isinstance(taken, int):
            return taken
        Counted.copied += len(taken)
        return Counted(taken)

    def __radd__(self, other: bytes) -> "Counted":
        return Counted(bytes(other) + bytes(self))


def test_many_chunks_are_taken_without_copying_what_follows_them() -> None:
    """60 kB that are read at once would otherwise be copied for each of their chunks."""
    raw = Counted(CHUNKED + b"1\r\na\r\n" * 10_000 + b"0\r\n\r\n")
    Counted.copied = 0
    assert read(raw, limit=10_000).body == b"a" * 10_000
    assert len(raw) // 2 < Counted.copied < 2 * len(raw)


def connect(*pieces: bytes) -> Response:
    return http1.tunnel(Line(*pieces), b"CONNECT", SHORT_TIMEOUTS)


def test_a_tunnel_has_no_body() -> None:
    assert connect(b"HTTP/1.0 200 Connection established\r\n\r\n").status == 200
    assert (
        connect(b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 O\r\nContent-Length: 5\r\n\r\n").status == 200
    )
    with pytest.raises(ExchangeError, match="bytes follow"):
        connect(b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0")


def test_a_refused_tunnel_has_one() -> None:
    response = connect(b"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\npolicy")
    assert (response.status, response.body) == (403, b"policy")
