"""`regpipe check`: its records and hints for registries that work and that do not."""

import io
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from regpipe import cli
from regpipe.sources.checkup import check, rate_limit
from regpipe.stdio import Streams
from regpipe.transport import Response as ClientResponse
from regpipe.transport import Transport
from support.cli import PASSWORD, USER, run
from support.credentials import docker, entry
from support.responses import SILENT, Response, error, html, json_response, not_found, unauthorized
from support.scripted import Scripted
from support.servers import KINDS, Options, running
from support.tokens import SERVICE, TokenService, basic

QUICK = ("--retries", "0", "--timeout", "1")


@pytest.mark.parametrize("name", KINDS)
def test_a_registry_without_authentication(name: str, tmp_path: Path) -> None:
    with running(name, tmp_path / "registry") as registry:
        result = run(["check", registry.url])
        [record] = result.records
        assert (result.code, result.err) == (0, "")
        assert record["registry"] == registry.url
        assert (record["reachable"], record["status"], record["scheme"]) == (True, 200, "http")
        assert record["auth"] == {"kind": "none", "ok": True}
        assert record["catalog"] == ("allowed" if registry.kind.catalog else "absent")
        assert "rateLimit" not in record


@pytest.mark.parametrize("name", ["docker-registry", "distribution3", "zot"])
def test_a_registry_that_requires_a_password(name: str, tmp_path: Path, home: Path) -> None:
    with running(name, tmp_path / "registry", Options(htpasswd=True)) as registry:
        anonymous = run(["check", registry.url])
        path = docker(home, auths={registry.host: entry()})
        user = run(["check", registry.url])
        docker(home, auths={registry.host: entry(USER, "wrong")})
        rejected = run(["check", registry.url])
    assert (anonymous.code, user.code, rejected.code) == (3, 0, 3)
    [record] = anonymous.records
    assert record["reachable"]
    assert record["auth"]["kind"] == "basic"
    assert record["auth"]["identity"] == "anonymous"
    assert record["auth"]["ok"] is False
    assert record["hint"].endswith(f"; log in with: docker login {registry.host}")
    assert anonymous.errors == [f"regpipe check: {registry.host}: UNAUTHORIZED: {record['hint']}"]
    [record] = user.records
    assert record["auth"]["identity"] == USER
    assert record["auth"]["foundIn"] == str(path)
    assert record["auth"]["ok"] is True
    assert record["catalog"] == "allowed"
    assert "hint" not in record
    [record] = rejected.records
    assert record["auth"]["ok"] is False
    assert f"rejected the password of {USER} (from {path})" in record["hint"]


@pytest.fixture
def tokens() -> TokenService:
    return TokenService()


@pytest.fixture
def guarded(scripted: Scripted, tokens: TokenService) -> Scripted:
    """A registry that requires tokens for everything, with its own token server."""
    realm = f"{scripted.url}/token"
    guard = tokens.guard(realm)
    scripted.on("/v2/", lambda request: _ping(request.headers.get("authorization"), realm))
    scripted.guard(guard)
    scripted.on("/token", tokens)
    return scripted


def _ping(authorization: str | None, realm: str) -> Response | None:
    if authorization and authorization.startswith("Bearer "):
        return None
    return unauthorized(f'Bearer realm="{realm}",service="{SERVICE}"')


def test_a_registry_with_anonymous_tokens(guarded: Scripted) -> None:
    result = run(["check", guarded.url])
    [record] = result.records
    assert result.code == 0
    assert record["auth"] == {
        "kind": "bearer",
        "realm": f"{guarded.url}/token",
        "service": SERVICE,
        "identity": "anonymous",
        "ok": True,
    }


