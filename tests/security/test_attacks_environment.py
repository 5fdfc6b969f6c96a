"""Leaks by the machine's settings: netrc, proxies, reused connections, no home.

The numbers are rows of the table in test_attacks.py.
"""

import base64
import json
import os
import socket
from pathlib import Path

import pytest

from regpipe.addresses import AddressScope
from regpipe.errors import RegpipeError
from regpipe.transport import http1, messages, sockets
from support import images
from support.attacks import LIMIT
from support.cli import PASSWORD, USER, run, shell
from support.clients import AUTHORIZATION, Canary, credentials_seen, transport
from support.responses import (
    Response,
    error,
    redirect,
)
from support.scripted import Scripted
from support.tls import Authority

# 12: netrc


def test_12_netrc_is_not_used(
    scripted: Scripted, other: Scripted, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    scripted.on("/v2/", redirect(f"{other.url}/x"))
    other.on("/x", Response())
    transport(Canary()).get(f"{scripted.url}/v2/", limit=LIMIT)
    assert [request.headers["authorization"] for request in scripted.requests_to()] == [
        AUTHORIZATION
    ]
    assert credentials_seen(other) == []
    transport().get(f"{scripted.url}/v2/", limit=LIMIT)
    assert "authorization" not in scripted.requests_to()[-1].headers


# 13: unverified connections


def test_13_an_unverified_connection_is_not_reused_by_a_verifying_client(
    authority: Authority,
) -> None:
    with Scripted(tls=authority.server_side()) as server:
        transport(insecure=True).get(f"{server.url}/v2/", limit=LIMIT)
        with pytest.raises(RegpipeError, match="--cacert"):
            transport().get(f"{server.url}/v2/", limit=LIMIT)
        transport(cacert=str(authority.ca)).get(f"{server.url}/v2/", limit=LIMIT)
        assert len(server.requests_to()) == 2


# 14: the proxy's password


def test_14_the_proxys_password_is_sent_to_the_proxy_only(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = other.host.partition(":")[2]
    everyone = socket.getaddrinfo
    addresses = {"127.0.0.1": "127.0.0.1", "storage.test": "127.0.0.1"}
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: everyone(addresses[host], *rest, **more)
    )
    monkeypatch.setattr(sockets, "scope_of", lambda _: AddressScope.PUBLIC)
    monkeypatch.setenv("http_proxy", f"http://{USER}:canary@{scripted.host}")
    monkeypatch.setenv("no_proxy", "storage.test")
    scripted.on("http://registry.test/v2/", redirect(f"http://storage.test:{port}/x"))
    other.on("/x", Response())
    transport().get("http://registry.test/v2/", limit=LIMIT)
    assert credentials_seen(scripted) == ["proxy-authorization"]
    assert len(other.requests_to()) == 1
    assert credentials_seen(other) == []


def test_14_the_proxys_password_is_sent_to_it_with_the_request_for_a_tunnel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Scripted() as proxy:
        monkeypatch.setenv("https_proxy", f"http://{USER}:canary@{proxy.host}")
        # It refuses the tunnel, but has seen the request.
        proxy.on("*", error(403), method="CONNECT")
        with pytest.raises(RegpipeError, match=r"the proxy 127\S+ for registry\.test"):
            transport().get("https://registry.test/v2/", limit=LIMIT)
        (connect,) = [r for r in proxy.requests if r.method == "CONNECT"]
        assert "proxy-authorization" in connect.headers
        assert "authorization" not in connect.headers


def test_14_the_proxys_password_is_not_sent_to_the_other_end_of_a_tunnel(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the proxy in between, the server sees what the other end of the tunnel would."""
    monkeypatch.setattr(http1, "tunnel", lambda *_: messages.Response(200, {}, b""))
    with Scripted(tls=authority.server_side()) as server:
        monkeypatch.setenv("https_proxy", f"http://{USER}:canary@{server.host}")
        transport(insecure=True).get("https://registry.test/v2/", limit=LIMIT)
        assert server.request_lines == ["GET /v2/"]
        assert credentials_seen(server) == []


@pytest.mark.parametrize("exceptions", ["", "127.0.0.1:1", "10.0.0.0/8,127.0.0.2", "a.test"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_never_reached_by_a_proxy(
    scripted: Scripted,
    other: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    exceptions: str,
) -> None:
    """Which others need no proxy: tests/unit/transport/test_proxies.py."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, other.url)
    monkeypatch.setenv("no_proxy", exceptions)
    port = scripted.host.partition(":")[2]
    transport(Canary()).get(f"http://{host}:{port}/v2/", limit=LIMIT)
    assert [len(server.requests_to()) for server in (scripted, other)] == [1, 0]


@pytest.mark.parametrize("verb", ["tags", "check"])
def test_the_message_names_a_proxy_that_requires_authentication(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("http_proxy", scripted.url)
    scripted.on("*", Response(407, headers=(("Proxy-Authenticate", "Basic"),)))
    result = run([verb, "http://registry.test" + ("/team/app" if verb == "tags" else "")])
    assert result.code == 5
    assert f"the proxy {scripted.host} for registry.test responded with 407 " in result.err


# 18: page sizes


def test_18_pages_are_requested_with_a_size(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    assert run(["tags", f"{scripted.url}/team/app"]).code == 0
    assert run(["catalog", scripted.url]).code == 0
    assert [request.query for request in scripted.requests_to()] == ["n=1000", "n=1000"]


def test_cookies_are_not_kept(scripted: Scripted) -> None:
    scripted.on("/v2/", Response().plus(Set_Cookie="a=b"))
    client = transport()
    for _ in range(2):
        client.get(f"{scripted.url}/v2/", limit=LIMIT)
    assert credentials_seen(scripted) == []


def test_a_token_exchange_is_a_get_or_a_post_with_a_form() -> None:
    url = "http://127.0.0.1:1/"
    for method, form in (("PUT", b""), ("POST", None), ("GET", b"x"), ("DELETE", None)):
        with pytest.raises(ValueError, match="token"):
            transport().token_exchange(method, url, {}, form, url)


# 34: the working directory as home


def test_34_nothing_is_read_from_the_working_directory(
    tmp_path: Path, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without $HOME, as a user that the password database does not know, `~` stays as it is."""
    program = "# Theirs.\n# input: stream\n# output: json\n"
    auth = base64.b64encode(b"evil:user").decode()
    login = json.dumps({"auths": {scripted.host: {"auth": auth}}})
    planted = {
        "regpipe/filters/summary.jq": f'{program}"planted"\n',
        "regpipe/filters/theirs.jq": f'{program}"planted"\n',
        "containers/auth.json": login,
        f"containers/certs.d/{scripted.host}/ca.crt": "not a certificate",
    }
    for home in (".", "~"):
        for name, text in planted.items():
            file = tmp_path / home / ".config" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for name in (".docker/config.json", ".dockercfg"):
            file = tmp_path / home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(login)
        (tmp_path / home / ".jq").write_text('def error: "planted";')
    scripted.add("team/app", "v1", images.oci())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    monkeypatch.setenv("XDG_CONFIG_HOME", ".config")
    for value in (None, "", ".", "~"):
        if value is None:
            monkeypatch.delenv("HOME")
        else:
            monkeypatch.setenv("HOME", value)
        assert b"theirs" not in run(["summarize", "--list"]).out
        assert run(["summarize"], '{"ref":"a","config":{}}').out != b'"planted"\n'
        assert run(["tags", f"{scripted.url}/team/app"]).records
        # Without a certificate of theirs; the server speaks plain HTTP.
        secure = f"https://{scripted.host}/team/app"
        refused = run(["tags", "--retries", "0", "--timeout", "1", secure])
        assert refused.code == 5
        assert "certs.d" not in refused.err
        assert run(["tags", "oci:~/x"]).code == 2
    assert all("authorization" not in request.headers for request in scripted.requests)


def test_34_a_relative_home_is_no_home_to_libjq(tmp_path: Path) -> None:
    (tmp_path / ".jq").write_text("def planted: true;")
    script = 'cd "$1"; export HOME=.; regpipe summarize -n planted'
    result = shell(script, tmp_path)
    assert "planted" in result.err
    assert result.code == 3
