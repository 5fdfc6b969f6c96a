"""What servers that mean harm try, and what comes of it; a row of the table is a test or more.

Rows that are about credentials alone are in test_attacks_credentials.py. Each test was seen to
fail with its defence taken out.
"""

import gzip
import json
import re
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regpipe.errors import RegpipeError, ResponseError, TooLargeError
from regpipe.transport import connections
from regpipe.transport.origins import Reach
from support import images, schema1
from support.blobs import OCI_INDEX, OCI_MANIFEST, go_json, sha256
from support.cli import PASSWORD, TOKEN, USER, run
from support.clients import AUTHORIZATION, Canary, credentials_seen, registry, transport
from support.replies import (
    Handler,
    Reply,
    Request,
    endless,
    error,
    json_reply,
    redirect,
    unauthorized,
)
from support.scripted import Scripted
from support.tls import Authority

LIMIT = 1 << 20


@pytest.fixture
def other() -> Iterator[Scripted]:
    """A second origin, which must get nothing that was meant for the first."""
    with Scripted() as server:
        yield server


def manifest(scripted: Scripted, body: bytes, type_: str = OCI_MANIFEST) -> None:
    """Serve these bytes as the manifest of team/app:v1."""
    scripted.content.tags.setdefault("team/app", {})
    headers = (("Content-Type", type_),)
    scripted.on("/v2/team/app/manifests/v1", Reply(200, body, headers))


def manifests(scripted: Scripted, *arguments: object) -> Any:
    return run(["manifests", f"{scripted.url}/team/app:v1", *arguments])


# 2: a token server redirects elsewhere


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("form", [None, b"refresh_token=canary"], ids=["GET", "POST"])
def test_02_a_token_servers_redirect_takes_no_credentials_elsewhere(
    scripted: Scripted, other: Scripted, status: int, form: bytes | None
) -> None:
    scripted.on("/token", redirect(f"{other.url}/token", status))
    method, headers = ("GET", {"Authorization": "Basic canary"}) if form is None else ("POST", {})
    with pytest.raises(ResponseError, match="redirect"):
        transport().token_exchange(method, f"{scripted.url}/token", headers, form)
    assert other.requests == []


@pytest.mark.parametrize("status", [301, 302, 303])
def test_02_no_form_is_sent_where_a_redirect_means_something_else(
    scripted: Scripted, status: int
) -> None:
    scripted.on("/token", redirect("/other", status))
    with pytest.raises(ResponseError, match="redirects a POST"):
        transport().token_exchange("POST", f"{scripted.url}/token", {}, b"refresh_token=canary")
    assert [request.path for request in scripted.requests] == ["/token"]


def test_02_what_is_no_secret_may_be_redirected(scripted: Scripted, other: Scripted) -> None:
    scripted.on("/token", redirect(f"{other.url}/token"))
    other.on("/token", json_reply({"token": "x"}))
    status, body = transport().token_exchange("GET", f"{scripted.url}/token", {}, None)
    assert (status, body) == (200, b'{"token":"x"}')


# 3: layers with URLs of their own


def test_03_a_layers_urls_are_never_asked(scripted: Scripted, other: Scripted) -> None:
    other.on("*", unauthorized(f'Bearer realm="{other.url}/token"'))
    image = images.oci()
    document = image.json
    for layer in document["layers"]:
        layer["urls"] = [f"{other.url}/layer"]
    document["config"]["urls"] = [f"{other.url}/config"]
    scripted.add("team/app", "v1", image)
    manifest(scripted, go_json(document))
    assert manifests(scripted).code == 0
    assert other.requests == []


# 4: a redirect to the same host by another port or name


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_04_another_port_or_name_is_another_origin(scripted: Scripted, host: str) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    assert image.config
    with Scripted(host=host) as store:
        store.content.blobs = scripted.content.blobs
        scripted.content.store = store.url
        found = registry(scripted, Canary()).blob("team/app", image.config.descriptor(), LIMIT)
        assert found == image.config.data
        assert [request.headers["authorization"] for request in scripted.asked()] == [AUTHORIZATION]
        assert len(store.asked()) == 1
        assert credentials_seen(store) == []


