"""Tokens in runs over many tags: the number of token requests, expiry and errors."""

import itertools
import time
from pathlib import Path

import pytest

from support import images
from support.cli import USER, run
from support.credentials import docker, entry
from support.responses import Request, Response, error
from support.scripted import Scripted
from support.tls import Authority
from support.tokens import TokenService

TAGS = 1000


@pytest.fixture
def service() -> TokenService:
    return TokenService(anonymous=False)


@pytest.fixture
def guarded(scripted: Scripted, service: TokenService, home: Path) -> Scripted:
    """A registry that requires tokens, with a thousand tags of team/app, and a login for it."""
    docker(home, auths={scripted.host: entry()})
    image = images.oci()
    for number in range(TAGS):
        scripted.add("team/app", f"t{number:04}", image)
    scripted.on("/token", service)
    scripted.guard(service.guard(f"{scripted.url}/token"))
    return scripted


def manifests(server: Scripted, *options: str) -> list[str]:
    """Return the tags of all records in output order; the run must succeed."""
    names = "".join(f"{server.url}/team/app:t{number:04}\n" for number in range(TAGS))
    result = run(["manifests", "--no-cache", *options], names)
    assert (result.code, result.err) == (0, "")
    return [record["tag"] for record in result.records]


def in_order() -> list[str]:
    return [f"t{number:04}" for number in range(TAGS)]


def test_a_thousand_tags_need_one_token(guarded: Scripted) -> None:
    assert manifests(guarded, "-j", "8") == in_order()
    assert len(guarded.requests_to("/token")) == 1
    refused = [
        one.path for one in guarded.requests_to("/v2/*") if "authorization" not in one.headers
    ]
    assert refused == ["/v2/"]


@pytest.mark.parametrize("harbor", [False, True], ids=["", "as Harbor does"])
def test_no_record_is_lost_when_tokens_expire_during_the_run(
    guarded: Scripted,
    service: TokenService,
    harbor: bool,  # noqa: FBT001
) -> None:
    """Harbor sends a Basic challenge in response to an invalid token."""
    count = itertools.count(1)

    def expire(_: Request) -> Response | None:
        if next(count) % 300 == 0:
            service.revoke()
        return None

    def as_harbor(request: Request) -> Response | None:
        response = service.guard(f"{guarded.url}/token")(request)
        if response is None or "authorization" not in request.headers:
            return response
        return response.without("WWW-Authenticate").plus(WWW_Authenticate='Basic realm="harbor"')

    if harbor:
        guarded.on("/v2/*", as_harbor)
    guarded.on("/v2/*", expire)
    assert manifests(guarded, "-j", "8") == in_order()
    requests = len(guarded.requests_to("/token"))
    assert 3 <= requests <= 12


def test_a_slow_token_server_gets_only_one_request(
    guarded: Scripted, service: TokenService
) -> None:
    def slowly(request: Request) -> Response:
        time.sleep(0.3)
        return service(request)

    guarded.on("/token", slowly)
    assert manifests(guarded, "-j", "32") == in_order()
    assert len(guarded.requests_to("/token")) == 1


def test_transient_errors_of_a_token_server_are_retried(
    guarded: Scripted, service: TokenService
) -> None:
    guarded.on("/token", error(503), error(500), service)
    assert manifests(guarded) == in_order()


def test_a_wrong_password_is_sent_once_for_a_thousand_tags(
    guarded: Scripted, service: TokenService
) -> None:
    service.users = {USER: "another"}
    names = "".join(f"{guarded.url}/team/app:t{number:04}\n" for number in range(TAGS))
    result = run(["manifests", "-j", "8"], names)
    assert result.code == 3
    assert len(result.errors) == TAGS
    assert all("rejected the password of" in line for line in result.errors)
    assert len(guarded.requests_to("/token")) == 1


def test_the_tls_options_apply_to_the_token_server_too(
    authority: Authority, service: TokenService, home: Path
) -> None:
    with Scripted(tls=authority.server_side()) as server:
        docker(home, auths={server.host: entry()})
        server.add("team/app", "v1", images.oci())
        server.on("/token", service)
        server.guard(service.guard(f"{server.url}/token"))
        words = ["tags", f"{server.url}/team/app"]
        assert run(words).code == 5
        assert server.requests == []
        assert run([*words, "--cacert", str(authority.ca)]).code == 0
        assert run([*words, "-k"]).code == 0


def test_each_repository_gets_its_own_token(guarded: Scripted) -> None:
    for name in ("team/a", "team/b", "team/c"):
        guarded.add(name, "v1", images.oci())
    names = "".join(f"{guarded.url}/team/{name}:v1\n" for name in "abc")
    assert run(["manifests", "--no-cache", "-j", "1"], names).code == 0
    assert len(guarded.requests_to("/token")) == 3
    shown = {
        (one.path.split("/")[3], one.headers["authorization"])
        for one in guarded.requests_to("/v2/*")
        if "authorization" in one.headers
    }
    assert len(shown) == len({token for _, token in shown}) == 3
