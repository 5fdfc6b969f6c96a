"""Responses that are too large: compressed, endless, slow, or with false sizes.

The numbers are rows of the table in test_attacks.py.
"""

import gzip
import socket
import tracemalloc
from collections.abc import Iterator

import pytest

from regpipe.errors import RegpipeError, TooLargeError
from support import images
from support.attacks import LIMIT, manifest, manifests
from support.blobs import go_json
from support.clients import registry, transport
from support.responses import (
    Response,
    endless,
)
from support.scripted import Scripted

# 15: compression


def zeros(count: int) -> bytes:
    return gzip.compress(b"0" * count)


@pytest.mark.parametrize(
    ("body", "encoding", "message"),
    [
        (zeros(2 * LIMIT), "gzip", "more than"),
        (gzip.compress(zeros(100)), "gzip, gzip", "not requested"),
        (zeros(100), ", ".join(["gzip"] * 50), "not requested"),
        (b"x", "br", "not requested"),
        (b"x" * 100, "gzip", "not valid"),
        (zeros(100)[:-9], "gzip", "incomplete"),
        (zeros(100) + b"more", "gzip", "incomplete"),
    ],
    ids=["bomb", "twice", "fifty times", "brotli", "invalid gzip", "cut", "appended"],
)
def test_15_decompression_stops_at_the_limit(
    scripted: Scripted, body: bytes, encoding: str, message: str
) -> None:
    scripted.on("/v2/x", Response(200, body, (("Content-Encoding", encoding),)))
    with pytest.raises(RegpipeError, match=message):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


def test_15_a_compression_bomb_takes_little_memory(scripted: Scripted) -> None:
    bomb = zeros(64 << 20)
    scripted.on("/v2/x", Response(200, bomb, (("Content-Encoding", "gzip"),)))
    client = transport()
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        client.get(f"{scripted.url}/v2/x", limit=LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_15_no_compression_is_requested(scripted: Scripted) -> None:
    transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    assert scripted.requests[-1].headers["accept-encoding"] == "identity"


def test_15_a_redirects_body_is_not_read(scripted: Scripted, other: Scripted) -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield b"x" * 65536

    endless_body = Response(307, headers=(("Location", f"{other.url}/x"),), stream=chunks)
    scripted.on("/v2/", endless_body)
    other.on("/x", Response(200, b"there"))
    assert transport().get(f"{scripted.url}/v2/", limit=LIMIT).body == b"there"
    assert len(sent) < 200  # what fits into the sockets' buffers


# 16: size and slowness


@pytest.mark.parametrize("path", ["/v2/_catalog", "/v2/a/tags/list", "/v2/a/manifests/v1"])
def test_16_an_endless_body_is_refused(scripted: Scripted, path: str) -> None:
    scripted.on(f"{path}*", endless())
    with pytest.raises(TooLargeError):
        transport().get(f"{scripted.url}{path}", limit=LIMIT)


@pytest.mark.parametrize("claimed", [LIMIT + 1, 2**62, 10**17])
def test_16_a_body_with_too_large_a_content_length_is_not_read(
    scripted: Scripted, claimed: int
) -> None:
    response = Response(200, b"", (("Content-Length", str(claimed)),), then="stall")
    scripted.on("/v2/x", response)
    with pytest.raises(TooLargeError):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


def test_16_an_endless_error_response_is_cut_off(scripted: Scripted) -> None:
    body = endless(b"no " * 30000)
    scripted.on("/v2/x", Response(404, stream=body.stream))
    with pytest.raises(RegpipeError) as caught:
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)
    assert caught.value.status == 404
    assert len(caught.value.message) < 400


def test_16_an_endless_token_response_is_refused(scripted: Scripted) -> None:
    scripted.on("/token", endless())
    with pytest.raises(TooLargeError):
        transport().token_exchange("GET", f"{scripted.url}/token", {}, None, scripted.url)


def test_16_too_large_headers_are_refused(scripted: Scripted) -> None:
    scripted.on("/v2/x", Response(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000))
    with pytest.raises(TooLargeError, match="the response has more than 65536 bytes of headers"):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


@pytest.mark.parametrize("where", ["headers", "body"])
def test_16_a_trickling_response_times_out(where: str) -> None:
    """Each read succeeds soon, so that only the total timeout ends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        start = b"HTTP/1.1 200 OK\r\n"
        if where == "body":
            start += b"Content-Length: 100000\r\n\r\n"

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(start)
                try:
                    while True:
                        connection.sendall(b"x")
                        stop.wait(0.05)
                except OSError:
                    return

        import threading  # noqa: PLC0415

        stop = threading.Event()
        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v2/"
        with pytest.raises(RegpipeError, match=r"the response took more than 0\.5 s"):
            transport(timeouts=transport().options.timeouts._replace(total=0.5)).get(
                url, limit=LIMIT
            )
        stop.set()
        thread.join()


# 17: sizes


@pytest.mark.parametrize(
    "size", [2**63, 2**62, -1, 1.5, 1e300, "12", True, [], 10**400], ids=lambda s: repr(s)[:12]
)
def test_17_an_invalid_size_is_refused(scripted: Scripted, size: object) -> None:
    document = images.oci().json
    document["config"]["size"] = size
    scripted.add("team/app", "v2", images.oci())
    manifest(scripted, go_json(document))
    result = manifests(scripted)
    assert (result.code, len(result.errors)) == (5, 1)
    assert scripted.request_lines == ["GET /v2/team/app/manifests/v1"]


def test_17_a_blob_is_not_read_beyond_its_size(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/team/app/blobs/*", endless())
    assert image.config
    with pytest.raises(TooLargeError, match=f"more than {len(image.config.data)} bytes"):
        registry(scripted).blob("team/app", image.config.descriptor(), LIMIT)