def test_04_the_same_port_by_another_name_is_another_origin(scripted: Scripted) -> None:
    scripted.on("/v2/", redirect(f"http://localhost:{scripted.host.partition(':')[2]}/there"))
    with pytest.raises(RegpipeError):
        transport(Canary()).get(f"{scripted.url}/v2/", limit=LIMIT)
    first, second = scripted.asked()
    assert "authorization" in first.headers
    assert "authorization" not in second.headers


def test_04_a_client_certificate_is_shown_to_the_registry_only(
    authority: Authority,
) -> None:
    pair = authority.issue("someone")
    context = authority.server_side()
    shown: list[tuple[str, bool, str]] = []
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.ca)

    def look(server: Scripted, reply: Reply) -> Handler:
        def answer(request: Request) -> Reply:
            sockets = [s for s in server._server._open if isinstance(s, ssl.SSLSocket)]
            shown.append((server.url, any(s.getpeercert() for s in sockets), request.target))
            return reply

        return answer

    with Scripted(tls=context) as first, Scripted(tls=context) as second:
        first.on("*", look(first, redirect(second.url)))
        second.on("*", look(second, error(404)))
        options = {"cacert": authority.ca, "cert": pair.cert, "key": pair.key}
        with pytest.raises(RegpipeError):
            transport(**options).get(f"{first.url}/v2/", limit=LIMIT)
        assert shown == [(first.url, True, "/v2/"), (second.url, False, "/")]


# 5: another origin's challenge


def test_05_another_origins_challenge_is_not_listened_to(
    scripted: Scripted, other: Scripted
) -> None:
    scripted.on("/v2/*", redirect(f"{other.url}/elsewhere"))
    other.on("*", unauthorized(f'Bearer realm="{other.url}/token",service="{scripted.host}"'))
    canary = Canary(again=True)
    with pytest.raises(RegpipeError):
        transport(canary).get(f"{scripted.url}/v2/a/blobs/x", limit=LIMIT)
    assert canary.challenges == []
    assert len(other.asked()) == 1
    assert credentials_seen(other) == []


def test_05_who_was_led_away_and_back_is_a_stranger(scripted: Scripted, other: Scripted) -> None:
    scripted.on("/v2/", redirect(f"{other.url}/there"))
    other.on("/there", redirect(f"{scripted.url}/back"))
    scripted.on("/back", unauthorized("Basic realm=x"))
    canary = Canary(again=True)
    with pytest.raises(RegpipeError):
        transport(canary).get(f"{scripted.url}/v2/", limit=LIMIT)
    assert [(r.path, "authorization" in r.headers) for r in scripted.asked()] == [
        ("/v2/", True),
        ("/back", False),
    ]
    assert canary.challenges == []


# 6: redirects to where only we can go

LOCAL = [
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://x.localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://10.0.0.7/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
]