@pytest.mark.usefixtures("guarded")
def test_a_registry_with_tokens_for_users_only(
    guarded: Scripted, tokens: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.anonymous = False
    assert run(["check", guarded.url]).code == 3
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    [record] = run(["check", guarded.url]).records
    assert record["auth"]["ok"] is True
    assert record["auth"]["identity"] == USER
    assert record["auth"]["foundIn"] == "$REGPIPE_USERNAME"


def test_a_refused_catalog_is_not_a_failure(scripted: Scripted) -> None:
    scripted.on("/v2/_catalog", error(403, "DENIED"))
    result = run(["check", scripted.url])
    [record] = result.records
    assert (result.code, result.err) == (0, "")
    assert record["catalog"] == "refused"
    assert record["hint"].startswith("repositories cannot be listed; name one")


CATALOGS = {
    "empty": (json_response({"repositories": []}), "allowed"),
    "longer than requested": (json_response({"repositories": ["x" * 200] * 1000}), "allowed"),
    "null": (json_response({"repositories": None}), "allowed"),
    "not an object": (json_response([]), "failed"),
    "errors": (error(200, "DENIED"), "failed"),
    "web page": (html(), "failed"),
    "empty body": (Response(), "failed"),
    "unknown path": (not_found(), "absent"),
    "method not allowed": (error(405), "absent"),
    "authentication required": (unauthorized("Basic"), "refused"),
    "server error": (error(500), "failed"),
    "silent": (SILENT, "failed"),
}


@pytest.mark.parametrize(("response", "catalog"), CATALOGS.values(), ids=CATALOGS.keys())
def test_the_catalog_field(scripted: Scripted, response: Response, catalog: str) -> None:
    scripted.on("/v2/_catalog", response)
    result = run(["check", *QUICK, scripted.url])
    [record] = result.records
    assert record["catalog"] == catalog
    assert result.code == 0


BROKEN = {
    "web page": (html(), 5, "is not a registry"),
    "no /v2/": (html(404), 4, "no registry API at /v2/"),
    "unavailable": (error(503), 5, "responded with 503"),
    "forbidden": (error(403, "DENIED"), 3, "denied access"),
    "no challenge": (error(401), 3, "denied access"),
    "another scheme": (unauthorized("Negotiate"), 3, "requires negotiate"),
    "realm is not allowed": (
        unauthorized('Bearer realm="http://169.254.169.254/"'),
        5,
        "169.254.169.254",
    ),
}


@pytest.mark.parametrize(("response", "code", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_the_hint_for_an_unusable_registry(
    scripted: Scripted, response: Response, code: int, hint: str
) -> None:
    scripted.on("/v2/", response)
    result = run(["check", *QUICK, scripted.url])
    [record] = result.records
    assert result.code == code
    assert record["reachable"] is True
    assert record["auth"]["ok"] is False
    assert hint in record["hint"]
    assert len(result.errors) == 1


def test_a_refused_connection_is_reported() -> None:
    with socket.socket() as silent:  # bound to a port, but not listening
        silent.bind(("127.0.0.1", 0))
        result = run(["check", *QUICK, f"127.0.0.1:{silent.getsockname()[1]}"])
    [record] = result.records
    assert result.code == 5
    assert record["reachable"] is False
    assert "connection refused" in record["hint"]


def test_the_rate_limit_is_reported(scripted: Scripted) -> None:
    limited = {
        "ratelimit_limit": "100;w=21600",
        "ratelimit_remaining": "97;w=21600",
        "docker_ratelimit_source": "192.0.2.7",
    }
    scripted.on("/v2/", json_response({}).plus(**limited))
    [record] = run(["check", scripted.url]).records
    assert record["rateLimit"] == {
        "limit": 100,
        "remaining": 97,
        "window": 21600,
        "source": "192.0.2.7",
    }


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, None),
        ({"ratelimit-limit": "many"}, None),
        ({"docker-ratelimit-source": "192.0.2.7"}, None),
        ({"ratelimit-remaining": "0;w=60"}, {"remaining": 0, "window": 60}),
        (
            {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "9"},
            {"limit": 60, "remaining": 9},
        ),
    ],
    ids=str,
)
def test_rate_limit_headers_are_parsed(
    headers: dict[str, str], found: dict[str, int] | None
) -> None:
    assert rate_limit(headers) == found


def test_several_registries_are_checked(scripted: Scripted) -> None:
    with Scripted() as other:
        other.guard(basic())
        other.on("/v2/", basic())
        result = run(["check", scripted.url, other.url])
    assert [record["registry"] for record in result.records] == [scripted.url, other.url]
    assert [record["auth"]["ok"] for record in result.records] == [True, False]
    assert result.code == 1


def test_records_of_other_verbs_name_the_registry(scripted: Scripted) -> None:
    given = f'{{"registry":"{scripted.url}","repository":"a/b","ref":"x/a/b","mine":1}}'
    [record] = run(["check"], given).records
    assert (record["registry"], record["mine"]) == (scripted.url, 1)


def test_a_local_source_is_refused() -> None:
    result = run(["check", "oci:somewhere"])
    assert (result.code, result.out) == (2, b"")


class Terminal(io.BytesIO):
    """Standard input on a terminal."""

    def isatty(self) -> bool:
        return True

    def read(self, *_: object) -> bytes:
        raise AssertionError("it must not be read")


@pytest.mark.parametrize("way", ["option", "variable"])
def test_without_arguments_the_default_registry_is_checked(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    words = ["check"]
    if way == "variable":
        monkeypatch.setenv("REGPIPE_REGISTRY", scripted.url)
    else:
        words += ["--registry", scripted.url]
    streams = Streams(Terminal(), io.BytesIO(), io.StringIO())
    assert cli.main(words, streams) == 0
    assert run(words).records[0]["registry"] == scripted.url


class Hub(Transport):
    """Docker Hub's known responses."""

    def ping(self, url: str) -> ClientResponse:
        challenge = {"www-authenticate": 'Bearer realm="https://auth.docker.io/token"'}
        return ClientResponse(401, challenge, b"", url)

    def probe(self, url: str, *, scope: str | None = None) -> ClientResponse:
        return ClientResponse(401 if scope else 200, {}, b"{}", url)

    def head(
        self, url: str, *, headers: Mapping[str, str] | None = None, scope: str | None = None
    ) -> ClientResponse:
        assert (headers, scope) == (None, "repository:ratelimitpreview/test:pull")
        return ClientResponse(200, {"ratelimit-limit": "100;w=21600"}, b"", url)


def test_docker_hubs_rate_limit_is_fetched_with_head_which_does_not_count() -> None:
    found = check("https://registry-1.docker.io", Hub())
    assert found.error is None
    assert found.fields["rateLimit"] == {"limit": 100, "window": 21600}
    assert found.fields["catalog"] == "refused"
