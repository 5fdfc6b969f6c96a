"""Redirects and links that are not followed: to local addresses, to plain HTTP, to other hosts.

The numbers are rows of the table in test_attacks.py.
"""

import socket

import pytest

from regpipe.addresses import AddressScope
from regpipe.errors import ResponseError
from regpipe.transport import sockets
from support.attacks import LIMIT
from support.cli import run
from support.clients import transport
from support.responses import (
    json_response,
    redirect,
)
from support.scripted import Scripted
from support.tls import Authority

# 6: redirects to addresses that only the client can reach

LOCAL = [
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://x.localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]:{port}/",
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
def test_06_a_public_registrys_redirect_to_a_local_address_is_not_followed(
    other: Scripted, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    with Scripted() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        port = other.host.partition(":")[2]
        proxy.on("http://registry.example/*", redirect(location.format(port=port)))
        with pytest.raises(ResponseError, match="address: not followed"):
            transport().get("http://registry.example/v2/", limit=LIMIT)
        assert [request.target for request in proxy.requests_to()] == [
            "http://registry.example/v2/"
        ]
        assert other.requests == []


def test_06_a_redirect_to_a_name_with_a_local_address_is_not_followed(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **more: everyone("127.0.0.1", *rest, **more)
    )
    found = iter([AddressScope.PUBLIC, AddressScope.LOOPBACK])
    monkeypatch.setattr(sockets, "scope_of", lambda _: next(found))
    here, there = (server.host.partition(":")[2] for server in (scripted, other))
    scripted.on("/v2/", redirect(f"http://inside.example:{there}/"))
    with pytest.raises(ResponseError, match="loopback address: not followed"):
        transport().get(f"http://registry.example:{here}/v2/", limit=LIMIT)
    assert other.requests == []


def test_06_a_redirect_from_https_to_http_is_not_followed(
    authority: Authority, other: Scripted
) -> None:
    with Scripted(tls=authority.server_side()) as secure:
        secure.on("/v2/", redirect(f"{other.url}/"))
        with pytest.raises(ResponseError, match="redirected from https to"):
            transport(cacert=str(authority.ca)).get(f"{secure.url}/v2/", limit=LIMIT)
    assert other.requests == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/", "gopher://x/"])
def test_06_a_redirect_to_another_scheme_is_not_followed(scripted: Scripted, location: str) -> None:
    scripted.on("/v2/", redirect(location))
    with pytest.raises(ResponseError, match="is not a valid HTTP URL"):
        transport().get(f"{scripted.url}/v2/", limit=LIMIT)


@pytest.mark.parametrize("place", ["/v2/", "/v2/{}"], ids=["loop", "chain"])
def test_06_the_number_of_redirects_is_limited(scripted: Scripted, place: str) -> None:
    scripted.on("/v2/*", lambda _: redirect(place.format(len(scripted.requests))))
    with pytest.raises(ResponseError, match="the request has more than 10 redirects"):
        transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    assert len(scripted.requests) == 11


# 7: a next page on another host


@pytest.mark.parametrize(
    "target",
    ["{url}/v2/a/tags/list?last=x", "//{host}/v2/a/tags/list?last=x", "http://u:p@{host}/x?last=x"],
    ids=["absolute", "no scheme", "user"],
)
def test_07_a_next_page_on_another_host_is_not_fetched(
    scripted: Scripted, other: Scripted, target: str
) -> None:
    link = f'<{target.format(url=other.url, host=other.host)}>; rel="next"'
    scripted.on("/v2/team/app/tags/list", json_response({"tags": ["v1"]}).plus(Link=link))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert [record["tag"] for record in result.records] == ["v1"]
    assert result.code == 1
    assert f"leads to another host, '{other.host}': the list is incomplete" in result.err
    assert other.requests == []
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("target", ["\\\\{host}/x?last=v1", "/\\{host}/x?last=v1"])
def test_07_backslashes_are_not_slashes(scripted: Scripted, other: Scripted, target: str) -> None:
    first = json_response({"tags": ["v1"]}).plus(
        Link=f"<{target.format(host=other.host)}>; rel=next"
    )
    scripted.on("/v2/team/app/tags/list*", first, json_response({"tags": ["v2"]}))
    run(["tags", f"{scripted.url}/team/app"])
    assert other.requests == []
    assert {request.path for request in scripted.requests_to()} == {"/v2/team/app/tags/list"}


# 20: names that resolve to this machine


def test_20_plain_http_is_not_used_for_a_name_that_resolves_to_loopback(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **more: everyone("127.0.0.1", *rest, **more)
    )
    port = scripted.host.partition(":")[2]
    result = run(["tags", f"registry.example:{port}/team/app", "--timeout=1", "--retries=0"])
    assert result.code == 5
    assert "for an HTTP registry, write http://" in result.err
    assert scripted.requests == []