@pytest.mark.parametrize("location", LOCAL)
def test_06_a_public_registry_leads_to_no_local_address(
    other: Scripted, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    with Scripted() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        port = other.host.partition(":")[2]
        proxy.on("http://registry.example/*", redirect(location.format(port=port)))
        with pytest.raises(ResponseError, match="address: not followed"):
            transport().get("http://registry.example/v2/", limit=LIMIT)
        assert [request.target for request in proxy.asked()] == ["http://registry.example/v2/"]
        assert other.requests == []


def test_06_nor_does_a_name_that_turns_out_to_be_local(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **more: everyone("127.0.0.1", *rest, **more)
    )
    found = iter([Reach.PUBLIC, Reach.LOOPBACK])
    monkeypatch.setattr(connections, "reach_of", lambda _: next(found))
    here, there = (server.host.partition(":")[2] for server in (scripted, other))
    scripted.on("/v2/", redirect(f"http://inside.example:{there}/"))
    with pytest.raises(ResponseError, match="loopback address: not followed"):
        transport().get(f"http://registry.example:{here}/v2/", limit=LIMIT)
    assert other.requests == []


def test_06_nothing_leads_from_https_to_http(authority: Authority, other: Scripted) -> None:
    with Scripted(tls=authority.server_side()) as secure:
        secure.on("/v2/", redirect(f"{other.url}/"))
        with pytest.raises(ResponseError, match="redirected from https to"):
            transport(cacert=str(authority.ca)).get(f"{secure.url}/v2/", limit=LIMIT)
    assert other.requests == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/", "gopher://x/"])
def test_06_nothing_leads_out_of_the_web(scripted: Scripted, location: str) -> None:
    scripted.on("/v2/", redirect(location))
    with pytest.raises(ResponseError, match="no URL that can be asked"):
        transport().get(f"{scripted.url}/v2/", limit=LIMIT)


@pytest.mark.parametrize("place", ["/v2/", "/v2/{}"], ids=["loop", "chain"])
def test_06_redirects_come_to_an_end(scripted: Scripted, place: str) -> None:
    scripted.on("/v2/*", lambda _: redirect(place.format(len(scripted.requests))))
    with pytest.raises(ResponseError, match="redirected more than 10 times"):
        transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    assert len(scripted.requests) == 11


# 7: the next page elsewhere


@pytest.mark.parametrize(
    "target",
    ["{url}/v2/a/tags/list?last=x", "//{host}/v2/a/tags/list?last=x", "http://u:p@{host}/x?last=x"],
    ids=["absolute", "no scheme", "user"],
)
def test_07_the_next_page_is_never_fetched_elsewhere(
    scripted: Scripted, other: Scripted, target: str
) -> None:
    link = f'<{target.format(url=other.url, host=other.host)}>; rel="next"'
    scripted.on("/v2/team/app/tags/list", json_reply({"tags": ["v1"]}).plus(Link=link))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert [record["tag"] for record in result.records] == ["v1"]
    assert result.code == 5
    assert f"said to be elsewhere, at '{other.host}': the list is incomplete" in result.err
    assert other.requests == []
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("target", ["\\\\{host}/x?last=v1", "/\\{host}/x?last=v1"])
def test_07_backslashes_are_no_slashes(scripted: Scripted, other: Scripted, target: str) -> None:
    first = json_reply({"tags": ["v1"]}).plus(Link=f"<{target.format(host=other.host)}>; rel=next")
    scripted.on("/v2/team/app/tags/list*", first, json_reply({"tags": ["v2"]}))
    run(["tags", f"{scripted.url}/team/app"])
    assert other.requests == []
    assert {request.path for request in scripted.asked()} == {"/v2/team/app/tags/list"}


# 8: digests that are paths


EVIL_DIGESTS = [
    "sha256:../../../etc/passwd",
    "sha256:..%2f..%2fx",
    f"sha256:{'a' * 64}?x=1",
    f"sha256:{'a' * 64}/../x",
    f"sha256:{'A' * 64}",
    f"sha256:{'a' * 63}",
    f"sha256:{'a' * 64}\n",
    f"sha256:{'a' * 64}\r\nX: y",
    "",
    None,
    7,
]


@pytest.mark.parametrize("digest", EVIL_DIGESTS, ids=repr)
@pytest.mark.parametrize("where", ["config", "index"])
def test_08_no_malformed_digest_gets_into_a_url(
    scripted: Scripted, digest: object, where: str
) -> None:
    image = images.oci()
    document = image.json
    if where == "config":
        document["config"]["digest"] = digest
    else:
        entry = {**image.descriptor(), "digest": digest}
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    manifest(scripted, go_json(document), OCI_MANIFEST if where == "config" else OCI_INDEX)
    result = manifests(scripted)
    assert (result.code, len(result.errors)) == (5, 1)
    assert scripted.seen == ["GET /v2/team/app/manifests/v1"]


# 9: other content for a digest


@pytest.mark.parametrize("how", ["served", "redirected"])
def test_09_other_bytes_than_the_digests_are_refused(
    scripted: Scripted, other: Scripted, how: str
) -> None:
    image, evil = images.oci("good"), images.oci("evil")
    reply = Reply(200, evil.raw, (("Content-Type", evil.media_type),)).plus(
        Docker_Content_Digest=image.digest
    )
    other.on("/x", reply)
    scripted.on("/v2/a/b/manifests/*", reply if how == "served" else redirect(f"{other.url}/x"))
    result = run(["manifests", f"{scripted.url}/a/b@{image.digest}"])
    assert (result.code, result.out) == (5, b"")
    assert "DIGEST_INVALID" in result.err


def test_09_another_config_than_the_digests_is_refused(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci("good"))
    evil = images.oci("evil")
    assert image.config
    assert evil.config
    same_length = evil.config.data[: len(image.config.data)].ljust(len(image.config.data))
    scripted.on("/v2/team/app/blobs/*", Reply(200, same_length))
    result = manifests(scripted)
    assert (result.code, result.out) == (5, b"")
    assert "DIGEST_INVALID" in result.err


def test_09_nothing_is_unchanged_that_nobody_knew(scripted: Scripted) -> None:
    scripted.on("/v2/a/b/manifests/*", Reply(304))
    for target in ("sha256:" + "a" * 64, "v1"):
        with pytest.raises(RegpipeError, match="answered 304"):
            registry(scripted).manifest("a/b", target)


def test_09_another_digest_in_the_header_of_a_tag_is_said(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    wrong = "sha256:" + "0" * 64
    reply = Reply(200, image.raw, (("Content-Type", image.media_type),))
    scripted.on("/v2/team/app/manifests/v*", reply.plus(Docker_Content_Digest=wrong))
    result = run(["manifests", *(f"{scripted.url}/team/app:v{n}" for n in (1, 2, 3))])
    assert {record["digest"] for record in result.records} == {image.digest}
    assert len(result.errors) == 1
    assert wrong in result.err


# 10: documents with two readings


@pytest.mark.parametrize("member", ["config", "layers"])
def test_10_a_manifest_that_is_an_index_too_is_refused(scripted: Scripted, member: str) -> None:
    image = images.oci()
    both = {"schemaVersion": 2, "manifests": [image.descriptor()], member: image.json[member]}
    for type_ in (OCI_MANIFEST, OCI_INDEX):
        manifest(scripted, go_json(both), type_)
        result = manifests(scripted)
        assert (result.code, result.out) == (5, b"")
        assert "MANIFEST_INVALID" in result.err


def test_10_a_manifest_is_what_it_was_served_as(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    manifest(scripted, image.raw, OCI_INDEX)
    assert "MANIFEST_INVALID" in manifests(scripted).err


# 11: what stands behind schema 1's signed part


def test_11_only_what_is_signed_counts(scripted: Scripted) -> None:
    image = schema1.signed()
    tail = b',"fsLayers":[{"blobSum":"sha256:' + b"e" * 64 + b'"}],"signatures"'
    forged = image.raw.replace(b',"signatures"', tail).replace(b', "signatures"', tail)
    if forged == image.raw:
        forged = re.sub(rb',\s*"signatures"', lambda _: tail, image.raw)
    assert forged != image.raw
    manifest(scripted, forged, image.media_type)
    for record in manifests(scripted).records:
        assert "e" * 64 not in json.dumps(record)
        assert record["digest"] == image.digest


# 12: netrc


def test_12_netrc_is_never_applied(
    scripted: Scripted, other: Scripted, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    scripted.on("/v2/", redirect(f"{other.url}/x"))
    other.on("/x", Reply())
    transport(Canary()).get(f"{scripted.url}/v2/", limit=LIMIT)
    assert [request.headers["authorization"] for request in scripted.asked()] == [AUTHORIZATION]
    assert credentials_seen(other) == []
    transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    assert "authorization" not in scripted.asked()[-1].headers


# 13: connections that were not verified


def test_13_an_unverified_connection_is_not_used_where_it_must_be_verified(
    authority: Authority,
) -> None:
    with Scripted(tls=authority.server_side()) as server:
        transport(insecure=True).get(f"{server.url}/v2/", limit=LIMIT)
        with pytest.raises(RegpipeError, match="--cacert"):
            transport().get(f"{server.url}/v2/", limit=LIMIT)
        transport(cacert=str(authority.ca)).get(f"{server.url}/v2/", limit=LIMIT)
        assert len(server.asked()) == 2


# 14: what is the proxy's


def test_14_the_proxys_password_goes_to_the_proxy_alone(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{USER}:canary@{scripted.host}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    scripted.on("http://127.0.0.2:1/v2/", redirect(f"{other.url}/x"))
    other.on("/x", Reply())
    transport().get("http://127.0.0.2:1/v2/", limit=LIMIT)
    assert credentials_seen(scripted) == ["proxy-authorization"]
    assert len(other.asked()) == 1
    assert credentials_seen(other) == []


def test_14_in_a_tunnel_the_registry_sees_nothing_of_it(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scripted(tls=authority.server_side()) as server, Scripted() as proxy:
        monkeypatch.setenv("https_proxy", f"http://{USER}:canary@{proxy.host}")
        # It refuses to make a tunnel, but what it was asked is seen.
        proxy.on("*", error(403), method="CONNECT")
        with pytest.raises(RegpipeError, match="proxy"):
            transport().get(f"{server.url}/v2/", limit=LIMIT)
        (asked,) = [r for r in proxy.requests if r.method == "CONNECT"]
        assert "proxy-authorization" in asked.headers
        assert "authorization" not in asked.headers


# 15: compression


def zeros(count: int) -> bytes:
    return gzip.compress(b"0" * count)


@pytest.mark.parametrize(
    ("body", "encoding", "message"),
    [
        (zeros(2 * LIMIT), "gzip", "more than"),
        (gzip.compress(zeros(100)), "gzip, gzip", "nobody asked for"),
        (zeros(100), ", ".join(["gzip"] * 50), "nobody asked for"),
        (b"x", "br", "nobody asked for"),
        (b"x" * 100, "gzip", "broken"),
        (zeros(100)[:-9], "gzip", "cut short"),
        (zeros(100) + b"more", "gzip", "cut short"),
    ],
    ids=["bomb", "twice", "fifty times", "brotli", "no gzip", "cut", "appended"],
)
def test_15_nothing_is_unpacked_beyond_the_limit(
    scripted: Scripted, body: bytes, encoding: str, message: str
) -> None:
    scripted.on("/v2/x", Reply(200, body, (("Content-Encoding", encoding),)))
    with pytest.raises(RegpipeError, match=message):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


def test_15_a_bomb_takes_no_memory(scripted: Scripted) -> None:
    bomb = zeros(64 << 20)
    scripted.on("/v2/x", Reply(200, bomb, (("Content-Encoding", "gzip"),)))
    asking = transport()
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        asking.get(f"{scripted.url}/v2/x", limit=LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_15_no_compression_is_asked_for(scripted: Scripted) -> None:
    transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    assert scripted.requests[-1].headers["accept-encoding"] == "identity"


def test_15_a_redirects_body_is_not_read(scripted: Scripted, other: Scripted) -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield b"x" * 65536

    endless_body = Reply(307, headers=(("Location", f"{other.url}/x"),), stream=chunks)
    scripted.on("/v2/", endless_body)
    other.on("/x", Reply(200, b"there"))
    assert transport().get(f"{scripted.url}/v2/", limit=LIMIT).body == b"there"
    assert len(sent) < 200  # what fits into the sockets' buffers


# 16: size and slowness


@pytest.mark.parametrize("path", ["/v2/_catalog", "/v2/a/tags/list", "/v2/a/manifests/v1"])
def test_16_no_body_is_endless(scripted: Scripted, path: str) -> None:
    scripted.on(f"{path}*", endless())
    with pytest.raises(TooLargeError):
        transport().get(f"{scripted.url}{path}", limit=LIMIT)


@pytest.mark.parametrize("claimed", [LIMIT + 1, 2**62, 10**17])
def test_16_what_says_it_is_too_long_is_not_read(scripted: Scripted, claimed: int) -> None:
    reply = Reply(200, b"", (("Content-Length", str(claimed)),), then="stall")
    scripted.on("/v2/x", reply)
    with pytest.raises(TooLargeError):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


def test_16_an_errors_body_has_a_limit(scripted: Scripted) -> None:
    body = endless(b"no " * 30000)
    scripted.on("/v2/x", Reply(404, stream=body.stream))
    with pytest.raises(RegpipeError) as caught:
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)
    assert caught.value.status == 404
    assert len(caught.value.message) < 400


def test_16_a_tokens_body_has_a_limit(scripted: Scripted) -> None:
    scripted.on("/token", endless())
    with pytest.raises(TooLargeError):
        transport().token_exchange("GET", f"{scripted.url}/token", {}, None)


def test_16_headers_have_a_limit(scripted: Scripted) -> None:
    scripted.on("/v2/x", Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000))
    with pytest.raises(TooLargeError, match="headers have no end"):
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)


@pytest.mark.parametrize("where", ["headers", "body"])
def test_16_a_trickle_comes_to_an_end(where: str) -> None:
    """A server that sends a byte now and then is never silent for long."""
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
        with pytest.raises(RegpipeError, match=r"the answer took more than 0\.5 s"):
            transport(patience=transport().options.patience._replace(total=0.5)).get(
                url, limit=LIMIT
            )
        stop.set()
        thread.join()


# 17: sizes


@pytest.mark.parametrize(
    "size", [2**63, 2**62, -1, 1.5, 1e300, "12", True, [], 10**400], ids=lambda s: repr(s)[:12]
)
def test_17_no_size_is_believed(scripted: Scripted, size: object) -> None:
    document = images.oci().json
    document["config"]["size"] = size
    scripted.add("team/app", "v2", images.oci())
    manifest(scripted, go_json(document))
    result = manifests(scripted)
    assert (result.code, len(result.errors)) == (5, 1)
    assert scripted.seen == ["GET /v2/team/app/manifests/v1"]


def test_17_a_blob_is_read_no_further_than_its_size(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/team/app/blobs/*", endless())
    assert image.config
    with pytest.raises(TooLargeError, match=f"more than {len(image.config.data)} bytes"):
        registry(scripted).blob("team/app", image.config.descriptor(), LIMIT)


# 18: page sizes


def test_18_no_unbounded_page_is_asked_for(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    assert run(["tags", f"{scripted.url}/team/app"]).code == 0
    assert run(["catalog", scripted.url]).code == 0
    assert [request.query for request in scripted.asked()] == ["n=1000", "n=1000"]


# 20: names that lead to this machine


def test_20_a_name_for_this_machine_is_no_reason_for_plain_http(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **more: everyone("127.0.0.1", *rest, **more)
    )
    port = scripted.host.partition(":")[2]
    result = run(["tags", f"registry.example:{port}/team/app", "--timeout=1"])
    assert result.code == 5
    assert "an http registry is written with http://" in result.err
    assert scripted.requests == []


# 23: what a terminal would obey

NASTY = "\x1b]0;owned\x07\u009b31m\u202e\u2066\n\r\u2028end"


def harmless(result: Any) -> None:
    text = result.out.decode() + result.err
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert "\x1b" not in text


def test_23_nothing_from_a_registry_reaches_the_terminal_as_it_is(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.classic(labels={"title": NASTY}))
    result = manifests(scripted)
    assert result.records[0]["config"]["config"]["Labels"]["title"] == NASTY
    harmless(result)


def test_23_nor_does_an_input(scripted: Scripted) -> None:
    record = {"ref": NASTY, "registry": scripted.url, "repository": "a", "tag": NASTY}
    result = run(["manifests"], json.dumps(record) + "\n" + json.dumps(NASTY))
    assert (result.code, len(result.errors)) == (2, 2)
    harmless(result)


def test_23_nor_does_it_in_messages(scripted: Scripted) -> None:
    scripted.on("/v2/team/app/*", error(404, "MANIFEST_UNKNOWN", NASTY))
    result = manifests(scripted)
    assert len(result.errors) == 1
    harmless(result)
    scripted.on("/v2/team/app/tags/list*", json_reply({"tags": ["v1", NASTY, "v2"]}))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert [record["tag"] for record in result.records] == ["v1", "v2"]
    harmless(result)


def test_23_nor_does_it_in_warnings(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    nasty = '299 - "\x1b[31mred", 299 - "plain \\"quoted\\" text", 299 - "\x9bx"'
    scripted.on("/v2/team/app/tags/list*", json_reply({"tags": ["v1"]}).plus(Warning=nasty))
    result = run(["tags", f"{scripted.url}/team/app", f"{scripted.url}/team/app"])
    harmless(result)
    said = 'warning: plain "quoted" text'
    assert result.errors == [f"regpipe tags: {scripted.host}: {said}"]


# 24: JSON that is none


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"schemaVersion":2,"schemaVersion":2}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"schemaVersion":2}',
        b"[]",
        b"null",
        b"",
        b"{",
        b'{"a":1e999}',
        b'{"a":' + b"1" * 5000 + b"}",
        b"<html></html>",
    ],
    ids=[
        "NaN",
        "infinity",
        "twice",
        "deep",
        "no UTF-8",
        "BOM",
        "list",
        "null",
        "empty",
        "cut",
        "huge number",
        "long number",
        "HTML",
    ],
)
@pytest.mark.parametrize("what", ["manifest", "tags", "config"])
def test_24_what_is_no_json_is_one_line(scripted: Scripted, body: bytes, what: str) -> None:
    if what == "manifest":
        manifest(scripted, body)
    elif what == "tags":
        scripted.on("/v2/team/app/tags/list*", Reply(200, body))
    else:
        image = images.oci()
        document = image.json
        document["config"] |= {"digest": sha256(body), "size": len(body)}
        manifest(scripted, go_json(document))
        scripted.on("/v2/team/app/blobs/*", Reply(200, body))
    verb = "tags" if what == "tags" else "manifests"
    result = run([verb, f"{scripted.url}/team/app"] if what == "tags" else manifests_of(scripted))
    assert (result.code, result.out, len(result.errors)) == (5, b"", 1), verb


def manifests_of(scripted: Scripted) -> list[str]:
    return ["manifests", f"{scripted.url}/team/app:v1"]


# 26: secrets in what is said


def test_26_no_secret_is_shown_at_v(
    scripted: Scripted, other: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    image = scripted.add("team/app", "v1", images.oci())
    assert image.config
    signed = f"{other.url}/blob?X-Amz-Signature={TOKEN}&X-Amz-Security-Token={TOKEN}"
    scripted.on("/v2/team/app/blobs/*", redirect(signed).plus(Set_Cookie=f"session={TOKEN}"))
    other.on("/blob*", Reply(200, image.config.data).plus(X_Auth_Token=TOKEN))
    chosen = {"say": said.append, "trace": said.append}
    registry(scripted, Canary(), **chosen).blob("team/app", image.config.descriptor(), LIMIT)
    text = "\n".join(said)
    assert "> Authorization: Bearer [redacted]" in text
    assert "> GET /blob?[redacted] HTTP/1.1" in text
    assert "< Location: " in text
    assert TOKEN not in text
    echo = error(403, "DENIED", f"the token {TOKEN} is not good enough")
    scripted.on("/v2/team/app/blobs/*", echo)
    with pytest.raises(RegpipeError) as caught:
        registry(scripted, Canary(), **chosen).blob("team/app", image.config.descriptor(), LIMIT)
    assert TOKEN not in caught.value.message
    assert capsys.readouterr() == ("", "")


def test_26_no_secret_of_a_url_is_in_an_error(scripted: Scripted) -> None:
    location = f"ftp://{USER}:{TOKEN}@127.0.0.1/x?sig={TOKEN}"
    scripted.on("/v2/x", redirect(location))
    with pytest.raises(RegpipeError) as caught:
        transport().get(f"{scripted.url}/v2/x", limit=LIMIT)
    assert TOKEN not in caught.value.message


def test_26_a_token_request_shows_no_form(scripted: Scripted) -> None:
    said: list[str] = []
    scripted.on("/token", json_reply({"token": TOKEN}))
    asking = transport(trace=said.append)
    headers = {"Authorization": f"Basic {TOKEN}"}
    asking.token_exchange("POST", f"{scripted.url}/token", headers, f"x={TOKEN}".encode())
    assert "POST /token" in "".join(said)
    assert TOKEN not in "".join(said)


# 27: line breaks where a header or a request line would end


@pytest.mark.parametrize("text", ["a\n", "a\r\nX: y", "a b", "a\t", "a\x00", "ä", "a\u2028"])
@pytest.mark.parametrize("place", ["tag", "repository", "registry"])
def test_27_no_input_breaks_a_line(scripted: Scripted, text: str, place: str) -> None:
    record = {"registry": scripted.url, "repository": "team/app", "tag": "v1"}
    record[place] += text
    result = run(["manifests"], json.dumps(record))
    assert result.code == 2
    assert scripted.requests == []


@pytest.mark.parametrize(
    "value", ["Bearer a\r\nX: y", "Bearer a\nX: y", "Bearer a\x00", "Bearer ä"]
)
def test_27_no_token_breaks_a_line(scripted: Scripted, value: str) -> None:
    with pytest.raises(ResponseError, match="characters that no header may have"):
        transport(Canary(value)).get(f"{scripted.url}/v2/", limit=LIMIT)
    with pytest.raises(ResponseError, match="characters that no header may have"):
        transport().token_exchange("GET", f"{scripted.url}/t", {"Authorization": value}, None)
    assert scripted.requests == []


@pytest.mark.parametrize(
    "location", ["/a b", "/a\tb", "/ä", "/a%0d%0aX:%20y", "/x?a=b c"], ids=repr
)
def test_27_no_location_breaks_a_line(scripted: Scripted, location: str) -> None:
    scripted.on("/v2/", Reply(302, headers=(("Location", location),)))
    scripted.on("/[ax%]*", Reply())
    transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    _, second = scripted.requests
    assert re.fullmatch(r"/[!-~]+", second.target)
    assert "x" not in second.headers


def test_no_cookie_is_kept(scripted: Scripted) -> None:
    scripted.on("/v2/", Reply().plus(Set_Cookie="a=b"))
    asking = transport()
    for _ in range(2):
        asking.get(f"{scripted.url}/v2/", limit=LIMIT)
    assert credentials_seen(scripted) == []


def test_only_the_forms_of_asking_for_a_token_exist() -> None:
    for method, form in (("PUT", b""), ("POST", None), ("GET", b"x"), ("DELETE", None)):
        with pytest.raises(ValueError, match="token"):
            transport().token_exchange(method, "http://127.0.0.1:1/", {}, form)
