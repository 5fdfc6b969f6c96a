"""Lists, bodies and tunnels without an end, and URLs that cannot be parsed.

The numbers are rows of the table in test_attacks.py.
"""

import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from regpipe.errors import ConnectionFailedError, TooLargeError
from regpipe.transport import bounds
from support import images
from support.attacks import LIMIT
from support.blobs import OCI_INDEX, sha256
from support.cli import run
from support.clients import transport
from support.responses import Request, Response, json_response, redirect, unauthorized
from support.scripted import Scripted

# 43: what does not end


def pages(server: Scripted, path: str, member: str, names: Callable[[int], list[object]]) -> None:
    """Serve pages that always lead to another one, each with other bytes."""
    number = itertools.count(1)

    def page(_: Request) -> Response:
        at = next(number)
        link = f'<{path}?n=1&last={at}>; rel="next"'
        body = {member: names(at), "schemaVersion": 2, "at": at}
        return json_response(body, type_=OCI_INDEX).plus(Link=link)

    server.on(f"{path}*", page)


@pytest.mark.parametrize(
    "names",
    [lambda _: [], lambda _: ["a"], lambda at: [f"a{at % 7}"]],
    ids=["empty", "the same", "in turn"],
)
@pytest.mark.parametrize(
    ("verb", "path", "member", "where"),
    [
        ("catalog", "/v2/_catalog", "repositories", ""),
        ("tags", "/v2/team/app/tags/list", "tags", "/team/app"),
    ],
)
def test_43_pages_with_nothing_new_end_the_list(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    names: Callable[[int], list[object]],
    verb: str,
    path: str,
    member: str,
    where: str,
) -> None:
    pages(scripted, path, member, names)
    result = run([verb, f"{scripted.url}{where}"])
    assert result.code == (1 if result.records else 5)
    [line] = result.errors
    assert line.endswith(
        f"SIZE_INVALID: the list of {member} has more than 20 pages in a row with nothing new:"
        " the list is incomplete"
    )
    assert len(result.records) <= 7
    assert len(scripted.requests) < 40


def descriptor(at: int) -> dict[str, object]:
    return {"mediaType": "x/y", "digest": sha256(str(at).encode()), "size": 1}


@pytest.mark.parametrize(
    ("entries", "unit", "most"),
    [
        (lambda _: [], "20 pages in a row with nothing new", 30),
        (lambda _: [descriptor(0)], "20 pages in a row with nothing new", 30),
        (lambda at: [descriptor(at)], "50 pages", 60),
    ],
    ids=["empty", "the same", "new"],
)
def test_43_pages_of_referrers_without_an_end_cost_the_referrers_only(
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    entries: Callable[[int], list[object]],
    unit: str,
    most: int,
) -> None:
    monkeypatch.setattr(bounds, "REFERRERS", bounds.REFERRERS._replace(number=50))
    image = scripted.add("team/app", "v1", images.oci())
    pages(scripted, f"/v2/team/app/referrers/{image.digest}", "manifests", entries)
    ref = f"{scripted.url}/team/app:v1"
    result = run(["referrers", ref])
    assert result.code == 5
    assert f"the list of referrers has more than {unit}: the list is incomplete" in result.err
    assert len(scripted.requests) < most
    result = run(["manifests", "--referrers", "--no-cache", ref])
    [record] = result.records
    assert result.code == 0
    assert "referrers" not in record
    assert "warning" in result.err


def test_43_a_body_in_chunks_of_a_byte_is_refused(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "_FEW_CHUNKS", 1000)
    body = json.dumps({"tags": ["v1"], "pad": "x" * 2000}).encode()

    def by_byte() -> Iterator[bytes]:
        return (bytes([byte]) for byte in body)

    scripted.on("/v2/team/app/tags/list*", Response(stream=by_byte))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert result.code == 5
    assert "SIZE_INVALID: the response has more than 10" in result.err
    assert "chunks" in result.err


@pytest.mark.parametrize(
    ("raw", "unit"),
    [
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n", "1000 headers"),
        (b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" * 100, "8 responses of 1xx before it"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 20_000,
            "65536 bytes of trailers",
        ),
    ],
    ids=["headers", "early", "trailers"],
)
def test_43_heads_without_an_end_are_refused(scripted: Scripted, raw: bytes, unit: str) -> None:
    scripted.on("/v2/x", Response(raw=raw, then="stall"))
    with pytest.raises(TooLargeError, match=f"the response has more than {unit}"):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


def test_43_a_proxy_that_never_ends_its_response_to_connect_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each read succeeds soon, so that only a deadline for all of them ends it."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                try:
                    while not stop.wait(0.05):
                        connection.sendall(b"X: y\r\n")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        proxy = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", f"http://{proxy}")
        timeouts = transport().options.timeouts._replace(connect=0.5)
        policy = transport().options.retry_policy._replace(retries=0)
        with pytest.raises(ConnectionFailedError) as caught:
            transport(timeouts=timeouts, retry_policy=policy).get(
                "https://registry.example/v2/", limit=LIMIT
            )
        stop.set()
        thread.join()
    assert caught.value.message == (
        f"the proxy {proxy} for registry.example: the response took more than 0.5 s"
    )


def test_43_few_addresses_of_a_host_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def refused(_: object, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"1.1.1.{n}", 80)) for n in range(100)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
    monkeypatch.setattr(socket.socket, "connect", refused)
    policy = transport().options.retry_policy._replace(retries=0)
    with pytest.raises(ConnectionFailedError):
        transport(retry_policy=policy).get("http://registry.example/v2/", limit=LIMIT)
    assert len(tried) == bounds.ADDRESSES


# 47: URLs that cannot be parsed

BROKEN = ["http://[::1/x", "//[x]/y", "http://a]b/", "http://[v1.x]/", "http://[::1%eth0]/"]


@pytest.mark.parametrize("url", BROKEN)
@pytest.mark.parametrize("where", ["redirect", "next page", "realm"])
def test_47_a_broken_url_of_a_registry_is_its_error(
    scripted: Scripted, url: str, where: str
) -> None:
    responses = {
        "redirect": redirect(url),
        "next page": json_response({"tags": ["v1"]}).plus(Link=f'<{url}>; rel="next"'),
        "realm": unauthorized(f'Bearer realm="{url}"'),
    }
    scripted.on("/v2/team/app/tags/list*", responses[where])
    result = run(["tags", f"{scripted.url}/team/app"])
    [line] = result.errors
    assert result.code == (1 if result.records else 5)
    assert "REALM_REFUSED" in line if where == "realm" else "RESPONSE_INVALID" in line


@pytest.mark.parametrize("url", ["http://[::1/x/y", "http://a]b/x", "[::1/x", "http://[v1.x]/y"])
def test_47_a_broken_url_of_a_user_is_an_input_error(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    record = json.dumps({"registry": url, "repository": "a/b", "tag": "v1"})
    for words, stdin in ((["tags", url], ""), (["manifests"], record)):
        result = run(words, stdin)
        assert (result.code, len(result.errors)) == (2, 1)
    assert run(["tags", "--registry", url, "a/b"]).code == 2
    monkeypatch.setenv("REGPIPE_REGISTRY", url)
    assert run(["tags", "a/b"]).code == 2
