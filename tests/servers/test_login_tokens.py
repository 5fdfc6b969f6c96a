"""Logging in to real registries with every kind of token, and the errors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, TOKEN, USER, run
from support.credentials import Helpers, docker, entry
from support.logins import TokenServer, assert_got_in, assert_refused, pusher, tags
from support.responses import json_response, unauthorized
from support.scripted import Scripted
from support.servers import Options, Registry, running

IDENTITY = f"{TOKEN}-refresh"


@pytest.fixture(scope="module")
def token_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
    with Scripted() as server:
        yield TokenServer(server, tmp_path_factory.mktemp("tokens"))


@pytest.fixture(params=["docker-registry", "distribution3", "zot"])
def tokened(
    request: pytest.FixtureRequest, tmp_path: Path, token_server: TokenServer
) -> Iterator[Registry]:
    """A registry for each test, which requires tokens."""
    options = Options(realm=token_server.realm, token_cert=token_server.certificate)
    with running(request.param, tmp_path / "registry", options) as registry:
        with pusher(registry, token_server.service) as push:
            for tag in ("v1", "v2", "v3"):
                push.push("team/app", tag, images.oci(tag))
        yield registry


@pytest.mark.parametrize("posts", [True, False], ids=["by POST", "by GET"])
def test_login_with_an_identity_token(
    tokened: Registry,
    token_server: TokenServer,
    home: Path,
    posts: bool,  # noqa: FBT001
) -> None:
    docker(home, auths={tokened.host: {**entry(USER, PASSWORD), "identitytoken": IDENTITY}})
    token_server.service.posts = posts
    try:
        assert_got_in(tags(tokened))
    finally:
        token_server.service.posts = True


def test_login_with_a_helpers_identity_token(
    tokened: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers = Helpers(home / "helpers", monkeypatch)
    helpers.add("vault", {tokened.host: ("<token>", IDENTITY)})
    docker(home, credsStore="vault")
    assert_got_in(tags(tokened))


def test_a_registry_token_is_sent_without_a_token_request(
    tokened: Registry, token_server: TokenServer, home: Path
) -> None:
    token = token_server.service._sign(USER, "repository:team/app:pull")
    docker(home, auths={tokened.host: {"registrytoken": token}})
    before = len(token_server.server.requests)
    assert_got_in(tags(tokened))
    assert len(token_server.server.requests) == before


def test_a_registry_token_is_sent_although_the_realm_would_be_refused(
    home: Path, scripted: Scripted
) -> None:
    scripted.add("team/app", "v1", images.oci("v1"))
    challenge = 'Bearer realm="http://192.168.7.1:8080/auth",service="inside"'
    scripted.guard(
        lambda request: (
            None
            if request.headers.get("authorization") == f"Bearer {TOKEN}"
            else unauthorized(challenge)
        )
    )
    docker(home, auths={scripted.host: {"registrytoken": TOKEN}})
    result = run(["tags", f"{scripted.url}/team/app"])
    assert (result.code, [record["tag"] for record in result.records]) == (0, ["v1"])


def test_an_expired_registry_token_is_reported_with_its_origin(
    tokened: Registry, token_server: TokenServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_server.service, "expires_in", -3600)
    token = token_server.service._sign(USER, "repository:team/app:pull")
    path = docker(home, auths={tokened.host: {"registrytoken": token}})
    assert_refused(tags(tokened), f"rejected the registry token from {path}")


def test_an_expired_identity_token_is_reported_with_its_origin(
    tokened: Registry, home: Path
) -> None:
    path = docker(home, auths={tokened.host: {"identitytoken": f"{TOKEN}-old"}})
    assert_refused(tags(tokened), f"rejected the identity token of token (from {path})")


def test_anonymous_tokens_are_used_without_credentials(
    tokened: Registry, token_server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_server.service, "anonymous", True)
    assert_got_in(tags(tokened))


def test_a_token_without_the_requested_access_is_an_error(
    tokened: Registry, token_server: TokenServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_server.service, "grants", False)
    docker(home, auths={tokened.host: entry()})
    assert_refused(tags(tokened), tokened.host)


def test_a_run_requests_one_token(tokened: Registry, token_server: TokenServer, home: Path) -> None:
    docker(home, auths={tokened.host: entry()})
    found = tags(tokened)
    before = len(token_server.server.requests)
    assert run(["manifests", "-j", 8], found.out * 20).code == 0
    assert len(token_server.server.requests) == before + 1


def test_an_invalid_response_of_a_token_server_is_reported(
    tokened: Registry, token_server: TokenServer, home: Path
) -> None:
    docker(home, auths={tokened.host: entry()})
    routes = list(token_server.server._routes)
    token_server.server.on("/token", json_response({"token": 7}))
    try:
        result = tags(tokened)
    finally:
        token_server.server._routes[:] = routes
    assert result.code == 5
    assert "responded without a token" in result.err
