"""Requests that a proxy refuses, and those that a registry refuses through a proxy."""

import pytest

from support.cli import run
from support.responses import Response, error, html, json_response, too_many, unauthorized
from support.scripted import Scripted

HOST = "hub.corp.test"


@pytest.fixture(autouse=True)
def proxy(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """A proxy for all requests; the registries behind it do not exist."""
    monkeypatch.setenv("http_proxy", scripted.url)
    monkeypatch.setenv("https_proxy", scripted.url)
    monkeypatch.delenv("no_proxy", raising=False)
    return scripted


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (Response(403), "403 Forbidden"),
        (html(403), "403 Forbidden"),
        (Response(401), "401 Unauthorized"),
        (Response(400, b"bad request"), "400 Bad Request (bad request)"),
        (Response(403, b"Blocked by policy 7"), "403 Forbidden (Blocked by policy 7)"),
        (json_response({"message": "category: games"}, 403), "403 Forbidden (category: games)"),
        (html(502), "502 Bad Gateway"),
        (Response(504), "504 Gateway Timeout"),
        (Response(599), "599"),
    ],
)
@pytest.mark.parametrize("verb", ["tags", "check"])
def test_a_refusal_that_does_not_look_like_a_registrys_may_be_the_proxys(
    proxy: Scripted, verb: str, response: Response, status: str
) -> None:
    proxy.on("*", response)
    path = "/team/app" if verb == "tags" else ""
    result = run([verb, "--retries", "0", f"http://{HOST}{path}"])
    [line] = result.errors
    assert result.code == 5
    assert f"the proxy {proxy.host} for {HOST}, or {HOST} itself, responded with {status}" in line
    assert "docker login" not in line


def test_a_proxys_failure_is_retried_and_its_refusal_is_not(proxy: Scripted) -> None:
    for status, times in ((403, 1), (503, 3)):
        before = len(proxy.requests)
        proxy.on("*", Response(status))
        assert run(["tags", "--retries", "2", f"http://{HOST}/team/app"]).code == 5
        assert len(proxy.requests) == before + times


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        (error(403, "DENIED", "not for you"), 3, f"DENIED: {HOST} denied access: not for you"),
        (
            Response(403, headers=(("Docker-Distribution-Api-Version", "registry/2.0"),)),
            3,
            "denied",
        ),
        (unauthorized('Basic realm="corp"'), 3, "docker login"),
        (error(502, "UNAVAILABLE", "storage"), 5, f"UNAVAILABLE: {HOST} responded with 502"),
        (Response(404), 4, "NOT_FOUND: not found"),
        (too_many(), 5, f"TOOMANYREQUESTS: rate limited by {HOST}"),
    ],
)
def test_a_registrys_own_refusal_is_the_registrys(
    proxy: Scripted, response: Response, code: int, message: str
) -> None:
    proxy.on("*", response)
    result = run(["tags", "--retries", "0", f"http://{HOST}/team/app"])
    assert result.code == code
    assert message in result.err
    assert "proxy" not in result.err


def test_a_proxy_that_wants_a_password_says_so_itself(proxy: Scripted) -> None:
    proxy.on("*", Response(407, b"Log in at the portal").plus(Proxy_Authenticate="Basic"))
    result = run(["tags", f"http://{HOST}/team/app"])
    [line] = result.errors
    assert line.endswith(
        f"CONNECTION_FAILED: the proxy {proxy.host} for {HOST} responded with"
        " 407 Proxy Authentication Required (Log in at the portal);"
        f" diagnose with: regpipe check http://{HOST}"
    )


@pytest.mark.parametrize(
    "url", ["http://me:canary-proxy-password@[::1", "http://a:b/c@d:x", "socks5://h:1"]
)
def test_a_proxys_url_that_is_not_valid_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("https_proxy", url)
    result = run(["tags", f"https://{HOST}/team/app"])
    [line] = result.errors
    assert result.code == 2
    assert "in the environment is not a valid http or https URL" in line


@pytest.mark.parametrize("status", [403, 407, 503])
def test_a_refused_tunnel_is_an_error_of_the_proxy(proxy: Scripted, status: int) -> None:
    proxy.on("*", Response(status), method="CONNECT")
    result = run(["tags", f"https://{HOST}/team/app"])
    [line] = result.errors
    assert result.code == 5
    assert f"CONNECTION_FAILED: the proxy {proxy.host} for {HOST} responded with {status}" in line
    assert len(proxy.requests) == 1
